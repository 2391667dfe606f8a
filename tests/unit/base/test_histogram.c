/* test_histogram.c - which bucket a time is counted in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "racefacer/base/histogram.h"

static void a_time_is_counted_once(void **state)
{
    (void)state;
    struct rf_histogram times = {0};
    for (int i = 0; i < RF_HISTOGRAM_BOUNDS; i++) {
        rf_histogram_add(&times, rf_histogram_bounds_us[i]); /* the bound itself is in */
        assert_int_equal(times.counts[i], 1);
        assert_int_equal(rf_histogram_count(&times), i + 1);
    }
    rf_histogram_add(&times, 501);
    assert_int_equal(times.counts[0], 1);
    assert_int_equal(times.counts[1], 2);
}

static void what_is_longer_than_all_is_kept_too(void **state)
{
    (void)state;
    struct rf_histogram times = {0};
    rf_histogram_add(&times, 10000001);
    rf_histogram_add(&times, INT64_C(1000000000000));
    assert_int_equal(times.counts[RF_HISTOGRAM_BOUNDS], 2);
    assert_true(times.sum_us == 1000010000001);
}

static void a_time_below_0_is_0(void **state)
{
    (void)state;
    struct rf_histogram times = {0};
    rf_histogram_add(&times, -7);
    assert_int_equal(times.counts[0], 1);
    assert_int_equal(times.sum_us, 0);
}

static void bounds_grow(void **state)
{
    (void)state;
    for (int i = 1; i < RF_HISTOGRAM_BOUNDS; i++)
        assert_true(rf_histogram_bounds_us[i] > rf_histogram_bounds_us[i - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_counted_once),
        cmocka_unit_test(what_is_longer_than_all_is_kept_too),
        cmocka_unit_test(a_time_below_0_is_0),
        cmocka_unit_test(bounds_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
