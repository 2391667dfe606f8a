/* stream_client.c - one client of the push stream: what it is to be sent next, and sending it. */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utlist.h>

#include "headers.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/json_write.h"
#include "server_impl.h"
#include "stream.h"

#define QUEUE_ITEMS 16     /* sent with one call */
#define LAG_MAX (1u << 20) /* bytes that a client may be behind */
#define GONE_MS 30000      /* a client whose machine says nothing for so long is gone */
#define AGENT_MAX 128

struct rf_stream_client {
    struct rf_stream *stream;
    struct rf_connection *connection; /* taken from libmicrohttpd; owned */
    uint64_t id;
    int fd;                                    /* the connection's */
    struct rf_stream_wish wish;                /* last_id is not kept */
    bool chunked;                              /* HTTP/1.1 */
    uint64_t position;                         /* in the ring */
    uint64_t seen;                             /* number of the newest event taken for it */
    struct rf_stream_item *queue[QUEUE_ITEMS]; /* taken for it; each holds a reference */
    size_t queued;
    size_t sent; /* bytes of the first */
    int64_t connected_ms;
    int64_t since_ms, moved_ms; /* steady: connected; when it last took something or had all */
    char agent[AGENT_MAX];
    struct rf_stream_client *prev, *next;
};

struct rf_stream_client *rf_stream_client_next(const struct rf_stream_client *client)
{
    return client->next;
}

/* ---- what comes next */

static bool wants(const struct rf_stream_client *client, const struct rf_stream_item *item)
{
    bool of_all = item->kind == RF_STREAM_STATUS || item->kind == RF_STREAM_HEARTBEAT;
    if ((client->wish.kinds & 1u << item->kind) == 0)
        return false;
    return of_all || !client->wish.by_track ||
           (item->topic.has_track && item->topic.track == client->wish.track);
}

/* Of the ring's next and the newest frame the one made first; NULL: it has all. */
static struct rf_stream_item *next_item(struct rf_stream_client *client)
{
    const struct rf_stream *stream = client->stream;
    struct rf_stream_item *item, *frame = NULL;
    while ((item = rf_stream_ring_at(&stream->ring, client->position)) != NULL && !wants(client, item))
        client->position++;
    if ((client->wish.kinds & 1u << RF_STREAM_SESSION) != 0)
        frame = rf_stream_frame(stream, client->wish.by_track, client->wish.track);
    if (frame != NULL && frame->number > client->seen && (item == NULL || frame->number < item->number))
        return frame;
    if (item != NULL)
        client->position++;
    return item;
}

static void fill(struct rf_stream_client *client)
{
    struct rf_stream_item *item;
    while (client->queued < QUEUE_ITEMS && (item = next_item(client)) != NULL) {
        client->seen = item->number;
        client->queue[client->queued++] = rf_stream_item_hold(item);
    }
}

/* ---- sending */

static struct iovec bytes_of(
    const struct rf_stream_client *client, const struct rf_stream_item *item, size_t from)
{
    const char *data = client->chunked ? item->data : item->data + item->event_at;
    size_t len = client->chunked ? item->len : item->event_len;
    return (struct iovec){.iov_base = (char *)data + from, .iov_len = len - from};
}

static void took(struct rf_stream_client *client, size_t bytes)
{
    size_t done = 0;
    while (done < client->queued) {
        size_t left = bytes_of(client, client->queue[done], client->sent).iov_len;
        if (bytes < left)
            break;
        bytes -= left;
        client->sent = 0;
        rf_stream_item_release(client->queue[done++]);
    }
    client->sent += bytes;
    client->queued -= done;
    memmove(client->queue, client->queue + done, client->queued * sizeof client->queue[0]);
}

