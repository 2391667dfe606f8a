/* websocket.c - the source that is a WebSocket: its state, its timer, its status, its end. */
#include "websocket_impl.h"

#include <stdlib.h>
#include <string.h>

#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"

/* How long the server may take to answer our goodbye. */
#define FAREWELL_MS 1000

static struct rf_websocket *of(const struct rf_source *source)
{
    return (struct rf_websocket *)source; /* the first member */
}

bool rf_websocket_connected(const struct rf_websocket *ws)
{
    return ws->state == RF_WEBSOCKET_JOINED;
}

const char *rf_websocket_dialect(const struct rf_websocket *ws)
{
    enum rf_dialect dialect = ws->dialogue.spoken != RF_DIALECT_AUTO ? ws->dialogue.spoken : ws->detect.known;
    switch (dialect) {
    case RF_DIALECT_SOCKETIO: return "socketio";
    case RF_DIALECT_SOCKETIO_V2: return "socketio-v2";
    case RF_DIALECT_RAW: return "raw";
    case RF_DIALECT_AUTO: break;
    }
    return "";
}

void rf_websocket_set_state(struct rf_websocket *ws, enum rf_websocket_state state)
{
    bool was = rf_websocket_connected(ws);
    ws->state = state;
    if (rf_websocket_connected(ws) != was)
        ws->since_ms = rf_clock_wall_ms();
    if (state != RF_WEBSOCKET_CLOSING && ws->callbacks.on_state != NULL)
        ws->callbacks.on_state(ws->callbacks.ctx);
}

/* ---- the end */

static void on_part_gone(struct rf_websocket *ws)
{
    if (--ws->parts > 0)
        return;
    void (*closed)(void *ctx) = ws->closed;
    void *ctx = ws->closed_ctx;
    rf_dialogue_finish(&ws->dialogue);
    char *texts[] = {ws->host, ws->path, ws->channel, ws->ca_file, ws->agent, ws->target, ws->last_error,
        ws->logged_reason};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
    free(ws);
    closed(ctx);
}

static void on_link_gone(void *ctx)
{
    struct rf_websocket *ws = ctx;
    ws->link_leaving = false;
    if (ws->parts > 0)
        on_part_gone(ws);
    else
        rf_websocket_arm(ws);
}

static void on_timer_gone(uv_handle_t *handle)
{
    on_part_gone(handle->data);
}

static void destroy_link(struct rf_websocket *ws)
{
    struct rf_link *link = ws->link;
    ws->link = NULL;
    ws->link_bad = false;
    ws->link_leaving = true;
    rf_link_destroy(link, on_link_gone, ws);
}

/* In state CLOSING, by the timer: says goodbye, waits for the answer, takes all apart. */
static void leave(struct rf_websocket *ws, int64_t now_ms)
{
    if (ws->farewell_ms < 0) {
        ws->farewell_ms = now_ms + FAREWELL_MS;
        rf_link_hang_up(ws->link);
    }
    if (ws->farewell_ms > now_ms)
        return;
    if (ws->resolve != NULL)
        rf_resolve_cancel(ws->resolve);
    ws->resolve = NULL;
    ws->parts = 1 + (ws->link != NULL || ws->link_leaving);
    if (ws->link != NULL)
        destroy_link(ws);
    uv_close((uv_handle_t *)&ws->timer, on_timer_gone);
}

static void ws_close(struct rf_source *source, void (*closed)(void *ctx), void *ctx)
{
    struct rf_websocket *ws = of(source);
    bool open = ws->state == RF_WEBSOCKET_OPENING || ws->state == RF_WEBSOCKET_JOINED;
    ws->closed = closed;
    ws->closed_ctx = ctx;
    ws->farewell_ms = open ? -1 : 0;
    rf_dialogue_reset(&ws->dialogue);
    rf_websocket_set_state(ws, RF_WEBSOCKET_CLOSING);
    rf_websocket_arm(ws);
}

/* ---- the timer */

