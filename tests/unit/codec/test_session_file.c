/* test_session_file.c - a session is written, read and written again: the same bytes, and the race goes on.
 */
#include "unit/codec/session_maker.h"

#include <stdio.h>

#include "racefacer/codec/session_file.h"

static const struct rf_analysis_options *options_of(const struct maker *maker)
{
    return &rf_engine_options(maker->engine)->analysis;
}

static struct rf_session *read_back(const struct rf_buf *text, const char *id, size_t max_laps)
{
    const char *error = NULL;
    struct rf_session *session = rf_session_file_read(id, rf_buf_str(text), text->len, max_laps, &error);
    if (session == NULL)
        fail_msg("not read: %s", error);
    return session;
}

/* Writes the maker's session, reads it and writes it again. Returns the first text, to look into. */
static cJSON *round_trip(const struct maker *maker, size_t max_laps)
{
    struct rf_buf first = RF_BUF_INIT, second = RF_BUF_INIT;
    const struct rf_session *session = maker_session(maker);
    rf_session_file_write(&first, session, options_of(maker));
    struct rf_session *restored = read_back(&first, session->id, max_laps);
    rf_session_file_write(&second, restored, options_of(maker));
    assert_string_equal(rf_buf_str(&first), rf_buf_str(&second));
    assert_int_equal(restored->last_frame_ms, session->last_frame_ms);
    assert_int_equal(rf_session_timed_laps(restored), rf_session_timed_laps(session));
    assert_int_equal(rf_session_active_runs(restored), rf_session_active_runs(session));
    rf_session_destroy(restored);
    cJSON *root = parsed(&first);
    rf_buf_finish(&first);
    rf_buf_finish(&second);
    return root;
}

static void the_file_has_what_listing_and_detail_promise(void **state)
{
    (void)state;
    struct maker maker = maker_create(1000);
    maker_usual_race(&maker);
    cJSON *root = round_trip(&maker, 1000);
    assert_int_equal(num(root, "storageVersion"), RF_SESSION_FILE_VERSION);
    assert_string_equal(str(root, "sessionId"), "20251012T081514Z-session-12-t3");
    assert_string_equal(str(root, "eventName"), "Session #12");
    assert_int_equal(num(root, "trackConfigId"), 3);
    assert_string_equal(str(root, "trackName"), "Track 3");
    assert_string_equal(str(root, "date"), "2025-10-12T08:15:14.000Z");
    assert_string_equal(str(root, "timestamp"), "2025-10-12T08:17:44.000Z");
    assert_int_equal(num(root, "karts"), 4);
    assert_int_equal(num(root, "laps"), 17);
    assert_int_equal(num(root, "duration"), 150000);
    assert_string_equal(str(root, "winner.kartNumber"), "05");
    assert_false(is_true(root, "isComplete"));
    assert_int_equal(num(root, "analysis.summary.totalKarts"), 3);
    assert_int_equal(size_of(root, "sessionData.runs"), 4);
    assert_string_equal(str(root, "sessionData.runs.1.kart_number"), "7");
    assert_true(is_null(root, "sessionData.runs.1.photo"));
    assert_int_equal(size_of(root, "runs"), 4);
    const cJSON *ana = at(root, "runs.0");
    assert_int_equal(num(ana, "runId"), 1);
    assert_int_equal(num(ana, "kartId"), 137);
    assert_string_equal(str(ana, "kart"), "E05");
    assert_string_equal(str(ana, "kartNumber"), "05");
    assert_int_equal(size_of(ana, "laps"), 5);
    assert_int_equal(num(ana, "laps.4.timeRaw"), 70000);
    assert_false(is_true(ana, "laps.4.valid"));
    assert_true(num(ana, "laps.4.timestamp") == START_MS + 150000.0);
    /* Two runs have number 7: Bo has three laps, the other two. */
    assert_int_equal(size_of(root, "lapHistory"), 3);
    assert_int_equal(size_of(root, "lapHistory.7"), 3);
    assert_int_equal(num(root, "lapHistory.7.0.timeRaw"), 28000);
    assert_int_equal(size_of(root, "lapHistory.05"), 5);
    cJSON_Delete(root);
    maker_destroy(&maker);
}

