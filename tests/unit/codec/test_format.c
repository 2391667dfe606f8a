/* test_format.c - times as people read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "codec/number.h"
#include "racefacer/codec/format.h"

static void lap_times(void **state)
{
    (void)state;
    char out[RF_FORMAT_SIZE];
    assert_string_equal(rf_format_lap(26521, out), "26.521");
    assert_string_equal(rf_format_lap(5, out), "0.005");
    assert_string_equal(rf_format_lap(59999, out), "59.999");
    assert_string_equal(rf_format_lap(60000, out), "1:00.000");
    assert_string_equal(rf_format_lap(62711, out), "1:02.711");
    assert_string_equal(rf_format_lap(270104, out), "4:30.104");
    assert_string_equal(rf_format_lap(75 * 60000 + 2711, out), "75:02.711");
    assert_string_equal(rf_format_lap(INT64_MAX, out), "153722867280912:55.807");
}

static void no_lap_time(void **state)
{
    (void)state;
    char out[RF_FORMAT_SIZE];
    assert_string_equal(rf_format_lap(0, out), "--.-");
    assert_string_equal(rf_format_lap(-1, out), "--.-");
    assert_string_equal(rf_format_lap(INT64_MIN, out), "--.-");
}

static void consistency(void **state)
{
    (void)state;
    char out[RF_FORMAT_SIZE];
    assert_string_equal(rf_format_consistency(0.481, out), "0.481s");
    assert_string_equal(rf_format_consistency(0, out), "0.000s");
    assert_string_equal(rf_format_consistency(12.34567, out), "12.346s");
    assert_string_equal(rf_format_consistency(-1, out), "--");
    assert_string_equal(rf_format_consistency(NAN, out), "--");
    assert_string_equal(rf_format_consistency(INFINITY, out), "--");
    assert_string_equal(rf_format_consistency(1e300, out), "--");
}

static void fixed_numbers(void **state)
{
    (void)state;
    char out[RF_NUMBER_SIZE];
    assert_int_equal(rf_number_fixed(3.14159, 2, out), 4);
    assert_string_equal(out, "3.14");
    assert_int_equal(rf_number_fixed(-2.5, 1, out), 4);
    assert_string_equal(out, "-2.5");
    assert_int_equal(rf_number_fixed(41.7, 0, out), 2);
    assert_string_equal(out, "42");
    assert_int_equal(rf_number_fixed(-1e308, 99, out), 1 + 309 + 1 + RF_NUMBER_MAX_DECIMALS);
}

static void check_int(int64_t value, const char *expected)
{
    char out[RF_INT_SIZE + 1];
    *rf_number_int(out, value) = '\0';
    assert_string_equal(out, expected);
}

static void integers(void **state)
{
    (void)state;
    check_int(0, "0");
    check_int(9, "9");
    check_int(10, "10");
    check_int(-10, "-10");
    check_int(1760256914000, "1760256914000");
    check_int(INT64_MAX, "9223372036854775807");
    check_int(INT64_MIN, "-9223372036854775808");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lap_times), cmocka_unit_test(no_lap_time),
        cmocka_unit_test(consistency), cmocka_unit_test(fixed_numbers), cmocka_unit_test(integers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
