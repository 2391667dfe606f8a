/* track_clock.h - tells a track's fresh frames from cached and out-of-order ones, by the times they carry. */
#ifndef RACEFACER_ENGINE_TRACK_CLOCK_H
#define RACEFACER_ENGINE_TRACK_CLOCK_H

#include "racefacer/engine/engine.h"

struct rf_track_clock {
    int64_t newest_s;         /* the newest frame's own time, by the venue's clock; 0: none told yet */
    int64_t behind_s;         /* how far the venue's clock was found to lie behind; 0: it is right */
    int64_t set_by_s;         /* how far our clock was set since a frame last agreed with it; 0: it was not */
    int64_t refused_since_ms; /* only old frames came since then; 0: the last one was good */
};

/* RF_APPLIED, or why the frame is not to be taken. Where only such came for 30 s, the venue's clock is taken
 * to be off: the frame sets the track's time anew, *reset_ms tells by how much (else 0), and it is to be
 * applied. */
enum rf_applied rf_track_clock_check(struct rf_track_clock *clock, const struct rf_frame *frame,
    int64_t now_ms, int64_t stale_ms, int64_t *reset_ms);

/* Our own clock was set. Frames are judged by it as it was, until one of them agrees with it as it is. */
void rf_track_clock_was_set(struct rf_track_clock *clock, int64_t by_ms);

#endif
