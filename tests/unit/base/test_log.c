/* test_log.c - lines to stderr and to real files: what they look like, who gets them, what a hostile text may
 * do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "racefacer/base/log.h"
#include "support/temp_folder.h"

static struct temp_folder folder;
static int real_stderr = -1;

static int set_up(void **state)
{
    (void)state;
    temp_folder_make(&folder);
    /* stderr goes to a file for the time of the test */
    real_stderr = dup(STDERR_FILENO);
    int fd = open(temp_path(&folder, "stderr"), O_RDWR | O_CREAT | O_APPEND, 0600);
    return real_stderr < 0 || fd < 0 || dup2(fd, STDERR_FILENO) < 0 || close(fd) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    int failed = dup2(real_stderr, STDERR_FILENO) < 0 || close(real_stderr) != 0;
    temp_folder_remove(&folder);
    return failed;
}

static char *read_stderr(void)
{
    char *text = temp_read(temp_path(&folder, "stderr"));
    assert_non_null(text);
    return text;
}

/* What follows the time, which is checked for its shape. */
static const char *after_time(const char *line)
{
    static const char shape[] = "0000-00-00T00:00:00.000Z";
    for (size_t i = 0; i < sizeof shape - 1; i++) {
        if (shape[i] == '0')
            assert_in_range(line[i], '0', '9');
        else
            assert_int_equal(line[i], shape[i]);
    }
    return line + sizeof shape - 1;
}

static void assert_json_line(const char *line, const char *rest)
{
    assert_memory_equal(line, "{\"time\":\"", 9);
    assert_string_equal(after_time(line + 9), rest);
}

static struct rf_log *make_log(struct rf_log_options options)
{
    const char *error = "unset";
    struct rf_log *log = rf_log_create(&options, &error);
    assert_null(error);
    return log;
}

static void test_readable_line_without_colours(void **state)
{
    (void)state;
    struct rf_log *log = make_log((struct rf_log_options){.level = RF_LOG_INFO});
    rf_log_warn(log, "feed", "lost %d frames", 3);
    rf_log_destroy(log);
    char *text = read_stderr();
    assert_string_equal(after_time(text), " warn  feed: lost 3 frames\n");
    free(text);
}

static void test_json_line(void **state)
{
    (void)state;
    struct rf_log *log = make_log((struct rf_log_options){.level = RF_LOG_INFO, .json = true});
    rf_log_info(log, "store", "saved \"a\\b\"");
    rf_log_destroy(log);
    char *text = read_stderr();
    assert_json_line(
        text, "\",\"level\":\"info\",\"about\":\"store\",\"message\":\"saved \\\"a\\\\b\\\"\"}\n");
    free(text);
}

/* JOURNAL_STREAM names a file by device and inode: here that which stderr goes to, but for `off`. */
static void set_journal(unsigned long off)
{
    struct stat status;
    char text[64];
    assert_int_equal(fstat(STDERR_FILENO, &status), 0);
    snprintf(text, sizeof text, "%lu:%lu", (unsigned long)status.st_dev, (unsigned long)status.st_ino + off);
    assert_int_equal(setenv("JOURNAL_STREAM", text, 1), 0);
}

static void test_journal_gets_levels_and_no_time(void **state)
{
    (void)state;
    set_journal(0);
    struct rf_log *log = make_log((struct rf_log_options){.level = RF_LOG_DEBUG});
    rf_log_error(log, "a", "one");
    rf_log_warn(log, "a", "two");
    rf_log_info(log, "a", "three");
    rf_log_debug(log, "a", "<0>four");
    rf_log_destroy(log);
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
    char *text = read_stderr();
    assert_string_equal(text, "<3>error a: one\n<4>warn  a: two\n<6>info  a: three\n<7>debug a: <0>four\n");
    free(text);
}

static void test_journal_gets_json_with_levels(void **state)
{
    (void)state;
    set_journal(0);
    struct rf_log *log = make_log((struct rf_log_options){.level = RF_LOG_INFO, .json = true});
    rf_log_warn(log, "a", "b");
    rf_log_destroy(log);
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
    char *text = read_stderr();
    assert_memory_equal(text, "<4>", 3);
    assert_json_line(text + 3, "\",\"level\":\"warn\",\"about\":\"a\",\"message\":\"b\"}\n");
    free(text);
}

/* A service whose stderr goes to a file. */
static void test_stderr_that_is_not_the_journal(void **state)
{
    (void)state;
    set_journal(1);
    struct rf_log *log = make_log((struct rf_log_options){.level = RF_LOG_INFO});
    rf_log_warn(log, "a", "b");
    rf_log_destroy(log);
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
    char *text = read_stderr();
    assert_string_equal(after_time(text), " warn  a: b\n");
    free(text);
}

static void test_levels(void **state)
{
    (void)state;
    struct rf_log *log = make_log((struct rf_log_options){.level = RF_LOG_WARN});
    rf_log_debug(log, "a", "no");
    rf_log_info(log, "a", "no");
    rf_log_warn(log, "a", "yes");
    rf_log_error(log, "a", "yes too");
    rf_log_destroy(log);
    char *text = read_stderr();
    assert_null(strstr(text, "a: no"));
    assert_non_null(strstr(text, "warn  a: yes\n"));
    assert_non_null(strstr(text, "error a: yes too\n"));
    free(text);
}

