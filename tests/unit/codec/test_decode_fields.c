/* test_decode_fields.c - the fields of a frame, and every way in which they misbehave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "unit/codec/decode_fixture.h"

/* The only row of a frame whose row has these members. */
static const struct rf_row *row_of(const char *members)
{
    struct rf_buf json = RF_BUF_INIT;
    rf_buf_printf(&json, "{\"data\":{\"runs\":[{%s}]}}", members);
    const struct rf_frame *frame = frame_of(rf_buf_str(&json));
    rf_buf_finish(&json);
    assert_int_equal(frame->row_count, 1);
    return &frame->rows[0];
}

/* A frame whose data has these members, and no rows. */
static const struct rf_frame *data_of(const char *members)
{
    struct rf_buf json = RF_BUF_INIT;
    rf_buf_printf(&json, "{\"data\":{\"runs\":[],%s}}", members);
    const struct rf_frame *frame = frame_of(rf_buf_str(&json));
    rf_buf_finish(&json);
    return frame;
}

static void numbers_as_strings(void **state)
{
    (void)state;
    const struct rf_row *row =
        row_of("\"id\":\"1700001\",\"kart_id\":\" 137 \",\"pos\":\"2\",\"total_laps\":\"12\","
               "\"last_time_raw\":\" 33604 \",\"prev_time_raw\":\"32925.5\","
               "\"last_passing\":\"1760256891000\",\"current_lap_start_timestamp\":\"1760256891\"");
    assert_int_equal(row->id, 1700001);
    assert_int_equal(row->kart_id, 137);
    assert_int_equal(row->position, 2);
    assert_int_equal(row->total_laps, 12);
    assert_int_equal(row->last_ms, 33604);
    assert_int_equal(row->prev_ms, 32926);
    assert_int_equal(row->last_passing_ms, 1760256891000);
    assert_int_equal(row->lap_started_s, 1760256891);
    const struct rf_frame *frame =
        data_of("\"track_configuration_id\":\"3\",\"timestamp\":\"1760256914\","
                "\"timestamp_socket\":\"1760256915\",\"current_lap\":\"12\",\"total_laps\":\"22\"");
    assert_true(frame->has_track);
    assert_int_equal(frame->track, 3);
    assert_int_equal(frame->made_s, 1760256914);
    assert_int_equal(frame->sent_s, 1760256915);
    assert_int_equal(frame->current_lap, 12);
    assert_int_equal(frame->total_laps, 22);
}

static void check_nothing(const struct rf_row *row)
{
    assert_false(row->has_id);
    assert_false(row->has_kart_id);
    assert_string_equal(row->kart, "");
    assert_string_equal(row->kart_number, "");
    assert_string_equal(row->driver, "");
    assert_int_equal(row->position, 0);
    assert_int_equal(row->total_laps, RF_NO_COUNT);
    assert_int_equal(row->last_ms, RF_NO_TIME);
    assert_int_equal(row->prev_ms, RF_NO_TIME);
    assert_int_equal(row->last_passing_ms, 0);
    assert_int_equal(row->lap_started_s, 0);
}

static void nothing_in_every_spelling(void **state)
{
    (void)state;
    check_nothing(row_of(""));
    static const char *const none[] = {"null", "\"null\"", "\"-\"", "\"\"", "\"  \"", "true", "\"x y\"", "[]",
        "{\"a\":1}", "1e400", "\"inf\"", "\"0x10\"", "-1", "0"};
    static const char *const fields[] = {"id", "kart_id", "kart", "kart_number", "name", "pos", "total_laps",
        "last_time_raw", "prev_time_raw", "last_passing", "current_lap_start_timestamp"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        struct rf_buf members = RF_BUF_INIT;
        for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
            bool text = strcmp(fields[f], "kart") == 0 || strcmp(fields[f], "kart_number") == 0 ||
                        strcmp(fields[f], "name") == 0;
            bool is_text = i == 6 || i == 10 || i == 11 ||
                           i >= 12; /* "x y", "inf", "0x10", -1 and 0 are labels like any other */
            bool zero_counts = strcmp(fields[f], "total_laps") == 0 && strcmp(none[i], "0") == 0;
            if (!(text && is_text) && !zero_counts)
                rf_buf_printf(&members, "%s\"%s\":%s", members.len > 0 ? "," : "", fields[f], none[i]);
        }
        check_nothing(row_of(rf_buf_str(&members)));
        rf_buf_finish(&members);
    }
    assert_int_equal(row_of("\"total_laps\":0")->total_laps, 0);
}

