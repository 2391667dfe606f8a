/* The server as clients see it: statuses, headers and bodies, over real sockets. */
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "server_fixture.h"

static void assert_header(const char *answer, const char *name, const char *value)
{
    char got[256];
    assert_true(header_of(answer, name, got));
    assert_string_equal(got, value);
}

static void assert_no_header(const char *answer, const char *name)
{
    char got[256];
    assert_false(header_of(answer, name, got));
}

/* Every answer of ours, whatever it says. */
static void assert_hardened(const char *answer)
{
    assert_header(answer, "X-Content-Type-Options", "nosniff");
    assert_header(answer, "X-Frame-Options", "SAMEORIGIN");
    assert_header(answer, "Referrer-Policy", "no-referrer");
    assert_header(answer, "X-DNS-Prefetch-Control", "off");
    assert_header(answer, "Cross-Origin-Resource-Policy", "cross-origin");
}

static void assert_status(const char *answer, int status)
{
    if (status_of(answer) != status)
        print_error("%s\n", answer);
    assert_int_equal(status_of(answer), status);
    assert_hardened(answer);
}

static void assert_json(const char *answer, int status, const char *body)
{
    assert_status(answer, status);
    assert_header(answer, "Content-Type", "application/json; charset=utf-8");
    assert_string_equal(body_of(answer), body);
}

static struct fixture *start_usual(void)
{
    struct rf_http_options options = usual_options();
    return start(&options);
}

static void test_before_any_data(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    assert_json(ask(f, "GET", "/api/current", ""), 404,
        "{\"error\":\"No current session data available\",\"message\":\"No timing data has been received "
        "yet\"}");
    assert_status(ask(f, "GET", "/api/analysis", ""), 404);
    assert_status(ask(f, "GET", "/api/kart/05", ""), 404);
    assert_non_null(strstr(body_of(rf_buf_str(&f->answer)), "No current session"));
    assert_status(ask(f, "GET", "/health", ""), 200);
    assert_non_null(strstr(body_of(rf_buf_str(&f->answer)), "\"status\":\"OK\""));
    assert_status(ask(f, "GET", "/api/health/", ""), 200);
    assert_status(ask(f, "GET", "/api/stats", ""), 200);
    assert_status(ask(f, "GET", "/", ""), 200);
    assert_non_null(strstr(body_of(rf_buf_str(&f->answer)), "\"1.2.3\""));
    finish(f, 1000);
}

static void test_etags(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    char etag[256], etag_before[256], line[400], length[256];
    for (int i = 0; i < 5; i++)
        drive(f);
    const char *answer = ask(f, "GET", "/api/current", "");
    assert_status(answer, 200);
    assert_header(answer, "Cache-Control", "no-cache");
    assert_header(answer, "Access-Control-Allow-Origin", "*");
    assert_true(header_of(answer, "ETag", etag_before));
    assert_int_equal(strlen(etag_before), 18);
    assert_true(header_of(answer, "Content-Length", length));
    assert_int_equal(atoi(length), strlen(body_of(answer)));
    assert_non_null(strstr(body_of(answer), "Session #12"));

    snprintf(line, sizeof(line), "If-None-Match: \"0\", W/%s\r\n", etag_before);
    answer = ask(f, "GET", "/api/current", line);
    assert_status(answer, 304);
    assert_string_equal(body_of(answer), "");
    assert_header(answer, "ETag", etag_before);
    assert_header(answer, "Cache-Control", "no-cache");
    assert_header(answer, "Access-Control-Allow-Origin", "*");
    assert_header(answer, "Content-Length", length);

    /* A 304 must leave the connection usable: the next answer follows at once. */
    int fd = dial(f);
    say(fd, "GET /api/current HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n\r\n"
            "GET /api/kart/99 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(hear(f, fd, "{\"error\":\"Kart 99 not found\"}"));
    assert_int_equal(status_of(rf_buf_str(&f->answer)), 304);
    assert_memory_equal(body_of(rf_buf_str(&f->answer)), "HTTP/1.1 404", 12);
    close(fd);

    drive(f);
    answer = ask(f, "GET", "/api/current", line);
    assert_status(answer, 200);
    assert_true(header_of(answer, "ETag", etag));
    assert_string_not_equal(etag, etag_before);
    finish(f, 1000);
}

