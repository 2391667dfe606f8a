/* websocket_impl.h - the WebSocket source's state, shared by the files that make it up. */
#ifndef RF_FEED_WEBSOCKET_IMPL_H
#define RF_FEED_WEBSOCKET_IMPL_H

#include <uv.h>

#include "dialogue.h"
#include "resolve.h"
#include "source_impl.h"
#include "websocket_detect.h"
#include "websocket_link.h"

enum rf_websocket_state {
    RF_WEBSOCKET_IDLE,      /* not started */
    RF_WEBSOCKET_RESOLVING, /* an attempt begins here … */
    RF_WEBSOCKET_CONNECTING,
    RF_WEBSOCKET_OPENING, /* the WebSocket is open, the dialogue has begun */
    RF_WEBSOCKET_JOINED,  /* … and ends here at the latest */
    RF_WEBSOCKET_WAITING, /* for the next one */
    RF_WEBSOCKET_CLOSING
};

struct rf_websocket {
    struct rf_source source;
    uv_loop_t *loop;
    struct rf_log *log;
    struct rf_source_callbacks callbacks;

    /* options; texts owned */
    char *host, *path, *channel, *ca_file, *agent, *target;
    int port;
    bool tls;
    int64_t reconnect_min_ms, reconnect_max_ms;

    enum rf_websocket_state state;
    uv_timer_t timer; /* for whatever is due next in this state */
    struct rf_link *link;
    bool link_bad;     /* to be destroyed before the next attempt */
    bool link_leaving; /* is being destroyed */
    struct rf_resolve *resolve;
    struct rf_dialogue dialogue;
    struct rf_detect detect;

    /* this attempt */
    int64_t deadline_ms;
    struct rf_addresses addresses;
    int tried;         /* addresses */
    int turn;          /* the address to begin with, changed when one does not answer */
    bool next_address; /* to be tried when the timer fires */
    bool learned;      /* what the server speaks */
    int64_t joined_ms;

    unsigned failures; /* attempts in a row, for the backoff */
    int64_t next_ms;   /* the next one */

    /* told in the status */
    char *last_error;
    int64_t since_ms;
    uint64_t attempts, connects, messages, bytes, too_large;

    /* log lines held back */
    char *logged_reason;
    struct rf_log_limit log_connecting, log_joined, log_lost, log_same, log_changed, log_skipped;

    void (*closed)(void *ctx);
    void *closed_ctx;
    int64_t farewell_ms; /* until when the server may answer our goodbye; 0: not said */
    int parts;           /* that are still closing */
};

/* websocket_attempt.c: one attempt from the look-up of the name to its end. Times are monotonic. */

void rf_websocket_attempt(struct rf_websocket *ws);
/* The timer has fired in an attempt. */
void rf_websocket_attempt_tick(struct rf_websocket *ws, int64_t now_ms);
/* When that is due; INT64_MAX: nothing is. */
int64_t rf_websocket_attempt_next_ms(const struct rf_websocket *ws);
extern const struct rf_dialogue_ops rf_websocket_dialogue_ops;

/* websocket.c */

void rf_websocket_set_state(struct rf_websocket *ws, enum rf_websocket_state state);
/* Sets the timer to whatever is due next. */
void rf_websocket_arm(struct rf_websocket *ws);
bool rf_websocket_connected(const struct rf_websocket *ws);
const char *rf_websocket_dialect(const struct rf_websocket *ws);

/* websocket_report.c: the log lines. */

void rf_websocket_report_connecting(struct rf_websocket *ws, int64_t now_ms);
void rf_websocket_report_joined(struct rf_websocket *ws);
/* A message was not taken: how many bytes it had or, where that is not known yet, at least had; and why. */
void rf_websocket_report_skipped(struct rf_websocket *ws, size_t bytes, const char *why);
void rf_websocket_report_over(struct rf_websocket *ws, bool was_joined, const char *reason, int64_t now_ms);

#endif
