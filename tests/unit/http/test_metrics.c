/* test_metrics.c - what is counted of the answers, and under which labels. */
#include "http/answer_counts.h"
#include "server_fixture.h"

static bool has(const char *answer, const char *line)
{
    struct rf_buf wanted = RF_BUF_INIT;
    rf_buf_printf(&wanted, "\n%s\n", line);
    bool found = strstr(answer, rf_buf_str(&wanted)) != NULL;
    if (!found)
        print_error("no line \"%s\"\n", line);
    rf_buf_finish(&wanted);
    return found;
}

static void test_answers_are_counted_by_pattern(void **state)
{
    (void)state;
    struct rf_http_options options = usual_options();
    struct fixture *f = start(&options);
    drive(f);
    (void)ask(f, "GET", "/api/kart/99", "");
    (void)ask(f, "GET", "/api/kart/98", "");
    (void)ask(f, "GET", "/api/health", "");
    (void)ask(f, "HEAD", "/health", "");
    (void)ask(f, "POST", "/health", "");
    (void)ask(f, "OPTIONS", "/api/sessions/s1", "");
    (void)ask(f, "GET", "/who/knows/1", "");
    (void)ask(f, "GET", "/who/knows/2", "");
    const char *answer = ask(f, "GET", "/metrics", "");
    char type[256];
    assert_int_equal(status_of(answer), 200);
    assert_true(header_of(answer, "Content-Type", type));
    assert_string_equal(type, "text/plain; version=0.0.4; charset=utf-8");
    assert_true(has(answer, "racefacer_http_requests_total{route=\"/api/kart/{kart}\",status=\"404\"} 2"));
    assert_true(has(answer, "racefacer_http_requests_total{route=\"/health\",status=\"200\"} 2"));
    assert_true(has(answer, "racefacer_http_requests_total{route=\"/health\",status=\"405\"} 1"));
    assert_true(has(answer, "racefacer_http_requests_total{route=\"/api/sessions/{id}\",status=\"204\"} 1"));
    assert_true(has(answer, "racefacer_http_requests_total{route=\"other\",status=\"404\"} 2"));
    assert_true(has(answer, "racefacer_http_requests_total{route=\"/metrics\",status=\"200\"} 0"));
    assert_true(
        has(answer, "racefacer_http_request_duration_seconds_count{route=\"/health\",status=\"200\"} 2"));
    assert_null(strstr(answer, "knows"));
    assert_true(has(
        ask(f, "GET", "/metrics", ""), "racefacer_http_requests_total{route=\"/metrics\",status=\"200\"} 1"));
    finish(f, 1000);
}

static void test_refusals_are_counted_by_cause(void **state)
{
    (void)state;
    struct rf_http_options options = usual_options();
    struct fixture *f = start(&options);
    struct rf_buf uri = RF_BUF_INIT;
    rf_buf_puts(&uri, "/health?");
    for (int i = 0; i < 300; i++)
        rf_buf_puts(&uri, "a&");
    assert_int_equal(status_of(ask(f, "GET", rf_buf_str(&uri), "")), 400);
    rf_buf_finish(&uri);
    const char *answer = ask(f, "GET", "/metrics", "");
    assert_true(has(answer, "racefacer_http_connections_refused_total{cause=\"query\"} 1"));
    assert_true(has(answer, "racefacer_http_connections_refused_total{cause=\"full\"} 0"));
    finish(f, 1000);
}

/* A stream may last for hours: what counts is when it began. */
static void test_a_stream_is_counted_when_it_begins(void **state)
{
    (void)state;
    struct rf_http_options options = usual_options();
    struct fixture *f = start(&options);
    int fd = dial(f);
    say(fd, "GET /api/stream HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(hear(f, fd, "event: connected"));
    const char *answer = ask(f, "GET", "/metrics", "");
    assert_true(has(answer, "racefacer_http_requests_total{route=\"/api/stream\",status=\"200\"} 1"));
    assert_true(has(answer, "racefacer_stream_clients 1"));
    assert_true(has(answer, "racefacer_stream_connections_total 1"));
    close(fd);
    finish(f, 1000);
}

static void test_a_status_nobody_gave_yet_is_counted_too(void **state)
{
    (void)state;
    struct rf_answer_counts *counts = rf_new(sizeof *counts);
    struct rf_route_metric *rows =
        rf_new_array((size_t)RF_ENDPOINTS * RF_ANSWER_STATUSES, sizeof(struct rf_route_metric));
    assert_int_equal(rf_answer_counts_list(counts, rows), RF_ENDPOINTS); /* each route with its usual one */
    rf_answer_counts_add(counts, RF_ENDPOINT_HEALTH, 418, 10);
    rf_answer_counts_add(counts, RF_ENDPOINT_HEALTH, 599, 10);
    assert_int_equal(rf_answer_counts_list(counts, rows), RF_ENDPOINTS + 1);
    size_t others = 0;
    for (size_t i = 0; i < RF_ENDPOINTS + 1; i++)
        if (rows[i].status == 0)
            others += rf_histogram_count(&rows[i].times);
    assert_int_equal(others, 2);
    free(rows);
    free(counts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_are_counted_by_pattern),
        cmocka_unit_test(test_refusals_are_counted_by_cause),
        cmocka_unit_test(test_a_stream_is_counted_when_it_begins),
        cmocka_unit_test(test_a_status_nobody_gave_yet_is_counted_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
