/* test_bounds.c - what a feed that never ends, or means no good, cannot make the engine keep; and what it
 * keeps all the same. */
#include "frames.h"

#include <stdlib.h>

#include "racefacer/base/memory.h"

#define MANY 2000 /* rows of the largest frame */

/* Rows of runs `first` and up, all with the same counter and times. */
static void fill_rows(struct rf_row *rows, int first, size_t count, int total, int32_t last, int32_t prev)
{
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct rf_row){.has_id = true,
            .id = first + (int)i,
            .has_kart_id = true,
            .kart_id = first + (int)i,
            .kart = "E",
            .kart_number = "1",
            .driver = "Somebody",
            .total_laps = total,
            .last_ms = last,
            .prev_ms = prev,
            .raw = {"{}", 2}};
}

static enum rf_applied at_second(struct rf_engine *engine, int s, int64_t track, const char *event,
    const struct rf_row *rows, size_t count)
{
    struct rf_frame it = frame(event, rows, count);
    it.has_track = true;
    it.track = track;
    return rf_engine_apply(engine, &it, T0 + s * 1000LL);
}

static enum rf_applied on_track(
    struct rf_engine *engine, int64_t track, const char *event, const struct rf_row *rows, size_t count)
{
    return at_second(engine, 0, track, event, rows, count);
}

/* ---- runs */

static void test_strangers_make_room_for_drivers(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_row *rows = rf_new_array(MANY, sizeof *rows);
    for (int i = 0; i < 10;
         i++) { /* each frame has 1998 strangers, one driver who has a lap, and one who has not */
        fill_rows(rows, 100000 * (i + 1), MANY, 0, 0, 0);
        rows[0] = row(1, 2 + i, 27000, 0);
        rows[MANY - 1] = row(2, i == 9 ? 2 : 1, i == 9 ? 28000 : 0, 0);
        assert_int_equal(on_track(engine, 1, "Session #1", rows, MANY), RF_APPLIED);
        const struct rf_session *session = rf_engine_default_session(engine);
        assert_true(session->run_count <= RF_MAX_RUNS);
        assert_int_equal(lap_ms(session->runs[0], 2 + i), 27000);
    }
    assert_int_equal(seen.began, 1);
    assert_int_equal(seen.laps, 11); /* ten of the first driver, one of the second */
    assert_true(rf_engine_given_up(engine, RF_BOUND_STRANGERS) > 15000);
    assert_int_equal(rf_engine_given_up(engine, RF_BOUND_RUNS), 0);
    free(rows);
    rf_engine_destroy(engine);
}

static void test_a_session_full_of_drivers_is_followed_by_another(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_row *rows = rf_new_array(MANY, sizeof *rows);
    for (int i = 0; i < 3; i++) {
        fill_rows(rows, 1 + MANY * i, MANY, 2, 27000, 0);
        assert_int_equal(on_track(engine, 1, "Session #1", rows, MANY), RF_APPLIED);
    }
    const struct rf_session *session = rf_engine_default_session(engine);
    assert_int_equal(session->run_count, RF_MAX_RUNS);
    assert_int_equal(rf_session_timed_laps(session), RF_MAX_RUNS); /* no lap was taken away */
    assert_int_equal(rf_engine_given_up(engine, RF_BOUND_RUNS), MANY);
    assert_int_equal(rf_engine_given_up(engine, RF_BOUND_STRANGERS), 0);
    /* The crowd passes through: whoever races goes on in the same session. */
    struct rf_row known = rows[0];
    known.id = known.kart_id = 1;
    known.total_laps = 3;
    at_second(engine, 19, 1, "Session #1", &known, 1);
    at_second(engine, 25, 1, "Session #1", rows, MANY);
    at_second(engine, 44, 1, "Session #1", rows, MANY);
    assert_int_equal(rf_engine_default_session(engine)->runs[0]->total_laps, 3);
    assert_int_equal(seen.began, 1);
    /* The crowd stays: it is followed from the next frame on, and no lap of it is missing. */
    at_second(engine, 45, 1, "Session #1", rows, MANY);
    for (size_t i = 0; i < MANY; i++) {
        rows[i].total_laps = 3;
        rows[i].prev_ms = 27000;
    }
    at_second(engine, 46, 1, "Session #1", rows, MANY);
    assert_int_equal(seen.began, 2);
    assert_int_equal(seen.ended, 1);
    assert_int_equal(seen.left, 1);
    assert_int_equal(rf_session_timed_laps(rf_engine_default_session(engine)), 2 * MANY);
    assert_int_equal(rf_engine_given_up(engine, RF_BOUND_SESSIONS), 1);
    free(rows);
    rf_engine_destroy(engine);
}

