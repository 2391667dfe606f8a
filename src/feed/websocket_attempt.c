/* websocket_attempt.c - one attempt at a connection: look-up, connect, dialogue, and the one way in which it
 * ends. */
#include "websocket_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "backoff.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"

/* For the look-up of the name: enough for a resolver that tries two dead name servers before a living one. */
#define RESOLVE_MS 30000

static bool under_way(const struct rf_websocket *ws)
{
    return ws->state >= RF_WEBSOCKET_RESOLVING && ws->state <= RF_WEBSOCKET_JOINED;
}

static void learn(struct rf_websocket *ws)
{
    if (ws->learned || !ws->dialogue.proven || ws->dialogue.spoken == RF_DIALECT_AUTO)
        return;
    ws->learned = true;
    rf_detect_learn(&ws->detect, ws->dialogue.spoken);
}

static int64_t plan(struct rf_websocket *ws, enum rf_detect_end end)
{
    bool other_dialect = !ws->dialogue.proven && rf_detect_fail(&ws->detect, end);
    if (other_dialect)
        return ws->reconnect_min_ms;
    uint64_t random;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random)
        random = uv_hrtime();
    return rf_backoff_ms(ws->reconnect_min_ms, ws->reconnect_max_ms, ++ws->failures, random);
}

/* Where each attempt ends, and the next one is planned. `http_status`: 0 where there was none. */
static __attribute__((format(printf, 4, 5))) void over(
    struct rf_websocket *ws, enum rf_link_reached reached, int http_status, const char *format, ...)
{
    if (!under_way(ws))
        return;
    char reason[256];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    int64_t now_ms = rf_clock_mono_ms();
    bool was_joined = ws->state == RF_WEBSOCKET_JOINED;
    learn(ws); /* a server that refuses us in Socket.IO has told what it speaks, too */
    if (was_joined && now_ms - ws->joined_ms >= RF_BACKOFF_RESET_MS)
        ws->failures = 0;
    ws->next_ms = now_ms + plan(ws, reached == RF_LINK_NOWHERE ? RF_DETECT_ABSENT
                                    : http_status >= 500       ? RF_DETECT_UNSURE
                                                               : RF_DETECT_REFUSED);
    if (ws->resolve != NULL)
        rf_resolve_cancel(ws->resolve);
    ws->resolve = NULL;
    if (ws->link != NULL)
        rf_link_drop(ws->link);
    rf_dialogue_reset(&ws->dialogue);
    rf_strset(&ws->last_error, reason);
    rf_websocket_report_over(ws, was_joined, reason, now_ms);
    rf_websocket_set_state(ws, RF_WEBSOCKET_WAITING);
    rf_websocket_arm(ws);
}

static char *make_path(const struct rf_websocket *ws)
{
    struct rf_buf path = RF_BUF_INIT;
    bool raw = ws->detect.route == RF_DIALECT_RAW;
    const char *base = ws->path[0] != '\0' ? ws->path : raw ? "/" : "/socket.io/";
    rf_buf_printf(&path, "%s%s", base[0] == '/' ? "" : "/", base);
    if (!raw && strstr(base, "EIO=") == NULL)
        rf_buf_printf(&path, "%cEIO=%d&transport=websocket", strchr(base, '?') != NULL ? '&' : '?',
            ws->detect.route == RF_DIALECT_SOCKETIO_V2 ? 3 : 4);
    return rf_buf_take(&path);
}

static void connect_next(struct rf_websocket *ws)
{
    char *path = make_path(ws);
    const char *address = ws->addresses.text[(ws->turn + ws->tried) % ws->addresses.count];
    ws->tried++;
    ws->next_address = false;
    rf_websocket_set_state(ws, RF_WEBSOCKET_CONNECTING);
    rf_log_debug(ws->log, "feed", "trying %s, port %d, for %s", address, ws->port, path);
    rf_link_connect(ws->link,
        &(struct rf_link_target){.address = address, .port = ws->port, .host = ws->host, .path = path});
    free(path);
}

static void on_resolved(void *ctx, const struct rf_addresses *addresses, const char *error)
{
    struct rf_websocket *ws = ctx;
    ws->resolve = NULL;
    if (error != NULL) {
        over(ws, RF_LINK_NOWHERE, 0, "the name %s does not resolve: %s", ws->host, error);
        return;
    }
    ws->addresses = *addresses;
    ws->deadline_ms = rf_clock_mono_ms() + RF_DIALOGUE_DEADLINE_MS;
    connect_next(ws);
    rf_websocket_arm(ws);
}

static void on_opened(void *ctx)
{
    struct rf_websocket *ws = ctx;
    rf_websocket_set_state(ws, RF_WEBSOCKET_OPENING);
    rf_dialogue_open(&ws->dialogue, rf_detect_asked(&ws->detect), rf_detect_sure(&ws->detect),
        rf_clock_mono_ms(), ws->deadline_ms);
    rf_websocket_arm(ws);
}

static void on_message(void *ctx, const char *data, size_t len, bool binary)
{
    struct rf_websocket *ws = ctx;
    ws->messages++;
    ws->bytes += len;
    uint64_t bad = ws->dialogue.bad;
    rf_dialogue_message(&ws->dialogue, data, len, binary, rf_clock_mono_ms());
    if (ws->dialogue.bad != bad)
        rf_websocket_report_skipped(ws, len, "no packet of Socket.IO");
    rf_websocket_arm(ws);
}

