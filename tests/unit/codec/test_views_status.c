/* test_views_status.c - health, stats, the listing and the small bodies. */
#include "unit/codec/session_maker.h"

#include "racefacer/codec/views.h"

static struct rf_server_status well(void)
{
    return (struct rf_server_status){
        .version = "1.2.3",
        .now_ms = START_MS + 5250,
        .uptime_ms = 61500,
        .rss_bytes = 8388608,
        .max_sessions = 50,
        .feed = {.source = "websocket",
            .target = "ws://venue.loc:8131/socket.io/",
            .state = "joined",
            .connected = true,
            .dialect = "socketio",
            .since_ms = START_MS,
            .attempts = 3,
            .last_error = "",
            .connects = 2,
            .messages = 101,
            .bytes = 5000000000,
            .too_large = 1,
            .bad_packets = 2},
        .frames = {.frames = 90, .newest_frame_ms = START_MS + 3000},
        .store = {.sessions = 7, .bytes = 1600000, .saves = 12, .error = ""},
    };
}

static cJSON *health(const struct rf_server_status *status)
{
    struct rf_buf out = RF_BUF_INIT;
    rf_view_health(&out, status);
    cJSON *root = parsed(&out);
    rf_buf_finish(&out);
    return root;
}

static void health_of_a_server_that_is_well(void **state)
{
    (void)state;
    struct rf_server_status status = well();
    for (int i = 0; i < RF_DECODED_COUNT; i++)
        status.frames.decoded[i] = 100 + (uint64_t)i;
    for (int i = 0; i < RF_APPLIED_COUNT; i++)
        status.frames.applied[i] = 200 + (uint64_t)i;
    cJSON *root = health(&status);
    assert_string_equal(str(root, "status"), "OK");
    assert_string_equal(str(root, "timestamp"), "2025-10-12T08:15:19.250Z");
    assert_null(cJSON_GetObjectItem(root, "reasons"));
    assert_float_equal(num(root, "uptime"), 61.5, 0.00001);
    assert_string_equal(str(root, "storage.state"), "ok");
    const cJSON *feed = at(root, "websocket");
    assert_true(is_true(feed, "connected"));
    assert_string_equal(str(feed, "dialect"), "socketio");
    assert_string_equal(str(feed, "since"), "2025-10-12T08:15:14.000Z");
    assert_true(is_null(feed, "nextAttempt"));
    assert_true(is_null(feed, "lastError"));
    assert_int_equal(num(feed, "attempts"), 3);
    assert_true(num(feed, "bytes") == 5e9);
    assert_int_equal(num(feed, "frames"), 90);
    assert_int_equal(num(feed, "newestFrameAgeMs"), 2250);
    assert_float_equal(num(feed, "newestFrameAgeSeconds"), 2.25, 0.00001);
    assert_int_equal(num(feed, "applied"), 200 + RF_APPLIED);
    assert_int_equal(num(feed, "refused.tooLarge"), 1);
    assert_int_equal(num(feed, "refused.badPackets"), 2);
    assert_int_equal(num(feed, "refused.utf8"), 100 + RF_DECODED_UTF8);
    assert_int_equal(num(feed, "refused.json"), 100 + RF_DECODED_JSON);
    assert_int_equal(num(feed, "refused.tooManyRuns"), 100 + RF_DECODED_TOO_MANY_RUNS);
    assert_int_equal(num(feed, "refused.tooManyValues"), 100 + RF_DECODED_TOO_MANY_VALUES);
    assert_int_equal(num(feed, "refused.cached"), 200 + RF_APPLIED_CACHED);
    assert_int_equal(num(feed, "refused.old"), 200 + RF_APPLIED_OLD);
    assert_int_equal(num(feed, "refused.noRuns"), 200 + RF_APPLIED_NO_RUNS);
    assert_int_equal(num(feed, "refused.noKart"), 200 + RF_APPLIED_NO_KART);
    cJSON_Delete(root);
}

static void a_quiet_feed_is_no_fault(void **state)
{
    (void)state;
    struct rf_server_status status = well();
    status.frames.newest_frame_ms = 0;
    cJSON *root = health(&status);
    assert_string_equal(str(root, "status"), "OK");
    assert_true(is_null(root, "websocket.newestFrameAgeMs"));
    cJSON_Delete(root);
    status.now_ms += 86400000;
    status.frames.newest_frame_ms = START_MS;
    root = health(&status);
    assert_string_equal(str(root, "status"), "OK");
    cJSON_Delete(root);
}

