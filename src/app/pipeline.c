/* pipeline.c - payloads from the source, through the decoder, into the engine; and what is logged of it. */
#include <inttypes.h>

#include "app/app_impl.h"
#include "racefacer/base/clock.h"

#define REPEAT_MS 60000 /* a fault that goes on is logged once a minute */

/* ---- payloads */

static void log_refused(struct rf_app *app, enum rf_decoded decoded, size_t len)
{
    unsigned long held;
    if (rf_log_allow(&app->refused_log, rf_clock_mono_ms(), REPEAT_MS, &held))
        rf_log_warn(app->log, "feed",
            "refused a payload of %zu bytes (%s); %lu more since the last such line", len,
            rf_decoded_name(decoded), held);
}

static void log_old(struct rf_app *app, enum rf_applied applied, const struct rf_frame *frame)
{
    unsigned long held;
    if (rf_log_allow(&app->old_log, rf_clock_mono_ms(), REPEAT_MS, &held))
        rf_log_info(app->log, "feed",
            "left out a frame that is %s (made at %" PRId64 ", sent at %" PRId64
            "); %lu more since the last such line",
            applied == RF_APPLIED_CACHED ? "an old copy" : "older than the newest", frame->made_s,
            frame->sent_s, held);
}

static void apply_frame(struct rf_app *app, const struct rf_frame *frame, int64_t received_ms)
{
    enum rf_applied applied = rf_engine_apply(app->engine, frame, received_ms);
    app->counts.applied[applied]++;
    if (applied == RF_APPLIED_CACHED || applied == RF_APPLIED_OLD)
        log_old(app, applied, frame);
}

void rf_app_take_payload(
    struct rf_app *app, const char *event, const char *json, size_t len, int64_t received_ms)
{
    enum rf_decoded decoded = rf_decode(app->decoder, event, json, len);
    app->counts.decoded[decoded]++;
    if (decoded == RF_DECODED_FRAME)
        apply_frame(app, rf_decoder_frame(app->decoder), received_ms);
    else if (decoded == RF_DECODED_LAP)
        app->counts.applied[rf_engine_apply_lap(app->engine, rf_decoder_lap(app->decoder), received_ms)]++;
    else if (decoded != RF_DECODED_OTHER)
        log_refused(app, decoded, len);
    if (decoded != RF_DECODED_FRAME && decoded != RF_DECODED_LAP)
        return;
    rf_app_keep_first_laps(app);
    app->counts.frames++;
    app->counts.newest_frame_ms = received_ms;
}

/* ---- events of the engine */

static void session_ended(struct rf_app *app, const struct rf_session *session)
{
    rf_log_info(app->log, "session", "%s ended: %zu karts, %zu laps", session->id,
        rf_session_runs_with_laps(session), rf_session_timed_laps(session));
    rf_app_keep(app, session); /* now: the engine may let go of it next */
    if (app->store != NULL)
        rf_store_clean(app->store);
}

void rf_app_on_event(void *ctx, const struct rf_event *event)
{
    struct rf_app *app = ctx;
    const struct rf_session *session = event->session;
    rf_app_journal(app, event);
    if (app->server != NULL)
        rf_server_tell(app->server, event);
    switch (event->type) {
    case RF_EVENT_SESSION_BEGAN:
        rf_log_info(app->log, "session", "%s began: \"%s\"", session->id, session->event_name);
        break;
    case RF_EVENT_SESSION_ENDED: session_ended(app, session); break;
    case RF_EVENT_LAPS_REMOVED:
        rf_log_info(app->log, "session",
            "%s: the laps of %s (kart %s) above %d were taken back by the timing", session->id,
            event->run->driver, event->run->kart_number, event->lap.num);
        rf_app_keep_soon(app);
        break;
    case RF_EVENT_LAP:
    case RF_EVENT_LAP_CORRECTED: rf_app_keep_lap(app, session); break;
    case RF_EVENT_CLOCK_RESET:
        rf_log_warn(app->log, "feed",
            "the clock of the timing system lies %" PRId64
            " s behind what its frames said before; they are taken again",
            event->offset_ms / 1000);
        break;
    case RF_EVENT_SESSION_LEFT: rf_app_keep_changes(app, session); break;
    case RF_EVENT_POSITION: break;
    }
}