static void test_head(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    char get_etag[256], get_length[256];
    drive(f);
    drive(f);
    const char *answer = ask(f, "GET", "/api/analysis", "");
    header_of(answer, "ETag", get_etag);
    header_of(answer, "Content-Length", get_length);
    answer = ask(f, "HEAD", "/api/analysis", "");
    assert_status(answer, 200);
    assert_string_equal(body_of(answer), "");
    assert_header(answer, "ETag", get_etag);
    assert_header(answer, "Content-Length", get_length);
    assert_status(ask(f, "HEAD", "/api/sessions/none", ""), 404);
    assert_string_equal(body_of(rf_buf_str(&f->answer)), "");
    finish(f, 1000);
}

static void test_choice_of_session(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    char uri[200];
    drive(f);
    drive(f);
    assert_status(ask(f, "GET", "/api/current?track=3", ""), 200);
    assert_json(ask(f, "GET", "/api/current?track=4", ""), 404,
        "{\"error\":\"No current session data available\",\"message\":\"No session is known on track 4\"}");
    assert_status(ask(f, "GET", "/api/current?track=x", ""), 400);
    snprintf(uri, sizeof(uri), "/api/analysis?session=%s", rf_engine_default_session(f->engine)->id);
    assert_status(ask(f, "GET", uri, ""), 200);
    assert_status(ask(f, "GET", "/api/analysis?session=nobody", ""), 404);
    assert_non_null(strstr(body_of(rf_buf_str(&f->answer)), "nobody"));
    assert_status(ask(f, "GET", "/api/current?_=17", ""), 200);
    assert_status(ask(f, "GET", "/api/kart/%45%305", ""), 200);
    assert_non_null(strstr(body_of(rf_buf_str(&f->answer)), "\"Ana\""));
    assert_json(ask(f, "GET", "/api/kart/a%20b", ""), 404, "{\"error\":\"Kart a b not found\"}");
    finish(f, 1000);
}

static void test_addresses_that_mean_nothing(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    assert_json(ask(f, "GET", "/api/nothing?x=1", ""), 404,
        "{\"error\":\"Endpoint not found\",\"path\":\"/api/nothing\",\"method\":\"GET\"}");
    assert_json(ask(f, "POST", "/x%00y", ""), 404,
        "{\"error\":\"Endpoint not found\",\"path\":\"/x%00y\",\"method\":\"POST\"}");
    assert_status(ask(f, "GET", "/\xff\"", ""), 404);
    assert_non_null(strstr(body_of(rf_buf_str(&f->answer)), "\"path\":\"/?\\\"\""));
    assert_status(ask(f, "GET", "/health%00", ""), 404);
    assert_status(ask(f, "GET", "/api/sessions/a%00b", ""), 400);
    assert_status(ask(f, "GET", "/api/sessions/a%zz", ""), 400);
    assert_status(ask(f, "GET", "/api/kart/%ff", ""), 400);
    assert_json(
        ask(f, "GET", "/api/sessions/..%2f..%2fetc", ""), 404, "{\"error\":\"Session ../../etc not found\"}");
    assert_status(ask(f, "GET", "/api/sessions/..", ""), 404);
    assert_int_equal(f->read_calls, 0); /* none of them came as far as the backend */
    finish(f, 1000);
}

