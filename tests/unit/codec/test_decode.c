/* test_decode.c - payloads of the feed into frames and laps: every shape, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/codec/json_slice.h"
#include "unit/codec/decode_fixture.h"

static const char whole_data[] =
    "{\"type\":\"session\",\"status_string\":\"in_progress\",\"maps_data\":[],\"track_configuration_id\":3,"
    "\"event_name\":\"Session #12\",\"total_laps\":22,\"current_lap\":12,\"timestamp\":1760256914,"
    "\"timestamp_socket\":1760256915,"
    "\"runs\":[{\"id\":1700001,\"pos\":1,\"name\":\"Ana "
    "Example\",\"kart\":\"E05\",\"kart_number\":\"05\",\"kart_id\":137,"
    "\"total_laps\":12,\"last_time\":\"33.604\",\"last_time_raw\":33604,\"prev_time_raw\":32925,\"best_time_"
    "raw\":27839,"
    "\"last_passing\":1760256891000,\"avg_lap_raw\":1e20,\"current_lap_start_timestamp\":1760256891}]}";

static void check_whole(const struct rf_frame *frame)
{
    assert_true(frame->has_track);
    assert_int_equal(frame->track, 3);
    assert_true(frame->has_event);
    assert_string_equal(frame->event_name, "Session #12");
    assert_string_equal(frame->track_name, "");
    assert_int_equal(frame->status, RF_STATUS_RUNNING);
    assert_int_equal(frame->made_s, 1760256914);
    assert_int_equal(frame->sent_s, 1760256915);
    assert_int_equal(frame->current_lap, 12);
    assert_int_equal(frame->total_laps, 22);
    assert_true(rf_slice_is(frame->raw, whole_data));
    assert_int_equal(frame->row_count, 1);
    const struct rf_row *row = &frame->rows[0];
    assert_true(row->has_id && row->has_kart_id);
    assert_int_equal(row->id, 1700001);
    assert_int_equal(row->kart_id, 137);
    assert_string_equal(row->kart, "E05");
    assert_string_equal(row->kart_number, "05");
    assert_string_equal(row->driver, "Ana Example");
    assert_int_equal(row->position, 1);
    assert_int_equal(row->total_laps, 12);
    assert_int_equal(row->last_ms, 33604);
    assert_int_equal(row->prev_ms, 32925);
    assert_int_equal(row->last_passing_ms, 1760256891000);
    assert_int_equal(row->lap_started_s, 1760256891);
    const char *start = strstr(whole_data, "[{\"id\"") + 1;
    assert_int_equal(row->raw.len, strlen(start) - 2);
    assert_memory_equal(row->raw.data, start, row->raw.len);
}

static void every_shape_of_a_frame(void **state)
{
    (void)state;
    static const char *const shapes[][3] = {/* event, before, after */
        {"venue", "{\"data\":", ",\"race_predictor_data\":[],\"slug\":\"venue\",\"type\":\"live-timing\"}"},
        {"timing-data", "{\"slug\":\"venue\",\"data\":", "}"}, {"session-data", "", ""}, {"", "", ""},
        {"", " {\"data\":", "}\n"}, {"", "[\"venue\",{\"data\":", "}]"}, {"", "[\"session-data\",", "]"},
        {"", "\xef\xbb\xbf", ""}, {"", "{\"d\\u0061ta\":", "}"},
        {"", "{\"data\":", ",\"data\":{\"runs\":[]}}"}};
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct rf_buf json = RF_BUF_INIT;
        rf_buf_printf(&json, "%s%s%s", shapes[i][1], whole_data, shapes[i][2]);
        assert_int_equal(decode(shapes[i][0], rf_buf_str(&json)), RF_DECODED_FRAME);
        rf_buf_finish(&json);
        check_whole(rf_decoder_frame(decoder));
    }
}

static void rows_that_are_no_rows(void **state)
{
    (void)state;
    const struct rf_frame *frame =
        frame_of("{\"data\":{\"\\u0072uns\":[null,{\"id\":1},[{\"id\":9}],\"}\",7,{\"id\":2, \"x\":[1]}],"
                 "\"runs\":[{\"id\":3}]}}");
    assert_int_equal(frame->row_count, 2);
    assert_int_equal(frame->rows[0].id, 1);
    assert_true(rf_slice_is(frame->rows[0].raw, "{\"id\":1}"));
    assert_int_equal(frame->rows[1].id, 2);
    assert_true(rf_slice_is(frame->rows[1].raw, "{\"id\":2, \"x\":[1]}"));
}

