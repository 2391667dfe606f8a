/* body_cache.h - bodies made once for each change and shared by all who ask until the next.
 * An entry's bytes, and their gzip, are shared by one MHD_Response for each CORS variant, all made on first use: a
 * list of allowed origins costs a few hundred bytes of headers for each origin that asks, never another copy of
 * the body. */
#ifndef RF_HTTP_BODY_CACHE_H
#define RF_HTTP_BODY_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etag.h"

struct MHD_Response;
struct rf_body_cache;
struct rf_cors;
struct rf_gzip;

struct rf_cached; /* valid until the next put */

/* The cache keeps at most so many entries and so many bytes of bodies; the least recently used go first.
 * `cors` is borrowed. */
struct rf_body_cache *rf_body_cache_create(const struct rf_cors *cors, size_t max_entries, size_t max_bytes);
void rf_body_cache_destroy(struct rf_body_cache *cache);

/* The entry of that key, or NULL where there is none of that version. */
struct rf_cached *rf_body_cache_find(
    struct rf_body_cache *cache, const void *key, size_t key_len, uint64_t version);

/* Copies the body and makes it the key's entry. */
struct rf_cached *rf_body_cache_put(struct rf_body_cache *cache, const void *key, size_t key_len,
    uint64_t version, const void *data, size_t len);

size_t rf_cached_len(const struct rf_cached *cached);
/* `gzip` NULL: as it is. Borrowed: queueing it takes a reference of its own. */
struct MHD_Response *rf_cached_response(
    struct rf_body_cache *cache, struct rf_cached *cached, size_t variant, struct rf_gzip *gzip);
const char *rf_cached_etag(const struct rf_cached *cached, bool gzip);

size_t rf_body_cache_count(const struct rf_body_cache *cache);
size_t rf_body_cache_bytes(const struct rf_body_cache *cache);
/* With the bodies that are not kept any more, but on their way to a client. The cache outlives the responses.
 */
size_t rf_body_cache_alive(const struct rf_body_cache *cache);

#endif
