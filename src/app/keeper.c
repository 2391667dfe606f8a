/* keeper.c - what the engine holds goes to the store: soon after each lap, and at a session's end. */
#include <stdlib.h>
#include <string.h>

#include "app/app_impl.h"
#include "racefacer/base/memory.h"

#define SOON_MS 200 /* laps that come within it share one save */
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
    kept->laps_version = session->laps_version;
    kept->as_current = session == rf_engine_default_session(app->engine);

    struct rf_summary summary;
    struct rf_buf json = RF_BUF_INIT;
    rf_summary_of_session(&summary, session, options);
    rf_session_file_write(&json, session, options);
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

void rf_app_keep_changed(struct rf_app *app, bool all)
{
    for (size_t i = 0; i < rf_engine_session_count(app->engine); i++) {
        const struct rf_session *session = rf_engine_session_at(app->engine, i);
        const struct rf_kept *kept = find_kept(app, session->id);
        bool current = session == rf_engine_default_session(app->engine);
        if (kept == NULL || kept->laps_version != session->laps_version || (current && !kept->as_current) ||
            (all && kept->version != session->version))
            rf_app_keep(app, session);
    }
}

static void on_save(uv_timer_t *timer);

void rf_app_keep_soon(struct rf_app *app)
{
    if (!app->stopping && !uv_is_active((uv_handle_t *)&app->save))
        (void)uv_timer_start(&app->save, on_save, SOON_MS, 0); /* fails on a closing handle only */
}

void rf_app_keep_lap(struct rf_app *app, const struct rf_session *session)
{
    if (find_kept(app, session->id) == NULL)
        app->first_lap = true;
    else
        rf_app_keep_soon(app);
}

void rf_app_keep_first_laps(struct rf_app *app)
{
    if (app->first_lap)
        rf_app_keep_changed(app, false);
    app->first_lap = false;
}

static void on_save(uv_timer_t *timer)
{
    struct rf_app *app = timer->data;
    if (app->committing)
        rf_app_keep_soon(app); /* the listing must not be ahead of the journal */
    else
        rf_app_keep_changed(app, false);
}
