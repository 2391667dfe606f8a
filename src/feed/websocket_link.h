/* websocket_link.h - one WebSocket connection at a time, by libwebsockets. Knows nothing of what is said on
 * it. */
#ifndef RF_FEED_WEBSOCKET_LINK_H
#define RF_FEED_WEBSOCKET_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "racefacer/base/log.h"

struct uv_loop_s;
struct rf_link;

#define RF_LINK_MESSAGE_MAX ((size_t)4 << 20)

enum rf_link_reached {
    RF_LINK_NOWHERE, /* no TCP connection, or TLS was refused */
    RF_LINK_SERVER,  /* the request for a WebSocket went out */
    RF_LINK_OPEN     /* and was granted */
};

struct rf_link_end {
    enum rf_link_reached reached;
    int http_status; /* the answer to the request, where it was not 101; 0: none came */
    char reason[256];
};

/* All on the loop's thread. They may be told from inside rf_link_connect; none may destroy the link or
 * connect it. */
struct rf_link_callbacks {
    void (*opened)(void *ctx);
    /* A whole message, whatever the fragments it came in. */
    void (*message)(void *ctx, const char *data, size_t len, bool binary);
    void (*too_large)(void *ctx);
    /* Exactly once a connect, however it ends; but never after rf_link_drop. */
    void (*ended)(void *ctx, const struct rf_link_end *end);
    void *ctx;
};

struct rf_link_options {
    bool tls;
    const char *ca_file; /* "": the system's */
    const char *agent;   /* User-Agent; copied */
};

/* Where it cannot be made, or is good for nothing since the CA file is bad, *error gets a reason, static; it
 * may be not NULL then, and is to be destroyed. Else *error is NULL. */
struct rf_link *rf_link_create(struct uv_loop_s *loop, struct rf_log *log,
    const struct rf_link_options *options, const struct rf_link_callbacks *callbacks, const char **error);

struct rf_link_target {
    const char *address; /* numeric */
    int port;
    const char *host; /* the name as configured: for the Host header, SNI, and the certificate */
    const char *path; /* with its query */
};

void rf_link_connect(struct rf_link *link, const struct rf_link_target *target);
/* How far the newest connect has come. */
enum rf_link_reached rf_link_reached(const struct rf_link *link);
/* One text message; false where too many wait already. */
bool rf_link_send(struct rf_link *link, const char *text, size_t len);
/* Says goodbye with a close frame, where the WebSocket is open; `ended` follows when the server has answered,
 * if it does. Not from inside a callback. */
void rf_link_hang_up(struct rf_link *link);
/* Lets go of the connection, if there is one: nothing more is told of it. */
void rf_link_drop(struct rf_link *link);
/* Drops, frees everything, then calls `closed`, never from inside this call. Not from inside a callback. */
void rf_link_destroy(struct rf_link *link, void (*closed)(void *ctx), void *ctx);

#endif
