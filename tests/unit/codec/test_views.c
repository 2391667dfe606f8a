/* test_views.c - the bodies of the API against a race whose answers were computed by hand. */
#include "unit/codec/session_maker.h"

#include "racefacer/codec/views.h"

static cJSON *current(const struct maker *maker)
{
    struct rf_buf out = RF_BUF_INIT;
    rf_view_current(&out, maker->engine, maker_session(maker));
    cJSON *root = parsed(&out);
    rf_buf_finish(&out);
    return root;
}

static void current_says_which_session(void **state)
{
    (void)state;
    struct maker maker = maker_create(1000);
    maker_usual_race(&maker);
    cJSON *root = current(&maker);
    assert_string_equal(str(root, "sessionId"), "20251012T081514Z-session-12-t3");
    assert_string_equal(str(root, "timestamp"), "2025-10-12T08:17:44.000Z");
    assert_true(is_true(root, "live"));
    const cJSON *summary = at(root, "analysis.summary");
    assert_string_equal(str(summary, "timestamp"), "2025-10-12T08:17:44.000Z");
    assert_string_equal(str(summary, "sessionId"), "20251012T081514Z-session-12-t3");
    assert_string_equal(str(summary, "eventName"), "Session #12");
    assert_int_equal(num(summary, "trackConfig"), 3);
    assert_int_equal(num(summary, "totalKarts"), 3);
    assert_int_equal(num(summary, "totalLaps"), 14);
    assert_string_equal(str(summary, "fastestLap"), "26.521");
    assert_string_equal(str(summary, "fastestDriver"), "Ana \"A\" Example");
    assert_int_equal(num(summary, "crossKartDrivers"), 1);
    const char *const winners[] = {"analysis.summary.winner", "analysis.winner"};
    for (size_t i = 0; i < 2; i++) {
        const cJSON *winner = at(root, winners[i]);
        assert_string_equal(str(winner, "name"), "Ana \"A\" Example");
        assert_string_equal(str(winner, "kartNumber"), "05");
        assert_string_equal(str(winner, "bestLap"), "26.521");
        assert_int_equal(num(winner, "bestLapRaw"), 26521);
    }
    cJSON_Delete(root);
    maker_destroy(&maker);
}

static void a_session_says_where_it_is_not_durable(void **state)
{
    (void)state;
    struct maker maker = maker_create(1000);
    maker_usual_race(&maker);
    for (int durable = 1; durable >= 0; durable--) {
        struct rf_buf out = RF_BUF_INIT;
        rf_engine_set_durable(maker.engine, durable);
        rf_view_session(&out, maker.engine, maker_session(&maker));
        cJSON *root = parsed(&out);
        assert_string_equal(str(root, "sessionId"), "20251012T081514Z-session-12-t3");
        assert_true(cJSON_IsArray(at(root, "runs")));
        const cJSON *told = cJSON_GetObjectItem(root, "durable");
        assert_true(durable ? told == NULL : cJSON_IsFalse(told)); /* as the file has it, else */
        cJSON_Delete(root);
        rf_buf_finish(&out);
    }
    maker_destroy(&maker);
}

