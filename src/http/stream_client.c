/* stream_client.c - one client of the push stream: what it is to be sent next, and sending it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utlist.h>

#include "racefacer/codec/json_write.h"
#include "server_impl.h"
#include "stream_client.h"

#define LAG_MAX (1u << 20) /* bytes that a client may be behind */

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

void rf_stream_client_put_bare(struct rf_stream_client *client, struct rf_stream_item *item)
{
    client->queue[client->queued++] = item;
}

void rf_stream_client_put(struct rf_stream_client *client, struct rf_stream_item *item)
{
    if (client->gzip)
        rf_stream_item_compress(item, rf_server_gzip(client->stream->server));
    rf_stream_client_put_bare(client, item);
}

static void fill(struct rf_stream_client *client)
{
    struct rf_stream_item *item;
    while (client->queued < RF_STREAM_QUEUE && (item = next_item(client)) != NULL) {
        client->seen = item->number;
        rf_stream_client_put(client, rf_stream_item_hold(item));
    }
}

/* ---- sending */

static struct rf_stream_wire *wire_of(
    const struct rf_stream_client *client, const struct rf_stream_item *item)
{
    return client->gzip && item->gzip != NULL ? item->gzip : item->plain;
}

static struct iovec bytes_of(
    const struct rf_stream_client *client, const struct rf_stream_item *item, size_t from)
{
    struct rf_stream_wire *wire = wire_of(client, item);
    char *data = client->chunked ? wire->data : wire->data + wire->bare_at;
    size_t len = client->chunked ? wire->len : wire->bare_len;
    return (struct iovec){.iov_base = data + from, .iov_len = len - from};
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
        if (wire_of(client, client->queue[done]) == client->queue[done]->gzip)
            rf_gzip_add(&client->sum, &client->queue[done]->sum);
        rf_stream_item_release(client->queue[done++]);
    }
    client->sent += bytes;
    client->queued -= done;
    memmove(client->queue, client->queue + done, client->queued * sizeof client->queue[0]);
}

static ssize_t send_queue(const struct rf_stream_client *client)
{
    struct iovec parts[RF_STREAM_QUEUE];
    for (size_t i = 0; i < client->queued; i++)
        parts[i] = bytes_of(client, client->queue[i], i == 0 ? client->sent : 0);
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = client->queued};
    return sendmsg(client->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void rf_stream_client_destroy(struct rf_stream_client *client)
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
            rf_stream_client_destroy(client);
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
        rf_stream_client_destroy(client);
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

static void put_end(struct rf_stream_client *client)
{
    if (client->gzip) {
        char end[RF_GZIP_END_SIZE];
        rf_gzip_end(&client->sum, end);
        rf_stream_client_put_bare(client, rf_stream_item_bare((struct rf_slice){end, sizeof end}));
    }
    if (client->chunked)
        rf_stream_client_put_bare(client, rf_stream_item_raw((struct rf_slice){"0\r\n\r\n", 5}));
}

void rf_stream_client_end(struct rf_stream_client *client)
{
    if (!rf_stream_client_pump(client))
        return;
    /* Who has not got all is only cut off: it is to see that there was more. */
    if (client->queued == 0) {
        put_end(client);
        if (!rf_stream_client_pump(client))
            return;
    }
    rf_stream_client_destroy(client);
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
