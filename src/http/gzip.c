/* gzip.c - compressing, with zlib. */
#include "gzip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "racefacer/base/memory.h"

#define LEVEL 5 /* of a body of 20 karts it leaves 2 % more than level 6, in half the time */
#define RAW (-15)
#define FLUSH_ROOM 16 /* beyond deflateBound, for the end of a part */

struct rf_gzip {
    z_stream deflate;
};

struct rf_gzip *rf_gzip_create(void)
{
    struct rf_gzip *gzip = rf_new(sizeof *gzip);
    if (deflateInit2(&gzip->deflate, LEVEL, Z_DEFLATED, RAW, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        fputs("out of memory for zlib\n", stderr);
        abort();
    }
    return gzip;
}

void rf_gzip_destroy(struct rf_gzip *gzip)
{
    if (gzip == NULL)
        return;
    (void)deflateEnd(&gzip->deflate); /* says whether a stream was left unfinished, and parts are */
    free(gzip);
}

static void compress_all(struct rf_gzip *gzip, struct rf_buf *out, const void *data, size_t len, int flush)
{
    z_stream *deflater = &gzip->deflate;
    (void)deflateReset(deflater); /* fails on a state that is none */
    size_t room = deflateBound(deflater, len) + FLUSH_ROOM;
    rf_buf_reserve(out, room);
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): zlib takes no const, and changes nothing */
    deflater->next_in = (Bytef *)(uintptr_t)data;
    deflater->avail_in = (uInt)len;
    deflater->next_out = (Bytef *)out->data + out->len;
    deflater->avail_out = (uInt)room;
    /* With as much room it cannot but take all. */
    (void)deflate(deflater, flush);
    out->len += room - deflater->avail_out;
    out->data[out->len] = '\0';
}

static struct rf_gzip_sum sum_of(const void *data, size_t len)
{
    return (struct rf_gzip_sum){.crc = (uint32_t)crc32_z(0, data, len), .len = (uint32_t)len};
}

static void put_number(char *out, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        out[i] = (char)(number >> 8 * i);
}

void rf_gzip_end(const struct rf_gzip_sum *sum, char out[RF_GZIP_END_SIZE])
{
    memcpy(out, "\x03\0", 2); /* a last block, empty */
    put_number(out + 2, sum->crc);
    put_number(out + 6, sum->len);
}

void rf_gzip_whole(struct rf_gzip *gzip, struct rf_buf *out, const void *data, size_t len)
{
    struct rf_gzip_sum sum = sum_of(data, len);
    char end[RF_GZIP_END_SIZE];
    rf_buf_append(out, RF_GZIP_HEAD, RF_GZIP_HEAD_SIZE);
    compress_all(gzip, out, data, len, Z_FINISH);
    rf_gzip_end(&sum, end);
    rf_buf_append(out, end + 2, 8); /* its last block has been */
}

struct rf_gzip_sum rf_gzip_part(struct rf_gzip *gzip, struct rf_buf *out, const void *data, size_t len)
{
    struct rf_gzip_sum sum = sum_of(data, len);
    sum.shift = (uint32_t)crc32_combine_gen((z_off_t)len);
    compress_all(gzip, out, data, len, Z_FULL_FLUSH);
    return sum;
}

void rf_gzip_add(struct rf_gzip_sum *sum, const struct rf_gzip_sum *part)
{
    sum->crc = (uint32_t)crc32_combine_op(sum->crc, part->crc, part->shift);
    sum->len += part->len;
}
