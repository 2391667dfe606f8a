/* scan.h - from the sessions' files to the index: the newest at the start, the others while the server is at work.
 * The names of all are known from the start on, so that no id is used again and none is missing. */
#ifndef RF_STORE_SCAN_H
#define RF_STORE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "racefacer/base/buf.h"
#include "racefacer/codec/session_file.h"
#include "store/disk.h"

struct rf_store;

/* A file that was found at the start. */
struct rf_scan_file {
    const char *id; /* in the scan's names */
    bool taken; /* it is in the index, or nothing is to be done for it any more */
};

struct rf_scan {
    char *names;
    struct rf_scan_file *files; /* the greatest id first: of ours, the newest session; NULL: all are taken */
    size_t count, next;         /* none in front of `next` is left for a batch */
    size_t left;                /* not taken yet */
    size_t batches;             /* on the pool */
    bool clean_wanted;          /* by rf_store_clean, which needs all of them */
    void (*found_open)(void *ctx, const char *id);
    void *ctx;
};

/* Blocks. Finds the files, and takes the newest `at_once`. 0; -1 with *error a reason, valid until the next call of anything. */
int rf_store_scan(struct rf_store *store, size_t at_once, const char **error);
void rf_scan_finish(struct rf_scan *scan);

/* The session's file, where it is still to be taken; or NULL. */
struct rf_scan_file *rf_scan_find(const struct rf_scan *scan, const char *id);

/* Blocks, for the start: takes it where that is to be done. */
void rf_store_index_now(struct rf_store *store, const char *id);

/* The same on the pool, before all others: its removals go on once that is done. */
void rf_store_index_next(struct rf_store *store, const char *id);

/* Nothing is to be done for its file any more: a save replaces it. */
void rf_store_index_never(struct rf_store *store, const char *id);

/* ---- one file (scan_file.c) */

/* What was found in it. */
struct rf_scanned {
    struct rf_summary summary; /* of a session: `reason` is NULL */
    size_t bytes;
    const char *reason; /* why it is none; lives on */
    int error;          /* of reading it: an errno */
    bool damaged;       /* not what anybody wrote */
    int aside_error;    /* of putting such a one aside */
    char *aside;        /* where it is then */
};

/* Blocks; on any thread. A damaged file is put aside. */
void rf_scan_read(const struct rf_disk *disk, const char *id, struct rf_scanned *out);

/* Puts it into the index, or counts and tells why not. The summary is the index's then. */
void rf_scan_take(struct rf_store *store, const char *id, struct rf_scanned *scanned);
void rf_scanned_finish(struct rf_scanned *scanned);

/* Where it is the disk's fault that a session's file cannot be read: tells and counts it, and remembers its id. */
void rf_scan_tell_fault(struct rf_store *store, const char *id, const char *path, int error);

/* True where these bytes are not what anybody wrote: JSON that is no session may be somebody's. */
bool rf_scan_is_damaged(struct rf_buf *json);

#endif
