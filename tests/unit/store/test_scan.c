/* test_scan.c - the sessions beyond the newest, which are read while the server is at work. */
#include "records.h"

#define NO_ONE_OPEN ""

/* Ids as the server makes them, so that the newest is the greatest. */
static struct sample nth(int n)
{
    static const char *const ids[] = {"", "s1", "s2", "s3", "s4", "s5"};
    return (struct sample){ids[n], .started_ms = T0 + n * 1000, .laps = n};
}

static void put(struct fixture *fixture, int from, int to)
{
    for (int n = from; n <= to; n++) {
        struct sample sample = nth(n);
        put_session(fixture, &sample);
    }
}

/* Five sessions, of which the newest two are read at once. */
static void open_five(struct fixture *fixture)
{
    make_folders(fixture);
    put(fixture, 1, 5);
    fixture->index_at_once = 2;
    open_store(fixture);
}

struct found {
    struct fixture *fixture;
    struct rf_buf ids;
    bool ends_them;
};

static void on_open(void *ctx, const char *id)
{
    struct found *found = ctx;
    rf_buf_printf(&found->ids, "%s ", id);
    if (found->ends_them)
        save(found->fixture, &(struct sample){id, T0, .laps = 99}, false);
}

static void tell(void *ctx, const struct rf_summary *summary, const char *json, size_t len)
{
    struct found *found = ctx;
    rf_buf_printf(&found->ids, "%s:%d ", summary->id, summary->laps);
    assert_int_equal(json[len], '\0');
}

static void read_rest(struct fixture *fixture, const char *open_ones)
{
    struct found found = {.fixture = fixture};
    rf_store_index_rest(fixture->store, on_open, &found);
    run_until_idle(fixture);
    assert_string_equal(rf_buf_str(&found.ids), open_ones);
    assert_int_equal(status_of(fixture).unindexed, 0);
    rf_buf_finish(&found.ids);
}

static void test_the_newest_at_once_and_the_others_later(void **state)
{
    struct fixture *fixture = *state;
    open_five(fixture);
    assert_lists(fixture, ALL, "s5 s4 /2");
    assert_int_equal(status_of(fixture).unindexed, 3);
    uint64_t version = rf_store_version(fixture->store);
    read_rest(fixture, NO_ONE_OPEN);
    assert_lists(fixture, ALL, "s5 s4 s3 s2 s1 /5");
    assert_int_not_equal(rf_store_version(fixture->store), version);
}

static void test_more_than_one_batch(void **state)
{
    struct fixture *fixture = *state;
    make_folders(fixture);
    for (int n = 0; n < 100; n++) {
        char id[16];
        (void)snprintf(id, sizeof id, "%03d", n);
        put_session(fixture, &(struct sample){id, .started_ms = T0 + n * 1000});
    }
    fixture->index_at_once = 1;
    open_store(fixture);
    read_rest(fixture, NO_ONE_OPEN);
    assert_int_equal(status_of(fixture).sessions, 100);
}

static void test_one_that_is_not_read_yet_is_known_and_served(void **state)
{
    struct fixture *fixture = *state;
    struct sample first = nth(1);
    open_five(fixture);
    assert_true(rf_store_knows(fixture->store, "s1"));
    assert_false(rf_store_knows(fixture->store, "s0"));
    assert_reads(fixture, &first);
    assert_null(read_now(fixture, "s0"));
    assert_lists(fixture, ALL, "s5 s4 /2");
}

static void test_one_that_is_not_read_yet_is_deleted(void **state)
{
    struct fixture *fixture = *state;
    struct answer again = {0}, answer = {0};
    open_five(fixture);
    rf_store_delete(fixture->store, "s1", on_deleted, &answer);
    rf_store_delete(fixture->store, "s1", on_deleted, &again);
    while (answer.calls + again.calls < 2)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(answer.deleted, RF_STORE_DELETED);
    assert_int_equal(again.deleted, RF_STORE_NOT_FOUND);
    assert_false(exists(fixture, "sessions/session-s1.json"));
    assert_int_equal(delete_now(fixture, "s0"), RF_STORE_NOT_FOUND);
    read_rest(fixture, NO_ONE_OPEN);
    assert_lists(fixture, ALL, "s5 s4 s3 s2 /4");
}

/* While its batch is under way, the file is read twice, and counts once. */
static void test_a_deletion_in_the_middle(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {0};
    struct jam jam;
    open_five(fixture);
    jam_pool(fixture, &jam);
    rf_store_index_rest(fixture->store, NULL, NULL);
    rf_store_delete(fixture->store, "s2", on_deleted, &answer);
    unjam(fixture, &jam);
    wait_for(fixture, &answer);
    run_until_idle(fixture);
    assert_int_equal(answer.deleted, RF_STORE_DELETED);
    assert_lists(fixture, ALL, "s5 s4 s3 s1 /4");
    assert_int_equal(status_of(fixture).unreadable, 0);
}

static void test_a_save_takes_the_place_of_what_is_not_read_yet(void **state)
{
    struct fixture *fixture = *state;
    struct jam jam;
    struct rf_listing listing;
    open_five(fixture);
    jam_pool(fixture, &jam);
    rf_store_index_rest(fixture->store, NULL, NULL); /* its batch has the file already */
    save(fixture, &(struct sample){"s1", T0 + 1000, .laps = 99}, false);
    unjam(fixture, &jam);
    run_until_idle(fixture);
    rf_store_list(fixture->store, &(struct rf_listing_query){0}, &listing);
    assert_int_equal(listing.count, 5);
    assert_string_equal(listing.page[4]->id, "s1");
    assert_int_equal(listing.page[4]->laps, 99);
}

