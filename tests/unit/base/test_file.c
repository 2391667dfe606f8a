/* test_file.c - whole files in and out, on a real folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>

#include "racefacer/base/file.h"
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

static void test_load_appends(void **state)
{
    (void)state;
    const char *path = temp_write(&folder, "a", "12345");
    struct rf_buf out = RF_BUF_INIT;
    rf_buf_puts(&out, "x");
    assert_int_equal(rf_file_load(path, 5, &out), 0); /* exactly the cap */
    assert_string_equal(rf_buf_str(&out), "x12345");
    rf_buf_finish(&out);
}

static void test_load_larger_than_cap(void **state)
{
    (void)state;
    const char *path = temp_write(&folder, "a", "123456");
    struct rf_buf out = RF_BUF_INIT;
    rf_buf_puts(&out, "x");
    assert_int_equal(rf_file_load(path, 5, &out), -1);
    assert_int_equal(errno, EFBIG);
    assert_string_equal(rf_buf_str(&out), "x");
    rf_buf_finish(&out);
}

static void test_load_large(void **state)
{
    (void)state;
    size_t len = 200001; /* more than one read */
    char *text = malloc(len);
    assert_non_null(text);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + i % 23);
    const char *path = temp_path(&folder, "large");
    assert_int_equal(rf_file_save(path, text, len), 0);
    struct rf_buf out = RF_BUF_INIT;
    assert_int_equal(rf_file_load(path, SIZE_MAX, &out), 0);
    assert_int_equal(out.len, len);
    assert_memory_equal(out.data, text, len);
    rf_buf_finish(&out);
    free(text);
}

static void test_load_what_is_no_file(void **state)
{
    (void)state;
    struct rf_buf out = RF_BUF_INIT;
    assert_int_equal(rf_file_load(temp_path(&folder, "none"), 10, &out), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(rf_file_load(folder.path, 10, &out), -1);
    assert_int_equal(errno, EISDIR);
    const char *fifo = temp_path(&folder, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(rf_file_load(fifo, 10, &out), -1); /* and does not wait for a writer */
    assert_int_equal(errno, EINVAL);
    rf_buf_finish(&out);
}

static void test_save_replaces(void **state)
{
    (void)state;
    const char *path = temp_write(&folder, "a.json", "old and longer");
    mode_t mask = umask(0022);
    assert_int_equal(rf_file_save(path, "new", 3), 0);
    umask(mask);
    char *text = temp_read(path);
    assert_string_equal(text, "new");
    free(text);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    assert_int_equal(temp_count(&folder, "", NULL), 1);
}

static void test_save_over_what_a_crash_left(void **state)
{
    (void)state;
    /* A link under the temporary name must not be followed: what it points to stays. */
    const char *victim = temp_write(&folder, "victim", "untouched");
    const char *path = temp_path(&folder, "a.json");
    assert_int_equal(symlink(victim, temp_path(&folder, ".tmp-a.json")), 0);
    assert_int_equal(rf_file_save(path, "new", 3), 0);
    char *text = temp_read(victim);
    assert_string_equal(text, "untouched");
    free(text);
    text = temp_read(path);
    assert_string_equal(text, "new");
    free(text);
    assert_int_equal(temp_count(&folder, ".tmp-", NULL), 0);
}

static void test_save_fails_cleanly(void **state)
{
    (void)state;
    /* A folder in the place of the file: the rename fails, whoever runs this. */
    const char *path = temp_path(&folder, "taken");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(rf_file_save(path, "new", 3), -1);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(temp_count(&folder, ".tmp-", NULL), 0);
    assert_int_equal(rf_file_save(temp_path(&folder, "none/a"), "new", 3), -1);
    assert_int_equal(errno, ENOENT);
}

static void test_save_bare_name(void **state)
{
    (void)state;
    char *before = getcwd(NULL, 0);
    assert_non_null(before);
    assert_int_equal(chdir(folder.path), 0);
    assert_int_equal(rf_file_save("bare", "x", 1), 0);
    assert_int_equal(access("bare", F_OK), 0);
    assert_int_equal(rf_file_remove("bare"), 0);
    assert_int_equal(chdir(before), 0);
    free(before);
}

static void test_remove(void **state)
{
    (void)state;
    const char *path = temp_write(&folder, "a", "x");
    assert_int_equal(rf_file_remove(path), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(rf_file_remove(path), 0);
    assert_int_equal(rf_file_remove(temp_path(&folder, "none/a")), 0);
    assert_int_equal(rf_file_remove(folder.path), -1);
}

static void test_make_folder(void **state)
{
    (void)state;
    const char *path = temp_path(&folder, "a//b/c/");
    mode_t mask = umask(0022);
    assert_int_equal(rf_file_make_folder(path), 0);
    umask(mask);
    struct stat status;
    assert_int_equal(stat(temp_path(&folder, "a/b/c"), &status), 0);
    assert_true(S_ISDIR(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0750);
    assert_int_equal(rf_file_make_folder(path), 0);
    assert_int_equal(rf_file_make_folder("/"), 0);
    assert_int_equal(rf_file_make_folder(""), -1);

    const char *file = temp_write(&folder, "file", "");
    assert_int_equal(rf_file_make_folder(file), -1);
    assert_int_equal(errno, ENOTDIR);
    assert_int_equal(rf_file_make_folder(temp_path(&folder, "file/below")), -1);
    assert_int_equal(errno, ENOTDIR);

    assert_int_equal(rf_file_make_folder_for(temp_path(&folder, "x/y/file.log")), 0);
    assert_int_equal(stat(temp_path(&folder, "x/y"), &status), 0);
    assert_int_equal(access(temp_path(&folder, "x/y/file.log"), F_OK), -1);
    assert_int_equal(rf_file_make_folder_for("bare.log"), 0);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_load_appends),
        IN_FOLDER(test_load_larger_than_cap),
        IN_FOLDER(test_load_large),
        IN_FOLDER(test_load_what_is_no_file),
        IN_FOLDER(test_save_replaces),
        IN_FOLDER(test_save_over_what_a_crash_left),
        IN_FOLDER(test_save_fails_cleanly),
        IN_FOLDER(test_save_bare_name),
        IN_FOLDER(test_remove),
        IN_FOLDER(test_make_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
