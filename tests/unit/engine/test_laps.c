/* test_laps.c - which laps a frame tells: gaps, first sight, corrections, marshals, changes of kart,
 * lap-data. */
#include "frames.h"

static void test_one_lap_after_another(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    one(engine, 0, 1, 0, RF_NO_TIME, RF_NO_TIME);
    one(engine, 1, 1, 1, RF_NO_TIME, RF_NO_TIME); /* the crossing that starts the first lap is none */
    assert_int_equal(seen.laps, 0);
    one(engine, 30, 1, 2, 27000, RF_NO_TIME);
    one(engine, 31, 1, 2, 27000, RF_NO_TIME); /* repeated */
    one(engine, 60, 1, 3, 28000, 27000);
    assert_int_equal(seen.laps, 2);
    assert_int_equal(seen.began, 1);
    assert_int_equal(lap_ms(run_of(engine, 0), 2), 27000);
    assert_int_equal(lap_ms(run_of(engine, 0), 3), 28000);
    assert_int_equal(run_of(engine, 0)->missed_laps, 0);
    rf_engine_destroy(engine);
}

static void test_lost_frames(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    one(engine, 0, 1, 2, 27000, RF_NO_TIME);
    one(engine, 60, 1, 4, 29000, 28000); /* one lost: the lap before comes with the next */
    assert_int_equal(lap_ms(run_of(engine, 0), 3), 28000);
    assert_int_equal(run_of(engine, 0)->missed_laps, 0);
    one(engine, 150, 1, 8, 31000, 30500); /* three lost: 5 and 6 are gone, and nothing is invented */
    assert_int_equal(lap_ms(run_of(engine, 0), 8), 31000);
    assert_int_equal(lap_ms(run_of(engine, 0), 7), 30500);
    assert_int_equal(lap_ms(run_of(engine, 0), 6), 0);
    assert_int_equal(run_of(engine, 0)->missed_laps, 2);
    assert_int_equal(seen.laps, 5);
    rf_engine_destroy(engine);
}

static void test_first_sight_in_mid_session(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    one(engine, 0, 1, 12, 33604, 32925);
    assert_int_equal(seen.laps, 2);
    assert_int_equal(lap_ms(run_of(engine, 0), 12), 33604);
    assert_int_equal(lap_ms(run_of(engine, 0), 11), 32925);
    assert_int_equal(run_of(engine, 0)->missed_laps, 9); /* 2 … 10 */
    rf_engine_destroy(engine);
}

static void test_a_time_that_comes_late_is_recorded(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    one(engine, 0, 1, 2, 27000, RF_NO_TIME);
    one(engine, 30, 1, 3, RF_NO_TIME, RF_NO_TIME);
    assert_int_equal(run_of(engine, 0)->missed_laps, 1);
    one(engine, 31, 1, 3, 28000, 27000);
    assert_int_equal(run_of(engine, 0)->missed_laps, 0);
    assert_int_equal(seen.laps, 2);
    assert_int_equal(seen.corrected, 0);
    rf_engine_destroy(engine);
}

static void test_corrections(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    one(engine, 0, 1, 3, 27000, 28000);
    one(engine, 1, 1, 3, 27500, 28000);
    assert_int_equal(lap_ms(run_of(engine, 0), 3), 27500);
    assert_true(rf_lap_history_find(&run_of(engine, 0)->history, 3)->corrected);
    one(engine, 30, 1, 4, 27100, 27600); /* prev differs from what is stored */
    assert_int_equal(lap_ms(run_of(engine, 0), 3), 27600);
    assert_int_equal(seen.corrected, 2);
    one(engine, 31, 1, 4, RF_NO_TIME, RF_NO_TIME); /* a time not told is no correction */
    assert_int_equal(lap_ms(run_of(engine, 0), 4), 27100);
    rf_engine_destroy(engine);
}

