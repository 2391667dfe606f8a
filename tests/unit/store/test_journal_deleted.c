/* test_journal_deleted.c - what the journal has of sessions that were deleted or cleaned away. */
#include "records.h"

#define FILE_A "sessions/session-a.json"

static const struct sample a1 = {"a", .started_ms = T0, .version = 1};
static const struct sample a2 = {"a", .started_ms = T0, .version = 2};
static const struct sample b1 = {"b", .started_ms = T0 + 1000, .version = 1};

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

static void test_no_record_counts_behind_the_deletion(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {0};
    open_store(fixture);
    save(fixture, &a1, false);
    append(fixture, "a", 1);
    run_until_idle(fixture);
    rf_store_delete(fixture->store, "a", on_deleted, &answer);
    append(fixture, "a", 2); /* late laps: while it is being deleted */
    wait_for(fixture, &answer);
    append(fixture, "a", 3); /* and afterwards */
    append(fixture, "b", 1);
    assert_int_equal(commit(fixture), 0);
    close_store(fixture);
    open_hasty(fixture);
    assert_records(fixture, "a1 -a -a b1 ");
    save(fixture, &b1, false);
    run_until_gone(fixture, FIRST); /* nor does it hold up the file */
}

/* They are served meanwhile, and the deletion may not come to be. */
static void test_late_laps_last_where_the_deletion_does_not_come_to_be(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {0};
    open_store(fixture);
    save(fixture, &a1, false);
    append(fixture, "a", 1);
    run_until_idle(fixture);
    assert_int_equal(mkdir(at(fixture, "sessions/.tmp-gone-session-a.json"), 0750), 0);
    rf_store_delete(fixture->store, "a", on_deleted, &answer);
    append(fixture, "a", 2);
    wait_for(fixture, &answer);
    assert_int_equal(answer.deleted, RF_STORE_DELETE_FAILED);
    assert_int_equal(commit(fixture), 0);
    close_store(fixture);
    assert_int_equal(rmdir(at(fixture, "sessions/.tmp-gone-session-a.json")), 0);
    open_store(fixture);
    assert_records(fixture, "a1 -a a2 -a ");
}

struct checkpoint {
    uv_work_t work;
    sem_t arrived, gate;
    bool passed;
};

static void stop_there(uv_work_t *work)
{
    struct checkpoint *checkpoint = work->data;
    assert_int_equal(sem_post(&checkpoint->arrived), 0);
    while (sem_wait(&checkpoint->gate) != 0)
        continue;
}

static void past_it(uv_work_t *work, int status)
{
    struct checkpoint *checkpoint = work->data;
    assert_int_equal(status, 0);
    checkpoint->passed = true;
}

/* One thread does what the delete has asked for by now, and then gets to the checkpoint. */
static void test_it_is_on_disk_before_the_file_goes(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {0};
    struct checkpoint checkpoint = {0};
    struct jam jam;
    open_store(fixture);
    save(fixture, &a1, false);
    append(fixture, "a", 1);
    run_until_idle(fixture);
    jam_pool(fixture, &jam);
    rf_store_delete(fixture->store, "a", on_deleted, &answer);
    checkpoint.work.data = &checkpoint;
    assert_int_equal(sem_init(&checkpoint.arrived, 0, 0), 0);
    assert_int_equal(sem_init(&checkpoint.gate, 0, 0), 0);
    assert_int_equal(uv_queue_work(&fixture->loop, &checkpoint.work, stop_there, past_it), 0);
    assert_int_equal(sem_post(&jam.gate), 0);
    while (sem_wait(&checkpoint.arrived) != 0)
        continue;
    assert_true(size_of(fixture, FIRST) > 0);
    assert_true(exists(fixture, FILE_A));
    assert_int_equal(sem_post(&checkpoint.gate), 0);
    unjam(fixture, &jam);
    while (!checkpoint.passed)
        uv_run(&fixture->loop, UV_RUN_ONCE);
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
    append(fixture, "a", 1);
    run_until_idle(fixture);
    assert_int_equal(mkdir(at(fixture, "sessions/.tmp-gone-session-a.json"), 0750), 0);
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETE_FAILED);
    append(fixture, "a", 2);
    assert_int_equal(commit(fixture), 0);
    close_store(fixture);
    assert_int_equal(rmdir(at(fixture, "sessions/.tmp-gone-session-a.json")), 0);
    open_hasty(fixture);
    assert_records(fixture, "a1 -a a2 "); /* its laps go on to be kept */
    run_for_a_while(fixture);
    assert_true(exists(fixture, FIRST)); /* until a save has them */
}

