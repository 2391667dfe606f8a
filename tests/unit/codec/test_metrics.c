/* test_metrics.c - the text of /metrics. */
#include "unit/codec/session_maker.h"

#include "codec/metric_text.h"
#include "racefacer/codec/metrics.h"

/* One line of the text, whole. */
static void assert_line(const struct rf_buf *text, const char *line)
{
    struct rf_buf wanted = RF_BUF_INIT;
    rf_buf_printf(&wanted, "\n%s\n", line);
    if (strstr(rf_buf_str(text), rf_buf_str(&wanted)) == NULL)
        fail_msg("no line \"%s\" in:\n%s", line, rf_buf_str(text));
    rf_buf_finish(&wanted);
}

static void a_histogram_adds_up(void **state)
{
    (void)state;
    struct rf_buf out = RF_BUF_INIT;
    struct rf_histogram times = {0};
    rf_histogram_add(&times, 300);
    rf_histogram_add(&times, 1500);
    rf_histogram_add(&times, 2000);
    rf_histogram_add(&times, 11000000);
    rf_metric_begin(&out, "x_seconds", "histogram", "About x.");
    rf_metric_histogram(&out, "x_seconds", "a=\"b\"", &times);
    assert_non_null(strstr(rf_buf_str(&out), "# HELP x_seconds About x.\n# TYPE x_seconds histogram\n"));
    assert_line(&out, "x_seconds_bucket{a=\"b\",le=\"0.0005\"} 1");
    assert_line(&out, "x_seconds_bucket{a=\"b\",le=\"0.001\"} 1");
    assert_line(&out, "x_seconds_bucket{a=\"b\",le=\"0.0025\"} 3");
    assert_line(&out, "x_seconds_bucket{a=\"b\",le=\"10\"} 3");
    assert_line(&out, "x_seconds_bucket{a=\"b\",le=\"+Inf\"} 4");
    assert_line(&out, "x_seconds_sum{a=\"b\"} 11.0038");
    assert_line(&out, "x_seconds_count{a=\"b\"} 4");
    rf_buf_finish(&out);
}

static void labels_are_escaped(void **state)
{
    (void)state;
    struct rf_buf labels = RF_BUF_INIT;
    rf_metric_label(&labels, "a", "say \"\\\"\nnow");
    rf_metric_label(&labels, "b", "");
    assert_string_equal(rf_buf_str(&labels), "a=\"say \\\"\\\\\\\"\\nnow\",b=\"\"");
    rf_buf_finish(&labels);
}

