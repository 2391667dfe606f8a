/* server_impl.h - what the files of this module share: the server, its connections, its requests. */
#ifndef RF_HTTP_SERVER_IMPL_H
#define RF_HTTP_SERVER_IMPL_H

#include <microhttpd.h>
#include <uthash.h>
#include <uv.h>

#include "address.h"
#include "answer_counts.h"
#include "body_cache.h"
#include "cors.h"
#include "limits.h"
#include "racefacer/http/server.h"
#include "route.h"
#include "stream.h"

/* What a connection is waiting for: decides which deadline it has. */
enum rf_phase {
    RF_PHASE_IDLE,      /* a request's first byte, or the rest of its first line */
    RF_PHASE_RECEIVING, /* the rest of a request whose first line is there */
    RF_PHASE_WAITING,   /* the backend; the connection is suspended */
    RF_PHASE_ANSWERING, /* the client to take the answer */
    RF_PHASE_STREAMING  /* nothing: it was taken from libmicrohttpd, and the stream has deadlines of its own */
};

/* Connections of one address; there while it has any. */
struct rf_peer {
    struct rf_address address; /* as of rf_address_group */
    int connections;
    UT_hash_handle hh;
};

struct rf_connection {
    struct rf_server *server;
    int fd;
    struct rf_address address;
    struct rf_peer *peer;
    struct rf_request *request; /* begun and not completed; NULL: none */
    enum rf_phase phase;
    int64_t begun_ms; /* when the present request is known to have begun; 0: not begun */
    int64_t since_ms; /* when the phase began */
    bool looked;      /* `counted` is of this phase */
    uint64_t counted; /* by the kernel: bytes received when last looked, or, of an answer, taken when first
                         looked */
    bool cut;         /* shut down by us */
    struct rf_connection *prev, *next;
};

/* Why an answer is given past libmicrohttpd, see refusal.c. */
enum rf_refusal {
    RF_REFUSAL_FULL,
    RF_REFUSAL_ADDRESS,
    RF_REFUSAL_LATE,
    RF_REFUSAL_HEADERS,
    RF_REFUSAL_URL,
    RF_REFUSAL_QUERY
};
#define RF_REFUSALS (RF_REFUSAL_QUERY + 1)

/* A connection that has its refusal, and is kept a moment. */
#define RF_LINGERING 64
struct rf_lingering {
    int fd; /* -1: none */
    int64_t since_ms;
};

struct rf_server {
    uv_loop_t *loop;
    struct rf_log *log;
    struct rf_http_options options; /* its texts are copies */
    struct rf_http_backend backend;

    struct MHD_Daemon *daemon;
    uv_poll_t daemon_poll, listen_poll;
    uv_timer_t wake; /* when libmicrohttpd wants to be run again */
    uv_idle_t again; /* the same, where it wants that at once */
    uv_timer_t tick; /* deadlines; runs while there is something to watch */
    uv_timer_t grace;
    int listen_fd, port;
    int handles; /* open uv handles */
    bool accept_paused;
    unsigned ticks;
    struct rf_lingering lingering[RF_LINGERING];
    size_t lingering_next;
    struct rf_buf refusals[RF_REFUSALS]; /* whole answers, ready to be sent */
    uint64_t refused[RF_REFUSALS];       /* how often each was */
    struct rf_answer_counts answers;

    struct rf_connection *connections;
    int connection_count;
    struct rf_peer *peers;
    struct rf_request *suspended; /* requests that wait for the backend */

    struct rf_cors cors;
    struct rf_limits *limits;
    struct rf_body_cache *cache;
    size_t once_bytes;          /* of answers made for one request */
    uint64_t busy;              /* requests refused since too many bytes were on their way */
    struct rf_readers *readers; /* see handlers_sessions.c; owned */
    struct rf_gzip *gzip;       /* see rf_server_gzip */
    struct rf_stream stream;
    struct MHD_Response **preflights, **too_many; /* by variant; NULL: not asked for yet */
    struct rf_buf scratch, key;
    struct rf_log_limit mhd_log, accept_log, wait_log;