/* ---- karts */

static void test_changes_of_karts_have_an_end(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    for (int i = 0; i < 1000; i++) {
        struct rf_row only = row(1, i + 2, 27000, 0);
        only.kart_id = i % 2 == 0 ? 7 : 1000 + i; /* to and fro, each time to another one */
        on_track(engine, 1, "Session #1", &only, 1);
    }
    const struct rf_session *session = rf_engine_default_session(engine);
    assert_true(session->run_count <= RF_MAX_STINTS);
    assert_int_equal(seen.laps, 1000); /* all are recorded, under whatever kart */
    assert_int_equal(rf_session_timed_laps(session), 1000);
    assert_true(rf_engine_given_up(engine, RF_BOUND_KART_CHANGES) > 800);
    rf_engine_destroy(engine);
}

static void test_karts_tried_without_a_lap_have_an_end(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    for (int i = 0; i < 1000; i++) {
        struct rf_row only = row(1, 1, 0, 0);
        only.kart_id = 1000 + i;
        on_track(engine, 1, "Session #1", &only, 1);
    }
    assert_true(rf_engine_default_session(engine)->run_count <= RF_MAX_STINTS);
    rf_engine_destroy(engine);
}

/* ---- laps */

/* Two more laps of everybody a frame, until another session begins; how many the one before had. */
static size_t race_until_next(struct rf_engine *engine, const struct seen *seen, size_t runs, int64_t track)
{
    struct rf_row *rows = rf_new_array(runs, sizeof *rows);
    size_t laps = 0;
    int began = seen->began + 1;
    for (int total = 3; seen->began <= began && total < 400000; total += 2) {
        fill_rows(rows, 1, runs, total, 27000, 28000);
        on_track(engine, track, "Endless", rows, runs);
        const struct rf_session *session = rf_engine_find_track(engine, track);
        if (seen->began == began)
            laps = rf_session_timed_laps(session);
    }
    free(rows);
    return laps;
}

static void test_an_endless_session_is_followed_by_another(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    size_t laps = race_until_next(engine, &seen, 200, 1);
    assert_in_range(laps, 172800, 195000); /* kept one by one: a day of sixty karts, and more */
    assert_int_equal(seen.began, 2);
    assert_int_equal(seen.laps, laps + 400); /* the first frame of the next told two more of each */
    assert_int_equal(rf_engine_given_up(engine, RF_BOUND_SESSIONS), 1);
    rf_engine_destroy(engine);
}

static void test_a_run_without_end_is_ended(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    size_t laps = race_until_next(engine, &seen, 1, 1);
    assert_in_range(laps, RF_MAX_RUN_LAPS, RF_MAX_RUN_LAPS + 1);
    rf_engine_destroy(engine);
}

static void test_a_day_of_sixty_karts_is_one_session(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_row rows[60];
    for (int total = 3; total <= 2881; total += 2) {
        fill_rows(rows, 1, COUNT(rows), total, 30000, 30000);
        on_track(engine, 1, "24 h", rows, COUNT(rows));
    }
    assert_int_equal(seen.began, 1);
    assert_int_equal(rf_session_timed_laps(rf_engine_default_session(engine)), 60 * 2880);
    rf_engine_destroy(engine);
}

/* Sessions of other tracks are not the ones to go. */
static void test_the_heaviest_session_makes_room(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_row small = row(9001, 2, 27000, 0);
    struct rf_row *rows = rf_new_array(MANY, sizeof *rows);
    on_track(engine, 1, "Small", &small, 1);
    for (int total = 3; total < 43; total += 2) {
        fill_rows(rows, 1, MANY, total, 27000, 28000);
        on_track(engine, 2, "Heavy", rows, MANY);
        on_track(engine, 3, "Heavy too", rows, MANY);
        small.total_laps++;
        on_track(engine, 1, "Small", &small, 1);
    }
    const struct rf_session *session = rf_engine_find_track(engine, 1);
    assert_int_equal(rf_session_timed_laps(session), 21);
    assert_true(rf_engine_given_up(engine, RF_BOUND_SESSIONS) >= 1);
    assert_int_equal(seen.began, 3 + (int)rf_engine_given_up(engine, RF_BOUND_SESSIONS));
    assert_int_equal(seen.laps, 20 * 2 * 2 * MANY + 21); /* each was told of once, and recorded */
    free(rows);
    rf_engine_destroy(engine);
}