static void on_too_large(void *ctx)
{
    struct rf_websocket *ws = ctx;
    ws->too_large++;
    rf_websocket_report_skipped(ws, RF_LINK_MESSAGE_MAX, "this is the limit, and there is more of it");
}

static void on_ended(void *ctx, const struct rf_link_end *end)
{
    struct rf_websocket *ws = ctx;
    if (ws->state == RF_WEBSOCKET_CLOSING) {
        ws->farewell_ms = 0;
        rf_websocket_arm(ws);
    } else if (ws->state == RF_WEBSOCKET_CONNECTING && end->reached == RF_LINK_NOWHERE &&
               ws->tried < ws->addresses.count) {
        rf_log_debug(ws->log, "feed", "%s; there is another address", end->reason);
        ws->next_address = true; /* not from inside the callback */
        rf_websocket_arm(ws);
    } else {
        over(ws, end->reached, end->http_status, "%s", end->reason);
    }
}

static const struct rf_link_callbacks link_callbacks = {
    .opened = on_opened, .message = on_message, .too_large = on_too_large, .ended = on_ended};

/* False where it cannot be had now; the attempt is over then. */
static bool get_link(struct rf_websocket *ws)
{
    if (ws->link != NULL)
        return true;
    struct rf_link_options options = {.tls = ws->tls, .ca_file = ws->ca_file, .agent = ws->agent};
    struct rf_link_callbacks callbacks = link_callbacks;
    const char *error;
    callbacks.ctx = ws;
    ws->link = rf_link_create(ws->loop, ws->log, &options, &callbacks, &error);
    if (error == NULL)
        return true;
    ws->link_bad = ws->link != NULL;
    if (ws->tls && ws->ca_file[0] != '\0')
        over(ws, RF_LINK_NOWHERE, 0, "the CA file %s cannot be used: %s", ws->ca_file, error);
    else
        over(ws, RF_LINK_NOWHERE, 0, "%s", error);
    return false;
}

void rf_websocket_attempt(struct rf_websocket *ws)
{
    int64_t now_ms = rf_clock_mono_ms();
    ws->attempts++;
    ws->deadline_ms = now_ms + RESOLVE_MS;
    ws->tried = 0;
    ws->next_address = ws->learned = false;
    rf_websocket_report_connecting(ws, now_ms);
    rf_websocket_set_state(ws, RF_WEBSOCKET_RESOLVING);
    if (get_link(ws))
        ws->resolve = rf_resolve_start(ws->loop, ws->host, on_resolved, ws);
}

void rf_websocket_attempt_tick(struct rf_websocket *ws, int64_t now_ms)
{
    switch (ws->state) {
    case RF_WEBSOCKET_RESOLVING:
        if (now_ms >= ws->deadline_ms)
            over(ws, RF_LINK_NOWHERE, 0, "the look-up of the name %s takes too long", ws->host);
        break;
    case RF_WEBSOCKET_CONNECTING:
        if (now_ms >= ws->deadline_ms) {
            enum rf_link_reached reached = rf_link_reached(ws->link);
            ws->turn++; /* perhaps the next address is not as mute */
            over(ws, reached, 0, "%s",
                reached == RF_LINK_NOWHERE ? "no answer"
                                           : "the server does not answer the request for a WebSocket");
        } else if (ws->next_address) {
            connect_next(ws);
        }
        break;
    default: rf_dialogue_tick(&ws->dialogue, now_ms); break;
    }
}

int64_t rf_websocket_attempt_next_ms(const struct rf_websocket *ws)
{
    if (ws->state > RF_WEBSOCKET_CONNECTING)
        return rf_dialogue_next_ms(&ws->dialogue);
    return ws->next_address ? 0 : ws->deadline_ms;
}

/* ---- what the dialogue wants */

static void send_text(void *ctx, const char *text, size_t len)
{
    struct rf_websocket *ws = ctx;
    if (!rf_link_send(ws->link, text, len))
        over(ws, RF_LINK_OPEN, 0, "the server takes none of our answers");
}

static void deliver(void *ctx, const char *event, const char *json, size_t len)
{
    struct rf_websocket *ws = ctx;
    if (!under_way(ws))
        return;
    learn(ws);
    ws->callbacks.on_payload(ws->callbacks.ctx, event, json, len, rf_clock_wall_ms());
}

static void joined(void *ctx)
{
    struct rf_websocket *ws = ctx;
    if (!under_way(ws))
        return;
    learn(ws);
    if (ws->state != RF_WEBSOCKET_JOINED) {
        ws->joined_ms = rf_clock_mono_ms();
        ws->connects++;
    }
    rf_strset(&ws->last_error, "");
    rf_websocket_report_joined(ws);
    rf_websocket_set_state(ws, RF_WEBSOCKET_JOINED);
}

static void hang_up(void *ctx, const char *reason)
{
    over(ctx, RF_LINK_OPEN, 0, "%s", reason);
}

const struct rf_dialogue_ops rf_websocket_dialogue_ops = {
    .send = send_text, .deliver = deliver, .joined = joined, .close = hang_up};
