/* handlers_sessions.c - the listing of sessions, and opening, exporting and deleting one.
 * Reading and deleting may take the backend a while: the connection is suspended meanwhile. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "permission.h"
#include "query.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/json_write.h"
#include "racefacer/codec/views.h"
#include "server_impl.h"

static void key_text(struct rf_buf *key, const char *text)
{
    if (text != NULL)
        rf_buf_puts(key, text);
    rf_buf_putc(key, '\n'); /* which no decoded value has in it */
}

enum MHD_Result rf_handle_listing(struct rf_request *request)
{
    struct rf_server *server = request->server;
    const struct rf_http_backend *backend = &server->backend;
    const char *raw = request->uri + request->query_at;
    struct rf_query query;
    struct rf_http_listing_query wanted;
    struct rf_http_page page = {0};
    char error[RF_QUERY_ERROR];

    if (rf_query_parse(&query, raw, strlen(raw), error) < 0 || rf_query_listing(&query, &wanted, error) < 0)
        return rf_reply_error(request, MHD_HTTP_BAD_REQUEST, error, NULL);
    const struct rf_session *current = rf_engine_default_session(backend->engine);
    uint64_t version = backend->index_version(backend->ctx);

    rf_buf_clear(&server->key);
    rf_buf_putc(&server->key, 'l');
    key_text(&server->key, current != NULL ? current->id : NULL);
    key_text(&server->key, wanted.event);
    key_text(&server->key, wanted.driver);
    key_text(&server->key, wanted.track);
    rf_buf_printf(&server->key, "%lld %lld %zu %zu", (long long)wanted.from_ms, (long long)wanted.to_ms,
        wanted.offset, wanted.limit);
    struct rf_cached *cached = rf_body_cache_find(server->cache, server->key.data, server->key.len, version);
    if (cached == NULL && rf_body_cache_alive(server->cache) >= RF_ANSWER_BYTES)
        return rf_reply_busy(request);
    if (cached == NULL) {
        backend->list(backend->ctx, &wanted, &page);
        rf_buf_clear(&server->scratch);
        rf_view_listing(&server->scratch, page.page, page.count, page.total, page.unindexed,
            current != NULL ? current->id : NULL);
        cached = rf_body_cache_put(server->cache, server->key.data, server->key.len, version,
            server->scratch.data, server->scratch.len);
    }
    return rf_reply_cached(request, cached);
}

/* ---- one session */

static void ready(struct rf_request *request)
{
    request->step = RF_STEP_READY;
    if (request->suspended)
        rf_request_resume(request);
}

/* A session may have tens of megabytes: so many are read at once, the others stand in line. */
#define READS_AT_ONCE 2

struct rf_readers {
    struct rf_server *server; /* NULL once it has ended */
    int reading;
    bool letting_in;
};

struct rf_readers *rf_readers_create(struct rf_server *server)
{
    struct rf_readers *readers = rf_new(sizeof(*readers));
    readers->server = server;
    return readers;
}

void rf_readers_leave(struct rf_readers *readers)
{
    readers->server = NULL;
    if (readers->reading == 0)
        free(readers);
}

static void read_for(struct rf_readers *readers, struct rf_request *request);

/* A backend may answer at once: the one loop lets in all that follow. */
static void let_in(struct rf_readers *readers)
{
    struct rf_server *server = readers->server;
    struct rf_request *request, *next;
    if (readers->letting_in)
        return;
    readers->letting_in = true;
    DL_FOREACH_SAFE(server->suspended, request, next)
    {
        if (readers->reading >= READS_AT_ONCE)
            break;
        if (!request->in_line)
            continue;
        request->in_line = false;
        request->busy = server->once_bytes >= RF_ANSWER_BYTES;
        if (request->busy)
            ready(request);
        else
            read_for(readers, request);
    }
    readers->letting_in = false;
}

static void turn_over(struct rf_readers *readers)
{
    readers->reading--;
    if (readers->server != NULL)
        let_in(readers);
    else if (readers->reading == 0)
        free(readers);
}

struct turn {
    struct rf_readers *readers;
    struct rf_request *request;
};

static void on_read(void *arg, const char *json, size_t len, const char *error)
{
    struct turn *turn = arg;
    struct rf_readers *readers = turn->readers;
    struct rf_request *request = turn->request;
    free(turn);
    if (!request->completed) {
        request->read_failed = json == NULL && error != NULL;
        if (request->read_failed)
            rf_log_warn(request->server->log, "http", "session %s: %s", request->route.param, error);
        if (json != NULL) {
            request->text = rf_strndup(json, len);
            request->text_len = len;
        }
        ready(request);
    }
    rf_request_release(request);
    turn_over(readers);
}

static void read_for(struct rf_readers *readers, struct rf_request *request)
{
    const struct rf_http_backend *backend = &readers->server->backend;
    struct turn *turn = rf_new(sizeof(*turn));
    *turn = (struct turn){readers, request};
    readers->reading++;
    rf_request_hold(request); /* until the backend's answer */
    backend->read(backend->ctx, request->route.param, on_read, turn);
}

