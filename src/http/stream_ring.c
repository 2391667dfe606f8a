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

/* With room for the bare bytes, which the caller writes. */
static struct rf_stream_wire *new_chunk(size_t bare_len)
{
    char head[CHUNK_MAX];
    size_t head_len = (size_t)snprintf(head, sizeof head, "%zx\r\n", bare_len), len = head_len + bare_len + 2;
    struct rf_stream_wire *wire = rf_new(sizeof *wire + len);
    *wire = (struct rf_stream_wire){.bare_at = head_len, .bare_len = bare_len, .len = len};
    memcpy(wire->data, head, head_len);
    memcpy(wire->data + head_len + bare_len, "\r\n", 2);
    return wire;
}

struct rf_stream_item *rf_stream_item_make(const char *boot, uint64_t number, enum rf_stream_kind kind,
    struct rf_stream_topic topic, struct rf_slice data)
{
    char head[HEAD_MAX];
    size_t head_len = (size_t)snprintf(head, sizeof head,
        "%sid: %s-%" PRIu64 "\nevent: %s\ndata: ", kind == RF_STREAM_CONNECTED ? RETRY : "", boot, number,
        rf_stream_name(kind));
    struct rf_stream_item *item = rf_new(sizeof *item);
    item->refs = 1;
    item->number = number;
    item->kind = kind;
    item->topic = topic;
    item->plain = new_chunk(head_len + data.len + 2);
    char *at = item->plain->data + item->plain->bare_at;
    memcpy(at, head, head_len);
    put_line(at + head_len, data);
    memcpy(at + head_len + data.len, "\n\n", 2);
    return item;
}

struct rf_stream_item *rf_stream_item_raw(struct rf_slice bytes)
{
    struct rf_stream_item *item = rf_new(sizeof *item);
    item->refs = 1;
    item->plain = rf_new(sizeof *item->plain + bytes.len);
    item->plain->len = item->plain->bare_len = bytes.len;
    memcpy(item->plain->data, bytes.data, bytes.len);
    return item;
}

struct rf_stream_item *rf_stream_item_bare(struct rf_slice bytes)
{
    struct rf_stream_item *item = rf_new(sizeof *item);
    item->refs = 1;
    item->plain = new_chunk(bytes.len);
    memcpy(item->plain->data + item->plain->bare_at, bytes.data, bytes.len);
    return item;
}

void rf_stream_item_compress(struct rf_stream_item *item, struct rf_gzip *gzip)
{
    struct rf_buf part = RF_BUF_INIT;
    if (item->gzip != NULL)
        return;
    item->sum = rf_gzip_part(gzip, &part, item->plain->data + item->plain->bare_at, item->plain->bare_len);
    item->gzip = new_chunk(part.len);
    memcpy(item->gzip->data + item->gzip->bare_at, part.data, part.len);
    rf_buf_finish(&part);
}

struct rf_stream_item *rf_stream_item_hold(struct rf_stream_item *item)
{
    item->refs++;
    return item;
}

void rf_stream_item_release(struct rf_stream_item *item)
{
    if (item == NULL || --item->refs > 0)
        return;
    free(item->plain);
    free(item->gzip);
    free(item);
}

static struct rf_stream_item **slot(struct rf_stream_ring *ring, uint64_t position)
{
    return &ring->items[position % RF_STREAM_RING_ITEMS];
}

static void drop_oldest(struct rf_stream_ring *ring)
{
    struct rf_stream_item **oldest = slot(ring, ring->begin++);
    ring->bytes -= (*oldest)->plain->len;
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
                                          ring->bytes + item->plain->len > RF_STREAM_RING_BYTES))
        drop_oldest(ring);
    item->bytes_before = ring->bytes_ever;
    ring->bytes_ever += item->plain->len;
    ring->bytes += item->plain->len;
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
