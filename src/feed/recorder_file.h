/* recorder_file.h - the file a recording goes to: lines, rotation, what an earlier run left. Blocking: used
 * on the thread pool by one job at a time. */
#ifndef RACEFACER_FEED_RECORDER_FILE_H
#define RACEFACER_FEED_RECORDER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/buf.h"

#define RECORDER_FAULT_SIZE 160

struct recorder_file {
    char *path; /* owned */
    bool gzip;
    bool regular; /* it can be looked into and renamed */
    int64_t rotate_bytes;
    int keep;
    void *gz;         /* gzFile, also where the text is plain; NULL while closed */
    int64_t first_ms; /* receipt of the first line in it; 0: none yet */
    struct rf_buf line;
    char fault[RECORDER_FAULT_SIZE];   /* what last went wrong; "" */
    char rotated[RECORDER_FAULT_SIZE]; /* the name a file was last given; "" */
};

void recorder_file_init(struct recorder_file *file, const char *path, int64_t rotate_bytes, int keep);
void recorder_file_finish(struct recorder_file *file); /* the file is closed already */

/* Opens the file where it is not open, rotates it where it is time, appends a line. -1 with `fault` set; the
 * file is closed then, and the next call tries again. */
int recorder_file_write(
    struct recorder_file *file, const char *event, const char *json, size_t len, int64_t received_ms);

/* Hands what zlib holds back to the system; -1 as above. */
int recorder_file_flush(struct recorder_file *file);
int recorder_file_close(struct recorder_file *file);

/* Renames the file by the time of its first line; removes the oldest renamed ones above `keep`. The file is
 * closed. */
int recorder_file_set_aside(struct recorder_file *file, int64_t first_ms);

#endif
