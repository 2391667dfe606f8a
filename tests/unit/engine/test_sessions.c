/* test_sessions.c - when a session begins and ends, which is the default, what is stale, what a restart goes
 * on with. */
#include "frames.h"

static enum rf_applied named(
    struct rf_engine *engine, int s, const char *event, enum rf_status status, int total, int32_t last)
{
    struct rf_row rows[3] = {row(1, total, last, 0), row(2, total, last, 0), row(3, total, last, 0)};
    struct rf_frame it = frame(event, rows, 3);
    it.status = status;
    return rf_engine_apply(engine, &it, T0 + s * 1000LL);
}

static void test_ids(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_row only = row(1, 1, 0, 0);
    struct rf_frame it = frame("Session #77 PARTY", &only, 1);
    it.has_track = true;
    it.track = 3;
    rf_engine_apply(engine, &it, T0);
    assert_string_equal(rf_engine_default_session(engine)->id, "20260101T100000Z-session-77-party-t3");
    it.has_track = false;
    it.event_name = "ééé/../";
    rf_engine_apply(engine, &it, T0);
    assert_non_null(rf_engine_find_session(engine, "20260101T100000Z-session"));
    it.event_name = "???"; /* the same second, the same slug */
    it.raw = (struct rf_slice){"{ }", 3};
    rf_engine_apply(engine, &it, T0);
    assert_non_null(rf_engine_find_session(engine, "20260101T100000Z-session-2"));
    rf_engine_destroy(engine);
}

static void test_a_new_event_name_is_a_new_session(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    named(engine, 0, "Session #1", RF_STATUS_RUNNING, 5, 27000);
    named(engine, 30, "Session #2", RF_STATUS_RUNNING, 5, 27000);
    assert_int_equal(seen.began, 2);
    assert_int_equal(seen.ended, 1);
    struct rf_row rows[1] = {row(1, 6, 27000, 27000)};
    struct rf_frame nameless = frame("", rows, 1);
    nameless.has_event = false;
    rf_engine_apply(engine, &nameless, T0 + 60000);
    assert_int_equal(seen.began, 2);
    rf_engine_destroy(engine);
}

static void test_counters_that_begin_anew_are_a_new_session(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    named(engine, 0, "Session #1", RF_STATUS_RUNNING, 5, 27000);
    named(engine, 30, "Session #1", RF_STATUS_RUNNING, 0, 0);
    assert_int_equal(seen.began, 2);

    struct rf_row strangers[2] = {row(8, 1, 0, 0), row(9, 0, 0, 0)};
    struct rf_frame it = frame("Session #1", strangers, 2);
    rf_engine_apply(engine, &it, T0 + 60000);
    assert_int_equal(seen.began, 3);

    struct rf_row swapped[2] = {
        row(10, 7, 27000, 0), row(11, 9, 27000, 0)}; /* strangers in mid-race are no restart */
    it.rows = swapped;
    rf_engine_apply(engine, &it, T0 + 90000);
    assert_int_equal(seen.began, 3);
    rf_engine_destroy(engine);
}

static void test_a_row_nobody_removed_hides_no_restart(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_row rows[2] = {row(1, 9, 27000, 0), row(2, 5, 27000, 0)};
    rows[0].lap_started_s = T0 / 1000 - 86400;
    struct rf_frame it = frame("", rows, 2);
    rf_engine_apply(engine, &it, T0);
    rows[1] = row(3, 0, 0, 0);
    rf_engine_apply(engine, &it, T0 + 60000);
    assert_int_equal(seen.began, 2);

    struct rf_frame left = frame("", rows, 1); /* it alone: the session goes on */
    rf_engine_apply(engine, &left, T0 + 61000);
    assert_int_equal(seen.began, 2);
    rf_engine_destroy(engine);
}

static void test_one_run_that_falls_is_no_restart(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_row rows[3] = {row(1, 2, 27000, 0), row(2, 1, 0, 0), row(3, 1, 0, 0)};
    struct rf_frame it = frame("Session #1", rows, 3);
    rf_engine_apply(engine, &it, T0);
    rows[0] = row(1, 1, 0, 0);
    rf_engine_apply(engine, &it, T0 + 1000);
    rf_engine_apply(engine, &it, T0 + 2000);
    assert_int_equal(seen.began, 1);
    assert_int_equal(seen.removed, 1);
    rf_engine_destroy(engine);
}

