/* test_clock_was_set.c - the clock that times are read from jumps, by hand or by NTP, in the middle of a
 * race. */
#include "frames.h"

#define HOUR 3600000LL
#define DAY (24 * HOUR)

static const int64_t jumps[] = {
    2 * HOUR, -2 * HOUR, DAY, -DAY, 56 * 365 * DAY, -56 * 365 * DAY, 61000, -61000, 3000, -3000};

static struct rf_frame timed(const struct rf_row *rows, int64_t venue_s, int64_t sent_s)
{
    struct rf_frame it = frame("Session #1", rows, 1);
    it.made_s = venue_s;
    it.sent_s = sent_s;
    return it;
}

/* A frame `s` seconds into the race, by the venue's clock, which is right; ours shows `shown_ms` more. */
static enum rf_applied at(
    struct rf_engine *engine, int s, int64_t shown_ms, int total, int64_t older_s, bool with_sent)
{
    struct rf_row only = row(1, total, 27000 + total, 27000 + total - 1);
    int64_t venue_s = T0 / 1000 + s;
    struct rf_frame it = timed(&only, venue_s - older_s, with_sent ? venue_s : 0);
    return rf_engine_apply(engine, &it, T0 + s * 1000LL + shown_ms);
}

static void go_on_through(int64_t by_ms, int64_t wrong_before_ms)
{
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    int64_t wrong = wrong_before_ms;
    for (int total = 1; total <= 5; total++)
        assert_int_equal(at(engine, total * 27, wrong, total, 0, true), RF_APPLIED);
    const struct rf_session *session = rf_engine_default_session(engine);
    int64_t lasted = session->last_frame_ms - session->started_ms;
    int64_t stamped = rf_lap_history_find(&session->runs[0]->history, 5)->at_ms;
    uint64_t version = rf_engine_version(engine);

    rf_engine_clock_was_set(engine, by_ms);
    wrong += by_ms;
    assert_true(rf_engine_version(engine) > version); /* its times are served */
    assert_int_equal(session->last_frame_ms - session->started_ms, lasted);
    assert_int_equal(session->started_ms, T0 + 27000 + wrong);
    assert_int_equal(rf_lap_history_find(&session->runs[0]->history, 5)->at_ms, stamped);
    rf_engine_tick(engine, T0 + 140000 + wrong);
    assert_true(rf_engine_live(engine, session));
    for (int total = 6; total <= 10; total++)
        assert_int_equal(at(engine, total * 27, wrong, total, 0, true), RF_APPLIED);
    assert_int_equal(seen.began, 1);
    assert_int_equal(seen.ended, 0);
    assert_int_equal(seen.laps, 10);
    assert_int_equal(session->last_frame_ms - session->started_ms, 9 * 27000);

    rf_engine_tick(engine, T0 + 270000 + 299000 + wrong); /* and silence takes as long as ever */
    assert_true(rf_engine_live(engine, session));
    rf_engine_tick(engine, T0 + 270000 + 301000 + wrong);
    assert_false(rf_engine_live(engine, session));
    rf_engine_tick(engine, T0 + 270000 + HOUR - 1000 + wrong);
    assert_int_equal(seen.ended, 0);
    rf_engine_tick(engine, T0 + 270000 + HOUR + 1000 + wrong);
    assert_int_equal(seen.ended, 1);
    rf_engine_destroy(engine);
}

static void test_a_session_goes_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(jumps); i++) {
        go_on_through(jumps[i], 0);         /* it was right, and is wrong now */
        go_on_through(jumps[i], -jumps[i]); /* it was wrong, and is right now */
    }
}

/* Right after the jump: the fresh frame is taken, an old copy and an older one are not. */
static void judge_through(int64_t by_ms, bool with_sent)
{
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    assert_int_equal(at(engine, 1000, 0, 5, 0, with_sent), RF_APPLIED);
    rf_engine_clock_was_set(engine, by_ms);
    assert_int_equal(at(engine, 1001, by_ms, 4, 9, with_sent), RF_APPLIED_OLD);
    assert_int_equal(at(engine, 1002, by_ms, 4, 1000, with_sent), RF_APPLIED_CACHED);
    assert_int_equal(at(engine, 1003, by_ms, 6, 0, with_sent), RF_APPLIED);
    assert_int_equal(at(engine, 1004, by_ms, 5, 1000, with_sent), RF_APPLIED_CACHED);
    assert_int_equal(at(engine, 1005, by_ms, 5, 3, with_sent), RF_APPLIED_OLD);
    assert_int_equal(at(engine, 1006, by_ms, 6, 0, with_sent), RF_APPLIED);
    assert_int_equal(seen.resets, 0);
    assert_int_equal(seen.began, 1);
    rf_engine_destroy(engine);
}

