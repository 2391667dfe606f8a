/* test_deadlines.c - clients that take too long, a storage that does, and requests libmicrohttpd has no
 * memory for: each has an end, and an answer. */
#include "server_fixture.h"

static struct fixture *start_impatient(int idle_seconds)
{
    struct rf_http_options options = usual_options();
    options.idle_seconds = idle_seconds;
    options.request_seconds = 30;
    return start(&options);
}

static void wait_for_read(struct fixture *f)
{
    for (int i = 0; i < PATIENCE_MS && f->pending == NULL; i++)
        turn(f);
    assert_non_null(f->pending);
}

static void test_a_storage_that_hangs(void **state)
{
    (void)state;
    struct fixture *f = start_impatient(1);
    f->deferred = true;
    int fd = dial(f);
    say(fd, "GET /api/sessions/s1 HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_for_read(f);
    assert_true(hear(f, fd, NULL)); /* and the connection is closed */
    assert_int_equal(status_of(rf_buf_str(&f->answer)), 503);
    assert_non_null(strstr(rf_buf_str(&f->answer), "did not answer in time"));
    finish_read(f); /* comes too late, and harms nobody */
    f->deferred = false;
    assert_int_equal(status_of(ask(f, "GET", "/api/sessions/s1", "")), 200);
    close(fd);
    finish(f, 1000);
}

/* A client that takes some of a large answer now and then: never idle for long, but far too slow. */
static void test_a_slow_reader(void **state)
{
    (void)state;
    struct fixture *f = start_impatient(1);
    size_t len = 8u << 20, taken = 0;
    char *body = rf_new(len + 1), part[100];
    int small = 4096;
    memset(body, ' ', len);
    memcpy(body, "{}", 2);
    f->deferred = true;
    int fd = dial(f);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
    say(fd, "GET /api/sessions/s1 HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_for_read(f);
    void (*done)(void *, const char *, size_t, const char *) = f->pending;
    f->pending = NULL;
    done(f->pending_request, body, len, NULL);
    free(body);
    int64_t end = rf_clock_mono_ms() + PATIENCE_MS, next = 0;
    bool ended = false;
    while (!ended && rf_clock_mono_ms() < end) {
        turn(f);
        if (rf_clock_mono_ms() < next)
            continue;
        next = rf_clock_mono_ms() + 150;
        ssize_t got = recv(fd, part, sizeof(part), 0);
        taken += got > 0 ? (size_t)got : 0;
        /* What is on its way can be read long after the server has let go; that it has shows when the client
         * says something. */
        ended = got == 0 || (send(fd, "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE) ||
                (got < 0 && errno == ECONNRESET);
    }
    assert_true(ended);
    assert_true(taken < len / 2);
    close(fd);
    finish(f, 1000);
}

/* One that takes its time, but takes it at a modem's speed, gets the whole. */
static void test_a_reader_slow_enough(void **state)
{
    (void)state;
    struct fixture *f = start_impatient(2);
    size_t len = 600u << 10, got_all = 0;
    char *body = rf_new(len + 1), part[8192];
    int small = 16384;
    memset(body, ' ', len);
    memcpy(body, "{}", 2);
    f->deferred = true;
    int fd = dial(f);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
    say(fd, "GET /api/sessions/s1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    wait_for_read(f);
    void (*done)(void *, const char *, size_t, const char *) = f->pending;
    f->pending = NULL;
    done(f->pending_request, body, len, NULL);
    free(body);
    int64_t end = rf_clock_mono_ms() + PATIENCE_MS, next = 0;
    for (ssize_t got = 1; got != 0 && rf_clock_mono_ms() < end;) {
        turn(f);
        if (rf_clock_mono_ms() < next)
            continue;
        next = rf_clock_mono_ms() + 50;
        got = recv(fd, part, sizeof(part), 0);
        assert_true(got >= 0 || errno == EAGAIN);
        got_all += got > 0 ? (size_t)got : 0;
    }
    assert_true(got_all > len);
    close(fd);
    finish(f, 1000);
}

static void test_late_requests_are_told(void **state)
{
    (void)state;
    struct rf_http_options options = usual_options();
    options.request_seconds = 1;
    struct fixture *f = start(&options);
    int fd = dial(f);
    say(fd, "GET /health HTTP/1.1\r\nHost: x\r\nX-Hal");
    assert_true(hear(f, fd, NULL));
    assert_int_equal(status_of(rf_buf_str(&f->answer)), 408);
    assert_string_equal(
        body_of(rf_buf_str(&f->answer)), "{\"error\":\"The request was not complete in time\"}");
    close(fd);
    finish(f, 1000);
}

/* A request with `count` times `piece` in it, between `before` and `after`. */
static int status_with(
    struct fixture *f, const char *before, const char *piece, size_t count, const char *after)
{
    struct rf_buf text = RF_BUF_INIT;
    int fd = dial(f);
    rf_buf_puts(&text, before);
    for (size_t i = 0; i < count; i++)
        rf_buf_puts(&text, piece);
    rf_buf_puts(&text, after);
    say(fd, rf_buf_str(&text));
    rf_buf_finish(&text);
    if (!hear(f, fd, NULL))
        fail_msg("no answer to %.30s with %zu times %s", before, count, piece);
    close(fd);
    if (strncmp(body_of(rf_buf_str(&f->answer)), "{\"error\":", 9) != 0)
        return -1;
    return status_of(rf_buf_str(&f->answer));
}

static void test_requests_without_room_for_an_answer(void **state)
{
    (void)state;
    struct rf_http_options options = usual_options();
    struct fixture *f = start(&options);
    static const char head[] = "GET /health HTTP/1.1\r\nHost: x\r\nX: ",
                      end[] = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    /* libmicrohttpd has 20480 bytes for each connection. */
    for (size_t len = 8200; len < 20440; len += 400)
        assert_int_equal(status_with(f, head, "y", len, "\r\n\r\n"), 431);
    for (size_t len = 8200; len < 20440; len += 400)
        assert_int_equal(status_with(f, "GET /", "y", len, end), 414);
    for (size_t parts = 257; parts < 2000; parts += 40)
        assert_int_equal(status_with(f, "GET /health?", "a&", parts, end), 400);
    for (size_t parts = 40; parts <= 256; parts += 8)
        assert_int_equal(status_with(f, "GET /api/sessions?", "a&", parts, end), 400);
    finish(f, 1000);
}

static void count_turn(uv_check_t *check)
{
    ++*(int *)check->data;
}

/* Requests that are there already must not be worked off in one go: all else on the loop would wait. */
static void test_others_have_their_turn(void **state)
{
    (void)state;
    struct rf_http_options options = usual_options();
    struct fixture *f = start(&options);
    uv_check_t check;
    int turns = 0, fds[10];
    assert_int_equal(uv_check_init(&f->loop, &check), 0);
    check.data = &turns;
    for (int i = 0; i < 10; i++)
        fds[i] = dial(f);
    for (int i = 0; i < 50; i++)
        turn(f);
    assert_int_equal(uv_check_start(&check, count_turn), 0);
    for (int request = 0; request < 50; request++)
        for (int i = 0; i < 10; i++)
            say(fds[i], request < 49 ? "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
                                     : "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    char part[65536];
    int64_t end = rf_clock_mono_ms() + PATIENCE_MS;
    for (int open = 10; open > 0 && rf_clock_mono_ms() < end;) {
        uv_run(&f->loop, UV_RUN_NOWAIT);
        for (int i = 0; i < 10; i++)
            if (fds[i] >= 0 && recv(fds[i], part, sizeof(part), 0) == 0) {
                close(fds[i]);
                fds[i] = -1;
                open--;
            }
    }
    print_message("500 answers in %d turns\n", turns);
    assert_true(turns > 20);
    for (int i = 0; i < 10; i++)
        assert_int_equal(fds[i], -1);
    uv_close((uv_handle_t *)&check, NULL);
    finish(f, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_storage_that_hangs),
        cmocka_unit_test(test_a_slow_reader), cmocka_unit_test(test_a_reader_slow_enough),
        cmocka_unit_test(test_late_requests_are_told),
        cmocka_unit_test(test_requests_without_room_for_an_answer),
        cmocka_unit_test(test_others_have_their_turn)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
