/* reply.c - answers: the kept ones, those made for one request, and errors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accepts.h"
#include "body.h"
#include "headers.h"
#include "racefacer/codec/json_slice.h"
#include "racefacer/codec/json_write.h"
#include "racefacer/codec/views.h"
#include "server_impl.h"

#define ECHO_MAX 256 /* bytes of a path that an error repeats */

#define GZIP_MIN 1000       /* less is one packet either way */
#define GZIP_MAX (2u << 20) /* more would stop the loop for longer than 20 ms */

static enum MHD_Result queue(struct rf_request *request, unsigned status, struct MHD_Response *response)
{
    rf_log_debug(request->server->log, "http", "%s %.*s %u", request->method_name,
        (int)(request->path_len < ECHO_MAX ? request->path_len : ECHO_MAX), request->uri, status);
    rf_metrics_answered(request, status);
    return MHD_queue_response(request->mhd, status, response);
}

bool rf_reply_not_modified(const struct rf_request *request, const char *etag)
{
    return request->headers.if_none_match.data != NULL &&
           rf_etag_listed(request->headers.if_none_match, etag);
}

/* NULL: a body of that length goes as it is. */
static struct rf_gzip *gzip_for(struct rf_request *request, size_t len)
{
    if (len < GZIP_MIN || len > GZIP_MAX || !rf_accepts(request->headers.accept_encoding, "gzip"))
        return NULL;
    return rf_server_gzip(request->server);
}

enum MHD_Result rf_reply_cached(struct rf_request *request, struct rf_cached *cached)
{
    /* A 304 is the same response without its body: libmicrohttpd leaves that out and, this way, tells the
     * length the body has instead of "Content-Length: 0". */
    struct rf_gzip *gzip = gzip_for(request, rf_cached_len(cached));
    unsigned status = rf_reply_not_modified(request, rf_cached_etag(cached, gzip != NULL))
                          ? MHD_HTTP_NOT_MODIFIED
                          : MHD_HTTP_OK;
    return queue(request, status, rf_cached_response(request->server->cache, cached, request->variant, gzip));
}

bool rf_reply_compress(struct rf_request *request, struct rf_buf *body)
{
    struct rf_gzip *gzip = gzip_for(request, body->len);
    struct rf_buf packed = RF_BUF_INIT;
    if (gzip == NULL)
        return false;
    rf_gzip_whole(gzip, &packed, body->data, body->len);
    rf_buf_finish(body);
    *body = packed;
    return true;
}

/* Takes the buffer's content. */
static struct MHD_Response *make(struct rf_request *request, struct rf_buf *body, const char *etag)
{
    struct rf_server *server = request->server;
    size_t len = body->len;
    struct rf_body *once = rf_body_create(&server->once_bytes, rf_buf_take(body), len);
    struct MHD_Response *response = rf_body_response(once);
    rf_body_drop(once); /* the response has it now */
    rf_headers_add_common(response, &server->cors, request->variant);
    rf_headers_add_json(response, etag);
    if (request->close)
        rf_headers_add(response, MHD_HTTP_HEADER_CONNECTION, "close");
    return response;
}

enum MHD_Result rf_reply_response(struct rf_request *request, unsigned status, struct MHD_Response *response)
{
    enum MHD_Result queued = queue(request, status, response);
    MHD_destroy_response(response);
    return queued;
}

enum MHD_Result rf_reply_text(
    struct rf_request *request, unsigned status, struct rf_buf *body, const char *disposition)
{
    char etag[RF_ETAG_SIZE] = "";
    bool packed = false;
    if (status == MHD_HTTP_OK) {
        rf_etag_make(etag, body->data, body->len);
        packed = rf_reply_compress(request, body);
        if (packed)
            rf_etag_of_gzip(etag);
        if (rf_reply_not_modified(request, etag))
            status = MHD_HTTP_NOT_MODIFIED;
    }
    struct MHD_Response *response = make(request, body, etag[0] != '\0' ? etag : NULL);
    rf_headers_add_limit(response, &request->verdict);
    if (etag[0] != '\0')
        rf_headers_add_encoding(response, packed);
    if (disposition != NULL)
        rf_headers_add(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION, disposition);
    return rf_reply_response(request, status, response);
}

enum MHD_Result rf_reply_error(
    struct rf_request *request, unsigned status, const char *error, const char *message)
{
    struct rf_buf body = RF_BUF_INIT;
    rf_view_error(&body, error, message);
    return rf_reply_text(request, status, &body, NULL);
}