static void a_fault_degrades_health_and_says_why(void **state)
{
    (void)state;
    struct rf_server_status status = well();
    status.feed.connected = false;
    status.feed.state = "waiting";
    status.feed.last_error = "venue.loc: \"no\" such host";
    status.feed.next_attempt_ms = status.now_ms + 11001;
    cJSON *root = health(&status);
    assert_string_equal(str(root, "status"), "DEGRADED");
    assert_int_equal(size_of(root, "reasons"), 1);
    assert_string_equal(
        str(root, "reasons.0"), "feed is not connected: venue.loc: \"no\" such host, next attempt in 12 s");
    assert_string_equal(str(root, "websocket.nextAttempt"), "2025-10-12T08:15:30.251Z");
    assert_false(is_true(root, "websocket.connected"));
    cJSON_Delete(root);

    status.feed.last_error = "";
    status.feed.state = "connecting";
    status.feed.next_attempt_ms = 0;
    status.store.failing = true;
    status.store.error = "No space left on device";
    root = health(&status);
    assert_int_equal(size_of(root, "reasons"), 2);
    assert_string_equal(str(root, "reasons.0"), "feed is not connected: connecting");
    assert_string_equal(str(root, "reasons.1"), "sessions cannot be saved: No space left on device");
    assert_string_equal(str(root, "storage.state"), "failing");
    cJSON_Delete(root);

    status = well();
    status.store.unread = 2;
    root = health(&status);
    assert_string_equal(str(root, "status"), "DEGRADED");
    assert_int_equal(size_of(root, "reasons"), 1);
    assert_int_equal(num(root, "storage.unread"), 2);
    cJSON_Delete(root);
}

static void stats_before_and_during_a_session(void **state)
{
    (void)state;
    struct rf_server_status status = well();
    struct maker maker = maker_create(1000);
    struct rf_buf out = RF_BUF_INIT;
    rf_view_stats(&out, maker.engine, &status);
    cJSON *root = parsed(&out);
    assert_true(is_null(root, "currentSession"));
    assert_true(is_null(root, "storage.currentSession"));
    assert_int_equal(num(root, "storage.lapHistoryKarts"), 0);
    assert_int_equal(cJSON_GetArraySize(at(root, "server.memory.bounds")), RF_BOUND_COUNT + 2);
    assert_int_equal(num(root, "server.memory.bounds.sessionsEnded"), 0);
    cJSON_Delete(root);
    rf_buf_clear(&out);

    maker_usual_race(&maker);
    rf_view_stats(&out, maker.engine, &status);
    root = parsed(&out);
    assert_int_equal(num(root, "storage.totalSessions"), 7);
    assert_string_equal(str(root, "storage.currentSession"), "20251012T081514Z-session-12-t3");
    assert_int_equal(num(root, "storage.storageSize"), 1600000);
    assert_float_equal(num(root, "storage.storageSizeMB"), 1.53, 0.00001); /* 1600000 / 1048576 = 1.5259 */
    assert_int_equal(num(root, "storage.maxSessions"), 50);
    assert_int_equal(num(root, "storage.lapHistoryKarts"), 4);
    assert_true(is_true(root, "websocket.connected"));
    assert_float_equal(num(root, "server.uptime"), 61.5, 0.00001);
    assert_int_equal(num(root, "server.memory.rss"), 8388608);
    assert_string_equal(str(root, "server.version"), "1.2.3");
    assert_string_equal(str(root, "currentSession.eventName"), "Session #12");
    assert_int_equal(num(root, "currentSession.totalKarts"), 3);
    assert_int_equal(num(root, "currentSession.totalLaps"), 14);
    assert_string_equal(str(root, "currentSession.fastestLap"), "26.521");
    cJSON_Delete(root);
    rf_buf_finish(&out);
    maker_destroy(&maker);
}