static void test_a_marshal_takes_laps_back(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    one(engine, 0, 1, 4, 27000, 28000);
    one(engine, 30, 1, 5, 27100, 27000);
    one(engine, 31, 1, 4, 27000, 28000); /* a single old frame changes nothing */
    one(engine, 32, 1, 5, 27100, 27000);
    assert_int_equal(seen.removed, 0);
    assert_int_equal(lap_ms(run_of(engine, 0), 5), 27100);
    one(engine, 33, 1, 4, 27000, 28000);
    one(engine, 34, 1, 4, 27000, 28000); /* the next one says the same */
    assert_int_equal(seen.removed, 1);
    assert_int_equal(lap_ms(run_of(engine, 0), 5), 0);
    assert_int_equal(run_of(engine, 0)->total_laps, 4);
    one(engine, 60, 1, 5, 29000, 27000);
    assert_int_equal(lap_ms(run_of(engine, 0), 5), 29000);
    assert_int_equal(seen.began, 1);
    rf_engine_destroy(engine);
}

static void test_a_change_of_karts_is_a_new_run(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    one(engine, 0, 1, 2, 27000, RF_NO_TIME);
    one(engine, 30, 1, 3, 28000, 27000);
    struct rf_row other = row(1, 4, 29000, 28000);
    other.kart_id = 222;
    other.kart = other.kart_number = "22";
    struct rf_frame change = frame("Session #1", &other, 1);
    rf_engine_apply(engine, &change, T0 + 60000);
    const struct rf_session *session = rf_engine_default_session(engine);
    assert_int_equal(session->run_count, 2);
    assert_int_equal(session->runs[0]->history.count, 2);
    assert_int_equal(session->runs[0]->kart_id, 101);
    assert_int_equal(session->runs[0]->total_laps, 3);
    assert_int_equal(session->runs[1]->history.count, 1);
    assert_int_equal(lap_ms(session->runs[1], 4), 29000);
    assert_int_equal(session->runs[1]->missed_laps, 0);

    other.total_laps = 6; /* a lap lost on the new kart */
    other.last_ms = 29500;
    other.prev_ms = RF_NO_TIME;
    rf_engine_apply(engine, &change, T0 + 120000);
    assert_int_equal(session->runs[1]->missed_laps, 1);
    assert_int_equal(session->runs[0]->missed_laps, 0);

    one(engine, 150, 1, 7, 30000, 29500); /* and back to the first */
    assert_int_equal(session->run_count, 2);
    assert_int_equal(lap_ms(session->runs[0], 7), 30000);
    assert_int_equal(session->runs[0]->missed_laps, 0);
    assert_int_equal(session->runs[1]->missed_laps, 1);
    rf_engine_destroy(engine);
}

static void test_a_kart_left_before_its_first_lap_is_found_again(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_row rows[1] = {row(1, 2, 27000, 0)};
    struct rf_frame it = frame("Session #1", rows, 1);
    static const int karts[] = {101, 102, 103, 102};
    for (int i = 0; i < 4; i++) {
        rows[0].kart_id = karts[i];
        rf_engine_apply(engine, &it, T0 + i * 1000);
    }
    assert_int_equal(rf_engine_default_session(engine)->run_count, 3);
    rows[0].total_laps = 3;
    rows[0].last_ms = 28000;
    rf_engine_apply(engine, &it, T0 + 30000);
    assert_int_equal(lap_ms(run_of(engine, 1), 3), 28000);
    assert_int_equal(run_of(engine, 2)->missed_laps, 0);
    rf_engine_destroy(engine);
}

