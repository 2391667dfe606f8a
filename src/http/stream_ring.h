/* stream_ring.h - the newest events of the push stream, each made once and shared by all who are sent it.
 * Pure. */
#ifndef RF_HTTP_STREAM_RING_H
#define RF_HTTP_STREAM_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gzip.h"
#include "racefacer/base/buf.h"
#include "racefacer/codec/stream.h"

/* Whose event it is: of a track, or of a session without one. */
struct rf_stream_topic {
    bool has_track;
    int64_t track;
};

/* Bytes as they go over the wire: as a chunk, for clients of HTTP/1.1, with what is in it for others. */
struct rf_stream_wire {
    size_t bare_at, bare_len, len;
    char data[];
};

struct rf_stream_item {
    size_t refs;
    uint64_t number; /* 1 and up, of all events of this process */
    enum rf_stream_kind kind;
    struct rf_stream_topic topic;
    uint64_t bytes_before; /* in the ring, ever */
    struct rf_stream_wire *plain;
    struct rf_stream_wire *gzip; /* a part of a gzip stream; NULL: nobody wanted it yet */
    struct rf_gzip_sum sum;      /* of that part */
};

/* `data` is the event's JSON; line breaks in it become spaces. Its id is "<boot>-<number>": events without a
 * number of their own repeat that of the newest before them. */
struct rf_stream_item *rf_stream_item_make(const char *boot, uint64_t number, enum rf_stream_kind kind,
    struct rf_stream_topic topic, struct rf_slice data);
/* Bytes for one client alone: as they are, or as a chunk where it takes chunks. */
struct rf_stream_item *rf_stream_item_raw(struct rf_slice bytes);
struct rf_stream_item *rf_stream_item_bare(struct rf_slice bytes);
/* Makes its gzip where it has none. */
void rf_stream_item_compress(struct rf_stream_item *item, struct rf_gzip *gzip);
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