static void seconds_are_exact(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {{0, "\nx 0\n"}, {1, "\nx 0.000001\n"}, {1000000, "\nx 1\n"}, {2500000, "\nx 2.5\n"},
        {1795508494591000, "\nx 1795508494.591\n"}, {-5, "\nx 0\n"}, {100100, "\nx 0.1001\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rf_buf out = RF_BUF_INIT;
        rf_buf_putc(&out, '\n');
        rf_metric_seconds(&out, "x", cases[i].us);
        assert_string_equal(rf_buf_str(&out), cases[i].text);
        rf_buf_finish(&out);
    }
}

static void the_server_in_numbers(void **state)
{
    (void)state;
    struct maker maker = maker_create(100);
    /* Five crossings at once: of laps 2 to 5 the feed tells the last two. */
    maker_frame(&maker, START_MS,
        "{\"data\":{\"event_name\":\"Session "
        "1\",\"track_configuration_id\":3,\"runs\":[{\"id\":1,\"name\":\"Ana\","
        "\"kart\":\"E05\",\"kart_id\":137,\"pos\":1,\"total_laps\":5,\"last_time_raw\":27000,\"prev_time_"
        "raw\":27500}]}}");
    struct rf_server_status status = {
        .version = "1.2.3",
        .now_ms = START_MS + 5250,
        .uptime_ms = 5250,
        .rss_bytes = 8388608,
        .cpu_us = 61500,
        .feed = {.connected = true,
            .connects = 2,
            .attempts = 3,
            .messages = 101,
            .bytes = 5000000000,
            .too_large = 4,
            .bad_packets = 5},
        .frames = {.frames = 90,
            .newest_frame_ms = START_MS + 3000,
            .laps = 77,
            .laps_corrected = 6,
            .sessions_begun = 1},
        .store = {.sessions = 7,
            .bytes = 1600000,
            .room_known = true,
            .room = 70000000000,
            .saves = 12,
            .failures = 1,
            .commits = 13,
            .commit_failures = 2,
            .unsaved = 8,
            .unsaved_bytes = 99,
            .unindexed = 24,
            .unread = 21,
            .unreadable = 22,
            .quarantined = 23},
    };
    for (int i = 0; i < RF_DECODED_COUNT; i++)
        status.frames.decoded[i] = 100 + (uint64_t)i;
    for (int i = 0; i < RF_APPLIED_COUNT; i++)
        status.frames.applied[i] = 200 + (uint64_t)i;
    rf_histogram_add(&status.frames.published, 4000);
    rf_histogram_add(&status.store.save_times, 3000000);
    rf_histogram_add(&status.store.commit_times, 2000);
    const struct rf_cause_metric refused[] = {{"full", 31}, {"late", 32}};
    struct rf_route_metric routes[] = {{.route = "/api/kart/{kart}", .status = 200}, {.route = "other"}};
    rf_histogram_add(&routes[0].times, 700);
    const struct rf_http_metrics http = {.connections = 41,
        .refused = refused,
        .refused_count = 2,
        .routes = routes,
        .route_count = 2,
        .busy = 42,
        .stream_clients = 43,
        .stream_connections = 44,
        .stream_lag_bytes = 45,
        .stream_cut_off = 46};
    struct rf_buf out = RF_BUF_INIT;
    rf_metrics_write(&out, maker.engine, &status, &http);
    static const char *const lines[] = {
        "racefacer_build_info{version=\"1.2.3\"} 1",
        "process_resident_memory_bytes 8388608",
        "process_cpu_seconds_total 0.0615",
        "process_start_time_seconds 1760256914",
        "racefacer_feed_connected 1",
        "racefacer_feed_connections_total 2",
        "racefacer_feed_connection_attempts_total 3",
        "racefacer_feed_messages_total 101",
        "racefacer_feed_received_bytes_total 5000000000",
        "racefacer_feed_newest_frame_timestamp_seconds 1760256917",
        "racefacer_frames_total 90",
        "racefacer_frames_applied_total 200",
        "racefacer_frames_refused_total{cause=\"too_large\"} 4",
        "racefacer_frames_refused_total{cause=\"bad_packet\"} 5",
        "racefacer_frame_to_published_seconds_count 1",
        "racefacer_frame_to_published_seconds_sum 0.004",
        "racefacer_laps_total 77",
        "racefacer_laps_corrected_total 6",
        "racefacer_laps_missed 2",
        "racefacer_sessions_begun_total 1",
        "racefacer_sessions_live 1",
        "racefacer_sessions_stored 7",
        "racefacer_sessions_unindexed 24",
        "racefacer_given_up_total{bound=\"rows_refused\"} 0",
        "racefacer_durable 1",
        "racefacer_storage_failing 0",
        "racefacer_storage_bytes 1600000",
        "racefacer_storage_available_bytes 70000000000",
        "racefacer_storage_unsaved_sessions 8",
        "racefacer_storage_unsaved_bytes 99",
        "racefacer_storage_unread_files 21",
        "racefacer_storage_unreadable_files 22",
        "racefacer_storage_quarantined_files 23",
        "racefacer_saves_total 12",
        "racefacer_save_failures_total 1",
        "racefacer_save_duration_seconds_sum 3",
        "racefacer_journal_syncs_total 13",
        "racefacer_journal_sync_failures_total 2",
        "racefacer_journal_sync_duration_seconds_sum 0.002",
        "racefacer_http_requests_total{route=\"/api/kart/{kart}\",status=\"200\"} 1",
        "racefacer_http_requests_total{route=\"other\",status=\"other\"} 0",
        ("racefacer_http_request_duration_seconds_bucket{route=\"/api/kart/"
         "{kart}\",status=\"200\",le=\"0.001\"} 1"),
        "racefacer_http_connections 41",
        "racefacer_http_connections_refused_total{cause=\"full\"} 31",
        "racefacer_http_connections_refused_total{cause=\"late\"} 32",
        "racefacer_http_busy_total 42",
        "racefacer_stream_clients 43",
        "racefacer_stream_connections_total 44",
        "racefacer_stream_lag_bytes 45",
        "racefacer_stream_cut_off_total 46",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_line(&out, lines[i]);
    struct rf_buf line = RF_BUF_INIT;
    rf_buf_printf(&line, "racefacer_frames_refused_total{cause=\"json\"} %d", 100 + RF_DECODED_JSON);
    assert_line(&out, rf_buf_str(&line));
    rf_buf_clear(&line);
    rf_buf_printf(&line, "racefacer_frames_refused_total{cause=\"no_kart\"} %d", 200 + RF_APPLIED_NO_KART);
    assert_line(&out, rf_buf_str(&line));
    rf_buf_finish(&line);
    rf_buf_finish(&out);
    maker_destroy(&maker);
}

static void before_the_first_frame_there_is_no_time_of_it(void **state)
{
    (void)state;
    struct maker maker = maker_create(100);
    const struct rf_server_status status = {.version = "1", .not_durable = "a reason"};
    const struct rf_http_metrics http = {0};
    struct rf_buf out = RF_BUF_INIT;
    rf_metrics_write(&out, maker.engine, &status, &http);
    assert_null(strstr(rf_buf_str(&out), "newest_frame"));
    assert_line(&out, "racefacer_durable 0");
    assert_line(&out, "racefacer_feed_connected 0");
    rf_buf_finish(&out);
    maker_destroy(&maker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_histogram_adds_up),
        cmocka_unit_test(labels_are_escaped),
        cmocka_unit_test(seconds_are_exact),
        cmocka_unit_test(the_server_in_numbers),
        cmocka_unit_test(before_the_first_frame_there_is_no_time_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
