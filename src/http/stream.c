/* stream.c - collects events as the engine tells them, and publishes them to all clients once they may be
 * seen. */
#include "stream.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/views.h"
#include "server_impl.h"

#define HEARTBEAT_MS 15000
#define TICK_MS 1000
#define READY_A_TURN 256 /* then the loop's other work has its turn */

struct rf_stream_pending {
    enum rf_stream_kind kind;
    struct rf_stream_topic topic;
    size_t at, len; /* in pending_data */
};

/* ---- collecting */

static void keep(struct rf_stream *stream, enum rf_stream_kind kind, struct rf_stream_topic topic, size_t at)
{
    if (stream->pending_count == stream->pending_cap) {
        stream->pending_cap = stream->pending_cap == 0 ? 64 : stream->pending_cap * 2;
        stream->pending = rf_resize_array(stream->pending, stream->pending_cap, sizeof *stream->pending);
    }
    stream->pending[stream->pending_count++] =
        (struct rf_stream_pending){kind, topic, at, stream->pending_data.len - at};
}

/* The session's best with this lap counted. Runs are gone through once a publish and session, not once a lap.
 */
static int32_t best_with(struct rf_stream *stream, const struct rf_event *event, struct rf_lap_limits limits)
{
    if (stream->best_of != event->session || event->type != RF_EVENT_LAP) {
        stream->best_of = event->session;
        stream->best_ms = rf_stream_session_best(event->session, limits);
    }
    int32_t of_run = rf_lap_history_best(&event->run->history, limits);
    if (of_run > 0 && (stream->best_ms == 0 || of_run < stream->best_ms))
        stream->best_ms = of_run;
    return stream->best_ms;
}

void rf_stream_tell(struct rf_stream *stream, const struct rf_event *event)
{
    struct rf_lap_limits limits = rf_engine_options(stream->server->backend.engine)->analysis.limits;
    struct rf_stream_topic topic = {event->session->has_track, event->session->track};
    struct rf_buf *out = &stream->pending_data;
    size_t at = out->len;
    switch (event->type) {
    case RF_EVENT_LAP:
    case RF_EVENT_LAP_CORRECTED:
    case RF_EVENT_LAPS_REMOVED:
        rf_stream_write_lap(out, event, limits, best_with(stream, event, limits));
        keep(stream, RF_STREAM_LAP, topic, at);
        break;
    case RF_EVENT_POSITION:
        rf_stream_write_position(out, event);
        keep(stream, RF_STREAM_POSITION, topic, at);
        break;
    case RF_EVENT_SESSION_BEGAN:
        rf_stream_write_session_start(out, event->session);
        keep(stream, RF_STREAM_SESSION_START, topic, at);
        break;
    case RF_EVENT_SESSION_ENDED:
        rf_stream_write_session_end(out, event->session);
        keep(stream, RF_STREAM_SESSION_END, topic, at);
        break;
    case RF_EVENT_SESSION_LEFT: stream->best_of = NULL; break;
    case RF_EVENT_CLOCK_RESET: break;
    }
}

/* ---- publishing */

static void add(
    struct rf_stream *stream, enum rf_stream_kind kind, struct rf_stream_topic topic, struct rf_slice data)
{
    rf_stream_ring_add(&stream->ring, rf_stream_item_make(stream->boot, ++stream->number, kind, topic, data));
}

/* Told when it changes: what is wrong, or that nothing is any more. */
static void add_status(struct rf_stream *stream)
{
    struct rf_server *server = stream->server;
    struct rf_server_status status;
    memset(&status, 0, sizeof status);
    server->backend.status(server->backend.ctx, &status);
    rf_buf_clear(&stream->scratch);
    rf_stream_write_status(&stream->scratch, &status);
    if (stream->scratch.len == stream->status.len &&
        memcmp(stream->scratch.data, stream->status.data, stream->status.len) == 0)
        return;
    rf_buf_clear(&stream->status);
    rf_buf_append(&stream->status, stream->scratch.data, stream->scratch.len);
    add(stream, RF_STREAM_STATUS, (struct rf_stream_topic){0},
        (struct rf_slice){stream->status.data, stream->status.len});
}

static void add_heartbeat(struct rf_stream *stream)
{
    rf_buf_clear(&stream->scratch);
    rf_stream_write_heartbeat(&stream->scratch, rf_clock_wall_ms(), stream->client_count);
    add(stream, RF_STREAM_HEARTBEAT, (struct rf_stream_topic){0},
        (struct rf_slice){stream->scratch.data, stream->scratch.len});
}

static void pump_all(struct rf_stream *stream)
{
    struct rf_stream_client *next;
    for (struct rf_stream_client *client = stream->clients; client != NULL; client = next) {
        next = rf_stream_client_next(client);
        (void)rf_stream_client_pump(client); /* it is not looked at again */
    }
}

