/* log_file.h - one file of a log: lines appended, rotated by size, old ones pruned.
 * Not locked: the log that owns it does that. */
#ifndef RACEFACER_SRC_BASE_LOG_FILE_H
#define RACEFACER_SRC_BASE_LOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rf_log_file {
    char *path; /* owned */
    int fd;     /* -1 while it could not be opened */
    int64_t size;
    int64_t rotate_bytes;
    int keep;
    bool regular;     /* a device or a pipe is written to, never rotated */
    bool torn;        /* the last write stopped half-way: the next line begins with a newline */
    int fault;        /* errno of the last write or open; 0 while all is well */
    int64_t retry_ms; /* monotonic: when an open that failed is tried again */
    void (*on_rotated)(void *ctx, const char *path);
    void *ctx;
};

/* Opens, making folders. Files rotated away earlier and never compressed are handed to on_rotated. 0; -1:
 * `fault` says why. */
int rf_log_file_open(struct rf_log_file *file);
int rf_log_file_reopen(struct rf_log_file *file); /* the same, without that handing over */
void rf_log_file_close(struct rf_log_file *file);

/* Appends one line, newline included, in one write; rotates first where the file is full. 0; -1: `fault` says
 * why, the line is lost. */
int rf_log_file_write(struct rf_log_file *file, const char *line, size_t len);

#endif