static void test_methods(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    const char *answer = ask(f, "POST", "/api/current", "Content-Length: 0\r\n");
    assert_status(answer, 405);
    assert_header(answer, "Allow", "GET, HEAD, OPTIONS");
    assert_status(ask(f, "DELETE", "/api/sessions", ""), 405);
    answer = ask(f, "PUT", "/api/sessions/s1", "");
    assert_status(answer, 405);
    assert_header(answer, "Allow", "GET, HEAD, DELETE, OPTIONS");
    assert_status(ask(f, "BREW", "/health", ""), 501);
    answer = ask(f, "OPTIONS", "/any/thing", "Origin: http://a\r\nAccess-Control-Request-Method: DELETE\r\n");
    assert_status(answer, 204);
    assert_string_equal(body_of(answer), "");
    assert_header(answer, "Access-Control-Allow-Methods", "GET, HEAD, DELETE, OPTIONS");
    assert_header(answer, "Access-Control-Allow-Headers",
        "Content-Type, Authorization, Cache-Control, Last-Event-ID, If-None-Match");
    assert_header(answer, "Access-Control-Max-Age", "86400");
    assert_header(answer, "Access-Control-Allow-Origin", "*");
    finish(f, 1000);
}

static void test_bodies_of_requests(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    drive(f);
    drive(f);
    /* One that nobody wants is read and forgotten, and the connection goes on. */
    int fd = dial(f);
    say(fd, "GET /api/current HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /api/kart/98 "
            "HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(hear(f, fd, "Kart 98"));
    assert_int_equal(status_of(rf_buf_str(&f->answer)), 200);
    say(fd, "GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            "GET /api/kart/97 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(hear(f, fd, "Kart 97"));
    assert_int_equal(status_of(rf_buf_str(&f->answer)), 200);
    close(fd);
    const char *answer = ask(f, "GET", "/health", "Content-Length: 70000\r\n");
    assert_status(answer, 413);
    assert_header(answer, "Connection", "close");
    /* POST with a body: refused before it is read, and no part of it is taken for a request. */
    fd = dial(f);
    say(fd, "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n");
    say(fd, "GET /api/kart/96 HTTP/1.1\r\nHost: x\r\n\r\n ");
    usleep(1000);
    assert_true(hear(f, fd, "\"method\":\"POST\"}"));
    close(fd);
    assert_null(strstr(rf_buf_str(&f->answer), "Kart 96"));
    finish(f, 1000);
}

/* Refused and closed: what follows on the connection is not taken for a request. */
static void assert_refused(struct fixture *f, int status, const char *head)
{
    int fd = dial(f);
    say(fd, head);
    say(fd, "0\r\n\r\nGET /api/kart/95 HTTP/1.1\r\nHost: x\r\n\r\n");
    (void)hear(f, fd, NULL); /* the end may be a reset: there was more to read */
    close(fd);
    assert_int_equal(status_of(rf_buf_str(&f->answer)), status);
    assert_hardened(rf_buf_str(&f->answer));
    assert_header(rf_buf_str(&f->answer), "Connection", "close");
    assert_null(strstr(rf_buf_str(&f->answer), "Kart 95"));
}

static void test_requests_with_two_ends(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    assert_refused(
        f, 400, "GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_refused(
        f, 400, "GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n");
    assert_refused(f, 400, "GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n");
    assert_refused(f, 400, "GET /health HTTP/1.1\r\n\r\n");
    assert_refused(f, 400, "GET /health HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\n");
    assert_refused(f, 501, "GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n");
    finish(f, 1000);
}

static void test_header_size(void **state)
{
    (void)state;
    struct rf_http_options options = usual_options();
    options.max_header_bytes = 2048;
    struct fixture *f = start(&options);
    char line[2300];
    memset(line, 'a', sizeof(line));
    memcpy(line, "X-Long: ", 8);
    memcpy(line + 1500, "\r\n", 3);
    assert_status(ask(f, "GET", "/health", line), 200);
    memset(line + 1500, 'a', 500);
    memcpy(line + 2000, "\r\n", 3);
    assert_status(ask(f, "GET", "/health", line), 431);
    finish(f, 1000);
}

static void test_origins(void **state)
{
    (void)state;
    struct rf_http_options options = usual_options();
    options.allowed_origins = "http://a.example, https://b.example:8443";
    struct fixture *f = start(&options);
    drive(f);
    const char *answer = ask(f, "GET", "/api/current", "Origin: https://b.example:8443\r\n");
    assert_status(answer, 200);
    assert_header(answer, "Access-Control-Allow-Origin", "https://b.example:8443");
    assert_header(answer, "Vary", "Origin");
    answer = ask(f, "GET", "/api/current", "Origin: http://a.example\r\n");
    assert_header(answer, "Access-Control-Allow-Origin", "http://a.example");
    answer = ask(f, "GET", "/api/current", "Origin: http://a.example.evil\r\n");
    assert_status(answer, 200);
    assert_no_header(answer, "Access-Control-Allow-Origin");
    assert_header(answer, "Vary", "Origin");
    finish(f, 1000);
}

static void test_listing(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    assert_json(ask(f, "GET", "/api/sessions?limit=5&offset=2&driver=J%C3%B6rg+A&to=2026-01-02", ""), 200,
        "{\"total\":7,\"sessions\":[]}");
    assert_int_equal(f->last_query.limit, 5);
    assert_int_equal(f->last_query.offset, 2);
    assert_int_equal(f->last_query.to_ms, 1767398399999);
    assert_status(
        ask(f, "GET", "/api/sessions/?to=2026-01-02&offset=2&limit=5&driver=J%C3%B6rg%20A", ""), 200);
    assert_int_equal(f->list_calls, 1); /* the same question, the same body */
    f->index_version++;
    assert_status(ask(f, "GET", "/api/sessions?limit=5&offset=2&driver=J%C3%B6rg+A&to=2026-01-02", ""), 200);
    assert_int_equal(f->list_calls, 2);
    assert_json(ask(f, "GET", "/api/sessions?limit=0", ""), 400,
        "{\"error\":\"limit must be a whole number from 1 to 1000\"}");
    finish(f, 1000);
}

static void test_stored(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    char etag[256], line[300];
    const char *answer = ask(f, "GET", "/api/sessions/s1", "");
    assert_json(answer, 200, STORED);
    assert_header(answer, "RateLimit-Limit", "1000");
    assert_header(answer, "RateLimit-Remaining", "999");
    header_of(answer, "ETag", etag);
    snprintf(line, sizeof(line), "If-None-Match: %s\r\n", etag);
    assert_status(ask(f, "GET", "/api/sessions/s1", line), 304);
    assert_json(ask(f, "GET", "/api/sessions/none", ""), 404, "{\"error\":\"Session none not found\"}");
    assert_json(ask(f, "GET", "/api/sessions/broken", ""), 500, "{\"error\":\"Session could not be read\"}");
    answer = ask(f, "GET", "/api/sessions/s1/export", "");
    assert_status(answer, 200);
    assert_header(answer, "Content-Disposition", "attachment; filename=\"session-s1.json\"");
    assert_memory_equal(body_of(answer), "{\"exportDate\":\"", 15);
    assert_non_null(strstr(body_of(answer), "\"session\":" STORED));
    finish(f, 1000);
}

static void wait_for_read(struct fixture *f)
{
    for (int i = 0; i < PATIENCE_MS && f->pending == NULL; i++)
        turn(f);
    assert_non_null(f->pending);
}

static void test_slow_reads(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    f->deferred = true;
    int fd = dial(f);
    say(fd, "GET /api/sessions/s1 HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_for_read(f);
    /* Others are served while it waits. */
    assert_status(ask(f, "GET", "/health", ""), 200);
    finish_read(f);
    assert_true(hear(f, fd, STORED));
    /* A second one on the same connection; its client goes before the answer is there. */
    say(fd, "GET /api/sessions/s1/export HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_for_read(f);
    close(fd);
    for (int i = 0; i < 20; i++)
        turn(f);
    finish_read(f);
    assert_status(ask(f, "GET", "/health", ""), 200);
    finish(f, 1000);
}

static void test_end_during_a_read(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    f->deferred = true;
    int fd = dial(f);
    say(fd, "GET /api/sessions/s1 HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_for_read(f);
    finish(f, 20); /* the read ends after the server */
    close(fd);
}

static void test_answers_in_flight_at_the_end(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    f->deferred = true;
    int idle = dial(f), fd = dial(f);
    char part[1024] = "";
    say(fd, "GET /api/sessions/s1 HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_for_read(f);
    rf_server_close(f->server, PATIENCE_MS, on_fixture_closed, f);
    for (int i = 0; i < 20; i++)
        turn(f);
    assert_false(f->closed);
    finish_read(f);
    int64_t begun = rf_clock_mono_ms();
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_true(f->closed);
    assert_true(rf_clock_mono_ms() - begun < PATIENCE_MS); /* it did not sit out the whole grace */
    assert_true(recv(fd, part, sizeof(part) - 1, 0) > 0);
    assert_non_null(strstr(part, STORED));
    assert_int_equal(uv_loop_close(&f->loop), 0);
    close(fd);
    close(idle);
    rf_engine_destroy(f->engine);
    rf_buf_finish(&f->answer);
    free(f);
}

static void test_deleting(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    char own[100];
    assert_json(ask(f, "DELETE", "/api/sessions/s1", ""), 200,
        "{\"message\":\"Session deleted successfully\",\"sessionId\":\"s1\"}");
    assert_status(ask(f, "DELETE", "/api/sessions/live", ""), 409);
    assert_json(ask(f, "DELETE", "/api/sessions/none", ""), 404, "{\"error\":\"Session none not found\"}");
    snprintf(own, sizeof(own), "Origin: http://localhost:%d\r\n", rf_server_port(f->server));
    assert_status(ask(f, "DELETE", "/api/sessions/s1", own), 200);
    assert_status(ask(f, "DELETE", "/api/sessions/s1", "Origin: http://evil.example\r\n"), 403);
    assert_status(ask(f, "DELETE", "/api/sessions/s1", "X-Forwarded-For: 127.0.0.1\r\n"), 403);
    finish(f, 1000);

    struct rf_http_options options = usual_options();
    options.api_token = "sesame";
    f = start(&options);
    assert_status(ask(f, "DELETE", "/api/sessions/s1", ""), 403);
    assert_status(ask(f, "DELETE", "/api/sessions/s1", "Authorization: Bearer sesamf\r\n"), 403);
    assert_status(ask(f, "DELETE", "/api/sessions/s1", "Authorization: Bearer sesame\r\n"), 200);
    finish(f, 1000);
}

static void test_limits(void **state)
{
    (void)state;
    struct rf_http_options options = usual_options();
    options.rate_max_requests = 2;
    options.trust_proxy = 1;
    struct fixture *f = start(&options);
    const char *answer;
    assert_status(ask(f, "GET", "/api/sessions/s1", ""), 200);
    assert_status(ask(f, "GET", "/api/sessions/s1/export", ""), 200);
    answer = ask(f, "GET", "/api/sessions/s1", "");
    assert_status(answer, 429);
    assert_header(answer, "RateLimit-Limit", "2");
    assert_header(answer, "RateLimit-Remaining", "0");
    assert_header(answer, "Access-Control-Allow-Origin", "*");
    char retry[256];
    assert_true(header_of(answer, "Retry-After", retry));
    assert_in_range(atoi(retry), 1, 900);
    assert_status(ask(f, "OPTIONS", "/api/sessions/s1", ""), 204);
    assert_status(ask(f, "GET", "/health", ""), 200); /* has a limit of its own */
    /* Somebody else behind the trusted proxy. */
    assert_status(ask(f, "GET", "/api/sessions/s1", "X-Forwarded-For: 9.9.9.9, 192.0.2.1\r\n"), 200);
    finish(f, 1000);

    options.rate_max_requests = 1000;
    options.rate_live_per_second = 1;
    f = start(&options);
    bool refused = false; /* one a second: of a few in a row some must be refused */
    for (int i = 0; i < 50 && !refused; i++)
        refused = status_of(ask(f, "GET", "/nothing", "")) == 429;
    assert_true(refused);
    assert_header(rf_buf_str(&f->answer), "Retry-After", "1");
    finish(f, 1000);
}

static void test_connections_over_the_limit(void **state)
{
    (void)state;
    struct rf_http_options options = usual_options();
    options.max_connections = 2;
    struct fixture *f = start(&options);
    int first = dial(f), second = dial(f);
    for (int i = 0; i < 20; i++)
        turn(f);
    int third = dial(f);
    assert_true(hear(f, third, NULL)); /* prompt, without having asked for anything */
    assert_status(rf_buf_str(&f->answer), 503);
    close(third);
    close(first);
    for (int i = 0; i < 20; i++)
        turn(f);
    assert_status(ask(f, "GET", "/health", ""), 200);
    close(second);
    finish(f, 1000);

    options.max_connections = 100;
    options.max_connections_per_address = 1;
    f = start(&options);
    first = dial(f);
    for (int i = 0; i < 20; i++)
        turn(f);
    assert_status(ask(f, "GET", "/health", ""), 503);
    close(first);
    finish(f, 1000);
}

static void test_deadline_of_a_request(void **state)
{
    (void)state;
    struct rf_http_options options = usual_options();
    options.request_seconds = 1;
    struct fixture *f = start(&options);
    int line = dial(f), headers = dial(f), idle = dial(f);
    char byte;
    say(line, "GET /hea");
    say(headers, "GET /health HTTP/1.1\r\nHost: x\r\n");
    bool line_cut = false, headers_cut = false;
    /* Each turn another byte, so that neither is ever idle. */
    int64_t end = rf_clock_mono_ms() + PATIENCE_MS;
    while ((!line_cut || !headers_cut) && rf_clock_mono_ms() < end) {
        for (int i = 0; i < 50; i++)
            turn(f);
        line_cut = line_cut || send(line, "l", 1, MSG_NOSIGNAL) < 0 || recv(line, &byte, 1, 0) == 0;
        headers_cut =
            headers_cut || send(headers, "a", 1, MSG_NOSIGNAL) < 0 || recv(headers, &byte, 1, 0) == 0;
    }
    assert_true(line_cut);
    assert_true(headers_cut);
    /* One that has sent nothing is only idle, and may still ask. */
    say(idle, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_true(hear(f, idle, "\"status\""));
    close(line);
    close(headers);
    close(idle);
    finish(f, 1000);
}

static void test_port_in_use(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    struct rf_http_options options = usual_options();
    struct rf_http_backend backend = {.engine = f->engine};
    char *error = NULL, wanted[200];
    options.port = rf_server_port(f->server);
    assert_null(rf_server_create(&f->loop, NULL, &options, &backend, &error));
    snprintf(wanted, sizeof(wanted),
        "127.0.0.1:%d is in use by another program: stop it, or set PORT to another number", options.port);
    assert_string_equal(error, wanted);
    free(error);
    finish(f, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_any_data),
        cmocka_unit_test(test_etags),
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_choice_of_session),
        cmocka_unit_test(test_addresses_that_mean_nothing),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_bodies_of_requests),
        cmocka_unit_test(test_requests_with_two_ends),
        cmocka_unit_test(test_header_size),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_listing),
        cmocka_unit_test(test_stored),
        cmocka_unit_test(test_slow_reads),
        cmocka_unit_test(test_end_during_a_read),
        cmocka_unit_test(test_answers_in_flight_at_the_end),
        cmocka_unit_test(test_deleting),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_connections_over_the_limit),
        cmocka_unit_test(test_deadline_of_a_request),
        cmocka_unit_test(test_port_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
