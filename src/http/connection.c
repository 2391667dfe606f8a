/* connection.c - the open connections: who has how many, and who takes too long over a request.
 * libmicrohttpd's timeout counts idleness only, so a client that sends a byte now and then would live for
 * ever. It does not tell when a request's first byte comes either: the kernel's count of bytes received does.
 * Nor does it see a client that takes its answer a few bytes at a time: the kernel's count of bytes taken
 * does.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#include "racefacer/base/memory.h"
#include "server_impl.h"
#include "tcp.h"

/* Bytes a second at which an answer has to be taken, on average: a modem does more. */
#define TAKE_RATE 2048

static void join_peer(struct rf_connection *connection)
{
    struct rf_server *server = connection->server;
    struct rf_address group = rf_address_group(&connection->address);
    struct rf_peer *peer = NULL;
    HASH_FIND(hh, server->peers, &group, sizeof(group), peer);
    if (peer == NULL) {
        peer = rf_new(sizeof(*peer));
        peer->address = group;
        HASH_ADD(hh, server->peers, address, sizeof(peer->address), peer);
    }
    peer->connections++;
    connection->peer = peer;
}

static void leave_peer(struct rf_connection *connection)
{
    struct rf_peer *peer = connection->peer;
    if (--peer->connections > 0)
        return;
    HASH_DEL(connection->server->peers, peer);
    free(peer);
}

int rf_connections_of(const struct rf_server *server, const struct rf_address *address)
{
    struct rf_address group = rf_address_group(address);
    struct rf_peer *peer = NULL;
    HASH_FIND(hh, server->peers, &group, sizeof(group), peer);
    return peer != NULL ? peer->connections : 0;
}

/* libmicrohttpd closes right after telling that a connection ends. With bytes unread that is a reset, which
 * can overtake the answer: then a second descriptor keeps the connection open a moment longer. */
static void linger(const struct rf_connection *connection)
{
    int unread = 0;
    if (connection->server->stopping || ioctl(connection->fd, FIONREAD, &unread) != 0 || unread == 0)
        return;
    int fd = fcntl(connection->fd, F_DUPFD_CLOEXEC, 0);
    if (fd >= 0)
        rf_linger(connection->server, fd);
}

static void forget(struct rf_connection *connection)
{
    struct rf_server *server = connection->server;
    leave_peer(connection);
    DL_DELETE(server->connections, connection);
    server->connection_count--;
    free(connection);
}

void rf_connection_notify(
    void *ctx, struct MHD_Connection *mhd, void **slot, enum MHD_ConnectionNotificationCode code)
{
    struct rf_server *server = ctx;
    struct rf_connection *connection = *slot;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        connection = rf_new(sizeof(*connection));
        connection->server = server;
        connection->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        connection->address =
            rf_address_of(MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
        connection->since_ms = (int64_t)uv_now(server->loop);
        connection->looked = true; /* nothing was received before now */
        join_peer(connection);
        DL_APPEND(server->connections, connection);
        server->connection_count++;
        rf_server_watch(server);
        *slot = connection;
    } else if (connection != NULL) {
        *slot = NULL;
        if (connection->phase == RF_PHASE_STREAMING)
            return; /* it goes on without libmicrohttpd */
        linger(connection);
        /* Where its memory ended in the middle of the first line, libmicrohttpd completes no request. */
        if (connection->request != NULL)
            rf_request_abandon(connection->request);
        forget(connection);
    }
}