static void frames_without_rows(void **state)
{
    (void)state;
    assert_int_equal(frame_of("{\"data\":{\"event_name\":\"x\"}}")->row_count, 0);
    assert_int_equal(frame_of("{\"data\":{\"status_string\":\"finished\",\"runs\":null}}")->row_count, 0);
    assert_int_equal(frame_of("{\"data\":{\"track_configuration_id\":3,\"runs\":{}}}")->row_count, 0);
    static const char *const others[] = {"{}", "[]", "null", "7", "\"x\"", "{\"data\":{}}",
        "{\"data\":{\"runs\":null}}", "{\"data\":[1]}", "{\"data\":\"{\\\"runs\\\":[]}\"}", "[\"venue\"]",
        "[{\"runs\":[]}]", "{\"message\":\"hello\"}"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(decode("", others[i]), RF_DECODED_OTHER);
}

static void laps(void **state)
{
    (void)state;
    static const struct {
        const char *event, *json;
    } same[] = {{"lap-data", "{\"kart_number\":\"05\",\"lapNum\":7,\"timeRaw\":33604,\"position\":2,"
                             "\"timestamp\":1760256914}"},
        {"", "{\"kart_number\":\" "
             "05\",\"lap_number\":\"7\",\"timeRaw\":\"33604\",\"position\":\"2\",\"timestamp\":"
             "1760256914000}"},
        {"", "[\"lap-data\",{\"kart_number\":\"05\",\"lapNum\":7,\"timeRaw\":33604,\"position\":2,"
             "\"timestamp\":\"2025-10-12T08:15:14Z\"}]"},
        {"lap-data", "{\"data\":{\"kart_number\":\"05\",\"lapNum\":7,\"timeRaw\":33604,\"position\":2,"
                     "\"timestamp\":1760256914}}"},
        {"lap-data", "{\"event_name\":\"x\",\"kart_number\":\"05\",\"lapNum\":7,\"timeRaw\":33604,"
                     "\"position\":2,\"timestamp\":1760256914}"}};
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_int_equal(decode(same[i].event, same[i].json), RF_DECODED_LAP);
        const struct rf_lap_data *lap = rf_decoder_lap(decoder);
        assert_string_equal(lap->kart_number, "05");
        assert_int_equal(lap->lap_num, 7);
        assert_int_equal(lap->time_ms, 33604);
        assert_int_equal(lap->position, 2);
        assert_int_equal(lap->timestamp_ms, 1760256914000);
    }
    assert_int_equal(decode("lap-data", "{\"kart_number\":5,\"lapNum\":1,\"timeRaw\":1}"), RF_DECODED_LAP);
    assert_string_equal(rf_decoder_lap(decoder)->kart_number, "5");
    assert_int_equal(rf_decoder_lap(decoder)->position, 0);
    assert_int_equal(rf_decoder_lap(decoder)->timestamp_ms, 0);
    static const char *const none[] = {"{\"kart_number\":\"\",\"lapNum\":1,\"timeRaw\":1}",
        "{\"kart_number\":\"5\",\"lapNum\":0,\"timeRaw\":1}",
        "{\"kart_number\":\"5\",\"lapNum\":1,\"timeRaw\":\"-\"}", "{\"kart_number\":\"5\",\"lapNum\":1}",
        "{}"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_int_equal(decode("lap-data", none[i]), RF_DECODED_OTHER);
}

static void refused(void **state)
{
    (void)state;
    assert_int_equal(decode("", "{\"data\":\"\xff\"}"), RF_DECODED_UTF8);
    static const char *const bad[] = {"", " ", "{", "{\"data\":{\"runs\":[]}} x",
        "{\"data\":{\"runs\":[]}}{}", "{\"runs\":[01]}", "{\"runs\":[],}", "{\"runs\":[],\"a\":\"\\x\"}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(decode("", bad[i]), RF_DECODED_JSON);
    enum { DEEP = 100000 };
    char *deep = malloc(DEEP);
    assert_non_null(deep);
    memset(deep, '[', DEEP);
    assert_int_equal(rf_decode(decoder, "", deep, DEEP), RF_DECODED_JSON);
    free(deep);
}

static void row_limit(void **state)
{
    (void)state;
    struct rf_buf json = RF_BUF_INIT;
    rf_buf_puts(&json, "{\"runs\":[{\"id\":1}");
    for (int i = 1; i < RF_MAX_ROWS; i++)
        rf_buf_puts(&json, ",{\"id\":1}");
    size_t len = json.len;
    rf_buf_puts(&json, "]}");
    assert_int_equal(decode("", rf_buf_str(&json)), RF_DECODED_FRAME);
    assert_int_equal(rf_decoder_frame(decoder)->row_count, RF_MAX_ROWS);
    json.len = len;
    rf_buf_puts(&json, ",{}]}");
    assert_int_equal(decode("", rf_buf_str(&json)), RF_DECODED_TOO_MANY_RUNS);
    assert_int_equal(rf_decoder_frame(decoder)->row_count, 0);
    rf_buf_finish(&json);
}

static void value_limit(void **state)
{
    (void)state;
    struct rf_buf json = RF_BUF_INIT;
    rf_buf_puts(&json, "{\"runs\":[],\"x\":[\"a,b\""); /* four values; the comma in the text is none */
    for (int i = 4; i < RF_MAX_VALUES; i++)
        rf_buf_puts(&json, i % 2 == 0 ? ",0" : ",{}");
    size_t len = json.len;
    rf_buf_puts(&json, "]}");
    assert_int_equal(decode("", rf_buf_str(&json)), RF_DECODED_FRAME);
    json.len = len;
    rf_buf_puts(&json, ",0]}");
    assert_int_equal(decode("", rf_buf_str(&json)), RF_DECODED_TOO_MANY_VALUES);
    rf_buf_finish(&json);
}

/* A row of `bytes` bytes, told apart by its lap. */
static const struct rf_row *row_of_size(struct rf_buf *json, size_t bytes)
{
    static const char head[] = "{\"id\":1,\"total_laps\":3,\"photo\":\"", tail[] = "\"}";
    rf_buf_clear(json);
    rf_buf_printf(json, "{\"runs\":[%s", head);
    for (size_t i = strlen(head) + strlen(tail); i < bytes; i++)
        rf_buf_putc(json, 'p');
    rf_buf_printf(json, "%s]}", tail);
    const struct rf_frame *frame = frame_of(rf_buf_str(json));
    assert_int_equal(frame->row_count, 1);
    assert_true(frame->rows[0].has_id);
    assert_int_equal(frame->rows[0].total_laps, 3);
    return &frame->rows[0];
}

static void a_heavy_row_is_followed_but_not_kept(void **state)
{
    (void)state;
    struct rf_buf json = RF_BUF_INIT;
    assert_int_equal(row_of_size(&json, RF_MAX_ROW_BYTES)->raw.len, RF_MAX_ROW_BYTES);
    assert_int_equal(row_of_size(&json, RF_MAX_ROW_BYTES + 1)->raw.len, 0);
    rf_buf_finish(&json);
}

static void long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    struct rf_buf json = RF_BUF_INIT;
    rf_buf_puts(&json, "{\"event_name\":\"x");
    for (int i = 0; i < 300; i++)
        rf_buf_puts(&json, "é"); /* two bytes each: the limit falls into one */
    rf_buf_puts(&json, "\",\"runs\":[]}");
    const struct rf_frame *frame = frame_of(rf_buf_str(&json));
    assert_int_equal(strlen(frame->event_name), RF_MAX_TEXT_BYTES - 1);
    assert_true(rf_utf8_valid(frame->event_name, strlen(frame->event_name)));
    rf_buf_finish(&json);
}

static void a_refusal_leaves_nothing_of_the_last_frame(void **state)
{
    (void)state;
    check_whole(frame_of(whole_data));
    assert_int_equal(decode("", "{"), RF_DECODED_JSON);
    const struct rf_frame *frame = rf_decoder_frame(decoder);
    assert_int_equal(frame->row_count, 0);
    assert_string_equal(frame->event_name, "");
    assert_int_equal(frame->raw.len, 0);
    check_whole(frame_of(whole_data));
}

static void what_is_passed_on_is_json(void **state)
{
    (void)state;
    const struct rf_frame *frame =
        frame_of("{\"data\":{\"runs\":[{\"name\":\"a\tb\\u0000\\ud83d\",\"n\":12345678901234567890}]}}");
    assert_true(rf_json_valid(frame->raw.data, frame->raw.len));
    assert_true(
        rf_slice_is(frame->rows[0].raw, "{\"name\":\"a b\\ufffd\\ufffd\",\"n\":12345678901234567890}"));
}

static void names_of_results(void **state)
{
    (void)state;
    assert_string_equal(rf_decoded_name(RF_DECODED_FRAME), "frame");
    assert_string_equal(rf_decoded_name(RF_DECODED_LAP), "lap");
    assert_string_equal(rf_decoded_name(RF_DECODED_OTHER), "other");
    assert_string_equal(rf_decoded_name(RF_DECODED_UTF8), "utf8");
    assert_string_equal(rf_decoded_name(RF_DECODED_JSON), "json");
    assert_string_equal(rf_decoded_name(RF_DECODED_TOO_MANY_RUNS), "runs");
    assert_string_equal(rf_decoded_name(RF_DECODED_TOO_MANY_VALUES), "values");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_shape_of_a_frame),
        cmocka_unit_test(rows_that_are_no_rows), cmocka_unit_test(frames_without_rows),
        cmocka_unit_test(laps), cmocka_unit_test(refused), cmocka_unit_test(row_limit),
        cmocka_unit_test(value_limit), cmocka_unit_test(a_heavy_row_is_followed_but_not_kept),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(a_refusal_leaves_nothing_of_the_last_frame),
        cmocka_unit_test(what_is_passed_on_is_json), cmocka_unit_test(names_of_results)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
