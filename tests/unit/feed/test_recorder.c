/* test_recorder.c - payloads into files and back: every byte, rotation, what an earlier run left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>

#include "unit/feed/play.h"

#define NOON 1760011200000 /* 2025-10-09T12:00:00Z */
#define DAY_MS 86400000

static void count_close(void *ctx)
{
    ++*(int *)ctx;
}

static struct rf_recorder *open_recorder(
    struct stage *stage, const char *name, int64_t rotate_bytes, int keep)
{
    struct rf_recorder_options options = {
        .file = stage_path(stage, name), .rotate_bytes = rotate_bytes, .keep = keep};
    const char *error = NULL;
    struct rf_recorder *recorder = rf_recorder_create(&stage->loop, NULL, &options, &error);
    assert_non_null(recorder);
    return recorder;
}

static void close_recorder(struct stage *stage, struct rf_recorder *recorder)
{
    int closes = 0;
    rf_recorder_close(recorder, count_close, &closes);
    assert_int_equal(closes, 0);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    assert_int_equal(closes, 1);
}

static void put(struct rf_recorder *recorder, const char *event, const char *json, int64_t received_ms)
{
    rf_recorder_write(recorder, event, json, strlen(json), received_ms);
}

static void assert_text(struct stage *stage, const char *name, const char *wanted)
{
    struct rf_buf text = RF_BUF_INIT;
    stage_read(stage, name, &text);
    assert_string_equal(rf_buf_str(&text), wanted);
    rf_buf_finish(&text);
}

static void assert_files(struct stage *stage, const char *wanted)
{
    struct rf_buf names = RF_BUF_INIT;
    stage_list(stage, &names);
    assert_string_equal(rf_buf_str(&names), wanted);
    rf_buf_finish(&names);
}

static void lines_as_they_should_be(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct rf_recorder *recorder = open_recorder(&stage, "a.jsonl", 0, 0);
    put(recorder, "venue \"x\"", "{\"a\": [1,\r\n 2]}", NOON);
    put(recorder, "", "{\"a\":", NOON + 1);
    put(recorder, "e", "1,\"text\":2", NOON + 2);
    rf_recorder_write(recorder, "e", "\xff\0{", 3, NOON + 3);
    put(recorder, "e", "\"a\nb\"", NOON + 4);
    put(recorder, "e", "", NOON + 5);
    close_recorder(&stage, recorder);
    assert_text(&stage, "a.jsonl",
        "{\"t\":1760011200000,\"event\":\"venue \\\"x\\\"\",\"payload\":{\"a\": [1,   2]}}\n"
        "{\"t\":1760011200001,\"event\":\"\",\"text\":\"{\\\"a\\\":\"}\n"
        "{\"t\":1760011200002,\"event\":\"e\",\"text\":\"1,\\\"text\\\":2\"}\n"
        "{\"t\":1760011200003,\"event\":\"e\",\"hex\":\"ff007b\"}\n"
        "{\"t\":1760011200004,\"event\":\"e\",\"text\":\"\\\"a\\nb\\\"\"}\n"
        "{\"t\":1760011200005,\"event\":\"e\",\"text\":\"\"}\n");
    stage_finish(&stage);
}

