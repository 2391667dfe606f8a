/* test_journal.c - the journal: what a commit makes last, what comes back at the next start, disks that fail.
 */
#include "records.h"

static void test_committed_comes_back(void **state)
{
    struct fixture *fixture = *state;
    struct stat status;
    open_store(fixture);
    append(fixture, "a", 1);
    assert_false(exists(fixture, FIRST)); /* in memory until then */
    assert_int_equal(commit(fixture), 0);
    assert_int_equal(stat(at(fixture, FIRST), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(stat(at(fixture, "journal"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0750);
    assert_int_equal(status_of(fixture).commits, 1);
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "a1 ");
}

static void test_nothing_to_commit_works_and_makes_no_file(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    assert_int_equal(commit(fixture), 0);
    assert_int_equal(count_files(fixture, "journal"), 0);
    assert_int_equal(status_of(fixture).commits, 0);
}

static void test_what_came_meanwhile_shares_a_commit(void **state)
{
    struct fixture *fixture = *state;
    struct outcome first = {0}, second = {0};
    struct jam jam;
    open_store(fixture);
    jam_pool(fixture, &jam);
    append(fixture, "b", 1);
    append(fixture, "a", 1);
    rf_store_commit(fixture->store, on_committed, &first);
    append(fixture, "a", 2); /* while that is under way */
    append(fixture, "b", 2);
    rf_store_commit(fixture->store, on_committed, &second);
    unjam(fixture, &jam);
    run_until_idle(fixture);
    assert_int_equal(first.calls, 1);
    assert_int_equal(second.calls, 1);
    assert_int_equal(status_of(fixture).commits, 2);
    assert_int_equal(count_files(fixture, "journal"), 1);
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "b1 a1 a2 b2 ");
}

static void test_each_start_begins_a_file_above_all(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    put_file(fixture, "journal/00000000000000000041.log", "");
    put_file(fixture, "journal/99999999999999999999.log", "nobody's");
    put_file(fixture, "journal/7.log", "nobody's");
    put_file(fixture, "journal/00000000000000000043.log.bak", "nobody's");
    close_store(fixture);
    for (int i = 1; i <= 2; i++) {
        open_store(fixture);
        append(fixture, "a", i);
        assert_int_equal(commit(fixture), 0);
        close_store(fixture);
    }
    assert_true(exists(fixture, "journal/00000000000000000042.log"));
    assert_true(exists(fixture, "journal/00000000000000000043.log"));
    open_store(fixture);
    assert_records(fixture, "a1 a2 ");
    assert_int_equal(status_of(fixture).quarantined, 0);
    assert_int_equal(status_of(fixture).unreadable, 0);
}

/* ---- damage */

static void write_three(struct fixture *fixture)
{
    open_store(fixture);
    for (int i = 1; i <= 3; i++)
        append(fixture, "a", i);
    assert_int_equal(commit(fixture), 0);
    close_store(fixture);
}

static void test_a_torn_end_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    write_three(fixture);
    assert_int_equal(truncate(at(fixture, FIRST), size_of(fixture, FIRST) - 5), 0);
    open_store(fixture);
    assert_records(fixture, "a1 a2 ");
    append(fixture, "a", 4); /* not behind the torn one */
    assert_int_equal(commit(fixture), 0);
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "a1 a2 a4 ");
    assert_int_equal(status_of(fixture).quarantined, 0);
    assert_false(exists(fixture, "quarantine"));
}

static void test_damage_in_the_middle_is_put_aside(void **state)
{
    struct fixture *fixture = *state;
    write_three(fixture);
    off_t size = size_of(fixture, FIRST);
    FILE *file = fopen(at(fixture, FIRST), "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)size / 2, SEEK_SET), 0);
    assert_int_equal(fputc('\x01', file), '\x01');
    assert_int_equal(fclose(file), 0);
    struct timespec times[2] = {{.tv_sec = T0 / 1000}, {.tv_sec = T0 / 1000}};
    assert_int_equal(utimensat(AT_FDCWD, at(fixture, FIRST), times, 0), 0);
    for (int i = 0; i < 2; i++) { /* the second start finds the same */
        open_store(fixture);
        assert_records(fixture, "a1 a3 ");
        assert_int_equal(status_of(fixture).quarantined, 1);
        close_store(fixture);
    }
    assert_int_equal(count_files(fixture, "quarantine"), 1);
    assert_int_equal(size_of(fixture, "quarantine/00000000000000000001.log.20260101T100000Z"), size);
}

static void test_a_record_of_another_kind_is_put_aside(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    append(fixture, "a", 1);
    append(fixture, "", 2); /* its sum is right, and it names no session */
    append(fixture, "a", 3);
    assert_int_equal(commit(fixture), 0);
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "a1 a3 ");
    assert_int_equal(status_of(fixture).quarantined, 1);
    assert_int_equal(count_files(fixture, "quarantine"), 1);
}

static void test_a_file_that_cannot_be_read_holds_up_none(void **state)
{
    struct fixture *fixture = *state;
    write_three(fixture);
    assert_int_equal(mkdir(at(fixture, "journal/00000000000000000005.log"), 0750), 0);
    open_store(fixture);
    assert_records(fixture, "a1 a2 a3 ");
    assert_int_equal(status_of(fixture).unread, 1);
    append(fixture, "a", 4);
    assert_int_equal(commit(fixture), 0);
    assert_true(exists(fixture, "journal/00000000000000000006.log"));
}

