/* stream_ring.h - the newest events of the push stream, each made once and shared by all who are sent it.
 * Pure. */
#ifndef RF_HTTP_STREAM_RING_H
#define RF_HTTP_STREAM_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/buf.h"
#include "racefacer/codec/stream.h"

/* Whose event it is: of a track, or of a session without one. */
struct rf_stream_topic {
    bool has_track;
    int64_t track;
};

/* One event as it goes over the wire: as a chunk, for clients of HTTP/1.1, with the bare event inside. */
struct rf_stream_item {
    size_t refs;
    uint64_t number; /* 1 and up, of all events of this process */
    enum rf_stream_kind kind;
    struct rf_stream_topic topic;
    uint64_t bytes_before; /* in the ring, ever */
    size_t event_at, event_len, len;
    char data[];
};

/* `data` is the event's JSON; line breaks in it become spaces. Its id is "<boot>-<number>": events without a
 * number of their own repeat that of the newest before them. */
struct rf_stream_item *rf_stream_item_make(const char *boot, uint64_t number, enum rf_stream_kind kind,
    struct rf_stream_topic topic, struct rf_slice data);
/* The head of the answer, as it is. */
struct rf_stream_item *rf_stream_item_head(struct rf_slice head);
struct rf_stream_item *rf_stream_item_hold(struct rf_stream_item *item); /* one more reference */
void rf_stream_item_release(struct rf_stream_item *item);                /* takes NULL */

#define RF_STREAM_RING_ITEMS 8192
#define RF_STREAM_RING_BYTES ((size_t)4 << 20)

struct rf_stream_ring {
    struct rf_stream_item *items[RF_STREAM_RING_ITEMS];
    uint64_t begin, end; /* positions, counted for ever: an item stands at its position modulo the size */
    uint64_t bytes_ever;
    size_t bytes;
};

void rf_stream_ring_finish(struct rf_stream_ring *ring);

/* Takes the reference over; the oldest make room. */
void rf_stream_ring_add(struct rf_stream_ring *ring, struct rf_stream_item *item);

/* NULL at the end, and where it has gone. Borrowed. */
struct rf_stream_item *rf_stream_ring_at(const struct rf_stream_ring *ring, uint64_t position);

/* The position after event `number`. False where events after it may have gone. */
bool rf_stream_ring_after(const struct rf_stream_ring *ring, uint64_t number, uint64_t *position);

/* Bytes from a position to the end. */
uint64_t rf_stream_ring_behind(const struct rf_stream_ring *ring, uint64_t position);

#endif
