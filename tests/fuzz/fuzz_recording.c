/* fuzz_recording.c - any bytes as a recording, plain or compressed: what is made of a line is whole, lies
 * within its chunk, and reading comes to an end. */
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "expect.h"
#include "feed/recording.h"
#include "racefacer/codec/json_slice.h"

/* Reads the entries out whole, so that a sanitizer sees a NUL that is not there. */
static void check_chunk(const struct recording_chunk *chunk)
{
    const char *text = rf_buf_str(&chunk->text);
    expect((chunk->bad == 0) == (chunk->bad_line == 0));
    for (size_t i = 0; i < utarray_len(chunk->entries); i++) {
        const struct recording_entry *entry = utarray_eltptr(chunk->entries, i);
        expect(entry->t > 0 && entry->event < entry->payload);
        expect(entry->event + strlen(text + entry->event) < entry->payload);
        expect(entry->payload + entry->payload_len < chunk->text.len);
        expect(text[entry->payload + entry->payload_len] == '\0');
    }
}

/* The line alone, in memory of exactly its size. */
static void check_line(const uint8_t *data, size_t size)
{
    struct recording_chunk chunk;
    char *line = malloc(size > 0 ? size : 1);
    memcpy(line, data, size);
    recording_chunk_init(&chunk);
    bool taken = recording_line_parse(&chunk, line, size);
    expect(utarray_len(chunk.entries) == (taken ? 1 : 0));
    expect(taken || chunk.text.len == 0);
    check_chunk(&chunk);
    recording_chunk_finish(&chunk);
    free(line);
}

static void check_file(const uint8_t *data, size_t size)
{
    char path[32];
    const char *error = NULL;
    struct recording_chunk chunk;
    int fd = memfd_create("recording", MFD_CLOEXEC);
    expect(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd); /* it fits */
    struct recording *recording = recording_open(path, &error);
    expect(recording != NULL);
    recording_chunk_init(&chunk);
    do {
        recording_read(recording, &chunk);
        check_chunk(&chunk);
        expect(strlen(chunk.fault) < sizeof chunk.fault && (chunk.ended || chunk.fault[0] == '\0'));
    } while (!chunk.ended);
    recording_chunk_finish(&chunk);
    recording_close(recording);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_line(data, size);
    check_file(data, size);
    return 0;
}