static void a_kart_has_every_value(void **state)
{
    (void)state;
    struct maker maker = maker_create(1000);
    maker_usual_race(&maker);
    cJSON *root = current(&maker);
    const cJSON *ana = at(root, "analysis.karts.0");
    assert_string_equal(str(ana, "kartNumber"), "05");
    assert_string_equal(str(ana, "kart"), "E05");
    assert_int_equal(num(ana, "kartId"), 137);
    assert_int_equal(num(ana, "runId"), 1);
    assert_string_equal(str(ana, "driverName"), "Ana \"A\" Example");
    assert_int_equal(num(ana, "totalLaps"), 6);
    assert_int_equal(num(ana, "validLaps"), 4);
    assert_int_equal(num(ana, "missedLaps"), 0);
    assert_int_equal(num(ana, "position"), 1);
    assert_int_equal(num(ana, "bestLap"), 26521);
    assert_string_equal(str(ana, "bestLapFormatted"), "26.521");
    assert_int_equal(num(ana, "lastLap"), 70000);
    assert_string_equal(str(ana, "lastLapFormatted"), "1:10.000");
    assert_float_equal(num(ana, "avgLapTime"), 27755.25, 0.0001); /* 111021 / 4 */
    assert_string_equal(str(ana, "avgLapTimeFormatted"), "27.755");
    assert_float_equal(num(ana, "best3Avg"), 27007, 0.0001); /* 81021 / 3 */
    assert_string_equal(str(ana, "best3AvgFormatted"), "27.007");
    assert_float_equal(num(ana, "consistency"), 1.341439, 0.0000001); /* sqrt(7197830.75 / 4) / 1000 */
    assert_string_equal(str(ana, "consistencyFormatted"), "1.341s");
    assert_int_equal(num(ana, "totalTime"), 111021);
    assert_string_equal(str(ana, "totalTimeFormatted"), "1:51.021");
    assert_int_equal(num(ana, "elapsedTime"), 181021);
    assert_int_equal(num(ana, "normalizedIndex"), 70);                   /* fastest, and least steady */
    assert_int_equal(num(root, "analysis.karts.1.normalizedIndex"), 54); /* 0.7 (100 - 97900/1479) + 30 */
    assert_int_equal(num(root, "analysis.karts.2.normalizedIndex"), 30);
    assert_false(is_true(ana, "stale"));
    assert_int_equal(size_of(ana, "lapHistory"), 4);
    assert_int_equal(num(ana, "lapHistory.3.lapNum"), 5);
    assert_int_equal(num(ana, "lapHistory.3.time"), 27500);
    assert_string_equal(str(ana, "lapHistory.3.timeFormatted"), "27.500");
    assert_int_equal(num(ana, "lapHistory.3.position"), 1);
    assert_string_equal(str(ana, "lastUpdate"), "2025-10-12T08:17:44.000Z");

    assert_string_equal(str(root, "analysis.karts.1.kartNumber"), "09");
    const cJSON *bo = at(root, "analysis.karts.2");
    assert_string_equal(str(bo, "kartNumber"), "7"); /* his label: the feed has no number */
    assert_string_equal(str(bo, "consistencyFormatted"), "0.000s");
    cJSON_Delete(root);
    maker_destroy(&maker);
}

static void means_keep_their_fraction_and_their_text_rounds_it(void **state)
{
    (void)state;
    static const struct maker_run runs[] = {{"\"id\":1,\"kart\":\"1\"", {0, 27000, 27000, 27002}, 4}};
    struct maker maker = maker_create(1000);
    maker_race(&maker, MAKER_HEAD, runs, 1, 4);
    cJSON *root = current(&maker);
    assert_float_equal(num(root, "analysis.karts.0.avgLapTime"), 27000.667, 0.0000001);
    assert_string_equal(str(root, "analysis.karts.0.avgLapTimeFormatted"), "27.001");
    assert_string_equal(str(root, "analysis.karts.0.best3AvgFormatted"), "27.001");
    cJSON_Delete(root);
    maker_destroy(&maker);
}

static void unranked_and_cross_kart_drivers_are_listed(void **state)
{
    (void)state;
    struct maker maker = maker_create(1000);
    maker_usual_race(&maker);
    cJSON *root = current(&maker);
    assert_int_equal(size_of(root, "analysis.unranked"), 1);
    const cJSON *unranked = at(root, "analysis.unranked.0");
    assert_string_equal(str(unranked, "kartNumber"), "7");
    assert_int_equal(num(unranked, "kartId"), 172);
    assert_int_equal(num(unranked, "runId"), 3);
    assert_string_equal(str(unranked, "driverName"), "李小龙");
    assert_int_equal(num(unranked, "totalLaps"), 3);
    assert_int_equal(num(unranked, "validLaps"), 2);
    assert_int_equal(num(unranked, "bestLap"), 27500);
    assert_int_equal(size_of(root, "analysis.crossKartDrivers"), 1);
    const cJSON *cross = at(root, "analysis.crossKartDrivers.0");
    assert_string_equal(str(cross, "driverName"), "Ana \"A\" Example");
    assert_int_equal(size_of(cross, "karts"), 2);
    assert_string_equal(str(cross, "karts.0.kartNumber"), "05");
    assert_int_equal(num(cross, "karts.0.kartId"), 137);
    assert_int_equal(num(cross, "karts.0.bestLap"), 26521);
    assert_float_equal(num(cross, "karts.0.avgLap"), 27755.25, 0.0001);
    assert_int_equal(num(cross, "karts.0.laps"), 4);
    assert_int_equal(num(cross, "karts.1.bestLap"), 27500);
    cJSON_Delete(root);
    maker_destroy(&maker);
}

