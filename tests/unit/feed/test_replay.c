/* test_replay.c - recordings played: order, clock, broken lines, broken files, endings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/feed/play.h"

static struct rf_source *open_replay(struct stage *stage, struct heard *heard, const char *name, double speed)
{
    struct rf_replay_options options = {.file = stage_path(stage, name), .speed = speed};
    struct rf_source_callbacks callbacks = heard_callbacks(heard);
    const char *error = NULL;
    heard->source = rf_replay_create(&stage->loop, NULL, &options, &callbacks, &error);
    return heard->source;
}

/* Plays to the end; the lines heard are in heard->lines. */
static void play(struct stage *stage, struct heard *heard, const char *name, double speed)
{
    assert_non_null(open_replay(stage, heard, name, speed));
    rf_source_start(heard->source);
    assert_int_equal(heard->count, 0); /* nothing from inside start */
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    assert_int_equal(heard->closes, 1);
}

static const char three[] = "{\"t\":1760000000100,\"event\":\"venue\",\"payload\":{\"a\":[1, 2]}}\n"
                            "{\"t\":1760000000130,\"event\":\"\",\"payload\":{\"b\":\"\xc3\xa9\"}}\n"
                            "{\"t\":1760000000150,\"event\":\"q\\\"\\u00e9\",\"payload\":null}\n";
static const char three_heard[] = "1760000000100 venue {\"a\":[1, 2]}\n"
                                  "1760000000130  {\"b\":\"\xc3\xa9\"}\n"
                                  "1760000000150 q\"\xc3\xa9 null\n";

static void plain_and_packed(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_write(&stage, "a.jsonl", "wbT", three, sizeof three - 1);
    stage_write(&stage, "a.jsonl.gz", "wb", three, sizeof three - 1);
    static const char *const names[] = {"a.jsonl", "a.jsonl.gz"};
    for (int i = 0; i < 2; i++) {
        for (int speed = 0; speed < 2; speed++) {
            struct heard heard = {0};
            play(&stage, &heard, names[i], speed * 10);
            assert_string_equal(rf_buf_str(&heard.lines), three_heard);
            assert_int_equal(heard.ends, 1);
            assert_int_equal(heard.states, 2); /* begun, ended */
            assert_int_equal(heard.now_at_end, 1760000000150);
            rf_buf_finish(&heard.lines);
        }
    }
    stage_finish(&stage);
}

static void texts_that_are_no_json(void **state)
{
    (void)state;
    static const char file[] =
        "{\"t\":1,\"event\":\"e\",\"text\":\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u20ac\\ud83d\\ude00z\"}\n"
        "{\"t\":2,\"event\":\"e\",\"text\":\"\\ud83d!\"}\n"
        "{\"t\":3,\"event\":\"e\",\"hex\":\"fF007b\"}\n"
        "{\"t\":4,\"event\":\"e\",\"text\":\"\"}\n";
    static const char wanted[] = "1 e a\"\\/\b\f\n\r\tA\xe2\x82\xac\xf0\x9f\x98\x80z\n"
                                 "2 e \xef\xbf\xbd!\n"
                                 "3 e \xff\0{\n"
                                 "4 e \n";
    struct stage stage;
    stage_init(&stage);
    stage_write(&stage, "a", "wbT", file, sizeof file - 1);
    struct heard heard = {0};
    play(&stage, &heard, "a", 0);
    assert_int_equal(heard.lines.len, sizeof wanted - 1);
    assert_memory_equal(heard.lines.data, wanted, sizeof wanted - 1);
    rf_buf_finish(&heard.lines);
    stage_finish(&stage);
}

