/* clock.c - what time it is, and what to do when somebody sets the clock.
 * The wall clock is for stamps. What lasts is measured by a clock that nobody sets and that goes on while the
 * machine sleeps; the engine knows one time only, so it is told when the two have moved apart. A replay and
 * the demo have clocks of their own. */
#include <inttypes.h>
#include <stdlib.h>
#include <utlist.h>

#include "app/app_impl.h"
#include "racefacer/base/clock.h"

#define SET_MS 1000 /* less is the steering of a clock that is kept right: followed without a word */

bool rf_app_is_live_feed(const struct rf_app *app)
{
    return !app->options->demo && app->options->replay_file == NULL;
}

static void clock_was_set(struct rf_app *app, int64_t by_ms)
{
    struct rf_waiting *waiting;
    rf_log_info(app->log, "app",
        "the system's clock was set %s by %" PRId64
        " s: sessions and waits go on as if it had always been there",
        by_ms > 0 ? "forward" : "back", (int64_t)llabs(by_ms) / 1000);
    rf_engine_clock_was_set(app->engine, by_ms);
    DL_FOREACH(app->waiting, waiting)
    {
        waiting->received_ms += by_ms;
    }
    if (app->counts.newest_frame_ms != 0)
        app->counts.newest_frame_ms += by_ms;
    rf_app_keep_anew(app); /* their files are to tell the new times */
}

void rf_app_follow_clock(struct rf_app *app, int64_t now_ms)
{
    if (!rf_app_is_live_feed(app))
        return;
    int64_t offset_ms = now_ms - rf_clock_boot_ms(), by_ms = offset_ms - app->clock_offset_ms;
    app->clock_offset_ms = offset_ms;
    if (llabs(by_ms) >= SET_MS)
        clock_was_set(app, by_ms);
}

int64_t rf_app_now_ms(struct rf_app *app)
{
    int64_t now_ms = app->source != NULL ? rf_source_now_ms(app->source) : rf_clock_wall_ms();
    rf_app_follow_clock(app, now_ms);
    return now_ms;
}
