/* test_remove.c - deleting on request, and the clean-up by age. */
#include "fixture.h"

#define T0 1767261600000LL /* 2026-01-01T10:00:00Z */
#define FILE_A "sessions/session-a.json"

static const struct sample a = {"a", .started_ms = T0, .laps = 1};
static const struct sample a_later = {"a", .started_ms = T0, .laps = 2};
static const struct sample a_live = {"a", .started_ms = T0, .live = true, .laps = 3};
static const struct sample b = {"b", .started_ms = T0 + 1000};

static void open_with_a_and_b(struct fixture *fixture, bool a_is_current)
{
    open_store(fixture);
    save(fixture, &a, a_is_current);
    save(fixture, &b, false);
    run_until_idle(fixture);
}

/* ---- on request */

static void test_deleted_is_gone_from_disk_and_listing(void **state)
{
    struct fixture *fixture = *state;
    open_with_a_and_b(fixture, false);
    uint64_t version = rf_store_version(fixture->store);
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETED);
    assert_false(exists(fixture, FILE_A));
    assert_lists(fixture, ALL, "b /1");
    assert_null(read_now(fixture, "a"));
    assert_int_not_equal(rf_store_version(fixture->store), version);
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_NOT_FOUND);
    char *rest = sample_json(&b);
    assert_int_equal(status_of(fixture).bytes, strlen(rest));
    free(rest);
}

static void test_a_live_or_unknown_session_is_not_deleted(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    save(fixture, &a_live, true);
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_LIVE);
    assert_int_equal(delete_now(fixture, "x"), RF_STORE_NOT_FOUND);
    assert_int_equal(delete_now(fixture, "../sessions/session-a"), RF_STORE_NOT_FOUND);
    run_until_idle(fixture);
    assert_file_is(fixture, FILE_A, &a_live);
}

static void test_current_goes_with_its_session_only(void **state)
{
    struct fixture *fixture = *state;
    open_with_a_and_b(fixture, true);
    assert_int_equal(delete_now(fixture, "b"), RF_STORE_DELETED);
    assert_file_is(fixture, "current/session.json", &a);
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETED);
    assert_false(exists(fixture, "current/session.json"));
}

static void test_the_second_of_two_deletes_finds_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct answer first = {0}, second = {0};
    open_with_a_and_b(fixture, false);
    rf_store_delete(fixture->store, "a", on_deleted, &first);
    rf_store_delete(fixture->store, "a", on_deleted, &second);
    assert_non_null(rf_store_find(fixture->store, "a")); /* until it is gone from the disk */
    run_until_idle(fixture);
    assert_int_equal(first.calls, 1);
    assert_int_equal(second.calls, 1);
    assert_int_equal(first.deleted, RF_STORE_DELETED);
    assert_int_equal(second.deleted, RF_STORE_NOT_FOUND);
}

static void test_saves_asked_for_before_do_not_bring_it_back(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {0};
    open_store(fixture);
    save(fixture, &a, true);       /* under way */
    save(fixture, &a_later, true); /* waits */
    rf_store_delete(fixture->store, "a", on_deleted, &answer);
    run_until_idle(fixture);
    assert_int_equal(answer.deleted, RF_STORE_DELETED);
    assert_false(exists(fixture, FILE_A));
    assert_false(exists(fixture, "current/session.json"));
    assert_lists(fixture, ALL, "/0");
    assert_int_equal(status_of(fixture).unsaved, 0);
    close_store(fixture);
    assert_false(exists(fixture, FILE_A));
}

static void test_late_laps_do_not_bring_it_back(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {0};
    open_with_a_and_b(fixture, true);
    rf_store_delete(fixture->store, "a", on_deleted, &answer);
    save(fixture, &a_later, true); /* while it is being deleted */
    run_until_idle(fixture);
    save(fixture, &a_later, true); /* and afterwards */
    run_until_idle(fixture);
    assert_int_equal(answer.deleted, RF_STORE_DELETED);
    assert_false(exists(fixture, FILE_A));
    assert_false(exists(fixture, "current/session.json"));
    assert_lists(fixture, ALL, "b /1");
}

