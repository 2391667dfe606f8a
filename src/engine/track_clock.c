/* track_clock.c - tells a track's fresh frames from cached and out-of-order ones. */
#include "engine/track_clock.h"

#include <stdlib.h>

#define PATIENCE_MS 30000

enum rf_applied rf_track_clock_check(struct rf_track_clock *clock, const struct rf_frame *frame,
    int64_t now_ms, int64_t stale_ms, int64_t *reset_ms)
{
    int64_t now_s = now_ms / 1000, stale_s = stale_ms / 1000, made_s = frame->made_s;
    *reset_ms = 0;
    if (llabs(made_s - now_s) <= stale_s)
        clock->set_by_s = 0;
    now_s -= clock->set_by_s;
    if (clock->behind_s != 0 && llabs(made_s - now_s) <= stale_s)
        clock->behind_s = 0; /* somebody has set the venue's clock right */
    if (made_s <= 0 ||
        made_s + clock->behind_s > now_s + stale_s) { /* no time, or one from the future: not judged */
        clock->refused_since_ms = 0;
        return RF_APPLIED;
    }

    int64_t reference_s = frame->sent_s > 0 ? frame->sent_s : now_s;
    bool cached = made_s + clock->behind_s < reference_s - stale_s;
    bool old = made_s < clock->newest_s;
    if (!cached && !old) {
        clock->newest_s = made_s;
        clock->refused_since_ms = 0;
        return RF_APPLIED;
    }
    if (clock->refused_since_ms == 0)
        clock->refused_since_ms = now_ms;
    if (now_ms - clock->refused_since_ms < PATIENCE_MS)
        return cached ? RF_APPLIED_CACHED : RF_APPLIED_OLD;

    int64_t behind_s = cached ? reference_s - made_s : clock->newest_s - made_s;
    if (cached)
        clock->behind_s = behind_s;
    clock->newest_s = made_s;
    clock->refused_since_ms = 0;
    *reset_ms = behind_s * 1000;
    return RF_APPLIED;
}

void rf_track_clock_was_set(struct rf_track_clock *clock, int64_t by_ms)
{
    if (clock->refused_since_ms != 0)
        clock->refused_since_ms += by_ms;
    if (clock->newest_s != 0) /* else no frame was ever judged by our clock as it was */
        clock->set_by_s += by_ms / 1000;
}
