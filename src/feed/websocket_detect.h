/* websocket_detect.h - WS_DIALECT=auto: how to ask on the next connect, from how the last ones went. Pure. */
#ifndef RF_FEED_WEBSOCKET_DETECT_H
#define RF_FEED_WEBSOCKET_DETECT_H

#include <stdbool.h>

#include "racefacer/feed/source.h"

struct rf_detect {
    enum rf_dialect configured;
    enum rf_dialect route; /* which URL to ask: SOCKETIO, SOCKETIO_V2 (EIO=3) or RAW */
    enum rf_dialect known; /* what was spoken there; AUTO: not known */
    int misses;            /* connects in a row that did not get there, by a server that was there */
};

/* How a connection ended that never was proven to speak a dialect. */
enum rf_detect_end {
    RF_DETECT_ABSENT, /* no server was reached: tells nothing about its dialect */
    RF_DETECT_UNSURE, /* reached, but in trouble: 5xx */
    RF_DETECT_REFUSED /* reached, and it wants none of this: 4xx, closed, silent */
};

void rf_detect_init(struct rf_detect *detect, enum rf_dialect configured);

/* Whether the dialect asked for is certain; false: the first message decides. */
bool rf_detect_sure(const struct rf_detect *detect);
/* What the dialogue is to expect: never AUTO. */
enum rf_dialect rf_detect_asked(const struct rf_detect *detect);

/* A message has shown what the server speaks. */
void rf_detect_learn(struct rf_detect *detect, enum rf_dialect dialect);
/* True where the next connect asks for another dialect and need not wait longer than the minimum. */
bool rf_detect_fail(struct rf_detect *detect, enum rf_detect_end end);

#endif
