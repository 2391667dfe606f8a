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
    int64_t journal_keep_ms;   /* a file of the journal goes this long after the saves that cover it; 0: 600000 */
    int64_t journal_rotate_ms; /* records of this long share a file; 0: 60000 */
    int64_t save_patience_ms;  /* a save under way for longer counts as failing; 0: 5000 */
    size_t index_at_once;      /* of the stored sessions, read before rf_store_open returns; 0: 256 */
};

/* Makes the folders, locks them against a second process, checks that they can be written to, removes what a crash
 * left half written, and reads the newest sessions for the index: blocks, for the start only. Files that are no sessions stay
 * where they are; damaged ones (cut off, not JSON) are moved to STORAGE_PATH/quarantine/, named in the log and counted.
 * NULL with *error set to a line that says what is wrong with which path (owned by the caller, free()). */
struct rf_store *rf_store_open(
    struct uv_loop_s *loop, struct rf_log *log, const struct rf_store_options *options, char **error);

/* Reads the other sessions for the index, on the thread pool; without it they are never listed. `found_open` is told of
 * each among them that is not complete: it was left behind long ago. Reading and deleting one does not wait for the rest,
 * and rf_store_knows knows all. To be called once, after what is for the start. */
void rf_store_index_rest(struct rf_store *store, void (*found_open)(void *ctx, const char *id), void *ctx);

/* Waits for all reads, deletions and saves under way and asked for (one more try each, at once; the log names what
 * could not be saved), then frees and calls `closed`, never from inside. Nothing else may be called from here on. */
void rf_store_close(struct rf_store *store, void (*closed)(void *ctx), void *ctx);

/* ---- saving */

/* Keeps this state of a session, soon: takes over `summary`'s texts and the bytes of `json` (which is emptied). A newer
 * state of the same session replaces one that waits. With `is_current` also as current/session.json. A failed save is
 * tried again until it works or a newer state comes. Listed from this call on.
 * The late state of a completed session that was deleted or cleaned away is dropped; a live one is always kept. */
void rf_store_save(struct rf_store *store, struct rf_summary *summary, struct rf_buf *json, bool is_current);

/* Lists a newer state of a session that is listed, without a save: its file lags behind, and the journal has the rest.
 * Takes over `summary`'s texts. Nothing where it is not listed. */
void rf_store_relist(struct rf_store *store, struct rf_summary *summary);

/* True once everything asked for was done or has failed at least once: for a caller that waits. */
bool rf_store_idle(const struct rf_store *store);

/* Removes the oldest completed sessions over max_sessions, never a live one, from the listing at once. Those that were
 * there at the start are the oldest, by their begin; then those saved since, in that order: a clock may have been set. A file that
 * cannot be removed is tried again at the next call. Called when a session completes. While rf_store_index_rest is at work
 * it is put off until that is done: which are the oldest is not known before. */
void rf_store_clean(struct rf_store *store);

/* ---- the journal: STORAGE_PATH/journal/<number>.log, for what no save has on disk yet
 *
 * Records are appended in memory and made durable together: one write and one sync on the thread pool for all that
 * came meanwhile. A file of it is begun at each start, each minute with records, and after each failure; it goes ten
 * minutes after the saves of all its sessions are on disk, so that a backup that copies the folder slowly has either. */

/* Appends a record of a session, as rf_journal_* of codec/journal.h made it (one line, framed); `version` is the
 * session's laps_version with it. Nothing is on disk before a commit. Dropped where the session was deleted or cleaned
 * away and no live state of it was saved since. One that comes while it is being deleted counts at the next start only
 * where its file is still there. */
void rf_store_append(struct rf_store *store, const char *id, uint64_t version, const char *record, size_t len);

/* Writes and syncs everything appended. Calls `done`, never from inside, with 0 or an errno; on failure the records are
 * dropped: the caller saves the sessions instead. One commit at a time; with nothing appended it succeeds. */
void rf_store_commit(struct rf_store *store, void (*done)(void *ctx, int error), void *ctx);

/* Says that this state of a session that is not listed is not worth a file: the journal need not be kept for it. */
void rf_store_save_nothing(struct rf_store *store, const char *id, uint64_t version);

