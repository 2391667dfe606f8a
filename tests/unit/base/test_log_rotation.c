/* test_log_rotation.c - log files of a size: rotated, kept, pruned, handed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>

#include "racefacer/base/log.h"
#include "support/temp_folder.h"

static struct temp_folder folder;
static int real_stderr = -1;

struct handed_over {
    int count;
    char path[32][512];
};

static void note(void *ctx, const char *path)
{
    struct handed_over *seen = ctx;
    if (seen->count < 32)
        snprintf(seen->path[seen->count], sizeof seen->path[0], "%s", path);
    seen->count++;
}

static int set_up(void **state)
{
    (void)state;
    temp_folder_make(&folder);
    real_stderr = dup(STDERR_FILENO);
    int fd = open("/dev/null", O_WRONLY);
    return real_stderr < 0 || fd < 0 || dup2(fd, STDERR_FILENO) < 0 || close(fd) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    int failed = dup2(real_stderr, STDERR_FILENO) < 0 || close(real_stderr) != 0;
    temp_folder_remove(&folder);
    return failed;
}

/* Each line with a message of 10 characters has 86 bytes at level info, 87 at error. */
static struct rf_log *make_log(struct handed_over *seen, int keep)
{
    struct rf_log_options options = {.level = RF_LOG_INFO,
        .file = temp_path(&folder, "server.log"),
        .rotate_bytes = 200,
        .keep = keep,
        .on_rotated = seen == NULL ? NULL : note,
        .ctx = seen};
    return rf_log_create(&options, NULL);
}

static void write_lines(struct rf_log *log, int from, int to)
{
    for (int i = from; i <= to; i++)
        rf_log_info(log, "a", "line %05d", i);
}

static void test_rotates_before_the_size_is_passed(void **state)
{
    (void)state;
    struct handed_over seen = {0};
    struct rf_log *log = make_log(&seen, 0);
    write_lines(log, 1, 2); /* two lines fit into 200 bytes */
    assert_int_equal(seen.count, 0);
    write_lines(log, 3, 3);
    assert_int_equal(seen.count, 1);
    rf_log_destroy(log);

    char *text = temp_read(seen.path[0]);
    assert_non_null(text);
    assert_non_null(strstr(text, "line 00001"));
    assert_non_null(strstr(text, "line 00002"));
    assert_null(strstr(text, "line 00003"));
    free(text);
    text = temp_read(temp_path(&folder, "server.log"));
    assert_non_null(strstr(text, "line 00003"));
    assert_null(strstr(text, "line 00002"));
    free(text);
    /* "server.log.20260101T100000.000Z" */
    const char *stamp = strstr(seen.path[0], "server.log.");
    assert_non_null(stamp);
    assert_int_equal(strlen(stamp), strlen("server.log.20260101T100000.000Z"));
}

static void test_keeps_the_newest_five(void **state)
{
    (void)state;
    struct handed_over seen = {0};
    struct rf_log *log = make_log(&seen, 0);
    write_lines(log, 1, 21); /* ten rotations, all of one or two milliseconds */
    rf_log_destroy(log);
    assert_int_equal(seen.count, 10);
    assert_int_equal(temp_count(&folder, "server.log.2", NULL), 5);
    for (int i = 0; i < 10; i++)
        assert_int_equal(access(seen.path[i], F_OK), i < 5 ? -1 : 0);
    char *text = temp_read(seen.path[9]);
    assert_non_null(strstr(text, "line 00020"));
    free(text);
}

static void test_clock_put_back(void **state)
{
    (void)state;
    temp_write(&folder, "server.log.99990101T235959.999Z.gz", "");
    struct handed_over seen = {0};
    struct rf_log *log = make_log(&seen, 2);
    write_lines(log, 1, 3);
    rf_log_destroy(log);
    assert_string_equal(seen.path[0], temp_path(&folder, "server.log.99990102T000000.000Z"));
    assert_int_equal(access(seen.path[0], F_OK), 0);
}

