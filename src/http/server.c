/* server.c - libmicrohttpd on the loop: its epoll descriptor under a uv_poll_t, its timeouts under a
 * uv_timer_t. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include "descriptors.h"
#include "listen.h"
#include "racefacer/base/memory.h"
#include "server_impl.h"

#define CACHE_ENTRIES 256
#define CACHE_BYTES (16u << 20)
#define MAX_ADDRESSES 16384 /* that limits are counted for */
#define POOL_EXTRA 4096     /* of a connection's memory, beside what its headers take */

static void stop(struct rf_server *server);

static void on_wake(uv_timer_t *timer)
{
    rf_server_run(timer->data);
}

static void on_again(uv_idle_t *idle)
{
    rf_server_run(idle->data);
}

/* By an idle handle, since all else on the loop has its turn in between. A timer of 0 ms that starts itself
 * again would run on and on without that: under a flood of requests the feed would be read seconds late. */
static void run_again(struct rf_server *server)
{
    uv_timer_stop(&server->wake);
    uv_idle_start(&server->again, on_again);
}

static void on_daemon(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    rf_server_run(poll->data);
}

void rf_server_run(struct rf_server *server)
{
    MHD_UNSIGNED_LONG_LONG wait = 0;
    if (server->stopping || server->held)
        return;
    uv_idle_stop(&server->again);
    if (MHD_run(server->daemon) != MHD_YES)
        rf_log_error(server->log, "http", "libmicrohttpd could not look at its connections");
    if (server->closing && server->connection_count == 0)
        stop(server);
    else if (MHD_get_timeout(server->daemon, &wait) != MHD_YES)
        uv_timer_stop(&server->wake);
    else if (wait > 0)
        uv_timer_start(&server->wake, on_wake, wait, 0);
    else
        run_again(server);
}

void rf_server_wake(struct rf_server *server)
{
    if (!server->stopping)
        run_again(server);
}

void rf_server_hold(struct rf_server *server, bool held)
{
    if (server->held == held || server->stopping)
        return;
    server->held = held;
    /* Neither fails: the descriptor is open, and was watched before. */
    if (held) {
        (void)uv_poll_stop(&server->daemon_poll); /* it would be ready all the time */
        (void)uv_idle_stop(&server->again);
    } else {
        (void)uv_poll_start(&server->daemon_poll, UV_READABLE, on_daemon);
        rf_stream_publish(&server->stream);
        rf_server_run(server);
    }
}

void rf_server_tell(struct rf_server *server, const struct rf_event *event)
{
    rf_stream_tell(&server->stream, event);
}

void rf_server_publish(struct rf_server *server)
{
    if (!server->held && !server->stopping)
        rf_stream_publish(&server->stream);
}

static void on_tick(uv_timer_t *timer)
{
    struct rf_server *server = timer->data;
    int64_t now = (int64_t)uv_now(server->loop);
    bool lingering = rf_linger_tick(server, now), open = rf_connections_tick(server, now);
    rf_requests_tick(server, now);
    rf_accept_tick(server);
    if (!open && !lingering && !server->accept_paused)
        uv_timer_stop(timer);
}

void rf_server_watch(struct rf_server *server)
{
    uint64_t every = (uint64_t)rf_connections_tick_ms(server);
    if (!uv_is_active((uv_handle_t *)&server->tick) && !server->stopping)
        uv_timer_start(&server->tick, on_tick, every, every);
}

__attribute__((format(printf, 2, 0))) static void on_mhd_log(void *ctx, const char *format, va_list args)
{
    struct rf_server *server = ctx;
    char text[256];
    unsigned long held = 0;
    if (!rf_log_allow(&server->mhd_log, (int64_t)uv_now(server->loop), 1000, &held))
        return;
    vsnprintf(text, sizeof(text), format, args);
    text[strcspn(text, "\r\n")] = '\0';
    /* Nearly all of it is about clients that broke off, or sent what is no HTTP: no news to an operator. */
    rf_log_debug(server->log, "http", "libmicrohttpd: %s (%lu held back)", text, held);
}

static bool start_daemon(struct rf_server *server)
{
    const struct rf_http_options *options = &server->options;
    /* What is received, a second copy of its cookies, a record for each header, and our answer's headers. A
     * connection takes as much memory from its first answer on: 20 kB by default. */
    size_t pool = (size_t)options->max_header_bytes * 2 + POOL_EXTRA;
    struct MHD_OptionItem items[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)on_mhd_log, server},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)rf_request_begin, server},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)rf_connection_notify, server},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)rf_request_completed, server},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)pool, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)options->max_connections + 64, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)options->idle_seconds, NULL},
        {MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_SUSPEND_RESUME | MHD_USE_TURBO | MHD_USE_ERROR_LOG,
        0, NULL, NULL, rf_request_handle, server, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
    return server->daemon != NULL;
}

static void copy_options(struct rf_server *server, const struct rf_http_options *options)
{
    server->options = *options;
    server->options.host = rf_strdup(options->host);
    server->options.allowed_origins = rf_strdup(options->allowed_origins);
    server->options.api_token = rf_strdup(options->api_token);
    rf_cors_init(&server->cors, options->allowed_origins);
    rf_refusals_init(server);
    server->limits =
        rf_limits_create(&(struct rf_limits_options){.live_per_second = options->rate_live_per_second,
            .window_max = options->rate_max_requests,
            .window_ms = (int64_t)options->rate_window_minutes * 60000,
            .max_addresses = MAX_ADDRESSES});
    server->cache = rf_body_cache_create(&server->cors, CACHE_ENTRIES, CACHE_BYTES);
    server->readers = rf_readers_create(server);
    server->preflights = rf_new_array(rf_cors_variants(&server->cors), sizeof(struct MHD_Response *));
    server->too_many = rf_new_array(rf_cors_variants(&server->cors), sizeof(struct MHD_Response *));
}

