/* test_nearest.c - how far apart two names are, and which one was meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "app/nearest.h"

static void test_distance(void **state)
{
    (void)state;
    assert_int_equal(rf_edit_distance("", ""), 0);
    assert_int_equal(rf_edit_distance("PORT", ""), 4);
    assert_int_equal(rf_edit_distance("", "PORT"), 4);
    assert_int_equal(rf_edit_distance("PORT", "port"), 0);
    assert_int_equal(rf_edit_distance("PORT", "PORTS"), 1);
    assert_int_equal(rf_edit_distance("PORT", "ORT"), 1);
    assert_int_equal(rf_edit_distance("PORT", "PART"), 1);
    assert_int_equal(rf_edit_distance("PORT", "PROT"), 1); /* swapped neighbours are one slip */
    assert_int_equal(rf_edit_distance("WS_HOST", "WS_PORT"), 2);
    assert_int_equal(rf_edit_distance("kitten", "sitting"), 3);
}

static void test_long_names(void **state)
{
    (void)state;
    char a[70], b[70];
    memset(a, 'x', sizeof a);
    memset(b, 'x', sizeof b);
    a[63] = b[62] = '\0';
    assert_int_equal(rf_edit_distance(a, b), 1);
    a[63] = 'x';
    a[64] = '\0';
    assert_true(rf_edit_distance(a, b) == SIZE_MAX);
    assert_true(rf_edit_distance(b, a) == SIZE_MAX);
}

static const char *nearest(const char *wanted)
{
    static const char *const names[] = {"HOST", "PORT", "WS_HOST", "WS_PORT", "MAX_SESSIONS"};
    const char *best = NULL;
    size_t distance = 0;
    for (size_t i = 0; i < 5; i++)
        rf_nearest(wanted, names[i], &best, &distance);
    return best;
}

static void test_nearest(void **state)
{
    (void)state;
    assert_string_equal(nearest("PROT"), "PORT");
    assert_string_equal(nearest("WS_HSOT"), "WS_HOST");
    assert_string_equal(nearest("WSHOST"), "WS_HOST");
    assert_string_equal(nearest("MAX_SESSION"), "MAX_SESSIONS");
    assert_null(nearest("TZ"));
    assert_null(nearest("HOME")); /* two letters off in four: another word */
    assert_null(nearest("MIN_SESSIONS_X"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