static void bad_lines_are_skipped(void **state)
{
    (void)state;
    static const char file[] =
        "not json\n\nnull\n[]\n{}\n{\"t\":5}\n{\"t\":\"6\",\"payload\":{}}\n{\"t\":-7,\"payload\":{}}\n"
        "{\"t\":8,\"payload\":{\"good\":1}}\r\n"
        "{\"t\":9,\"payload\":{}} more\n{\"t\":10,\"text\":3}\n{\"t\":11,\"hex\":\"abc\"}\n"
        "{\"t\":12,\"hex\":\"zz\"}\n{\"t\":13,\"payload\":{\"good\":2}}\n{\"t\":14,\"event\":\"\",\"payl";
    struct stage stage;
    stage_init(&stage);
    stage_write(&stage, "a", "wbT", file, sizeof file - 1);
    struct heard heard = {0};
    play(&stage, &heard, "a", 0);
    assert_string_equal(rf_buf_str(&heard.lines), "8  {\"good\":1}\n13  {\"good\":2}\n");
    rf_buf_finish(&heard.lines);
    stage_finish(&stage);
}

/* Above the cap of 8 MB a line goes, wherever it stands; the next one is played. */
static void a_line_too_long_is_skipped(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct rf_buf file = RF_BUF_INIT;
    rf_buf_puts(&file, "{\"t\":1,\"payload\":1}\n{\"t\":2,\"text\":\"");
    size_t from = file.len;
    rf_buf_reserve(&file, 9 << 20);
    memset(file.data + from, 'x', 9 << 20);
    file.len += 9 << 20;
    rf_buf_puts(&file, "\"}\n{\"t\":3,\"payload\":3}");
    stage_write(&stage, "a", "wbT", file.data, file.len);
    rf_buf_finish(&file);
    struct heard heard = {0};
    play(&stage, &heard, "a", 0);
    assert_string_equal(rf_buf_str(&heard.lines), "1  1\n3  3\n");
    rf_buf_finish(&heard.lines);
    stage_finish(&stage);
}

/* Many pieces read ahead, and lines across the ends of blocks: all of it, in order. */
static void long_recordings_come_in_order(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct rf_buf file = RF_BUF_INIT, wanted = RF_BUF_INIT;
    for (int i = 1; i <= 12000; i++) {
        int pad = i * 37 % 500;
        rf_buf_printf(&file, "{\"t\":%d,\"event\":\"e%d\",\"payload\":\"%0*d\"}\n", i, i % 7, pad + 1, i);
        rf_buf_printf(&wanted, "%d e%d \"%0*d\"\n", i, i % 7, pad + 1, i);
    }
    stage_write(&stage, "a.gz", "wb1", file.data, file.len);
    struct heard heard = {0};
    play(&stage, &heard, "a.gz", 0);
    assert_int_equal(heard.count, 12000);
    assert_int_equal(heard.lines.len, wanted.len);
    assert_memory_equal(heard.lines.data, wanted.data, wanted.len);
    rf_buf_finish(&heard.lines);
    rf_buf_finish(&file);
    rf_buf_finish(&wanted);
    stage_finish(&stage);
}

/* Cut off in the middle, as by a power cut: what can be unpacked is played. */
static void a_torn_file_is_played_as_far_as_it_goes(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct rf_buf file = RF_BUF_INIT;
    unsigned noise = 1;
    for (int i = 1; i <= 3000; i++) {
        noise = noise * 1103515245 + 12345;
        rf_buf_printf(&file, "{\"t\":%d,\"payload\":%u}\n", i, noise);
    }
    stage_write(&stage, "a.gz", "wb", file.data, file.len);
    rf_buf_finish(&file);
    assert_int_equal(truncate(stage_path(&stage, "a.gz"), 9000), 0);
    struct heard heard = {0};
    play(&stage, &heard, "a.gz", 0);
    assert_in_range(heard.count, 100, 2999);
    assert_int_equal(heard.ends, 1);
    assert_memory_equal(heard.lines.data, "1  ", 3);
    rf_buf_finish(&heard.lines);
    stage_finish(&stage);
}

