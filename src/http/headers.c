/* headers.c - the headers every answer carries. */
#include "headers.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cors.h"
#include "racefacer/base/buf.h"
#include "racefacer/base/clock.h"
#include "racefacer/codec/views.h"

struct header {
    const char *name, *value;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Other origins may read what CORS allows them, so the resource policy is cross-origin. */
static const struct header security[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "SAMEORIGIN"},
    {"Referrer-Policy", "no-referrer"},
    {"X-DNS-Prefetch-Control", "off"},
    {"Cross-Origin-Resource-Policy", "cross-origin"},
};

static const struct header of_stream[] = {
    {"Content-Type", "text/event-stream; charset=utf-8"}, {"Cache-Control", "no-cache, no-transform"},
    {"Vary", "Accept-Encoding"}, {"X-Accel-Buffering", "no"}, /* nginx is to pass events on as they come */
};

static const char exposed[] =
    "ETag, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Content-Disposition";

struct MHD_Response *rf_headers_checked(struct MHD_Response *response)
{
    if (response == NULL) {
        fputs("out of memory for an HTTP response\n", stderr);
        abort();
    }
    return response;
}

void rf_headers_add(struct MHD_Response *response, const char *name, const char *value)
{
    if (MHD_add_response_header(response, name, value) != MHD_YES) {
        /* Either memory, or a value with a line break in it: both would be faults of ours, worth a stop. */
        fprintf(stderr, "cannot add the HTTP header %s\n", name);
        abort();
    }
}

void rf_headers_add_common(struct MHD_Response *response, const struct rf_cors *cors, size_t variant)
{
    const char *allowed = rf_cors_allowed(cors, variant);
    for (size_t i = 0; i < COUNT(security); i++)
        rf_headers_add(response, security[i].name, security[i].value);
    if (!cors->any)
        rf_headers_add(response, "Vary", "Origin");
    if (allowed != NULL) {
        rf_headers_add(response, "Access-Control-Allow-Origin", allowed);
        rf_headers_add(response, "Access-Control-Expose-Headers", exposed);
    }
}

void rf_headers_add_json(struct MHD_Response *response, const char *etag)
{
    rf_headers_add(response, "Content-Type", "application/json; charset=utf-8");
    rf_headers_add(response, "Cache-Control", "no-cache");
    if (etag != NULL)
        rf_headers_add(response, "ETag", etag);
}

void rf_headers_add_stream(struct MHD_Response *response)
{
    for (size_t i = 0; i < COUNT(of_stream); i++)
        rf_headers_add(response, of_stream[i].name, of_stream[i].value);
}

void rf_headers_add_encoding(struct MHD_Response *response, bool gzip)
{
    rf_headers_add(response, "Vary", "Accept-Encoding");
    if (gzip)
        rf_headers_add(response, "Content-Encoding", "gzip");
}

static void add_number(struct MHD_Response *response, const char *name, int value)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", value);
    rf_headers_add(response, name, text);
}

void rf_headers_add_limit(struct MHD_Response *response, const struct rf_verdict *verdict)
{
    if (!verdict->limited)
        return;
    add_number(response, "RateLimit-Limit", verdict->limit);
    add_number(response, "RateLimit-Remaining", verdict->remaining);
    add_number(response, "RateLimit-Reset", verdict->reset_s);
    if (!verdict->allowed)
        add_number(response, "Retry-After", verdict->retry_after_s);
}

/* ---- as text */

static void write_all(struct rf_buf *out, const struct header *headers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rf_buf_printf(out, "%s: %s\r\n", headers[i].name, headers[i].value);
}

static void write_common(struct rf_buf *out, const struct rf_cors *cors, size_t variant)
{
    const char *allowed = rf_cors_allowed(cors, variant);
    write_all(out, security, COUNT(security));
    if (!cors->any)
        rf_buf_puts(out, "Vary: Origin\r\n");
    if (allowed != NULL)
        rf_buf_printf(out, "Access-Control-Allow-Origin: %s\r\nAccess-Control-Expose-Headers: %s\r\n",
            allowed, exposed);
}

static void write_date(struct rf_buf *out)
{
    time_t now = (time_t)(rf_clock_wall_ms() / 1000);
    struct tm parts;
    char text[64];
    if (gmtime_r(&now, &parts) != NULL &&
        strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts) > 0)
        rf_buf_printf(out, "Date: %s\r\n", text);
}

void rf_headers_write_stream(
    struct rf_buf *out, const struct rf_cors *cors, size_t variant, bool chunked, bool gzip)
{
    rf_buf_puts(out, "HTTP/1.1 200 OK\r\n");
    write_date(out);
    rf_buf_puts(out, chunked ? "Transfer-Encoding: chunked\r\n" : "Connection: close\r\n");
    if (gzip)
        rf_buf_puts(out, "Content-Encoding: gzip\r\n");
    write_all(out, of_stream, COUNT(of_stream));
    write_common(out, cors, variant);
    rf_buf_puts(out, "\r\n");
}

void rf_headers_write_refusal(struct rf_buf *out, const struct rf_cors *cors, const char *status,
    const char *error, const char *retry_after)
{
    struct rf_buf body = RF_BUF_INIT;
    rf_view_error(&body, error, NULL);
    rf_buf_printf(out,
        "HTTP/1.1 %s\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %zu\r\n"
        "Cache-Control: no-cache\r\nConnection: close\r\n",
        status, body.len);
    if (retry_after != NULL)
        rf_buf_printf(out, "Retry-After: %s\r\n", retry_after);
    write_common(out, cors, 0);
    rf_buf_puts(out, "\r\n");
    rf_buf_append(out, body.data, body.len);
    rf_buf_finish(&body);
}
