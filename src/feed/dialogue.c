/* dialogue.c - the conversation with a feed: handshake, join, pings either way round, events. */
#include "dialogue.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"
#include "racefacer/codec/json_slice.h"
#include "racefacer/codec/json_write.h"

static const char *const other_events[] = {"timing-data", "session-data", "lap-data"};

void rf_dialogue_init(
    struct rf_dialogue *dialogue, const struct rf_dialogue_ops *ops, void *ctx, const char *channel)
{
    *dialogue = (struct rf_dialogue){.ops = ops, .ctx = ctx, .channel = rf_strdup(channel)};
    struct rf_buf quoted = RF_BUF_INIT;
    struct rf_json json;
    rf_json_init(&json, &quoted);
    rf_json_string(&json, NULL, channel);
    rf_buf_append(&dialogue->escaped, quoted.data + 1, quoted.len - 2);
    rf_buf_finish(&quoted);
}

void rf_dialogue_finish(struct rf_dialogue *dialogue)
{
    free(dialogue->channel);
    rf_buf_finish(&dialogue->escaped);
}

void rf_dialogue_reset(struct rf_dialogue *dialogue)
{
    dialogue->phase = RF_DIALOGUE_IDLE;
    dialogue->spoken = RF_DIALECT_AUTO;
    dialogue->proven = false;
    dialogue->settle_ms = 0;
    dialogue->awaiting = false;
    dialogue->attachments = 0;
}

static void say(struct rf_dialogue *dialogue, const char *text)
{
    dialogue->ops->send(dialogue->ctx, text, strlen(text));
}

static __attribute__((format(printf, 2, 3))) void end(struct rf_dialogue *dialogue, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(dialogue->reason, sizeof dialogue->reason, format, args);
    va_end(args);
    dialogue->phase = RF_DIALOGUE_OVER;
    dialogue->ops->close(dialogue->ctx, dialogue->reason);
}

static void join(struct rf_dialogue *dialogue)
{
    dialogue->phase = RF_DIALOGUE_JOINED;
    dialogue->settle_ms = 0;
    if (dialogue->spoken != RF_DIALECT_RAW) {
        struct rf_buf packet = RF_BUF_INIT;
        rf_packet_format_join(&packet, dialogue->channel);
        dialogue->ops->send(dialogue->ctx, packet.data, packet.len);
        rf_buf_finish(&packet);
    }
    dialogue->ops->joined(dialogue->ctx);
}

void rf_dialogue_open(
    struct rf_dialogue *dialogue, enum rf_dialect asked, bool sure, int64_t now_ms, int64_t deadline_ms)
{
    rf_dialogue_reset(dialogue);
    dialogue->phase = RF_DIALOGUE_FIRST;
    dialogue->asked = asked;
    dialogue->sure = sure;
    dialogue->alive_ms = now_ms;
    dialogue->deadline_ms = deadline_ms;
    if (asked != RF_DIALECT_RAW)
        return;
    if (sure) {
        dialogue->spoken = RF_DIALECT_RAW;
        dialogue->proven = true;
        join(dialogue);
    } else {
        dialogue->settle_ms = now_ms + RF_DIALOGUE_SETTLE_MS;
    }
}

/* The first character that tells what a message is; 0 for none. */
static char first_char(const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strchr(" \t\r\n", data[i]) == NULL || data[i] == '\0')
            return data[i];
    return '\0';
}

static bool looks_like_json(const char *data, size_t len)
{
    char c = first_char(data, len);
    return c == '{' || c == '[';
}

static void begin_v4(struct rf_dialogue *dialogue)
{
    dialogue->spoken = RF_DIALECT_SOCKETIO;
    dialogue->settle_ms = 0;
    say(dialogue, "40");
}

static void take_open(struct rf_dialogue *dialogue, const struct rf_packet *packet, int64_t now_ms)
{
    if (dialogue->phase == RF_DIALOGUE_JOINED) /* so the silence was not a plain WebSocket's */
        dialogue->deadline_ms = now_ms + RF_DIALOGUE_DEADLINE_MS;
    dialogue->phase = RF_DIALOGUE_NAMESPACE;
    dialogue->proven = true;
    dialogue->interval_ms = packet->ping_interval_ms;
    dialogue->timeout_ms = packet->ping_timeout_ms;
    dialogue->ping_ms = now_ms + dialogue->interval_ms;
    dialogue->settle_ms = 0;
    if (dialogue->asked == RF_DIALECT_SOCKETIO_V2) {
        /* A Socket.IO 4 that also speaks protocol 3 tells maxPayload in both: what was asked for counts. */
        dialogue->spoken = RF_DIALECT_SOCKETIO_V2;
    } else if (packet->v4) {
        begin_v4(dialogue);
    } else {
        /* Either protocol 3, whose 40 comes unasked and at once, or a protocol 4 from before maxPayload,
         * which waits for ours: AUTO until one of the two shows. */
        dialogue->spoken = RF_DIALECT_AUTO;
        dialogue->settle_ms = now_ms + RF_DIALOGUE_SETTLE_MS;
    }
}

