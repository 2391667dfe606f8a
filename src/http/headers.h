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

void rf_headers_add(struct MHD_Response *response, const char *name, const char *value);

/* A whole answer, from status line to body, for those refused past libmicrohttpd. */
struct rf_buf;
void rf_headers_write_refusal(struct rf_buf *out, const struct rf_cors *cors, const char *status,
    const char *error, const char *retry_after); /* NULL: trying again is of no use */

#endif