void rf_stream_publish(struct rf_stream *stream)
{
    bool durable = rf_engine_durable(stream->server->backend.engine);
    if (!durable && stream->pending_count > 0)
        add_status(stream); /* before the first that it is about */
    for (size_t i = 0; i < stream->pending_count; i++) {
        const struct rf_stream_pending *pending = &stream->pending[i];
        struct rf_slice data = {stream->pending_data.data + pending->at, pending->len};
        if (!durable && pending->kind == RF_STREAM_LAP) {
            rf_buf_clear(&stream->scratch);
            rf_stream_mark_not_durable(&stream->scratch, data);
            data = (struct rf_slice){stream->scratch.data, stream->scratch.len};
        }
        add(stream, pending->kind, pending->topic, data);
    }
    stream->pending_count = 0;
    rf_buf_clear(&stream->pending_data);
    stream->best_of = NULL;
    if (stream->client_count == 0)
        return;
    rf_stream_refresh_frames(stream);
    pump_all(stream);
}

/* ---- on the loop */

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct rf_stream *stream = poll->data;
    struct epoll_event ready[READY_A_TURN];
    (void)status;
    (void)events;
    int count = epoll_wait(stream->epoll_fd, ready, READY_A_TURN, 0);
    /* Each is in it once, and none but itself is freed by it. */
    for (int i = 0; i < count; i++)
        rf_stream_client_ready(ready[i].data.ptr, ready[i].events);
}

static void on_tick(uv_timer_t *timer)
{
    struct rf_stream *stream = timer->data;
    int64_t now = (int64_t)uv_now(stream->server->loop);
    if (stream->server->held)
        return;
    add_status(stream);
    rf_stream_refresh_frames(stream); /* a session was deleted, or another is the default by now */
    if (now >= stream->heartbeat_ms) {
        add_heartbeat(stream);
        stream->heartbeat_ms = now + HEARTBEAT_MS;
    }
    struct rf_stream_client *next;
    for (struct rf_stream_client *client = stream->clients; client != NULL; client = next) {
        next = rf_stream_client_next(client);
        if (rf_stream_client_pump(client))
            rf_stream_client_check(client, now);
    }
}

void rf_stream_joined(struct rf_stream *stream)
{
    if (stream->client_count == 0) {
        (void)uv_timer_stop(&stream->timer); /* cannot fail */
        rf_stream_drop_frames(stream);       /* nobody waits for them */
        return;
    }
    add_status(stream); /* first: a new client is told it in its greeting, and begins with the frame */
    rf_stream_refresh_frames(stream);
    if (!uv_is_active((uv_handle_t *)&stream->timer)) {
        stream->heartbeat_ms = (int64_t)uv_now(stream->server->loop) + HEARTBEAT_MS;
        (void)uv_timer_start(&stream->timer, on_tick, TICK_MS, TICK_MS); /* fails on a closing timer only */
    }
}

int rf_stream_start(struct rf_stream *stream, struct rf_server *server)
{
    stream->server = server;
    (void)snprintf(stream->boot, sizeof stream->boot, "%" PRIx64, (uint64_t)rf_clock_wall_ms()); /* it fits */
    (void)uv_timer_init(server->loop, &stream->timer); /* cannot fail */
    stream->timer.data = stream;
    server->handles++;
    stream->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (stream->epoll_fd < 0)
        return uv_translate_sys_error(errno);
    int failed = uv_poll_init(server->loop, &stream->poll, stream->epoll_fd);
    if (failed != 0)
        return failed;
    stream->poll.data = stream;
    server->handles++;
    return uv_poll_start(&stream->poll, UV_READABLE, on_ready);
}

void rf_stream_end(struct rf_stream *stream)
{
    while (stream->clients != NULL)
        rf_stream_client_end(stream->clients);
}

static void on_closed(uv_handle_t *handle)
{
    struct rf_stream *stream = handle->data;
    rf_server_handle_closed(stream->server);
}

void rf_stream_stop(struct rf_stream *stream)
{
    uv_close((uv_handle_t *)&stream->poll, on_closed); /* before its descriptor is closed */
    uv_close((uv_handle_t *)&stream->timer, on_closed);
    (void)close(stream->epoll_fd); /* nothing is written to it that could fail */
}

void rf_stream_finish(struct rf_stream *stream)
{
    rf_stream_drop_frames(stream);
    rf_stream_ring_finish(&stream->ring);
    free(stream->pending);
    rf_buf_finish(&stream->pending_data);
    rf_buf_finish(&stream->scratch);
    rf_buf_finish(&stream->status);
}
