/* pipeline.c - payloads from the source, through the decoder, into the engine; and what is logged of it. */
#include <inttypes.h>

#include "app/app_impl.h"
#include "racefacer/base/clock.h"

#define REPEAT_MS 60000 /* a fault that goes on is logged once a minute */

/* ---- payloads */

static void log_refused(struct rf_app *app, enum rf_decoded decoded, size_t len)
{
    unsigned long held;
    if (rf_log_allow(&app->refused_log[decoded], rf_clock_mono_ms(), REPEAT_MS, &held))
        rf_log_warn(app->log, "feed",
            "refused a payload of %zu bytes (%s); %lu more since the last such line", len,
            rf_decoded_name(decoded), held);
}

static void log_left_out(struct rf_app *app, enum rf_applied applied, const struct rf_frame *frame)
{
    static const char *const why[RF_APPLIED_COUNT] = {
        [RF_APPLIED_CACHED] = "is an old copy",
        [RF_APPLIED_OLD] = "is older than the newest",
        [RF_APPLIED_TOO_MANY_SESSIONS] = "would begin one session too many",
    };
    unsigned long held;
    if (why[applied] != NULL &&
        rf_log_allow(&app->left_out_log[applied], rf_clock_mono_ms(), REPEAT_MS, &held))
        rf_log_info(app->log, "feed",
            "left out a frame that %s (made at %" PRId64 ", sent at %" PRId64
            "); %lu more since the last such line",
            why[applied], frame->made_s, frame->sent_s, held);
}

static void log_bounds(struct rf_app *app)
{
    static const char *const what[RF_BOUND_COUNT] = {
        [RF_BOUND_RUNS] = "a session is full: rows of further drivers wait for the next one",
        [RF_BOUND_STRANGERS] = "a session is full: drivers without a lap made room",
        [RF_BOUND_KART_CHANGES] = "a driver changed karts too often: the laps go on under the kart before",
        [RF_BOUND_SESSIONS] = "a session has become too large: it is ended, its track goes on with another",
        [RF_BOUND_RAW] =
            "the frames of the sessions have become too large: the oldest are not passed on any more",
    };
    for (int i = 0; i < RF_BOUND_COUNT; i++) {
        uint64_t given_up = rf_engine_given_up(app->engine, (enum rf_bound)i);
        unsigned long held;
        if (given_up != app->given_up[i] &&
            rf_log_allow(&app->bound_log[i], rf_clock_mono_ms(), REPEAT_MS, &held))
            rf_log_warn(app->log, "session", "%s (%" PRIu64 " so far)", what[i], given_up);
        app->given_up[i] = given_up;
    }
}

static void apply_frame(struct rf_app *app, const struct rf_frame *frame, int64_t received_ms)
{
    enum rf_applied applied = rf_engine_apply(app->engine, frame, received_ms);
    app->counts.applied[applied]++;
    log_left_out(app, applied, frame);
    log_bounds(app);
}

void rf_app_take_payload(struct rf_app *app, const char *event, const char *json, size_t len,
    int64_t received_ms, int64_t arrived_us)
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
    rf_app_note_taken(app, arrived_us);
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

static void count(struct rf_frame_counts *counts, enum rf_event_type type)
{
    counts->laps += type == RF_EVENT_LAP;
    counts->laps_corrected += type == RF_EVENT_LAP_CORRECTED;
    counts->sessions_begun += type == RF_EVENT_SESSION_BEGAN;
}

void rf_app_on_event(void *ctx, const struct rf_event *event)
{
    struct rf_app *app = ctx;
    const struct rf_session *session = event->session;
    rf_app_journal(app, event);
    count(&app->counts, event->type);
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
