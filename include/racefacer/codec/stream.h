/* stream.h - the data of the push stream's events, as JSON. Each is made once and shared by all clients. */
#ifndef RACEFACER_CODEC_STREAM_H
#define RACEFACER_CODEC_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "racefacer/base/buf.h"
#include "racefacer/codec/status.h"
#include "racefacer/engine/engine.h"

enum rf_stream_kind {
    RF_STREAM_CONNECTED, /* the first a client gets, made for it alone */
    RF_STREAM_SESSION,
    RF_STREAM_LAP,
    RF_STREAM_POSITION,
    RF_STREAM_SESSION_START,
    RF_STREAM_SESSION_END,
    RF_STREAM_STATUS,
    RF_STREAM_HEARTBEAT,
    RF_STREAM_KINDS
};

/* "lap", "sessionStart"; never NULL. */
const char *rf_stream_name(enum rf_stream_kind kind);

/* The least valid lap time of a session; 0: none. Looks at every run. */
int32_t rf_stream_session_best(const struct rf_session *session, struct rf_lap_limits limits);

/* `session` event: the newest frame's data as in /api/current; {"runs":[]} where `session` is NULL. */
void rf_stream_write_session(struct rf_buf *out, const struct rf_session *session);

/* `lap` event, of a lap recorded, corrected or taken back. Deltas are to the bests with this lap counted: 0
 * is a personal best or the session's; null where the lap is not valid. `session_best_ms` as above. */
void rf_stream_write_lap(
    struct rf_buf *out, const struct rf_event *event, struct rf_lap_limits limits, int32_t session_best_ms);

/* `position` event. */
void rf_stream_write_position(struct rf_buf *out, const struct rf_event *event);

/* `sessionStart` and `sessionEnd`. */
void rf_stream_write_session_start(struct rf_buf *out, const struct rf_session *session);
void rf_stream_write_session_end(struct rf_buf *out, const struct rf_session *session);

/* `status`: what /health would call OK or DEGRADED, and why. */
void rf_stream_write_status(struct rf_buf *out, const struct rf_server_status *status);

/* `heartbeat`. */
void rf_stream_write_heartbeat(struct rf_buf *out, int64_t now_ms, size_t clients);

/* `connected`. `fresh_because` is why events may be missing since the last this client saw; NULL: none is, or
 * it has seen none. */
void rf_stream_write_connected(
    struct rf_buf *out, uint64_t client, int64_t now_ms, bool resumed, const char *fresh_because);

/* The same object with "durable":false. */
void rf_stream_mark_not_durable(struct rf_buf *out, struct rf_slice object);

#endif
