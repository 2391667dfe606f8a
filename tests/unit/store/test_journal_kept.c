/* test_journal_kept.c - how long files of the journal are kept. */
#include "records.h"

#define FILE_A "sessions/session-a.json"

static const struct sample a1 = {"a", .started_ms = T0, .version = 1};
static const struct sample a2 = {"a", .started_ms = T0, .version = 2};
static const struct sample b1 = {"b", .started_ms = T0 + 1000, .version = 1};

static void test_a_file_goes_when_its_sessions_are_saved(void **state)
{
    struct fixture *fixture = *state;
    open_hasty(fixture);
    write_record(fixture, "a", 2);
    run_for_a_while(fixture);
    assert_true(exists(fixture, FIRST)); /* never saved */
    save(fixture, &a1, false);
    run_for_a_while(fixture);
    assert_true(rf_store_is_saved(fixture->store, "a", 1));
    assert_false(rf_store_is_saved(fixture->store, "a", 2));
    assert_true(exists(fixture, FIRST)); /* an older state */
    save(fixture, &a2, false);
    run_until_gone(fixture, FIRST);
    assert_true(rf_store_is_saved(fixture->store, "a", 2));
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "");
}

static void test_a_file_is_kept_for_its_time(void **state)
{
    struct fixture *fixture = *state;
    fixture->journal_rotate_ms = 1;
    open_store(fixture); /* ten minutes */
    write_record(fixture, "a", 2);
    save(fixture, &a2, false);
    run_until_idle(fixture);
    run_for_a_while(fixture);
    assert_true(exists(fixture, FIRST));
}

static void test_every_session_of_a_file_counts(void **state)
{
    struct fixture *fixture = *state;
    open_hasty(fixture);
    append(fixture, "a", 1);
    append(fixture, "b", 1);
    assert_int_equal(commit(fixture), 0);
    save(fixture, &a1, false);
    run_for_a_while(fixture);
    assert_true(exists(fixture, FIRST));
    save(fixture, &b1, false);
    run_until_gone(fixture, FIRST);
}

static void test_none_goes_before_an_older_one(void **state)
{
    struct fixture *fixture = *state;
    open_hasty(fixture);
    write_record(fixture, "a", 1);
    write_record(fixture, "b", 1);
    save(fixture, &b1, false);
    run_for_a_while(fixture);
    assert_true(exists(fixture, FIRST));
    assert_true(exists(fixture, SECOND));
    save(fixture, &a1, false);
    run_until_gone(fixture, SECOND);
    assert_false(exists(fixture, FIRST));
}

static void test_a_failing_save_keeps_the_file(void **state)
{
    struct fixture *fixture = *state;
    open_hasty(fixture);
    break_folder(fixture, "sessions");
    write_record(fixture, "a", 1);
    save(fixture, &a1, false);
    while (status_of(fixture).failures < 3)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    run_for_a_while(fixture);
    assert_true(exists(fixture, FIRST));
    mend_folder(fixture, "sessions");
    run_until_gone(fixture, FIRST);
}

static void test_a_file_with_new_records_is_not_old(void **state)
{
    struct fixture *fixture = *state;
    fixture->journal_keep_ms = KEEP_MS; /* but a minute for each file */
    open_store(fixture);
    write_record(fixture, "a", 1);
    save(fixture, &a1, false);
    run_until_idle(fixture);
    run_for_a_while(fixture);
    assert_true(exists(fixture, FIRST)); /* written to yet */
    write_record(fixture, "a", 2);
    close_store(fixture);
    open_hasty(fixture);
    assert_records(fixture, "a1 a2 ");
}

static void test_files_of_an_earlier_run_go_too(void **state)
{
    struct fixture *fixture = *state;
    open_hasty(fixture);
    write_record(fixture, "a", 1);
    write_record(fixture, "a", 2);
    close_store(fixture);
    put_session(fixture, &a1);
    open_hasty(fixture);
    assert_true(rf_store_is_saved(fixture->store, "a", 1)); /* as its file says */
    assert_false(rf_store_is_saved(fixture->store, "a", 2));
    run_for_a_while(fixture);
    assert_true(exists(fixture, FIRST)); /* nobody knows yet what is in it */
    assert_records(fixture, "a1 a2 ");
    run_until_gone(fixture, FIRST);
    run_for_a_while(fixture);
    assert_true(exists(fixture, SECOND));
    save(fixture, &a2, false);
    run_until_gone(fixture, SECOND);
}

static void test_a_session_not_worth_a_file_holds_up_none(void **state)
{
    struct fixture *fixture = *state;
    open_hasty(fixture);
    write_record(fixture, "a", 2);
    rf_store_save_nothing(fixture->store, "a", 1);
    run_for_a_while(fixture);
    assert_true(exists(fixture, FIRST));
    rf_store_save_nothing(fixture->store, "a", 2);
    run_until_gone(fixture, FIRST);
    write_record(fixture, "a", 3);
    save(fixture, &a2, false); /* it was, after all */
    run_for_a_while(fixture);
    assert_true(exists(fixture, SECOND));
    save(fixture, &(struct sample){"a", .started_ms = T0, .version = 3}, false);
    run_until_gone(fixture, SECOND);
}

static void test_load_now(void **state)
{
    struct fixture *fixture = *state;
    struct rf_buf json = RF_BUF_INIT;
    make_folders(fixture);
    put_session(fixture, &a1);
    open_store(fixture);
    put_session(fixture, &b1); /* not listed */
    assert_int_equal(rf_store_load_now(fixture->store, "a", &json), 0);
    char *wanted = sample_json(&a1);
    assert_string_equal(rf_buf_str(&json), wanted);
    free(wanted);
    rf_buf_clear(&json);
    assert_int_equal(rf_store_load_now(fixture->store, "b", &json), -1);
    assert_false(rf_store_is_saved(fixture->store, "b", 1));
    assert_int_equal(unlink(at(fixture, FILE_A)), 0);
    assert_int_equal(rf_store_load_now(fixture->store, "a", &json), -1);
    save(fixture, &a2, false); /* newer than any file */
    assert_int_equal(rf_store_load_now(fixture->store, "a", &json), 0);
    wanted = sample_json(&a2);
    assert_string_equal(rf_buf_str(&json), wanted);
    free(wanted);
    rf_buf_finish(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_file_goes_when_its_sessions_are_saved, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_is_kept_for_its_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_session_of_a_file_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_none_goes_before_an_older_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failing_save_keeps_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_with_new_records_is_not_old, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files_of_an_earlier_run_go_too, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_session_not_worth_a_file_holds_up_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_load_now, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