static void assert_refused(struct stage *stage, const char *name, const char *reason)
{
    struct rf_replay_options options = {.file = stage_path(stage, name)};
    struct heard heard = {0};
    struct rf_source_callbacks callbacks = heard_callbacks(&heard);
    const char *error = NULL;
    assert_null(rf_replay_create(&stage->loop, NULL, &options, &callbacks, &error));
    assert_string_equal(error, reason);
}

static void what_cannot_be_played_is_refused(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    assert_refused(&stage, "nothing", "No such file or directory");
    stage_write(&stage, "empty", "wbT", "", 0);
    assert_refused(&stage, "empty", "it has no frame");
    stage_write(&stage, "bad", "wbT", "{}\n{}\n", 6);
    assert_refused(&stage, "bad", "it has no frame");
    assert_refused(&stage, ".", "it cannot be read");
    stage_finish(&stage);
}

static void it_can_be_closed_at_any_time(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct rf_buf file = RF_BUF_INIT;
    for (int i = 1; i <= 9000; i++)
        rf_buf_printf(&file, "{\"t\":%d,\"payload\":%d}\n", i, i);
    stage_write(&stage, "a", "wbT", file.data, file.len);
    rf_buf_finish(&file);
    /* Before the start; right after it; inside a callback; inside the last one of a piece read ahead. */
    for (int when = 0; when < 4; when++) {
        struct heard heard = {.close_after = when == 2 ? 1 : when == 3 ? 2000 : 0};
        assert_non_null(open_replay(&stage, &heard, "a", 0));
        if (when > 0)
            rf_source_start(heard.source);
        if (when < 2)
            rf_source_close(heard.source, heard_closed, &heard);
        assert_int_equal(heard.closes, 0);
        uv_run(&stage.loop, UV_RUN_DEFAULT);
        assert_int_equal(heard.closes, 1);
        assert_int_equal(heard.count, heard.close_after); /* no callback after closing */
        assert_int_equal(heard.ends, 0);
        rf_buf_finish(&heard.lines);
    }
    stage_finish(&stage);
}

/* At its own speed a frame far away is not played yet, and the clock stays between the two frames. */
static void the_clock_is_the_recordings(void **state)
{
    (void)state;
    static const char file[] =
        "{\"t\":1000000,\"payload\":1}\n{\"t\":900000,\"payload\":2}\n{\"t\":99000000,\"payload\":3}\n";
    struct stage stage;
    stage_init(&stage);
    stage_write(&stage, "a", "wbT", file, sizeof file - 1);
    struct heard heard = {0};
    assert_non_null(open_replay(&stage, &heard, "a", 1));
    assert_int_equal(rf_source_now_ms(heard.source), 1000000);
    rf_source_start(heard.source);
    while (heard.count < 2)                 /* a clock set back while it was recorded holds nothing up */
        uv_run(&stage.loop, UV_RUN_NOWAIT); /* a turn that plays the second would wait for the third */
    assert_in_range(rf_source_now_ms(heard.source), 900000, 99000000);
    struct rf_feed_status status;
    rf_source_status(heard.source, &status);
    assert_string_equal(status.source, "replay");
    assert_string_equal(status.state, "joined");
    assert_true(status.connected);
    assert_int_equal(status.messages, 2);
    assert_int_equal(status.bytes, 2);
    rf_source_close(heard.source, heard_closed, &heard);
    uv_run(&stage.loop, UV_RUN_DEFAULT);
    assert_int_equal(heard.count, 2);
    rf_buf_finish(&heard.lines);
    stage_finish(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_and_packed),
        cmocka_unit_test(texts_that_are_no_json),
        cmocka_unit_test(bad_lines_are_skipped),
        cmocka_unit_test(a_line_too_long_is_skipped),
        cmocka_unit_test(long_recordings_come_in_order),
        cmocka_unit_test(a_torn_file_is_played_as_far_as_it_goes),
        cmocka_unit_test(what_cannot_be_played_is_refused),
        cmocka_unit_test(it_can_be_closed_at_any_time),
        cmocka_unit_test(the_clock_is_the_recordings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