static void the_feeds_own_data_is_passed_on(void **state)
{
    (void)state;
    struct maker maker = maker_create(1000);
    maker_frame(&maker, START_MS,
        "{\"data\":{\"event_name\":\"S\",\"runs\":[{\"id\":1,\"kart\":\"7\",\"kart_number\":null,\"zz\":[ 1 "
        "]},"
        "{\"id\":2,\"kart\":\"E5\",\"kart_number\":5},{\"id\":3,\"kart\":8},{\"id\":4,\"kart\":\"K\",\"kart_"
        "number\":\"-\"},"
        "{\"id\":5,\"kart\":\"E 05\",\"kart_number\":\" 05 "
        "\",\"kart_number\":\"06\"},{\"id\":6,\"kart\":null,\"kart_number\":\"\"}],"
        "\"big\":12345678901234567890, \"penalties\" : [ 1, {\"runs\":[]} "
        "],\"totalLaps\":\"theirs\",\"total_laps\":22,"
        "\"maps_data\":{\"map\":{\"bgr\":\"lakeside.png\"}}}}");
    struct rf_buf out = RF_BUF_INIT;
    rf_view_current(&out, maker.engine, maker_session(&maker));
    assert_non_null(
        strstr(rf_buf_str(&out), "\"big\":12345678901234567890,\"penalties\":[ 1, {\"runs\":[]} ],"));
    assert_non_null(strstr(rf_buf_str(&out), "{\"id\":1,\"kart\":\"7\",\"kart_number\":\"7\",\"zz\":[ 1 ]}"));
    cJSON *root = parsed(&out);
    const cJSON *data = at(root, "sessionData");
    const char *const numbers[] = {"7", "5", "8", "K", "05", ""};
    assert_int_equal(size_of(data, "runs"), 6);
    for (int i = 0; i < 6; i++)
        assert_string_equal(str(cJSON_GetArrayItem(at(data, "runs"), i), "kart_number"), numbers[i]);
    assert_string_equal(str(data, "track_name"), "lakeside");
    assert_string_equal(str(data, "eventName"), "S");
    assert_string_equal(str(data, "event_name"), "S");
    assert_true(is_null(data, "trackConfig"));
    assert_true(is_null(data, "currentLap"));
    assert_int_equal(num(data, "totalLaps"), 22);
    int own = 0;
    for (const cJSON *item = data->child; item != NULL; item = item->next)
        own += strcmp(item->string, "totalLaps") == 0 || strcmp(item->string, "runs") == 0;
    assert_int_equal(own, 2); /* once each: theirs does not stand beside ours */
    cJSON_Delete(root);
    rf_buf_finish(&out);
    maker_destroy(&maker);
}

static void nothing_analysed_yet(void **state)
{
    (void)state;
    struct maker maker = maker_create(1000);
    maker_frame(&maker, START_MS,
        "{\"data\":{\"track_configuration_id\":4,\"runs\":[{\"kart\":\"7\",\"total_laps\":1}]}}");
    cJSON *root = current(&maker);
    assert_true(is_null(root, "analysis.winner"));
    assert_true(is_null(root, "analysis.summary.winner"));
    assert_string_equal(str(root, "analysis.summary.fastestLap"), "--");
    assert_string_equal(str(root, "analysis.summary.fastestDriver"), "N/A");
    assert_int_equal(size_of(root, "analysis.karts"), 0);
    assert_true(is_null(root, "analysis.unranked.0.bestLap"));
    assert_true(is_null(root, "analysis.unranked.0.runId"));
    assert_true(is_null(root, "analysis.unranked.0.kartId"));
    assert_string_equal(str(root, "sessionData.track_name"), "Track 4");
    cJSON_Delete(root);

    struct rf_buf out = RF_BUF_INIT;
    assert_true(rf_view_kart(&out, maker.engine, maker_session(&maker), "7"));
    root = parsed(&out);
    const char *const absent[] = {"bestLap", "lastLap", "avgLapTime", "best3Avg", "consistency",
        "normalizedIndex", "position", "runId"};
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
        assert_true(is_null(root, absent[i]));
    assert_string_equal(str(root, "bestLapFormatted"), "--.-");
    assert_string_equal(str(root, "avgLapTimeFormatted"), "--.-");
    assert_string_equal(str(root, "consistencyFormatted"), "--");
    cJSON_Delete(root);
    rf_buf_finish(&out);
    maker_destroy(&maker);
}