/* Reads all that the journal has, oldest first: for the start, blocks, before anything is appended. A session that it
 * names is in the index when `each` is called, where it has a file. `each` gets one
 * record's JSON; those of a session that was deleted end with the deletion. A torn last record of a file is dropped; a
 * file damaged elsewhere is copied to STORAGE_PATH/quarantine/, named in the log and counted, and its sound records are
 * given all the same. */
void rf_store_each_record(struct rf_store *store, void (*each)(void *ctx, const char *json, size_t len), void *ctx);

/* True where a sync failed at the start, of a folder or of the journal (known before its first record is told): what
 * was found is there, but a power cut may take it back. Saving the sessions whole makes it good. */
bool rf_store_unsynced(const struct rf_store *store);

/* True where a file of the journal is there that the disk does not give: no session of before may be saved, since that
 * would have the version of records that are in it. Refusing to start would lose the laps of the race that is on. */
bool rf_store_is_blind(const struct rf_store *store);

/* True where the session's own file is such a one: it must not be begun anew from its records, nor its id used again. */
bool rf_store_is_unread(const struct rf_store *store, const char *id);

/* Reads a listed session's file at once: for the start, blocks. 0; -1 where it is not listed or cannot be read. */
int rf_store_load_now(struct rf_store *store, const char *id, struct rf_buf *json) __attribute__((warn_unused_result));

/* True where nothing of the session up to that laps_version has to be saved any more: its file is known to have it, or
 * it was deleted, cleaned away or not worth a file. */
bool rf_store_is_saved(const struct rf_store *store, const char *id, uint64_t version);

/* ---- reading */

/* Reads a listed session, or one that will be: its newest state, also where that is not on disk yet. Calls `done` with its text (valid
 * during the call), or with NULL where there is none or it cannot be read; `error` is then a short reason for the log,
 * NULL where it is simply not there. Never from inside. */
void rf_store_read(struct rf_store *store, const char *id,
    void (*done)(void *ctx, const char *json, size_t len, const char *error), void *ctx);

enum rf_store_deleted { RF_STORE_DELETED, RF_STORE_NOT_FOUND, RF_STORE_LIVE, RF_STORE_DELETE_FAILED };

/* Deletes a completed session: its file, current/session.json where that holds it, and the listing. Calls `done` once
 * it is gone from the disk, never from inside. The journal is told first where it has records of it. Where anything fails
 * the session is still there as a whole, also after a restart. A second call for the same id meanwhile gets RF_STORE_NOT_FOUND. */
void rf_store_delete(struct rf_store *store, const char *id, void (*done)(void *ctx, enum rf_store_deleted result), void *ctx);

/* Reads the file of every session in the index that is not complete, and of the one in current/session.json (its own file
 * where that is there, complete or not), oldest first: for the start, blocks. `each` may call rf_store_save. */
void rf_store_each_open_session(struct rf_store *store,
    void (*each)(void *ctx, const struct rf_summary *summary, const char *json, size_t len), void *ctx);

/* ---- the index */

struct rf_listing_query {
    const char *event, *driver; /* parts of the name, case ignored; NULL or "": any */
    const char *track;          /* an id, or part of the track's name ("1" is none of "Track 12"); NULL or "": any */
    int64_t from_ms, to_ms;     /* start time, both included; 0: open */
    size_t offset, limit;       /* limit 0: all */
};

struct rf_listing {
    const struct rf_summary **page; /* newest first, of equal starts the greater id; valid until the store next
                                     * changes; the store's. Drivers' names are folded for the
                                     * search */
    size_t count, total;
    uint64_t unindexed; /* those that rf_store_index_rest has still to read; they may match, too */
};

void rf_store_list(struct rf_store *store, const struct rf_listing_query *query, struct rf_listing *out);
const struct rf_summary *rf_store_find(const struct rf_store *store, const char *id);
bool rf_store_knows(const struct rf_store *store, const char *id); /* it is listed, was and is gone, or is unread */
uint64_t rf_store_version(const struct rf_store *store); /* counts changes of the index */
void rf_store_status(const struct rf_store *store, struct rf_store_status *out);

#endif