    bool held;     /* see rf_server_hold */
    bool closing;  /* no new connections; the open ones end with the answer under way */
    bool stopping; /* the grace is over */
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* Header values are borrowed from libmicrohttpd and stay until the request is completed; data NULL: not sent.
 */
struct rf_request_headers {
    struct rf_slice origin, if_none_match, host, authorization, fetch_site, accept, accept_encoding;
    bool has_body; /* a Content-Length above 0, or chunks */
    uint64_t content_length;
    bool http_1_1;
    bool forwarded;          /* came through a proxy, by its headers */
    char forwarded_for[512]; /* all X-Forwarded-For, only with TRUST_PROXY; cut on the left */
    size_t forwarded_for_len;
    bool oversize;     /* more bytes than allowed: libmicrohttpd may have no memory left for an answer */
    int refuse_status; /* 0: well-formed */
    const char *refuse_why;
};

enum rf_step {
    RF_STEP_NEW, /* its first line is there, its headers are not */
    RF_STEP_RECEIVING,
    RF_STEP_WAITING, /* for the backend */
    RF_STEP_READY    /* the backend has answered */
};

struct rf_request {
    struct rf_server *server;
    struct rf_connection *connection;
    struct MHD_Connection *mhd;
    int refs;       /* libmicrohttpd's, and the backend's while it works */
    bool completed; /* libmicrohttpd is done with it: nothing above may be touched */
    bool suspended;
    enum rf_step step;
    int64_t begun_us; /* steady: when its first line was there */
    struct rf_request *prev, *next; /* in server->suspended */

    enum rf_method method;
    const char *method_name;
    struct rf_route route;
    struct rf_request_headers headers;
    size_t variant;
    struct rf_address client;
    struct rf_verdict verdict;
    uint64_t body_bytes;
    bool close; /* the connection is to be closed after the answer */

    bool in_line; /* for the backend: its turn to read has not come */
    bool busy;    /* and will not */
    char *text; /* owned: the session read; NULL: there is none */
    size_t text_len;
    bool read_failed;
    enum rf_http_deleted deleted;