static int64_t next_ms(const struct rf_websocket *ws)
{
    switch (ws->state) {
    case RF_WEBSOCKET_IDLE: return INT64_MAX;
    case RF_WEBSOCKET_WAITING: return ws->link_bad ? 0 : ws->link_leaving ? INT64_MAX : ws->next_ms;
    case RF_WEBSOCKET_CLOSING: return ws->farewell_ms > 0 ? ws->farewell_ms : 0;
    default: return rf_websocket_attempt_next_ms(ws);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct rf_websocket *ws = timer->data;
    int64_t now_ms = rf_clock_mono_ms();
    switch (ws->state) {
    case RF_WEBSOCKET_IDLE: break;
    case RF_WEBSOCKET_WAITING:
        if (ws->link_bad)
            destroy_link(ws);
        else if (!ws->link_leaving && now_ms >= ws->next_ms)
            rf_websocket_attempt(ws);
        break;
    case RF_WEBSOCKET_CLOSING: leave(ws, now_ms); break;
    default: rf_websocket_attempt_tick(ws, now_ms); break;
    }
    rf_websocket_arm(ws);
}

void rf_websocket_arm(struct rf_websocket *ws)
{
    if (ws->parts > 0) /* the timer is closing */
        return;
    int64_t due_ms = next_ms(ws), now_ms = rf_clock_mono_ms();
    if (due_ms == INT64_MAX)
        uv_timer_stop(&ws->timer);
    else
        uv_timer_start(&ws->timer, on_timer, due_ms > now_ms ? (uint64_t)(due_ms - now_ms) : 0, 0);
}

/* ---- what the owner calls */

static void ws_start(struct rf_source *source)
{
    struct rf_websocket *ws = of(source);
    if (ws->state != RF_WEBSOCKET_IDLE)
        return;
    ws->state = RF_WEBSOCKET_WAITING;
    ws->next_ms = 0;
    rf_websocket_arm(ws);
}

static const char *state_name(enum rf_websocket_state state)
{
    switch (state) {
    case RF_WEBSOCKET_RESOLVING: return "resolving";
    case RF_WEBSOCKET_CONNECTING: return "connecting";
    case RF_WEBSOCKET_OPENING: return "opening";
    case RF_WEBSOCKET_JOINED: return "joined";
    case RF_WEBSOCKET_CLOSING: return "ended";
    case RF_WEBSOCKET_IDLE:
    case RF_WEBSOCKET_WAITING: break;
    }
    return "waiting";
}

static void ws_status(const struct rf_source *source, struct rf_feed_status *out)
{
    const struct rf_websocket *ws = of(source);
    bool planned = ws->state == RF_WEBSOCKET_WAITING && ws->next_ms != 0;
    *out = (struct rf_feed_status){
        .source = "websocket",
        .target = ws->target,
        .state = state_name(ws->state),
        .connected = rf_websocket_connected(ws),
        .dialect = rf_websocket_dialect(ws),
        .since_ms = ws->since_ms,
        .attempts = ws->attempts,
        .next_attempt_ms = planned ? rf_clock_wall_ms() + ws->next_ms - rf_clock_mono_ms() : 0,
        .last_error = ws->last_error,
        .connects = ws->connects,
        .messages = ws->messages,
        .bytes = ws->bytes,
        .too_large = ws->too_large,
        .bad_packets = ws->dialogue.bad,
    };
}

static int64_t ws_now_ms(const struct rf_source *source)
{
    (void)source;
    return rf_clock_wall_ms();
}

static const struct rf_source_ops ops = {
    .start = ws_start, .status = ws_status, .now_ms = ws_now_ms, .close = ws_close};

/* For people; a query may hold a secret and is left out. */
static char *make_target(const struct rf_websocket_options *options)
{
    struct rf_buf url = RF_BUF_INIT;
    bool colons = strchr(options->host, ':') != NULL,
         slash = options->path[0] == '/' || options->path[0] == '\0';
    rf_buf_printf(&url, "%s://%s%s%s:%d%s%.*s", options->tls ? "wss" : "ws", colons ? "[" : "", options->host,
        colons ? "]" : "", options->port, slash ? "" : "/", (int)strcspn(options->path, "?"), options->path);
    return rf_buf_take(&url);
}

struct rf_source *rf_websocket_create(uv_loop_t *loop, struct rf_log *log,
    const struct rf_websocket_options *options, const struct rf_source_callbacks *callbacks)
{
    struct rf_websocket *ws = rf_new(sizeof *ws);
    *ws = (struct rf_websocket){
        .source.ops = &ops,
        .loop = loop,
        .log = log,
        .callbacks = *callbacks,
        .host = rf_strdup(options->host),
        .path = rf_strdup(options->path),
        .channel = rf_strdup(options->channel),
        .ca_file = rf_strdup(options->ca_file),
        .agent = rf_strdup(options->agent),
        .target = make_target(options),
        .port = options->port,
        .tls = options->tls,
        .reconnect_min_ms = options->reconnect_min_ms,
        .reconnect_max_ms = options->reconnect_max_ms,
        .last_error = rf_strdup(""),
        .since_ms = rf_clock_wall_ms(),
    };
    rf_dialogue_init(&ws->dialogue, &rf_websocket_dialogue_ops, ws, options->channel);
    rf_detect_init(&ws->detect, options->dialect);
    uv_timer_init(loop, &ws->timer); /* cannot fail */
    ws->timer.data = ws;
    return &ws->source;
}