static void laps_that_were_dropped_still_count(void **state)
{
    (void)state;
    struct maker maker = maker_create(2);
    maker_usual_race(&maker);
    cJSON *root = round_trip(&maker, 2);
    assert_int_equal(size_of(root, "runs.0.laps"), 2);
    assert_int_equal(size_of(root, "runs.0.droppedTimes"), 3);
    assert_int_equal(num(root, "runs.0.droppedTimes.0"), 30000);
    assert_int_equal(num(root, "runs.0.droppedTimes.2"), 26521);
    assert_int_equal(num(root, "analysis.karts.0.bestLap"), 26521);
    assert_int_equal(num(root, "analysis.karts.0.validLaps"), 4);
    assert_null(cJSON_GetObjectItem(at(root, "runs.2"), "droppedTimes"));
    cJSON_Delete(root);
    maker_destroy(&maker);
}

static void corrections_marks_and_runs_that_left_are_kept(void **state)
{
    (void)state;
    struct maker maker = maker_create(1000);
    maker_usual_race(&maker);
    /* Ana's spin was really 27.000; the others have left, one lap ago her row was stale; a ghost came. */
    maker_frame(&maker, START_MS + 151000,
        "{\"data\":{" MAKER_HEAD ",\"timestamp\":1760257065,\"runs\":[{\"id\":1,\"name\":\"Ana\",\"kart\":"
        "\"E05\",\"kart_number\":\"05\","
        "\"kart_id\":137,\"total_laps\":6,\"last_time_raw\":27001,\"current_lap_start_timestamp\":1760256000}"
        ","
        "{\"id\":77,\"kart\":null,\"kart_number\":\"\"}]}}");
    cJSON *root = round_trip(&maker, 1000);
    assert_int_equal(num(root, "runs.0.laps.4.timeRaw"), 27001);
    assert_true(is_true(root, "runs.0.laps.4.corrected"));
    assert_null(cJSON_GetObjectItem(at(root, "runs.0.laps.3"), "corrected"));
    assert_true(is_true(root, "runs.0.stale"));
    assert_int_equal(size_of(root, "sessionData.runs"), 4);
    assert_string_equal(str(root, "sessionData.runs.0.name"), "Ana");
    assert_string_equal(str(root, "sessionData.runs.2.name"), "李小龙");
    assert_int_equal(num(root, "sessionData.runs.2.total_laps"), 3);
    cJSON_Delete(root);
    maker_destroy(&maker);
}

struct step {
    int kart_id, total, last;
};

static void drive(struct maker *maker, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char json[300];
        (void)snprintf(json, sizeof(json),
            "{\"data\":{\"runs\":[{\"id\":1,\"name\":\"Ana\",\"kart\":\"E%d\",\"kart_id\":%d,\"total_laps\":%"
            "d,"
            "\"last_time_raw\":%d}]}}",
            steps[i].kart_id, steps[i].kart_id, steps[i].total, steps[i].last);
        maker_frame(maker, START_MS + (int64_t)i * 30000, json);
    }
}

static void a_driver_who_changes_karts_and_back(void **state)
{
    (void)state;
    static const struct step steps[] = {{5, 1, 0}, {5, 2, 30001}, {6, 3, 30002}, {6, 4, 30003}, {5, 5, 30004},
        {7, 5, 30004}, {8, 6, 30005}, {9, 6, 30005}, {5, 7, 30006}};
    struct maker maker = maker_create(1000);
    drive(&maker, steps, sizeof(steps) / sizeof(steps[0]));
    cJSON *root = round_trip(&maker, 1000);
    assert_int_equal(size_of(root, "runs"), 5);
    assert_int_equal(size_of(root, "runs.0.laps"), 3); /* kart 5: laps 2, 5 and 7 */
    assert_int_equal(num(root, "runs.0.laps.1.lapNum"), 5);
    assert_int_equal(size_of(root, "runs.0.stints"), 3);
    assert_int_equal(num(root, "runs.0.stints.0"), 1);
    assert_int_equal(num(root, "runs.0.stints.1"), 5);
    assert_int_equal(num(root, "runs.0.stints.2"), 7);
    assert_int_equal(size_of(root, "runs.1.laps"), 2);
    assert_int_equal(num(root, "runs.1.stints.0"), 3);
    assert_int_equal(size_of(root, "runs.2.stints"), 0); /* karts 7 and 9 were left before they had a lap */
    assert_int_equal(size_of(root, "runs.4.stints"), 0);
    assert_int_equal(num(root, "runs.3.laps.0.timeRaw"), 30005);
    for (int i = 0; i < 5; i++)
        assert_int_equal(num(cJSON_GetArrayItem(at(root, "runs"), i), "missedLaps"), 0);
    cJSON_Delete(root);
    maker_destroy(&maker);
}

