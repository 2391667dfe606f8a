/* test_version.c - storage folders of older and newer versions. */
#include "fixture.h"

#define T0 1767261600000LL /* 2026-01-01T10:00:00Z */

static void assert_version(struct fixture *fixture, const char *wanted)
{
    struct rf_buf text = RF_BUF_INIT;
    assert_int_equal(rf_file_load(at(fixture, "version"), 64, &text), 0);
    assert_string_equal(rf_buf_str(&text), wanted);
    rf_buf_finish(&text);
}

static void test_a_new_folder_gets_one(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    assert_version(fixture, "1\n");
}

static void test_a_folder_of_before_there_were_versions_is_read(void **state)
{
    struct fixture *fixture = *state;
    make_folders(fixture);
    put_session(fixture, &(struct sample){"a", .started_ms = T0});
    open_store(fixture);
    assert_lists(fixture, ALL, "a /1");
    assert_version(fixture, "1\n");
}

static void test_a_newer_one_is_refused_and_nothing_is_touched(void **state)
{
    static const char *const versions[] = {"2\n", "2", "18446744073709551615\n"};
    struct fixture *fixture = *state;
    make_folders(fixture);
    put_file(fixture, "sessions/.tmp-session-a.json", "{\"half");
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        put_file(fixture, "version", versions[i]);
        char *error = open_error(fixture);
        assert_non_null(error);
        assert_null(fixture->store);
        assert_non_null(strstr(error, fixture->path));
        assert_non_null(strstr(error, "is of a newer version of this program: it has storage version "));
        assert_non_null(strstr(error, "Start the newer program again, or set STORAGE_PATH"));
        free(error);
        assert_version(fixture, versions[i]);
        assert_true(exists(fixture, "sessions/.tmp-session-a.json"));
    }
    put_file(fixture, "version", "1\n");
    open_store(fixture); /* the lock was let go of */
}

/* Nobody's laps are refused for a number that somebody's editor has spoilt. */
static void test_what_is_no_number_is_taken_for_ours(void **state)
{
    static const char *const texts[] = {"", "one\n", "-2\n", "2 or so\n", "99999999999999999999999\n", "0\n"};
    struct fixture *fixture = *state;
    make_folders(fixture);
    put_session(fixture, &(struct sample){"a", .started_ms = T0});
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put_file(fixture, "version", texts[i]);
        open_store(fixture);
        assert_lists(fixture, ALL, "a /1");
        assert_version(fixture, texts[i]);
        close_store(fixture);
    }
    open_store(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_new_folder_gets_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_folder_of_before_there_were_versions_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_newer_one_is_refused_and_nothing_is_touched, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_number_is_taken_for_ours, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
