/* test_clock.c - times of day as text, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "racefacer/base/clock.h"

/* 2026-01-01T10:00:00Z: 20454 days of 86400 s since 1970, and ten hours. */
#define TEN_O_CLOCK 1767261600000

static void test_iso(void **state)
{
    (void)state;
    char out[RF_ISO_SIZE];
    assert_string_equal(rf_time_iso(TEN_O_CLOCK, out), "2026-01-01T10:00:00.000Z");
    assert_string_equal(rf_time_iso(TEN_O_CLOCK + 7, out), "2026-01-01T10:00:00.007Z");
    assert_string_equal(rf_time_iso(0, out), "1970-01-01T00:00:00.000Z");
    assert_string_equal(rf_time_iso(-1, out), "1969-12-31T23:59:59.999Z");
    assert_string_equal(rf_time_iso(951782400000, out), "2000-02-29T00:00:00.000Z");
}

static void test_iso_is_clamped(void **state)
{
    (void)state;
    char out[RF_ISO_SIZE];
    assert_string_equal(rf_time_iso(INT64_MAX, out), "9999-12-31T23:59:59.999Z");
    assert_true(strlen(rf_time_iso(INT64_MIN, out)) < RF_ISO_SIZE);
}

static void test_compact(void **state)
{
    (void)state;
    char out[RF_ISO_SIZE];
    assert_string_equal(rf_time_compact(TEN_O_CLOCK + 999, out), "20260101T100000Z");
}

static void assert_reads(const char *text, int64_t expected)
{
    int64_t ms = -77;
    assert_true(rf_time_parse(text, &ms));
    assert_int_equal(ms, expected);
}

static void test_parse(void **state)
{
    (void)state;
    assert_reads("2026-01-01", TEN_O_CLOCK - 36000000);
    assert_reads("2026-01-01T10:00", TEN_O_CLOCK);
    assert_reads("2026-01-01 10:00:00", TEN_O_CLOCK);
    assert_reads("2026-01-01T10:00:00Z", TEN_O_CLOCK);
    assert_reads("2026-01-01T10:00:00.5Z", TEN_O_CLOCK + 500);
    assert_reads("2026-01-01T10:00:00.123456Z", TEN_O_CLOCK + 123);
    assert_reads("2026-01-01T12:00:00+02:00", TEN_O_CLOCK);
    assert_reads("2026-01-01T05:30-0430", TEN_O_CLOCK);
    assert_reads("2000-02-29", 951782400000);
}

static void test_parse_and_print_agree(void **state)
{
    (void)state;
    char out[RF_ISO_SIZE];
    int64_t ms = 0;
    assert_true(rf_time_parse("2031-07-19T23:59:59.042Z", &ms));
    assert_string_equal(rf_time_iso(ms, out), "2031-07-19T23:59:59.042Z");
}

static void test_parse_refuses(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "2026", "2026-1-1", "2026-13-01", "2026-00-01", "2026-01-32",
        "2026-01-01T", "2026-01-01T24:00", "2026-01-01T10:60", "2026-01-01T10:00:00.", "2026-01-01T10:00x",
        "2026-01-01T10:00+2", "2026-01-01T10:00Zx", "today", "2026-01-01 "};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t ms = 42;
        if (rf_time_parse(wrong[i], &ms))
            fail_msg("\"%s\" was read as a time", wrong[i]);
        assert_int_equal(ms, 42);
    }
}

static void test_days_that_a_month_does_not_have(void **state)
{
    (void)state;
    int64_t ms = 42;
    assert_false(rf_time_parse("2026-02-29", &ms));
    assert_false(rf_time_parse("2026-04-31", &ms));
    assert_int_equal(ms, 42);
}

static void test_clocks(void **state)
{
    (void)state;
    assert_true(rf_clock_wall_ms() > TEN_O_CLOCK - 86400000LL * 365);
    int64_t before = rf_clock_mono_ms();
    assert_true(rf_clock_mono_ms() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_iso),
        cmocka_unit_test(test_iso_is_clamped),
        cmocka_unit_test(test_compact),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_and_print_agree),
        cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_days_that_a_month_does_not_have),
        cmocka_unit_test(test_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
