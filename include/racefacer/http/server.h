/* server.h - the REST API on the loop: libmicrohttpd's epoll descriptor under a uv_poll_t.
 * Bodies of live data are made once for each change, on the first request after it, and shared by all that
 * follow. */
#ifndef RACEFACER_HTTP_SERVER_H
#define RACEFACER_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/buf.h"
#include "racefacer/base/log.h"
#include "racefacer/codec/session_file.h"
#include "racefacer/codec/status.h"
#include "racefacer/dashboard/dashboard.h"
#include "racefacer/engine/engine.h"

struct uv_loop_s;
struct rf_server;

struct rf_http_options {
    const char *host;                           /* "": all addresses, IPv6 and IPv4 */
    int port;                                   /* 0: any free one, see rf_server_port */
    const char *allowed_origins;                /* "*" or a comma-separated list */
    const char *api_token;                      /* "": deleting works from loopback only */
    int rate_window_minutes, rate_max_requests; /* for stored sessions */
    int rate_live_per_second;                   /* 0: no limit */
    int trust_proxy;
    int max_connections, max_connections_per_address; /* per address (the socket's own) 0: no limit */
    int idle_seconds, request_seconds;
    int max_header_bytes;
};

/* `page` is borrowed, valid until the index changes. */
struct rf_http_page {
    const struct rf_summary *const *page;
    size_t count, total;
    uint64_t unindexed; /* stored, and still to be read for the listing: none of them is in it */
};

struct rf_http_listing_query {
    const char *event, *driver, *track; /* NULL: any */
    int64_t from_ms, to_ms;             /* 0: open */
    size_t offset, limit;               /* limit 0: all */
};

enum rf_http_deleted { RF_HTTP_DELETED, RF_HTTP_NOT_FOUND, RF_HTTP_LIVE, RF_HTTP_DELETE_FAILED };

/* What the server asks of the rest of the house. The `done`s may be called at once or later, exactly once, on
 * the loop's thread; later than the server's end, too: they then only free the request. */
struct rf_http_backend {
    void *ctx;
    const struct rf_engine *engine;
    /* A file of the page by its path, or NULL; NULL: there is no page, and "/" is JSON for everybody. */
    const struct rf_asset *(*asset)(const char *path, size_t len);
    void (*status)(void *ctx, struct rf_server_status *out);
    uint64_t (*index_version)(void *ctx);
    void (*list)(void *ctx, const struct rf_http_listing_query *query, struct rf_http_page *out);
    /* A stored or live session's text by id, to be copied during the call of `done`; NULL where there is
     * none, and then `error` is NULL too, or where it cannot be read, and `error` is why, for the log. Ids
     * have no "/" or "\\", do not begin with a dot, and are at most 128 bytes of UTF-8. */
    void (*read)(void *ctx, const char *id,
        void (*done)(void *request, const char *json, size_t len, const char *error), void *request);
    void (*remove)(
        void *ctx, const char *id, void (*done)(void *request, enum rf_http_deleted result), void *request);
};

/* NULL with *error set to a line that names address and port ("0.0.0.0:3001 is in use …"; the caller frees
 * it). */
struct rf_server *rf_server_create(struct uv_loop_s *loop, struct rf_log *log,
    const struct rf_http_options *options, const struct rf_http_backend *backend, char **error);

int rf_server_port(const struct rf_server *server);

/* While held, no request is looked at and no answer begun: they wait for what is being made durable. For milliseconds. */
void rf_server_hold(struct rf_server *server, bool held);

/* The push stream: an event of the engine, as it is told; and that all told so far may be sent. Where the server is
 * held, letting it go does the same. */
void rf_server_tell(struct rf_server *server, const struct rf_event *event);
void rf_server_publish(struct rf_server *server);

/* Stops listening, gives answers in flight up to `grace_ms`, closes, frees, calls `closed`, never from
 * inside. */
void rf_server_close(struct rf_server *server, int64_t grace_ms, void (*closed)(void *ctx), void *ctx);

#endif
