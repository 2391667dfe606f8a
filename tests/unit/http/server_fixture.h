/* server_fixture.h - the server on a loop of its own, before a real engine and a backend made of a few fixed
 * sessions, and a client that speaks raw bytes on the same thread. */
#ifndef TEST_HTTP_SERVER_FIXTURE_H
#define TEST_HTTP_SERVER_FIXTURE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>
#include <uv.h>

#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "racefacer/http/server.h"

#define PATIENCE_MS 10000 /* after which a test gives up waiting for what must come */
#define STORED "{\"sessionId\":\"s1\",\"storageVersion\":1}"

struct fixture {
    uv_loop_t loop;
    struct rf_engine *engine;
    struct rf_server *server;
    int64_t now_ms;
    int laps; /* of the race so far */
    uint64_t index_version;
    int status_calls, list_calls, read_calls;
    struct rf_http_listing_query last_query;
    bool deferred; /* reads wait for finish_read */
    void (*pending)(void *, const char *, size_t, const char *);
    void *pending_request;
    char pending_id[200];
    bool closed;
    struct rf_buf answer;
};

static inline void fake_status(void *ctx, struct rf_server_status *out)
{
    struct fixture *f = ctx;
    f->status_calls++;
    *out = (struct rf_server_status){
        .version = "1.2.3", .now_ms = 1767261600000, .uptime_ms = 5000, .max_sessions = 50};
    out->feed = (struct rf_feed_status){.source = "demo",
        .target = "demo",
        .state = "joined",
        .connected = true,
        .dialect = "",
        .last_error = ""};
    out->store.error = "";
}

static inline uint64_t fake_index_version(void *ctx)
{
    return ((struct fixture *)ctx)->index_version;
}

static inline void fake_list(void *ctx, const struct rf_http_listing_query *query, struct rf_http_page *out)
{
    struct fixture *f = ctx;
    f->list_calls++;
    f->last_query = *query;
    *out = (struct rf_http_page){.total = 7};
}

static inline void answer_read(
    const char *id, void (*done)(void *, const char *, size_t, const char *), void *request)
{
    if (strcmp(id, "s1") == 0)
        done(request, STORED, strlen(STORED), NULL);
    else if (strcmp(id, "broken") == 0)
        done(request, NULL, 0, "/secret/path: Input/output error");
    else
        done(request, NULL, 0, NULL);
}

static inline void fake_read(
    void *ctx, const char *id, void (*done)(void *, const char *, size_t, const char *), void *request)
{
    struct fixture *f = ctx;
    f->read_calls++;
    if (!f->deferred) {
        answer_read(id, done, request);
        return;
    }
    f->pending = done;
    f->pending_request = request;
    strncpy(f->pending_id, id, sizeof(f->pending_id) - 1);
}

static inline void finish_read(struct fixture *f)
{
    void (*done)(void *, const char *, size_t, const char *) = f->pending;
    f->pending = NULL;
    answer_read(f->pending_id, done, f->pending_request);
}

static inline void fake_remove(
    void *ctx, const char *id, void (*done)(void *, enum rf_http_deleted), void *request)
{
    (void)ctx;
    done(request, strcmp(id, "s1") == 0     ? RF_HTTP_DELETED
                  : strcmp(id, "live") == 0 ? RF_HTTP_LIVE
                                            : RF_HTTP_NOT_FOUND);
}

static inline const struct rf_asset *fake_asset(const char *path, size_t len)
{
    static const struct rf_asset assets[] = {{.path = "/",
                                                 .type = "text/html; charset=utf-8",
                                                 .plain = {(const unsigned char *)"<p>", 3, "\"p\""},
                                                 .gzip = {(const unsigned char *)"gz", 2, "\"pz\""}},
        {.path = "/assets/a-1.js",
            .type = "text/javascript",
            .immutable = true,
            .plain = {(const unsigned char *)"run()", 5, "\"j\""},
            .gzip = {(const unsigned char *)"jz", 2, "\"jz\""}}};
    for (size_t i = 0; i < sizeof(assets) / sizeof(assets[0]); i++)
        if (strlen(assets[i].path) == len && memcmp(assets[i].path, path, len) == 0)
            return &assets[i];
    return NULL;
}

/* One more lap of two karts, "E05" and "E21", on track 3. */
static inline void drive(struct fixture *f)
{
    static const char raw[] = "{\"id\":1}", data[] = "{\"track_configuration_id\":3}";
    f->laps++;
    f->now_ms += 27000;
    struct rf_row rows[2] = {0};
    for (int i = 0; i < 2; i++)
        rows[i] = (struct rf_row){.has_id = true,
            .id = 100 + i,
            .has_kart_id = true,
            .kart_id = 7 + i,
            .kart = i == 0 ? "E05" : "E21",
            .kart_number = i == 0 ? "05" : "21",
            .driver = i == 0 ? "Ana" : "Bo",
            .position = i + 1,
            .total_laps = f->laps,
            .last_ms = f->laps > 1 ? 26500 + i : 0,
            .last_passing_ms = f->now_ms,
            .raw = {raw, sizeof(raw) - 1}};
    struct rf_frame frame = {.has_track = true,
        .track = 3,
        .has_event = true,
        .event_name = "Session #12",
        .track_name = "Lakeside",
        .made_s = f->now_ms / 1000,
        .sent_s = f->now_ms / 1000,
        .current_lap = f->laps,
        .total_laps = 22,
        .rows = rows,
        .row_count = 2,
        .raw = {data, sizeof(data) - 1}};
    assert_int_equal(rf_engine_apply(f->engine, &frame, f->now_ms), RF_APPLIED);
}

