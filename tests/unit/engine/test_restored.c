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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_with_nobody_but_a_stale_row_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
