/* store_impl.h - what the parts of the store share. */
#ifndef RF_STORE_STORE_IMPL_H
#define RF_STORE_STORE_IMPL_H

#include <uthash.h>
#include <uv.h>

#include "racefacer/store/store.h"
#include "store/disk.h"
#include "store/index.h"
#include "store/journal.h"
#include "store/saver.h"
#include "store/scan.h"

struct rf_removal;

/* Ids of sessions without a file that are remembered: more than can begin while the journal may have records of them. */
#define RF_REMEMBERED_MAX 4096

/* A session that was deleted or cleaned away. Its late laps must not bring the file back. */
struct rf_gone {
    char *id;
    bool left_over; /* its file could not be removed yet */
    UT_hash_handle hh;
};

struct rf_store {
    uv_loop_t *loop;
    struct rf_log *log;
    struct rf_disk disk;
    struct rf_index index;
    uint64_t turns; /* of rf_entry: the newest */
    struct rf_scan scan;
    struct rf_saver *saver;
    struct rf_removal *removals; /* a list */
    struct rf_gone *gone;
    struct rf_need *not_worth_saving;
    struct rf_need *unread_files; /* sessions whose file is there and cannot be read */
    size_t jobs; /* reads under way */
    struct rf_journal journal;
    uint64_t unreadable, quarantined, unread;
    size_t max_sessions;
    bool closing, ending; /* ending: nothing is under way any more */
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* To be called last wherever something came to its end. */
void rf_store_check_closed(struct rf_store *store);

/* Puts a damaged file into quarantine/, or these bytes of it; counts and tells it. False where that fails. */
bool rf_store_put_aside(
    struct rf_store *store, const char *path, const struct rf_buf *copy, const char *reason);

/* The same, where that was done: told of and counted. `error` is 0, or why it stays where it was. */
void rf_store_tell_aside(struct rf_store *store, const char *path, bool copied, const char *reason, int error,
    const char *aside);

/* A file was found that the disk does not give: counts and tells it. It stays as it is. */
void rf_store_tell_unread(struct rf_store *store, const char *path, int error);

/* Goes on with the removals that waited for their session's file to be read. */
void rf_store_decide_removals(struct rf_store *store);

/* Starts the removals that no save is in the way of any more. */
void rf_store_start_removals(struct rf_store *store);

/* To be called before a lap is journaled of a completed session that is being deleted. */
void rf_store_expect_late(struct rf_store *store, const char *id);

struct rf_gone *rf_store_find_gone(const struct rf_store *store, const char *id);
void rf_store_remember_gone(struct rf_store *store, const char *id);
void rf_store_forget_gone(struct rf_store *store, struct rf_gone *gone); /* takes NULL */

#endif
