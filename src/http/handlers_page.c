/* handlers_page.c - the web page and its files, as they are built into the binary. */
#include "accepts.h"
#include "headers.h"
#include "racefacer/codec/views.h"
#include "racefacer/dashboard/dashboard.h"
#include "server_impl.h"

/* Nothing but what this server sends is loaded or run, and nothing that is written into the page itself. */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

static enum MHD_Result reply(struct rf_request *request, struct MHD_Response *response, const char *etag)
{
    unsigned status = rf_reply_not_modified(request, etag) ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK;
    return rf_reply_response(request, status, response);
}

static enum MHD_Result reply_asset(struct rf_request *request, const struct rf_asset *asset, const char *vary)
{
    bool gzip = rf_accepts(request->headers.accept_encoding, "gzip");
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
    if (page == NULL || !rf_accepts(request->headers.accept, "text/html"))
        return reply_welcome(request);
    return reply_asset(request, page, "Accept, Accept-Encoding");
}

enum MHD_Result rf_handle_asset(struct rf_request *request)
{
    const struct rf_asset *asset = find(request, request->uri, request->path_len);
    return asset != NULL ? reply_asset(request, asset, "Accept-Encoding") : rf_reply_not_found(request);
}
