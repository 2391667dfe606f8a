/* test_list.c - saving, reading back, and listings: order, filters, pages, sums. */
#include "fixture.h"

#define DAY 86400000LL
#define T0 1767261600000LL /* 2026-01-01T10:00:00Z */

static const struct sample a = {"a", T0, .event = "Session #12", .driver = "Ana Example", .laps = 1};
static const struct sample b = {
    "b", T0 + DAY, .event = "Grand Prix", .driver = "Émile Ångström", .track = 12, .track_name = "Track 12"};
static const struct sample c = {
    "c", T0 + 2 * DAY, .event = "Session #13", .driver = "ana b", .track = 1, .track_name = "Track 1"};
static const struct sample c2 = {"c-2", T0 + 2 * DAY, .live = true, .track_name = "Hill 3 West", .track = 7};

static void save_all(struct fixture *fixture)
{
    open_store(fixture);
    save(fixture, &c, false);
    save(fixture, &a, false);
    save(fixture, &c2, true);
    save(fixture, &b, false);
}

static void test_saved_is_on_disk_and_read_back(void **state)
{
    struct fixture *fixture = *state;
    save_all(fixture);
    run_until_idle(fixture);
    assert_file_is(fixture, "sessions/session-a.json", &a);
    assert_file_is(fixture, "sessions/session-c-2.json", &c2);
    assert_file_is(fixture, "current/session.json", &c2);
    assert_reads(fixture, &b);
    struct rf_store_status status = status_of(fixture);
    assert_int_equal(status.sessions, 4);
    assert_int_equal(status.saves, 5); /* four sessions and current */
    assert_int_equal(status.failures, 0);
    assert_int_equal(status.unsaved, 0);
    assert_false(status.failing);
    assert_string_equal(status.error, "");

    struct stat file;
    assert_int_equal(stat(at(fixture, "sessions/session-a.json"), &file), 0);
    assert_int_equal(file.st_mode & 07777, 0640);
}

static void test_listed_before_it_is_on_disk_and_after_a_reopen(void **state)
{
    struct fixture *fixture = *state;
    save_all(fixture);
    assert_lists(fixture, ALL, "c-2 c b a /4"); /* nothing has run yet */
    assert_int_equal(status_of(fixture).unsaved, 4);
    assert_false(rf_store_idle(fixture->store));
    close_store(fixture);
    open_store(fixture);
    assert_lists(fixture, ALL, "c-2 c b a /4");
    const struct rf_summary *found = rf_store_find(fixture->store, "b");
    assert_string_equal(found->event_name, "Grand Prix");
    assert_int_equal(found->started_ms, T0 + DAY);
    assert_true(found->complete);
    assert_false(rf_store_find(fixture->store, "c-2")->complete);
    assert_null(rf_store_find(fixture->store, "d"));
}

static void test_pages(void **state)
{
    struct fixture *fixture = *state;
    save_all(fixture);
    assert_lists(fixture, (struct rf_listing_query){.limit = 2}, "c-2 c /4");
    assert_lists(fixture, (struct rf_listing_query){.limit = 2, .offset = 1}, "c b /4");
    assert_lists(fixture, (struct rf_listing_query){.offset = 3}, "a /4");
    assert_lists(fixture, (struct rf_listing_query){.offset = 4}, "/4");
    assert_lists(fixture, (struct rf_listing_query){.offset = SIZE_MAX, .limit = SIZE_MAX}, "/4");
    assert_lists(fixture, (struct rf_listing_query){.event = "session", .offset = 1, .limit = 1}, "c /3");
}

static void test_filters(void **state)
{
    struct fixture *fixture = *state;
    save_all(fixture);
    assert_lists(fixture, (struct rf_listing_query){.event = "SESSION #1"}, "c a /2");
    assert_lists(fixture, (struct rf_listing_query){.event = ""}, "c-2 c b a /4");
    assert_lists(fixture, (struct rf_listing_query){.driver = "ANA"}, "c-2 c a /3");
    assert_lists(fixture, (struct rf_listing_query){.driver = "émile å"}, "b /1");
    assert_lists(fixture, (struct rf_listing_query){.driver = "ÉMILE"}, "b /1");
    assert_lists(fixture, (struct rf_listing_query){.driver = "nobody"}, "/0");
    assert_lists(fixture, (struct rf_listing_query){.track = "1"}, "c /1");
    assert_lists(fixture, (struct rf_listing_query){.track = "12"}, "b /1");
    assert_lists(fixture, (struct rf_listing_query){.track = "3"}, "c-2 a /2"); /* by name, and by id */
    assert_lists(fixture, (struct rf_listing_query){.track = "track"}, "c b /2");
    assert_lists(fixture, (struct rf_listing_query){.track = "99999999999999999999"}, "/0");
    assert_lists(fixture, (struct rf_listing_query){.from_ms = T0 + DAY}, "c-2 c b /3");
    assert_lists(fixture, (struct rf_listing_query){.from_ms = T0 + DAY + 1}, "c-2 c /2");
    assert_lists(fixture, (struct rf_listing_query){.to_ms = T0 + DAY}, "b a /2");
    assert_lists(fixture, (struct rf_listing_query){.to_ms = T0 + DAY - 1}, "a /1");
    assert_lists(
        fixture, (struct rf_listing_query){.event = "session", .driver = "ana b", .track = "1"}, "c /1");
}