static void test_finished(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    named(engine, 0, "Session #1", RF_STATUS_RUNNING, 5, 27000);
    named(engine, 30, "Session #1", RF_STATUS_FINISHED, 6, 27500);
    assert_int_equal(seen.ended, 1);
    assert_true(rf_engine_default_session(engine)->ended);
    assert_false(rf_engine_live(engine, rf_engine_default_session(engine)));
    named(engine, 60, "Session #1", RF_STATUS_FINISHED, 7, 27600); /* the in-lap */
    assert_int_equal(lap_ms(run_of(engine, 0), 7), 27600);
    named(engine, 90, "Session #1", RF_STATUS_FINISHED, 0, 0); /* counters cleared after the flag */
    named(engine, 91, "Session #1", RF_STATUS_FINISHED, 0, 0);
    assert_int_equal(lap_ms(run_of(engine, 0), 7), 27600);
    assert_int_equal(seen.began, 1);
    assert_int_equal(seen.ended, 1);
    named(engine, 120, "Session #1", RF_STATUS_RUNNING, 0, 0); /* the next race, by the same name */
    assert_int_equal(seen.began, 2);
    rf_engine_destroy(engine);
}

static void test_silence(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    named(engine, 0, "Session #1", RF_STATUS_RUNNING, 5, 27000);
    named(engine, 3599, "Session #1", RF_STATUS_RUNNING, 6, 27000); /* within the gap: goes on */
    assert_int_equal(seen.began, 1);
    rf_engine_tick(engine, T0 + (3599 + 299) * 1000LL);
    assert_true(rf_engine_live(engine, rf_engine_default_session(engine)));
    uint64_t version = rf_engine_version(engine);
    rf_engine_tick(engine, T0 + (3599 + 301) * 1000LL);
    assert_false(rf_engine_live(engine, rf_engine_default_session(engine)));
    assert_true(rf_engine_version(engine) > version); /* it is served, so it is a change */
    assert_int_equal(seen.ended, 0);
    rf_engine_tick(engine, T0 + (3599 + 3601) * 1000LL);
    assert_int_equal(seen.ended, 1);
    assert_non_null(rf_engine_default_session(engine)); /* still served */
    named(engine, 3599 + 3700, "Session #1", RF_STATUS_RUNNING, 7, 27000);
    assert_int_equal(seen.began, 2);
    rf_engine_destroy(engine);
}

static void test_two_tracks_on_one_channel(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_row few[1] = {row(1, 2, 27000, 0)},
                  many[3] = {row(2, 2, 30000, 0), row(3, 2, 30000, 0), row(4, 2, 31000, 0)};
    struct rf_frame a = frame("Session #1", few, 1), b = frame("Session #9", many, 3);
    a.has_track = b.has_track = true;
    a.track = 1;
    b.track = 2;
    rf_engine_apply(engine, &a, T0);
    assert_int_equal(rf_engine_default_session(engine)->track, 1);
    rf_engine_apply(engine, &b, T0 + 500);
    rf_engine_apply(engine, &a, T0 + 1000);
    assert_int_equal(seen.began, 2);
    assert_int_equal(rf_engine_default_session(engine)->track, 1); /* the choice stays while it lives */
    assert_int_equal(rf_engine_find_track(engine, 2)->run_count, 3);
    a.status = RF_STATUS_FINISHED;
    rf_engine_apply(engine, &a, T0 + 2000);
    assert_int_equal(rf_engine_default_session(engine)->track, 2);
    rf_engine_destroy(engine);
}

static void test_no_session_without_runs(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_frame empty = frame("Session #1", NULL, 0);
    assert_int_equal(rf_engine_apply(engine, &empty, T0), RF_APPLIED_NO_RUNS);
    assert_null(rf_engine_default_session(engine));
    assert_int_equal(seen.began, 0);
    rf_engine_destroy(engine);
}

