/* keeper.c - what the engine holds goes to the store: soon after each lap, and at a session's end.
 * A save writes the whole session, so a long one is saved less often: the journal has what its file lacks,
 * and the listing is told by itself. How long it waits follows from its bytes, not from what a clock has
 * measured: the same race is saved at the same moments. */
#include <stdlib.h>
#include <string.h>

#include "app/app_impl.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"

#define SOON_MS 200       /* laps that come within it share one save */
#define BYTES_PER_MS 1000 /* and no session has more bytes saved than these, on an average */
#define PAUSE_MAX_MS 30000
#define UNSAVED_BYTES_MAX                                                                                    \
    ((uint64_t)128 << 20) /* then no session begins: two days of a venue's on a full disk */

static struct rf_kept *find_kept(struct rf_app *app, const char *id)
{
    for (size_t i = 0; i < app->kept_count; i++)
        if (strcmp(app->kept[i].id, id) == 0)
            return &app->kept[i];
    return NULL;
}

/* Forgets the sessions that the engine has let go of. */
static void tidy_kept(struct rf_app *app)
{
    size_t left = 0;
    for (size_t i = 0; i < app->kept_count; i++)
        if (rf_engine_find_session(app->engine, app->kept[i].id) != NULL)
            app->kept[left++] = app->kept[i];
    app->kept_count = left;
}

static struct rf_kept *add_kept(struct rf_app *app, const char *id)
{
    tidy_kept(app);
    app->kept = rf_resize_array(app->kept, app->kept_count + 1, sizeof *app->kept);
    struct rf_kept *kept = &app->kept[app->kept_count++];
    *kept = (struct rf_kept){0};
    memcpy(kept->id, id, strnlen(id, sizeof kept->id - 1));
    return kept;
}

int64_t rf_app_pause_after(size_t bytes)
{
    size_t ms = bytes / BYTES_PER_MS;
    if (ms < SOON_MS)
        return SOON_MS;
    return ms < PAUSE_MAX_MS ? (int64_t)ms : PAUSE_MAX_MS;
}

void rf_app_keep(struct rf_app *app, const struct rf_session *session)
{
    if (app->store == NULL)
        return;
    if (rf_session_timed_laps(session) == 0 && rf_store_find(app->store, session->id) == NULL) {
        rf_store_save_nothing(
            app->store, session->id, session->laps_version); /* it has a file from its first lap on */
        return;
    }
    const struct rf_analysis_options *options = &rf_engine_options(app->engine)->analysis;
    struct rf_kept *kept = find_kept(app, session->id);
    if (kept == NULL)
        kept = add_kept(app, session->id);
    kept->version = session->version;
    kept->laps_version = kept->listed = session->laps_version;
    kept->as_current = session == rf_engine_default_session(app->engine);

    struct rf_summary summary;
    struct rf_buf json = RF_BUF_INIT;
    rf_summary_of_session(&summary, session, options);
    rf_session_file_write(&json, session, options);
    kept->due_ms = rf_clock_mono_ms() + rf_app_pause_after(json.len);
    rf_store_save(app->store, &summary, &json, kept->as_current);
    rf_app_watch_unsaved(app);
}

void rf_app_watch_unsaved(struct rf_app *app)
{
    struct rf_store_status status;
    if (app->store == NULL)
        return;
    rf_store_status(app->store, &status);
    rf_engine_set_may_begin(app->engine, status.unsaved_bytes < UNSAVED_BYTES_MAX);
}

void rf_app_keep_changes(struct rf_app *app, const struct rf_session *session)
{
    const struct rf_kept *kept = find_kept(app, session->id);
    if (kept == NULL || kept->laps_version != session->laps_version)
        rf_app_keep(app, session);
}

