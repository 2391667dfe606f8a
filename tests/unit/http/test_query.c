/* Query strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/query.h"

static struct rf_query query;
static char error[RF_QUERY_ERROR];

static int parse(const char *text)
{
    error[0] = '\0';
    return rf_query_parse(&query, text, strlen(text), error);
}

static void test_parameters(void **state)
{
    (void)state;
    assert_int_equal(parse("a=1&b=x+y%26z&a=2&empty=&flag&&=lost&c=d=e"), 0);
    assert_string_equal(rf_query_get(&query, "a"), "1"); /* the first counts */
    assert_string_equal(rf_query_get(&query, "b"), "x y&z");
    assert_null(rf_query_get(&query, "empty"));
    assert_null(rf_query_get(&query, "flag"));
    assert_null(rf_query_get(&query, "none"));
    assert_string_equal(rf_query_get(&query, "c"), "d=e");
    assert_int_equal(parse(""), 0);
    assert_null(rf_query_get(&query, "a"));
}

static void test_refusals(void **state)
{
    (void)state;
    char text[RF_QUERY_BYTES + 2];
    assert_int_equal(parse("a=%"), -1);
    assert_string_equal(error, "The query cannot be read: a % must be followed by two hexadecimal digits");
    assert_int_equal(parse("%00=a"), -1);
    assert_int_equal(parse("a=%ff"), -1);
    memset(text, '&', sizeof(text));
    text[RF_QUERY_BYTES] = '\0';
    assert_int_equal(parse(text), 0);
    text[RF_QUERY_BYTES] = '&';
    text[RF_QUERY_BYTES + 1] = '\0';
    assert_int_equal(parse(text), -1);
    text[0] = '\0';
    for (int i = 0; i < RF_QUERY_PARAMS; i++)
        strncat(text, "a&", sizeof(text) - strlen(text) - 1);
    assert_int_equal(parse(text), 0);
    strncat(text, "a", sizeof(text) - strlen(text) - 1);
    assert_int_equal(parse(text), -1);
    assert_string_equal(error, "The query has too many parameters: at most 32");
    /* One name that fills all of it. */
    memset(text, 'n', RF_QUERY_BYTES);
    text[RF_QUERY_BYTES] = '\0';
    assert_int_equal(parse(text), 0);
    assert_int_equal(strlen(query.params[0].name), RF_QUERY_BYTES);
}

static void test_listing(void **state)
{
    (void)state;
    struct rf_http_listing_query out;
    assert_int_equal(
        parse("limit=1000&offset=0&event=S+%2312&driver=Ana&track=3&from=2026-01-02&to=2026-01-02"), 0);
    assert_int_equal(rf_query_listing(&query, &out, error), 0);
    assert_int_equal(out.limit, 1000);
    assert_int_equal(out.offset, 0);
    assert_string_equal(out.event, "S #12");
    assert_string_equal(out.driver, "Ana");
    assert_string_equal(out.track, "3");
    assert_int_equal(out.from_ms, 1767312000000);
    assert_int_equal(out.to_ms, 1767398399999); /* to the end of that day */
    parse("from=2026-01-02T10:00:00Z&to=2026-01-02T12:00:00+02:00");
    assert_int_equal(rf_query_listing(&query, &out, error), 0);
    assert_int_equal(out.from_ms, 1767348000000);
    assert_int_equal(out.to_ms, 1767348000000); /* the plus was not encoded: it is meant all the same */
    parse("to=1970-01-01T00:00Z");
    assert_int_equal(rf_query_listing(&query, &out, error), 0);
    assert_int_equal(out.to_ms, -1); /* 0 would be open */
    parse("");
    assert_int_equal(rf_query_listing(&query, &out, error), 0);
    assert_int_equal(out.limit, 0);
    assert_null(out.event);
    assert_int_equal(out.to_ms, 0);
}

static void refuses(const char *text, const char *why)
{
    struct rf_http_listing_query out;
    assert_int_equal(parse(text), 0);
    assert_int_equal(rf_query_listing(&query, &out, error), -1);
    assert_string_equal(error, why);
}

static void test_listing_refusals(void **state)
{
    (void)state;
    refuses("limit=0", "limit must be a whole number from 1 to 1000");
    refuses("limit=1001", "limit must be a whole number from 1 to 1000");
    refuses("limit=5x", "limit must be a whole number from 1 to 1000");
    refuses("limit=99999999999999999999", "limit must be a whole number from 1 to 1000");
    refuses("offset=-1", "offset must be a whole number from 0 to 1000000000");
    refuses("from=yesterday", "from must be a date or time such as 2026-01-31 or 2026-01-31T18:30:00Z");
    refuses("to=2026-13-01", "to must be a date or time such as 2026-01-31 or 2026-01-31T18:30:00Z");
}

static void test_track(void **state)
{
    (void)state;
    bool given;
    int64_t track = 0;
    parse("track=-7");
    assert_int_equal(rf_query_track(&query, &given, &track, error), 0);
    assert_true(given);
    assert_int_equal(track, -7);
    parse("track=");
    assert_int_equal(rf_query_track(&query, &given, &track, error), 0);
    assert_false(given);
    parse("track=3.5");
    assert_int_equal(rf_query_track(&query, &given, &track, error), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parameters), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_listing), cmocka_unit_test(test_listing_refusals),
        cmocka_unit_test(test_track)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
