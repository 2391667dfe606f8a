/* The wait before the next connect: its bounds for each number of failures, and that jitter reaches both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feed/backoff.h"

static void first_retry_is_between_min_and_twice_min(void **state)
{
    (void)state;
    assert_int_equal(rf_backoff_ms(1000, 30000, 1, 0), 1000);
    assert_int_equal(rf_backoff_ms(1000, 30000, 1, 1000), 2000); /* 0 … 1000 are the values on top */
    assert_int_equal(rf_backoff_ms(1000, 30000, 1, 1001), 1000);
}

static void no_failure_waits_the_minimum(void **state)
{
    (void)state;
    assert_int_equal(rf_backoff_ms(1000, 30000, 0, UINT64_MAX), 1000);
}

static void the_ceiling_doubles(void **state)
{
    (void)state;
    assert_int_equal(rf_backoff_ms(1000, 30000, 2, 3000), 4000);
    assert_int_equal(rf_backoff_ms(1000, 30000, 3, 7000), 8000);
    assert_int_equal(rf_backoff_ms(1000, 30000, 4, 15000), 16000);
    assert_int_equal(rf_backoff_ms(1000, 30000, 4, 1234), 2234);
}

static void never_above_max(void **state)
{
    (void)state;
    assert_int_equal(rf_backoff_ms(1000, 30000, 5, 29000), 30000); /* 32 s would be next */
    assert_int_equal(rf_backoff_ms(1000, 30000, 5, 29001), 1000);
    for (uint64_t random = 0; random < 100000; random += 37) {
        int64_t wait = rf_backoff_ms(1000, 30000, 4000000000u, random * 0x9e3779b97f4a7c15u);
        assert_true(wait >= 1000 && wait <= 30000);
    }
}

static void max_at_or_below_min_is_min(void **state)
{
    (void)state;
    assert_int_equal(rf_backoff_ms(5000, 5000, 9, 77), 5000);
    assert_int_equal(rf_backoff_ms(5000, 100, 9, 77), 5000);
    assert_int_equal(rf_backoff_ms(0, 0, 9, 77), 0);
}

static void huge_bounds_do_not_overflow(void **state)
{
    (void)state;
    assert_int_equal(rf_backoff_ms(1, INT64_MAX, 200, (uint64_t)INT64_MAX - 1), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_retry_is_between_min_and_twice_min),
        cmocka_unit_test(no_failure_waits_the_minimum),
        cmocka_unit_test(the_ceiling_doubles),
        cmocka_unit_test(never_above_max),
        cmocka_unit_test(max_at_or_below_min_is_min),
        cmocka_unit_test(huge_bounds_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
