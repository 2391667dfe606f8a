/* stream_decode.c - the text inside an HTTP answer that never ends. */
#include "stream_decode.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool pass_on(struct stream_decoder *decoder, const char *bytes, size_t len, stream_text *to, void *ctx)
{
    if (!decoder->zipped) {
        to(ctx, bytes, len);
        return true;
    }
    char text[65536];
    decoder->zip.next_in = (const Bytef *)bytes;
    decoder->zip.avail_in = (uInt)len;
    do {
        decoder->zip.next_out = (Bytef *)text;
        decoder->zip.avail_out = sizeof text;
        int result = inflate(&decoder->zip, Z_SYNC_FLUSH);
        if (result != Z_OK && result != Z_BUF_ERROR)
            return false;
        to(ctx, text, sizeof text - decoder->zip.avail_out);
    } while (decoder->zip.avail_out == 0);
    return true;
}

static bool begins(const char *line, const char *name)
{
    return strncasecmp(line, name, strlen(name)) == 0;
}

/* A line of the head; the empty one is its end. */
static bool head_line(struct stream_decoder *decoder)
{
    const char *line = decoder->line;
    if (decoder->status == 0)
        decoder->status = begins(line, "HTTP/1.") ? (int)strtol(line + 8, NULL, 10) : -1;
    else if (begins(line, "Transfer-Encoding: chunked"))
        decoder->chunked = true;
    else if (begins(line, "Content-Encoding: gzip"))
        decoder->zipped = true;
    else if (*line == '\0') {
        decoder->state = decoder->chunked ? STREAM_SIZE : STREAM_PLAIN;
        return !decoder->zipped || inflateInit2(&decoder->zip, 16 + MAX_WBITS) == Z_OK;
    }
    return true;
}

static bool line_ended(struct stream_decoder *decoder)
{
    if (decoder->state == STREAM_HEAD)
        return head_line(decoder);
    if (decoder->line_len == 0)
        return true; /* what ends the chunk before */
    decoder->chunk_left = strtoul(decoder->line, NULL, 16);
    decoder->state = STREAM_DATA;
    return decoder->chunk_left > 0; /* a stream has no end */
}

bool stream_decode(struct stream_decoder *decoder, const char *bytes, size_t len, stream_text *to, void *ctx)
{
    const char *at = bytes, *end = bytes + len;
    while (at < end) {
        size_t left = (size_t)(end - at);
        if (decoder->state == STREAM_PLAIN)
            return pass_on(decoder, at, left, to, ctx);
        if (decoder->state == STREAM_DATA) {
            size_t part = left < decoder->chunk_left ? left : decoder->chunk_left;
            if (!pass_on(decoder, at, part, to, ctx))
                return false;
            at += part;
            decoder->chunk_left -= part;
            if (decoder->chunk_left == 0)
                decoder->state = STREAM_SIZE;
        } else if (*at++ == '\n') {
            if (decoder->line_len > 0 && decoder->line[decoder->line_len - 1] == '\r')
                decoder->line_len--;
            decoder->line[decoder->line_len] = '\0';
            if (!line_ended(decoder))
                return false;
            decoder->line_len = 0;
        } else if (decoder->line_len < sizeof decoder->line - 1) {
            decoder->line[decoder->line_len++] = at[-1];
        }
    }
    return true;
}

void stream_decoder_finish(struct stream_decoder *decoder)
{
    if (decoder->zipped)
        (void)inflateEnd(&decoder->zip); /* nothing is left to be lost */
}