static void test_a_repeated_frame_changes_nothing(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    one(engine, 0, 1, 2, 27000, 0);
    uint64_t version = rf_engine_version(engine);
    one(engine, 1, 1, 2, 27000, 0);
    assert_int_equal(rf_engine_version(engine), version);
    rf_engine_destroy(engine);
}

static void test_stale_rows(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_row rows[2] = {row(1, 2, 27000, 0), row(2, 2, 27000, 0)};
    rows[0].lap_started_s = T0 / 1000 - 10;
    rows[1].lap_started_s = T0 / 1000 - 3 * 86400;
    struct rf_frame it = frame("Session #1", rows, 2);
    it.made_s = it.sent_s = T0 / 1000;
    rf_engine_apply(engine, &it, T0);
    assert_false(run_of(engine, 0)->stale);
    assert_true(run_of(engine, 1)->stale);
    assert_int_equal(rf_session_active_runs(rf_engine_default_session(engine)), 1);
    rf_engine_destroy(engine);
}

static enum rf_applied timed(
    struct rf_engine *engine, int64_t now_s, int64_t made_s, int64_t sent_s, int total)
{
    struct rf_row only = row(1, total, 27000, 0);
    struct rf_frame it = frame("Session #1", &only, 1);
    it.made_s = made_s;
    it.sent_s = sent_s;
    return rf_engine_apply(engine, &it, T0 + now_s * 1000);
}

static void test_cached_and_old_frames(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    int64_t base = T0 / 1000;
    assert_int_equal(timed(engine, 0, base, base, 5), RF_APPLIED);
    assert_int_equal(timed(engine, 1, base - 1, base + 1, 4), RF_APPLIED_OLD);
    assert_int_equal(timed(engine, 2, base - 46377, base + 2, 4), RF_APPLIED_CACHED);
    assert_int_equal(timed(engine, 3, base - 301, 0, 4), RF_APPLIED_CACHED); /* against the clock */
    assert_int_equal(timed(engine, 4, base, base + 4, 5), RF_APPLIED);  /* the same second is not older */
    assert_int_equal(timed(engine, 5, 0, 0, 6), RF_APPLIED);            /* no time at all */
    assert_int_equal(timed(engine, 6, base + 99999, 0, 7), RF_APPLIED); /* from the future: not judged */
    assert_int_equal(timed(engine, 7, base + 7, 0, 8), RF_APPLIED);     /* and it has not become the newest */
    assert_int_equal(lap_ms(run_of(engine, 0), 8), 27000);
    assert_int_equal(seen.began, 1);
    rf_engine_destroy(engine);
}

static void test_a_venue_whose_clock_is_off(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    int64_t base = T0 / 1000;
    assert_int_equal(timed(engine, 0, base, 0, 5), RF_APPLIED);
    for (int s = 1; s < 31; s++) /* set back by an hour */
        assert_int_equal(timed(engine, s, base - 3600 + s, 0, 6), RF_APPLIED_CACHED);
    assert_int_equal(timed(engine, 31, base - 3600 + 31, 0, 6), RF_APPLIED);
    assert_int_equal(seen.resets, 1);
    assert_int_equal(seen.offset_ms, 3600000);
    assert_int_equal(timed(engine, 32, base - 3600 + 32, 0, 7), RF_APPLIED);
    assert_int_equal(timed(engine, 33, base - 3600 + 31, 0, 6), RF_APPLIED_OLD); /* order is judged as ever */
    assert_int_equal(timed(engine, 40, base + 40, 0, 8), RF_APPLIED);            /* set right again */
    assert_int_equal(timed(engine, 41, base - 3600 + 41, 0, 8), RF_APPLIED_CACHED);
    assert_int_equal(seen.began, 1);
    rf_engine_destroy(engine);
}

