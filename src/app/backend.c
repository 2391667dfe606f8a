/* backend.c - what the HTTP server asks of the house, answered by the engine, the store and the source. */
#include "app/app_impl.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/views.h"
#include "racefacer/dashboard/dashboard.h"

#include <stdlib.h>
#include <sys/resource.h>

static int64_t in_us(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

static void tell_status(void *ctx, struct rf_server_status *out)
{
    struct rf_app *app = ctx;
    int64_t now_ms = rf_app_now_ms(app); /* first: the clock may have been set */
    size_t rss = 0;
    if (uv_resident_set_memory(&rss) != 0)
        rss = 0;
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        usage = (struct rusage){0};
    *out = (struct rf_server_status){
        .version = RF_VERSION,
        .now_ms = now_ms,
        .uptime_ms = rf_clock_mono_ms() - app->started_mono_ms,
        .rss_bytes = (int64_t)rss,
        .cpu_us = in_us(usage.ru_utime) + in_us(usage.ru_stime),
        .max_sessions = (int)app->config->max_sessions,
        .frames = app->counts,
        .not_durable = app->not_durable,
    };
    rf_source_status(app->source, &out->feed);
    rf_store_status(app->store, &out->store);
}

/* The listing is as new as /api/current, whenever the next save is. */
static uint64_t index_version(void *ctx)
{
    struct rf_app *app = ctx;
    rf_app_list_changed(app);
    return rf_store_version(app->store);
}

static void list(void *ctx, const struct rf_http_listing_query *query, struct rf_http_page *out)
{
    const struct rf_app *app = ctx;
    struct rf_listing_query wanted = {.event = query->event,
        .driver = query->driver,
        .track = query->track,
        .from_ms = query->from_ms,
        .to_ms = query->to_ms,
        .offset = query->offset,
        .limit = query->limit};
    struct rf_listing listing;
    rf_store_list(app->store, &wanted, &listing);
    *out = (struct rf_http_page){
        .page = listing.page, .count = listing.count, .total = listing.total, .unindexed = listing.unindexed};
}

/* A session the engine follows is newer there than on disk. */
static void read_session(void *ctx, const char *id,
    void (*done)(void *request, const char *json, size_t len, const char *error), void *request)
{
    struct rf_app *app = ctx;
    const struct rf_session *session = rf_engine_find_session(app->engine, id);
    if (session == NULL) {
        rf_store_read(app->store, id, done, request);
        return;
    }
    struct rf_buf json = RF_BUF_INIT;
    rf_view_session(&json, app->engine, session);
    done(request, json.data, json.len, NULL);
    rf_buf_finish(&json);
}

/* ---- deleting: on disk first, then out of sight */

struct deletion {
    struct rf_app *app;
    char *id;
    void (*done)(void *request, enum rf_http_deleted result);
    void *request;
};

static void deleted(void *ctx, enum rf_store_deleted result)
{
    static const enum rf_http_deleted answers[] = {
        [RF_STORE_DELETED] = RF_HTTP_DELETED,
        [RF_STORE_NOT_FOUND] = RF_HTTP_NOT_FOUND,
        [RF_STORE_LIVE] = RF_HTTP_LIVE,
        [RF_STORE_DELETE_FAILED] = RF_HTTP_DELETE_FAILED,
    };
    struct deletion *deletion = ctx;
    if (result == RF_STORE_DELETED) {
        rf_log_info(deletion->app->log, "session", "%s was deleted on request", deletion->id);
        rf_engine_forget(deletion->app->engine, deletion->id);
    }
    deletion->done(deletion->request, answers[result]);
    free(deletion->id);
    free(deletion);
}

static void delete_session(
    void *ctx, const char *id, void (*done)(void *request, enum rf_http_deleted result), void *request)
{
    struct rf_app *app = ctx;
    const struct rf_session *session = rf_engine_find_session(app->engine, id);
    if (session != NULL && !session->ended) {
        done(request, RF_HTTP_LIVE);
        return;
    }
    struct deletion *deletion = rf_new(sizeof *deletion);
    *deletion = (struct deletion){.app = app, .id = rf_strdup(id), .done = done, .request = request};
    rf_store_delete(app->store, id, deleted, deletion);
}

struct rf_http_backend rf_app_backend(struct rf_app *app)
{
    return (struct rf_http_backend){
        .ctx = app,
        .engine = app->engine,
        .asset = rf_dashboard_find,
        .status = tell_status,
        .index_version = index_version,
        .list = list,
        .read = read_session,
        .remove = delete_session,
    };
}
