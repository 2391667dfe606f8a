/* The bodies kept: one for each version, shared, and not too many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/body_cache.h"
#include "http/cors.h"
#include "http/gzip.h"

static void test_versions(void **state)
{
    (void)state;
    struct rf_cors cors;
    rf_cors_init(&cors, "http://a");
    struct rf_body_cache *cache = rf_body_cache_create(&cors, 10, 1000);
    assert_null(rf_body_cache_find(cache, "k", 1, 1));
    struct rf_cached *cached = rf_body_cache_put(cache, "k", 1, 1, "one", 3);
    assert_ptr_equal(rf_body_cache_find(cache, "k", 1, 1), cached);
    assert_null(rf_body_cache_find(cache, "k", 1, 2));
    assert_null(rf_body_cache_find(cache, "kk", 2, 1));
    struct MHD_Response *plain = rf_cached_response(cache, cached, 0, NULL);
    assert_ptr_equal(rf_cached_response(cache, cached, 0, NULL), plain); /* made once */
    assert_ptr_not_equal(rf_cached_response(cache, cached, 1, NULL), plain);
    char etag[RF_ETAG_SIZE];
    memcpy(etag, rf_cached_etag(cached, false), sizeof(etag));
    cached = rf_body_cache_put(cache, "k", 1, 2, "two!", 4);
    assert_string_not_equal(rf_cached_etag(cached, false), etag);
    assert_null(rf_body_cache_find(cache, "k", 1, 1));
    assert_int_equal(rf_body_cache_count(cache), 1);
    assert_int_equal(rf_body_cache_bytes(cache), 4);
    rf_body_cache_destroy(cache);
    rf_cors_finish(&cors);
}

static void test_bounds(void **state)
{
    (void)state;
    struct rf_cors cors;
    rf_cors_init(&cors, "*");
    struct rf_body_cache *cache = rf_body_cache_create(&cors, 3, 100);
    rf_body_cache_put(cache, "a", 1, 1, "x", 1);
    rf_body_cache_put(cache, "b", 1, 1, "x", 1);
    rf_body_cache_put(cache, "c", 1, 1, "x", 1);
    assert_non_null(rf_body_cache_find(cache, "a", 1, 1));
    rf_body_cache_put(cache, "d", 1, 1, "x", 1); /* `b` was used longest ago */
    assert_null(rf_body_cache_find(cache, "b", 1, 1));
    assert_non_null(rf_body_cache_find(cache, "a", 1, 1));
    assert_int_equal(rf_body_cache_count(cache), 3);
    char big[200] = "";
    rf_body_cache_put(cache, "e", 1, 1, big, 99);
    assert_int_equal(rf_body_cache_bytes(cache), 100); /* `a` still fits beside it */
    assert_non_null(rf_body_cache_find(cache, "a", 1, 1));
    /* One larger than all that may be kept is kept alone: its answer is still to be sent. */
    struct rf_cached *cached = rf_body_cache_put(cache, "f", 1, 1, big, 200);
    assert_non_null(rf_cached_response(cache, cached, 0, NULL));
    assert_int_equal(rf_body_cache_count(cache), 1);
    rf_body_cache_destroy(cache);
    rf_cors_finish(&cors);
}

static void test_gzip(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof text);
    struct rf_cors cors;
    rf_cors_init(&cors, "*");
    struct rf_gzip *gzip = rf_gzip_create();
    struct rf_body_cache *cache = rf_body_cache_create(&cors, 3, 10000);
    struct rf_cached *cached = rf_body_cache_put(cache, "a", 1, 1, text, sizeof text);
    assert_int_equal(rf_body_cache_bytes(cache), sizeof text); /* nobody asked for it compressed */
    struct MHD_Response *plain = rf_cached_response(cache, cached, 0, NULL);
    struct MHD_Response *packed = rf_cached_response(cache, cached, 0, gzip);
    assert_ptr_not_equal(packed, plain);
    assert_ptr_equal(rf_cached_response(cache, cached, 0, gzip), packed); /* made once */
    assert_ptr_equal(rf_cached_response(cache, cached, 0, NULL), plain);
    size_t both = rf_body_cache_bytes(cache);
    assert_true(both > sizeof text && both < sizeof text + 100);
    assert_int_equal(rf_cached_len(cached), sizeof text);
    assert_int_equal(strlen(rf_cached_etag(cached, true)), RF_ETAG_SIZE - 1);
    assert_memory_equal(rf_cached_etag(cached, true), rf_cached_etag(cached, false), 17);
    assert_string_equal(rf_cached_etag(cached, true) + 17, "-gz\"");
    rf_body_cache_put(cache, "a", 1, 2, "new", 3);
    assert_int_equal(rf_body_cache_bytes(cache), 3);
    assert_int_equal(rf_body_cache_alive(cache), 3);
    rf_body_cache_destroy(cache);
    rf_gzip_destroy(gzip);
    rf_cors_finish(&cors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions), cmocka_unit_test(test_bounds), cmocka_unit_test(test_gzip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
