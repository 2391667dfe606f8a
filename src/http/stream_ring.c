/* stream_ring.c - the newest events of the push stream. */
#include "stream_ring.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"

#define HEAD_MAX 128          /* id and event lines */
#define RETRY "retry: 2000\n" /* a browser comes again after so long, if its connection ends */
#define CHUNK_MAX 20          /* a chunk's length in hexadecimal and its line break */

/* A line break would end the event's data line; in JSON outside of strings a space says the same. */
static void put_line(char *out, struct rf_slice text)
{
    memcpy(out, text.data, text.len);
    for (char *at = out; at < out + text.len; at++)
        if (*at == '\n' || *at == '\r')
            *at = ' ';
}

struct rf_stream_item *rf_stream_item_make(const char *boot, uint64_t number, enum rf_stream_kind kind,
    struct rf_stream_topic topic, struct rf_slice data)
{
    char head[HEAD_MAX], chunk[CHUNK_MAX];
    int head_len = snprintf(head, sizeof head,
        "%sid: %s-%" PRIu64 "\nevent: %s\ndata: ", kind == RF_STREAM_CONNECTED ? RETRY : "", boot, number,
        rf_stream_name(kind));
    size_t event_len = (size_t)head_len + data.len + 2;
    int chunk_len = snprintf(chunk, sizeof chunk, "%zx\r\n", event_len);
    size_t len = (size_t)chunk_len + event_len + 2;
    struct rf_stream_item *item = rf_new(sizeof *item + len);
    item->refs = 1;
    item->number = number;
    item->kind = kind;
    item->topic = topic;
    item->event_at = (size_t)chunk_len;
    item->event_len = event_len;
    item->len = len;
    char *at = item->data;
    memcpy(at, chunk, (size_t)chunk_len);
    at += chunk_len;
    memcpy(at, head, (size_t)head_len);
    at += head_len;
    put_line(at, data);
    memcpy(at + data.len, "\n\n\r\n", 4);
    return item;
}

struct rf_stream_item *rf_stream_item_head(struct rf_slice head)
{
    struct rf_stream_item *item = rf_new(sizeof *item + head.len);
    item->refs = 1;
    item->len = item->event_len = head.len;
    memcpy(item->data, head.data, head.len);
    return item;
}

struct rf_stream_item *rf_stream_item_hold(struct rf_stream_item *item)
{
    item->refs++;
    return item;
}

void rf_stream_item_release(struct rf_stream_item *item)
{
    if (item != NULL && --item->refs == 0)
        free(item);
}

static struct rf_stream_item **slot(struct rf_stream_ring *ring, uint64_t position)
{
    return &ring->items[position % RF_STREAM_RING_ITEMS];
}

static void drop_oldest(struct rf_stream_ring *ring)
{
    struct rf_stream_item **oldest = slot(ring, ring->begin++);
    ring->bytes -= (*oldest)->len;
    rf_stream_item_release(*oldest);
    *oldest = NULL;
}

void rf_stream_ring_finish(struct rf_stream_ring *ring)
{
    while (ring->begin < ring->end)
        drop_oldest(ring);
}

void rf_stream_ring_add(struct rf_stream_ring *ring, struct rf_stream_item *item)
{
    while (ring->begin < ring->end && (ring->end - ring->begin == RF_STREAM_RING_ITEMS ||
                                          ring->bytes + item->len > RF_STREAM_RING_BYTES))
        drop_oldest(ring);
    item->bytes_before = ring->bytes_ever;
    ring->bytes_ever += item->len;
    ring->bytes += item->len;
    *slot(ring, ring->end++) = item;
}

struct rf_stream_item *rf_stream_ring_at(const struct rf_stream_ring *ring, uint64_t position)
{
    if (position < ring->begin || position >= ring->end)
        return NULL;
    return ring->items[position % RF_STREAM_RING_ITEMS];
}

bool rf_stream_ring_after(const struct rf_stream_ring *ring, uint64_t number, uint64_t *position)
{
    uint64_t low = ring->begin, high = ring->end; /* numbers rise with positions */
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (rf_stream_ring_at(ring, middle)->number <= number)
            low = middle + 1;
        else
            high = middle;
    }
    *position = low;
    /* Where even the oldest came later, what came between it and `number` is not known: unless it is all
     * there ever was. */
    return low > ring->begin || ring->begin == 0;
}

uint64_t rf_stream_ring_behind(const struct rf_stream_ring *ring, uint64_t position)
{
    const struct rf_stream_item *item = rf_stream_ring_at(ring, position);
    return item != NULL ? ring->bytes_ever - item->bytes_before : 0;
}
