/* test_answers.c - clients that ask for much and take little: how many bytes may be on their way, and who is
 * told to come again. */
#include "server_fixture.h"

#define BIG ((size_t)8 << 20)
#define HOARDERS 8 /* of 8 MB each: the bound */

struct pending {
    void (*done)(void *, const char *, size_t, const char *);
    void *request;
};

static int hoarder(struct fixture *f, const char *uri)
{
    struct rf_buf text = RF_BUF_INIT;
    int fd = dial(f), small = 4096;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
    rf_buf_printf(&text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", uri);
    say(fd, rf_buf_str(&text));
    rf_buf_finish(&text);
    return fd;
}

/* Lets the server go on until it has asked for so many reads, or has had the time to. */
static void turn_until_reads(struct fixture *f, int reads)
{
    int64_t end = rf_clock_mono_ms() + PATIENCE_MS;
    while (f->read_calls < reads && rf_clock_mono_ms() < end)
        turn(f);
    assert_int_equal(f->read_calls, reads);
}

static struct pending take_pending(struct fixture *f)
{
    struct pending pending = {f->pending, f->pending_request};
    assert_non_null(f->pending);
    f->pending = NULL;
    return pending;
}

static void test_few_are_read_at_once(void **state)
{
    (void)state;
    struct rf_http_options options = usual_options();
    struct fixture *f = start(&options);
    struct pending pending[5];
    int fds[5], reads = 0;
    f->deferred = true;
    for (int i = 0; i < 5; i++) {
        fds[i] = hoarder(f, "/api/sessions/s1");
        if (i < 2) {
            turn_until_reads(f, ++reads);
            pending[i] = take_pending(f);
        }
    }
    /* Answered behind the three on the same loop: they have been looked at by then, and stand in line. */
    assert_int_equal(status_of(ask(f, "GET", "/health", "")), 200);
    assert_int_equal(status_of(ask(f, "GET", "/health", "")), 200);
    assert_int_equal(f->read_calls, 2);
    for (int i = 0; i < 5; i++) {
        pending[i].done(pending[i].request, STORED, strlen(STORED), NULL);
        if (i + 2 < 5) {
            assert_int_equal(f->read_calls, ++reads); /* the next one's turn, at once */
            pending[i + 2] = take_pending(f);
        }
        assert_true(hear(f, fds[i], STORED));
        close(fds[i]);
    }
    assert_int_equal(f->read_calls, 5);
    finish(f, 1000);
}

/* The server ends while one is read and others stand in line. */
static void test_an_end_with_a_line(void **state)
{
    (void)state;
    struct rf_http_options options = usual_options();
    struct fixture *f = start(&options);
    struct pending pending[2];
    int fds[4];
    f->deferred = true;
    for (int i = 0; i < 4; i++) {
        fds[i] = hoarder(f, "/api/sessions/s1");
        if (i < 2) {
            turn_until_reads(f, i + 1);
            pending[i] = take_pending(f);
        }
    }
    assert_int_equal(status_of(ask(f, "GET", "/health", "")), 200);
    finish(f, 0);
    for (int i = 0; i < 2; i++)
        pending[i].done(pending[i].request, STORED, strlen(STORED), NULL);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
}

static void assert_busy(struct fixture *f, const char *uri)
{
    char value[256];
    const char *answer = ask(f, "GET", uri, "");
    assert_int_equal(status_of(answer), 503);
    assert_true(header_of(answer, "Retry-After", value));
    assert_non_null(strstr(answer, "Too many answers are on their way"));
}

/* Asks until it is answered well: the server learns of closed connections as it runs. */
static void assert_well_again(struct fixture *f, const char *uri)
{
    int64_t end = rf_clock_mono_ms() + PATIENCE_MS;
    int status = 0;
    while (status != 200 && rf_clock_mono_ms() < end)
        status = status_of(ask(f, "GET", uri, ""));
    assert_int_equal(status, 200);
}

static void test_stored_sessions_that_nobody_takes(void **state)
{
    (void)state;
    struct rf_http_options options = usual_options();
    struct fixture *f = start(&options);
    char *body = rf_new(BIG);
    int fds[HOARDERS];
    memset(body, ' ', BIG);
    memcpy(body, "{}", 2);
    f->deferred = true;
    for (int i = 0; i < HOARDERS; i++) {
        fds[i] = hoarder(f, "/api/sessions/s1");
        turn_until_reads(f, i + 1);
        struct pending pending = take_pending(f);
        pending.done(pending.request, body, BIG, NULL);
        assert_true(hear(f, fds[i], "\r\n\r\n"));
    }
    f->deferred = false;
    assert_busy(f, "/api/sessions/s1");
    assert_busy(f, "/api/sessions/s1/export");
    drive(f);
    assert_int_equal(status_of(ask(f, "GET", "/api/current", "")), 200); /* which others need all the same */
    assert_int_equal(status_of(ask(f, "GET", "/health", "")), 200);
    assert_non_null(strstr(ask(f, "GET", "/api/stats", ""), "\"answersRefused\":2"));
    for (int i = 0; i < HOARDERS; i++)
        close(fds[i]);
    assert_well_again(f, "/api/sessions/s1");
    free(body);
    finish(f, 1000);
}

/* A frame with a member of 8 MB, another one each time. */
static void drive_big(struct fixture *f, char *text, int number)
{
    struct rf_row row = {.has_id = true, .id = 1, .kart = "E05", .kart_number = "05", .driver = "Ana"};
    row.total_laps = 1;
    memset(text, 'a' + number, BIG);
    memcpy(text, "{\"x\":\"", 6);
    memcpy(text + BIG - 2, "\"}", 2);
    struct rf_frame frame = {.event_name = "", .track_name = "", .rows = &row, .row_count = 1};
    frame.raw = (struct rf_slice){text, BIG};
    f->now_ms += 1000;
    assert_int_equal(rf_engine_apply(f->engine, &frame, f->now_ms), RF_APPLIED);
}

static void test_live_answers_that_nobody_takes(void **state)
{
    (void)state;
    struct rf_http_options options = usual_options();
    struct fixture *f = start(&options);
    char *text = rf_new(BIG);
    int fds[HOARDERS];
    for (int i = 0; i < HOARDERS; i++) {
        drive_big(f, text, i);
        fds[i] = hoarder(f, "/api/current");
        assert_true(hear(f, fds[i], "\r\n\r\n"));
    }
    assert_true(
        strlen(ask(f, "GET", "/api/current", "")) > BIG); /* the newest is kept, and costs nothing more */
    drive_big(f, text, HOARDERS);
    assert_busy(f, "/api/current");
    assert_int_equal(status_of(ask(f, "GET", "/health", "")), 200);
    for (int i = 0; i < HOARDERS; i++)
        close(fds[i]);
    assert_well_again(f, "/api/current");
    free(text);
    finish(f, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_are_read_at_once),
        cmocka_unit_test(test_an_end_with_a_line),
        cmocka_unit_test(test_stored_sessions_that_nobody_takes),
        cmocka_unit_test(test_live_answers_that_nobody_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