static void test_null_log_is_silent(void **state)
{
    (void)state;
    rf_log_error(NULL, "a", "b");
    assert_int_equal(rf_log_reopen(NULL), 0);
    rf_log_destroy(NULL);
    char *text = read_stderr();
    assert_string_equal(text, "");
    free(text);
}

static void test_hostile_text_on_a_terminal(void **state)
{
    (void)state;
    struct rf_log *log = make_log((struct rf_log_options){.level = RF_LOG_INFO});
    /* Escape, newline, C1 control, right-to-left override, DEL; a real name; a byte that is no UTF-8 */
    /* NOLINTNEXTLINE(misc-misleading-bidirectional): it is what the test is about */
    rf_log_info(log, "http", "%s",
        "\033[2Ja\nb\xC2\x9B"
        "c\xE2\x80\xAE"
        "d\x7F Żółć 李 \xFF.");
    rf_log_destroy(log);
    char *text = read_stderr();
    assert_string_equal(
        after_time(text), " info  http: \\x1b[2Ja\\x0ab\\x9bc\\u{202e}d\\x7f Żółć 李 \xEF\xBF\xBD.\n");
    free(text);
}

static void test_hostile_text_in_json(void **state)
{
    (void)state;
    struct rf_log *log = make_log((struct rf_log_options){.level = RF_LOG_INFO, .json = true});
    /* Overlong "/", a surrogate, a character cut short at the end */
    rf_log_info(log, "http", "%s", "\033\n\t\xC2\x9B|\xC0\xAF|\xED\xA0\x80|😀|\xE2\x82");
    rf_log_destroy(log);
    char *text = read_stderr();
    const char *r = "\xEF\xBF\xBD";
    char expected[256];
    snprintf(expected, sizeof expected,
        "\",\"level\":\"info\",\"about\":\"http\",\"message\":\"\\u001b\\u000a\\u0009\\u009b|%s%s|%s%s%s|😀|%"
        "s%s\"}\n",
        r, r, r, r, r, r, r);
    assert_json_line(text, expected);
    free(text);
}

static void test_long_message_is_cut_between_characters(void **state)
{
    (void)state;
    char *message = calloc(1, 20001);
    assert_non_null(message);
    for (size_t i = 0; i < 20000; i += 2)
        memcpy(message + i, "ż", 2);
    struct rf_log *log = make_log((struct rf_log_options){.level = RF_LOG_INFO});
    rf_log_info(log, "a", "%s", message);
    rf_log_destroy(log);
    char *text = read_stderr();
    /* 8189 bytes fit before the dots: 4094 characters of two bytes */
    assert_int_equal(strlen(text), strlen("0000-00-00T00:00:00.000Z info  a: ") + 8188 + strlen("…\n"));
    assert_string_equal(text + strlen(text) - 6, "ż…\n");
    assert_null(strstr(text, "\xEF\xBF\xBD"));
    free(text);
    free(message);
}

static void test_file_gets_json_and_errors_beside(void **state)
{
    (void)state;
    const char *path = temp_path(&folder, "deep/logs/server.log");
    struct rf_log *log = make_log((struct rf_log_options){.level = RF_LOG_INFO, .file = path});
    errno = 77;
    rf_log_info(log, "a", "one");
    rf_log_error(log, "b", "two");
    assert_int_equal(errno, 77);
    rf_log_destroy(log);
    char *text = temp_read(path);
    assert_non_null(text);
    assert_non_null(strstr(text, "\"level\":\"info\",\"about\":\"a\",\"message\":\"one\"}\n"));
    assert_non_null(strstr(text, "\"level\":\"error\",\"about\":\"b\",\"message\":\"two\"}\n"));
    free(text);
    text = temp_read(temp_path(&folder, "deep/logs/server.error.log"));
    assert_non_null(text);
    assert_json_line(text, "\",\"level\":\"error\",\"about\":\"b\",\"message\":\"two\"}\n");
    free(text);
    text = read_stderr();
    assert_non_null(strstr(text, " info  a: one\n"));
    free(text);
}

static void test_file_name_without_extension(void **state)
{
    (void)state;
    struct rf_log *log = make_log((struct rf_log_options){.file = temp_path(&folder, "v1.2-log")});
    rf_log_destroy(log);
    assert_int_equal(access(temp_path(&folder, "v1.error.2-log"), F_OK), 0);
    log = make_log((struct rf_log_options){.file = temp_path(&folder, "plain")});
    rf_log_destroy(log);
    assert_int_equal(access(temp_path(&folder, "plain.error"), F_OK), 0);
    log = make_log((struct rf_log_options){.file = temp_path(&folder, ".hidden")});
    rf_log_destroy(log);
    assert_int_equal(access(temp_path(&folder, ".hidden.error"), F_OK), 0);
}

