/* frame.h - a frame of the feed, decoded: what the engine takes in.
 * Texts are NUL-terminated UTF-8, never NULL ("" where the feed has none), and belong to whoever made the
 * frame. */
#ifndef RACEFACER_ENGINE_FRAME_H
#define RACEFACER_ENGINE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/buf.h"

#define RF_NO_TIME 0   /* a lap time the feed does not tell; real ones are above 0 */
#define RF_NO_COUNT (-1) /* a counter the feed does not tell */

enum rf_status {
    RF_STATUS_RUNNING,
    RF_STATUS_FINISHED
}; /* anything but an ended session counts as running */

/* One row of a frame: one driver's run. */
struct rf_row {
    bool has_id, has_kart_id;
    int64_t id, kart_id;
    const char *kart;        /* label: "E05", "7" */
    const char *kart_number; /* "05"; "" where the feed has none */
    const char *driver;      /* best name the row has */
    int position;            /* 0: none */
    int total_laps;          /* crossings of the line counted, or RF_NO_COUNT */
    int32_t last_ms;         /* time of lap `total_laps`, or RF_NO_TIME */
    int32_t prev_ms;         /* time of the lap before it, or RF_NO_TIME */
    int64_t last_passing_ms; /* wall time of the last crossing; 0 where absent or no epoch */
    int64_t lap_started_s;   /* current_lap_start_timestamp, epoch seconds; 0: absent */
    struct rf_slice raw;     /* the row's JSON object as it came */
};

struct rf_frame {
    bool has_track;
    int64_t track;  /* track_configuration_id */
    bool has_event; /* false where the frame has no event_name at all */
    const char *event_name;
    const char *track_name; /* from maps_data; "" where the frame does not tell */
    enum rf_status status;
    int64_t made_s;  /* `timestamp`, epoch seconds; 0: absent */
    int64_t sent_s;  /* `timestamp_socket`; 0: absent */
    int current_lap; /* the leader's lap; RF_NO_COUNT: not told */
    int total_laps;  /* the session's length in laps; RF_NO_COUNT: not told */
    const struct rf_row *rows;
    size_t row_count;
    struct rf_slice raw; /* the frame's `data` object as it came */
};

/* A `lap-data` event: one lap of one kart, by number. */
struct rf_lap_data {
    const char *kart_number;
    int lap_num;          /* 1 and up */
    int32_t time_ms;      /* above 0 */
    int position;         /* 0: none */
    int64_t timestamp_ms; /* wall time of the crossing; 0: absent */
};

#endif