static void ids(void **state)
{
    (void)state;
    assert_int_equal(row_of("\"id\":9007199254740992")->id, 9007199254740992);
    assert_int_equal(row_of("\"id\":\"9223372036854775807\"")->id, INT64_MAX);
    assert_false(row_of("\"id\":\"9223372036854775808\"")->has_id);
    assert_false(row_of("\"id\":1e17")->has_id);
    assert_false(row_of("\"id\":7.5")->has_id);
    assert_int_equal(row_of("\"id\":\"7.0\"")->id, 7);
    assert_int_equal(row_of("\"id\":8,\"id\":9")->id, 8);
}

static void labels(void **state)
{
    (void)state;
    const struct rf_row *row = row_of("\"kart\":7,\"kart_number\":\" 05 \"");
    assert_string_equal(row->kart, "7");
    assert_string_equal(row->kart_number, "05");
    assert_string_equal(row_of("\"kart\":7.25")->kart, "7.25");
    assert_string_equal(row_of("\"kart\":100")->kart, "100");
    assert_string_equal(row_of("\"kart\":1e300")->kart, "");
}

static void driver_names(void **state)
{
    (void)state;
    assert_string_equal(row_of("\"name\":\"  Ana \\u674e \",\"team\":\"T\"")->driver, "Ana 李");
    assert_string_equal(
        row_of("\"name\":\"  \",\"first_name\":\" Ana\",\"last_name\":\"Example \",\"team\":\"T\"")->driver,
        "Ana Example");
    assert_string_equal(row_of("\"name\":null,\"first_name\":\"Ana\",\"last_name\":\"-\"")->driver, "Ana");
    assert_string_equal(
        row_of("\"first_name\":\"\",\"last_name\":\"Example\",\"driver_monitor_name\":\"M\"")->driver,
        "Example");
    assert_string_equal(
        row_of("\"name\":\"null\",\"driver_monitor_name\":\"Ana E.\",\"team\":\"T\"")->driver, "Ana E.");
    assert_string_equal(row_of("\"team\":\"T\"")->driver, "T");
    assert_string_equal(row_of("\"name\":\"<b>\\\"x\\\"</b>\"")->driver, "<b>\"x\"</b>");
    assert_string_equal(row_of("\"name\":\"A\\ud83d\"")->driver, "A\xef\xbf\xbd");
    assert_string_equal(row_of("\"name\":\"A\\u0000B\"")->driver, "A\xef\xbf\xbd"
                                                                  "B");
    assert_string_equal(row_of("\"name\":42")->driver, "42");
}

static void lap_times(void **state)
{
    (void)state;
    assert_int_equal(row_of("\"last_time_raw\":33604.5")->last_ms, 33605);
    assert_int_equal(row_of("\"last_time_raw\":0.4")->last_ms, RF_NO_TIME);
    assert_int_equal(row_of("\"last_time_raw\":2147483647")->last_ms, INT32_MAX);
    assert_int_equal(row_of("\"last_time_raw\":2147483648")->last_ms, RF_NO_TIME);
    assert_int_equal(row_of("\"last_time_raw\":1e20")->last_ms, RF_NO_TIME);
    assert_int_equal(row_of("\"last_time_raw\":1e-23")->last_ms, RF_NO_TIME);
}

static void lap_time_from_its_text(void **state)
{
    (void)state;
    assert_int_equal(row_of("\"last_time\":\"33.604\"")->last_ms, 33604);
    assert_int_equal(row_of("\"last_time\":\" 1:02.711 \"")->last_ms, 62711);
    assert_int_equal(row_of("\"last_time\":\"1:00:01.5\"")->last_ms, 3601500);
    assert_int_equal(row_of("\"last_time\":\"75.3\"")->last_ms, 75300);
    static const char *const none[] = {
        "-", "", "1:75.0", ":33.6", "1:", "1:2x", "-33.604", "0.000", "1.5:3", "99999999999:00.0"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        struct rf_buf members = RF_BUF_INIT;
        rf_buf_printf(&members, "\"last_time\":\"%s\"", none[i]);
        assert_int_equal(row_of(rf_buf_str(&members))->last_ms, RF_NO_TIME);
        rf_buf_finish(&members);
    }
    /* A raw field that says "none" is believed. */
    assert_int_equal(row_of("\"last_time\":\"33.604\",\"last_time_raw\":null")->last_ms, RF_NO_TIME);
    assert_int_equal(row_of("\"last_time\":\"33.604\",\"last_time_raw\":\"-\"")->last_ms, RF_NO_TIME);
    assert_int_equal(row_of("\"last_time\":\"33.604\",\"last_time_raw\":30000")->last_ms, 30000);
}