/* What is recorded and then replayed is what came, byte for byte, over two runs into one file. */
static void a_round_trip(void **state)
{
    (void)state;
    static const char *const names[] = {"a.jsonl", "b.jsonl.gz"};
    struct rf_buf deep = RF_BUF_INIT; /* as deep as JSON may be: too deep for being put into a line */
    for (int i = 0; i < 1000; i++)
        rf_buf_putc(&deep, '[');
    for (int i = 0; i < 1000; i++)
        rf_buf_putc(&deep, ']');
    for (int i = 0; i < 2; i++) {
        struct stage stage;
        stage_init(&stage);
        struct rf_buf wanted = RF_BUF_INIT;
        int64_t t = NOON;
        for (int run = 0; run < 2; run++) {
            struct rf_recorder *recorder = open_recorder(&stage, names[i], 0, 0);
            for (int j = 0; j < 400; j++, t += 7) {
                static const char *const payloads[] = {"{\"name\":\"Zo\xc3\xab \\\"<b>\\ud83d\\ude00\"}",
                    "{ broken \\u0041 \t", "[1e400,-0,1e20]", "\xf0\x9f\x8f\x8e\xef\xb8\x8f", "\xc3(",
                    "\"\\ud83d\""};
                const char *payload = j % 7 == 6 ? deep.data : payloads[j % 7];
                const char *event = j % 3 == 0 ? "" : "l\xc3\xa9 \\mans\"";
                rf_recorder_write(recorder, event, payload, strlen(payload), t);
                rf_buf_printf(&wanted, "%lld %s %s\n", (long long)t, event, payload);
            }
            close_recorder(&stage, recorder);
        }
        struct heard heard = {0};
        struct rf_source_callbacks callbacks = heard_callbacks(&heard);
        struct rf_replay_options options = {.file = stage_path(&stage, names[i])};
        const char *error = NULL;
        heard.source = rf_replay_create(&stage.loop, NULL, &options, &callbacks, &error);
        assert_non_null(heard.source);
        rf_source_start(heard.source);
        uv_run(&stage.loop, UV_RUN_DEFAULT);
        assert_int_equal(heard.count, 800);
        assert_string_equal(rf_buf_str(&heard.lines), wanted.data);
        rf_buf_finish(&heard.lines);
        rf_buf_finish(&wanted);
        stage_finish(&stage);
    }
    rf_buf_finish(&deep);
}

/* A file is renamed by its first line's time when it is full, and at midnight by the times of receipt. */
static void rotation(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct rf_recorder *recorder = open_recorder(&stage, "a.b.jsonl", 0, 0);
    put(recorder, "", "1", NOON);
    put(recorder, "", "2", NOON + DAY_MS / 2 - 1);
    put(recorder, "", "3", NOON + DAY_MS / 2); /* midnight */
    put(recorder, "", "4", NOON);              /* a clock set back */
    close_recorder(&stage, recorder);
    assert_files(&stage, "a.b-20251009T120000Z.jsonl a.b.jsonl ");
    assert_text(&stage, "a.b-20251009T120000Z.jsonl",
        "{\"t\":1760011200000,\"event\":\"\",\"payload\":1}\n{\"t\":1760054399999,\"event\":\"\",\"payload\":"
        "2}\n");
    assert_text(&stage, "a.b.jsonl",
        "{\"t\":1760054400000,\"event\":\"\",\"payload\":3}\n{\"t\":1760011200000,\"event\":\"\",\"payload\":"
        "4}\n");
    /* The next run knows that the file is yesterday's. */
    recorder = open_recorder(&stage, "a.b.jsonl", 0, 0);
    put(recorder, "", "5", NOON + 2 * DAY_MS);
    close_recorder(&stage, recorder);
    assert_files(&stage, "a.b-20251009T120000Z.jsonl a.b-20251010T000000Z.jsonl a.b.jsonl ");
    assert_text(&stage, "a.b.jsonl", "{\"t\":1760184000000,\"event\":\"\",\"payload\":5}\n");
    stage_finish(&stage);
}

static void rotation_by_size_keeps_the_newest(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_write(&stage, "a-notes.jsonl", "wbT", "mine", 4);
    struct rf_recorder *recorder = open_recorder(&stage, "a.jsonl", 60, 2);
    char payload[] = "{\"some text of a length\":\"more of it\"}"; /* a line of 80 bytes: each fills a file */
    for (int i = 0; i < 5; i++) {
        put(recorder, "", payload, NOON + i * 1000);
        /* zlib holds back what was not flushed: let each line reach the file. */
        uv_run(&stage.loop, UV_RUN_NOWAIT);
        close_recorder(&stage, recorder);
        recorder = open_recorder(&stage, "a.jsonl", 60, 2);
    }
    close_recorder(&stage, recorder);
    assert_files(&stage, "a-20251009T120002Z.jsonl a-20251009T120003Z.jsonl a-notes.jsonl a.jsonl ");
    assert_text(&stage, "a.jsonl",
        "{\"t\":1760011204000,\"event\":\"\",\"payload\":{\"some text of a length\":\"more of it\"}}\n");
    stage_finish(&stage);
}

