/* stream_decode.h - the text inside an HTTP answer that never ends: without its head, its chunks and its gzip. */
#ifndef RF_TESTS_TOOLS_STREAM_DECODE_H
#define RF_TESTS_TOOLS_STREAM_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <zlib.h>

struct stream_decoder {
    enum { STREAM_HEAD, STREAM_SIZE, STREAM_DATA, STREAM_PLAIN } state;
    char line[256]; /* of the head, or of a chunk's size */
    size_t line_len, chunk_left;
    int status; /* of the answer; 0 before it is known */
    bool chunked, zipped;
    z_stream zip;
};

/* Text as it comes, in pieces of at most 64 kB. */
typedef void stream_text(void *ctx, const char *text, size_t len);

/* Zeroed memory is a decoder. False where the bytes are no such answer. */
bool stream_decode(struct stream_decoder *decoder, const char *bytes, size_t len, stream_text *to, void *ctx);

void stream_decoder_finish(struct stream_decoder *decoder);

#endif