    size_t path_len, query_at; /* query_at: where it begins in `uri`, at its NUL where there is none */
    char uri[];                /* as sent */
};

/* accept.c */
int rf_accept_start(struct rf_server *server);
void rf_accept_stop(struct rf_server *server); /* stops listening; the handle is closed with the others */
void rf_accept_tick(struct rf_server *server);

/* refusal.c */
void rf_refusals_init(struct rf_server *server);
void rf_refusals_finish(struct rf_server *server);
void rf_refuse(struct rf_server *server, int fd, enum rf_refusal why); /* and no answer after it */
void rf_linger(struct rf_server *server, int fd); /* takes the descriptor, and closes it a moment later */
bool rf_linger_tick(struct rf_server *server, int64_t now_ms); /* false: nothing to watch */

/* connection.c */
void rf_connection_notify(
    void *ctx, struct MHD_Connection *mhd, void **slot, enum MHD_ConnectionNotificationCode code);
void rf_connection_phase(struct rf_connection *connection, enum rf_phase phase);
void rf_connection_cut(struct rf_connection *connection);
void rf_connection_refuse(struct rf_connection *connection, enum rf_refusal why); /* answered, then cut */
/* Takes a connection from libmicrohttpd, which lets go of it, with all its memory, where the access handler then
 * returns MHD_NO: it closes its own descriptor, and `fd` is another one of the same socket. It is counted until
 * it is closed. 0; or -1: no descriptor is left. */
int rf_connection_take(struct rf_connection *connection);
void rf_connection_close(struct rf_connection *connection); /* of one taken; frees it */
bool rf_connections_tick(struct rf_server *server, int64_t now_ms); /* false: nothing to watch */
int64_t rf_connections_tick_ms(const struct rf_server *server);
int rf_connections_of(const struct rf_server *server, const struct rf_address *address);

/* server.c */
void rf_server_run(struct rf_server *server);   /* lets libmicrohttpd work */
void rf_server_wake(struct rf_server *server);  /* the same, on the loop's next turn */
void rf_server_watch(struct rf_server *server); /* makes the tick run */
struct rf_gzip *rf_server_gzip(struct rf_server *server); /* made when it is first wanted; borrowed */
void rf_server_handle_closed(
    struct rf_server *server); /* one uv handle less; frees the server after the last */

/* request.c */
void *rf_request_begin(void *ctx, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result rf_request_handle(void *ctx, struct MHD_Connection *mhd, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **slot);
void rf_request_completed(
    void *ctx, struct MHD_Connection *mhd, void **slot, enum MHD_RequestTerminationCode why);
void rf_request_abandon(struct rf_request *request); /* its connection has ended without completing it */
void rf_request_hold(struct rf_request *request);    /* one more reference */
void rf_request_release(struct rf_request *request);
void rf_request_suspend(struct rf_request *request); /* until the backend has answered */
void rf_request_resume(struct rf_request *request);  /* of a suspended one */
void rf_requests_tick(struct rf_server *server, int64_t now_ms);

/* request_headers.c */
void rf_request_read_headers(struct rf_request *request, const char *version, struct rf_request_headers *out);

/* reply.c: each queues an answer and returns what the access handler is to return. */
enum MHD_Result rf_reply_cached(struct rf_request *request, struct rf_cached *cached);
/* Replaces a body by its gzip where the client takes it and it is worth it. False: it is as it was. */
bool rf_reply_compress(struct rf_request *request, struct rf_buf *body);
enum MHD_Result rf_reply_text(
    struct rf_request *request, unsigned status, struct rf_buf *body, const char *disposition);
enum MHD_Result rf_reply_error(
    struct rf_request *request, unsigned status, const char *error, const char *message);
/* Queues the response and lets go of it. */
enum MHD_Result rf_reply_response(struct rf_request *request, unsigned status, struct MHD_Response *response);
bool rf_reply_not_modified(const struct rf_request *request, const char *etag);
enum MHD_Result rf_reply_preflight(struct rf_request *request);
enum MHD_Result rf_reply_too_many(struct rf_request *request);
enum MHD_Result rf_reply_busy(struct rf_request *request);
enum MHD_Result rf_reply_not_found(struct rf_request *request);
enum MHD_Result rf_reply_method(struct rf_request *request);
void rf_reply_finish(struct rf_server *server); /* frees the answers kept */

/* Bytes of bodies on their way: of live data, and of stored sessions. Past it there is a 503 for what is not kept. */
#define RF_ANSWER_BYTES ((size_t)64 << 20)

/* handlers_metrics.c */
void rf_metrics_answered(const struct rf_request *request, unsigned status); /* for each answer, as it is queued */
enum MHD_Result rf_handle_metrics(struct rf_request *request);

/* handlers_stream.c */
enum MHD_Result rf_handle_stream(struct rf_request *request);
enum MHD_Result rf_handle_clients(struct rf_request *request);

/* handlers_live.c, handlers_page.c, handlers_sessions.c */
struct rf_readers *rf_readers_create(struct rf_server *server);
void rf_readers_leave(struct rf_readers *readers); /* the server ends; what is being read may come later */
enum MHD_Result rf_handle_live(struct rf_request *request);
enum MHD_Result rf_handle_root(struct rf_request *request); /* the page for browsers, JSON for the rest */
enum MHD_Result rf_handle_asset(struct rf_request *request);
enum MHD_Result rf_handle_listing(struct rf_request *request);
enum MHD_Result rf_handle_stored(struct rf_request *request); /* GET and DELETE; may suspend the connection */
enum MHD_Result rf_handle_stored_ready(struct rf_request *request);

#endif