/* Nothing after a break could be unpacked: the broken file gets out of the way, and is not lost. */
static void a_torn_file_is_set_aside(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct rf_recorder *recorder = open_recorder(&stage, "a.jsonl.gz", 0, 0);
    for (int i = 0; i < 50; i++)
        put(recorder, "", "{\"x\":1}", NOON + i);
    close_recorder(&stage, recorder);
    int fd = open(stage_path(&stage, "a.jsonl.gz"), O_RDONLY | O_CLOEXEC);
    off_t size = lseek(fd, 0, SEEK_END);
    close(fd);
    assert_int_equal(
        truncate(stage.path, size - 9), 0); /* within the trailer: all lines are there, the end is not */
    recorder = open_recorder(&stage, "a.jsonl.gz", 0, 0);
    put(recorder, "", "2", NOON + 100);
    close_recorder(&stage, recorder);
    assert_files(&stage, "a-20251009T120000Z.jsonl.gz a.jsonl.gz ");
    assert_text(&stage, "a.jsonl.gz", "{\"t\":1760011200100,\"event\":\"\",\"payload\":2}\n");
    /* The same with a line that was cut in a plain file. */
    stage_write(&stage, "p", "wbT", "{\"t\":1760011200000,\"ev", 22);
    recorder = open_recorder(&stage, "p", 0, 0);
    put(recorder, "", "3", NOON + 100);
    close_recorder(&stage, recorder);
    assert_text(&stage, "p", "{\"t\":1760011200100,\"event\":\"\",\"payload\":3}\n");
    assert_text(&stage, "p-20251009T120000Z", "{\"t\":1760011200000,\"ev");
    stage_finish(&stage);
}

/* While the loop runs, lines reach the file without anybody closing it. */
static void what_waits_is_written(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct rf_recorder *recorder = open_recorder(&stage, "a.jsonl.gz", 0, 0);
    put(recorder, "", "1", NOON);
    assert_int_equal(uv_loop_alive(&stage.loop), 0); /* a recorder alone keeps nobody running */
    uv_timer_t keep;
    assert_int_equal(uv_timer_init(&stage.loop, &keep), 0);
    assert_int_equal(uv_timer_start(&keep, (uv_timer_cb)uv_stop, 600000, 0), 0);
    gzFile file;
    char block[200];
    int got = 0;
    while (got <= 0) {
        uv_run(&stage.loop, UV_RUN_ONCE);
        file = gzopen(stage_path(&stage, "a.jsonl.gz"), "rb");
        got = gzread(file, block, sizeof block - 1);
        gzclose(file);
    }
    block[got] = '\0';
    assert_string_equal(block, "{\"t\":1760011200000,\"event\":\"\",\"payload\":1}\n");
    uv_close((uv_handle_t *)&keep, NULL);
    close_recorder(&stage, recorder);
    stage_finish(&stage);
}

static void a_file_that_cannot_be(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct rf_recorder_options options = {.file = stage_path(&stage, "no/folder.jsonl")};
    const char *error = NULL;
    assert_null(rf_recorder_create(&stage.loop, NULL, &options, &error));
    assert_string_equal(error, "No such file or directory");
    /* A full disk: nothing stops, and closing works. */
    options.file = "/dev/full";
    struct rf_recorder *recorder = rf_recorder_create(&stage.loop, NULL, &options, &error);
    assert_non_null(recorder);
    put(recorder, "", "1", NOON);
    close_recorder(&stage, recorder);
    stage_finish(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_as_they_should_be),
        cmocka_unit_test(a_round_trip),
        cmocka_unit_test(rotation),
        cmocka_unit_test(rotation_by_size_keeps_the_newest),
        cmocka_unit_test(a_torn_file_is_set_aside),
        cmocka_unit_test(what_waits_is_written),
        cmocka_unit_test(a_file_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
