/* stream_begin.c - a new client of the push stream: where it goes on, and what it is told first. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utlist.h>

#include "accepts.h"
#include "headers.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "server_impl.h"
#include "stream_client.h"

#define GONE_MS 30000 /* a client whose machine says nothing for so long is gone */

/* Where to go on. NULL: all since the id comes, or there is none; else why it does not. */
static const char *resume(struct rf_stream_client *client, struct rf_slice id, bool *resumed)
{
    const struct rf_stream *stream = client->stream;
    size_t boot_len = strlen(stream->boot);
    uint64_t number = 0;
    *resumed = false;
    if (id.len == 0)
        return NULL;
    if (id.len <= boot_len + 1 || id.len > boot_len + 20 || memcmp(id.data, stream->boot, boot_len) != 0 ||
        id.data[boot_len] != '-')
        return "the server has been started again since";
    for (size_t i = boot_len + 1; i < id.len; i++) {
        if (id.data[i] < '0' || id.data[i] > '9')
            return "that is no id of ours";
        number = number * 10 + (uint64_t)(id.data[i] - '0');
    }
    if (number > stream->number)
        return "that is no id of ours";
    if (!rf_stream_ring_after(&stream->ring, number, &client->position))
        return "that is too long ago";
    client->seen = number;
    *resumed = true;
    return NULL;
}

/* From the newest frame on, as it is sent first; what was told after it follows. */
static void begin_fresh(struct rf_stream_client *client)
{
    const struct rf_stream *stream = client->stream;
    client->seen = stream->number;
    client->position = stream->ring.end;
    if ((client->wish.kinds & 1u << RF_STREAM_SESSION) == 0)
        return;
    client->seen = rf_stream_frame(stream, client->wish.by_track, client->wish.track)->number - 1;
    (void)rf_stream_ring_after(&stream->ring, client->seen, &client->position);
}

/* For it alone, and in front of all others. */
static void put_own(struct rf_stream_client *client, enum rf_stream_kind kind, const struct rf_buf *data)
{
    rf_stream_client_put(client, rf_stream_item_make(client->stream->boot, client->seen, kind,
                                     (struct rf_stream_topic){0}, (struct rf_slice){data->data, data->len}));
}

static void put_head(struct rf_stream_client *client, const struct rf_request *request)
{
    struct rf_buf *head = &client->stream->scratch;
    rf_buf_clear(head);
    rf_headers_write_stream(
        head, &client->stream->server->cors, request->variant, client->chunked, client->gzip);
    rf_stream_client_put_bare(client, rf_stream_item_raw((struct rf_slice){head->data, head->len}));
    if (client->gzip)
        rf_stream_client_put_bare(
            client, rf_stream_item_bare((struct rf_slice){RF_GZIP_HEAD, RF_GZIP_HEAD_SIZE}));
}

static void greet(struct rf_stream_client *client, bool resumed, const char *why_not)
{
    struct rf_stream *stream = client->stream;
    rf_buf_clear(&stream->scratch);
    rf_stream_write_connected(&stream->scratch, client->id, client->connected_ms, resumed, why_not);
    put_own(client, RF_STREAM_CONNECTED, &stream->scratch);
    if (!resumed && (client->wish.kinds & 1u << RF_STREAM_STATUS) != 0)
        put_own(client, RF_STREAM_STATUS, &stream->status);
}

static void read_agent(struct rf_stream_client *client, const struct rf_request *request)
{
    const char *agent =
        MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_USER_AGENT);
    if (agent == NULL)
        return;
    size_t len = strnlen(agent, RF_STREAM_AGENT - 1);
    for (size_t i = 0; i < len; i++)
        client->agent[i] = agent[i] >= ' ' && agent[i] <= '~' ? agent[i] : '?';
}

void rf_stream_client_create(
    struct rf_stream *stream, const struct rf_request *request, const struct rf_stream_wish *wish)
{
    struct rf_stream_client *client = rf_new(sizeof *client);
    bool resumed;
    client->stream = stream;
    client->connection = request->connection;
    client->id = ++stream->clients_ever;
    client->fd = request->connection->fd;
    client->wish = *wish;
    client->wish.last_id = (struct rf_slice){0};
    client->chunked = request->headers.http_1_1;
    client->gzip = rf_accepts(request->headers.accept_encoding, "gzip");
    client->connected_ms = rf_clock_wall_ms();
    client->since_ms = client->moved_ms = (int64_t)uv_now(stream->server->loop);
    read_agent(client, request);
    DL_APPEND(stream->clients, client);
    stream->client_count++;
    rf_stream_joined(stream);
    const char *why_not = resume(client, wish->last_id, &resumed);
    if (!resumed)
        begin_fresh(client);
    put_head(client, request);
    greet(client, resumed, why_not);

    int gone_ms = GONE_MS, at_once = 1;
    /* Without these it works as well, only later. */
    (void)setsockopt(client->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &gone_ms, sizeof gone_ms);
    (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    /* It tells at once that there is room, and the first events go. */
    struct epoll_event interest = {.events = EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = client};
    if (epoll_ctl(stream->epoll_fd, EPOLL_CTL_ADD, client->fd, &interest) != 0)
        rf_stream_client_destroy(client);
}
