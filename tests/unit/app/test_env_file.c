/* test_env_file.c - the lines of a .env, as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "app/env_file.h"
#include "support/temp_folder.h"

static struct temp_folder folder;
static struct env_file file;
static struct rf_buf warnings;

static int set_up(void **state)
{
    (void)state;
    temp_folder_make(&folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rf_env_file_finish(&file);
    rf_buf_finish(&warnings);
    temp_folder_remove(&folder);
    return 0;
}

static int load(const char *text)
{
    rf_env_file_finish(&file);
    rf_buf_clear(&warnings);
    return rf_env_file_load(&file, temp_write(&folder, ".env", text), &warnings);
}

static void assert_value(const char *line, const char *expected)
{
    assert_int_equal(load(line), 0);
    const struct env_entry *entry = rf_env_file_find(&file, "A");
    if (entry == NULL)
        fail_msg("no A in <%s>", line);
    if (strcmp(entry->value, expected) != 0)
        fail_msg("<%s> was read as <%s>, not <%s>", line, entry->value, expected);
    assert_string_equal(rf_buf_str(&warnings), "");
}

static void test_values(void **state)
{
    (void)state;
    assert_value("A=b", "b");
    assert_value("A=b\n", "b");
    assert_value("A=b\r\n", "b");
    assert_value("  A = b c  \n", "b c");
    assert_value("export A=b", "b");
    assert_value("export\tA=b", "b");
    assert_value("A=", "");
    assert_value("A=b=c", "b=c");
    assert_value("\xEF\xBB\xBF"
                 "A=b",
        "b");
    assert_value("A=\xC5\xBC", "\xC5\xBC");
}

static void test_comments(void **state)
{
    (void)state;
    assert_value("# A=x\nA=b # a comment", "b");
    assert_value("A=b#c", "b#c");
    assert_value("A=b#c #d", "b#c");
    assert_value("A=b\t# c", "b");
    assert_value("A=# c", "");
    assert_value("A= # c", "");
}

static void test_quotes(void **state)
{
    (void)state;
    assert_value("A='b # c'", "b # c");
    assert_value("A=\" b \"", " b ");
    assert_value("A='b' # c", "b");
    assert_value("A=\"b\\\"c\\\\d\\n\"", "b\"c\\d\\n");
    assert_value("A='b\\'", "b\\");
    assert_value("A=''", "");
    assert_value("A='b\r\n", "'b");       /* never closed: part of the text */
    assert_value("A='b'c'd'", "'b'c'd'"); /* something after the closing one: the same */
    assert_value("A=b'c'", "b'c'");
}

static void test_lines_and_order(void **state)
{
    (void)state;
    assert_int_equal(load("\n# x\nA=1\n\nB=2\nA=3"), 0);
    assert_int_equal(file.count, 3);
    assert_int_equal(rf_env_file_find(&file, "B")->line, 5);
    assert_string_equal(rf_env_file_find(&file, "A")->value, "3");
    assert_null(rf_env_file_find(&file, "C"));
}

static void test_lines_that_say_nothing(void **state)
{
    (void)state;
    assert_int_equal(load("A=1\nhello\n=2\n\v = 3\n"), 0);
    assert_int_equal(file.count, 1);
    assert_non_null(strstr(rf_buf_str(&warnings), ".env, line 2: not of the form NAME=value, ignored\n"));
    assert_non_null(strstr(rf_buf_str(&warnings), ".env, line 3: not of the form"));
    assert_non_null(strstr(rf_buf_str(&warnings), ".env, line 4: not of the form"));
    assert_null(strstr(rf_buf_str(&warnings), "line 1"));
}

static void test_missing_and_empty(void **state)
{
    (void)state;
    assert_int_equal(rf_env_file_load(&file, temp_path(&folder, "none"), &warnings), 0);
    assert_int_equal(file.count, 0);
    assert_int_equal(load(""), 0);
    assert_int_equal(file.count, 0);
    assert_string_equal(rf_buf_str(&warnings), "");
}

static void test_too_large(void **state)
{
    (void)state;
    size_t cap = 64 * 1024;
    char *text = malloc(cap + 2);
    assert_non_null(text);
    memset(text, '#', cap + 1);
    text[cap + 1] = '\0';
    assert_int_equal(load(text), -1);
    assert_int_equal(errno, EFBIG);
    text[cap] = '\0';
    assert_int_equal(load(text), 0);
    free(text);
}

static void test_nul_byte(void **state)
{
    (void)state;
    FILE *out = fopen(temp_path(&folder, ".env"), "w");
    assert_non_null(out);
    assert_int_equal(fwrite("A=1\nB=2\0C=3\n", 1, 12, out), 12);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(rf_env_file_load(&file, temp_path(&folder, ".env"), &warnings), 0);
    assert_int_equal(file.count, 2);
    assert_non_null(strstr(rf_buf_str(&warnings), "NUL"));
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_values),
        IN_FOLDER(test_comments),
        IN_FOLDER(test_quotes),
        IN_FOLDER(test_lines_and_order),
        IN_FOLDER(test_lines_that_say_nothing),
        IN_FOLDER(test_missing_and_empty),
        IN_FOLDER(test_too_large),
        IN_FOLDER(test_nul_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
