/* test_laps_write.c - the laps of a run as JSON, with figures at their largest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <string.h>

#include "codec/analysis_write.h"

static const struct rf_lap_limits limits = {5000, 0};

static void check(const struct rf_lap_history *history, const char *all, const char *valid)
{
    struct rf_buf out = RF_BUF_INIT;
    struct rf_json json;
    rf_json_init(&json, &out);
    rf_json_object(&json, NULL);
    struct rf_written written = rf_laps_write(&json, "a[\"", history, limits);
    rf_valid_laps_write(&json, "valid", history, limits);
    rf_json_bool(&json, "end", true);
    rf_json_object_end(&json);
    struct rf_buf expected = RF_BUF_INIT;
    rf_buf_printf(&expected, "{\"a[\\\"\":%s,\"valid\":%s,\"end\":true}", all, valid);
    assert_string_equal(rf_buf_str(&out), rf_buf_str(&expected));
    assert_int_equal(written.len, strlen(all));
    assert_memory_equal(out.data + written.at, all, written.len);
    rf_buf_finish(&expected);
    rf_buf_finish(&out);
}

static void no_laps(void **state)
{
    (void)state;
    struct rf_lap_history history;
    rf_lap_history_init(&history, 10);
    check(&history, "[]", "[]");
    rf_lap_history_finish(&history);
}

/* The spin of 70 s is above twice the median of 30 s; the lap of 4.999 s is below the least. */
static void laps(void **state)
{
    (void)state;
    struct rf_lap_history history;
    rf_lap_history_init(&history, 10);
    const struct rf_lap some[] = {
        {.num = 2, .time_ms = 4999, .position = 1, .at_ms = 1760256914000},
        {.num = 3, .time_ms = 30000, .position = 0, .at_ms = 1760256944000},
        {.num = 4, .time_ms = 30005, .position = 12, .at_ms = 1760256974000},
        {.num = 5, .time_ms = 70000, .position = 3, .at_ms = 1760257044000},
    };
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        assert_true(rf_lap_history_add(&history, &some[i]));
    assert_true(rf_lap_history_correct(&history, 3, 30001));
    check(&history,
        "[{\"lapNum\":2,\"timeRaw\":4999,\"position\":1,\"timestamp\":1760256914000,\"valid\":false},"
        "{\"lapNum\":3,\"timeRaw\":30001,\"position\":null,\"timestamp\":1760256944000,\"valid\":true,"
        "\"corrected\":true},"
        "{\"lapNum\":4,\"timeRaw\":30005,\"position\":12,\"timestamp\":1760256974000,\"valid\":true},"
        "{\"lapNum\":5,\"timeRaw\":70000,\"position\":3,\"timestamp\":1760257044000,\"valid\":false}]",
        "[{\"lapNum\":3,\"time\":30001,\"timeFormatted\":\"30.001\",\"position\":null},"
        "{\"lapNum\":4,\"time\":30005,\"timeFormatted\":\"30.005\",\"position\":12}]");
    rf_lap_history_finish(&history);
}

static void none_valid(void **state)
{
    (void)state;
    struct rf_lap_history history;
    rf_lap_history_init(&history, 10);
    assert_true(rf_lap_history_add(&history, &(struct rf_lap){.num = 2, .time_ms = 4999}));
    check(&history, "[{\"lapNum\":2,\"timeRaw\":4999,\"position\":null,\"timestamp\":0,\"valid\":false}]",
        "[]");
    rf_lap_history_finish(&history);
}

/* Nothing is written beyond the room that is made for a lap. */
static void the_longest(void **state)
{
    (void)state;
    struct rf_lap_history history;
    rf_lap_history_init(&history, 10);
    assert_true(rf_lap_history_add(
        &history, &(struct rf_lap){.num = INT_MAX, .time_ms = 1, .position = INT_MAX, .at_ms = INT64_MIN}));
    assert_true(rf_lap_history_correct(&history, INT_MAX, INT32_MAX));
    check(&history,
        "[{\"lapNum\":2147483647,\"timeRaw\":2147483647,\"position\":2147483647,"
        "\"timestamp\":-9223372036854775808,\"valid\":true,\"corrected\":true}]",
        "[{\"lapNum\":2147483647,\"time\":2147483647,\"timeFormatted\":\"35791:23.647\","
        "\"position\":2147483647}]");
    rf_lap_history_finish(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_laps),
        cmocka_unit_test(laps),
        cmocka_unit_test(none_valid),
        cmocka_unit_test(the_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
