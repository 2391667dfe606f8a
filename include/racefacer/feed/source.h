/* source.h - where frames come from: the WebSocket, a recording, or the demo. One interface for all three. */
#ifndef RACEFACER_FEED_SOURCE_H
#define RACEFACER_FEED_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/log.h"
#include "racefacer/codec/status.h"

struct uv_loop_s;

/* What a source tells its owner, always on the loop's thread. */
struct rf_source_callbacks {
    /* One payload. `event` is the Socket.IO event's name, "" on a plain WebSocket. `received_ms` is its wall time of
     * receipt: now, or the recording's. The bytes are the source's, valid during the call. */
    void (*on_payload)(void *ctx, const char *event, const char *json, size_t len, int64_t received_ms);
    void (*on_state)(void *ctx); /* the status changed: connected, lost, waiting; may be NULL */
    void (*on_end)(void *ctx);   /* a replay is over; may be NULL */
    void *ctx;
};

struct rf_source;

/* Begins. Faults on the way are the source's to mend, by trying again. */
void rf_source_start(struct rf_source *source);

void rf_source_status(const struct rf_source *source, struct rf_feed_status *out);

/* The wall time by the source's clock: the recording's in a replay. */
int64_t rf_source_now_ms(const struct rf_source *source);

/* No payload until it is let go again; may be called from inside on_payload. A recording waits; a live feed cannot, and
 * goes on. */
void rf_source_hold(struct rf_source *source, bool held);

/* Closes politely, frees everything, then calls `closed`, never from inside this call. No callback in between. */
void rf_source_close(struct rf_source *source, void (*closed)(void *ctx), void *ctx);

/* ---- the WebSocket */

enum rf_dialect { RF_DIALECT_AUTO, RF_DIALECT_SOCKETIO, RF_DIALECT_SOCKETIO_V2, RF_DIALECT_RAW };

struct rf_websocket_options {
    const char *host;    /* a name or an address, IPv6 without brackets */
    int port;
    bool tls;
    const char *path;    /* "" for the dialect's own: /socket.io/, or / for a plain WebSocket */
    const char *channel;
    enum rf_dialect dialect;
    int64_t reconnect_min_ms, reconnect_max_ms;
    const char *ca_file; /* "" for the system's */
    const char *agent;   /* User-Agent */
};

/* Never NULL: what is wrong shows in the status and is tried again. Options are copied. */
struct rf_source *rf_websocket_create(struct uv_loop_s *loop, struct rf_log *log,
    const struct rf_websocket_options *options, const struct rf_source_callbacks *callbacks);

/* ---- a recording */

struct rf_replay_options {
    const char *file; /* .gz is unpacked on the way */
    double speed;     /* 1: as it was; 0: as fast as it goes */
};

/* NULL where the file cannot be opened or has no frame; *error gets a reason, static or strerror's. */
struct rf_source *rf_replay_create(struct uv_loop_s *loop, struct rf_log *log, const struct rf_replay_options *options,
    const struct rf_source_callbacks *callbacks, const char **error);

/* ---- the demo: rf_race, played as if live */

struct rf_source *rf_demo_create(
    struct uv_loop_s *loop, struct rf_log *log, const char *channel, const struct rf_source_callbacks *callbacks);

#endif
