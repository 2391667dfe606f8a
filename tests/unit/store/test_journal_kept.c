/* test_journal_kept.c - how long files of the journal are kept, and what becomes of deleted sessions in it.
 */
#include "records.h"

#define SECOND "journal/00000000000000000002.log"
#define KEEP_MS 5
#define FILE_A "sessions/session-a.json"

static const struct sample a1 = {"a", .started_ms = T0, .version = 1};
static const struct sample a2 = {"a", .started_ms = T0, .version = 2};
static const struct sample b1 = {"b", .started_ms = T0 + 1000, .version = 1};

/* Files that may go do so within milliseconds, and none is written to twice. */
static void open_hasty(struct fixture *fixture)
{
    fixture->journal_keep_ms = KEEP_MS;
    fixture->journal_rotate_ms = 1;
    open_store(fixture);
}

static void write_record(struct fixture *fixture, const char *id, int version)
{
    assert_int_equal(usleep(2000), 0); /* the file before has had its time */
    append(fixture, id, version);
    assert_int_equal(commit(fixture), 0);
}

static void count_down(uv_timer_t *timer)
{
    int *left = timer->data;
    if (--*left == 0)
        uv_close((uv_handle_t *)timer, NULL);
}

/* Long enough for what may go to be gone. */
static void run_for_a_while(struct fixture *fixture)
{
    uv_timer_t timer;
    int left = 20;
    assert_int_equal(uv_timer_init(&fixture->loop, &timer), 0);
    timer.data = &left;
    assert_int_equal(uv_timer_start(&timer, count_down, KEEP_MS, KEEP_MS), 0);
    while (left > 0)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    uv_run(&fixture->loop, UV_RUN_NOWAIT); /* the timer is gone */
}

static void run_until_gone(struct fixture *fixture, const char *name)
{
    while (exists(fixture, name)) /* else the test's time runs out */
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

/* ---- coverage */

static void test_a_file_goes_when_its_sessions_are_saved(void **state)
{
    struct fixture *fixture = *state;
    open_hasty(fixture);
    write_record(fixture, "a", 2);
    run_for_a_while(fixture);
    assert_true(exists(fixture, FIRST)); /* never saved */
    save(fixture, &a1, false);
    run_for_a_while(fixture);
    assert_int_equal(rf_store_saved_version(fixture->store, "a"), 1);
    assert_true(exists(fixture, FIRST)); /* an older state */
    save(fixture, &a2, false);
    run_until_gone(fixture, FIRST);
    assert_int_equal(rf_store_saved_version(fixture->store, "a"), 2);
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
    assert_int_equal(rf_store_saved_version(fixture->store, "a"), 1); /* as its file says */
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
    assert_int_equal(rf_store_saved_version(fixture->store, "b"), 0);
    assert_int_equal(unlink(at(fixture, FILE_A)), 0);
    assert_int_equal(rf_store_load_now(fixture->store, "a", &json), -1);
    save(fixture, &a2, false); /* newer than any file */
    assert_int_equal(rf_store_load_now(fixture->store, "a", &json), 0);
    wanted = sample_json(&a2);
    assert_string_equal(rf_buf_str(&json), wanted);
    free(wanted);
    rf_buf_finish(&json);
}

/* ---- deleted sessions */

static void test_a_deletion_stands_behind_the_records(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    append(fixture, "a", 1);
    assert_int_equal(commit(fixture), 0);
    append(fixture, "a", 2); /* not committed yet */
    save(fixture, &a2, true);
    run_until_idle(fixture);
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETED);
    append(fixture, "b", 1);
    assert_int_equal(commit(fixture), 0);
    close_store(fixture);
    open_store(fixture);
    assert_lists(fixture, ALL, "/0");
    assert_records(fixture, "a1 a2 -a b1 ");
}

static void test_no_record_comes_behind_the_deletion(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {0};
    open_store(fixture);
    save(fixture, &a1, false);
    run_until_idle(fixture);
    rf_store_delete(fixture->store, "a", on_deleted, &answer);
    append(fixture, "a", 2); /* late laps: while it is being deleted */
    wait_for(fixture, &answer);
    append(fixture, "a", 3); /* and afterwards */
    append(fixture, "b", 1);
    assert_int_equal(commit(fixture), 0);
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "-a b1 ");
}

struct checkpoint {
    uv_work_t work;
    sem_t arrived, gate;
};

static void stop_there(uv_work_t *work)
{
    struct checkpoint *checkpoint = work->data;
    assert_int_equal(sem_post(&checkpoint->arrived), 0);
    while (sem_wait(&checkpoint->gate) != 0)
        continue;
}

