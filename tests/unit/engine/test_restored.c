/* test_restored.c - sessions of which a crash left little. */
#include "frames.h"

/* Of those who were there only the one that nobody removed had laps, so only he was journaled. */
static void test_one_with_nobody_but_a_stale_row_goes_on(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_session *begun = rf_session_create("begun", "Session #1", 1000);
    struct rf_row rows[] = {row(9, 14, 30000, 29000), row(1, 1, 0, 0), row(2, 0, 0, 0)};
    rows[0].lap_started_s = T0 / 1000 - 86400;
    begun->last_frame_ms = T0 - 1000;
    assert_non_null(rf_session_restore_run(begun, "", &rows[0], 1));
    rf_session_restored(begun);
    rf_engine_adopt(engine, begun);
    struct rf_frame it = frame("Session #1", rows, 3);
    assert_int_equal(rf_engine_apply(engine, &it, T0), RF_APPLIED);
    assert_int_equal(seen.began, 0);
    assert_string_equal(rf_engine_default_session(engine)->id, "begun");
    rf_engine_destroy(engine);
}

/* The venue repeats an old frame just after the restart: its counters say that everybody begins anew. */
static void test_older_frames_are_told_from_newer_ones_at_once(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_row first[] = {row(1, 2, 27000, 0), row(2, 2, 28000, 0)};
    struct rf_row before[] = {row(1, 1, 0, 0), row(2, 0, 0, 0)};
    struct rf_session *stored = rf_session_create("stored", "Session #1", 1000);
    stored->last_frame_ms = T0 - 1000;
    stored->made_s = T0 / 1000 - 1;
    for (int i = 0; i < 2; i++) {
        struct rf_run *run = rf_session_restore_run(stored, "", &first[i], 1);
        run->total_laps = first[i].total_laps;
    }
    rf_session_restored(stored);
    rf_engine_adopt(engine, stored);
    struct rf_frame it = frame("Session #1", before, 2);
    it.made_s = T0 / 1000 - 2;
    assert_int_equal(rf_engine_apply(engine, &it, T0), RF_APPLIED_OLD);
    it = frame("Session #1", first, 2);
    it.made_s = T0 / 1000;
    assert_int_equal(rf_engine_apply(engine, &it, T0), RF_APPLIED);
    assert_int_equal(seen.began, 0);
    assert_int_equal(rf_engine_default_session(engine)->made_s, T0 / 1000);
    rf_engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_with_nobody_but_a_stale_row_goes_on),
        cmocka_unit_test(test_older_frames_are_told_from_newer_ones_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
