/* test_log_compress.c - rotated log files made smaller, alone and on a loop, with a real log in front. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <uv.h>
#include <zlib.h>

#include "racefacer/app/log_compress.h"
#include "racefacer/base/log.h"
#include "support/temp_folder.h"

static struct temp_folder folder;

static int set_up(void **state)
{
    (void)state;
    temp_folder_make(&folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    temp_folder_remove(&folder);
    return 0;
}

static void assert_packed(const char *path, const char *expected)
{
    gzFile file = gzopen(path, "rb");
    assert_non_null(file);
    char text[4096];
    int got = gzread(file, text, sizeof text - 1);
    assert_true(got >= 0);
    text[got] = '\0';
    assert_int_equal(gzdirect(file), 0); /* really packed, not passed through */
    assert_int_equal(gzclose(file), Z_OK);
    assert_string_equal(text, expected);
}

static void test_one_file(void **state)
{
    (void)state;
    const char *path = temp_write(&folder, "a.log", "one\ntwo\n");
    assert_int_equal(rf_log_compress_file(path), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_packed(temp_path(&folder, "a.log.gz"), "one\ntwo\n");
    assert_int_equal(temp_count(&folder, "", NULL), 1);
}

static void test_file_that_is_gone(void **state)
{
    (void)state;
    assert_int_equal(rf_log_compress_file(temp_path(&folder, "a.log")), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(temp_count(&folder, "", NULL), 0);
}

static void test_file_that_cannot_be_packed_stays(void **state)
{
    (void)state;
    const char *path = temp_write(&folder, "a.log", "one\n");
    assert_int_equal(mkdir(temp_path(&folder, "a.log.gz"), 0700), 0); /* the rename fails */
    assert_int_equal(rf_log_compress_file(path), -1);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(temp_count(&folder, ".tmp", NULL), 0);
}

static void note_closed(void *ctx)
{
    ++*(int *)ctx;
}

static void never(uv_timer_t *timer)
{
    (void)timer;
}

/* Stands for the server: a loop with nothing else on it is over, since the compressor keeps none alive. */
static void keep_alive(uv_loop_t *loop, uv_timer_t *timer)
{
    assert_int_equal(uv_timer_init(loop, timer), 0);
    assert_int_equal(uv_timer_start(timer, never, 3600000, 0), 0);
}

static void close_and_drain(struct rf_log_compress *compress, uv_loop_t *loop)
{
    int closed = 0;
    rf_log_compress_close(compress, note_closed, &closed);
    assert_int_equal(closed, 0); /* never from inside */
    assert_int_equal(uv_run(loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(closed, 1);
    assert_int_equal(uv_loop_close(loop), 0);
    rf_log_compress_destroy(compress);
}

static void test_never_attached(void **state)
{
    (void)state;
    struct rf_log_compress *compress = rf_log_compress_create();
    rf_log_compress_rotated(compress, "/nowhere/a.log");
    int closed = 0;
    rf_log_compress_close(compress, note_closed, &closed);
    assert_int_equal(closed, 1);
    rf_log_compress_destroy(compress);
    rf_log_compress_destroy(NULL);
}

static void test_before_and_after_attaching(void **state)
{
    (void)state;
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    uv_timer_t alive;
    keep_alive(&loop, &alive);
    struct rf_log_compress *compress = rf_log_compress_create();
    rf_log_compress_rotated(compress, temp_write(&folder, "a.log", "a"));
    rf_log_compress_rotated(compress, temp_write(&folder, "b.log", "b"));
    assert_int_equal(rf_log_compress_attach(compress, &loop), 0);
    rf_log_compress_rotated(compress, temp_write(&folder, "c.log", "c"));
    while (temp_count(&folder, ".gz", NULL) < 3 || temp_count(&folder, "", NULL) > 3)
        (void)uv_run(&loop, UV_RUN_NOWAIT); /* how many handles are alive is of no interest */
    assert_packed(temp_path(&folder, "a.log.gz"), "a");
    assert_packed(temp_path(&folder, "b.log.gz"), "b");
    assert_packed(temp_path(&folder, "c.log.gz"), "c");
    uv_close((uv_handle_t *)&alive, NULL);
    close_and_drain(compress, &loop);
}

static void test_closing_in_the_middle(void **state)
{
    (void)state;
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    struct rf_log_compress *compress = rf_log_compress_create();
    rf_log_compress_rotated(compress, temp_write(&folder, "a.log", "a"));
    rf_log_compress_rotated(compress, temp_write(&folder, "b.log", "b"));
    assert_int_equal(rf_log_compress_attach(compress, &loop), 0);
    close_and_drain(compress, &loop);
    /* The one under way is finished, the other left for the next start. */
    assert_packed(temp_path(&folder, "a.log.gz"), "a");
    assert_int_equal(access(temp_path(&folder, "a.log"), F_OK), -1);
    assert_int_equal(access(temp_path(&folder, "b.log"), F_OK), 0);
}

/* Each file rotated away ends as one .gz, none is lost to the next rotation, and five are kept. */
static void test_with_a_log_in_front(void **state)
{
    (void)state;
    int real_stderr = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
    assert_true(real_stderr >= 0 && null >= 0 && dup2(null, STDERR_FILENO) >= 0);
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    uv_timer_t alive;
    keep_alive(&loop, &alive);
    struct rf_log_compress *compress = rf_log_compress_create();
    struct rf_log_options options = {.level = RF_LOG_INFO,
        .file = temp_path(&folder, "server.log"),
        .rotate_bytes = 300,
        .on_rotated = rf_log_compress_rotated,
        .ctx = compress};
    struct rf_log *log = rf_log_create(&options, NULL);
    assert_int_equal(rf_log_compress_attach(compress, &loop), 0);
    for (int i = 0; i < 100; i++) {
        rf_log_info(log, "a", "line %05d", i);
        (void)uv_run(&loop, UV_RUN_NOWAIT); /* rotations and packing interleave as they will */
    }
    while (temp_count(&folder, "Z", NULL) > temp_count(&folder, "Z.gz", NULL) ||
           temp_count(&folder, ".tmp", NULL) > 0)
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    /* A rotation prunes what came too late to be pruned before: one more settles it. */
    for (int i = 0; i < 4; i++)
        rf_log_info(log, "a", "line %05d", 100 + i);
    assert_int_equal(temp_count(&folder, "server.log.2", NULL), 5);
    rf_log_destroy(log);
    uv_close((uv_handle_t *)&alive, NULL);
    close_and_drain(compress, &loop);
    assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
    close(real_stderr);
    close(null);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_one_file),
        IN_FOLDER(test_file_that_is_gone),
        IN_FOLDER(test_file_that_cannot_be_packed_stays),
        IN_FOLDER(test_never_attached),
        IN_FOLDER(test_before_and_after_attaching),
        IN_FOLDER(test_closing_in_the_middle),
        IN_FOLDER(test_with_a_log_in_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
