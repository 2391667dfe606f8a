/* test_summary.c - what a listing says of stored sessions: ours, and whatever the first server left behind.
 */
#include "unit/codec/session_maker.h"

#include "racefacer/codec/session_file.h"

static void summary_of(struct rf_summary *out, const char *id, const char *text)
{
    const char *error = NULL;
    if (rf_summary_of_file(out, id, text, strlen(text), &error) != 0)
        fail_msg("%s: %s", id, error);
}

static void a_file_says_what_its_session_says(void **state)
{
    (void)state;
    struct maker maker = maker_create(1000);
    maker_usual_race(&maker);
    const struct rf_session *session = maker_session(&maker);
    const struct rf_analysis_options *options = &rf_engine_options(maker.engine)->analysis;
    struct rf_buf text = RF_BUF_INIT;
    struct rf_summary live, stored;
    rf_session_file_write(&text, session, options);
    rf_summary_of_session(&live, session, options);
    summary_of(&stored, session->id, rf_buf_str(&text));
    const struct rf_summary *const both[] = {&live, &stored};
    for (int i = 0; i < 2; i++) {
        assert_string_equal(both[i]->id, "20251012T081514Z-session-12-t3");
        assert_string_equal(both[i]->id_json, "\"20251012T081514Z-session-12-t3\"");
        assert_string_equal(both[i]->event_name, "Session #12");
        assert_true(both[i]->has_track);
        assert_int_equal(both[i]->track, 3);
        assert_string_equal(both[i]->track_name, "Track 3");
        assert_int_equal(both[i]->started_ms, START_MS);
        assert_int_equal(both[i]->changed_ms, START_MS + 150000);
        assert_int_equal(both[i]->duration_ms, 150000);
        assert_int_equal(both[i]->karts, 4);
        assert_int_equal(both[i]->laps, 17);
        assert_string_equal(both[i]->winner, "{\"name\":\"Ana \\\"A\\\" Example\",\"kartNumber\":\"05\","
                                             "\"bestLap\":\"26.521\",\"bestLapRaw\":26521}");
        assert_string_equal(both[i]->drivers, "Ana \"A\" Example\nBo\n李小龙\nAna \"A\" Example\n");
        assert_false(both[i]->complete);
    }
    rf_summary_finish(&live);
    rf_summary_finish(&stored);
    rf_buf_finish(&text);
    maker_destroy(&maker);
}

static void a_full_file_of_the_first_server(void **state)
{
    (void)state;
    struct rf_summary summary;
    summary_of(&summary, "1760256914000",
        "{ \"sessionId\": 1760256914000, \"eventName\": \"Session #12\", \"timestamp\": "
        "\"2025-10-12T08:25:14.000Z\",\n"
        "  \"date\": \"2025-10-12T08:15:14.000Z\", \"analysis\": {\"summary\": {\"totalKarts\": 2, "
        "\"totalLaps\": 30, \"trackConfig\": 3},\n"
        "  \"karts\": [{\"driverName\": \"Ana\"}, {\"driverName\": \"Bo\\nB\"}], \"winner\": {\"name\": "
        "\"Ana\"}},\n"
        "  \"sessionData\": {\"event_name\": \"other\", \"track_configuration_id\": 4, \"runs\": [{\"name\": "
        "\"Chen\"}, 5, {\"name\": null}]},\n"
        "  \"lapHistory\": {\"05\": [{}, {}], \"06\": [{}], \"07\": []} }\n");
    assert_string_equal(summary.id, "1760256914000");
    assert_string_equal(summary.id_json, "1760256914000");
    assert_string_equal(summary.event_name, "Session #12");
    assert_int_equal(summary.track, 3);
    assert_string_equal(summary.track_name, "Track 3");
    assert_int_equal(summary.started_ms, START_MS);
    assert_int_equal(summary.changed_ms, START_MS + 600000);
    assert_int_equal(summary.duration_ms, 600000);
    assert_int_equal(summary.karts, 3);
    assert_int_equal(summary.laps, 30);
    assert_string_equal(summary.winner, "{\"name\": \"Ana\"}");
    assert_string_equal(summary.drivers, "Ana\nBo B\nChen\n");
    assert_true(summary.complete);
    rf_summary_finish(&summary);
}

