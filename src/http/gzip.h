/* gzip.h - compressing: whole bodies, and a stream's events each for itself, so that all who listen share them.
 * A stream is RF_GZIP_HEAD, then parts in any choice and order, then what rf_gzip_end makes. Pure. */
#ifndef RF_HTTP_GZIP_H
#define RF_HTTP_GZIP_H

#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/buf.h"

#define RF_GZIP_HEAD "\x1f\x8b\x08\0\0\0\0\0\0\x03"
#define RF_GZIP_HEAD_SIZE 10
#define RF_GZIP_END_SIZE 10

struct rf_gzip; /* zlib's memory, 260 kB */

struct rf_gzip *rf_gzip_create(void);
void rf_gzip_destroy(struct rf_gzip *gzip); /* takes NULL */

/* Appends the data as a whole file. */
void rf_gzip_whole(struct rf_gzip *gzip, struct rf_buf *out, const void *data, size_t len);

/* What a stream's end has to know of a part, or of all parts so far; 0 before the first. */
struct rf_gzip_sum {
    uint32_t crc, len;
    uint32_t shift; /* of a part: what its length does to a checksum before it */
};

/* Appends the data as a part: it refers to nothing before it, and ends on a byte, all of it there to be read. */
struct rf_gzip_sum rf_gzip_part(struct rf_gzip *gzip, struct rf_buf *out, const void *data, size_t len);
void rf_gzip_add(struct rf_gzip_sum *sum, const struct rf_gzip_sum *part);
void rf_gzip_end(const struct rf_gzip_sum *sum, char out[RF_GZIP_END_SIZE]);

#endif
