/* test_lap_history.c - laps kept and dropped, validity by the median, statistics against hand-computed
 * values. */
#include "frames.h"

#include <math.h>

static const struct rf_lap_limits automatic = {5000, 0};

static void fill(struct rf_lap_history *history, const int32_t *times, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct rf_lap lap = {.num = (int)i + 2, .time_ms = times[i]};
        assert_true(rf_lap_history_add(history, &lap));
    }
}

static void test_statistics(void **state)
{
    (void)state;
    struct rf_lap_history history;
    rf_lap_history_init(&history, 1000);
    fill(&history, (int32_t[]){27000, 26000, 28000, 26500, 60000, 4000}, 6);
    /* sorted 4000 26000 26500 27000 28000 60000: twice the median is 26500 + 27000 = 53500, so 60000 is out
     */
    assert_int_equal(rf_lap_history_limit(&history, automatic), 53500);
    assert_false(rf_lap_history_valid(&history, automatic, 4000));
    assert_false(rf_lap_history_valid(&history, automatic, 60000));
    assert_true(rf_lap_history_valid(&history, automatic, 53500));
    assert_int_equal(rf_lap_history_best(&history, automatic), 26000);

    struct rf_lap_stats stats;
    rf_lap_history_stats(&history, automatic, &stats);
    assert_int_equal(stats.timed, 6);
    assert_int_equal(stats.valid, 4);
    assert_int_equal(stats.best_ms, 26000);
    assert_int_equal(stats.valid_total_ms, 107500);
    assert_int_equal(stats.timed_total_ms, 171500);
    assert_true(fabs(stats.mean_ms - 26875) < 1e-9);
    assert_true(fabs(stats.best3_mean_ms - 26500) < 1e-9);
    /* deviations 125, -875, 1125, -375: squares sum to 2187500, over 4 is 546875 */
    assert_true(fabs(stats.consistency_s - sqrt(546875) / 1000) < 1e-12);
    rf_lap_history_finish(&history);
}

static void test_odd_median_and_fixed_limit(void **state)
{
    (void)state;
    struct rf_lap_history history;
    rf_lap_history_init(&history, 1000);
    assert_int_equal(rf_lap_history_limit(&history, automatic), INT32_MAX);
    fill(&history, (int32_t[]){65000, 66000, 64000}, 3);
    assert_int_equal(rf_lap_history_limit(&history, automatic), 130000);
    assert_int_equal(rf_lap_history_best(&history, automatic), 64000);
    struct rf_lap_limits fixed = {5000, 60000};
    assert_int_equal(rf_lap_history_best(&history, fixed), 0);
    struct rf_lap_stats stats;
    rf_lap_history_stats(&history, fixed, &stats);
    assert_int_equal(stats.valid, 0);
    assert_int_equal(stats.timed_total_ms, 195000);
    rf_lap_history_finish(&history);
}

static void test_order_and_repeats(void **state)
{
    (void)state;
    struct rf_lap_history history;
    rf_lap_history_init(&history, 1000);
    struct rf_lap four = {.num = 4, .time_ms = 30000}, two = {.num = 2, .time_ms = 31000};
    assert_true(rf_lap_history_add(&history, &four));
    assert_true(rf_lap_history_add(&history, &two));
    assert_false(rf_lap_history_add(&history, &four));
    assert_int_equal(history.count, 2);
    assert_int_equal(history.laps[0].num, 2);
    assert_int_equal(history.timed_from_2, 2);
    assert_null(rf_lap_history_find(&history, 3));

    assert_false(rf_lap_history_correct(&history, 4, 30000));
    assert_false(rf_lap_history_correct(&history, 3, 30000));
    assert_true(rf_lap_history_correct(&history, 4, 29000));
    assert_true(rf_lap_history_find(&history, 4)->corrected);
    assert_int_equal(rf_lap_history_best(&history, automatic), 29000);

    assert_int_equal(rf_lap_history_remove_above(&history, 3), 1);
    assert_int_equal(rf_lap_history_best(&history, automatic), 31000);
    assert_int_equal(rf_lap_history_timed(&history), 1);
    rf_lap_history_finish(&history);
}

/* MAX_LAPS_PER_SESSION drops single laps; the figures go on over all. */
static void test_dropped_laps_still_count(void **state)
{
    (void)state;
    struct rf_lap_history few, all;
    rf_lap_history_init(&few, 5);
    rf_lap_history_init(&all, 1000);
    for (int i = 0; i < 200; i++) {
        struct rf_lap lap = {.num = i + 2, .time_ms = 27000 + (i * 7919) % 1000};
        assert_true(rf_lap_history_add(&few, &lap));
        assert_true(rf_lap_history_add(&all, &lap));
    }
    assert_int_equal(few.count, 5);
    assert_int_equal(few.laps[0].num, 197);
    size_t dropped;
    const int32_t *times = rf_lap_history_dropped(&few, &dropped);
    assert_int_equal(dropped, 195);
    assert_int_equal(times[0], 27000);
    assert_int_equal(few.timed_from_2, 200);

    struct rf_lap_stats a, b;
    rf_lap_history_stats(&few, automatic, &a);
    rf_lap_history_stats(&all, automatic, &b);
    assert_memory_equal(&a, &b, sizeof a);

    struct rf_lap again = {.num = 3, .time_ms = 20000}; /* dropped: cannot come back */
    assert_false(rf_lap_history_add(&few, &again));
    rf_lap_history_finish(&few);
    rf_lap_history_finish(&all);
}

static void test_a_dropped_lap_stays_dropped_after_a_restart(void **state)
{
    (void)state;
    struct rf_lap_history history;
    rf_lap_history_init(&history, 1);
    rf_lap_history_add_dropped(&history, 27000); /* lap 2, as read from a file */
    struct rf_lap kept = {.num = 3, .time_ms = 28000}, again = {.num = 2, .time_ms = 27000};
    assert_true(rf_lap_history_add(&history, &kept));
    assert_false(rf_lap_history_add(&history, &again));
    assert_int_equal(rf_lap_history_timed(&history), 2);
    rf_lap_history_finish(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_odd_median_and_fixed_limit),
        cmocka_unit_test(test_order_and_repeats),
        cmocka_unit_test(test_dropped_laps_still_count),
        cmocka_unit_test(test_a_dropped_lap_stays_dropped_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
