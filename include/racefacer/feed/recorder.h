/* recorder.h - keeps every payload of the feed in a file, a JSON line each:
 * {"t":<wall ms of receipt>,"event":"<name>","payload":<the JSON as it came>}
 * A payload that is not JSON is kept as a string under "text" instead, so that faults can be replayed too; one that is
 * not even UTF-8 as hexadecimal digits under "hex".
 * A file that is there already is appended to; one that an earlier run left broken off is renamed first, as in rotation.
 * Lines go to the file from the thread pool; what waits is capped, and lines over the cap are dropped and counted. */
#ifndef RACEFACER_FEED_RECORDER_H
#define RACEFACER_FEED_RECORDER_H

#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/log.h"

struct uv_loop_s;
struct rf_recorder;

struct rf_recorder_options {
    const char *file;     /* gzip where the name ends in .gz */
    int64_t rotate_bytes; /* bytes written before it is rotated; 0: 100 MB. Also rotated at midnight UTC */
    int keep;             /* rotated files kept: "<stem>-<first time>.<ext>"; 0: all */
};

/* NULL where the file cannot be opened; *error gets strerror's text. */
struct rf_recorder *rf_recorder_create(
    struct uv_loop_s *loop, struct rf_log *log, const struct rf_recorder_options *options, const char **error);
void rf_recorder_write(
    struct rf_recorder *recorder, const char *event, const char *json, size_t len, int64_t received_ms);
/* Writes out what waits, then calls `closed`, never from inside this call. */
void rf_recorder_close(struct rf_recorder *recorder, void (*closed)(void *ctx), void *ctx);

#endif
