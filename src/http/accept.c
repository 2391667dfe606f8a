/* accept.c - takes connections and hands them to libmicrohttpd. Those over a limit get a prompt 503 here:
 * libmicrohttpd, at its own limit, leaves clients waiting without a word. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen.h"
#include "server_impl.h"
#include "tcp.h"

#define ACCEPTS_A_TURN 64 /* then the loop's other work has its turn */

static void refuse(struct rf_server *server, int fd, enum rf_refusal why)
{
    rf_refuse(server, fd, why);
    rf_linger(server, fd);
}

static void log_limited(struct rf_server *server, const char *what)
{
    unsigned long held = 0;
    if (rf_log_allow(&server->accept_log, (int64_t)uv_now(server->loop), 10000, &held))
        rf_log_warn(server->log, "http", "%s (%lu more since the last such line)", what, held);
}

static void take(struct rf_server *server, int fd, const struct sockaddr *from, socklen_t len)
{
    const struct rf_http_options *options = &server->options;
    struct rf_address address = rf_address_of(from);
    if (server->connection_count >= options->max_connections) {
        log_limited(server, "MAX_CONNECTIONS reached: a connection was refused");
        refuse(server, fd, RF_REFUSAL_FULL);
    } else if (options->max_connections_per_address > 0 &&
               rf_connections_of(server, &address) >= options->max_connections_per_address) {
        log_limited(server, "MAX_CONNECTIONS_PER_ADDRESS reached: a connection was refused");
        refuse(server, fd, RF_REFUSAL_ADDRESS);
    } else if (MHD_add_connection(server->daemon, fd, from, len) != MHD_YES) {
        log_limited(server, "a connection could not be taken"); /* libmicrohttpd has closed it */
    } else {
        rf_server_run(server); /* only now is it counted, and watched: adding alone wakes nothing */
    }
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct rf_server *server = poll->data;
    (void)status;
    (void)events;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        struct sockaddr_storage from = {0};
        socklen_t len = sizeof(from);
        int fd = accept4(server->listen_fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            rf_tcp_hold_little(fd);
            take(server, fd, (const struct sockaddr *)&from, len);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            /* The connection stays in the queue and would wake the loop for ever: look again at the next
             * tick. */
            log_limited(server, strerror(errno));
            server->accept_paused = true;
            uv_poll_stop(poll);
            rf_server_watch(server);
            return;
        }
    }
}

static void on_closed(uv_handle_t *handle)
{
    struct rf_server *server = handle->data;
    rf_server_handle_closed(server);
}

int rf_accept_start(struct rf_server *server)
{
    int failed = uv_poll_init(server->loop, &server->listen_poll, server->listen_fd);
    if (failed != 0)
        return failed;
    server->listen_poll.data = server;
    server->handles++;
    return uv_poll_start(&server->listen_poll, UV_READABLE, on_readable);
}

void rf_accept_stop(struct rf_server *server)
{
    /* First the handle: closing it later would touch whatever has the descriptor's number by then. */
    uv_close((uv_handle_t *)&server->listen_poll, on_closed);
    (void)close(server->listen_fd); /* nothing was written to it */
    server->listen_fd = -1;
}

void rf_accept_tick(struct rf_server *server)
{
    if (!server->accept_paused || server->listen_fd < 0)
        return;
    server->accept_paused = false;
    if (uv_poll_start(&server->listen_poll, UV_READABLE, on_readable) != 0)
        rf_log_error(server->log, "http", "cannot go on taking connections");
}
