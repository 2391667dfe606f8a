/* recording.h - reads a recording piece by piece. No loop here: the calls block, and are made on the thread
 * pool.
 *
 * A line is {"t":<wall ms>,"event":"<name>","payload":<JSON>}, where "text":"…" or "hex":"7b22…" may stand
 * instead of the payload, for messages that are no JSON or not even text. */
#ifndef RACEFACER_FEED_RECORDING_H
#define RACEFACER_FEED_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <utarray.h>

#include "racefacer/base/buf.h"

#define RECORDING_LINE_MAX (8 << 20) /* bytes; longer lines are skipped and counted as bad */

struct recording_entry {
    int64_t t;                   /* wall ms of receipt */
    size_t event;                /* where its NUL-terminated name begins in the chunk's text */
    size_t payload, payload_len; /* where the payload is in it */
};

struct recording_chunk {
    struct rf_buf text;
    UT_array *entries; /* struct recording_entry, owned */
    size_t bad;        /* lines skipped */
    size_t bad_line;   /* number of the first of them, from 1 */
    bool ended;        /* nothing comes after this chunk */
    char fault[128];   /* why it ended before its time; "" */
};

void recording_chunk_init(struct recording_chunk *chunk);
void recording_chunk_finish(struct recording_chunk *chunk);

/* Adds what a line says to the chunk; false where it is no line of a recording. */
bool recording_line_parse(struct recording_chunk *chunk, const char *line, size_t len);

struct recording;

/* NULL with *error strerror's text where it cannot be opened. */
struct recording *recording_open(const char *file, const char **error);
void recording_close(struct recording *recording);

/* Reads on, about a megabyte, into a chunk whose old content is dropped. It may hold no entries and yet not
 * be the end. */
void recording_read(struct recording *recording, struct recording_chunk *chunk);

#endif
