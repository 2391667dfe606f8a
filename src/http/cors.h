/* cors.h - which pages may read the answers. Pure.
 * An answer differs by nothing but its Access-Control-Allow-Origin; a "variant" is one such difference, so
 * that an answer can be kept once for each. */
#ifndef RF_HTTP_CORS_H
#define RF_HTTP_CORS_H

#include <stdbool.h>
#include <stddef.h>

#include "racefacer/base/buf.h"

struct rf_cors {
    bool any;       /* every origin: one variant, "*" */
    char **origins; /* owned */
    size_t count;
};

/* `allowed` is "*" or a comma-separated list of origins. */
void rf_cors_init(struct rf_cors *cors, const char *allowed);
void rf_cors_finish(struct rf_cors *cors);

/* How many variants there are: at least 1. Variant 0 is for everybody (any) or for nobody (a list). */
size_t rf_cors_variants(const struct rf_cors *cors);
/* The variant for a request's Origin header; data NULL where it has none. */
size_t rf_cors_variant(const struct rf_cors *cors, struct rf_slice origin);
/* The variant's Access-Control-Allow-Origin, or NULL for none. */
const char *rf_cors_allowed(const struct rf_cors *cors, size_t variant);

#endif
