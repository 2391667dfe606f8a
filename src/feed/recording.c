/* recording.c - a recording's file, plain or compressed, as lines. */
#include "feed/recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "racefacer/base/memory.h"

#define BLOCK_SIZE (64 << 10)
#define CHUNK_TEXT (1 << 20)
#define CHUNK_ENTRIES 2000
#define CHUNK_READ (16 << 20) /* bytes read for a chunk at most, whatever is in them */

struct recording {
    gzFile file;
    char *block; /* owned, BLOCK_SIZE */
    size_t at, filled;
    struct rf_buf line; /* a line that began in an earlier block */
    bool overlong;      /* the line in hand is: it is dropped */
    size_t lines;
};

static const UT_icd entry_icd = {sizeof(struct recording_entry), NULL, NULL, NULL};

void recording_chunk_init(struct recording_chunk *chunk)
{
    *chunk = (struct recording_chunk){.text = RF_BUF_INIT};
    utarray_new(chunk->entries, &entry_icd);
}

void recording_chunk_finish(struct recording_chunk *chunk)
{
    rf_buf_finish(&chunk->text);
    utarray_free(chunk->entries);
}

struct recording *recording_open(const char *file, const char **error)
{
    errno = 0;
    gzFile opened = gzopen(file, "rbe");
    if (opened == NULL) {
        *error = strerror(errno != 0 ? errno : ENOMEM);
        return NULL;
    }
    struct recording *recording = rf_new(sizeof *recording);
    recording->file = opened;
    recording->block = rf_new(BLOCK_SIZE);
    return recording;
}

void recording_close(struct recording *recording)
{
    if (recording == NULL)
        return;
    (void)gzclose_r(recording->file); /* read only: what it could tell, recording_read has told */
    rf_buf_finish(&recording->line);
    free(recording->block);
    free(recording);
}

static bool is_blank(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strchr(" \t\r", line[i]) == NULL || line[i] == '\0')
            return false;
    return true;
}

static void take_line(
    struct recording *recording, struct recording_chunk *chunk, const char *line, size_t len)
{
    recording->lines++;
    bool good = !recording->overlong && (is_blank(line, len) || recording_line_parse(chunk, line, len));
    recording->overlong = false;
    if (good)
        return;
    if (chunk->bad++ == 0)
        chunk->bad_line = recording->lines;
}

/* Keeps the beginning of a line whose end is still to come. */
static void keep_part(struct recording *recording, const char *part, size_t len)
{
    if (recording->line.len + len > RECORDING_LINE_MAX)
        recording->overlong = true;
    if (recording->overlong)
        rf_buf_clear(&recording->line);
    else
        rf_buf_append(&recording->line, part, len);
}

/* Takes one line, or the part of it that is in the block. */
static void take_block(struct recording *recording, struct recording_chunk *chunk)
{
    const char *from = recording->block + recording->at;
    size_t left = recording->filled - recording->at;
    const char *newline = memchr(from, '\n', left);
    if (newline == NULL) {
        keep_part(recording, from, left);
        recording->at = recording->filled;
        return;
    }
    size_t len = (size_t)(newline - from);
    recording->at += len + 1;
    if (recording->line.len == 0 && !recording->overlong) {
        take_line(recording, chunk, from, len);
        return;
    }
    keep_part(recording, from, len);
    take_line(recording, chunk, rf_buf_str(&recording->line), recording->line.len);
    rf_buf_clear(&recording->line);
}

/* False at the end of the file, or where it cannot be read any further. */
static bool fill_block(struct recording *recording, struct recording_chunk *chunk)
{
    errno = 0;
    int got = gzread(recording->file, recording->block, BLOCK_SIZE);
    recording->at = 0;
    recording->filled = got > 0 ? (size_t)got : 0;
    if (got > 0)
        return true;
    int code = Z_OK;
    const char *text = gzerror(recording->file, &code);
    if (code == Z_ERRNO)
        text = strerror(errno);
    /* A file cut off in the middle is no error at the end of what it has: zlib tells by Z_BUF_ERROR. */
    if (code != Z_OK && code != Z_STREAM_END)
        snprintf(chunk->fault, sizeof chunk->fault, "%s", text);
    return false;
}

void recording_read(struct recording *recording, struct recording_chunk *chunk)
{
    rf_buf_clear(&chunk->text);
    utarray_clear(chunk->entries);
    chunk->bad = chunk->bad_line = 0;
    chunk->fault[0] = '\0';
    size_t read = 0;
    while (chunk->text.len < CHUNK_TEXT && utarray_len(chunk->entries) < CHUNK_ENTRIES && read < CHUNK_READ) {
        if (recording->at < recording->filled) {
            take_block(recording, chunk);
            continue;
        }
        if (!fill_block(recording, chunk)) {
            if (recording->line.len > 0 || recording->overlong)
                take_line(recording, chunk, rf_buf_str(&recording->line), recording->line.len);
            rf_buf_clear(&recording->line);
            chunk->ended = true;
            return;
        }
        read += recording->filled;
    }
}