static void test_adopting_a_stored_session(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_session *old = rf_session_create("old", "Session #0", 1000);
    old->last_frame_ms = T0 - 200000;
    rf_engine_adopt(engine, old);
    struct rf_session *stored = rf_session_create("stored", "Session #1", 1000);
    stored->last_frame_ms = T0 - 60000;
    struct rf_row was = row(1, 3, 0, 0);
    struct rf_run *run = rf_session_restore_run(stored, "", &was, 1);
    run->total_laps = 3;
    struct rf_lap laps[2] = {{.num = 2, .time_ms = 27000}, {.num = 3, .time_ms = 28000}};
    assert_true(rf_lap_history_add(&run->history, &laps[0]));
    assert_true(rf_lap_history_add(&run->history, &laps[1]));
    rf_session_restored(stored);
    rf_engine_adopt(engine, stored);
    assert_int_equal(seen.ended, 1); /* the older one of the track */
    assert_string_equal(rf_engine_default_session(engine)->id, "stored");

    one(engine, 0, 1, 3, 28000, 27000); /* no lap twice */
    assert_int_equal(seen.laps, 0);
    one(engine, 30, 1, 5, 30000, 29000); /* and none lost */
    assert_int_equal(seen.laps, 2);
    assert_int_equal(seen.began, 0);
    assert_int_equal(run_of(engine, 0)->missed_laps, 0);
    rf_engine_destroy(engine);
}

static void test_a_session_that_had_only_begun_goes_on(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_session *begun = rf_session_create("begun", "Session #1", 1000);
    begun->last_frame_ms = T0 - 1000;
    rf_session_restored(begun);
    rf_engine_adopt(engine, begun);
    one(engine, 0, 1, 0, RF_NO_TIME, RF_NO_TIME);
    assert_int_equal(seen.began, 0);
    assert_string_equal(rf_engine_default_session(engine)->id, "begun");
    rf_engine_destroy(engine);
}

static void test_laps_behind_the_end_are_shown_before_it_is_let_go(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    named(engine, 0, "Session #1", RF_STATUS_FINISHED, 5, 27000);
    named(engine, 30, "Session #1", RF_STATUS_FINISHED, 6, 27500);
    uint64_t version = rf_engine_default_session(engine)->laps_version;
    assert_int_equal(seen.left, 0);
    named(engine, 31, "Session #2", RF_STATUS_RUNNING, 0, 0);
    assert_int_equal(seen.ended, 1);
    assert_int_equal(seen.left, 1);
    assert_int_equal(seen.left_version, version);
    rf_engine_destroy(engine);
}

static void test_a_deleted_session_stays_away(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    named(engine, 0, "Session #1", RF_STATUS_FINISHED, 5, 27000);
    rf_engine_forget(engine, rf_engine_default_session(engine)->id);
    assert_null(rf_engine_default_session(engine));
    named(engine, 30, "Session #1", RF_STATUS_FINISHED, 6, 27000);
    assert_null(rf_engine_default_session(engine));
    assert_int_equal(seen.laps, 3);
    named(engine, 60, "Session #2", RF_STATUS_RUNNING, 0, 0);
    assert_non_null(rf_engine_default_session(engine));
    rf_engine_destroy(engine);
}

static void test_more_tracks_than_any_venue_has(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    for (int i = 1; i <= 100; i++) {
        struct rf_row only = row(i, 2, 27000, 0);
        struct rf_frame it = frame("Session #1", &only, 1);
        it.has_track = true;
        it.track = i;
        rf_engine_apply(engine, &it, T0 + i);
    }
    assert_int_equal(rf_engine_session_count(engine), 64);
    assert_int_equal(seen.ended, 36); /* each told of, so that it is kept */
    rf_engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_a_new_event_name_is_a_new_session),
        cmocka_unit_test(test_counters_that_begin_anew_are_a_new_session),
        cmocka_unit_test(test_a_row_nobody_removed_hides_no_restart),
        cmocka_unit_test(test_one_run_that_falls_is_no_restart),
        cmocka_unit_test(test_finished),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_two_tracks_on_one_channel),
        cmocka_unit_test(test_no_session_without_runs),
        cmocka_unit_test(test_a_repeated_frame_changes_nothing),
        cmocka_unit_test(test_stale_rows),
        cmocka_unit_test(test_cached_and_old_frames),
        cmocka_unit_test(test_a_venue_whose_clock_is_off),
        cmocka_unit_test(test_adopting_a_stored_session),
        cmocka_unit_test(test_a_session_that_had_only_begun_goes_on),
        cmocka_unit_test(test_laps_behind_the_end_are_shown_before_it_is_let_go),
        cmocka_unit_test(test_a_deleted_session_stays_away),
        cmocka_unit_test(test_more_tracks_than_any_venue_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