static void test_frames_are_judged_as_before(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(jumps); i++) {
        judge_through(jumps[i], true);
        judge_through(jumps[i], false);
    }
}

static void test_a_clock_that_is_set_right_judges_anew(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    int64_t wrong = -T0 + 60000; /* it began in 1970 */
    assert_int_equal(at(engine, 1000, wrong, 5, 0, false), RF_APPLIED);
    rf_engine_clock_was_set(engine, -wrong);
    assert_int_equal(at(engine, 1001, 0, 4, 1000, false), RF_APPLIED_CACHED);
    assert_int_equal(at(engine, 1002, 0, 6, 0, false), RF_APPLIED);
    assert_int_equal(at(engine, 1003, 0, 5, 2, false), RF_APPLIED_OLD);
    rf_engine_destroy(engine);
}

/* Thirty seconds of old frames are thirty seconds on any clock. */
static void test_patience_with_the_venue_goes_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(jumps); i++) {
        struct seen seen = {0};
        struct rf_engine *engine = engine_for(&seen);
        assert_int_equal(at(engine, 0, 0, 5, 0, true), RF_APPLIED);
        for (int s = 1; s <= 15; s++)
            assert_int_equal(at(engine, s, 0, 5, 3600, true), RF_APPLIED_CACHED);
        rf_engine_clock_was_set(engine, jumps[i]);
        for (int s = 16; s <= 30; s++)
            assert_int_equal(at(engine, s, jumps[i], 5, 3600, true), RF_APPLIED_CACHED);
        assert_int_equal(at(engine, 31, jumps[i], 6, 3600, true), RF_APPLIED);
        assert_int_equal(seen.resets, 1);
        rf_engine_destroy(engine);
    }
}

static void test_a_stored_session_from_the_future(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    rf_engine_tick(engine, T0);
    struct rf_session *stored = rf_session_create("stored", "Session #1", 1000);
    stored->started_ms = T0 + DAY - 600000;
    stored->last_frame_ms = stored->changed_ms = T0 + DAY;
    rf_session_restored(stored);
    rf_engine_adopt(engine, stored);
    assert_int_equal(stored->last_frame_ms, T0);
    assert_int_equal(stored->started_ms, T0 - 600000);
    one(engine, 10, 1, 3, 27000, 0);
    assert_int_equal(seen.began, 0);
    rf_engine_tick(engine, T0 + 10000 + HOUR + 1000);
    assert_int_equal(seen.ended, 1);
    rf_engine_destroy(engine);
}

/* The clock was set back between the two, and then the server was killed; of the first, the end was not
 * stored. */
static void test_the_one_that_began_later_is_the_newer(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    assert_int_equal(at(engine, 0, 0, 5, 0, true), RF_APPLIED);
    uint64_t before = rf_engine_default_session(engine)->laps_version;
    struct rf_row only = row(1, 0, 0, 0);
    struct rf_frame next = frame("Session #2", &only, 1);
    assert_int_equal(rf_engine_apply(engine, &next, T0 + 1000), RF_APPLIED);
    uint64_t after = rf_engine_default_session(engine)->laps_version;
    assert_true(after > before);
    rf_engine_destroy(engine);

    engine = engine_for(&seen);
    rf_engine_tick(engine, T0);
    struct rf_session *first = rf_session_create("first", "Session #1", 1000);
    struct rf_session *second = rf_session_create("second", "Session #2", 1000);
    first->last_frame_ms = T0 + HOUR;
    second->last_frame_ms = T0 - 1000;
    first->laps_version = before;
    second->laps_version = after;
    second->ended = true;
    rf_session_restored(first);
    rf_session_restored(second);
    rf_engine_adopt(engine, second);
    rf_engine_adopt(engine, first);
    assert_int_equal(rf_engine_session_count(engine), 1);
    assert_string_equal(rf_engine_session_at(engine, 0)->id, "second");
    rf_engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_session_goes_on),
        cmocka_unit_test(test_frames_are_judged_as_before),
        cmocka_unit_test(test_a_clock_that_is_set_right_judges_anew),
        cmocka_unit_test(test_patience_with_the_venue_goes_on),
        cmocka_unit_test(test_a_stored_session_from_the_future),
        cmocka_unit_test(test_the_one_that_began_later_is_the_newer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
