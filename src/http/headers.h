/* headers.h - the headers every answer carries. */
#ifndef RF_HTTP_HEADERS_H
#define RF_HTTP_HEADERS_H

#include <stddef.h>

#include "limits.h"

struct MHD_Response;
struct rf_cors;

/* A response just made; ends the process where libmicrohttpd had no memory for it. */
struct MHD_Response *rf_headers_checked(struct MHD_Response *response);

/* Security and CORS: on every answer of ours. */
void rf_headers_add_common(struct MHD_Response *response, const struct rf_cors *cors, size_t variant);

/* Content-Type, Cache-Control and, where `etag` is not NULL, ETag. */
void rf_headers_add_json(struct MHD_Response *response, const char *etag);

/* RateLimit-* and, where refused, Retry-After; nothing where no limit is set. */
void rf_headers_add_limit(struct MHD_Response *response, const struct rf_verdict *verdict);

/* Of the push stream: Content-Type and what proxies are to know. */
void rf_headers_add_stream(struct MHD_Response *response);

/* Of a body that may come either way. */
void rf_headers_add_encoding(struct MHD_Response *response, bool gzip);

void rf_headers_add(struct MHD_Response *response, const char *name, const char *value);

/* ---- as text, for what goes past libmicrohttpd */

struct rf_buf;

/* The head of an answer that is a push stream; `chunked`: for HTTP/1.1. */
void rf_headers_write_stream(struct rf_buf *out, const struct rf_cors *cors, size_t variant, bool chunked, bool gzip);

/* A whole answer, from status line to body. */
void rf_headers_write_refusal(struct rf_buf *out, const struct rf_cors *cors, const char *status,
    const char *error, const char *retry_after); /* NULL: trying again is of no use */

#endif