static void on_removed(void *arg, enum rf_http_deleted result)
{
    struct rf_request *request = arg;
    if (!request->completed) {
        request->deleted = result;
        ready(request);
    }
    rf_request_release(request);
}

static enum MHD_Result about(struct rf_request *request, unsigned status, const char *tail)
{
    struct rf_buf error = RF_BUF_INIT;
    rf_buf_printf(&error, "Session %s %s", request->route.param, tail);
    enum MHD_Result result = rf_reply_error(request, status, rf_buf_str(&error), NULL);
    rf_buf_finish(&error);
    return result;
}

static const char *refusal(const struct rf_request *request)
{
    const struct rf_http_options *options = &request->server->options;
    const struct rf_request_headers *headers = &request->headers;
    struct rf_asker asker = {.peer = request->connection->address,
        .client = request->client,
        .forwarded = headers->forwarded,
        .trust_proxy = options->trust_proxy > 0,
        .authorization = headers->authorization,
        .origin = headers->origin,
        .host = headers->host,
        .fetch_site = headers->fetch_site};
    return rf_permission_refusal(options->api_token, &asker);
}

enum MHD_Result rf_handle_stored(struct rf_request *request)
{
    struct rf_server *server = request->server;
    const struct rf_http_backend *backend = &server->backend;
    bool remove = request->method == RF_METHOD_DELETE;
    const char *why = remove ? refusal(request) : NULL;
    if (why != NULL)
        return rf_reply_error(request, MHD_HTTP_FORBIDDEN, why, NULL);
    if (request->route.impossible)
        return about(request, MHD_HTTP_NOT_FOUND, "not found");
    if (server->stopping)
        return rf_reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE, "The server is stopping", NULL);
    if (!remove && server->once_bytes >= RF_ANSWER_BYTES)
        return rf_reply_busy(request);
    request->step = RF_STEP_WAITING;
    if (remove) {
        rf_request_hold(request); /* until the backend's answer */
        backend->remove(backend->ctx, request->route.param, on_removed, request);
    } else if (server->readers->reading >= READS_AT_ONCE) {
        request->in_line = true;
    } else {
        read_for(server->readers, request);
    }
    if (request->step == RF_STEP_READY)
        return rf_handle_stored_ready(request);
    rf_request_suspend(request);
    return MHD_YES;
}

static enum MHD_Result deleted(struct rf_request *request)
{
    struct rf_buf body = RF_BUF_INIT;
    struct rf_json json;
    switch (request->deleted) {
    case RF_HTTP_NOT_FOUND: return about(request, MHD_HTTP_NOT_FOUND, "not found");
    case RF_HTTP_LIVE:
        return about(request, MHD_HTTP_CONFLICT, "is live: it can be deleted once it has ended");
    case RF_HTTP_DELETE_FAILED:
        return about(request, MHD_HTTP_INTERNAL_SERVER_ERROR,
            "could not be deleted: the storage failed. It is still there");
    case RF_HTTP_DELETED: break;
    }
    rf_json_init(&json, &body);
    rf_json_object(&json, NULL);
    rf_json_string(&json, "message", "Session deleted successfully");
    rf_json_string(&json, "sessionId", request->route.param);
    rf_json_object_end(&json);
    return rf_reply_text(request, MHD_HTTP_OK, &body, NULL);
}

/* The id as a quoted file name: what could end the quotes, or is no ASCII, becomes "_". */
static void disposition(struct rf_buf *out, const char *id)
{
    rf_buf_puts(out, "attachment; filename=\"session-");
    for (const char *at = id; *at != '\0'; at++)
        rf_buf_putc(out, *at == '"' || *at == '%' || (unsigned char)*at >= 0x80 ? '_' : *at);
    rf_buf_puts(out, ".json\"");
}

static enum MHD_Result reply_export(struct rf_request *request)
{
    struct rf_buf body = RF_BUF_INIT, header = RF_BUF_INIT;
    rf_view_export(&body, request->text, request->text_len, rf_clock_wall_ms());
    disposition(&header, request->route.param);
    enum MHD_Result result = rf_reply_text(request, MHD_HTTP_OK, &body, rf_buf_str(&header));
    rf_buf_finish(&header);
    return result;
}

enum MHD_Result rf_handle_stored_ready(struct rf_request *request)
{
    if (request->step != RF_STEP_READY) {
        request->close = true;
        return rf_reply_error(request, MHD_HTTP_SERVICE_UNAVAILABLE,
            request->server->stopping ? "The server is stopping" : "The storage did not answer in time",
            NULL);
    }
    if (request->method == RF_METHOD_DELETE)
        return deleted(request);
    if (request->busy)
        return rf_reply_busy(request);
    if (request->read_failed)
        return rf_reply_error(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "Session could not be read", NULL);
    if (request->text == NULL)
        return about(request, MHD_HTTP_NOT_FOUND, "not found");
    if (request->route.endpoint == RF_ENDPOINT_EXPORT)
        return reply_export(request);
    struct rf_buf body = {.data = request->text, .len = request->text_len, .cap = request->text_len + 1};
    request->text = NULL;
    return rf_reply_text(request, MHD_HTTP_OK, &body, NULL);
}