static void test_packed_ones_count_and_go(void **state)
{
    (void)state;
    temp_write(&folder, "server.log.20200101T000000.000Z.gz", "");
    temp_write(&folder, "server.log.20200101T000000.001Z.gz", "");
    temp_write(&folder, "server.log.20200101T000000.001Z", ""); /* being compressed: both are one */
    temp_write(&folder, "server.log.old", "");                  /* not ours */
    temp_write(&folder, "server.log.20200101T000000.000Z.txt", "");
    struct rf_log *log = make_log(NULL, 2);
    write_lines(log, 1, 3);
    assert_int_equal(access(temp_path(&folder, "server.log.20200101T000000.000Z.gz"), F_OK), -1);
    assert_int_equal(access(temp_path(&folder, "server.log.20200101T000000.001Z.gz"), F_OK), 0);
    assert_int_equal(access(temp_path(&folder, "server.log.20200101T000000.001Z"), F_OK), 0);
    write_lines(log, 4, 5);
    rf_log_destroy(log);
    assert_int_equal(access(temp_path(&folder, "server.log.20200101T000000.001Z.gz"), F_OK), -1);
    assert_int_equal(access(temp_path(&folder, "server.log.20200101T000000.001Z"), F_OK), -1);
    assert_int_equal(access(temp_path(&folder, "server.log.old"), F_OK), 0);
    assert_int_equal(access(temp_path(&folder, "server.log.20200101T000000.000Z.txt"), F_OK), 0);
}

static void test_leftovers_are_handed_over_at_the_start(void **state)
{
    (void)state;
    const char *plain = temp_write(&folder, "server.log.20200101T000000.000Z", "x");
    temp_write(&folder, "server.log.20200101T000000.000Z.gz.tmp", "half");
    temp_write(&folder, "server.log.20200101T000000.001Z.gz", "done");
    struct handed_over seen = {0};
    struct rf_log *log = make_log(&seen, 0);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.path[0], plain);
    assert_int_equal(temp_count(&folder, ".tmp", NULL), 0);
    assert_int_equal(rf_log_reopen(log), 0); /* not again: by now it may be under way */
    assert_int_equal(seen.count, 1);
    rf_log_destroy(log);
}

static void test_errors_rotate_on_their_own(void **state)
{
    (void)state;
    struct handed_over seen = {0};
    struct rf_log *log = make_log(&seen, 0);
    for (int i = 0; i < 3; i++)
        rf_log_error(log, "a", "line %05d", i);
    rf_log_destroy(log);
    assert_int_equal(seen.count, 2);
    assert_int_equal(temp_count(&folder, "server.log.2", NULL), 1);
    assert_int_equal(temp_count(&folder, "server.error.log.2", NULL), 1);
}

static void test_size_counts_what_was_there(void **state)
{
    (void)state;
    char old[200];
    memset(old, 'x', sizeof old - 1);
    old[sizeof old - 1] = '\0';
    temp_write(&folder, "server.log", old);
    struct handed_over seen = {0};
    struct rf_log *log = make_log(&seen, 0);
    write_lines(log, 1, 1);
    rf_log_destroy(log);
    assert_int_equal(seen.count, 1);
}

static void test_cut_short_by_somebody_else(void **state)
{
    (void)state;
    struct handed_over seen = {0};
    struct rf_log *log = make_log(&seen, 0);
    write_lines(log, 1, 2);
    assert_int_equal(truncate(temp_path(&folder, "server.log"), 0), 0);
    write_lines(log, 3, 4);
    rf_log_destroy(log);
    assert_int_equal(seen.count, 0);
    char *text = temp_read(temp_path(&folder, "server.log"));
    assert_memory_equal(text, "{\"time\"", 7); /* appended at the new end, no hole before it */
    free(text);
}

static void test_moved_away_by_somebody_else(void **state)
{
    (void)state;
    struct handed_over seen = {0};
    struct rf_log *log = make_log(&seen, 0);
    write_lines(log, 1, 2);
    assert_int_equal(rename(temp_path(&folder, "server.log"), temp_path(&folder, "moved")), 0);
    write_lines(log, 3, 3);
    rf_log_destroy(log);
    assert_int_equal(seen.count, 0);
    char *text = temp_read(temp_path(&folder, "server.log"));
    assert_non_null(text);
    assert_non_null(strstr(text, "line 00003"));
    free(text);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_rotates_before_the_size_is_passed),
        IN_FOLDER(test_keeps_the_newest_five),
        IN_FOLDER(test_clock_put_back),
        IN_FOLDER(test_packed_ones_count_and_go),
        IN_FOLDER(test_leftovers_are_handed_over_at_the_start),
        IN_FOLDER(test_errors_rotate_on_their_own),
        IN_FOLDER(test_size_counts_what_was_there),
        IN_FOLDER(test_cut_short_by_somebody_else),
        IN_FOLDER(test_moved_away_by_somebody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