static void positions_and_counts(void **state)
{
    (void)state;
    assert_int_equal(row_of("\"pos\":100000")->position, 100000);
    assert_int_equal(row_of("\"pos\":100001")->position, 0);
    assert_int_equal(row_of("\"total_laps\":1000000000")->total_laps, 1000000000);
    assert_int_equal(row_of("\"total_laps\":1000000001")->total_laps, RF_NO_COUNT);
    assert_int_equal(row_of("\"total_laps\":2.5")->total_laps, RF_NO_COUNT);
    const struct rf_frame *frame = data_of("\"current_lap\":\"\",\"total_laps\":-3");
    assert_int_equal(frame->current_lap, RF_NO_COUNT);
    assert_int_equal(frame->total_laps, RF_NO_COUNT);
}

static void times_of_day(void **state)
{
    (void)state;
    assert_int_equal(row_of("\"last_passing\":946684800000")->last_passing_ms, 946684800000);
    assert_int_equal(row_of("\"last_passing\":946684799999")->last_passing_ms, 0);
    assert_int_equal(row_of("\"last_passing\":4102444800000")->last_passing_ms, 0);
    assert_int_equal(row_of("\"last_passing\":88123456")->last_passing_ms, 0); /* decoder ticks */
    assert_int_equal(row_of("\"current_lap_start_timestamp\":1760256891113")->lap_started_s, 1760256891);
    assert_int_equal(row_of("\"current_lap_start_timestamp\":946684799")->lap_started_s, 0);
    const struct rf_frame *frame = data_of("\"timestamp\":1760256914999,\"timestamp_socket\":5");
    assert_int_equal(frame->made_s, 1760256914);
    assert_int_equal(frame->sent_s, 5);
    frame = data_of("\"timestamp\":-7,\"timestamp_socket\":7258118401");
    assert_int_equal(frame->made_s, 0);
    assert_int_equal(frame->sent_s, 0);
}

static void tracks(void **state)
{
    (void)state;
    assert_false(data_of("\"a\":1")->has_track);
    assert_false(data_of("\"track_configuration_id\":null")->has_track);
    assert_false(data_of("\"track_configuration_id\":-1")->has_track);
    assert_false(data_of("\"track_configuration_id\":1.5")->has_track);
    assert_true(data_of("\"track_configuration_id\":0")->has_track);
    assert_string_equal(
        data_of("\"maps_data\":{\"map\":{\"bgr\":\"lakeside.png\",\"length\":577}}")->track_name, "lakeside");
    assert_string_equal(
        data_of("\"maps_data\":[{\"map\":null},{\"map\":{\"bgr\":\"a/b/Lake Side.v2.png\"}}]")->track_name,
        "Lake Side.v2");
    assert_string_equal(data_of("\"maps_data\":{\"map\":{\"bgr\":\"lakeside\"}}")->track_name, "lakeside");
    assert_string_equal(data_of("\"maps_data\":{\"map\":{\"bgr\":null}}")->track_name, "");
    assert_string_equal(data_of("\"maps_data\":\"x\"")->track_name, "");
}

static void event_names(void **state)
{
    (void)state;
    const struct rf_frame *frame = data_of("\"a\":1");
    assert_false(frame->has_event);
    assert_string_equal(frame->event_name, "");
    assert_false(data_of("\"event_name\":null")->has_event);
    assert_false(data_of("\"event_name\":\"null\"")->has_event);
    frame = data_of("\"event_name\":\"\"");
    assert_true(frame->has_event);
    assert_string_equal(frame->event_name, "");
    frame = data_of("\"event_name\":77");
    assert_true(frame->has_event);
    assert_string_equal(frame->event_name, "77");
}

static void statuses(void **state)
{
    (void)state;
    assert_int_equal(data_of("\"status_string\":\"Finished\"")->status, RF_STATUS_FINISHED);
    assert_int_equal(data_of("\"status_string\":\" ended\"")->status, RF_STATUS_FINISHED);
    assert_int_equal(data_of("\"status_string\":\"complete\"")->status, RF_STATUS_FINISHED);
    assert_int_equal(data_of("\"status_string\":\"COMPLETED\"")->status, RF_STATUS_FINISHED);
    assert_int_equal(data_of("\"status_string\":\"cancelled\"")->status, RF_STATUS_FINISHED);
    assert_int_equal(data_of("\"status_string\":\"scheduled\"")->status, RF_STATUS_RUNNING);
    assert_int_equal(data_of("\"status_string\":null")->status, RF_STATUS_RUNNING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_as_strings),
        cmocka_unit_test(nothing_in_every_spelling), cmocka_unit_test(ids), cmocka_unit_test(labels),
        cmocka_unit_test(driver_names), cmocka_unit_test(lap_times), cmocka_unit_test(lap_time_from_its_text),
        cmocka_unit_test(positions_and_counts), cmocka_unit_test(times_of_day), cmocka_unit_test(tracks),
        cmocka_unit_test(event_names), cmocka_unit_test(statuses)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
