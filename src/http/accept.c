/* accept.c - takes connections and hands them to libmicrohttpd. Those over a limit get a prompt 503 here:
 * libmicrohttpd, at its own limit, leaves clients waiting without a word. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "headers.h"
#include "listen.h"
#include "server_impl.h"

#define ACCEPTS_A_TURN 64 /* then the loop's other work has its turn */
#define REFUSED_FOR_MS 1000

static void let_go(struct rf_refused *refused)
{
    char waste[4096];
    /* What is unread at the close would turn it into a reset, and the client could lose our answer. */
    for (int i = 0; i < 4 && recv(refused->fd, waste, sizeof(waste), MSG_DONTWAIT) > 0; i++)
        continue;
    close(refused->fd);
    refused->fd = -1;
}

static void refuse(struct rf_server *server, int fd, const struct rf_buf *answer)
{
    struct rf_refused *slot = &server->refused[server->refused_next++ % RF_REFUSED_KEPT];
    if (slot->fd >= 0)
        let_go(slot);
    /* A socket this new has room for the answer; where it has not, the client is gone. */
    (void)send(fd, answer->data, answer->len, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(fd, SHUT_WR);
    *slot = (struct rf_refused){.fd = fd, .since_ms = (int64_t)uv_now(server->loop)};
    rf_server_watch(server);
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
        refuse(server, fd, &server->refusal_full);
    } else if (options->max_connections_per_address > 0 &&
               rf_connections_of(server, &address) >= options->max_connections_per_address) {
        log_limited(server, "MAX_CONNECTIONS_PER_ADDRESS reached: a connection was refused");
        refuse(server, fd, &server->refusal_address);
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
    for (size_t i = 0; i < RF_REFUSED_KEPT; i++)
        server->refused[i].fd = -1;
    rf_headers_write_refusal(&server->refusal_full, &server->cors, "503 Service Unavailable",
        "The server has as many connections as it takes; try again shortly");
    rf_headers_write_refusal(&server->refusal_address, &server->cors, "503 Service Unavailable",
        "Too many connections from your address");
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
    close(server->listen_fd);
    server->listen_fd = -1;
}

bool rf_accept_tick(struct rf_server *server, int64_t now_ms)
{
    bool any = false;
    for (size_t i = 0; i < RF_REFUSED_KEPT; i++) {
        struct rf_refused *refused = &server->refused[i];
        if (refused->fd >= 0 && now_ms - refused->since_ms >= REFUSED_FOR_MS)
            let_go(refused);
        any = any || refused->fd >= 0;
    }
    if (server->accept_paused && server->listen_fd >= 0) {
        server->accept_paused = false;
        if (uv_poll_start(&server->listen_poll, UV_READABLE, on_readable) != 0)
            rf_log_error(server->log, "http", "cannot go on taking connections");
    }
    return any;
}

void rf_accept_finish(struct rf_server *server)
{
    for (size_t i = 0; i < RF_REFUSED_KEPT; i++)
        if (server->refused[i].fd >= 0)
            let_go(&server->refused[i]);
    rf_buf_finish(&server->refusal_full);
    rf_buf_finish(&server->refusal_address);
}
