/* request.c - a request's way through the server: begun, its headers judged, its body thrown away,
 * dispatched. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "server_impl.h"

#define BODY_MAX 65536        /* of what no endpoint wants: read and forgotten up to here, then refused */
#define QUERY_PARTS 256       /* libmicrohttpd makes a record of each, until it has no memory for an answer */
#define BODY_PATIENCE 1048576 /* chunks are read on up to here so that the refusal arrives */

static size_t path_start(const char *uri)
{
    /* A request to a proxy names the whole address; servers have to take it too. */
    size_t scheme = strncasecmp(uri, "http://", 7) == 0 ? 7 : strncasecmp(uri, "https://", 8) == 0 ? 8 : 0;
    return scheme == 0 ? 0 : scheme + strcspn(uri + scheme, "/?");
}

static size_t query_parts(const char *query)
{
    size_t parts = 0;
    for (; (query = strchr(query, '&')) != NULL; query++)
        parts++;
    return parts;
}

void *rf_request_begin(void *ctx, const char *uri, struct MHD_Connection *mhd)
{
    const char *path = uri + path_start(uri);
    size_t len = strlen(path);
    struct rf_request *request = rf_new(sizeof(*request) + len + 1);
    request->server = ctx;
    request->mhd = mhd;
    request->connection = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    request->refs = 1;
    request->begun_us = rf_clock_mono_us();
    memcpy(request->uri, path, len + 1);
    request->path_len = strcspn(path, "?");
    request->query_at = request->path_len + (path[request->path_len] == '?' ? 1 : 0);
    request->connection->request = request;
    rf_connection_phase(request->connection, RF_PHASE_RECEIVING);
    if (len > (size_t)request->server->options.max_header_bytes)
        rf_connection_refuse(request->connection, RF_REFUSAL_URL);
    else if (query_parts(request->uri + request->query_at) > QUERY_PARTS)
        rf_connection_refuse(request->connection, RF_REFUSAL_QUERY);
    return request;
}

void rf_request_hold(struct rf_request *request)
{
    request->refs++;
}

void rf_request_release(struct rf_request *request)
{
    if (--request->refs > 0)
        return;
    free(request->text);
    free(request);
}

void rf_request_suspend(struct rf_request *request)
{
    request->suspended = true;
    DL_APPEND(request->server->suspended, request);
    rf_connection_phase(request->connection, RF_PHASE_WAITING);
    MHD_suspend_connection(request->mhd);
}

/* A suspended connection has no timeout, and a storage that hangs must not keep its clients for ever. */
void rf_requests_tick(struct rf_server *server, int64_t now_ms)
{
    int64_t allowed = (int64_t)server->options.idle_seconds * 1000;
    unsigned long held = 0;
    struct rf_request *request, *next;
    DL_FOREACH_SAFE(server->suspended, request, next)
    {
        if (now_ms - request->connection->since_ms < allowed)
            continue;
        if (rf_log_allow(&server->wait_log, now_ms, 10000, &held))
            rf_log_warn(server->log, "http",
                "the storage did not answer for %d s: a request was given up (%lu more since the last such "
                "line)",
                server->options.idle_seconds, held);
        rf_request_resume(request);
    }
}

void rf_request_resume(struct rf_request *request)
{
    request->suspended = false;
    rf_connection_phase(request->connection, RF_PHASE_ANSWERING);
    DL_DELETE(request->server->suspended, request);
    MHD_resume_connection(request->mhd);
    rf_server_wake(request->server); /* its own descriptor does not tell */
}

void rf_request_abandon(struct rf_request *request)
{
    if (request->suspended)
        DL_DELETE(request->server->suspended, request);
    request->suspended = false;
    request->completed = true;
    request->connection->request = NULL;
    rf_request_release(request);
}

void rf_request_completed(
    void *ctx, struct MHD_Connection *mhd, void **slot, enum MHD_RequestTerminationCode why)
{
    struct rf_request *request = *slot;
    (void)ctx;
    (void)mhd;
    (void)why; /* whether the client took it all changes nothing here */
    *slot = NULL;
    if (request == NULL)
        return;
    if (request->connection->phase != RF_PHASE_STREAMING)
        rf_connection_phase(request->connection, RF_PHASE_IDLE);
    rf_request_abandon(request);
}

static enum MHD_Result refuse(struct rf_request *request, unsigned status, const char *why)
{
    request->close = true;
    rf_connection_phase(request->connection, RF_PHASE_ANSWERING);
    return rf_reply_error(request, status, why, NULL);
}