static void live_sessions_of_all_tracks(void **state)
{
    (void)state;
    struct maker maker = maker_create(1000);
    maker_usual_race(&maker);
    maker_frame(&maker, START_MS + 160000,
        "{\"data\":{\"event_name\":\"Kids\",\"track_configuration_id\":9,\"runs\":[{\"id\":9,\"kart\":\"1\","
        "\"total_laps\":1}]}}");
    cJSON *root = current(&maker);
    assert_string_equal(str(root, "analysis.summary.eventName"), "Session #12");
    assert_int_equal(size_of(root, "liveSessions"), 2);
    const cJSON *kids = at(root, "liveSessions.0"), *usual = at(root, "liveSessions.1");
    assert_string_equal(str(kids, "eventName"), "Kids");
    assert_int_equal(num(kids, "trackConfig"), 9);
    assert_int_equal(num(kids, "karts"), 1);
    assert_string_equal(str(kids, "timestamp"), "2025-10-12T08:17:54.000Z");
    assert_int_equal(num(usual, "karts"), 4);
    assert_string_equal(str(usual, "sessionId"), "20251012T081514Z-session-12-t3");
    cJSON_Delete(root);

    rf_engine_tick(maker.engine, START_MS + 160000 + 300001);
    root = current(&maker);
    assert_false(is_true(root, "live"));
    assert_int_equal(size_of(root, "liveSessions"), 0);
    cJSON_Delete(root);
    maker_destroy(&maker);
}

static void the_analysis_alone_is_the_same(void **state)
{
    (void)state;
    struct maker maker = maker_create(1000);
    maker_usual_race(&maker);
    struct rf_buf alone = RF_BUF_INIT, whole = RF_BUF_INIT;
    rf_view_analysis(&alone, maker.engine, maker_session(&maker));
    rf_view_current(&whole, maker.engine, maker_session(&maker));
    assert_non_null(strstr(rf_buf_str(&whole), rf_buf_str(&alone)));
    cJSON *root = parsed(&alone);
    const char *const members[] = {"summary", "karts", "crossKartDrivers", "unranked"};
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        (void)at(root, members[i]); /* fails by itself where it is missing */
    cJSON_Delete(root);
    rf_buf_finish(&alone);
    rf_buf_finish(&whole);
    maker_destroy(&maker);
}

/* Which run /api/kart/`kart` means, and how many others there are; 0 where there is none. */
static int kart_meant(const struct maker *maker, const char *kart, int *alternatives)
{
    struct rf_buf out = RF_BUF_INIT;
    *alternatives = 0;
    if (!rf_view_kart(&out, maker->engine, maker_session(maker), kart)) {
        assert_int_equal(out.len, 0);
        return 0;
    }
    cJSON *root = parsed(&out);
    int run = (int)num(root, "runId");
    *alternatives = size_of(root, "alternatives");
    cJSON_Delete(root);
    rf_buf_finish(&out);
    return run;
}

static void karts_are_looked_up_by_label_number_and_id(void **state)
{
    (void)state;
    static const struct {
        const char *kart;
        int run, alternatives;
    } cases[] = {
        {"E05", 1, 0},
        {"05", 1, 0},
        {"5", 1, 0},
        {"0005", 1, 0},
        {"9", 4, 0},
        {"137", 1, 0},
        {"171", 2, 0},
        {"7", 2, 1}, /* two labels: Bo crossed the line in frame 4, the other in frame 3 */
        {"07", 2, 1},
        {"0137", 1, 0},
        {"99", 0, 0},
        {"", 0, 0},
        {"e05", 0, 0},
        {"E5", 0, 0},
        {"-5", 0, 0},
        {"5 ", 0, 0},
        {"99999999999999999999999137", 0, 0},
    };
    struct maker maker = maker_create(1000);
    maker_usual_race(&maker);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int alternatives, run = kart_meant(&maker, cases[i].kart, &alternatives);
        if (run != cases[i].run || alternatives != cases[i].alternatives)
            fail_msg("%s: run %d, %d alternatives", cases[i].kart, run, alternatives);
    }
    maker_destroy(&maker);
}

