/* body_cache.c - bodies made once for each change and shared by all who ask until the next. */
#include "body_cache.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "body.h"
#include "cors.h"
#include "gzip.h"
#include "headers.h"
#include "racefacer/base/memory.h"

struct form {
    struct rf_body *body; /* NULL: not asked for yet */
    char etag[RF_ETAG_SIZE];
    struct MHD_Response **responses; /* by variant; NULL: not asked for yet */
};

struct rf_cached {
    char *key;
    uint64_t version;
    struct form plain, gzip;
    UT_hash_handle hh;
    struct rf_cached *prev, *next; /* by last use, the oldest first */
};

struct rf_body_cache {
    const struct rf_cors *cors;
    size_t max_entries, max_bytes, bytes;
    size_t alive; /* bytes of bodies, with those that are only on their way to a client */
    struct rf_cached *by_key, *by_age;
};

struct rf_body_cache *rf_body_cache_create(const struct rf_cors *cors, size_t max_entries, size_t max_bytes)
{
    struct rf_body_cache *cache = rf_new(sizeof(*cache));
    cache->cors = cors;
    cache->max_entries = max_entries;
    cache->max_bytes = max_bytes;
    return cache;
}

/* Lets go of the body and the responses over it; connections that still send them have their own references.
 */
static void empty_form(struct rf_body_cache *cache, struct form *form)
{
    for (size_t i = 0; i < rf_cors_variants(cache->cors); i++) {
        if (form->responses[i] != NULL)
            MHD_destroy_response(form->responses[i]);
        form->responses[i] = NULL;
    }
    if (form->body != NULL) {
        cache->bytes -= form->body->len;
        rf_body_drop(form->body);
    }
    form->body = NULL;
}

static void empty(struct rf_body_cache *cache, struct rf_cached *cached)
{
    /* NOLINTBEGIN(clang-analyzer-core.NullDereference): the oldest is there for as long as there are bytes */
    empty_form(cache, &cached->plain);
    empty_form(cache, &cached->gzip);
    /* NOLINTEND(clang-analyzer-core.NullDereference) */
}

/* Takes `data`, of malloc. */
static void fill(struct rf_body_cache *cache, struct form *form, char *data, size_t len)
{
    form->body = rf_body_create(&cache->alive, data, len);
    cache->bytes += len;
}

static void drop(struct rf_body_cache *cache, struct rf_cached *cached)
{
    empty(cache, cached);
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what is in the cache is in its table */
    HASH_DEL(cache->by_key, cached);
    DL_DELETE(cache->by_age, cached);
    free(cached->plain.responses);
    free(cached->gzip.responses);
    free(cached->key);
    free(cached);
}

void rf_body_cache_destroy(struct rf_body_cache *cache)
{
    if (cache == NULL)
        return;
    while (cache->by_age != NULL)
        drop(cache, cache->by_age);
    free(cache);
}

static struct rf_cached *lookup(struct rf_body_cache *cache, const void *key, size_t key_len)
{
    struct rf_cached *cached = NULL;
    HASH_FIND(hh, cache->by_key, key, key_len, cached);
    return cached;
}

struct rf_cached *rf_body_cache_find(
    struct rf_body_cache *cache, const void *key, size_t key_len, uint64_t version)
{
    struct rf_cached *cached = lookup(cache, key, key_len);
    if (cached == NULL || cached->version != version)
        return NULL;
    if (cached->next != NULL) {
        DL_DELETE(cache->by_age, cached);
        DL_APPEND(cache->by_age, cached);
    }
    return cached;
}

struct rf_cached *rf_body_cache_put(struct rf_body_cache *cache, const void *key, size_t key_len,
    uint64_t version, const void *data, size_t len)
{
    struct rf_cached *cached = lookup(cache, key, key_len);
    if (cached != NULL) {
        empty(cache, cached);
        DL_DELETE(cache->by_age, cached);
    } else {
        cached = rf_new(sizeof(*cached));
        cached->key = rf_strndup(key, key_len);
        cached->plain.responses = rf_new_array(rf_cors_variants(cache->cors), sizeof(struct MHD_Response *));
        cached->gzip.responses = rf_new_array(rf_cors_variants(cache->cors), sizeof(struct MHD_Response *));
        HASH_ADD_KEYPTR(hh, cache->by_key, cached->key, key_len, cached);
    }
    DL_APPEND(cache->by_age, cached);
    cached->version = version;
    fill(cache, &cached->plain, rf_strndup(data, len), len);
    rf_etag_make(cached->plain.etag, data, len);
    memcpy(cached->gzip.etag, cached->plain.etag, RF_ETAG_SIZE);
    rf_etag_of_gzip(cached->gzip.etag);
    while (cache->by_age != cached &&
           (HASH_COUNT(cache->by_key) > cache->max_entries || cache->bytes > cache->max_bytes))
        drop(cache, cache->by_age);
    return cached;
}

size_t rf_cached_len(const struct rf_cached *cached)
{
    return cached->plain.body->len;
}

const char *rf_cached_etag(const struct rf_cached *cached, bool gzip)
{
    return gzip ? cached->gzip.etag : cached->plain.etag;
}

/* The form asked for; where it is not there yet, it is made of `plain`, which always is. */
static struct form *form_of(struct rf_body_cache *cache, struct rf_cached *cached, struct rf_gzip *gzip)
{
    if (gzip == NULL)
        return &cached->plain;
    if (cached->gzip.body == NULL) {
        struct rf_buf packed = RF_BUF_INIT;
        rf_gzip_whole(gzip, &packed, cached->plain.body->data, cached->plain.body->len);
        size_t len = packed.len;
        fill(cache, &cached->gzip, rf_buf_take(&packed), len);
    }
    return &cached->gzip;
}

struct MHD_Response *rf_cached_response(
    struct rf_body_cache *cache, struct rf_cached *cached, size_t variant, struct rf_gzip *gzip)
{
    struct form *form = form_of(cache, cached, gzip);
    struct MHD_Response **slot = &form->responses[variant];
    if (*slot == NULL) {
        *slot = rf_body_response(form->body);
        rf_headers_add_common(*slot, cache->cors, variant);
        rf_headers_add_json(*slot, form->etag);
        rf_headers_add_encoding(*slot, gzip != NULL);
    }
    return *slot;
}

size_t rf_body_cache_count(const struct rf_body_cache *cache)
{
    return HASH_COUNT(cache->by_key);
}

size_t rf_body_cache_alive(const struct rf_body_cache *cache)
{
    return cache->alive;
}

size_t rf_body_cache_bytes(const struct rf_body_cache *cache)
{
    return cache->bytes;
}