int rf_connection_take(struct rf_connection *connection)
{
    int fd = fcntl(connection->fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    connection->fd = fd;
    rf_connection_phase(connection, RF_PHASE_STREAMING);
    return 0;
}

void rf_connection_close(struct rf_connection *connection)
{
    struct rf_server *server = connection->server;
    (void)close(connection->fd); /* what it did not take is its loss */
    forget(connection);
    if (server->closing)
        rf_server_wake(server); /* sees whether it was the last */
}

void rf_connection_cut(struct rf_connection *connection)
{
    if (connection->cut)
        return;
    connection->cut = true;
    /* libmicrohttpd sees the end and closes; what is in the kernel's send buffer still goes out. It fails
     * only where the client has gone already, which is as well. */
    (void)shutdown(connection->fd, SHUT_RDWR);
}

void rf_connection_refuse(struct rf_connection *connection, enum rf_refusal why)
{
    if (connection->cut)
        return;
    rf_refuse(connection->server, connection->fd, why);
    rf_connection_cut(connection);
}

void rf_connection_phase(struct rf_connection *connection, enum rf_phase phase)
{
    int64_t now = (int64_t)uv_now(connection->server->loop);
    connection->phase = phase;
    connection->since_ms = now;
    switch (phase) {
    case RF_PHASE_IDLE:
        connection->begun_ms = 0;
        connection->looked = false;
        if (connection->server->closing)
            rf_connection_cut(connection);
        break;
    case RF_PHASE_RECEIVING:
        if (connection->begun_ms == 0)
            connection->begun_ms = now;
        break;
    case RF_PHASE_WAITING:
    case RF_PHASE_ANSWERING:
    case RF_PHASE_STREAMING:
        connection->begun_ms = 0;
        connection->looked = false;
        break;
    }
}

/* Notices a request that has begun although its first line is not there yet. */
static void look(struct rf_connection *connection, int64_t now_ms)
{
    uint64_t received;
    if (!rf_tcp_received(connection->fd, &received))
        return;
    if (connection->looked && received != connection->counted && connection->begun_ms == 0)
        connection->begun_ms = now_ms;
    connection->looked = true;
    connection->counted = received;
}

/* Counts from the first look on, a second after the answer began: by then most are gone, without a look. */
static bool takes_too_slowly(struct rf_connection *connection, int64_t now_ms)
{
    int64_t seconds = (now_ms - connection->since_ms) / 1000;
    uint64_t taken;
    if (seconds < (connection->looked ? connection->server->options.idle_seconds : 1) ||
        !rf_tcp_taken(connection->fd, &taken))
        return false;
    if (connection->looked)
        return taken - connection->counted < (uint64_t)seconds * TAKE_RATE;
    connection->looked = true;
    connection->counted = taken;
    connection->since_ms = now_ms;
    return false;
}

int64_t rf_connections_tick_ms(const struct rf_server *server)
{
    int64_t ms = (int64_t)server->options.request_seconds * 100;
    return ms < 100 ? 100 : ms > 1000 ? 1000 : ms;
}

bool rf_connections_tick(struct rf_server *server, int64_t now_ms)
{
    int64_t allowed = (int64_t)server->options.request_seconds * 1000;
    int64_t young = now_ms - 3 * rf_connections_tick_ms(server);
    struct rf_connection *connection;
    server->ticks++;
    DL_FOREACH(server->connections, connection)
    {
        if (connection->cut || connection->phase == RF_PHASE_WAITING ||
            connection->phase == RF_PHASE_STREAMING)
            continue;
        if (connection->phase == RF_PHASE_ANSWERING) {
            if (takes_too_slowly(connection, now_ms)) {
                rf_log_debug(server->log, "http", "an answer was taken too slowly: connection cut");
                rf_connection_cut(connection);
            }
            continue;
        }
        /* Thousands may be idle, and a look is a system call: after the first moments only every fourth tick.
         */
        bool turn = connection->since_ms >= young || ((unsigned)connection->fd + server->ticks) % 4 == 0;
        if (turn && connection->phase == RF_PHASE_IDLE && connection->begun_ms == 0)
            look(connection, now_ms);
        if (connection->begun_ms != 0 && now_ms - connection->begun_ms >= allowed) {
            rf_log_debug(server->log, "http", "a request was not complete after %d s: connection cut",
                server->options.request_seconds);
            rf_connection_refuse(connection, RF_REFUSAL_LATE);
        }
    }
    return server->connections != NULL;
}