enum MHD_Result rf_reply_busy(struct rf_request *request)
{
    struct rf_buf body = RF_BUF_INIT;
    rf_view_error(&body, "Too many answers are on their way, please try again in a moment", NULL);
    struct MHD_Response *response = make(request, &body, NULL);
    rf_headers_add_limit(response, &request->verdict);
    rf_headers_add(response, "Retry-After", "5");
    request->server->busy++;
    return rf_reply_response(request, MHD_HTTP_SERVICE_UNAVAILABLE, response);
}

enum MHD_Result rf_reply_preflight(struct rf_request *request)
{
    struct rf_server *server = request->server;
    struct MHD_Response **slot = &server->preflights[request->variant];
    if (*slot == NULL) {
        *slot = rf_headers_checked(MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT));
        rf_headers_add_common(*slot, &server->cors, request->variant);
        rf_headers_add(*slot, "Access-Control-Allow-Methods", "GET, HEAD, DELETE, OPTIONS");
        rf_headers_add(*slot, "Access-Control-Allow-Headers",
            "Content-Type, Authorization, Cache-Control, Last-Event-ID, If-None-Match");
        rf_headers_add(*slot, "Access-Control-Max-Age", "86400");
        rf_headers_add(*slot, "Allow", "GET, HEAD, DELETE, OPTIONS");
    }
    return queue(request, MHD_HTTP_NO_CONTENT, *slot);
}

static struct MHD_Response *make_too_many(struct rf_request *request)
{
    struct rf_buf body = RF_BUF_INIT;
    rf_view_error(&body, "Too many requests from your address, please try again later", NULL);
    struct MHD_Response *response = make(request, &body, NULL);
    rf_headers_add_limit(response, &request->verdict);
    return response;
}

enum MHD_Result rf_reply_too_many(struct rf_request *request)
{
    /* Of the live limit all refusals say the same, and they come in floods: they are kept. */
    struct MHD_Response **slot = &request->server->too_many[request->variant];
    if (rf_route_is_stored(request->route.endpoint) || request->close)
        return rf_reply_response(request, MHD_HTTP_TOO_MANY_REQUESTS, make_too_many(request));
    if (*slot == NULL)
        *slot = make_too_many(request);
    return queue(request, MHD_HTTP_TOO_MANY_REQUESTS, *slot);
}

/* Text from a stranger, short and fit for JSON: where it is not UTF-8, bytes above ASCII become "?". */
static void tame(char *out, const char *text, size_t len)
{
    if (len > ECHO_MAX) {
        len = ECHO_MAX;
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
    }
    memcpy(out, text, len);
    out[len] = '\0';
    if (rf_utf8_valid(out, len))
        return;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)out[i] >= 0x80)
            out[i] = '?';
}

static void write_refusal(struct rf_buf *out, const struct rf_request *request, const char *error)
{
    char text[ECHO_MAX + 1];
    struct rf_json json;
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    rf_json_string(&json, "error", error);
    tame(text, request->uri, request->path_len);
    rf_json_string(&json, "path", text);
    tame(text, request->method_name, strlen(request->method_name));
    rf_json_string(&json, "method", text);
    rf_json_object_end(&json);
}

enum MHD_Result rf_reply_not_found(struct rf_request *request)
{
    struct rf_buf body = RF_BUF_INIT;
    write_refusal(&body, request, "Endpoint not found");
    return rf_reply_response(request, MHD_HTTP_NOT_FOUND, make(request, &body, NULL));
}

enum MHD_Result rf_reply_method(struct rf_request *request)
{
    struct rf_buf body = RF_BUF_INIT;
    bool known = request->method != RF_METHOD_UNKNOWN;
    write_refusal(&body, request, known ? "Method not allowed" : "Method not known");
    struct MHD_Response *response = make(request, &body, NULL);
    rf_headers_add(response, "Allow", rf_route_allow_header(request->route.endpoint));
    return rf_reply_response(
        request, known ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_IMPLEMENTED, response);
}

void rf_reply_finish(struct rf_server *server)
{
    for (size_t i = 0; i < rf_cors_variants(&server->cors); i++) {
        if (server->preflights[i] != NULL)
            MHD_destroy_response(server->preflights[i]);
        if (server->too_many[i] != NULL)
            MHD_destroy_response(server->too_many[i]);
    }
    free(server->preflights);
    free(server->too_many);
}
