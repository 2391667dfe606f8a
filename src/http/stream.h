/* stream.h - the push stream: Server-Sent Events to all who listen.
 *
 * libmicrohttpd reads the request and then lets go of the connection, and of its 20 kB for it: the stream writes
 * to the sockets itself, the same bytes to all, under an epoll of its own, which also tells at once that a client
 * has gone. Costs: an event is made once; a publish looks at each client and writes with one call what is new to
 * it. A client keeps no copy of anything, only references to what it is being sent. */
#ifndef RF_HTTP_STREAM_H
#define RF_HTTP_STREAM_H

#include <uv.h>

#include "racefacer/base/log.h"
#include "stream_ring.h"

struct rf_server;
struct rf_request;
struct rf_stream_client;

#define RF_STREAM_FRAMES 64    /* of so many sessions the newest frame is kept, ready to be sent */
#define RF_STREAM_BOOT_SIZE 16 /* tells the ids of one run of the server from another's */

/* The newest frame of a session as an event. Of frames only the newest counts: a client that is behind skips
 * the rest. */
struct rf_stream_frame {
    char *session_id; /* owned */
    uint64_t version; /* of the session */
    struct rf_stream_item *item;
    bool kept; /* the session is still there */
};

struct rf_stream_pending;

struct rf_stream {
    struct rf_server *server;
    char boot[RF_STREAM_BOOT_SIZE];
    uint64_t number; /* of the newest event */
    struct rf_stream_ring ring;

    struct rf_stream_frame frames[RF_STREAM_FRAMES];
    size_t frame_count;
    char *default_id;               /* owned; the default session as published; NULL: none */
    struct rf_stream_item *nothing; /* in place of a frame where there is no session */

    struct rf_stream_pending *pending; /* told and not published yet */
    size_t pending_count, pending_cap;
    struct rf_buf pending_data, scratch;
    const struct rf_session *best_of; /* whose best lap this is; good until the next publish */
    int32_t best_ms;

    struct rf_buf status;             /* what was told last */
    int64_t heartbeat_ms;             /* the next */
    struct rf_stream_client *clients; /* a list, the longest connected first */
    size_t client_count;
    uint64_t clients_ever, cut_off;
    struct rf_log_limit slow_log;

    int epoll_fd;
    uv_poll_t poll;
    uv_timer_t timer; /* runs while there are clients */
};

/* ---- stream.c */

int rf_stream_start(struct rf_stream *stream, struct rf_server *server); /* 0; or libuv's error */
void rf_stream_tell(struct rf_stream *stream, const struct rf_event *event);
void rf_stream_publish(struct rf_stream *stream);
void rf_stream_end(struct rf_stream *stream);    /* tells all clients to go, and lets nobody in */
void rf_stream_stop(struct rf_stream *stream);   /* closes the handles, which the server counts */
void rf_stream_finish(struct rf_stream *stream); /* frees; no client is left */

/* A client came or went. */
void rf_stream_joined(struct rf_stream *stream);

/* ---- stream_frames.c */

/* Makes the events of frames that have changed. Only while all that the engine shows may be shown. */
void rf_stream_refresh_frames(struct rf_stream *stream);
void rf_stream_drop_frames(struct rf_stream *stream);
/* The newest frame for one who follows a track, or the default session. Borrowed, never NULL after a refresh.
 */
struct rf_stream_item *rf_stream_frame(const struct rf_stream *stream, bool by_track, int64_t track);

/* ---- stream_client.c */

struct rf_stream_wish {
    unsigned kinds; /* bits by enum rf_stream_kind */
    bool by_track;
    int64_t track;
    struct rf_slice last_id; /* Last-Event-ID; empty: none */
};

/* A client of the stream for as long as its connection lasts; the request's connection has been taken for it. */
void rf_stream_client_create(
    struct rf_stream *stream, const struct rf_request *request, const struct rf_stream_wish *wish);

/* Sends what there is for it, as far as it takes it. False: it was not there any more, and is freed. */
bool rf_stream_client_pump(struct rf_stream_client *client);
void rf_stream_client_ready(struct rf_stream_client *client, uint32_t events); /* as epoll tells; may free it */
void rf_stream_client_end(struct rf_stream_client *client);                    /* says goodbye, and frees it */
/* Ends it where it takes nothing, or is too far behind. */
void rf_stream_client_check(struct rf_stream_client *client, int64_t now_ms);
struct rf_stream_client *rf_stream_client_next(const struct rf_stream_client *client);

uint64_t rf_stream_lag(const struct rf_stream *stream); /* bytes, of the client furthest behind */

/* GET /api/clients. */
void rf_stream_write_clients(const struct rf_stream *stream, struct rf_buf *out);

#endif