static void a_listing_has_every_field(void **state)
{
    (void)state;
    const struct rf_summary ours = {.id = "a",
        .id_json = "\"a\"",
        .event_name = "Say \"hi\"",
        .has_track = true,
        .track = 3,
        .track_name = "lakeside",
        .started_ms = START_MS,
        .changed_ms = START_MS + 90000,
        .duration_ms = 90000,
        .karts = 4,
        .laps = 17,
        .winner = "{\"name\":\"Ana\"}",
        .drivers = "Ana\n"};
    const struct rf_summary first = {.id = "1760256914000",
        .id_json = "1760256914000",
        .event_name = "",
        .track_name = "",
        .winner = "null",
        .drivers = "",
        .complete = true};
    const struct rf_summary *const page[] = {&ours, &first};
    struct rf_buf out = RF_BUF_INIT;
    rf_view_listing(&out, page, 2, 12, 0, "a");
    cJSON *root = parsed(&out);
    assert_int_equal(num(root, "total"), 12);
    assert_int_equal(size_of(root, "sessions"), 2);
    const cJSON *item = at(root, "sessions.0");
    assert_string_equal(str(item, "sessionId"), "a");
    assert_string_equal(str(item, "eventName"), "Say \"hi\"");
    assert_int_equal(num(item, "trackConfigId"), 3);
    assert_string_equal(str(item, "trackName"), "lakeside");
    assert_string_equal(str(item, "date"), "2025-10-12T08:15:14.000Z");
    assert_string_equal(str(item, "timestamp"), "2025-10-12T08:16:44.000Z");
    assert_int_equal(num(item, "karts"), 4);
    assert_int_equal(num(item, "laps"), 17);
    assert_int_equal(num(item, "duration"), 90000);
    assert_string_equal(str(item, "winner.name"), "Ana");
    assert_false(is_true(item, "isComplete"));
    assert_true(is_true(item, "isCurrent"));
    item = at(root, "sessions.1");
    assert_true(num(item, "sessionId") == 1760256914000.0);
    assert_true(is_null(item, "trackConfigId"));
    assert_true(is_null(item, "trackName"));
    assert_true(is_null(item, "winner"));
    assert_true(is_true(item, "isComplete"));
    assert_false(is_true(item, "isCurrent"));
    cJSON_Delete(root);
    rf_buf_clear(&out);

    rf_view_listing(&out, NULL, 0, 0, 0, NULL);
    assert_string_equal(rf_buf_str(&out), "{\"total\":0,\"sessions\":[]}");
    rf_buf_clear(&out);
    rf_view_listing(&out, NULL, 0, 0, 5, NULL);
    assert_string_equal(rf_buf_str(&out), "{\"total\":0,\"unindexed\":5,\"sessions\":[]}");
    rf_buf_finish(&out);
}

static void export_error_and_welcome(void **state)
{
    (void)state;
    struct rf_buf out = RF_BUF_INIT;
    rf_view_export(&out, "{\"sessionId\":1}", 15, START_MS);
    assert_string_equal(
        rf_buf_str(&out), "{\"exportDate\":\"2025-10-12T08:15:14.000Z\",\"session\":{\"sessionId\":1}}");
    rf_buf_clear(&out);
    rf_view_error(&out, "Kart \"9\" not found", NULL);
    assert_string_equal(rf_buf_str(&out), "{\"error\":\"Kart \\\"9\\\" not found\"}");
    rf_buf_clear(&out);
    rf_view_error(&out, "No", "why");
    assert_string_equal(rf_buf_str(&out), "{\"error\":\"No\",\"message\":\"why\"}");
    rf_buf_clear(&out);

    rf_view_welcome(&out, "1.2.3");
    cJSON *root = parsed(&out);
    assert_string_equal(str(root, "name"), "RaceFacer Analysis Server");
    assert_string_equal(str(root, "version"), "1.2.3");
    assert_string_equal(str(root, "status"), "running");
    assert_string_equal(str(root, "endpoints.current.path"), "/api/current");
    assert_string_equal(str(root, "endpoints.delete.method"), "DELETE");
    cJSON_Delete(root);
    rf_buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(health_of_a_server_that_is_well),
        cmocka_unit_test(a_quiet_feed_is_no_fault),
        cmocka_unit_test(a_fault_degrades_health_and_says_why),
        cmocka_unit_test(stats_before_and_during_a_session),
        cmocka_unit_test(a_listing_has_every_field),
        cmocka_unit_test(export_error_and_welcome),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