/* Kart 7 was left before it had a lap, for the one that was there before it. */
static void a_kart_that_was_tried_takes_no_laps(void **state)
{
    (void)state;
    static const struct step steps[] = {
        {5, 1, 0}, {5, 2, 30001}, {6, 2, 30001}, {7, 2, 30001}, {6, 3, 30002}, {6, 4, 30003}};
    struct maker maker = maker_create(1000);
    drive(&maker, steps, sizeof(steps) / sizeof(steps[0]));
    cJSON *root = round_trip(&maker, 1000);
    assert_int_equal(size_of(root, "runs"), 3);
    assert_int_equal(num(root, "runs.1.stints.0"), 3);
    assert_int_equal(size_of(root, "runs.1.laps"), 2);
    assert_int_equal(size_of(root, "runs.2.stints"), 0);
    cJSON_Delete(root);
    maker_destroy(&maker);
}

static void runs_without_ids_and_odd_texts(void **state)
{
    (void)state;
    static const struct maker_run runs[] = {
        {"\"kart\":\"\\u005c\\\"x\\u0001\",\"name\":\"\\ud83d\"", {0, 65000, 66000, 67000}, 4},
        {"\"kart_number\":\"٣\",\"name\":\"محمد\\nعلي\"", {0, 65100, 66100}, 3},
        {"\"kart_id\":9007199254740993,\"name\":null, \"odd\" : [ 1e400, \"\\u0000\", {\"runs\" : 1} ]",
            {0, 65200}, 2},
        {"\"id\":8,\"kart_number\":-3,\"name\":\"Zoë 🏁\"", {27000, 65200}, 2},
    };
    struct maker maker = maker_create(1000);
    maker_race(&maker, "\"event_name\":\"\",\"x\":[ ],\"sessionData\":{\"runs\":[]}", runs, 4, 4);
    cJSON *root = round_trip(&maker, 1000);
    assert_string_equal(str(root, "runs.0.kart"), "\\\"x\x01");
    assert_string_equal(str(root, "runs.1.driverName"), "محمد\nعلي");
    assert_string_equal(str(root, "runs.1.kartNumber"), "٣");
    assert_true(is_null(root, "runs.1.kart"));
    assert_string_equal(str(root, "runs.2.kartNumber"), "");
    assert_int_equal(num(root, "runs.3.laps.0.lapNum"), 1);
    assert_true(is_null(root, "trackConfigId"));
    assert_true(is_null(root, "trackName"));
    cJSON_Delete(root);
    maker_destroy(&maker);
}

static void an_ended_session_stays_ended(void **state)
{
    (void)state;
    struct maker maker = maker_create(1000);
    maker_usual_race(&maker);
    rf_engine_tick(maker.engine, START_MS + 150000 + 3600001);
    cJSON *root = round_trip(&maker, 1000);
    assert_true(is_true(root, "isComplete"));
    cJSON_Delete(root);
    maker_destroy(&maker);
}

static void a_race_goes_on_after_a_restart(void **state)
{
    (void)state;
    struct maker before = maker_create(1000), after = maker_create(1000), straight = maker_create(1000);
    struct rf_buf text = RF_BUF_INIT, resumed = RF_BUF_INIT, whole = RF_BUF_INIT;
    static const char next[] =
        "{\"data\":{" MAKER_HEAD
        ",\"runs\":[{\"id\":1,\"name\":\"Ana\",\"kart\":\"E05\",\"kart_number\":\"05\",\"kart_id\":137,"
        "\"total_laps\":7,\"last_time_raw\":27100,\"prev_time_raw\":70000}]}}";
    maker_usual_race(&before);
    rf_session_file_write(&text, maker_session(&before), options_of(&before));
    rf_engine_adopt(after.engine, read_back(&text, maker_session(&before)->id, 1000));
    for (int i = 0; i < 2; i++)
        maker_frame(&after, START_MS + 180000, next);
    maker_usual_race(&straight);
    maker_frame(&straight, START_MS + 180000, next);

    rf_session_file_write(&resumed, maker_session(&after), options_of(&after));
    rf_session_file_write(&whole, maker_session(&straight), options_of(&straight));
    assert_string_equal(rf_buf_str(&resumed), rf_buf_str(&whole));
    assert_int_equal(rf_session_timed_laps(maker_session(&after)), 5 + 3 + 2 + 3 + 1);
    rf_buf_finish(&text);
    rf_buf_finish(&resumed);
    rf_buf_finish(&whole);
    maker_destroy(&before);
    maker_destroy(&after);
    maker_destroy(&straight);
}