static void test_a_clean_up_is_journaled(void **state)
{
    struct fixture *fixture = *state;
    fixture->max_sessions = 1;
    open_store(fixture);
    save(fixture, &a1, false);
    append(fixture, "a", 1);
    save(fixture, &b1, false);
    rf_store_clean(fixture->store);
    run_until_idle(fixture);
    assert_false(exists(fixture, FILE_A));
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "a1 -a ");
    assert_true(rf_store_knows(fixture->store, "a")); /* so that its id is not used again */
}

/* Nothing in the journal could bring it back. */
static void test_without_records_there_is_nothing_to_tell(void **state)
{
    struct fixture *fixture = *state;
    make_folders(fixture);
    put_session(fixture, &a1);
    open_store(fixture);
    break_folder(fixture, "journal"); /* a full disk is why people delete */
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETED);
    assert_false(exists(fixture, FILE_A));
    mend_folder(fixture, "journal");
    assert_int_equal(count_files(fixture, "journal"), 0);
}

/* What it has in a file that was not read is not known. */
static void test_a_file_that_was_not_read_may_have_records(void **state)
{
    struct fixture *fixture = *state;
    make_folders(fixture);
    put_session(fixture, &a1);
    assert_int_equal(mkdir(at(fixture, "journal"), 0750), 0);
    put_file(fixture, FIRST, "");
    open_store(fixture);
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETED);
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

static void test_a_deletion_that_cannot_be_journaled_is_refused(void **state)
{
    struct fixture *fixture = *state;
    fixture->journal_rotate_ms = 1;
    open_store(fixture);
    save(fixture, &a1, true);
    write_record(fixture, "a", 1);
    run_until_idle(fixture);
    assert_int_equal(usleep(2000), 0); /* a new file is to be begun */
    break_folder(fixture, "journal");
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETE_FAILED);
    assert_int_equal(status_of(fixture).commit_failures, 1);
    assert_file_is(fixture, FILE_A, &a1);
    assert_file_is(fixture, "current/session.json", &a1);
    assert_lists(fixture, ALL, "a /1");
    mend_folder(fixture, "journal");
    close_store(fixture);
    open_store(fixture);
    assert_lists(fixture, ALL, "a /1");
    assert_records(fixture, "a1 ");
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETED);
}

/* The disk is full, so that the session has no file; the journal alone has it, and it may go on being served.
 */
static void test_a_refused_deletion_takes_nothing_from_the_journal(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {0};
    fixture->journal_rotate_ms = 1;
    open_store(fixture);
    write_record(fixture, "a", 1);
    assert_int_equal(usleep(2000), 0); /* a new file is to be begun */
    break_folder(fixture, "sessions");
    break_folder(fixture, "journal");
    save(fixture, &a1, false);
    rf_store_delete(fixture->store, "a", on_deleted, &answer);
    append(fixture, "a", 2);
    wait_for(fixture, &answer);
    assert_int_equal(answer.deleted, RF_STORE_DELETE_FAILED);
    mend_folder(fixture, "journal");
    assert_int_equal(commit(fixture), 0);
    close_store(fixture);
    mend_folder(fixture, "sessions");
    open_store(fixture);
    assert_records(fixture, "a1 a2 ");
}

static void test_a_clean_up_that_cannot_be_journaled_waits(void **state)
{
    struct fixture *fixture = *state;
    fixture->max_sessions = 1;
    open_store(fixture);
    save(fixture, &a1, false);
    append(fixture, "a", 1);
    save(fixture, &b1, false);
    run_until_idle(fixture);
    break_folder(fixture, "journal");
    rf_store_clean(fixture->store);
    run_until_idle(fixture);
    assert_file_is(fixture, FILE_A, &a1);
    mend_folder(fixture, "journal");
    rf_store_clean(fixture->store);
    run_until_idle(fixture);
    assert_false(exists(fixture, FILE_A));
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
    append(fixture, "a", 2);
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
        cmocka_unit_test_setup_teardown(test_a_deletion_stands_behind_the_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_record_counts_behind_the_deletion, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_late_laps_last_where_the_deletion_does_not_come_to_be, setup, teardown),
        cmocka_unit_test_setup_teardown(test_it_is_on_disk_before_the_file_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failed_delete_was_journaled, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_clean_up_is_journaled, setup, teardown),
        cmocka_unit_test_setup_teardown(test_records_of_a_deleted_session_hold_up_no_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nor_do_they_after_a_start, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_records_there_is_nothing_to_tell, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_was_not_read_may_have_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_deletion_that_cannot_be_journaled_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_refused_deletion_takes_nothing_from_the_journal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_clean_up_that_cannot_be_journaled_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_records_lost_with_a_deletion_are_told_of, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
