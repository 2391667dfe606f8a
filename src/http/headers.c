/* headers.c - the headers every answer carries. */
#include "headers.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>

#include "cors.h"
#include "racefacer/base/buf.h"
#include "racefacer/codec/views.h"

struct header {
    const char *name, *value;
};

#define SECURITY_COUNT 5

/* Other origins may read what CORS allows them, so the resource policy is cross-origin. */
static const struct header security[SECURITY_COUNT] = {
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "SAMEORIGIN"},
    {"Referrer-Policy", "no-referrer"},
    {"X-DNS-Prefetch-Control", "off"},
    {"Cross-Origin-Resource-Policy", "cross-origin"},
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
    for (size_t i = 0; i < SECURITY_COUNT; i++)
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
    for (size_t i = 0; i < SECURITY_COUNT; i++)
        rf_buf_printf(out, "%s: %s\r\n", security[i].name, security[i].value);
    rf_buf_puts(out, cors->any ? "Access-Control-Allow-Origin: *\r\n\r\n" : "Vary: Origin\r\n\r\n");
    rf_buf_append(out, body.data, body.len);
    rf_buf_finish(&body);
}
