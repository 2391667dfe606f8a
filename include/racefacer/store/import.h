/* import.h - takes the sessions of another storage folder over into ours: the first server's, which has its files in
 * folders of the same names. Blocks; no server may be at work on our folder meanwhile. */
#ifndef RACEFACER_STORE_IMPORT_H
#define RACEFACER_STORE_IMPORT_H

#include <stddef.h>

#include "racefacer/base/buf.h"
#include "racefacer/base/log.h"

struct rf_import_result {
    size_t taken;         /* sessions that were not there */
    size_t updated;       /* that were there from an earlier import, and have gone on in the source since */
    size_t there_already;
    size_t left;          /* other people's files */
    size_t unreadable;    /* files named as a session that are none, or cannot be read: left, too */
    size_t failed;        /* sessions that could not be written */
    size_t sessions;      /* in our folder now */
    struct rf_buf lines;  /* a line on each of them, fit for a terminal; owned by the caller */
};

/* Copies every session of `from` (or of from/storage) into the storage folder `to`, under its id; `from` is only read.
 * A session that was still going on is over in the copy: nobody follows it here. Of a session that is there already the
 * newer file counts, and of one that this server has followed ours. 0; -1 with *error one line (the caller frees it)
 * where there is nothing to take from, or nowhere to put it. */
int rf_store_import(const char *from, const char *to, struct rf_log *log, struct rf_import_result *out, char **error)
    __attribute__((warn_unused_result));

#endif
