/* Raw paths into endpoints and parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/route.h"

static struct rf_route find(const char *path)
{
    struct rf_route route;
    rf_route_find(&route, path, strlen(path));
    return route;
}

static void test_endpoints(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        enum rf_endpoint endpoint;
    } cases[] = {{"/", RF_ENDPOINT_WELCOME}, {"/assets/a.js", RF_ENDPOINT_ASSET},
        {"/assets", RF_ENDPOINT_NONE}, {"/assets/a/b", RF_ENDPOINT_NONE}, {"/health", RF_ENDPOINT_HEALTH},
        {"/metrics", RF_ENDPOINT_METRICS}, {"/api/metrics", RF_ENDPOINT_NONE},
        {"/api/openapi.json", RF_ENDPOINT_OPENAPI}, {"/api/openapi", RF_ENDPOINT_NONE},
        {"/health/", RF_ENDPOINT_HEALTH}, {"/api/health", RF_ENDPOINT_HEALTH},
        {"/api/current", RF_ENDPOINT_CURRENT}, {"/api/analysis", RF_ENDPOINT_ANALYSIS},
        {"/api/stats/", RF_ENDPOINT_STATS}, {"/api/sessions", RF_ENDPOINT_SESSIONS},
        {"/api/sessions/", RF_ENDPOINT_SESSIONS}, {"/api/kart/5", RF_ENDPOINT_KART},
        {"/api/sessions/a", RF_ENDPOINT_SESSION}, {"/api/sessions/a/", RF_ENDPOINT_SESSION},
        {"/api/sessions/a/export", RF_ENDPOINT_EXPORT}, {"/api/sessions/a/export/", RF_ENDPOINT_EXPORT},
        {"", RF_ENDPOINT_NONE}, {"*", RF_ENDPOINT_NONE}, {"health", RF_ENDPOINT_NONE},
        {"//", RF_ENDPOINT_NONE}, {"//health", RF_ENDPOINT_NONE}, {"/health//", RF_ENDPOINT_NONE},
        {"/Health", RF_ENDPOINT_NONE}, {"/healthy", RF_ENDPOINT_NONE}, {"/api", RF_ENDPOINT_NONE},
        {"/api/kart", RF_ENDPOINT_NONE}, {"/api/kart/", RF_ENDPOINT_NONE},
        {"/api/kart/a/b", RF_ENDPOINT_NONE}, {"/api/sessions//", RF_ENDPOINT_NONE},
        {"/api/sessions//export", RF_ENDPOINT_NONE}, {"/api/sessions/a/exports", RF_ENDPOINT_NONE},
        {"/api/sessions/a/export/b", RF_ENDPOINT_NONE}, {"/api/%63urrent", RF_ENDPOINT_NONE}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (find(cases[i].path).endpoint != cases[i].endpoint)
            print_error("%s\n", cases[i].path);
        assert_int_equal(find(cases[i].path).endpoint, cases[i].endpoint);
    }
}

static void test_parameters(void **state)
{
    (void)state;
    assert_string_equal(find("/api/kart/%45%305").param, "E05");
    assert_string_equal(find("/api/kart/a+b%20c").param, "a+b c"); /* a plus is a plus in a path */
    assert_string_equal(find("/api/kart/%2541").param, "%41");     /* decoded once */
    assert_string_equal(find("/api/kart/a%2fb").param, "a/b");
    assert_false(find("/api/kart/a%2fb").impossible);
    assert_string_equal(find("/api/sessions/x%C3%A9/export").param, "x\xc3\xa9");
    assert_null(find("/api/sessions/x%C3%A9").fault);
}

static void test_faults(void **state)
{
    (void)state;
    static const char *bad[] = {"/api/kart/%", "/api/kart/%4", "/api/kart/%4g", "/api/kart/%00",
        "/api/kart/a%0ab", "/api/kart/%7f", "/api/sessions/%ff", "/api/sessions/%c0%af",
        "/api/sessions/%ed%a0%80/export"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_non_null(find(bad[i]).fault);
    static const char *impossible[] = {"/api/sessions/..", "/api/sessions/.", "/api/sessions/.hidden",
        "/api/sessions/%2e%2e", "/api/sessions/..%2f..%2fetc%2fpasswd", "/api/sessions/a%2Fb",
        "/api/sessions/a%5cb", "/api/sessions/..%2fx/export"};
    for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
        assert_null(find(impossible[i]).fault);
        assert_true(find(impossible[i]).impossible);
    }
    assert_false(find("/api/sessions/a..b").impossible);
}

static void test_lengths(void **state)
{
    (void)state;
    char path[1000] = "/api/sessions/";
    size_t base = strlen(path);
    memset(path + base, 'a', 128);
    assert_false(find(path).impossible);
    path[base + 128] = 'a';
    struct rf_route route = find(path);
    assert_true(route.impossible);
    assert_int_equal(strlen(route.param), 128);
    /* 127 letters and a two-byte one: the cut must not halve it. */
    memcpy(path + base + 127, "\xc3\xa9", 2);
    path[base + 129] = '\0';
    route = find(path);
    assert_true(route.impossible);
    assert_int_equal(strlen(route.param), 127);
    memset(path + base, 'a', 900);
    assert_true(find(path).impossible);
    assert_null(find(path).fault);
}

static void test_methods(void **state)
{
    (void)state;
    assert_int_equal(rf_route_method("GET"), RF_METHOD_GET);
    assert_int_equal(rf_route_method("get"), RF_METHOD_UNKNOWN);
    assert_int_equal(rf_route_method("PATCH"), RF_METHOD_OTHER);
    assert_true(rf_route_allows(RF_ENDPOINT_SESSION, RF_METHOD_DELETE));
    assert_false(rf_route_allows(RF_ENDPOINT_EXPORT, RF_METHOD_DELETE));
    assert_false(rf_route_allows(RF_ENDPOINT_SESSION, RF_METHOD_OTHER));
    assert_true(rf_route_allows(RF_ENDPOINT_STATS, RF_METHOD_HEAD));
    assert_string_equal(rf_route_allow_header(RF_ENDPOINT_EXPORT), "GET, HEAD, OPTIONS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_endpoints), cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_faults), cmocka_unit_test(test_lengths), cmocka_unit_test(test_methods)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
