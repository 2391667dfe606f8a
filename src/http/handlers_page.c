/* handlers_page.c - the web page and its files, as they are built into the binary. */
#include <string.h>
#include <strings.h>

#include "headers.h"
#include "racefacer/codec/views.h"
#include "racefacer/dashboard/dashboard.h"
#include "server_impl.h"

/* Nothing but what this server sends is loaded or run, and nothing that is written into the page itself. */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

static struct rf_slice trim(struct rf_slice text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text.data++, text.len--;
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
        text.len--;
    return text;
}

static struct rf_slice cut_at(struct rf_slice *rest, char separator)
{
    const char *end = memchr(rest->data, separator, rest->len);
    size_t len = end != NULL ? (size_t)(end - rest->data) : rest->len;
    struct rf_slice part = {rest->data, len};
    size_t used = end != NULL ? len + 1 : len;
    *rest = (struct rf_slice){rest->data + used, rest->len - used};
    return trim(part);
}

/* "q=0", "q=0.0" and so on: named, and not wanted. */
static bool refused(struct rf_slice parameters)
{
    while (parameters.len > 0) {
        struct rf_slice one = cut_at(&parameters, ';');
        if (one.len >= 3 && strncasecmp(one.data, "q=0", 3) == 0)
            return strspn(one.data + 2, "0.") >= one.len - 2;
    }
    return false;
}

/* Whether a list such as Accept or Accept-Encoding names this; "*" is no name. */
static bool names(struct rf_slice list, const char *name)
{
    while (list.data != NULL && list.len > 0) {
        struct rf_slice parameters = cut_at(&list, ',');
        struct rf_slice value = cut_at(&parameters, ';');
        if (value.len == strlen(name) && strncasecmp(value.data, name, value.len) == 0)
            return !refused(parameters);
    }
    return false;
}

static enum MHD_Result reply(struct rf_request *request, struct MHD_Response *response, const char *etag)
{
    unsigned status = rf_reply_not_modified(request, etag) ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK;
    return rf_reply_response(request, status, response);
}

static enum MHD_Result reply_asset(struct rf_request *request, const struct rf_asset *asset, const char *vary)
{
    bool gzip = names(request->headers.accept_encoding, "gzip");
    const struct rf_asset_body *body = gzip ? &asset->gzip : &asset->plain;
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): libmicrohttpd takes no const, and changes nothing */
    void *bytes = (void *)(uintptr_t)body->data;
    struct MHD_Response *response =
        rf_headers_checked(MHD_create_response_from_buffer(body->len, bytes, MHD_RESPMEM_PERSISTENT));
    rf_headers_add_common(response, &request->server->cors, request->variant);
    rf_headers_add(response, "Content-Type", asset->type);
    rf_headers_add(response, "ETag", body->etag);
    rf_headers_add(
        response, "Cache-Control", asset->immutable ? "public, max-age=31536000, immutable" : "no-cache");
    rf_headers_add(response, "Vary", vary);
    rf_headers_add(response, "Content-Security-Policy", policy);
    if (gzip)
        rf_headers_add(response, "Content-Encoding", "gzip");
    return reply(request, response, body->etag);
}

static enum MHD_Result reply_welcome(struct rf_request *request)
{
    const struct rf_http_backend *backend = &request->server->backend;
    struct rf_server_status status = {0};
    struct rf_buf body = RF_BUF_INIT;
    char etag[RF_ETAG_SIZE];
    backend->status(backend->ctx, &status);
    rf_view_welcome(&body, status.version);
    rf_etag_make(etag, body.data, body.len);
    size_t len = body.len;
    struct MHD_Response *response =
        rf_headers_checked(MHD_create_response_from_buffer(len, rf_buf_take(&body), MHD_RESPMEM_MUST_FREE));
    rf_headers_add_common(response, &request->server->cors, request->variant);
    rf_headers_add_json(response, etag);
    rf_headers_add(response, "Vary", "Accept");
    return reply(request, response, etag);
}

static const struct rf_asset *find(const struct rf_request *request, const char *path, size_t len)
{
    const struct rf_http_backend *backend = &request->server->backend;
    return backend->asset != NULL ? backend->asset(path, len) : NULL;
}

enum MHD_Result rf_handle_root(struct rf_request *request)
{
    const struct rf_asset *page = find(request, "/", 1);
    if (page == NULL || !names(request->headers.accept, "text/html"))
        return reply_welcome(request);
    return reply_asset(request, page, "Accept, Accept-Encoding");
}

enum MHD_Result rf_handle_asset(struct rf_request *request)
{
    const struct rf_asset *asset = find(request, request->uri, request->path_len);
    return asset != NULL ? reply_asset(request, asset, "Accept-Encoding") : rf_reply_not_found(request);
}