static void test_device_gets_no_error_file(void **state)
{
    (void)state;
    struct rf_log *log = make_log((struct rf_log_options){.file = "/dev/null", .rotate_bytes = 10});
    rf_log_error(log, "a", "a line that is longer than ten bytes");
    rf_log_error(log, "a", "another");
    rf_log_destroy(log);
    assert_int_equal(access("/dev/null.error", F_OK), -1);
    assert_int_equal(access("/dev/null", F_OK), 0);
}

static void test_file_that_cannot_be_opened(void **state)
{
    (void)state;
    temp_write(&folder, "file", "");
    struct rf_log_options options = {.level = RF_LOG_INFO, .file = temp_path(&folder, "file/server.log")};
    const char *error = NULL;
    struct rf_log *log = rf_log_create(&options, &error);
    assert_non_null(error);
    assert_non_null(strstr(error, "file/server.log: Not a directory"));
    rf_log_info(log, "a", "still heard");
    rf_log_destroy(log);
    char *text = read_stderr();
    assert_non_null(strstr(text, "a: still heard\n"));
    free(text);
}

static void test_reopen_after_outside_rotation(void **state)
{
    (void)state;
    const char *path = temp_path(&folder, "server.log"), *moved = temp_path(&folder, "moved");
    struct rf_log *log = make_log((struct rf_log_options){.level = RF_LOG_INFO, .file = path});
    rf_log_info(log, "a", "one");
    assert_int_equal(rename(path, moved), 0);
    rf_log_info(log, "a", "two");
    assert_int_equal(rf_log_reopen(log), 0);
    rf_log_info(log, "a", "three");
    rf_log_destroy(log);
    char *text = temp_read(moved);
    assert_non_null(strstr(text, "two"));
    assert_null(strstr(text, "three"));
    free(text);
    text = temp_read(path);
    assert_non_null(strstr(text, "three"));
    assert_null(strstr(text, "two"));
    free(text);
}

/* A limit on the size of files stands in for a full disk: the second line fits by half. */
static void test_full_disk(void **state)
{
    (void)state;
    const char *path = temp_path(&folder, "server.log");
    struct rf_log *log = make_log((struct rf_log_options){.level = RF_LOG_INFO, .file = path});
    rf_log_info(log, "a", "one");
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = (rlim_t)status.st_size + 20;
    /* stderr of this test is a file, too, and would hit the limit: the terminal is gone for a while */
    int saved = dup(STDERR_FILENO);
    int report[2];
    assert_int_equal(pipe(report), 0);
    assert_true(dup2(report[1], STDERR_FILENO) >= 0);
    void (*was)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    rf_log_info(log, "a", "torn");
    rf_log_info(log, "a", "lost");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    rf_log_info(log, "a", "after");
    signal(SIGXFSZ, was);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    close(report[1]);
    rf_log_destroy(log);

    char told[4096] = "";
    ssize_t got = read(report[0], told, sizeof told - 1);
    assert_true(got > 0);
    close(report[0]);
    const char *note = strstr(told, "cannot write");
    assert_non_null(note);
    assert_null(strstr(note + 1, "cannot write")); /* said once, not for each line */
    assert_non_null(strstr(told, "a: lost\n"));

    char *text = temp_read(path);
    char *second = strchr(text, '\n') + 1;
    char *third = strchr(second, '\n') + 1;
    assert_int_equal(third - second, 21); /* twenty bytes and the newline put after them */
    assert_json_line(third, "\",\"level\":\"info\",\"about\":\"a\",\"message\":\"after\"}\n");
    free(text);
}

static void test_limit(void **state)
{
    (void)state;
    struct rf_log_limit limit = {0};
    unsigned long held = 99;
    assert_true(rf_log_allow(&limit, 1000, 500, &held));
    assert_int_equal(held, 0);
    assert_false(rf_log_allow(&limit, 1001, 500, &held));
    assert_false(rf_log_allow(&limit, 1499, 500, &held));
    assert_true(rf_log_allow(&limit, 1500, 500, &held));
    assert_int_equal(held, 2);
    assert_true(rf_log_allow(&limit, 9000, 500, NULL));
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_readable_line_without_colours),
        IN_FOLDER(test_json_line),
        IN_FOLDER(test_journal_gets_levels_and_no_time),
        IN_FOLDER(test_journal_gets_json_with_levels),
        IN_FOLDER(test_stderr_that_is_not_the_journal),
        IN_FOLDER(test_levels),
        IN_FOLDER(test_null_log_is_silent),
        IN_FOLDER(test_hostile_text_on_a_terminal),
        IN_FOLDER(test_hostile_text_in_json),
        IN_FOLDER(test_long_message_is_cut_between_characters),
        IN_FOLDER(test_file_gets_json_and_errors_beside),
        IN_FOLDER(test_file_name_without_extension),
        IN_FOLDER(test_device_gets_no_error_file),
        IN_FOLDER(test_file_that_cannot_be_opened),
        IN_FOLDER(test_reopen_after_outside_rotation),
        IN_FOLDER(test_full_disk),
        IN_FOLDER(test_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
