/* gate.c - a change of a lap is on disk before anybody is served it.
 * While a commit of the journal is under way the HTTP server is held, for milliseconds, and what the feed
 * sends waits; all that waited goes into the next commit together. A disk that fails or takes too long stops
 * nothing: laps are followed and served, marked as not durable, until whole saves have caught up. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "app/app_impl.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/journal.h"

#define PATIENCE_MS 2000
#define WAITING_MAX 32                /* then a recording is held; a live feed sends two a second */
#define WAITING_BYTES_MAX (16u << 20) /* then it is taken in without waiting for the disk */
#define COMMIT_BYTES (4u << 20) /* of records for one commit; records may be ten times what told of them */

void rf_app_set_not_durable(struct rf_app *app, const char *why)
{
    if (app->not_durable == NULL)
        rf_log_error(app->log, "store", "%s; laps are followed and served, marked as not durable", why);
    app->not_durable = why;
    rf_engine_set_durable(app->engine, false);
    rf_app_keep_soon(app); /* from here on only whole saves make it good */
}

static void let_go(struct rf_app *app)
{
    rf_app_note_published(app);
    if (app->server != NULL)
        rf_server_hold(app->server, false);
}

/* ---- commits */

static void on_committed(void *ctx, int error)
{
    struct rf_app *app = ctx;
    app->committing = false;
    (void)uv_timer_stop(&app->patience); /* cannot fail */
    if (error != 0)
        rf_app_set_not_durable(app, "laps cannot be written to the journal");
    if (app->stop_later) {
        rf_app_stop(app);
        return;
    }
    let_go(app); /* what is durable now is served before the next is taken in */
    if (app->stopping)
        return;
    rf_app_take_waiting(app);
    rf_app_settle(app);
    if (!app->committing && app->source != NULL)
        rf_source_hold(app->source, false);
}

static void on_patience(uv_timer_t *timer)
{
    struct rf_app *app = timer->data;
    rf_app_set_not_durable(app, "the disk takes very long");
    if (app->stop_later) {
        rf_app_stop(app);
        return;
    }
    let_go(app);
    rf_app_take_waiting(app);
}

void rf_app_journal(struct rf_app *app, const struct rf_event *event)
{
    if (app->store == NULL || app->not_durable != NULL)
        return;
    rf_buf_clear(&app->record);
    rf_journal_write_event(&app->record, event);
    if (app->record.len == 0)
        return;
    rf_store_append(
        app->store, event->session->id, event->session->laps_version, app->record.data, app->record.len);
    app->appended += app->record.len;
}

void rf_app_settle(struct rf_app *app)
{
    if (app->appended == 0 || app->committing || app->stopping) {
        rf_app_note_published(app);
        if (app->server != NULL)
            rf_server_publish(app->server); /* nothing of it is to be waited for, or it cannot be */
        return;
    }
    app->appended = 0;
    app->committing = true;
    if (app->server != NULL)
        rf_server_hold(app->server, true);
    (void)uv_timer_start(&app->patience, on_patience, PATIENCE_MS, 0); /* fails on a closing timer only */
    rf_store_commit(app->store, on_committed, app);
}

/* Whole saves have everything that the journal lost. */
static bool all_saved(const struct rf_app *app)
{
    struct rf_store_status status;
    rf_store_status(app->store, &status);
    bool saved = status.unsaved == 0 && !status.failing;
    for (size_t i = 0; saved && i < rf_engine_session_count(app->engine); i++) {
        const struct rf_session *session = rf_engine_session_at(app->engine, i);
        saved = rf_session_timed_laps(session) == 0 ||
                rf_store_is_saved(app->store, session->id, session->laps_version);
    }
    return saved;
}

void rf_app_check_durable(struct rf_app *app)
{
    if (app->not_durable == NULL || app->committing || !all_saved(app))
        return;
    app->not_durable = NULL;
    rf_engine_set_durable(app->engine, true);
    rf_log_info(app->log, "store", "all laps are on disk again");
}

/* ---- what waits for a commit */

static void add_waiting(struct rf_app *app, const char *event, const char *json, size_t len,
    int64_t received_ms, int64_t arrived_us)
{
    struct rf_waiting *waiting = rf_new(sizeof *waiting + len + 1);
    waiting->event = rf_strdup(event);
    waiting->len = len;
    waiting->received_ms = received_ms;
    waiting->arrived_us = arrived_us;
    memcpy(waiting->json, json, len);
    DL_APPEND(app->waiting, waiting);
    app->waiting_bytes += len;
    if (++app->waiting_count >= WAITING_MAX)
        rf_source_hold(app->source, true);
}

/* More is left for the next commit; nothing is where none is waited for. */
static bool enough(const struct rf_app *app)
{
    return app->appended >= COMMIT_BYTES && app->not_durable == NULL && !app->stopping;
}

void rf_app_take_waiting(struct rf_app *app)
{
    struct rf_waiting *waiting, *next;
    DL_FOREACH_SAFE(app->waiting, waiting, next)
    {
        if (enough(app))
            return;
        DL_DELETE(app->waiting, waiting);
        app->waiting_count--;
        app->waiting_bytes -= waiting->len;
        rf_app_take_payload(
            app, waiting->event, waiting->json, waiting->len, waiting->received_ms, waiting->arrived_us);
        free(waiting->event);
        free(waiting);
    }
    if (app->ended_later)
        rf_app_on_source_end(app);
}

void rf_app_on_payload(void *ctx, const char *event, const char *json, size_t len, int64_t received_ms)
{
    struct rf_app *app = ctx;
    int64_t arrived_us = rf_clock_mono_us();
    rf_app_follow_clock(app, received_ms);
    if (app->recorder != NULL)
        rf_recorder_write(app->recorder, event, json, len, received_ms);
    /* At a stop nothing more is committed, and requests that are under way are still answered: what comes now
     * is taken in behind the last answer. And never before what waits already: in the wrong order, frames
     * look as if the timing had taken laps back. */
    bool held_up = (app->committing || app->stopping) && app->not_durable == NULL;
    if (held_up || app->waiting != NULL) {
        add_waiting(app, event, json, len, received_ms, arrived_us);
        if (app->waiting_bytes < WAITING_BYTES_MAX)
            return;
        rf_app_set_not_durable(app, "the feed is faster than the disk");
        let_go(app);
        rf_app_take_waiting(app);
        return;
    }
    rf_app_take_payload(app, event, json, len, received_ms, arrived_us);
    rf_app_settle(app);
}

/* A replay is over: so are its sessions. */
void rf_app_on_source_end(void *ctx)
{
    struct rf_app *app = ctx;
    app->ended_later = app->committing && app->not_durable == NULL;
    if (app->ended_later)
        return;
    rf_engine_tick(app->engine, rf_app_now_ms(app) + rf_engine_options(app->engine)->gap_ms + 1);
    rf_app_settle(app);
}
