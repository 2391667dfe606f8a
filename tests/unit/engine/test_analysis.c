/* test_analysis.c - results against hand-computed values. */
#include "frames.h"

#include <math.h>

static const struct rf_analysis_options options = {{5000, 0}, 3};

static struct rf_run *run_with(struct rf_session *session, int id, int64_t kart_id, const char *driver,
    const int32_t *times, size_t count)
{
    struct rf_row it = row(id, 0, 0, 0);
    it.kart_id = kart_id;
    it.driver = driver;
    struct rf_run *run = rf_session_restore_run(session, "", &it, 1);
    for (size_t i = 0; i < count; i++) {
        struct rf_lap lap = {.num = (int)i + 2, .time_ms = times[i]};
        assert_true(rf_lap_history_add(&run->history, &lap));
    }
    run->total_laps = (int)count + 1;
    return run;
}

static void test_ranking_and_index(void **state)
{
    (void)state;
    struct rf_session *session = rf_session_create("s", "Session #1", 1000);
    struct rf_run *slow = run_with(session, 1, 11, "Slow", (int32_t[]){30000, 30000, 30000}, 3);
    struct rf_run *fast = run_with(session, 2, 12, "Fast", (int32_t[]){26000, 27000, 28000}, 3);
    struct rf_run *middle = run_with(session, 3, 13, "Middle", (int32_t[]){27000, 27600, 27300}, 3);
    struct rf_run *two = run_with(session, 4, 14, "Two", (int32_t[]){20000, 20000}, 2);
    struct rf_analysis analysis;
    rf_analysis_init(&analysis, session, &options);
    assert_int_equal(analysis.ranked_count, 3);
    assert_ptr_equal(analysis.ranked[0].run, fast);
    assert_ptr_equal(analysis.ranked[1].run, middle);
    assert_ptr_equal(analysis.ranked[2].run, slow);
    assert_int_equal(analysis.unranked_count, 1);
    assert_ptr_equal(analysis.unranked[0].run, two);
    assert_int_equal(analysis.total_laps, 12);
    /* pace 100, 75, 0; deviations sqrt(2e6/3) = 816.497, sqrt(180000/3) = 244.949, 0: steadiness 0, 70, 100
     */
    assert_int_equal(analysis.ranked[0].index, 70);
    assert_int_equal(analysis.ranked[1].index, 74); /* 52.5 + 21 = 73.5 */
    assert_int_equal(analysis.ranked[2].index, 30);
    bool ranked = true;
    assert_ptr_equal(rf_analysis_find(&analysis, two, &ranked)->run, two);
    assert_false(ranked);
    rf_analysis_finish(&analysis);
    rf_session_destroy(session);
}

static void test_all_equal(void **state)
{
    (void)state;
    struct rf_session *session = rf_session_create("s", "Session #1", 1000);
    struct rf_run *first = run_with(session, 1, 11, "A", (int32_t[]){30000, 31000, 32000}, 3);
    run_with(session, 2, 12, "B", (int32_t[]){30000, 31000, 32000}, 3);
    struct rf_analysis analysis;
    rf_analysis_init(&analysis, session, &options);
    assert_ptr_equal(analysis.ranked[0].run, first);
    assert_int_equal(analysis.ranked[0].index, 85); /* 0.7 · 100 + 0.3 · 50 */
    assert_int_equal(analysis.ranked[1].index, 85);
    rf_analysis_finish(&analysis);
    rf_session_destroy(session);
}

static void test_drivers_across_karts(void **state)
{
    (void)state;
    struct rf_session *session = rf_session_create("s", "Session #1", 1000);
    static const int32_t laps[] = {30000, 31000, 32000}, quick[] = {29000, 31000, 32000};
    run_with(session, 1, 11, "Ana", laps, 3);
    run_with(session, 2, 12, "Ben", laps, 3);
    run_with(session, 3, 13, "Ana", quick, 3);
    run_with(session, 4, 12, "Ben", laps, 3); /* the same kart twice */
    run_with(session, 5, 15, "", laps, 3);    /* nobody's name is nobody */
    run_with(session, 6, 16, "", laps, 3);
    run_with(session, 7, 17, "Cyd", laps, 3);
    run_with(session, 8, 18, "Cyd", laps, 2); /* not analysed */
    struct rf_analysis analysis;
    rf_analysis_init(&analysis, session, &options);
    assert_int_equal(analysis.cross_count, 1);
    assert_string_equal(analysis.cross[0].name, "Ana");
    assert_int_equal(analysis.cross[0].count, 2);
    assert_int_equal(analysis.ranked[analysis.cross[0].results[0]].run->kart_id, 13); /* by best lap */
    assert_int_equal(analysis.ranked[analysis.cross[0].results[1]].run->kart_id, 11);
    rf_analysis_finish(&analysis);
    rf_session_destroy(session);
}

static void test_nothing_to_analyse(void **state)
{
    (void)state;
    struct rf_session *session = rf_session_create("s", "Session #1", 1000);
    struct rf_analysis analysis;
    rf_analysis_init(&analysis, session, &options);
    assert_int_equal(analysis.ranked_count + analysis.unranked_count + analysis.cross_count, 0);
    rf_analysis_finish(&analysis);
    rf_session_destroy(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranking_and_index),
        cmocka_unit_test(test_all_equal),
        cmocka_unit_test(test_drivers_across_karts),
        cmocka_unit_test(test_nothing_to_analyse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