static void test_rows_that_share_a_key_are_told_apart(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_row rows[2] = {row(1, 2, 27000, 0), row(2, 2, 28000, 0)};
    for (int i = 0; i < 2; i++) { /* no ids of any kind, and the label repeats */
        rows[i].has_id = rows[i].has_kart_id = false;
        rows[i].kart = "7";
        rows[i].kart_number = "";
    }
    struct rf_frame both = frame("Session #1", rows, 2);
    rf_engine_apply(engine, &both, T0);
    struct rf_row swapped[2] = {rows[1], rows[0]};
    swapped[0].total_laps = swapped[1].total_laps = 3;
    swapped[0].last_ms = 28500;
    swapped[1].last_ms = 27500;
    both.rows = swapped;
    rf_engine_apply(engine, &both, T0 + 30000);
    const struct rf_session *session = rf_engine_default_session(engine);
    assert_int_equal(session->run_count, 2);
    assert_string_equal(session->runs[0]->driver, "Driver 1");
    assert_int_equal(lap_ms(session->runs[0], 3), 27500);
    assert_int_equal(lap_ms(session->runs[1], 3), 28500);
    assert_string_equal(session->runs[0]->kart_number, "7"); /* filled from the label */
    rf_engine_destroy(engine);
}

static void test_ghosts_are_left_out(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_row rows[2] = {row(1, 2, 27000, 0), row(2, 9, 28000, 0)};
    rows[1].has_kart_id = false;
    rows[1].kart = rows[1].kart_number = "";
    struct rf_frame both = frame("Session #1", rows, 2);
    rf_engine_apply(engine, &both, T0);
    assert_int_equal(rf_engine_default_session(engine)->run_count, 1);
    assert_int_equal(rf_engine_default_session(engine)->ghosts, 1);
    rf_engine_destroy(engine);
}

static void test_lap_data(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    struct rf_lap_data lap = {.kart_number = "1", .lap_num = 3, .time_ms = 28000};
    assert_int_equal(rf_engine_apply_lap(engine, &lap, T0), RF_APPLIED_NO_KART);
    one(engine, 0, 1, 2, 27000, RF_NO_TIME);
    assert_int_equal(rf_engine_apply_lap(engine, &lap, T0 + 30000), RF_APPLIED);
    assert_int_equal(lap_ms(run_of(engine, 0), 3), 28000);
    assert_int_equal(run_of(engine, 0)->total_laps, 3);
    one(engine, 31, 1, 3, 28000, 27000); /* the frame that follows says it again */
    assert_int_equal(seen.laps, 2);
    lap.kart_number = "99";
    assert_int_equal(rf_engine_apply_lap(engine, &lap, T0 + 32000), RF_APPLIED_NO_KART);

    struct rf_row twins[2] = {row(1, 3, 28000, 27000), row(2, 2, 27000, 0)};
    twins[1].kart_number = "1";
    struct rf_frame both = frame("Session #1", twins, 2);
    rf_engine_apply(engine, &both, T0 + 33000);
    lap = (struct rf_lap_data){.kart_number = "1", .lap_num = 4, .time_ms = 28000};
    assert_int_equal(rf_engine_apply_lap(engine, &lap, T0 + 34000), RF_APPLIED_NO_KART);
    rf_engine_destroy(engine);
}

static void test_a_counter_that_jumps_by_millions(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct rf_engine *engine = engine_for(&seen);
    one(engine, 0, 1, 2, 27000, RF_NO_TIME);
    one(engine, 30, 1, 5000000, 28000, RF_NO_TIME);
    assert_int_equal(run_of(engine, 0)->missed_laps, 4999997);
    assert_int_equal(run_of(engine, 0)->history.count, 2);
    rf_engine_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_lap_after_another),
        cmocka_unit_test(test_lost_frames),
        cmocka_unit_test(test_first_sight_in_mid_session),
        cmocka_unit_test(test_a_time_that_comes_late_is_recorded),
        cmocka_unit_test(test_corrections),
        cmocka_unit_test(test_a_marshal_takes_laps_back),
        cmocka_unit_test(test_a_change_of_karts_is_a_new_run),
        cmocka_unit_test(test_a_kart_left_before_its_first_lap_is_found_again),
        cmocka_unit_test(test_rows_that_share_a_key_are_told_apart),
        cmocka_unit_test(test_ghosts_are_left_out),
        cmocka_unit_test(test_lap_data),
        cmocka_unit_test(test_a_counter_that_jumps_by_millions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