static void test_a_new_state_takes_the_old_ones_place(void **state)
{
    struct fixture *fixture = *state;
    struct sample later = {"a", T0 + 3 * DAY, .event = "Renamed", .driver = "Zoe", .laps = 2};
    save_all(fixture);
    uint64_t version = rf_store_version(fixture->store);
    uint64_t bytes = status_of(fixture).bytes;
    save(fixture, &later, false);
    assert_int_not_equal(rf_store_version(fixture->store), version);
    assert_lists(fixture, ALL, "a c-2 c b /4");
    assert_lists(fixture, (struct rf_listing_query){.driver = "zoe"}, "a /1");
    assert_lists(fixture, (struct rf_listing_query){.event = "#12"}, "/0");
    char *old = sample_json(&a), *new = sample_json(&later);
    assert_int_equal(status_of(fixture).bytes, bytes - strlen(old) + strlen(new));
    free(old);
    free(new);
    version = rf_store_version(fixture->store);
    run_until_idle(fixture);
    assert_int_equal(rf_store_version(fixture->store), version); /* the disk changes no listing */
}

static void test_bytes_are_those_of_the_files(void **state)
{
    struct fixture *fixture = *state;
    uint64_t sum = 0;
    save_all(fixture);
    run_until_idle(fixture);
    const char *const names[] = {"a", "b", "c", "c-2"};
    for (size_t i = 0; i < 4; i++) {
        char name[64];
        struct stat file;
        (void)snprintf(name, sizeof name, "sessions/session-%s.json", names[i]);
        assert_int_equal(stat(at(fixture, name), &file), 0);
        sum += (uint64_t)file.st_size;
    }
    assert_int_equal(status_of(fixture).bytes, sum);
    close_store(fixture);
    open_store(fixture);
    assert_int_equal(status_of(fixture).bytes, sum);
}

static void test_many_keep_their_order(void **state)
{
    struct fixture *fixture = *state;
    char ids[300][8];
    open_store(fixture);
    for (int i = 0; i < 300; i++) {
        int start = i * 77 % 300; /* 77 and 300 share no factor: every start once, in disorder */
        (void)snprintf(ids[start], sizeof ids[start], "s%d", start);
        save(fixture, &(struct sample){ids[start], .started_ms = T0 + start * 1000}, false);
    }
    struct rf_listing listing;
    rf_store_list(fixture->store, &ALL, &listing);
    assert_int_equal(listing.count, 300);
    for (int i = 0; i < 300; i++)
        assert_string_equal(listing.page[i]->id, ids[299 - i]);
}

static void test_what_is_not_listed_is_not_read(void **state)
{
    struct fixture *fixture = *state;
    save_all(fixture);
    run_until_idle(fixture);
    put_file(fixture, "secret.json", "{}");
    put_file(fixture, "sessions/session-late.json", "{}"); /* put there after the start */
    assert_null(read_now(fixture, "nothing"));
    assert_null(read_now(fixture, "../../secret"));
    assert_null(read_now(fixture, "late"));
    assert_null(read_now(fixture, ""));
}

static void test_an_unsafe_id_is_not_saved(void **state)
{
    struct fixture *fixture = *state;
    struct sample bad = {"../bad", .started_ms = T0};
    open_store(fixture);
    save(fixture, &bad, false);
    run_until_idle(fixture);
    assert_lists(fixture, ALL, "/0");
    assert_false(exists(fixture, "bad.json"));
}

static void test_reading_tells_of_a_lost_or_unreadable_file(void **state)
{
    struct fixture *fixture = *state;
    save_all(fixture);
    run_until_idle(fixture);
    assert_int_equal(unlink(at(fixture, "sessions/session-a.json")), 0);
    assert_null(read_now(fixture, "a"));
    assert_int_equal(mkdir(at(fixture, "sessions/session-a.json"), 0750), 0);
    struct answer answer = {0};
    rf_store_read(fixture->store, "a", on_read, &answer);
    wait_for(fixture, &answer);
    assert_null(answer.json);
    assert_string_equal(answer.error, strerror(EISDIR));
    free(answer.error);
}

static void test_the_listing_may_be_ahead_of_the_file(void **state)
{
    struct fixture *fixture = *state;
    const struct sample before = {"a", T0, .live = true, .laps = 5, .version = 7},
                        ahead = {"a", T0, .live = true, .driver = "Bo", .laps = 6, .version = 8};
    open_store(fixture);
    save(fixture, &before, false);
    run_until_idle(fixture);
    uint64_t version = rf_store_version(fixture->store), bytes = status_of(fixture).bytes;
    struct rf_summary summary = sample_summary(&ahead);
    rf_store_relist(fixture->store, &summary);
    assert_null(summary.id); /* taken over */
    assert_true(rf_store_version(fixture->store) > version);
    assert_int_equal(rf_store_find(fixture->store, "a")->laps, 6);
    assert_lists(fixture, ((struct rf_listing_query){.driver = "bo"}), "a /1");
    /* Its file is as it was, and known to be. */
    assert_true(rf_store_idle(fixture->store));
    assert_int_equal(status_of(fixture).bytes, bytes);
    assert_true(rf_store_is_saved(fixture->store, "a", 7));
    assert_false(rf_store_is_saved(fixture->store, "a", 8));
    assert_reads(fixture, &before);

    const struct sample unknown = {"b", T0, .live = true};
    summary = sample_summary(&unknown);
    rf_store_relist(fixture->store, &summary);
    assert_null(summary.id);
    assert_lists(fixture, ALL, "a /1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_saved_is_on_disk_and_read_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_listed_before_it_is_on_disk_and_after_a_reopen, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_filters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_new_state_takes_the_old_ones_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bytes_are_those_of_the_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_keep_their_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_not_listed_is_not_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_unsafe_id_is_not_saved, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_listing_may_be_ahead_of_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reading_tells_of_a_lost_or_unreadable_file, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
