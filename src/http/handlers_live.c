/* handlers_live.c - the endpoints about what goes on now, and the server itself. */
#include <string.h>

#include "query.h"
#include "racefacer/codec/views.h"
#include "server_impl.h"

#define STATUS_EVERY_MS 100 /* health and stats change all the time: one body serves this long */

static enum MHD_Result reply_made(struct rf_request *request, uint64_t version)
{
    struct rf_server *server = request->server;
    return rf_reply_cached(request, rf_body_cache_put(server->cache, server->key.data, server->key.len,
                                        version, server->scratch.data, server->scratch.len));
}

static struct rf_cached *kept(struct rf_server *server, uint64_t version)
{
    return rf_body_cache_find(server->cache, server->key.data, server->key.len, version);
}

static enum MHD_Result handle_status(struct rf_request *request)
{
    struct rf_server *server = request->server;
    enum rf_endpoint endpoint = request->route.endpoint;
    uint64_t version = uv_now(server->loop) / STATUS_EVERY_MS;
    struct rf_server_status status;

    rf_buf_clear(&server->key);
    rf_buf_putc(&server->key, endpoint == RF_ENDPOINT_HEALTH ? 'h' : 's');
    struct rf_cached *cached = kept(server, version);
    if (cached != NULL)
        return rf_reply_cached(request, cached);
    memset(&status, 0, sizeof(status));
    server->backend.status(server->backend.ctx, &status);
    status.busy = server->busy;
    rf_buf_clear(&server->scratch);
    if (endpoint == RF_ENDPOINT_HEALTH)
        rf_view_health(&server->scratch, &status);
    else
        rf_view_stats(&server->scratch, server->backend.engine, &status);
    return reply_made(request, version);
}

static enum MHD_Result no_session(struct rf_request *request, const char *format, const char *what)
{
    struct rf_buf message = RF_BUF_INIT;
    rf_buf_puts(&message, format);
    if (what != NULL)
        rf_buf_puts(&message, what);
    enum MHD_Result result = rf_reply_error(
        request, MHD_HTTP_NOT_FOUND, "No current session data available", rf_buf_str(&message));
    rf_buf_finish(&message);
    return result;
}

/* The session asked for. NULL: the answer is queued, its result in *result. */
static const struct rf_session *pick(struct rf_request *request, enum MHD_Result *result)
{
    const struct rf_engine *engine = request->server->backend.engine;
    const struct rf_session *session;
    const char *raw = request->uri + request->query_at;
    if (*raw == '\0') {
        session = rf_engine_default_session(engine);
        if (session == NULL)
            *result = no_session(request, "No timing data has been received yet", NULL);
        return session;
    }
    struct rf_query query;
    char error[RF_QUERY_ERROR];
    bool by_track = false;
    int64_t track = 0;
    if (rf_query_parse(&query, raw, strlen(raw), error) < 0 ||
        rf_query_track(&query, &by_track, &track, error) < 0) {
        *result = rf_reply_error(request, MHD_HTTP_BAD_REQUEST, error, NULL);
        return NULL;
    }
    const char *id = rf_query_get(&query, "session");
    if (id != NULL) {
        session = rf_engine_find_session(engine, id);
        if (session == NULL)
            *result = no_session(request, "No current session has the id ", id);
    } else if (by_track) {
        session = rf_engine_find_track(engine, track);
        if (session == NULL)
            *result = no_session(request, "No session is known on track ", rf_query_get(&query, "track"));
    } else {
        session = rf_engine_default_session(engine);
        if (session == NULL)
            *result = no_session(request, "No timing data has been received yet", NULL);
    }
    return session;
}

static enum MHD_Result kart_not_found(struct rf_request *request)
{
    struct rf_buf error = RF_BUF_INIT;
    rf_buf_printf(&error, "Kart %s not found", request->route.param);
    enum MHD_Result result = rf_reply_error(request, MHD_HTTP_NOT_FOUND, rf_buf_str(&error), NULL);
    rf_buf_finish(&error);
    return result;
}

static enum MHD_Result handle_session(struct rf_request *request)
{
    struct rf_server *server = request->server;
    const struct rf_engine *engine = server->backend.engine;
    enum rf_endpoint endpoint = request->route.endpoint;
    uint64_t version = rf_engine_version(engine);
    enum MHD_Result result = MHD_NO;
    const struct rf_session *session = pick(request, &result);
    if (session == NULL)
        return result;
    if (request->route.impossible)
        return kart_not_found(request);

    rf_buf_clear(&server->key);
    rf_buf_putc(&server->key, endpoint == RF_ENDPOINT_CURRENT    ? 'c'
                              : endpoint == RF_ENDPOINT_ANALYSIS ? 'a'
                                                                 : 'k');
    rf_buf_puts(&server->key, session->id);
    rf_buf_putc(&server->key, '\n');
    rf_buf_puts(&server->key, request->route.param); /* empty but for a kart */
    struct rf_cached *cached = kept(server, version);
    if (cached != NULL)
        return rf_reply_cached(request, cached);
    if (rf_body_cache_alive(server->cache) >= RF_ANSWER_BYTES)
        return rf_reply_busy(request);
    rf_buf_clear(&server->scratch);
    if (endpoint == RF_ENDPOINT_CURRENT)
        rf_view_current(&server->scratch, engine, session);
    else if (endpoint == RF_ENDPOINT_ANALYSIS)
        rf_view_analysis(&server->scratch, engine, session);
    else if (!rf_view_kart(&server->scratch, engine, session, request->route.param))
        return kart_not_found(request);
    return reply_made(request, version);
}

enum MHD_Result rf_handle_live(struct rf_request *request)
{
    switch (request->route.endpoint) {
    case RF_ENDPOINT_HEALTH:
    case RF_ENDPOINT_STATS: return handle_status(request);
    default: return handle_session(request);
    }
}