/* ---- sessions */

static void test_sessions_begin_at_a_limited_rate(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_row only = row(1, 2, 27000, 0);
    char name[32];
    int refused = 0;
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "Session %d", i);
        refused += on_track(engine, 1, name, &only, 1) == RF_APPLIED_TOO_MANY_SESSIONS;
    }
    assert_int_equal(seen.began + refused, 1000);
    assert_int_equal(seen.began, 128);
    struct rf_frame it = frame("Later", &only, 1);
    it.has_track = true;
    it.track = 1;
    assert_int_equal(rf_engine_apply(engine, &it, T0 + 1000), RF_APPLIED);
    it.event_name = "Too soon";
    assert_int_equal(rf_engine_apply(engine, &it, T0 + 1001), RF_APPLIED_TOO_MANY_SESSIONS);
    it.event_name = "Later"; /* a session that has begun goes on */
    assert_int_equal(rf_engine_apply(engine, &it, T0 + 1001), RF_APPLIED);
    it.event_name = "Much later";
    rf_engine_set_may_begin(engine, false);
    assert_int_equal(rf_engine_apply(engine, &it, T0 + 99000), RF_APPLIED_TOO_MANY_SESSIONS);
    rf_engine_set_may_begin(engine, true);
    assert_int_equal(rf_engine_apply(engine, &it, T0 + 99000), RF_APPLIED);
    rf_engine_destroy(engine);
}

/* ---- what the feed sent */

static void test_frames_are_let_go_and_laps_are_not(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    size_t len = 3 << 20, kept = 0;
    char *text = rf_new_array(len, 1);
    memset(text, ' ', len);
    for (int track = 1; track <= 20; track++) {
        struct rf_row only = row(track, 2, 27000, 0);
        struct rf_frame it = frame("Session", &only, 1);
        it.has_track = true;
        it.track = track;
        it.raw = (struct rf_slice){text, len};
        rf_engine_apply(engine, &it, T0);
    }
    for (size_t i = 0; i < rf_engine_session_count(engine); i++) {
        const struct rf_session *session = rf_engine_session_at(engine, i);
        kept += session->data.cap;
        assert_int_equal(rf_session_timed_laps(session), 1);
    }
    assert_int_equal(rf_engine_session_count(engine), 20);
    assert_int_equal(rf_engine_session_at(engine, 0)->data.len, len); /* the newest has its own */
    assert_in_range(kept, len, RF_RAW_BYTES);
    assert_true(rf_engine_given_up(engine, RF_BOUND_RAW) >= 16);
    free(text);
    rf_engine_destroy(engine);
}

static void test_rows_of_those_who_left_are_let_go(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_row *rows = rf_new_array(200, sizeof *rows);
    size_t len = 15000, kept = 0;
    char *text = rf_new_array(len, 1);
    memset(text, ' ', len);
    for (int i = 0; i < 20; i++) {
        fill_rows(rows, 1 + 200 * i, 200, 2, 27000, 0);
        for (size_t n = 0; n < 200; n++)
            rows[n].raw = (struct rf_slice){text, len};
        on_track(engine, 1, "Session", rows, 200);
    }
    const struct rf_session *session = rf_engine_default_session(engine);
    for (size_t i = 0; i < session->run_count; i++) {
        kept += session->runs[i]->row.cap;
        assert_true(!session->runs[i]->in_frame || session->runs[i]->row.len == len);
    }
    assert_in_range(kept, 200 * len, RF_RAW_BYTES);
    assert_int_equal(session->run_count, 4000);
    assert_int_equal(seen.laps, 4000);
    free(text);
    free(rows);
    rf_engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strangers_make_room_for_drivers),
        cmocka_unit_test(test_a_session_full_of_drivers_is_followed_by_another),
        cmocka_unit_test(test_changes_of_karts_have_an_end),
        cmocka_unit_test(test_karts_tried_without_a_lap_have_an_end),
        cmocka_unit_test(test_an_endless_session_is_followed_by_another),
        cmocka_unit_test(test_a_run_without_end_is_ended),
        cmocka_unit_test(test_a_day_of_sixty_karts_is_one_session),
        cmocka_unit_test(test_the_heaviest_session_makes_room),
        cmocka_unit_test(test_sessions_begin_at_a_limited_rate),
        cmocka_unit_test(test_frames_are_let_go_and_laps_are_not),
        cmocka_unit_test(test_rows_of_those_who_left_are_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