static void test_a_session_that_lives_again_is_kept(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {0};
    open_with_a_and_b(fixture, true);
    rf_store_delete(fixture->store, "a", on_deleted, &answer);
    save(fixture, &a_live, true); /* while it is being deleted */
    run_until_idle(fixture);
    assert_int_equal(answer.calls, 1);
    assert_file_is(fixture, FILE_A, &a_live);
    assert_file_is(fixture, "current/session.json", &a_live);
    assert_lists(fixture, ALL, "b a /2");

    save(fixture, &a, false);
    run_until_idle(fixture);
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETED);
    save(fixture, &a_live, false); /* and afterwards */
    run_until_idle(fixture);
    assert_file_is(fixture, FILE_A, &a_live);
}

static void test_a_live_state_is_not_removed_with_the_old_one(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {0};
    open_store(fixture);
    save(fixture, &a, false); /* under way: the delete waits for it, and the live state for the delete */
    rf_store_delete(fixture->store, "a", on_deleted, &answer);
    save(fixture, &a_live, false);
    run_until_idle(fixture);
    assert_int_equal(answer.calls, 1);
    assert_file_is(fixture, FILE_A, &a_live);
    assert_int_equal(status_of(fixture).unsaved, 0);
}

/* Folders in the place of the names in between: it can be neither removed nor saved. */
static void block_removal(struct fixture *fixture)
{
    assert_int_equal(mkdir(at(fixture, "sessions/.tmp-gone-session-a.json"), 0750), 0);
    assert_int_equal(mkdir(at(fixture, "sessions/.tmp-session-a.json"), 0750), 0);
}

static void unblock_removal(struct fixture *fixture)
{
    assert_int_equal(rmdir(at(fixture, "sessions/.tmp-gone-session-a.json")), 0);
    assert_int_equal(rmdir(at(fixture, "sessions/.tmp-session-a.json")), 0);
}

static void test_a_failed_delete_keeps_all(void **state)
{
    struct fixture *fixture = *state;
    open_with_a_and_b(fixture, false);
    block_removal(fixture);
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETE_FAILED);
    assert_lists(fixture, ALL, "b a /2");
    assert_file_is(fixture, FILE_A, &a);
    unblock_removal(fixture);
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETED);
}

static void test_a_failed_delete_keeps_what_was_unsaved(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {0};
    open_with_a_and_b(fixture, false);
    block_removal(fixture);
    save(fixture, &a_later, false);
    rf_store_delete(fixture->store, "a", on_deleted, &answer);
    while (answer.calls == 0)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(answer.deleted, RF_STORE_DELETE_FAILED);
    assert_int_equal(status_of(fixture).unsaved, 1);
    unblock_removal(fixture);
    while (status_of(fixture).unsaved > 0)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_file_is(fixture, FILE_A, &a_later);
}

static void test_close_waits_for_a_delete(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {0};
    open_with_a_and_b(fixture, true);
    save(fixture, &a_later, true);
    rf_store_delete(fixture->store, "a", on_deleted, &answer);
    close_store(fixture);
    assert_int_equal(answer.calls, 1);
    assert_int_equal(answer.deleted, RF_STORE_DELETED);
    assert_false(exists(fixture, FILE_A));
}

/* ---- the clean-up */

static void fill(struct fixture *fixture)
{
    make_folders(fixture);
    put_file(fixture, "sessions/session-1767261600000.json", /* the first server's, started at T0 */
        "{\"sessionId\":1767261600000,\"timestamp\":\"2026-01-01T10:00:00.000Z\",\"sessionData\":{}}");
    put_session(fixture, &(struct sample){"live", .started_ms = T0 - 5000, .live = true});
    put_session(fixture, &(struct sample){"d1", .started_ms = T0 + 1000});
    put_session(fixture, &(struct sample){"d2", .started_ms = T0 + 2000});
    put_session(fixture, &(struct sample){"d3", .started_ms = T0 + 3000});
}

