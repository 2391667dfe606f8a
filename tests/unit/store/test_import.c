/* test_import.c - what is taken from another storage folder, what is left, and that a second time changes
 * nothing. */
#include "fixture.h"

#include "racefacer/store/import.h"

#define T0 1767261600000LL /* 2026-01-01T10:00:00Z */

/* As the first server wrote them; `more` are further members. */
static void put_old(
    struct fixture *fixture, const char *name, const char *id, int64_t changed_ms, const char *more)
{
    struct rf_buf text = RF_BUF_INIT;
    char changed[RF_ISO_SIZE];
    rf_buf_printf(&text,
        "{\n  \"sessionId\": %s,\n  \"timestamp\": \"%s\",\n%s  \"lapHistory\": {\"05\": [{\"lapNum\": 2, "
        "\"timeRaw\": 30111}]}\n}",
        id, rf_time_iso(changed_ms, changed), more);
    put_file(fixture, name, rf_buf_str(&text));
    rf_buf_finish(&text);
}

static void make_source(struct fixture *fixture)
{
    assert_int_equal(rf_file_make_folder(at(fixture, "old/sessions")), 0);
    assert_int_equal(rf_file_make_folder(at(fixture, "old/current")), 0);
    put_old(fixture, "old/sessions/session-1767261600000.json", "1767261600000", T0 + 9000, "");
    put_old(fixture, "old/sessions/session-1767261700000.json", "1767261700000", T0 + 109000,
        "  \"isComplete\": true,\n");
}

static struct rf_import_result import(struct fixture *fixture, const char *from)
{
    struct rf_import_result result;
    char *error, *source = rf_strdup(at(fixture, from));
    if (rf_store_import(source, at(fixture, "new"), NULL, &result, &error) != 0)
        fail_msg("%s", error);
    free(source);
    return result;
}

static void assert_said(struct rf_import_result *result, const char *line)
{
    if (strstr(rf_buf_str(&result->lines), line) == NULL)
        fail_msg("no \"%s\" in:\n%s", line, rf_buf_str(&result->lines));
}

static void assert_counts(struct rf_import_result *result, size_t taken, size_t updated, size_t there,
    size_t left, size_t unreadable)
{
    assert_int_equal(result->taken, taken);
    assert_int_equal(result->updated, updated);
    assert_int_equal(result->there_already, there);
    assert_int_equal(result->left, left);
    assert_int_equal(result->unreadable, unreadable);
    assert_int_equal(result->failed, 0);
    rf_buf_finish(&result->lines);
}

static void assert_same(struct fixture *fixture, const char *one, const char *other)
{
    struct rf_buf left = RF_BUF_INIT, right = RF_BUF_INIT;
    assert_int_equal(rf_file_load(at(fixture, one), 100000, &left), 0);
    assert_int_equal(rf_file_load(at(fixture, other), 100000, &right), 0);
    assert_string_equal(rf_buf_str(&left), rf_buf_str(&right));
    rf_buf_finish(&left);
    rf_buf_finish(&right);
}

static void test_sessions_come_over_as_they_are(void **state)
{
    struct fixture *fixture = *state;
    make_source(fixture);
    struct rf_import_result result = import(fixture, "old");
    assert_int_equal(result.sessions, 2);
    assert_said(&result, "taken          1767261600000: begun 2026-01-01T10:00:09.000Z, 1 karts, 1 laps\n");
    assert_counts(&result, 2, 0, 0, 0, 0);
    assert_same(
        fixture, "old/sessions/session-1767261600000.json", "new/sessions/session-1767261600000.json");
    assert_same(
        fixture, "old/sessions/session-1767261700000.json", "new/sessions/session-1767261700000.json");
    result = import(fixture, "old");
    assert_int_equal(result.sessions, 2);
    assert_counts(&result, 0, 0, 2, 0, 0);
}

static void test_the_folder_above_will_do(void **state)
{
    struct fixture *fixture = *state;
    make_source(fixture);
    assert_int_equal(rf_file_make_folder(at(fixture, "server")), 0);
    char *from = rf_strdup(at(fixture, "old"));
    assert_int_equal(rename(from, at(fixture, "server/storage")), 0);
    free(from);
    struct rf_import_result result = import(fixture, "server");
    assert_counts(&result, 2, 0, 0, 0, 0);
}

static void test_a_session_that_was_going_on_is_over(void **state)
{
    struct fixture *fixture = *state;
    make_source(fixture);
    put_old(fixture, "old/current/session.json", "1767261800000", T0 + 209000, "  \"isComplete\": false,\n");
    struct rf_import_result result = import(fixture, "old");
    assert_said(&result, "taken          1767261800000: ");
    assert_said(&result, "it was going on there, and is over here");
    assert_counts(&result, 3, 0, 0, 0, 0);
    put_old(fixture, "wanted", "1767261800000", T0 + 209000, "  \"isComplete\": true ,\n");
    assert_same(fixture, "wanted", "new/sessions/session-1767261800000.json");
    assert_false(exists(fixture, "new/current/session.json"));
    result = import(fixture, "old");
    assert_counts(&result, 0, 0, 3, 0, 0);
    /* Tried while the first server is still at work, and again when it has stopped. */
    put_old(fixture, "old/current/session.json", "1767261800000", T0 + 309000, "  \"isComplete\": false,\n");
    result = import(fixture, "old");
    assert_said(&result, "brought on     1767261800000: ");
    assert_counts(&result, 0, 1, 2, 0, 0);
    put_old(fixture, "wanted", "1767261800000", T0 + 309000, "  \"isComplete\": true ,\n");
    assert_same(fixture, "wanted", "new/sessions/session-1767261800000.json");
}

