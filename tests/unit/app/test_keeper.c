/* test_keeper.c - when sessions are saved: keeper.c, pipeline.c and stop.c as they are, on a clock, a timer
 * and a store of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "app/app_impl.h"
#include "racefacer/base/memory.h"

#define T0_MS 1767261600000LL
#define MB 1000000
#define EVERY_MS 250

/* ---- the clock, and libuv's timer of the saves */

static struct {
    int64_t now_ms, due_ms; /* due: -1 where it does not run */
    uv_timer_cb run;
} timer;

int clock_gettime(clockid_t id, struct timespec *out)
{
    int64_t ms = id == CLOCK_REALTIME ? T0_MS + timer.now_ms : timer.now_ms;
    *out = (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    return 0;
}

static struct rf_app house;

/* cppcheck-suppress constParameter; libuv has it so */
int uv_timer_start(uv_timer_t *handle, uv_timer_cb run, uint64_t timeout, uint64_t repeat)
{
    assert_int_equal(repeat, 0);
    if (handle == &house.save) {
        timer.run = run;
        timer.due_ms = timer.now_ms + (int64_t)timeout;
    }
    return 0;
}

/* cppcheck-suppress constParameter; libuv has it so */
int uv_timer_stop(uv_timer_t *handle)
{
    if (handle == &house.save)
        timer.due_ms = -1;
    return 0;
}

int uv_is_active(const uv_handle_t *handle)
{
    assert_ptr_equal(handle, &house.save);
    return timer.due_ms >= 0;
}

void uv_close(uv_handle_t *handle, uv_close_cb closed)
{
    (void)handle;
    (void)closed;
}

/* ---- the store: what was saved last, and when */

#define TRACKS 3

static struct stored {
    char *id;
    int saves, relists, listed_laps, saved_laps;
    int64_t saved_ms, shortest_ms, longest_ms; /* between two saves */
    size_t bytes;
    bool complete, current;
} all[TRACKS];

static bool closed;

static struct stored *stored(const char *id)
{
    for (size_t i = 0; i < TRACKS; i++) {
        if (all[i].id == NULL)
            all[i].id = rf_strdup(id);
        if (strcmp(all[i].id, id) == 0)
            return &all[i];
    }
    fail_msg("more sessions than tracks");
    return NULL;
}

void rf_store_save(struct rf_store *store, struct rf_summary *summary, struct rf_buf *json, bool is_current)
{
    (void)store;
    struct stored *it = stored(summary->id);
    int64_t since_ms = timer.now_ms - it->saved_ms;
    if (it->saves > 0 && (it->shortest_ms == 0 || since_ms < it->shortest_ms))
        it->shortest_ms = since_ms;
    if (it->saves > 0 && since_ms > it->longest_ms)
        it->longest_ms = since_ms;
    it->saves++;
    it->saved_ms = timer.now_ms;
    it->listed_laps = it->saved_laps = summary->laps;
    it->bytes = json->len;
    it->complete = summary->complete;
    it->current = is_current;
    rf_summary_finish(summary);
    rf_buf_finish(json);
}

void rf_store_relist(struct rf_store *store, struct rf_summary *summary)
{
    (void)store;
    stored(summary->id)->relists++;
    stored(summary->id)->listed_laps = summary->laps;
    rf_summary_finish(summary);
}

static struct rf_summary found;

const struct rf_summary *rf_store_find(const struct rf_store *store, const char *id)
{
    (void)store;
    return stored(id)->saves > 0 ? &found : NULL;
}

void rf_store_save_nothing(struct rf_store *store, const char *id, uint64_t version)
{
    (void)store;
    (void)version;
    assert_int_equal(stored(id)->saves, 0);
}

void rf_store_status(const struct rf_store *store, struct rf_store_status *out)
{
    (void)store;
    *out = (struct rf_store_status){0};
}

void rf_store_clean(struct rf_store *store)
{
    (void)store;
}

void rf_store_close(struct rf_store *store, void (*done)(void *ctx), void *ctx)
{
    (void)store;
    (void)done;
    (void)ctx;
    closed = true;
}

/* ---- the rest of the house */

void rf_app_journal(struct rf_app *app, const struct rf_event *event)
{
    (void)app;
    (void)event;
}

void rf_app_note_taken(struct rf_app *app, int64_t arrived_us)
{
    (void)app;
    (void)arrived_us;
}

void rf_app_take_waiting(struct rf_app *app)
{
    (void)app;
}

/* ---- a race */

static int setup(void **state)
{
    (void)state;
    struct rf_engine_options options = {.analysis = {.limits = {5000, 0}, .min_laps = 3},
        .max_laps = 1000,
        .gap_ms = 3600000,
        .stale_ms = 300000};
    memset(&timer, 0, sizeof timer);
    memset(all, 0, sizeof all);
    timer.due_ms = -1;
    timer.now_ms = 1000;
    closed = false;
    house = (struct rf_app){.store = (struct rf_store *)&all};
    house.save.data = &house;
    house.engine = rf_engine_create(&options, rf_app_on_event, &house);
    house.decoder = rf_decoder_create();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rf_engine_destroy(house.engine);
    rf_decoder_destroy(house.decoder);
    free(house.kept);
    for (size_t i = 0; i < TRACKS; i++)
        free(all[i].id);
    return 0;
}

static void pass(int64_t ms)
{
    int64_t end_ms = timer.now_ms + ms;
    while (timer.due_ms >= 0 && timer.due_ms <= end_ms) {
        timer.now_ms = timer.due_ms;
        timer.due_ms = -1;
        timer.run(&house.save);
    }
    timer.now_ms = end_ms;
}

/* One driver's lap `num`; the frame says `bytes` besides, all of which are saved with its session. */
static struct stored *lap(int track, int num, size_t bytes, const char *status)
{
    char *more = rf_new(bytes + 1);
    memset(more, 'x', bytes);
    struct rf_buf json = RF_BUF_INIT;
    rf_buf_printf(&json,
        "{\"data\":{\"event_name\":\"A\",\"track_configuration_id\":%d,%s\"more\":\"%s\",\"runs\":[{\"id\":1,"
        "\"name\":\"Ana\",\"kart\":\"5\",\"kart_id\":5,\"total_laps\":%d,\"last_time_raw\":27000}]}}",
        track, status, more, num);
    rf_app_take_payload(&house, "", json.data, json.len, T0_MS + timer.now_ms, 0);
    rf_buf_finish(&json);
    free(more);
    const struct rf_session *session = rf_engine_find_track(house.engine, track);
    assert_non_null(session);
    return stored(session->id);
}

#define GOES_ON ""
#define ENDS "\"status_string\":\"finished\","

/* ---- */

static void test_a_short_session_is_saved_soon_after_each_lap(void **state)
{
    (void)state;
    struct stored *it = lap(1, 2, 0, GOES_ON);
    assert_int_equal(it->saves, 1); /* with the frame of its first lap */
    for (int num = 3; num < 40; num++) {
        pass(EVERY_MS);
        (void)lap(1, num, 0, GOES_ON);
        assert_int_equal(it->saves, num - 2);
        pass(199);
        assert_int_equal(it->saves, num - 2);
        pass(1);
        assert_int_equal(it->saves, num - 1);
        assert_int_equal(it->saved_laps, num);
    }
}

static void test_laps_that_come_together_share_a_save(void **state)
{
    (void)state;
    struct stored *it = lap(1, 2, 0, GOES_ON);
    pass(1000);
    for (int num = 3; num < 7; num++) {
        (void)lap(1, num, 0, GOES_ON);
        pass(40);
    }
    pass(1000);
    assert_int_equal(it->saves, 2);
    assert_int_equal(it->saved_laps, 6);
}

static void test_a_long_session_is_saved_by_its_bytes(void **state)
{
    (void)state;
    struct stored *it = lap(1, 2, MB, GOES_ON);
    int laps = 40;
    for (int num = 3; num < 3 + laps; num++) {
        pass(EVERY_MS);
        (void)lap(1, num, MB, GOES_ON);
    }
    assert_in_range(it->bytes, MB, MB + 20000);
    assert_in_range(it->shortest_ms, 1000, 1020);
    assert_in_range(it->longest_ms, 1000, 1020);
    assert_int_equal(it->saves, 10);
    /* And the last lap of all is saved as well. */
    pass(1020);
    assert_int_equal(it->saved_laps, 2 + laps);
    pass(3600000);
    assert_int_equal(it->saves, 11);
}

static void test_no_session_waits_for_more_than_half_a_minute(void **state)
{
    (void)state;
    assert_int_equal(rf_app_pause_after(0), 200);
    assert_int_equal(rf_app_pause_after(MB / 5), 200);
    assert_int_equal(rf_app_pause_after(MB), 1000);
    assert_int_equal(rf_app_pause_after(30 * MB), 30000);
    assert_int_equal(rf_app_pause_after(60 * MB), 30000);
    assert_int_equal(rf_app_pause_after(SIZE_MAX), 30000);
}

static void test_a_short_session_does_not_wait_for_a_long_one(void **state)
{
    (void)state;
    struct stored *lengthy = lap(1, 2, MB, GOES_ON);
    (void)lap(1, 3, MB, GOES_ON); /* due in a second */
    struct stored *brief = lap(2, 2, 0, GOES_ON);
    assert_int_equal(brief->saves, 1);
    for (int num = 3; num < 6; num++) {
        pass(100);
        (void)lap(2, num, 0, GOES_ON);
        pass(200);
        assert_int_equal(brief->saves, num - 1);
    }
    assert_int_equal(lengthy->saves, 1);
    pass(200);
    assert_int_equal(lengthy->saves, 2);
    assert_int_equal(brief->saves, 4);
}

static void test_the_end_is_saved_at_once(void **state)
{
    (void)state;
    struct stored *it = lap(1, 2, MB, GOES_ON);
    pass(EVERY_MS);
    (void)lap(1, 3, MB, ENDS);
    assert_int_equal(it->saves, 2);
    assert_int_equal(it->saved_laps, 3);
    assert_true(it->complete);
    pass(3600000);
    assert_int_equal(it->saves, 2);
}

static void test_the_stop_saves_at_once(void **state)
{
    (void)state;
    struct stored *first = lap(1, 2, MB, GOES_ON), *second = lap(2, 2, 0, GOES_ON);
    (void)lap(1, 3, MB, GOES_ON);
    (void)lap(2, 3, 0, GOES_ON);
    pass(10);
    rf_app_stop(&house);
    assert_true(closed);
    assert_int_equal(first->saved_laps, 3);
    assert_int_equal(second->saved_laps, 3);
    pass(3600000);
    assert_int_equal(first->saves + second->saves, 4);
}

/* The journal has not got them: only whole saves make it good. */
static void test_laps_that_are_not_durable_are_saved_soon(void **state)
{
    (void)state;
    struct stored *it = lap(1, 2, MB, GOES_ON);
    pass(EVERY_MS);
    (void)lap(1, 3, MB, GOES_ON); /* its commit fails */
    house.not_durable = "a test";
    rf_app_keep_soon(&house);
    pass(200);
    assert_int_equal(it->saved_laps, 3);
    for (int num = 4; num < 8; num++) {
        pass(EVERY_MS);
        (void)lap(1, num, MB, GOES_ON);
        pass(200);
        assert_int_equal(it->saved_laps, num);
    }
    house.not_durable = NULL;
    (void)lap(1, 8, MB, GOES_ON);
    pass(900);
    assert_int_equal(it->saved_laps, 7);
    pass(200);
    assert_int_equal(it->saved_laps, 8);
}

static void test_a_commit_is_waited_for(void **state)
{
    (void)state;
    struct stored *it = lap(1, 2, 0, GOES_ON);
    pass(1000);
    (void)lap(1, 3, 0, GOES_ON);
    house.committing = true;
    pass(1000);
    assert_int_equal(it->saves, 1);
    house.committing = false;
    pass(200);
    assert_int_equal(it->saves, 2);
}

static void test_the_listing_is_told_without_a_save(void **state)
{
    (void)state;
    struct stored *it = lap(1, 2, MB, GOES_ON);
    pass(EVERY_MS);
    (void)lap(1, 3, MB, GOES_ON);
    assert_int_equal(it->listed_laps, 2);
    rf_app_list_changed(&house);
    rf_app_list_changed(&house);
    assert_int_equal(it->listed_laps, 3);
    assert_int_equal(it->relists, 1);
    assert_int_equal(it->saves, 1);
    pass(1000);
    assert_int_equal(it->saves, 2); /* all the same */
    rf_app_list_changed(&house);
    assert_int_equal(it->relists, 1);
}

static void test_files_tell_of_a_clock_that_was_set(void **state)
{
    (void)state;
    struct stored *it = lap(1, 2, MB, GOES_ON);
    pass(EVERY_MS);
    rf_app_keep_anew(&house);
    pass(200);
    assert_int_equal(it->saves, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_short_session_is_saved_soon_after_each_lap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_laps_that_come_together_share_a_save, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_long_session_is_saved_by_its_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_session_waits_for_more_than_half_a_minute, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_short_session_does_not_wait_for_a_long_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_end_is_saved_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_stop_saves_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_laps_that_are_not_durable_are_saved_soon, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_commit_is_waited_for, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_listing_is_told_without_a_save, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files_tell_of_a_clock_that_was_set, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
