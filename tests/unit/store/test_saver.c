/* test_saver.c - the queue of saves: what replaces what, disks that fail and come back, and the last try. */
#include "faults.h"

#include "racefacer/base/log.h"

#define T0 1767261600000LL /* 2026-01-01T10:00:00Z */

static struct sample live(const char *id, int laps)
{
    return (struct sample){id, .started_ms = T0, .live = true, .laps = laps};
}

static void save_live(struct fixture *fixture, const char *id, int laps, bool current)
{
    struct sample sample = live(id, laps);
    save(fixture, &sample, current);
}

static void assert_saved(struct fixture *fixture, const char *name, const char *id, int laps)
{
    struct sample sample = live(id, laps);
    assert_file_is(fixture, name, &sample);
}

static void run_until_failures(struct fixture *fixture, uint64_t count)
{
    while (status_of(fixture).failures < count)
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

static void run_until_saved(struct fixture *fixture)
{
    while (status_of(fixture).unsaved > 0)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    run_until_idle(fixture);
}

/* ---- one after the other */

static void test_a_newer_state_replaces_one_that_waits(void **state)
{
    struct fixture *fixture = *state;
    struct jam jam;
    open_store(fixture);
    jam_pool(fixture, &jam);
    save_live(fixture, "a", 1, false); /* under way */
    save_live(fixture, "a", 2, false); /* waits */
    save_live(fixture, "a", 3, false); /* instead of it */
    assert_int_equal(status_of(fixture).unsaved, 1);
    unjam(fixture, &jam);
    run_until_idle(fixture);
    assert_saved(fixture, "sessions/session-a.json", "a", 3);
    assert_int_equal(status_of(fixture).saves, 2);
}

static void test_reading_meanwhile_gives_the_newest(void **state)
{
    struct fixture *fixture = *state;
    struct sample first = live("a", 1), second = live("a", 2);
    struct answer answers[2] = {{0}, {0}};
    struct jam jam;
    open_store(fixture);
    jam_pool(fixture, &jam);
    save(fixture, &first, false);
    rf_store_read(fixture->store, "a", on_read, &answers[0]);
    save(fixture, &second, false);
    rf_store_read(fixture->store, "a", on_read, &answers[1]);
    unjam(fixture, &jam);
    run_until_idle(fixture);
    for (int i = 0; i < 2; i++) {
        char *wanted = sample_json(i == 0 ? &first : &second);
        assert_int_equal(answers[i].calls, 1);
        assert_string_equal(answers[i].json, wanted);
        free(wanted);
        free(answers[i].json);
    }
}

static void test_current_follows_the_last_one_named(void **state)
{
    struct fixture *fixture = *state;
    struct jam jam;
    open_store(fixture);
    jam_pool(fixture, &jam);
    save_live(fixture, "a", 1, true);
    save_live(fixture, "b", 1, true);
    save_live(fixture, "c", 1, false);
    save_live(fixture, "a", 2, false);
    unjam(fixture, &jam);
    run_until_idle(fixture);
    assert_saved(fixture, "current/session.json", "b", 1);
    assert_saved(fixture, "sessions/session-a.json", "a", 2);
    assert_saved(fixture, "sessions/session-c.json", "c", 1);
    save_live(fixture, "b", 2, false); /* ceases to be current: what is there stays */
    run_until_idle(fixture);
    assert_saved(fixture, "current/session.json", "b", 1);
}

/* ---- failures */

static void test_a_failed_save_is_tried_until_it_works(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    break_folder(fixture, "sessions");
    save_live(fixture, "a", 1, true);
    run_until_failures(fixture, 3);
    struct rf_store_status status = status_of(fixture);
    assert_true(status.failing);
    assert_string_equal(status.error, strerror(ENOTDIR));
    assert_int_equal(status.unsaved, 1);
    assert_int_equal(status.saves, 0);
    assert_lists(fixture, ALL, "a /1");
    struct sample sample = live("a", 1);
    assert_reads(fixture, &sample); /* from memory */
    mend_folder(fixture, "sessions");
    run_until_saved(fixture);
    assert_saved(fixture, "sessions/session-a.json", "a", 1);
    assert_saved(fixture, "current/session.json", "a", 1);
    status = status_of(fixture);
    assert_false(status.failing);
    assert_string_equal(status.error, "");
}

static void test_a_newer_state_replaces_a_failed_one(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    break_folder(fixture, "sessions");
    save_live(fixture, "a", 1, false);
    run_until_failures(fixture, 1);
    save_live(fixture, "a", 2, false);
    run_until_failures(fixture, 2);
    mend_folder(fixture, "sessions");
    run_until_saved(fixture);
    assert_saved(fixture, "sessions/session-a.json", "a", 2);
    assert_int_equal(status_of(fixture).saves, 1);
}

static void test_new_states_do_not_hurry_a_failing_disk(void **state)
{
    struct fixture *fixture = *state;
    fixture->retry_min_ms = fixture->retry_max_ms = 3600000;
    open_store(fixture);
    break_folder(fixture, "sessions");
    save_live(fixture, "a", 1, false);
    run_until_failures(fixture, 1);
    for (int laps = 2; laps < 10; laps++) {
        save_live(fixture, "a", laps, false);
        uv_run(&fixture->loop, UV_RUN_NOWAIT);
    }
    assert_true(rf_store_idle(fixture->store)); /* nothing is under way: it waits for its time */
    assert_int_equal(status_of(fixture).failures, 1);
    mend_folder(fixture, "sessions");
    close_store(fixture); /* does not wait an hour */
    assert_saved(fixture, "sessions/session-a.json", "a", 9);
}

static void test_a_removed_folder_is_made_again(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    assert_int_equal(rmdir(at(fixture, "sessions")), 0);
    save_live(fixture, "a", 1, false);
    run_until_idle(fixture);
    assert_saved(fixture, "sessions/session-a.json", "a", 1);
    assert_int_equal(status_of(fixture).failures, 0);
}

static void test_current_fails_alone(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    break_folder(fixture, "current");
    save_live(fixture, "a", 1, true);
    save_live(fixture, "b", 1, false);
    run_until_failures(fixture, 2);
    while (status_of(fixture).unsaved > 0)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_saved(fixture, "sessions/session-a.json", "a", 1);
    assert_saved(fixture, "sessions/session-b.json", "b", 1);
    assert_true(status_of(fixture).failing);
    mend_folder(fixture, "current");
    while (status_of(fixture).failing)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_saved(fixture, "current/session.json", "a", 1);
}

/* A full disk, as far as a process can make one: a write past the limit fails, and the old file must stand.
 */
static void test_a_write_cut_short_leaves_the_old_file(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit before;
    open_store(fixture);
    save_live(fixture, "a", 1, false);
    run_until_idle(fixture);
    before = limit_files_to(100);
    save_live(fixture, "a", 2, false);
    run_until_failures(fixture, 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_string_equal(status_of(fixture).error, strerror(EFBIG));
    assert_saved(fixture, "sessions/session-a.json", "a", 1);
    assert_false(exists(fixture, "sessions/.tmp-session-a.json"));
    run_until_saved(fixture);
    assert_saved(fixture, "sessions/session-a.json", "a", 2);
}

/* ---- the log */

static void log_to_file(struct fixture *fixture)
{
    struct rf_log_options options = {.level = RF_LOG_INFO, .json = true, .file = at(fixture, "log")};
    fixture->log = rf_log_create(&options, NULL);
}

static int count_in_log(struct fixture *fixture, const char *what)
{
    struct rf_buf text = RF_BUF_INIT;
    int count = 0;
    assert_int_equal(rf_file_load(at(fixture, "log"), 1 << 20, &text), 0);
    for (const char *found = rf_buf_str(&text); (found = strstr(found, what)) != NULL; found++)
        count++;
    rf_buf_finish(&text);
    return count;
}

static void test_a_failure_is_told_once_and_so_is_its_end(void **state)
{
    struct fixture *fixture = *state;
    log_to_file(fixture);
    open_store(fixture);
    break_folder(fixture, "sessions");
    save_live(fixture, "a", 1, false);
    run_until_failures(fixture, 4);
    assert_int_equal(count_in_log(fixture, "cannot be saved: Not a directory"), 1);
    assert_int_equal(count_in_log(fixture, "/sessions/session-a.json"), 1);
    assert_int_equal(count_in_log(fixture, "saving works again"), 0);
    mend_folder(fixture, "sessions");
    run_until_saved(fixture);
    save_live(fixture, "a", 2, false);
    run_until_idle(fixture);
    assert_int_equal(count_in_log(fixture, "saving works again"), 1);
}

static void test_what_the_last_try_lost_is_named(void **state)
{
    struct fixture *fixture = *state;
    fixture->retry_min_ms = fixture->retry_max_ms = 3600000;
    log_to_file(fixture);
    open_store(fixture);
    save_live(fixture, "kept", 1, false);
    run_until_idle(fixture);
    break_folder(fixture, "sessions");
    save_live(fixture, "lost-1", 1, false);
    run_until_failures(fixture, 1);
    save_live(fixture, "lost-2", 1, false);
    close_store(fixture);
    assert_int_equal(count_in_log(fixture, "were not saved: lost-1, lost-2") +
                         count_in_log(fixture, "were not saved: lost-2, lost-1"),
        1); /* in the order in which the tries ended */
    assert_int_equal(count_in_log(fixture, "kept"), 0);
    mend_folder(fixture, "sessions");
    open_store(fixture);
    assert_lists(fixture, ALL, "kept /1");
}

/* ---- the end */

static void test_close_saves_what_waits(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {0};
    char id[16];
    open_store(fixture);
    for (int i = 0; i < 10; i++) {
        (void)snprintf(id, sizeof id, "s%d", i);
        save_live(fixture, id, 1, i == 9);
        save_live(fixture, id, 2, i == 9);
    }
    rf_store_read(fixture->store, "s3", on_read, &answer);
    close_store(fixture);
    assert_int_equal(answer.calls, 1); /* before the end */
    free(answer.json);
    for (int i = 0; i < 10; i++) {
        char name[64];
        (void)snprintf(id, sizeof id, "s%d", i);
        (void)snprintf(name, sizeof name, "sessions/session-s%d.json", i);
        assert_saved(fixture, name, id, 2);
    }
    assert_saved(fixture, "current/session.json", "s9", 2);
}

static void test_close_tries_once_more_what_was_failing_under_way(void **state)
{
    struct fixture *fixture = *state;
    struct jam jam;
    open_store(fixture);
    break_folder(fixture, "sessions");
    jam_pool(fixture, &jam);
    save_live(fixture, "a", 1, false);
    rf_store_close(fixture->store, on_closed, fixture);
    unjam(fixture, &jam);
    while (!fixture->closed) /* both tries fail; it ends all the same */
        uv_run(&fixture->loop, UV_RUN_ONCE);
    fixture->store = NULL;
    mend_folder(fixture, "sessions");
    assert_false(exists(fixture, "sessions/session-a.json"));
}

static void test_a_save_that_hangs_counts_as_failing(void **state)
{
    struct fixture *fixture = *state;
    struct jam jam;
    fixture->save_patience_ms = 20;
    open_store(fixture);
    jam_pool(fixture, &jam);
    save_live(fixture, "a", 1, false);
    while (!status_of(fixture).failing) /* else the test's time runs out */
        assert_int_equal(usleep(1000), 0);
    assert_string_equal(status_of(fixture).error, "the disk takes very long");
    assert_int_equal(status_of(fixture).failures, 0);
    unjam(fixture, &jam);
    run_until_idle(fixture);
    assert_false(status_of(fixture).failing);
    assert_string_equal(status_of(fixture).error, "");
    assert_saved(fixture, "sessions/session-a.json", "a", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_save_that_hangs_counts_as_failing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_newer_state_replaces_one_that_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reading_meanwhile_gives_the_newest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_current_follows_the_last_one_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failed_save_is_tried_until_it_works, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_newer_state_replaces_a_failed_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_new_states_do_not_hurry_a_failing_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_removed_folder_is_made_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_current_fails_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_write_cut_short_leaves_the_old_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failure_is_told_once_and_so_is_its_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_the_last_try_lost_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_close_saves_what_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_close_tries_once_more_what_was_failing_under_way, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
