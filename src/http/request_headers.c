/* request_headers.c - reads what we want of a request's headers in one pass, and judges whether it is
 * well-formed. libmicrohttpd takes requests whose end two readers could see in different places: behind a
 * proxy that is how one client's request is smuggled into another's connection, so they are refused here. */
#include <string.h>
#include <strings.h>

#include "server_impl.h"

struct scan {
    struct rf_request_headers *out;
    bool trust_proxy;
    unsigned lengths, encodings, hosts;
};

static bool is(const char *name, const char *key, size_t len)
{
    return strlen(name) == len && strncasecmp(name, key, len) == 0;
}

static void refuse(struct rf_request_headers *out, int status, const char *why)
{
    if (out->refuse_status == 0) {
        out->refuse_status = status;
        out->refuse_why = why;
    }
}

static void take(struct rf_slice *slot, const char *value, size_t len)
{
    if (slot->data == NULL)
        *slot = (struct rf_slice){value, len};
}

static void take_length(struct rf_request_headers *out, const char *value, size_t len)
{
    uint64_t number = 0;
    if (len == 0 || len > 18)
        refuse(out, MHD_HTTP_BAD_REQUEST, "Content-Length is no number");
    for (size_t i = 0; i < len && i < 18; i++) {
        if (value[i] < '0' || value[i] > '9')
            refuse(out, MHD_HTTP_BAD_REQUEST, "Content-Length is no number");
        number = number * 10 + (uint64_t)(value[i] - '0');
    }
    out->content_length = number;
    out->has_body = out->has_body || number > 0;
}

/* Several headers are one list. The right end is what counts, so the left is cut where it gets too long. */
static void take_forwarded_for(struct rf_request_headers *out, const char *value, size_t len)
{
    size_t room = sizeof(out->forwarded_for), used = out->forwarded_for_len;
    if (len >= room - 1) {
        const char *from = value + (len - (room - 1)), *comma = memchr(from, ',', room - 1);
        from = comma != NULL ? comma + 1 : value + len; /* a part of an address is not one */
        len = (size_t)(value + len - from);
        value = from;
        used = 0;
    }
    if (used > 0 && used + 1 + len > room) {
        size_t drop = used + 1 + len - room;
        char *comma = drop < used ? memchr(out->forwarded_for + drop, ',', used - drop) : NULL;
        size_t keep = comma != NULL ? used - (size_t)(comma + 1 - out->forwarded_for) : 0;
        memmove(out->forwarded_for, out->forwarded_for + (used - keep), keep);
        used = keep;
    }
    if (used > 0)
        out->forwarded_for[used++] = ',';
    memcpy(out->forwarded_for + used, value, len);
    out->forwarded_for_len = used + len;
}

static enum MHD_Result on_header(
    void *ctx, enum MHD_ValueKind kind, const char *key, size_t key_len, const char *value, size_t len)
{
    struct scan *scan = ctx;
    struct rf_request_headers *out = scan->out;
    (void)kind;
    if (value == NULL)
        value = "", len = 0;
    if (key_len == 0 || key[key_len - 1] == ' ' || key[key_len - 1] == '\t') {
        refuse(out, MHD_HTTP_BAD_REQUEST, "A header's name is empty or followed by a blank");
        return MHD_YES;
    }
    switch (key_len) {
    case 4:
        if (is("Host", key, key_len)) {
            scan->hosts++;
            take(&out->host, value, len);
        }
        break;
    case 6:
        if (is("Origin", key, key_len))
            take(&out->origin, value, len);
        else if (is("Accept", key, key_len))
            take(&out->accept, value, len);
        break;
    case 9:
        out->forwarded = out->forwarded || is("Forwarded", key, key_len) || is("X-Real-IP", key, key_len);
        break;
    case 13:
        if (is("If-None-Match", key, key_len))
            take(&out->if_none_match, value, len);
        else if (is("Authorization", key, key_len))
            take(&out->authorization, value, len);
        break;
    case 14:
        if (is("Content-Length", key, key_len)) {
            scan->lengths++;
            take_length(out, value, len);
        } else if (is("Sec-Fetch-Site", key, key_len)) {
            take(&out->fetch_site, value, len);
        }
        break;
    case 15:
        if (is("Accept-Encoding", key, key_len)) {
            take(&out->accept_encoding, value, len);
        } else if (is("X-Forwarded-For", key, key_len)) {
            out->forwarded = true;
            if (scan->trust_proxy)
                take_forwarded_for(out, value, len);
        }
        break;
    case 17:
        if (is("Transfer-Encoding", key, key_len)) {
            scan->encodings++;
            out->has_body = true;
            if (!is("chunked", value, len))
                refuse(out, MHD_HTTP_NOT_IMPLEMENTED, "The only Transfer-Encoding understood is chunked");
        }
        break;
    default: break;
    }
    return MHD_YES;
}

void rf_request_read_headers(struct rf_request *request, const char *version, struct rf_request_headers *out)
{
    const struct rf_http_options *options = &request->server->options;
    struct scan scan = {.out = out, .trust_proxy = options->trust_proxy > 0};
    (void)MHD_get_connection_values_n(
        request->mhd, MHD_HEADER_KIND, on_header, &scan); /* returns their number */
    const union MHD_ConnectionInfo *size =
        MHD_get_connection_info(request->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (scan.encodings > 0 && scan.lengths > 0)
        refuse(out, MHD_HTTP_BAD_REQUEST, "A request has a Content-Length or a Transfer-Encoding, not both");
    if (scan.lengths > 1 || scan.encodings > 1)
        refuse(out, MHD_HTTP_BAD_REQUEST, "A request has one Content-Length or Transfer-Encoding");
    out->http_1_1 = strcmp(version, MHD_HTTP_VERSION_1_0) != 0;
    if (scan.hosts > 1 || (scan.hosts == 0 && strcmp(version, MHD_HTTP_VERSION_1_0) != 0))
        refuse(out, MHD_HTTP_BAD_REQUEST, "A request has one Host header");
    out->oversize = size != NULL && size->header_size > (size_t)options->max_header_bytes;
}