static bool is_ours(const struct rf_dialogue *dialogue, struct rf_slice name, const char **event)
{
    if (rf_slice_is(name, rf_buf_str(&dialogue->escaped)) || rf_slice_is(name, dialogue->channel)) {
        *event = dialogue->channel;
        return true;
    }
    for (size_t i = 0; i < sizeof other_events / sizeof other_events[0]; i++) {
        if (rf_slice_is(name, other_events[i])) {
            *event = other_events[i];
            return true;
        }
    }
    return false;
}

static void take_event(struct rf_dialogue *dialogue, const struct rf_packet *packet)
{
    if (packet->ack_id >= 0) {
        struct rf_buf ack = RF_BUF_INIT;
        rf_packet_format_ack(&ack, packet);
        dialogue->ops->send(dialogue->ctx, ack.data, ack.len);
        rf_buf_finish(&ack);
        if (dialogue->phase == RF_DIALOGUE_IDLE) /* the owner gave up, and the message is gone */
            return;
    }
    const char *event;
    if (packet->main_namespace && packet->payload.len > 0 && is_ours(dialogue, packet->name, &event))
        dialogue->ops->deliver(dialogue->ctx, event, packet->payload.data, packet->payload.len);
}

static void refused(struct rf_dialogue *dialogue, struct rf_slice why)
{
    char text[160];
    struct rf_slice message;
    if (rf_json_member(why, "message", &message))
        why = message;
    size_t len = why.len < sizeof text - 1 ? why.len : sizeof text - 1;
    for (size_t i = 0; i < len; i++) /* it goes into a log line */
        text[i] = (unsigned char)why.data[i] < 0x20 || why.data[i] == 0x7f ? ' ' : why.data[i];
    text[len] = '\0';
    end(dialogue, "the server refuses the connection: %s", len > 0 ? text : "no reason given");
}

static void take_packet(struct rf_dialogue *dialogue, const char *text, size_t len, int64_t now_ms)
{
    struct rf_packet packet;
    rf_packet_parse(text, len, &packet);
    dialogue->attachments = packet.attachments;
    switch (packet.type) {
    case RF_PACKET_OPEN: take_open(dialogue, &packet, now_ms); break;
    case RF_PACKET_PING:
        if (dialogue->phase == RF_DIALOGUE_NAMESPACE && dialogue->spoken == RF_DIALECT_AUTO)
            begin_v4(dialogue); /* in protocol 3 it is the client that pings */
        say(dialogue, "3");
        break;
    case RF_PACKET_CONNECT:
        if (!packet.main_namespace || dialogue->phase != RF_DIALOGUE_NAMESPACE)
            break;
        if (dialogue->spoken == RF_DIALECT_AUTO)
            dialogue->spoken = RF_DIALECT_SOCKETIO_V2;
        join(dialogue);
        break;
    case RF_PACKET_EVENT: take_event(dialogue, &packet); break;
    case RF_PACKET_CONNECT_ERROR:
        if (packet.main_namespace)
            refused(dialogue, packet.payload);
        break;
    case RF_PACKET_DISCONNECT:
        if (packet.main_namespace)
            end(dialogue, "the server has disconnected us");
        break;
    case RF_PACKET_CLOSE: end(dialogue, "the server has closed the session"); break;
    case RF_PACKET_BAD: dialogue->bad++; break;
    case RF_PACKET_PONG:
    case RF_PACKET_IGNORED: break;
    }
}

static void take_raw(struct rf_dialogue *dialogue, const char *data, size_t len)
{
    dialogue->ops->deliver(dialogue->ctx, "", data, len);
}

/* The first message of a server we are not sure of, or one after a silence that was taken for a plain
 * WebSocket. */
static void take_first(struct rf_dialogue *dialogue, const char *data, size_t len, int64_t now_ms)
{
    struct rf_packet packet;
    if (!dialogue->sure && looks_like_json(data, len)) {
        dialogue->spoken = RF_DIALECT_RAW;
        dialogue->proven = true;
        if (dialogue->phase != RF_DIALOGUE_JOINED)
            join(dialogue);
        take_raw(dialogue, data, len);
        return;
    }
    rf_packet_parse(data, len, &packet);
    if (packet.type == RF_PACKET_OPEN)
        take_open(dialogue, &packet, now_ms);
    else if (dialogue->sure && looks_like_json(data, len))
        end(dialogue, "the server sends plain JSON, no Socket.IO: set WS_DIALECT to raw or auto");
    else
        dialogue->bad++;
}