static void fields_are_found_wherever_they_stand(void **state)
{
    (void)state;
    static const struct {
        const char *text, *event_name;
        int64_t started_ms;
        int karts, laps;
        const char *winner;
    } cases[] = {
        {"{\"sessionId\":1}", "", START_MS, 0, 0, "null"}, /* the start from the id */
        {"{\"sessionData\":{\"event_name\":\"E\",\"timestamp\":1760256000}}", "E", 1760256000000, 0, 0,
            "null"},
        {"{\"analysis\":{\"summary\":{\"eventName\":\"S\",\"timestamp\":\"2025-10-12T08:00:00Z\","
         "\"totalKarts\":\"4\"}}}",
            "S", 1760256000000, 4, 0, "null"},
        {"{\"analysis\":{\"karts\":[{},{}],\"winner\":null,\"summary\":{\"winner\":{\"name\":\"W\"}}}}", "",
            START_MS, 2, 0, "{\"name\":\"W\"}"},
        {"{\"winner\":\"Ana\",\"lapHistory\":{\"1\":[{},{}],\"2\":[{}],\"3\":7},\"timestamp\":1760256000000}",
            "", 1760256000000, 3, 3, "null"},
        {"{\"runs\":[],\"karts\":9,\"laps\":8,\"startTime\":\"2025-10-12T08:00:00\",\"date\":\"12/10/2025\"}",
            "", 1760256000000, 9, 8, "null"},
        {"{\"sessionData\":null,\"lapHistory\":[1,2],\"analysis\":\"x\",\"karts\":-1,\"laps\":1e300,"
         "\"eventName\":5}",
            "", START_MS, 0, 0, "null"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rf_summary summary;
        summary_of(&summary, "1760256914000", cases[i].text);
        assert_string_equal(summary.event_name, cases[i].event_name);
        assert_int_equal(summary.started_ms, cases[i].started_ms);
        assert_int_equal(summary.karts, cases[i].karts);
        assert_int_equal(summary.laps, cases[i].laps);
        assert_string_equal(summary.winner, cases[i].winner);
        assert_true(summary.changed_ms >= summary.started_ms);
        assert_true(summary.complete);
        rf_summary_finish(&summary);
    }
}

static void the_id_is_the_file_names(void **state)
{
    (void)state;
    struct rf_summary summary;
    summary_of(&summary, "copy", "{\"sessionId\":1760256914000,\"isComplete\":false}");
    assert_string_equal(summary.id, "copy");
    assert_string_equal(summary.id_json, "\"copy\"");
    assert_false(summary.complete);
    assert_int_equal(summary.started_ms, START_MS); /* the number is a time all the same */
    rf_summary_finish(&summary);
    summary_of(&summary, "12", "{\"sessionId\":\"12\"}");
    assert_string_equal(summary.id_json, "\"12\"");
    rf_summary_finish(&summary);
    summary_of(&summary, "12", "{\"sessionId\":12.0}");
    assert_string_equal(summary.id_json, "\"12\"");
    rf_summary_finish(&summary);
}

static void a_newer_versions_file_is_listed(void **state)
{
    (void)state;
    struct rf_summary summary;
    summary_of(&summary, "x",
        "{\"storageVersion\":99,\"sessionId\":\"x\",\"eventName\":\"Later\",\"runs\":[{\"driverName\":\"Z\"}]"
        "}");
    assert_string_equal(summary.event_name, "Later");
    assert_string_equal(summary.drivers, "Z\n");
    rf_summary_finish(&summary);
}

static void what_is_no_session_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "not JSON, or cut off"},
        {"{\"sessionId\":1,", "not JSON, or cut off"},
        {"{\"sessionId\":01}", "not JSON, or cut off"},
        {"{\"sessionId\":\"\xc3\"}", "not UTF-8"},
        {"null", "not a JSON object"},
        {"[{\"sessionId\":1}]", "not a JSON object"},
        {"{}", "JSON, but not a session"},
        {"{\"name\":\"package\",\"version\":\"1.0.0\"}", "JSON, but not a session"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rf_summary summary;
        const char *error = NULL;
        assert_int_equal(rf_summary_of_file(&summary, "1", cases[i].text, strlen(cases[i].text), &error), -1);
        assert_string_equal(error, cases[i].error);
        rf_summary_finish(&summary); /* allowed, and nothing to free */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_says_what_its_session_says),
        cmocka_unit_test(a_full_file_of_the_first_server),
        cmocka_unit_test(fields_are_found_wherever_they_stand),
        cmocka_unit_test(the_id_is_the_file_names),
        cmocka_unit_test(a_newer_versions_file_is_listed),
        cmocka_unit_test(what_is_no_session_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