/* All that is known once the headers are there. */
static void look_at(struct rf_request *request, const char *method, const char *version)
{
    struct rf_server *server = request->server;
    struct rf_request_headers *headers = &request->headers;
    rf_request_read_headers(request, version, headers);
    request->method_name = method;
    request->method = rf_route_method(method);
    rf_route_find(&request->route, request->uri, request->path_len);
    request->variant = rf_cors_variant(&server->cors, headers->origin);
    request->client = request->connection->address;
    if (server->options.trust_proxy > 0)
        request->client = rf_address_client(&request->connection->address,
            (struct rf_slice){headers->forwarded_for, headers->forwarded_for_len},
            server->options.trust_proxy);
}

static void count(struct rf_request *request)
{
    struct rf_server *server = request->server;
    struct rf_address group = rf_address_group(&request->client);
    int64_t now = (int64_t)uv_now(server->loop);
    bool stored = rf_route_is_stored(request->route.endpoint) &&
                  rf_route_allows(request->route.endpoint, request->method);
    request->verdict =
        stored ? rf_limits_stored(server->limits, &group, now) : rf_limits_live(server->limits, &group, now);
}

static enum MHD_Result dispatch(struct rf_request *request)
{
    enum rf_endpoint endpoint = request->route.endpoint;
    rf_connection_phase(request->connection, RF_PHASE_ANSWERING);
    if (request->method == RF_METHOD_OPTIONS)
        return rf_reply_preflight(request);
    count(request);
    if (!request->verdict.allowed)
        return rf_reply_too_many(request);
    if (endpoint == RF_ENDPOINT_NONE)
        return rf_reply_not_found(request);
    if (!rf_route_allows(endpoint, request->method))
        return rf_reply_method(request);
    if (request->route.fault != NULL)
        return rf_reply_error(
            request, MHD_HTTP_BAD_REQUEST, "The address cannot be read", request->route.fault);
    switch (endpoint) {
    case RF_ENDPOINT_STREAM: return rf_handle_stream(request);
    case RF_ENDPOINT_CLIENTS: return rf_handle_clients(request);
    case RF_ENDPOINT_WELCOME: return rf_handle_root(request);
    case RF_ENDPOINT_ASSET:
    case RF_ENDPOINT_OPENAPI: return rf_handle_asset(request);
    case RF_ENDPOINT_METRICS: return rf_handle_metrics(request);
    case RF_ENDPOINT_SESSIONS: return rf_handle_listing(request);
    case RF_ENDPOINT_SESSION:
    case RF_ENDPOINT_EXPORT: return rf_handle_stored(request);
    default: return rf_handle_live(request);
    }
}

enum MHD_Result rf_request_handle(void *ctx, struct MHD_Connection *mhd, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **slot)
{
    struct rf_request *request = *slot;
    (void)ctx;
    (void)mhd;
    (void)url; /* decoded, and cut at a %00: see rf_request_begin */
    (void)upload;
    if (request->connection->cut)
        return MHD_NO;
    switch (request->step) {
    case RF_STEP_NEW:
        look_at(request, method, version);
        request->step = RF_STEP_RECEIVING;
        if (request->headers.oversize) {
            rf_connection_refuse(request->connection, RF_REFUSAL_HEADERS);
            return MHD_NO;
        }
        if (request->headers.refuse_status != 0)
            return refuse(request, (unsigned)request->headers.refuse_status, request->headers.refuse_why);
        if (request->headers.content_length > BODY_MAX)
            return refuse(request, MHD_HTTP_CONTENT_TOO_LARGE, "Request bodies are not used here: send none");
        if (request->headers.has_body &&
            (request->method == RF_METHOD_OTHER || request->method == RF_METHOD_UNKNOWN)) {
            request->close = true; /* a refusal in any case: the body need not be waited for */
            return dispatch(request);
        }
        return MHD_YES;
    case RF_STEP_RECEIVING:
        if (*upload_len == 0)
            break;
        request->body_bytes += *upload_len;
        *upload_len = 0;
        return request->body_bytes > BODY_PATIENCE ? MHD_NO : MHD_YES;
    case RF_STEP_WAITING: /* resumed because the server stops */
    case RF_STEP_READY: return rf_handle_stored_ready(request);
    }
    if (request->body_bytes > BODY_MAX)
        return refuse(request, MHD_HTTP_CONTENT_TOO_LARGE, "Request bodies are not used here: send none");
    return dispatch(request);
}