static void test_the_oldest_completed_go_never_a_live_one(void **state)
{
    struct fixture *fixture = *state;
    fixture->max_sessions = 2;
    fill(fixture);
    open_store(fixture);
    run_until_idle(fixture);
    assert_lists(fixture, ALL, "d3 d2 d1 1767261600000 live /5"); /* nothing goes at the start */
    rf_store_clean(fixture->store);
    assert_lists(fixture, ALL, "d3 d2 live /3"); /* at once */
    run_until_idle(fixture);
    assert_false(exists(fixture, "sessions/session-1767261600000.json"));
    assert_false(exists(fixture, "sessions/session-d1.json"));
    assert_true(exists(fixture, "sessions/session-d2.json"));
    assert_true(exists(fixture, "sessions/session-live.json"));
    rf_store_clean(fixture->store);
    assert_lists(fixture, ALL, "d3 d2 live /3");
}

/* The clock was set back, or began in 1970: what was raced just now must not go for the old. */
static void test_what_was_raced_last_is_not_the_oldest(void **state)
{
    struct fixture *fixture = *state;
    fixture->max_sessions = 4;
    fill(fixture);
    open_store(fixture);
    save(fixture, &(struct sample){"of-1970", .started_ms = 60000}, false);
    run_until_idle(fixture);
    rf_store_clean(fixture->store);
    assert_lists(fixture, ALL, "d3 d2 d1 live of-1970 /5");
    save(fixture, &(struct sample){"of-1970-too", .started_ms = 30000}, false);
    run_until_idle(fixture);
    rf_store_clean(fixture->store);
    assert_lists(fixture, ALL, "d3 d2 live of-1970 of-1970-too /5");
}

static void test_a_deleted_id_is_still_known(void **state)
{
    struct fixture *fixture = *state;
    open_with_a_and_b(fixture, false);
    assert_int_equal(delete_now(fixture, "a"), RF_STORE_DELETED);
    assert_null(rf_store_find(fixture->store, "a"));
    assert_true(rf_store_knows(fixture->store, "a"));
    assert_true(rf_store_knows(fixture->store, "b"));
    assert_false(rf_store_knows(fixture->store, "c"));
}

static void test_nothing_goes_while_there_is_room(void **state)
{
    struct fixture *fixture = *state;
    fixture->max_sessions = 4;
    fill(fixture);
    open_store(fixture);
    rf_store_clean(fixture->store);
    run_until_idle(fixture);
    assert_lists(fixture, ALL, "d3 d2 d1 1767261600000 live /5");
}

static void test_cleaned_away_with_saves_waiting_stays_away(void **state)
{
    struct fixture *fixture = *state;
    fixture->max_sessions = 1;
    open_store(fixture);
    save(fixture, &a, false);
    save(fixture, &a_later, false);
    save(fixture, &b, false);
    rf_store_clean(fixture->store);
    save(fixture, &a_later, false);                         /* a late lap */
    assert_true(rf_store_is_saved(fixture->store, "a", 9)); /* nobody has to wait for it */
    assert_lists(fixture, ALL, "b /1");
    run_until_idle(fixture);
    assert_false(exists(fixture, FILE_A));
    assert_file_is(fixture, "sessions/session-b.json", &b);
}

static void test_a_failed_removal_is_tried_at_the_next_clean_up(void **state)
{
    struct fixture *fixture = *state;
    fixture->max_sessions = 1;
    open_with_a_and_b(fixture, false);
    block_removal(fixture);
    rf_store_clean(fixture->store);
    run_until_idle(fixture);
    assert_lists(fixture, ALL, "b /1");
    unblock_removal(fixture);
    rf_store_clean(fixture->store);
    rf_store_clean(fixture->store); /* once more while that is under way */
    run_until_idle(fixture);
    assert_false(exists(fixture, FILE_A));
    assert_lists(fixture, ALL, "b /1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_deleted_is_gone_from_disk_and_listing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_live_or_unknown_session_is_not_deleted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_current_goes_with_its_session_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_second_of_two_deletes_finds_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_saves_asked_for_before_do_not_bring_it_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_late_laps_do_not_bring_it_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_session_that_lives_again_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_live_state_is_not_removed_with_the_old_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failed_delete_keeps_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failed_delete_keeps_what_was_unsaved, setup, teardown),
        cmocka_unit_test_setup_teardown(test_close_waits_for_a_delete, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_oldest_completed_go_never_a_live_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_was_raced_last_is_not_the_oldest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_deleted_id_is_still_known, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_goes_while_there_is_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cleaned_away_with_saves_waiting_stays_away, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_failed_removal_is_tried_at_the_next_clean_up, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
