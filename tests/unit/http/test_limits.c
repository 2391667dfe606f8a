/* Limits by address, with the time as an argument. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/limits.h"

static struct rf_address address(int number)
{
    struct rf_address out = {{0}};
    memcpy(out.bytes, &number, sizeof(number));
    return out;
}

static void test_bucket(void **state)
{
    (void)state;
    struct rf_limits *limits =
        rf_limits_create(&(struct rf_limits_options){.live_per_second = 10, .max_addresses = 100});
    struct rf_address one = address(1), two = address(2);
    for (int i = 0; i < 10; i++)
        assert_true(rf_limits_live(limits, &one, 5000).allowed);
    struct rf_verdict verdict = rf_limits_live(limits, &one, 5000);
    assert_false(verdict.allowed);
    assert_int_equal(verdict.limit, 10);
    assert_int_equal(verdict.remaining, 0);
    assert_int_equal(verdict.retry_after_s, 1);
    assert_true(rf_limits_live(limits, &two, 5000).allowed);
    /* It refills by one in a tenth of a second, and refusals take nothing. */
    assert_false(rf_limits_live(limits, &one, 5099).allowed);
    assert_true(rf_limits_live(limits, &one, 5100).allowed);
    assert_false(rf_limits_live(limits, &one, 5100).allowed);
    /* It holds a second's worth, however long nobody came. */
    for (int i = 0; i < 10; i++)
        assert_true(rf_limits_live(limits, &one, 9000000).allowed);
    assert_false(rf_limits_live(limits, &one, 9000000).allowed);
    rf_limits_destroy(limits);
}

static void test_window(void **state)
{
    (void)state;
    struct rf_limits *limits = rf_limits_create(
        &(struct rf_limits_options){.window_max = 3, .window_ms = 60000, .max_addresses = 100});
    struct rf_address one = address(1), two = address(2);
    assert_int_equal(rf_limits_stored(limits, &one, 1000).remaining, 2);
    assert_int_equal(rf_limits_stored(limits, &one, 2000).remaining, 1);
    assert_int_equal(rf_limits_stored(limits, &one, 3000).remaining, 0);
    struct rf_verdict verdict = rf_limits_stored(limits, &one, 3500);
    assert_false(verdict.allowed);
    assert_int_equal(verdict.limit, 3);
    assert_int_equal(verdict.retry_after_s, 58); /* to 61000, rounded up */
    assert_true(rf_limits_stored(limits, &two, 3500).allowed);
    assert_false(rf_limits_stored(limits, &one, 60999).allowed);
    assert_int_equal(rf_limits_stored(limits, &one, 61000).remaining, 2);
    rf_limits_destroy(limits);
}

static void test_switched_off(void **state)
{
    (void)state;
    struct rf_limits *limits = rf_limits_create(&(struct rf_limits_options){.max_addresses = 100});
    struct rf_address one = address(1);
    for (int i = 0; i < 1000; i++) {
        assert_true(rf_limits_live(limits, &one, 0).allowed);
        assert_true(rf_limits_stored(limits, &one, 0).allowed);
    }
    assert_false(rf_limits_live(limits, &one, 0).limited);
    assert_int_equal(rf_limits_addresses(limits), 0);
    rf_limits_destroy(limits);
}

static void test_bound(void **state)
{
    (void)state;
    struct rf_limits *limits = rf_limits_create(
        &(struct rf_limits_options){.window_max = 2, .window_ms = 60000, .max_addresses = 3});
    struct rf_address one = address(1), two = address(2), three = address(3), four = address(4);
    rf_limits_stored(limits, &one, 1);
    rf_limits_stored(limits, &two, 2);
    rf_limits_stored(limits, &three, 3);
    rf_limits_stored(limits, &one, 4);
    rf_limits_stored(limits, &four, 5); /* `two` was seen longest ago */
    assert_int_equal(rf_limits_addresses(limits), 3);
    assert_false(rf_limits_stored(limits, &one, 6).allowed);
    assert_int_equal(rf_limits_stored(limits, &two, 7).remaining, 1); /* forgotten, so new */
    rf_limits_destroy(limits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bucket), cmocka_unit_test(test_window),
        cmocka_unit_test(test_switched_off), cmocka_unit_test(test_bound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