/* ---- rotation */

static void test_a_large_file_is_followed_by_a_new_one(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    append_long(fixture, "a", 1, 600000);
    assert_int_equal(commit(fixture), 0);
    append_long(fixture, "a", 2, 600000);
    assert_int_equal(commit(fixture), 0);
    assert_int_equal(count_files(fixture, "journal"), 1);
    append(fixture, "a", 3);
    assert_int_equal(commit(fixture), 0);
    append(fixture, "a", 4);
    assert_int_equal(commit(fixture), 0);
    assert_int_equal(count_files(fixture, "journal"), 2);
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "a1 a2 a3 a4 ");
}

static void test_an_old_file_is_followed_by_a_new_one(void **state)
{
    struct fixture *fixture = *state;
    fixture->journal_rotate_ms = 1;
    open_store(fixture);
    append(fixture, "a", 1);
    assert_int_equal(commit(fixture), 0);
    assert_int_equal(usleep(3000), 0);
    append(fixture, "a", 2);
    assert_int_equal(commit(fixture), 0);
    assert_int_equal(count_files(fixture, "journal"), 2);
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "a1 a2 ");
}

/* ---- failures */

static void test_a_failed_commit_says_so_and_the_next_begins_anew(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    break_folder(fixture, "journal");
    append(fixture, "a", 1);
    assert_int_equal(commit(fixture), ENOTDIR);
    struct rf_store_status status = status_of(fixture);
    assert_int_equal(status.commits, 0);
    assert_int_equal(status.commit_failures, 1);
    mend_folder(fixture, "journal");
    append(fixture, "a", 2);
    assert_int_equal(commit(fixture), 0);
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "a2 "); /* the first is the caller's to save otherwise */
}

static void test_a_write_cut_short_is_the_end_of_its_file(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    append(fixture, "a", 1);
    assert_int_equal(commit(fixture), 0);
    off_t size = size_of(fixture, FIRST);
    struct rlimit before = limit_files_to((rlim_t)size + 50);
    append(fixture, "a", 2);
    int error = commit(fixture);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(error, EFBIG);
    assert_int_equal(size_of(fixture, FIRST), size + 50); /* torn */
    append(fixture, "a", 3);
    assert_int_equal(commit(fixture), 0);
    assert_int_equal(size_of(fixture, FIRST), size + 50);
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "a1 a3 ");
    assert_int_equal(status_of(fixture).quarantined, 0);
}

static void test_a_full_disk_is_not_strewn_with_stumps(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    struct rlimit before = limit_files_to(50);
    int errors = 0;
    for (int i = 1; i <= 3; i++) {
        append(fixture, "a", i);
        errors += commit(fixture) == EFBIG;
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(errors, 3);
    assert_int_equal(count_files(fixture, "journal"), 0);
    append(fixture, "a", 4);
    assert_int_equal(commit(fixture), 0);
    assert_int_equal(count_files(fixture, "journal"), 1);
}

static void test_a_removed_folder_is_made_again(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    assert_int_equal(rmdir(at(fixture, "journal")), 0);
    append(fixture, "a", 1);
    assert_int_equal(commit(fixture), 0);
    close_store(fixture);
    open_store(fixture);
    assert_records(fixture, "a1 ");
}

/* ---- the end */

struct closing {
    struct fixture *fixture;
    struct outcome outcome;
};

static void on_closed_last(void *ctx)
{
    struct closing *closing = ctx;
    assert_int_equal(closing->outcome.calls, 1);
    closing->fixture->closed = true;
}

static void test_close_waits_for_a_commit(void **state)
{
    struct fixture *fixture = *state;
    struct closing closing = {.fixture = fixture};
    struct jam jam;
    open_store(fixture);
    jam_pool(fixture, &jam);
    append(fixture, "a", 1);
    rf_store_commit(fixture->store, on_committed, &closing.outcome);
    append(fixture, "a", 2); /* what nobody asked to commit is not lost for that */
    fixture->closed = false;
    rf_store_close(fixture->store, on_closed_last, &closing);
    fixture->store = NULL;
    unjam(fixture, &jam);
    while (!fixture->closed)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(closing.outcome.error, 0);
    open_store(fixture);
    assert_records(fixture, "a1 a2 ");
}

static void close_from_inside(void *ctx, int error)
{
    struct fixture *fixture = ctx;
    assert_int_equal(error, 0);
    rf_store_close(fixture->store, on_closed, fixture);
    fixture->store = NULL;
}

static void test_a_commit_may_be_answered_with_close(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    append(fixture, "a", 1);
    rf_store_commit(fixture->store, close_from_inside, fixture);
    fixture->closed = false;
    while (!fixture->closed)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    open_store(fixture);
    assert_records(fixture, "a1 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_committed_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_to_commit_works_and_makes_no_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_came_meanwhile_shares_a_commit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_start_begins_a_file_above_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_torn_end_is_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damage_in_the_middle_is_put_aside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_record_of_another_kind_is_put_aside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_that_cannot_be_read_holds_up_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_large_file_is_followed_by_a_new_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_old_file_is_followed_by_a_new_one, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_failed_commit_says_so_and_the_next_begins_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_write_cut_short_is_the_end_of_its_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_full_disk_is_not_strewn_with_stumps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_removed_folder_is_made_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_close_waits_for_a_commit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_commit_may_be_answered_with_close, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
