/* refusal.c - answers sent past libmicrohttpd, whole and ready: to connections it never sees, and to requests
 * it would answer with a page of its own, or with nothing where its memory for the connection is used up. A
 * connection refused is kept a moment, because a close with bytes unread is a reset, and a reset can overtake
 * the answer. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "headers.h"
#include "server_impl.h"

#define LINGER_MS 1000

static void let_go(struct rf_lingering *slot)
{
    char waste[4096];
    for (int i = 0; i < 16 && recv(slot->fd, waste, sizeof(waste), MSG_DONTWAIT) > 0; i++)
        continue;
    (void)close(slot->fd); /* the client has been told; what it missed is its loss */
    slot->fd = -1;
}

void rf_linger(struct rf_server *server, int fd)
{
    struct rf_lingering *slot = &server->lingering[server->lingering_next++ % RF_LINGERING];
    if (slot->fd >= 0)
        let_go(slot);
    *slot = (struct rf_lingering){.fd = fd, .since_ms = (int64_t)uv_now(server->loop)};
    rf_server_watch(server);
}

bool rf_linger_tick(struct rf_server *server, int64_t now_ms)
{
    bool any = false;
    for (size_t i = 0; i < RF_LINGERING; i++) {
        struct rf_lingering *slot = &server->lingering[i];
        if (slot->fd >= 0 && now_ms - slot->since_ms >= LINGER_MS)
            let_go(slot);
        any = any || slot->fd >= 0;
    }
    return any;
}

void rf_refuse(struct rf_server *server, int fd, enum rf_refusal why)
{
    const struct rf_buf *answer = &server->refusals[why];
    server->refused[why]++;
    /* A socket with nothing under way has room for it; where it has not, the client takes nothing anyway. */
    (void)send(fd, answer->data, answer->len, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(fd, SHUT_WR);
}

void rf_refusals_init(struct rf_server *server)
{
    static const struct {
        const char *status, *error, *retry_after;
    } texts[RF_REFUSALS] = {
        [RF_REFUSAL_FULL] = {"503 Service Unavailable",
            "The server has as many connections as it takes; try again shortly", "2"},
        [RF_REFUSAL_ADDRESS] = {"503 Service Unavailable", "Too many connections from your address", "2"},
        [RF_REFUSAL_LATE] = {"408 Request Timeout", "The request was not complete in time", NULL},
        [RF_REFUSAL_HEADERS] = {"431 Request Header Fields Too Large", "The request's headers are too large",
            NULL},
        [RF_REFUSAL_URL] = {"414 URI Too Long", "The address is too long", NULL},
        [RF_REFUSAL_QUERY] = {"400 Bad Request", "The query has too many parameters", NULL},
    };
    for (size_t i = 0; i < RF_LINGERING; i++)
        server->lingering[i].fd = -1;
    for (size_t i = 0; i < RF_REFUSALS; i++)
        rf_headers_write_refusal(
            &server->refusals[i], &server->cors, texts[i].status, texts[i].error, texts[i].retry_after);
}

void rf_refusals_finish(struct rf_server *server)
{
    for (size_t i = 0; i < RF_LINGERING; i++)
        if (server->lingering[i].fd >= 0)
            let_go(&server->lingering[i]);
    for (size_t i = 0; i < RF_REFUSALS; i++)
        rf_buf_finish(&server->refusals[i]);
}
