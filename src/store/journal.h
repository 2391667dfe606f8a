/* journal.h - records of lap changes for the time between two saves: appended in memory, synced together on
 * the thread pool, and removed file by file a while after saves have them. A file of it is called a segment.
 */
#ifndef RF_STORE_JOURNAL_H
#define RF_STORE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>
#include <uv.h>

#include "racefacer/base/buf.h"
#include "racefacer/base/histogram.h"
#include "racefacer/base/log.h"
#include "store/disk.h"

/* The newest state of a session that a segment has records of: once a save has that, its records are not
 * needed. */
struct rf_need {
    char *id;
    uint64_t version;
    UT_hash_handle hh;
};

struct rf_segment {
    uint64_t number;
    struct rf_need *needs;
    bool known;         /* what is in it: begun by this process, or read at the start */
    bool covered;       /* seen so when last looked */
    int64_t covered_ms; /* since when; monotonic */
    struct rf_segment *prev, *next;
};

/* Somebody who waits for a commit. */
struct rf_waiter {
    void (*done)(void *ctx, int error);
    void *ctx;
    bool of_app;
    struct rf_waiter *prev, *next;
};

struct rf_journal_options {
    struct uv_loop_s *loop;
    struct rf_log *log;
    const struct rf_disk *disk; /* borrowed */
    int64_t keep_ms, rotate_ms;
    bool (*is_saved)(
        void *ctx, const char *id, uint64_t version); /* or gone, so that no records are needed */
    void (*ended)(void *ctx);                         /* a commit or a removal of files has */
    void *ctx;
};

struct rf_commit;

struct rf_journal {
    struct rf_journal_options options;
    struct rf_segment *segments; /* oldest first */
    struct rf_segment *current;  /* the one that is written to; NULL: the next commit begins one */
    int fd;                      /* current's; -1 while it is not there yet */
    int64_t begun_ms;            /* when current was; monotonic */
    size_t bytes;                /* in current */
    uint64_t last_number;

    struct rf_buf pending; /* appended since the last commit began */
    struct rf_need *pending_needs;
    bool pending_of_app;                     /* not tombstones alone */
    struct rf_waiter *waiting;               /* for a commit that has not begun */
    struct rf_commit *commit;                /* under way */
    int unclaimed_error; /* of records of the app's that failed before it asked for their commit */

    bool blind; /* segments are there that are not in the list: nobody knows what they have */
    bool removing; /* segments, on the pool */
    bool last_call;
    uint64_t commits, failures;
    int64_t commit_ms;
    struct rf_histogram times; /* of commits, failed ones too */
    bool told; /* a failure was logged, and no recovery since */
    struct rf_log_limit commit_limit, removal_limit;
    uv_timer_t timer;
    void (*closed)(void *ctx);
};

/* Finds the segments that are there. 0; -1 with errno set, and there is nothing to be closed. */
int rf_journal_open(struct rf_journal *journal, const struct rf_journal_options *options);

/* Once rf_journal_quiet: calls `closed` later. */
void rf_journal_close(struct rf_journal *journal, void (*closed)(void *ctx));
void rf_journal_finish(
    struct rf_journal *journal); /* frees the rest; or all, where the loop has not run yet */

void rf_journal_append(
    struct rf_journal *journal, const char *id, uint64_t version, const char *record, size_t len);
void rf_journal_append_deleted(struct rf_journal *journal, const char *id);

/* True where the journal may have records of the session, on disk or on their way there. */
bool rf_journal_has(const struct rf_journal *journal, const char *id);

/* Calls `done` (NULL: nobody cares) when all appended so far is on disk, or with an errno; never from inside.
 */
void rf_journal_commit(
    struct rf_journal *journal, bool of_app, void (*done)(void *ctx, int error), void *ctx);

/* True where nothing is under way. */
bool rf_journal_quiet(const struct rf_journal *journal);

/* Begins a last commit where one is called for, once. True where there is nothing more to be done. */
bool rf_journal_last_call(struct rf_journal *journal);

/* ---- segments */

void rf_need_raise(struct rf_need **needs, const char *id, uint64_t version);
void rf_needs_keep(struct rf_need **needs, size_t max); /* the newest ids of them */
bool rf_needs_have(const struct rf_need *needs, const char *id);
void rf_needs_clear(struct rf_need **needs);
struct rf_segment *rf_segment_add(struct rf_journal *journal, uint64_t number); /* in order */
void rf_segment_drop(struct rf_journal *journal, struct rf_segment *segment);

/* The session was deleted, and its file is gone: nothing before this is needed of it. */
void rf_journal_unneed(struct rf_journal *journal, const char *id);

/* Removes the oldest segments, as many as have been covered for long enough. None goes before an older one:
 * that may have records which only a tombstone in the newer one keeps from coming back. */
void rf_journal_tidy(struct rf_journal *journal);

#endif
