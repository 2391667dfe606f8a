/* store.h - the sessions on disk: STORAGE_PATH/sessions/session-<id>.json, one current/session.json, and an index of
 * them in memory. Reading and writing is done on the thread pool; callbacks come on the loop's thread. */
#ifndef RACEFACER_STORE_STORE_H
#define RACEFACER_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/buf.h"
#include "racefacer/base/log.h"
#include "racefacer/codec/session_file.h"
#include "racefacer/codec/status.h"

struct uv_loop_s;
struct rf_store;

struct rf_store_options {
    const char *path;      /* made where it is missing */
    int max_sessions;      /* MAX_SESSIONS: completed sessions kept */
    int64_t retry_min_ms;  /* first wait after a failed save, doubled up to retry_max_ms; 0: 1000 */
    int64_t retry_max_ms;  /* 0: 60000 */
    bool archived;         /* no file in current/: a replay or the demo still has its own */
};

/* Makes the folders, checks that they can be written to, and reads the index: blocks, for the start only.
 * NULL with *error set to a line that says what is wrong with which path (owned by the caller, free()). */
struct rf_store *rf_store_open(
    struct uv_loop_s *loop, struct rf_log *log, const struct rf_store_options *options, char **error);

/* Waits for all saves under way and asked for, one more try each, then frees and calls `closed`. */
void rf_store_close(struct rf_store *store, void (*closed)(void *ctx), void *ctx);

/* ---- saving */

/* Keeps this state of a session, soon: takes over `summary`'s texts and the bytes of `json` (which is emptied). A newer
 * state of the same session replaces one that waits. With `is_current` also as current/session.json. A failed save is
 * tried again until it works or a newer state comes. Listed from this call on. */
void rf_store_save(struct rf_store *store, struct rf_summary *summary, struct rf_buf *json, bool is_current);

/* Tells when everything asked for is on disk or has failed: for a caller that waits, `idle` may be NULL. */
bool rf_store_idle(const struct rf_store *store);

/* Removes the oldest completed sessions over max_sessions, never a live one. Called when a session completes. */
void rf_store_clean(struct rf_store *store);

/* ---- reading */

/* Reads a stored session's file. Calls `done` with its text (valid during the call), or with NULL where there is none
 * or it cannot be read; `error` is then a short reason for the log, NULL where it is simply not there. Never from inside. */
void rf_store_read(struct rf_store *store, const char *id,
    void (*done)(void *ctx, const char *json, size_t len, const char *error), void *ctx);

enum rf_store_deleted { RF_STORE_DELETED, RF_STORE_NOT_FOUND, RF_STORE_LIVE, RF_STORE_DELETE_FAILED };

/* Deletes a completed session, file and listing. Calls `done` once it is gone from the disk, never from inside. */
void rf_store_delete(struct rf_store *store, const char *id, void (*done)(void *ctx, enum rf_store_deleted result), void *ctx);

/* Reads the file of every session that was not complete, and of current/session.json, oldest first: for the start, blocks. */
void rf_store_each_open_session(struct rf_store *store,
    void (*each)(void *ctx, const struct rf_summary *summary, const char *json, size_t len), void *ctx);

/* ---- the index */

struct rf_listing_query {
    const char *event, *driver; /* parts of the name, case ignored; NULL: any */
    const char *track;          /* an id, or part of the track's name; NULL: any */
    int64_t from_ms, to_ms;     /* start time, both included; 0: open */
    size_t offset, limit;       /* limit 0: all */
};

struct rf_listing {
    const struct rf_summary **page; /* newest first; valid until the store next changes; the store's */
    size_t count, total;
};

void rf_store_list(struct rf_store *store, const struct rf_listing_query *query, struct rf_listing *out);
const struct rf_summary *rf_store_find(const struct rf_store *store, const char *id);
uint64_t rf_store_version(const struct rf_store *store); /* counts changes of the index */
void rf_store_status(const struct rf_store *store, struct rf_store_status *out);

#endif
