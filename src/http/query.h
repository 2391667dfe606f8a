/* query.h - query strings: cut, decoded, and checked against what an endpoint takes. Pure. */
#ifndef RF_HTTP_QUERY_H
#define RF_HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/http/server.h"

#define RF_QUERY_BYTES 2048 /* of the query string as sent */
#define RF_QUERY_PARAMS 32
#define RF_QUERY_ERROR 160
#define RF_QUERY_MAX_LIMIT 1000

struct rf_query {
    struct {
        const char *name, *value; /* into `text` */
    } params[RF_QUERY_PARAMS];
    size_t count;
    char text[RF_QUERY_BYTES + RF_QUERY_PARAMS * 2 + 2];
};

/* `raw` is what follows the "?". 0; -1 with a sentence for the client in `error`. */
int rf_query_parse(struct rf_query *query, const char *raw, size_t len, char error[RF_QUERY_ERROR]);

/* The first value of that name; NULL where there is none or it is empty. */
const char *rf_query_get(const struct rf_query *query, const char *name);

/* limit, offset, event, track, driver, from and to of a listing. The texts stay the query's. 0; -1 as above.
 */
int rf_query_listing(
    const struct rf_query *query, struct rf_http_listing_query *out, char error[RF_QUERY_ERROR]);

/* ?track= as a track id: *given tells whether there is one. 0; -1 as above. */
int rf_query_track(const struct rf_query *query, bool *given, int64_t *track, char error[RF_QUERY_ERROR]);

#endif