static void test_what_the_journal_names_is_read_before_its_records(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    append(fixture, "s1", 7);
    append(fixture, "s9", 1);
    assert_int_equal(commit(fixture), 0);
    close_store(fixture);
    open_five(fixture);
    assert_records(fixture, "s17 s91 ");
    assert_lists(fixture, ALL, "s5 s4 s1 /3");
    assert_int_equal(status_of(fixture).unindexed, 2);
}

/* A tombstone says that the file is gone: it is there, so the deletion did not come to be. */
static void test_a_tombstone_of_one_that_is_not_read_yet(void **state)
{
    struct fixture *fixture = *state;
    open_store(fixture);
    save(fixture, &(struct sample){"s1", T0, .version = 1}, false);
    append(fixture, "s1", 2);
    assert_int_equal(commit(fixture), 0);
    run_until_idle(fixture);
    assert_int_equal(delete_now(fixture, "s1"), RF_STORE_DELETED);
    close_store(fixture);
    open_five(fixture);
    assert_records(fixture, "s12 -s1 ");
    assert_lists(fixture, ALL, "s5 s4 s1 /3");
}

static void test_the_current_one_is_read_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct found found = {.fixture = fixture};
    make_folders(fixture);
    put(fixture, 2, 5);
    put_session(fixture, &(struct sample){"s1", T0, .live = true, .laps = 7});
    char *json = sample_json(&(struct sample){"s1", T0, .live = true, .laps = 6});
    put_file(fixture, "current/session.json", json);
    free(json);
    fixture->index_at_once = 2;
    open_store(fixture);
    rf_store_each_open_session(fixture->store, tell, &found);
    assert_string_equal(rf_buf_str(&found.ids), "s1:7 "); /* once, from its own file */
    rf_buf_finish(&found.ids);
    read_rest(fixture, NO_ONE_OPEN); /* nor again */
}

static void test_one_that_was_never_ended_is_told_of(void **state)
{
    struct fixture *fixture = *state;
    make_folders(fixture);
    put(fixture, 2, 5);
    put_session(fixture, &(struct sample){"s1", T0, .live = true, .laps = 7});
    fixture->index_at_once = 2;
    open_store(fixture);
    struct found found = {.fixture = fixture, .ends_them = true};
    rf_store_index_rest(fixture->store, on_open, &found);
    run_until_idle(fixture);
    assert_string_equal(rf_buf_str(&found.ids), "s1 ");
    rf_buf_finish(&found.ids);
    assert_file_is(fixture, "sessions/session-s1.json", &(struct sample){"s1", T0, .laps = 99});
}

static void test_a_clean_up_waits_for_all_of_them(void **state)
{
    struct fixture *fixture = *state;
    fixture->max_sessions = 3;
    open_five(fixture);
    rf_store_clean(fixture->store);
    run_until_idle(fixture);
    assert_lists(fixture, ALL, "s5 s4 /2");
    assert_true(exists(fixture, "sessions/session-s1.json"));
    read_rest(fixture, NO_ONE_OPEN);
    assert_lists(fixture, ALL, "s5 s4 s3 /3");
    assert_false(exists(fixture, "sessions/session-s1.json"));
    assert_true(exists(fixture, "sessions/session-s3.json"));
}

/* Old ones, though they are read after this process has saved. */
static void test_a_clean_up_takes_the_oldest_of_all(void **state)
{
    struct fixture *fixture = *state;
    fixture->max_sessions = 3;
    open_five(fixture);
    save(fixture, &(struct sample){"s6", T0 + 6000, .laps = 6}, false);
    read_rest(fixture, NO_ONE_OPEN);
    rf_store_clean(fixture->store);
    assert_lists(fixture, ALL, "s6 s5 s4 /3");
}

static void test_damaged_ones_are_put_aside(void **state)
{
    struct fixture *fixture = *state;
    make_folders(fixture);
    put(fixture, 4, 5);
    put_file(fixture, "sessions/session-s1.json", "{\"sessionId\":\"s1\",\"analy");
    put_file(fixture, "sessions/session-s2.json", "{\"name\":\"a package\"}");
    fixture->index_at_once = 2;
    open_store(fixture);
    assert_int_equal(status_of(fixture).quarantined, 0);
    read_rest(fixture, NO_ONE_OPEN);
    assert_lists(fixture, ALL, "s5 s4 /2");
    assert_int_equal(status_of(fixture).quarantined, 1);
    assert_int_equal(status_of(fixture).unreadable, 1);
    assert_false(exists(fixture, "sessions/session-s1.json"));
    assert_true(exists(fixture, "sessions/session-s2.json"));
}

static void test_a_stop_in_the_middle(void **state)
{
    struct fixture *fixture = *state;
    open_five(fixture);
    rf_store_index_rest(fixture->store, NULL, NULL);
    close_store(fixture);
    open_store(fixture);
    read_rest(fixture, NO_ONE_OPEN);
    assert_lists(fixture, ALL, "s5 s4 s3 s2 s1 /5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_newest_at_once_and_the_others_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_more_than_one_batch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_that_is_not_read_yet_is_known_and_served, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_that_is_not_read_yet_is_deleted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_deletion_in_the_middle, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_save_takes_the_place_of_what_is_not_read_yet, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_what_the_journal_names_is_read_before_its_records, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_tombstone_of_one_that_is_not_read_yet, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_current_one_is_read_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_that_was_never_ended_is_told_of, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_clean_up_waits_for_all_of_them, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_clean_up_takes_the_oldest_of_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged_ones_are_put_aside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_stop_in_the_middle, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