void rf_app_keep_all(struct rf_app *app)
{
    for (size_t i = 0; i < rf_engine_session_count(app->engine); i++) {
        const struct rf_session *session = rf_engine_session_at(app->engine, i);
        const struct rf_kept *kept = find_kept(app, session->id);
        bool current = session == rf_engine_default_session(app->engine);
        if (kept == NULL || kept->laps_version != session->laps_version ||
            kept->version != session->version || (current && !kept->as_current))
            rf_app_keep(app, session);
    }
}

void rf_app_list_changed(struct rf_app *app)
{
    for (size_t i = 0; i < rf_engine_session_count(app->engine); i++) {
        const struct rf_session *session = rf_engine_session_at(app->engine, i);
        struct rf_kept *kept = find_kept(app, session->id);
        if (kept == NULL) {
            rf_app_keep(app, session);
        } else if (kept->listed != session->laps_version) {
            struct rf_summary summary;
            rf_summary_of_session(&summary, session, &rf_engine_options(app->engine)->analysis);
            rf_store_relist(app->store, &summary);
            kept->listed = session->laps_version;
        }
    }
}

/* ---- when */

static void on_save(uv_timer_t *timer);

static void keep_at(struct rf_app *app, int64_t due_ms, int64_t now_ms)
{
    if (app->stopping || (uv_is_active((uv_handle_t *)&app->save) && app->save_due_ms <= due_ms))
        return;
    app->save_due_ms = due_ms;
    (void)uv_timer_start(&app->save, on_save, due_ms > now_ms ? (uint64_t)(due_ms - now_ms) : 0,
        0); /* fails on a closing handle only */
}

void rf_app_keep_soon(struct rf_app *app)
{
    int64_t now_ms = rf_clock_mono_ms();
    keep_at(app, now_ms + SOON_MS, now_ms);
}

/* Where the journal has not got its laps, nothing is put off. */
static int64_t due_of(const struct rf_app *app, const struct rf_kept *kept)
{
    return kept == NULL || app->not_durable != NULL ? 0 : kept->due_ms;
}

void rf_app_keep_lap(struct rf_app *app, const struct rf_session *session)
{
    const struct rf_kept *kept = find_kept(app, session->id);
    int64_t now_ms = rf_clock_mono_ms(), due_ms = due_of(app, kept);
    if (kept == NULL)
        app->first_lap = true;
    else
        keep_at(app, due_ms > now_ms + SOON_MS ? due_ms : now_ms + SOON_MS, now_ms);
}

/* What is due; and when the next is. */
static void keep_due(struct rf_app *app)
{
    int64_t now_ms = rf_clock_mono_ms(), next_ms = INT64_MAX;
    for (size_t i = 0; i < rf_engine_session_count(app->engine); i++) {
        const struct rf_session *session = rf_engine_session_at(app->engine, i);
        const struct rf_kept *kept = find_kept(app, session->id);
        bool becomes_current =
            kept != NULL && session == rf_engine_default_session(app->engine) && !kept->as_current;
        bool changed = kept == NULL || kept->laps_version != session->laps_version;
        int64_t due_ms = due_of(app, kept);
        if (becomes_current || (changed && due_ms <= now_ms))
            rf_app_keep(app, session);
        else if (changed && due_ms < next_ms)
            next_ms = due_ms;
    }
    if (next_ms < INT64_MAX)
        keep_at(app, next_ms, now_ms);
}

void rf_app_keep_first_laps(struct rf_app *app)
{
    if (app->first_lap)
        keep_due(app);
    app->first_lap = false;
}

void rf_app_keep_anew(struct rf_app *app)
{
    for (size_t i = 0; i < app->kept_count; i++) {
        struct rf_kept *kept = &app->kept[i];
        kept->laps_version = kept->listed = 0;
        kept->due_ms = 0;
    }
    rf_app_keep_soon(app);
}

static void on_save(uv_timer_t *timer)
{
    struct rf_app *app = timer->data;
    if (app->committing)
        rf_app_keep_soon(app); /* the listing must not be ahead of the journal */
    else
        keep_due(app);
}