static void a_label_goes_before_a_number_and_a_number_before_an_id(void **state)
{
    (void)state;
    struct maker maker = maker_create(1000);
    maker_frame(&maker, START_MS,
        "{\"data\":{\"runs\":[{\"id\":1,\"kart\":\"A\",\"kart_number\":\"05\",\"kart_id\":20},"
        "{\"id\":2,\"kart\":\"05\",\"kart_number\":\"11\",\"kart_id\":21},"
        "{\"id\":3,\"kart\":\"C\",\"kart_number\":\"20\",\"kart_id\":22}]}}");
    int alternatives;
    assert_int_equal(kart_meant(&maker, "05", &alternatives), 2);
    assert_int_equal(kart_meant(&maker, "5", &alternatives), 1);
    assert_int_equal(kart_meant(&maker, "20", &alternatives), 3);
    assert_int_equal(kart_meant(&maker, "22", &alternatives), 3);
    maker_destroy(&maker);
}

static void a_kart_shows_all_its_laps(void **state)
{
    (void)state;
    struct maker maker = maker_create(1000);
    maker_usual_race(&maker);
    struct rf_buf out = RF_BUF_INIT;
    assert_true(rf_view_kart(&out, maker.engine, maker_session(&maker), "E05"));
    cJSON *root = parsed(&out);
    assert_string_equal(str(root, "sessionId"), "20251012T081514Z-session-12-t3");
    assert_true(is_true(root, "ranked"));
    assert_int_equal(size_of(root, "lapHistory"), 4);
    assert_int_equal(size_of(root, "realtimeLapHistory"), 5);
    const cJSON *spin = at(root, "realtimeLapHistory.4");
    assert_int_equal(num(spin, "lapNum"), 6);
    assert_int_equal(num(spin, "timeRaw"), 70000);
    assert_int_equal(num(spin, "position"), 1);
    assert_true(num(spin, "timestamp") == START_MS + 150000.0);
    assert_false(is_true(spin, "valid"));
    assert_true(is_true(root, "realtimeLapHistory.3.valid"));
    assert_null(cJSON_GetObjectItem(spin, "corrected"));
    cJSON_Delete(root);
    rf_buf_clear(&out);

    assert_true(rf_view_kart(&out, maker.engine, maker_session(&maker), "7"));
    root = parsed(&out);
    const cJSON *other = at(root, "alternatives.0");
    assert_int_equal(num(other, "runId"), 3);
    assert_int_equal(num(other, "kartId"), 172);
    assert_string_equal(str(other, "kart"), "7");
    assert_string_equal(str(other, "kartNumber"), "7");
    assert_string_equal(str(other, "driverName"), "李小龙");
    cJSON_Delete(root);
    rf_buf_clear(&out);

    assert_true(rf_view_kart(&out, maker.engine, maker_session(&maker), "172")); /* unranked */
    root = parsed(&out);
    assert_false(is_true(root, "ranked"));
    assert_true(is_null(root, "normalizedIndex"));
    assert_float_equal(num(root, "avgLapTime"), 27550, 0.0001);
    assert_int_equal(size_of(root, "realtimeLapHistory"), 2);
    cJSON_Delete(root);
    rf_buf_finish(&out);
    maker_destroy(&maker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(current_says_which_session),
        cmocka_unit_test(a_session_says_where_it_is_not_durable),
        cmocka_unit_test(a_kart_has_every_value),
        cmocka_unit_test(means_keep_their_fraction_and_their_text_rounds_it),
        cmocka_unit_test(unranked_and_cross_kart_drivers_are_listed),
        cmocka_unit_test(the_feeds_own_data_is_passed_on),
        cmocka_unit_test(nothing_analysed_yet),
        cmocka_unit_test(live_sessions_of_all_tracks),
        cmocka_unit_test(the_analysis_alone_is_the_same),
        cmocka_unit_test(karts_are_looked_up_by_label_number_and_id),
        cmocka_unit_test(a_label_goes_before_a_number_and_a_number_before_an_id),
        cmocka_unit_test(a_kart_shows_all_its_laps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