/* One thread does what the delete has asked for by now, and then gets to the checkpoint. */
static void test_it_is_on_disk_before_the_file_goes(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {0};
    struct checkpoint checkpoint;
    struct jam jam;
    open_store(fixture);
    save(fixture, &a1, false);
    run_until_idle(fixture);
    jam_pool(fixture, &jam);
    rf_store_delete(fixture->store, "a", on_deleted, &answer);
    checkpoint.work.data = &checkpoint;
    assert_int_equal(sem_init(&checkpoint.arrived, 0, 0), 0);
    assert_int_equal(sem_init(&checkpoint.gate, 0, 0), 0);
    assert_int_equal(uv_queue_work(&fixture->loop, &checkpoint.work, stop_there, NULL), 0);
    assert_int_equal(sem_post(&jam.gate), 0);
    while (sem_wait(&checkpoint.arrived) != 0)
        continue;
    assert_true(size_of(fixture, FIRST) > 0);
    assert_true(exists(fixture, FILE_A));
    assert_int_equal(sem_post(&checkpoint.gate), 0);
    unjam(fixture, &jam);
    run_until_idle(fixture);
    assert_int_equal(answer.deleted, RF_STORE_DELETED);
    assert_false(exists(fixture, FILE_A));
    assert_int_equal(sem_destroy(&checkpoint.arrived), 0);
    assert_int_equal(sem_destroy(&checkpoint.gate), 0);
}

static void test_a_failed_delete_was_journaled(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    save(fixture, &a1, false);
    run_until_idle(fixture);
    assert_int_equal(unlink(at(fixture, FILE_A)), 0);
    assert_int_equal(mkdir(at(fixture, FILE_A), 0750), 0); /* cannot be unlinked */
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETE_FAILED);
    append(fixture, "a", 2);
    assert_int_equal(commit(fixture), 0);
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "-a a2 "); /* its laps go on to be kept */
}

static void test_a_clean_up_is_journaled(void **state)
{
    struct fixture *fixture = *state;
    fixture->max_sessions = 1;
    make_folders(fixture);
    put_session(fixture, &a1);
    put_session(fixture, &b1);
    open_store(fixture);
    rf_store_clean(fixture->store);
    run_until_idle(fixture);
    assert_false(exists(fixture, FILE_A));
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "-a ");
}

static void test_records_of_a_deleted_session_hold_up_no_file(void **state)
{
    struct fixture *fixture = *state;
    open_hasty(fixture);
    save(fixture, &a1, false);
    run_until_idle(fixture);
    write_record(fixture, "a", 2); /* no save will ever have it */
    run_for_a_while(fixture);
    assert_true(exists(fixture, FIRST));
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETED);
    run_until_gone(fixture, FIRST);
}

static void test_nor_do_they_after_a_start(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    save(fixture, &a1, false);
    run_until_idle(fixture);
    append(fixture, "a", 2);
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETED);
    close_store(fixture);
    open_hasty(fixture);
    assert_records(fixture, "a2 -a ");
    run_until_gone(fixture, FIRST);
}

static void test_a_deletion_that_was_not_journaled_is_so_later(void **state)
{
    struct fixture *fixture = *state;
    fixture->journal_rotate_ms = 1;
    open_store(fixture);
    save(fixture, &a1, false);
    write_record(fixture, "a", 1);
    run_until_idle(fixture);
    assert_int_equal(usleep(2000), 0); /* a new file is to be begun */
    break_folder(fixture, "journal");
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETED); /* a full disk is why people delete */
    assert_int_equal(status_of(fixture).commit_failures, 1);
    assert_false(exists(fixture, FILE_A));
    mend_folder(fixture, "journal");
    append(fixture, "b", 1);
    assert_int_equal(commit(fixture), 0);
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "a1 -a b1 ");
}

static void test_a_deletion_not_journaled_is_so_at_the_close(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    save(fixture, &a1, false);
    run_until_idle(fixture);
    break_folder(fixture, "journal");
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETED);
    mend_folder(fixture, "journal");
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "-a ");
}

static void test_it_is_not_where_the_session_lives_again(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    save(fixture, &a1, false);
    run_until_idle(fixture);
    break_folder(fixture, "journal");
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETED);
    assert_int_equal(status_of(fixture).commit_failures, 1);
    save(fixture, &(struct sample){"a", .started_ms = T0, .live = true, .version = 3}, false);
    mend_folder(fixture, "journal");
    append(fixture, "a", 4);
    assert_int_equal(commit(fixture), 0);
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "a4 ");
}

/* Whose records went with somebody else's commit learns of their failure all the same. */
static void test_records_lost_with_a_deletion_are_told_of(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {0};
    open_store(fixture);
    save(fixture, &a1, false);
    run_until_idle(fixture);
    break_folder(fixture, "journal");
    append(fixture, "b", 1);
    rf_store_delete(fixture->store, "a", on_deleted, &answer);
    wait_for(fixture, &answer);
    mend_folder(fixture, "journal");
    assert_int_equal(commit(fixture), ENOTDIR);
    append(fixture, "b", 2);
    assert_int_equal(commit(fixture), 0);
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
        cmocka_unit_test_setup_teardown(test_a_deletion_stands_behind_the_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_record_comes_behind_the_deletion, setup, teardown),
        cmocka_unit_test_setup_teardown(test_it_is_on_disk_before_the_file_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failed_delete_was_journaled, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_clean_up_is_journaled, setup, teardown),
        cmocka_unit_test_setup_teardown(test_records_of_a_deleted_session_hold_up_no_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nor_do_they_after_a_start, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_deletion_that_was_not_journaled_is_so_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_deletion_not_journaled_is_so_at_the_close, setup, teardown),
        cmocka_unit_test_setup_teardown(test_it_is_not_where_the_session_lives_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_records_lost_with_a_deletion_are_told_of, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