void rf_dialogue_message(
    struct rf_dialogue *dialogue, const char *data, size_t len, bool binary, int64_t now_ms)
{
    if (dialogue->phase == RF_DIALOGUE_IDLE || dialogue->phase == RF_DIALOGUE_OVER)
        return;
    dialogue->alive_ms = now_ms;
    dialogue->awaiting = false;
    bool plain =
        dialogue->spoken == RF_DIALECT_RAW || (dialogue->phase == RF_DIALOGUE_FIRST && !dialogue->sure);
    /* A plain server may send its JSON in binary frames without meaning anything by it. */
    if (binary && !(plain && looks_like_json(data, len))) {
        if (dialogue->attachments > 0)
            dialogue->attachments--;
        else
            dialogue->bad++;
        return;
    }
    if (dialogue->phase == RF_DIALOGUE_FIRST || (dialogue->spoken == RF_DIALECT_RAW && !dialogue->proven))
        take_first(dialogue, data, len, now_ms);
    else if (dialogue->spoken == RF_DIALECT_RAW)
        take_raw(dialogue, data, len);
    else
        take_packet(dialogue, data, len, now_ms);
}

static bool beats(const struct rf_dialogue *dialogue)
{
    return (dialogue->phase == RF_DIALOGUE_NAMESPACE || dialogue->phase == RF_DIALOGUE_JOINED) &&
           (dialogue->spoken == RF_DIALECT_SOCKETIO || dialogue->spoken == RF_DIALECT_SOCKETIO_V2);
}

/* When the line counts as dead. Whatever comes in is a sign of life, not only pings and pongs. */
static int64_t dead_ms(const struct rf_dialogue *dialogue)
{
    if (dialogue->spoken == RF_DIALECT_SOCKETIO)
        return dialogue->alive_ms + dialogue->interval_ms + dialogue->timeout_ms;
    return dialogue->awaiting ? dialogue->asked_ms + dialogue->timeout_ms : INT64_MAX;
}

void rf_dialogue_tick(struct rf_dialogue *dialogue, int64_t now_ms)
{
    if (dialogue->phase == RF_DIALOGUE_IDLE || dialogue->phase == RF_DIALOGUE_OVER)
        return;
    if (dialogue->settle_ms != 0 && now_ms >= dialogue->settle_ms) {
        dialogue->settle_ms = 0;
        if (dialogue->phase == RF_DIALOGUE_NAMESPACE) {
            begin_v4(dialogue);
        } else if (dialogue->phase == RF_DIALOGUE_FIRST) {
            dialogue->spoken = RF_DIALECT_RAW;
            join(dialogue);
        }
    }
    if (dialogue->phase != RF_DIALOGUE_JOINED && now_ms >= dialogue->deadline_ms) {
        end(dialogue, "%s",
            dialogue->phase == RF_DIALOGUE_FIRST ? "the server says nothing: no Engine.IO open packet"
                                                 : "the server does not answer the Socket.IO connect");
        return;
    }
    if (!beats(dialogue))
        return;
    if (now_ms >= dead_ms(dialogue)) {
        if (dialogue->spoken == RF_DIALECT_SOCKETIO)
            end(dialogue, "the connection is dead: nothing has come for %lld s",
                (long long)(now_ms - dialogue->alive_ms) / 1000);
        else
            end(dialogue, "the connection is dead: a ping was not answered");
        return;
    }
    if (dialogue->spoken == RF_DIALECT_SOCKETIO_V2 && now_ms >= dialogue->ping_ms) {
        dialogue->ping_ms = now_ms + dialogue->interval_ms;
        if (!dialogue->awaiting)
            dialogue->asked_ms = now_ms;
        dialogue->awaiting = true;
        say(dialogue, "2");
    }
}

int64_t rf_dialogue_next_ms(const struct rf_dialogue *dialogue)
{
    int64_t next = INT64_MAX;
    if (dialogue->phase == RF_DIALOGUE_IDLE || dialogue->phase == RF_DIALOGUE_OVER)
        return next;
    if (dialogue->settle_ms != 0)
        next = dialogue->settle_ms;
    if (dialogue->phase != RF_DIALOGUE_JOINED && dialogue->deadline_ms < next)
        next = dialogue->deadline_ms;
    if (!beats(dialogue))
        return next;
    if (dead_ms(dialogue) < next)
        next = dead_ms(dialogue);
    if (dialogue->spoken == RF_DIALECT_SOCKETIO_V2 && dialogue->ping_ms < next)
        next = dialogue->ping_ms;
    return next;
}
