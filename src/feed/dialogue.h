/* dialogue.h - what is said on one WebSocket, from its opening to its end: Socket.IO 4, Socket.IO 2, or plain
 * JSON. A pure state machine: it knows neither sockets nor clocks. Times are monotonic milliseconds. */
#ifndef RF_FEED_DIALOGUE_H
#define RF_FEED_DIALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/codec/packet.h"
#include "racefacer/feed/source.h"

/* How long a silent server is given before silence is taken for an answer: a plain WebSocket with no news, or
 * a Socket.IO that waits for our connect packet. */
#define RF_DIALOGUE_SETTLE_MS 1000

/* From the start of a connect to being joined. */
#define RF_DIALOGUE_DEADLINE_MS 10000

struct rf_dialogue_ops {
    void (*send)(void *ctx, const char *text, size_t len);
    void (*deliver)(void *ctx, const char *event, const char *json, size_t len);
    void (*joined)(void *ctx); /* frames can come from here on; told again where a guess was wrong */
    /* The conversation is over; the text is the dialogue's. Nothing is sent, told or taken afterwards. */
    void (*close)(void *ctx, const char *reason);
};

enum rf_dialogue_phase {
    RF_DIALOGUE_IDLE,
    RF_DIALOGUE_FIRST,     /* nothing has come yet */
    RF_DIALOGUE_NAMESPACE, /* open has come, 40 has not */
    RF_DIALOGUE_JOINED,
    RF_DIALOGUE_OVER
};

struct rf_dialogue {
    const struct rf_dialogue_ops *ops;
    void *ctx;
    char *channel;         /* owned */
    struct rf_buf escaped; /* the channel as it stands in JSON, without quotes */
    enum rf_dialogue_phase phase;
    enum rf_dialect asked;  /* how the server was asked; never AUTO */
    bool sure;              /* false: `asked` is a guess, the first message decides */
    enum rf_dialect spoken; /* AUTO: not known yet */
    bool proven;            /* a message has shown that `spoken` is right */
    int64_t deadline_ms;    /* for being joined */
    int64_t settle_ms;      /* when silence becomes an answer; 0: it does not */
    int64_t alive_ms;       /* newest message */
    int64_t ping_ms;        /* when our next ping is due (Engine.IO 3) */
    bool awaiting;          /* a ping of ours was not answered yet: */
    int64_t asked_ms;       /* the oldest such */
    int interval_ms, timeout_ms;
    int attachments; /* binary messages to be skipped */
    uint64_t bad;    /* messages that were no packet */
    char reason[256];
};

void rf_dialogue_init(
    struct rf_dialogue *dialogue, const struct rf_dialogue_ops *ops, void *ctx, const char *channel);
void rf_dialogue_finish(struct rf_dialogue *dialogue);

/* The WebSocket is open. */
void rf_dialogue_open(
    struct rf_dialogue *dialogue, enum rf_dialect asked, bool sure, int64_t now_ms, int64_t deadline_ms);
void rf_dialogue_message(
    struct rf_dialogue *dialogue, const char *data, size_t len, bool binary, int64_t now_ms);
/* Time has passed. */
void rf_dialogue_tick(struct rf_dialogue *dialogue, int64_t now_ms);
/* When the next tick is due; INT64_MAX: none is. */
int64_t rf_dialogue_next_ms(const struct rf_dialogue *dialogue);
/* The WebSocket is gone: back to the beginning. The count of bad messages stays. */
void rf_dialogue_reset(struct rf_dialogue *dialogue);

#endif