static void it_tells_when_its_newest_frame_was_made(void **state)
{
    (void)state;
    struct maker maker = maker_create(1000);
    struct rf_buf text = RF_BUF_INIT;
    maker_frame(&maker, START_MS + 2000,
        "{\"data\":{" MAKER_HEAD ",\"timestamp\":1760256915,\"runs\":[{\"kart_id\":7,\"total_laps\":1}]}}");
    rf_session_file_write(&text, maker_session(&maker), options_of(&maker));
    struct rf_session *restored = read_back(&text, "s", 1000);
    assert_int_equal(restored->made_s, 1760256915);
    rf_session_destroy(restored);
    rf_buf_finish(&text);
    maker_destroy(&maker);
}

static void what_is_no_session_of_ours_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "not JSON, or cut off"},
        {"{\"storageVersion\":1", "not JSON, or cut off"},
        {"{\"storageVersion\":1} x", "not JSON, or cut off"},
        {"[]", "not a JSON object"},
        {"{\"storageVersion\":1,\"x\":\"\xff\"}", "not UTF-8"},
        {"{\"storageVersion\":2}", "made by a newer version"},
        {"{\"sessionId\":1760256914000}", "not made by this server: it can be served, but not gone on with"},
        {"{\"storageVersion\":\"x\"}", "not made by this server: it can be served, but not gone on with"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *error = NULL;
        assert_null(rf_session_file_read("x", cases[i].text, strlen(cases[i].text), 10, &error));
        assert_string_equal(error, cases[i].error);
    }
}

static void a_damaged_file_of_ours_loses_only_what_is_damaged(void **state)
{
    (void)state;
    static const char json[] =
        "{\"storageVersion\":1,\"eventName\":7,\"lastFrameAt\":1760256914000,\"sessionData\":[],\"runs\":[5,{"
        "\"runId\":\"x\"},"
        "{\"kart\":\"7\",\"kartNumber\":\"7\",\"totalLaps\":-4,\"stints\":{\"a\":true},\"droppedTimes\":[0,-"
        "1,9e99,27000],\"laps\":["
        "{\"lapNum\":2,\"timeRaw\":27100},{\"lapNum\":2,\"timeRaw\":27200},{\"lapNum\":0,\"timeRaw\":1},{"
        "\"lapNum\":3},7,"
        "{\"lapNum\":4,\"timeRaw\":3000000000},{\"lapNum\":5,\"timeRaw\":27300,\"position\":-2}]},"
        "{\"kart\":\"7\",\"kartNumber\":\"7\",\"droppedTimes\":[1],\"laps\":[{\"lapNum\":9,\"timeRaw\":27400}"
        "]}]}";
    const struct rf_buf text = {(char *)json, sizeof(json) - 1, 0};
    struct rf_session *session = read_back(&text, "x", 10);
    assert_string_equal(session->event_name, "");
    assert_int_equal(session->started_ms, START_MS);
    assert_int_equal(session->run_count, 1);
    const struct rf_run *run = session->runs[0];
    assert_int_equal(rf_lap_history_timed(&run->history), 4); /* 27000, 27100, 27300, 27400 */
    assert_int_equal(run->history.count, 3);
    assert_int_equal(run->history.laps[1].num, 5);
    assert_int_equal(run->history.laps[1].position, 0);
    rf_session_destroy(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_has_what_listing_and_detail_promise),
        cmocka_unit_test(laps_that_were_dropped_still_count),
        cmocka_unit_test(corrections_marks_and_runs_that_left_are_kept),
        cmocka_unit_test(a_driver_who_changes_karts_and_back),
        cmocka_unit_test(a_kart_that_was_tried_takes_no_laps),
        cmocka_unit_test(runs_without_ids_and_odd_texts),
        cmocka_unit_test(an_ended_session_stays_ended),
        cmocka_unit_test(a_race_goes_on_after_a_restart),
        cmocka_unit_test(it_tells_when_its_newest_frame_was_made),
        cmocka_unit_test(what_is_no_session_of_ours_is_refused),
        cmocka_unit_test(a_damaged_file_of_ours_loses_only_what_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