static ssize_t send_queue(const struct rf_stream_client *client)
{
    struct iovec parts[QUEUE_ITEMS];
    for (size_t i = 0; i < client->queued; i++)
        parts[i] = bytes_of(client, client->queue[i], i == 0 ? client->sent : 0);
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = client->queued};
    return sendmsg(client->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void destroy(struct rf_stream_client *client)
{
    struct rf_stream *stream = client->stream;
    /* libmicrohttpd may have its descriptor of the socket still, which would keep the interest. There is none
     * where it could not be added. */
    (void)epoll_ctl(stream->epoll_fd, EPOLL_CTL_DEL, client->fd, NULL);
    for (size_t i = 0; i < client->queued; i++)
        rf_stream_item_release(client->queue[i]);
    rf_connection_close(client->connection);
    DL_DELETE(stream->clients, client);
    stream->client_count--;
    free(client);
    if (stream->client_count == 0)
        rf_stream_joined(stream);
}

bool rf_stream_client_pump(struct rf_stream_client *client)
{
    for (;;) {
        fill(client);
        if (client->queued == 0)
            break;
        ssize_t bytes = send_queue(client);
        if (bytes < 0 && errno == EINTR)
            continue;
        if (bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return true; /* epoll tells when there is room */
        if (bytes < 0) {
            destroy(client);
            return false;
        }
        took(client, (size_t)bytes);
        client->moved_ms = (int64_t)uv_now(client->stream->server->loop);
    }
    client->moved_ms = (int64_t)uv_now(client->stream->server->loop);
    return true;
}

void rf_stream_client_ready(struct rf_stream_client *client, uint32_t events)
{
    if ((events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0)
        destroy(client);
    else
        (void)rf_stream_client_pump(client); /* it is not looked at again */
}

static uint64_t lag(const struct rf_stream_client *client)
{
    uint64_t bytes = rf_stream_ring_behind(&client->stream->ring, client->position);
    for (size_t i = 0; i < client->queued; i++)
        bytes += bytes_of(client, client->queue[i], i == 0 ? client->sent : 0).iov_len;
    return bytes;
}

uint64_t rf_stream_lag(const struct rf_stream *stream)
{
    const struct rf_stream_client *client;
    uint64_t most = 0;
    DL_FOREACH(stream->clients, client)
    {
        uint64_t behind = lag(client);
        most = behind > most ? behind : most;
    }
    return most;
}

void rf_stream_client_check(struct rf_stream_client *client, int64_t now_ms)
{
    struct rf_stream *stream = client->stream;
    uint64_t behind = lag(client);
    int64_t idle_ms = (int64_t)stream->server->options.idle_seconds * 1000;
    bool lost = client->position < stream->ring.begin;
    unsigned long held = 0;
    if (!lost && behind <= LAG_MAX && now_ms - client->moved_ms < idle_ms)
        return;
    stream->cut_off++;
    if (rf_log_allow(&stream->slow_log, now_ms, 10000, &held))
        rf_log_warn(stream->server->log, "stream",
            "client %" PRIu64 " (%s) reads too slowly and was cut off, %" PRIu64
            " bytes behind; it may come again and resume (%lu more since the last such line)",
            client->id, client->agent, behind, held);
    rf_stream_client_end(client);
}

/* ---- begin and end */

void rf_stream_client_end(struct rf_stream_client *client)
{
    static const char last[] = "0\r\n\r\n";
    /* Halfway through an event nothing may follow, not even the last chunk. */
    if (client->chunked && client->sent == 0)
        (void)send(client->fd, last, strlen(last), MSG_NOSIGNAL | MSG_DONTWAIT); /* a courtesy */
    destroy(client);
}

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
    client->queue[client->queued++] = rf_stream_item_make(client->stream->boot, client->seen, kind,
        (struct rf_stream_topic){0}, (struct rf_slice){data->data, data->len});
}

static void put_head(struct rf_stream_client *client, const struct rf_request *request)
{
    struct rf_buf *head = &client->stream->scratch;
    rf_buf_clear(head);
    rf_headers_write_stream(head, &client->stream->server->cors, request->variant, client->chunked);
    client->queue[client->queued++] = rf_stream_item_head((struct rf_slice){head->data, head->len});
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
    size_t len = strnlen(agent, AGENT_MAX - 1);
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
        destroy(client);
}

/* ---- GET /api/clients */

static int64_t seconds_of(const struct rf_stream *stream, const struct rf_stream_client *client)
{
    return client == NULL ? 0 : ((int64_t)uv_now(stream->server->loop) - client->since_ms) / 1000;
}

void rf_stream_write_clients(const struct rf_stream *stream, struct rf_buf *out)
{
    const struct rf_stream_client *client;
    size_t active = 0;
    char id[24];
    struct rf_json json;
    DL_FOREACH(stream->clients, client)
    {
        active += client->queued == 0;
    }
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    rf_json_int(&json, "totalClients", (int64_t)stream->client_count);
    rf_json_int(&json, "activeClients", (int64_t)active);
    rf_json_int(&json, "oldestConnectionSeconds", seconds_of(stream, stream->clients));
    rf_json_int(&json, "newestConnectionSeconds",
        seconds_of(stream, stream->clients != NULL ? stream->clients->prev : NULL));
    rf_json_array(&json, "clients");
    DL_FOREACH(stream->clients, client)
    {
        (void)snprintf(id, sizeof id, "%" PRIu64, client->id); /* it fits */
        rf_json_object(&json, NULL);
        rf_json_string(&json, "id", id);
        rf_json_iso(&json, "connectedAt", client->connected_ms);
        rf_json_int(&json, "durationSeconds", seconds_of(stream, client));
        rf_json_string(&json, "userAgent", client->agent);
        rf_json_int(&json, "lagBytes", (int64_t)lag(client));
        rf_json_object_end(&json);
    }
    rf_json_array_end(&json);
    rf_json_object_end(&json);
}