static inline struct rf_http_options usual_options(void)
{
    return (struct rf_http_options){.host = "127.0.0.1",
        .port = 0,
        .allowed_origins = "*",
        .api_token = "",
        .rate_window_minutes = 15,
        .rate_max_requests = 1000,
        .rate_live_per_second = 0,
        .max_connections = 100,
        .idle_seconds = 30,
        .request_seconds = 10,
        .max_header_bytes = 8192};
}

static inline struct fixture *start(const struct rf_http_options *options)
{
    struct fixture *f = rf_new(sizeof(*f));
    char *error = NULL;
    (void)signal(SIGPIPE, SIG_IGN);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    struct rf_engine_options engine = {.analysis = {.limits = {.min_ms = 5000}, .min_laps = 3},
        .max_laps = 1000,
        .gap_ms = 3600000,
        .stale_ms = 300000};
    f->engine = rf_engine_create(&engine, NULL, NULL);
    f->now_ms = 1767261600000;
    struct rf_http_backend backend = {.ctx = f,
        .engine = f->engine,
        .asset = fake_asset,
        .status = fake_status,
        .index_version = fake_index_version,
        .list = fake_list,
        .read = fake_read,
        .remove = fake_remove};
    f->server = rf_server_create(&f->loop, NULL, options, &backend, &error);
    assert_non_null(f->server);
    assert_null(error);
    return f;
}

static inline void on_fixture_closed(void *ctx)
{
    ((struct fixture *)ctx)->closed = true;
}

/* Ends the server and proves that it left nothing on the loop. */
static inline void finish(struct fixture *f, int64_t grace_ms)
{
    rf_server_close(f->server, grace_ms, on_fixture_closed, f);
    assert_false(f->closed);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_true(f->closed);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    if (f->pending != NULL)
        finish_read(f); /* a backend may be slower than the server's end */
    rf_engine_destroy(f->engine);
    rf_buf_finish(&f->answer);
    free(f);
}

static inline void turn(struct fixture *f)
{
    uv_run(&f->loop, UV_RUN_NOWAIT);
    usleep(200);
}

static inline int dial(struct fixture *f)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
        .sin_port = htons((uint16_t)rf_server_port(f->server)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static inline void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads what comes until the server closes, or, where `until` is not NULL, until that text was seen. The
 * whole is in f->answer; false where the time is up. */
static inline bool hear(struct fixture *f, int fd, const char *until)
{
    char part[4096];
    int64_t end = rf_clock_mono_ms() + PATIENCE_MS;
    rf_buf_clear(&f->answer);
    while (rf_clock_mono_ms() < end) {
        ssize_t got = recv(fd, part, sizeof(part), 0);
        if (got > 0)
            rf_buf_append(&f->answer, part, (size_t)got);
        if (until != NULL && strstr(rf_buf_str(&f->answer), until) != NULL)
            return true;
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK))
            return until == NULL;
        if (got < 0)
            turn(f);
    }
    return false;
}

/* One request on a connection of its own; the whole answer. `lines` are further header lines, each with its
 * \r\n. */
static inline const char *ask(struct fixture *f, const char *method, const char *uri, const char *lines)
{
    struct rf_buf text = RF_BUF_INIT;
    int fd = dial(f);
    rf_buf_printf(&text, "%s %s HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n%s\r\n", method, uri,
        rf_server_port(f->server), lines);
    say(fd, rf_buf_str(&text));
    rf_buf_finish(&text);
    assert_true(hear(f, fd, NULL));
    close(fd);
    return rf_buf_str(&f->answer);
}

static inline int status_of(const char *answer)
{
    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? atoi(answer + 9) : -1;
}

/* The value of an answer's header into `out`; false where it has none. */
static inline bool header_of(const char *answer, const char *name, char out[256])
{
    const char *end = strstr(answer, "\r\n\r\n");
    for (const char *line = strstr(answer, "\r\n"); line != NULL && line < end;
         line = strstr(line + 2, "\r\n")) {
        size_t len = strlen(name);
        if (strncasecmp(line + 2, name, len) != 0 || line[2 + len] != ':')
            continue;
        const char *value = line + 2 + len + 1;
        value += strspn(value, " ");
        size_t size = strcspn(value, "\r\n");
        assert_true(size < 256);
        memcpy(out, value, size);
        out[size] = '\0';
        return true;
    }
    out[0] = '\0';
    return false;
}

static inline const char *body_of(const char *answer)
{
    const char *end = strstr(answer, "\r\n\r\n");
    return end != NULL ? end + 4 : "";
}

#endif
