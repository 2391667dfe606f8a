/* packet.c - Engine.IO and Socket.IO packets as text messages of a WebSocket. */
#include "racefacer/codec/packet.h"

#include <string.h>

#include "racefacer/codec/json_slice.h"
#include "racefacer/codec/json_write.h"

#define PING_INTERVAL_MS 25000
#define PING_TIMEOUT_MS 20000
#define PING_MIN_MS 100 /* a server that tells less would have us ping in a busy loop */
#define PING_MAX_MS 300000
#define MAX_ATTACHMENTS 1000
#define MAX_DIGITS 15 /* of an ack id: far from overflow */

/* The digits `text` begins with; -1 where there are none or too many. */
static long take_digits(struct rf_slice *text)
{
    long value = 0;
    size_t digits = 0;
    while (digits < text->len && text->data[digits] >= '0' && text->data[digits] <= '9') {
        if (digits == MAX_DIGITS)
            return -1;
        value = value * 10 + (text->data[digits] - '0');
        digits++;
    }
    text->data += digits;
    text->len -= digits;
    return digits == 0 ? -1 : value;
}

static int ping_setting(struct rf_slice open, const char *name, int otherwise)
{
    struct rf_slice value;
    if (!rf_json_member(open, name, &value))
        return otherwise;
    if (value.len > 2 && value.data[0] == '"')
        value = (struct rf_slice){.data = value.data + 1, .len = value.len - 2};
    if (value.len > 0 && value.data[0] == '0')
        return otherwise;
    long ms = take_digits(&value);
    if (ms < 0)
        return otherwise;
    return (int)(ms < PING_MIN_MS ? PING_MIN_MS : ms > PING_MAX_MS ? PING_MAX_MS : ms);
}

static void parse_open(struct rf_slice json, struct rf_packet *out)
{
    struct rf_slice unused;
    struct rf_json_walk walk;
    if (!rf_json_walk_begin(&walk, json) || !walk.object)
        return;
    out->type = RF_PACKET_OPEN;
    out->ping_interval_ms = ping_setting(json, "pingInterval", PING_INTERVAL_MS);
    out->ping_timeout_ms = ping_setting(json, "pingTimeout", PING_TIMEOUT_MS);
    out->v4 = rf_json_member(json, "maxPayload", &unused);
}

/* "/ns," or, where nothing follows, "/ns". */
static void take_namespace(struct rf_slice *rest, struct rf_packet *out)
{
    if (rest->len == 0 || rest->data[0] != '/')
        return;
    const char *comma = memchr(rest->data, ',', rest->len);
    size_t len = comma == NULL ? rest->len : (size_t)(comma - rest->data);
    const char *query = memchr(rest->data, '?', len); /* v2 puts a query behind the name when connecting */
    size_t name = query == NULL ? len : (size_t)(query - rest->data);
    size_t whole = comma == NULL ? len : len + 1;
    out->main_namespace = name == 1;
    if (!out->main_namespace)
        out->reply_namespace = (struct rf_slice){.data = rest->data, .len = whole};
    rest->data += whole;
    rest->len -= whole;
}

static bool ends_with(struct rf_slice text, char c)
{
    while (
        text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]) != NULL && text.data[text.len - 1] != '\0')
        text.len--;
    return text.len > 0 && text.data[text.len - 1] == c;
}

static void parse_event(struct rf_slice rest, struct rf_packet *out)
{
    if (rest.len > 0 && rest.data[0] >= '0' && rest.data[0] <= '9') {
        out->ack_id = take_digits(&rest);
        if (out->ack_id < 0)
            return;
    }
    struct rf_json_walk walk;
    struct rf_slice key, name;
    if (!rf_json_walk_begin(&walk, rest) || walk.object || !ends_with(rest, ']'))
        return;
    if (!rf_json_walk_next(&walk, &key, &name) || name.len < 2 || name.data[0] != '"' ||
        name.data[name.len - 1] != '"')
        return;
    out->name = (struct rf_slice){.data = name.data + 1, .len = name.len - 2};
    if (!rf_json_walk_next(&walk, &key, &out->payload))
        out->payload = (struct rf_slice){.data = "", .len = 0};
    out->type = RF_PACKET_EVENT;
}

static void parse_binary(struct rf_slice rest, struct rf_packet *out)
{
    long attachments = take_digits(&rest);
    if (attachments < 0 || attachments > MAX_ATTACHMENTS || rest.len == 0 || rest.data[0] != '-')
        return;
    rest = (struct rf_slice){.data = rest.data + 1, .len = rest.len - 1};
    take_namespace(&rest, out);
    out->attachments = (int)attachments;
    out->type = RF_PACKET_IGNORED;
}

static void parse_message(struct rf_slice text, struct rf_packet *out)
{
    if (text.len == 0)
        return;
    struct rf_slice rest = {.data = text.data + 1, .len = text.len - 1};
    char type = text.data[0];
    if (type == '5' || type == '6') {
        parse_binary(rest, out);
        return;
    }
    take_namespace(&rest, out);
    switch (type) {
    case '0': out->type = RF_PACKET_CONNECT; break;
    case '1': out->type = RF_PACKET_DISCONNECT; break;
    case '2': parse_event(rest, out); break;
    case '3': out->type = RF_PACKET_IGNORED; break;
    case '4':
        out->type = RF_PACKET_CONNECT_ERROR;
        out->payload = rest;
        break;
    default: break;
    }
}

void rf_packet_parse(const char *text, size_t len, struct rf_packet *out)
{
    static const struct rf_slice nothing = {.data = "", .len = 0};
    *out = (struct rf_packet){.type = RF_PACKET_BAD,
        .main_namespace = true,
        .ack_id = -1,
        .name = nothing,
        .payload = nothing,
        .reply_namespace = nothing};
    if (len == 0)
        return;
    struct rf_slice rest = {.data = text + 1, .len = len - 1};
    switch (text[0]) {
    case '0': parse_open(rest, out); break;
    case '1': out->type = len == 1 ? RF_PACKET_CLOSE : RF_PACKET_BAD; break;
    case '2': out->type = RF_PACKET_PING; break;
    case '3': out->type = RF_PACKET_PONG; break;
    case '4': parse_message(rest, out); break;
    case '5':
    case '6': out->type = RF_PACKET_IGNORED; break;
    default: break;
    }
}

void rf_packet_format_join(struct rf_buf *out, const char *channel)
{
    struct rf_json json;
    rf_buf_puts(out, "42");
    rf_json_init(&json, out);
    rf_json_array(&json, NULL);
    rf_json_string(&json, NULL, "join");
    rf_json_string(&json, NULL, channel);
    rf_json_array_end(&json);
}

void rf_packet_format_ack(struct rf_buf *out, const struct rf_packet *event)
{
    rf_buf_puts(out, "43");
    rf_buf_append(out, event->reply_namespace.data, event->reply_namespace.len);
    rf_buf_printf(out, "%ld[]", event->ack_id);
}
