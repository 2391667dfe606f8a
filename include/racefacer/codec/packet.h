/* packet.h - Engine.IO and Socket.IO packets, protocols 4 and 3, as text messages of a WebSocket. Pure functions. */
#ifndef RACEFACER_CODEC_PACKET_H
#define RACEFACER_CODEC_PACKET_H

#include <stdbool.h>
#include <stddef.h>

#include "racefacer/base/buf.h"

enum rf_packet_type {
    RF_PACKET_BAD,            /* not a packet of either protocol */
    RF_PACKET_OPEN,           /* 0{…}: ping_interval_ms, ping_timeout_ms, v4 */
    RF_PACKET_CLOSE,          /* 1 */
    RF_PACKET_PING,           /* 2, also "2probe" */
    RF_PACKET_PONG,           /* 3 */
    RF_PACKET_CONNECT,        /* 40, 40{…} */
    RF_PACKET_DISCONNECT,     /* 41 */
    RF_PACKET_EVENT,          /* 42["name",payload…], with a namespace and an ack id or without */
    RF_PACKET_CONNECT_ERROR,  /* 44{…} (v4) or 44"…" (v2): reason */
    RF_PACKET_IGNORED         /* acks, binary events, upgrade, noop: nothing to do */
};

struct rf_packet {
    enum rf_packet_type type;
    bool main_namespace;     /* it is about the namespace "/" */
    int attachments;         /* binary messages that belong to it and are to be skipped */
    long ack_id;             /* -1: none wanted */
    struct rf_slice name;    /* event: its name, JSON-escaped, without quotes */
    struct rf_slice payload; /* event: its first argument's JSON, empty where it has none; connect error: its JSON */
    int ping_interval_ms, ping_timeout_ms;
    bool v4;                 /* open: its sender speaks Engine.IO 4 (it tells maxPayload) */
    struct rf_slice reply_namespace; /* "" or "/ns," for an ack */
};

/* Slices point into `text`. Never fails otherwise than by RF_PACKET_BAD. */
void rf_packet_parse(const char *text, size_t len, struct rf_packet *out);

/* `42["join","<channel>"]`, escaped. */
void rf_packet_format_join(struct rf_buf *out, const char *channel);
/* `43/ns,17[]`. */
void rf_packet_format_ack(struct rf_buf *out, const struct rf_packet *event);

#endif