static void limit_connections(struct rf_server *server)
{
    int wanted = server->options.max_connections, room = rf_descriptors_for(wanted);
    if (room < wanted)
        rf_log_warn(server->log, "http",
            "MAX_CONNECTIONS is %d, but the process may open too few files for that: %d connections are "
            "taken; "
            "raise its limit (ulimit -n, LimitNOFILE=) for more",
            wanted, room);
    server->options.max_connections = room;
}

/* Everything but the handles and what is open on them. */
static void free_server(struct rf_server *server)
{
    rf_refusals_finish(server);
    rf_reply_finish(server);
    rf_stream_finish(&server->stream);
    rf_body_cache_destroy(server->cache);
    rf_gzip_destroy(server->gzip);
    rf_readers_leave(server->readers);
    rf_limits_destroy(server->limits);
    rf_cors_finish(&server->cors);
    rf_buf_finish(&server->scratch);
    rf_buf_finish(&server->key);
    free((char *)server->options.host);
    free((char *)server->options.allowed_origins);
    free((char *)server->options.api_token);
    free(server);
}

static int start_handles(struct rf_server *server)
{
    int fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    uv_timer_t *timers[] = {&server->wake, &server->tick, &server->grace};
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        (void)uv_timer_init(server->loop, timers[i]); /* cannot fail */
        timers[i]->data = server;
        server->handles++;
    }
    (void)uv_idle_init(server->loop, &server->again); /* cannot fail */
    server->again.data = server;
    server->handles++;
    int failed = rf_stream_start(&server->stream, server);
    if (failed != 0)
        return failed;
    failed = uv_poll_init(server->loop, &server->daemon_poll, fd);
    if (failed != 0)
        return failed;
    server->daemon_poll.data = server;
    server->handles++;
    failed = uv_poll_start(&server->daemon_poll, UV_READABLE, on_daemon);
    return failed != 0 ? failed : rf_accept_start(server);
}

struct rf_server *rf_server_create(struct uv_loop_s *loop, struct rf_log *log,
    const struct rf_http_options *options, const struct rf_http_backend *backend, char **error)
{
    int fd = rf_listen(options->host, options->port, error);
    if (fd < 0)
        return NULL;
    struct rf_server *server = rf_new(sizeof(*server));
    server->loop = loop;
    server->log = log;
    server->backend = *backend;
    server->listen_fd = fd;
    server->port = rf_listen_port(fd);
    copy_options(server, options);
    limit_connections(server);
    if (!start_daemon(server)) {
        *error = rf_strdup("libmicrohttpd could not start; the debug log may tell why");
        (void)close(fd); /* it failed already */
        free_server(server);
        return NULL;
    }
    int failed = start_handles(server);
    if (failed != 0) {
        /* Only a loop that has run out of descriptors or memory comes here, before anything is served. */
        fprintf(stderr, "the HTTP server cannot be put on the loop: %s\n", uv_strerror(failed));
        abort();
    }
    rf_log_info(log, "http", "listening on %s port %d: try curl http://localhost:%d/api/current",
        options->host[0] != '\0' ? options->host : "all addresses,", server->port, server->port);
    return server;
}

struct rf_gzip *rf_server_gzip(struct rf_server *server)
{
    if (server->gzip == NULL)
        server->gzip = rf_gzip_create();
    return server->gzip;
}

int rf_server_port(const struct rf_server *server)
{
    return server->port;
}

void rf_server_handle_closed(struct rf_server *server)
{
    if (--server->handles > 0)
        return;
    void (*closed)(void *) = server->closed;
    void *ctx = server->closed_ctx;
    free_server(server);
    if (closed != NULL)
        closed(ctx);
}

static void on_closed(uv_handle_t *handle)
{
    rf_server_handle_closed(handle->data);
}

static void stop(struct rf_server *server)
{
    if (server->stopping)
        return;
    server->stopping = true;
    while (server->suspended != NULL)
        rf_request_resume(server->suspended);
    rf_stream_end(&server->stream);
    /* Twice: the first turn takes the resumed back and has them answered, the second sends what is left.
     * Whatever it cannot send is cut off by the stop. */
    (void)MHD_run(server->daemon);
    (void)MHD_run(server->daemon);
    uv_close((uv_handle_t *)&server->daemon_poll, on_closed); /* before its descriptor is closed */
    MHD_stop_daemon(server->daemon);
    rf_stream_stop(&server->stream);
    uv_close((uv_handle_t *)&server->wake, on_closed);
    uv_close((uv_handle_t *)&server->again, on_closed);
    uv_close((uv_handle_t *)&server->tick, on_closed);
    uv_close((uv_handle_t *)&server->grace, on_closed);
}

static void on_grace_over(uv_timer_t *timer)
{
    stop(timer->data);
}

void rf_server_close(struct rf_server *server, int64_t grace_ms, void (*closed)(void *ctx), void *ctx)
{
    struct rf_connection *connection;
    rf_server_hold(server, false);
    server->closing = true;
    server->closed = closed;
    server->closed_ctx = ctx;
    rf_accept_stop(server);
    rf_stream_end(&server->stream);
    DL_FOREACH(server->connections, connection)
    {
        if (connection->phase == RF_PHASE_IDLE)
            rf_connection_cut(connection);
    }
    uv_timer_start(&server->grace, on_grace_over, grace_ms > 0 ? (uint64_t)grace_ms : 0, 0);
    rf_server_wake(server); /* sees whether there is nothing left to wait for */
}