static void test_current_is_no_second_session(void **state)
{
    struct fixture *fixture = *state;
    make_source(fixture);
    put_old(fixture, "old/current/session.json", "1767261700000", T0 + 209000, "");
    struct rf_import_result result = import(fixture, "old");
    assert_counts(&result, 2, 0, 0, 0, 0);
    assert_same(
        fixture, "old/sessions/session-1767261700000.json", "new/sessions/session-1767261700000.json");
}

static void test_what_is_no_session_is_left_and_named(void **state)
{
    struct fixture *fixture = *state;
    make_source(fixture);
    put_file(fixture, "old/sessions/session-broken.json", "{\"sessionId\": 17, \"timesta");
    put_file(fixture, "old/sessions/session-other.json", "{\"name\":\"a package\"}");
    put_file(fixture, "old/sessions/no\x1b[2Jtes.txt", "mine");
    put_file(fixture, "old/readme", "mine");
    put_file(fixture, "old/current/session.json", "[]");
    struct rf_import_result result = import(fixture, "old");
    assert_said(&result, "NOT TAKEN      sessions/session-broken.json: ");
    assert_said(&result, "NOT TAKEN      sessions/session-other.json: JSON, but not a session");
    assert_said(&result, "NOT TAKEN      current/session.json: it names no session");
    assert_said(&result, "left           sessions/no?[2Jtes.txt: not named as a session is");
    assert_said(&result, "left           readme: ");
    assert_counts(&result, 2, 0, 0, 2, 3);
    assert_false(exists(fixture, "new/sessions/session-broken.json"));
    assert_true(exists(fixture, "old/sessions/session-broken.json"));
}

/* A file of ours is newer than any of the same name elsewhere, whatever that says. */
static void test_sessions_of_ours_stay(void **state)
{
    struct fixture *fixture = *state;
    make_source(fixture);
    struct rf_import_result result = import(fixture, "old");
    assert_counts(&result, 2, 0, 0, 0, 0);
    char *ours = sample_json(&(struct sample){"1767261600000", .started_ms = T0, .laps = 5, .version = 3});
    put_file(fixture, "new/sessions/session-1767261600000.json", ours);
    put_old(fixture, "old/sessions/session-1767261600000.json", "1767261600000", T0 + 999999000, "");
    put_file(fixture, "new/sessions/session-1767261700000.json", "damaged");
    result = import(fixture, "old");
    assert_said(&result, "NOT TAKEN      sessions/session-1767261700000.json: our storage has a file");
    assert_counts(&result, 0, 0, 1, 0, 1);
    put_file(fixture, "wanted", ours);
    assert_same(fixture, "wanted", "new/sessions/session-1767261600000.json");
    free(ours);
}

static void assert_refused(struct fixture *fixture, const char *from, const char *why)
{
    struct rf_import_result result;
    char *error, *source = rf_strdup(at(fixture, from));
    assert_int_equal(rf_store_import(source, at(fixture, "new"), NULL, &result, &error), -1);
    if (strstr(error, why) == NULL)
        fail_msg("%s", error);
    free(error);
    free(source);
}

static void test_what_cannot_begin_says_why(void **state)
{
    struct fixture *fixture = *state;
    make_source(fixture);
    assert_refused(fixture, "nowhere", "is no storage folder");
    put_file(fixture, "old/version", "2\n");
    assert_refused(fixture, "old", "is of a newer version of this program");
    put_file(fixture, "old/version", "1\n");
    char *theirs = rf_strdup(at(fixture, "old"));
    assert_int_equal(symlink(theirs, at(fixture, "new")), 0);
    assert_refused(fixture, "old", "that is the storage folder itself");
    assert_false(exists(fixture, "old/journal")); /* it was not touched */
    assert_int_equal(unlink(at(fixture, "new")), 0);
    free(theirs);
}

static void test_a_server_at_work_is_not_disturbed(void **state)
{
    struct fixture *fixture = *state;
    make_source(fixture);
    open_store(fixture);
    struct rf_import_result result;
    char *error, *source = rf_strdup(at(fixture, "old"));
    assert_int_equal(rf_store_import(source, fixture->path, NULL, &result, &error), -1);
    assert_non_null(strstr(error, "is in use by another server"));
    free(error);
    free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sessions_come_over_as_they_are, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_folder_above_will_do, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_session_that_was_going_on_is_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_current_is_no_second_session, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_session_is_left_and_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sessions_of_ours_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_cannot_begin_says_why, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_server_at_work_is_not_disturbed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
