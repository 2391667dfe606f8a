/* store.c - the store as a whole: open and close, saving, and what the index tells. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"
#include "store/store_impl.h"

#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS 60000
#define SAVE_PATIENCE_MS 5000
#define INDEX_AT_ONCE 256
#define JOURNAL_KEEP_MS 600000
#define JOURNAL_ROTATE_MS 60000

/* ---- open and close */

static void free_store(struct rf_store *store)
{
    struct rf_gone *gone, *next;
    HASH_ITER(hh, store->gone, gone, next)
    {
        rf_store_forget_gone(store, gone);
    }
    rf_needs_clear(&store->not_worth_saving);
    rf_needs_clear(&store->unread_files);
    rf_index_finish(&store->index);
    rf_scan_finish(&store->scan);
    rf_disk_close(&store->disk);
    free(store);
}

static void on_landed(void *ctx)
{
    struct rf_store *store = ctx;
    rf_store_start_removals(store);
    rf_store_check_closed(store);
}

static void on_saved(void *ctx, const char *id, uint64_t version)
{
    struct rf_store *store = ctx;
    struct rf_entry *entry = rf_index_find(&store->index, id);
    if (entry != NULL)
        entry->saved_version = version;
}

static bool is_saved(void *ctx, const char *id, uint64_t version)
{
    return rf_store_is_saved(ctx, id, version);
}

static void on_journal_ended(void *ctx)
{
    rf_store_check_closed(ctx);
}

static int open_journal(struct rf_store *store, const struct rf_store_options *options)
{
    return rf_journal_open(&store->journal,
        &(struct rf_journal_options){
            .loop = store->loop,
            .log = store->log,
            .disk = &store->disk,
            .keep_ms = options->journal_keep_ms > 0 ? options->journal_keep_ms : JOURNAL_KEEP_MS,
            .rotate_ms = options->journal_rotate_ms > 0 ? options->journal_rotate_ms : JOURNAL_ROTATE_MS,
            .is_saved = is_saved,
            .ended = on_journal_ended,
            .ctx = store,
        });
}

static char *cannot_be_read(const char *folder, const char *reason)
{
    struct rf_buf line = RF_BUF_INIT;
    rf_buf_printf(&line, "storage folder %s cannot be read: %s. Give read permission or set STORAGE_PATH",
        folder, reason);
    return rf_buf_take(&line);
}

struct rf_store *rf_store_open(
    struct uv_loop_s *loop, struct rf_log *log, const struct rf_store_options *options, char **error)
{
    struct rf_store *store = rf_new(sizeof *store);
    *error = NULL;
    store->loop = loop;
    store->log = log;
    store->max_sessions = options->max_sessions > 0 ? (size_t)options->max_sessions : 0;
    if (rf_disk_open(&store->disk, log, options->path, error) != 0) {
        free(store);
        return NULL;
    }
    rf_index_init(&store->index);
    const char *reason;
    if (rf_store_scan(store, options->index_at_once > 0 ? options->index_at_once : INDEX_AT_ONCE, &reason) !=
        0)
        *error = cannot_be_read(store->disk.sessions, reason);
    else if (open_journal(store, options) != 0)
        *error = cannot_be_read(store->disk.journal, strerror(errno));
    if (*error != NULL) {
        free_store(store);
        return NULL;
    }
    store->saver = rf_saver_create(&(struct rf_saver_options){
        .loop = loop,
        .log = log,
        .disk = &store->disk,
        .retry_min_ms = options->retry_min_ms > 0 ? options->retry_min_ms : RETRY_MIN_MS,
        .retry_max_ms = options->retry_max_ms > 0 ? options->retry_max_ms : RETRY_MAX_MS,
        .patience_ms = options->save_patience_ms > 0 ? options->save_patience_ms : SAVE_PATIENCE_MS,
        .saved = on_saved,
        .landed = on_landed,
        .ctx = store,
    });
    return store;
}

static void on_saver_closed(void *ctx)
{
    struct rf_store *store = ctx;
    void (*closed)(void *ctx) = store->closed;
    void *closed_ctx = store->closed_ctx;
    free_store(store);
    if (closed != NULL)
        closed(closed_ctx);
}

static void on_journal_closed(void *ctx)
{
    struct rf_store *store = ctx;
    rf_saver_close(store->saver, on_saver_closed);
}

void rf_store_check_closed(struct rf_store *store)
{
    if (!store->closing || store->ending || store->jobs > 0 || store->removals != NULL ||
        !rf_saver_quiet(store->saver) || !rf_journal_quiet(&store->journal) ||
        !rf_journal_last_call(&store->journal))
        return;
    store->ending = true;
    rf_journal_close(&store->journal, on_journal_closed);
}

void rf_store_close(struct rf_store *store, void (*closed)(void *ctx), void *ctx)
{
    store->closing = true;
    store->closed = closed;
    store->closed_ctx = ctx;
    rf_saver_last_call(store->saver);
    rf_store_check_closed(store);
}

/* ---- saving */

void rf_store_save(struct rf_store *store, struct rf_summary *summary, struct rf_buf *json, bool is_current)
{
    const struct rf_entry *entry = rf_index_find(&store->index, summary->id);
    struct rf_gone *gone = entry == NULL ? rf_store_find_gone(store, summary->id) : NULL;
    bool safe = rf_disk_id_safe(summary->id);
    if (!safe)
        rf_log_error(store->log, "store", "a session is not saved: its id cannot be part of a file's name");
    if (!safe || (gone != NULL && summary->complete)) {
        rf_summary_finish(summary);
        *summary = (struct rf_summary){0};
        rf_buf_finish(json);
        return;
    }
    /* Being live counts for more than having been deleted: its laps are not to be lost. */
    rf_store_forget_gone(store, gone);
    rf_store_index_never(store, summary->id);
    bool doomed = entry != NULL && entry->deleting && summary->complete;
    size_t len = json->len;
    struct rf_blob *blob = rf_blob_create(summary->id, summary->version, rf_buf_take(json), len);
    struct rf_entry *saved = rf_index_put(&store->index, summary, len);
    if (entry == NULL)
        saved->turn = ++store->turns;
    rf_saver_put(store->saver, blob, is_current, doomed);
}

void rf_store_relist(struct rf_store *store, struct rf_summary *summary)
{
    const struct rf_entry *entry = rf_index_find(&store->index, summary->id);
    if (entry != NULL)
        (void)rf_index_put(&store->index, summary, entry->bytes);
    else
        rf_summary_finish(summary);
}

bool rf_store_idle(const struct rf_store *store)
{
    return store->jobs == 0 && store->removals == NULL && store->journal.commit == NULL &&
           rf_saver_settled(store->saver);
}

/* ---- the journal */

void rf_store_append(struct rf_store *store, const char *id, uint64_t version, const char *record, size_t len)
{
    const struct rf_entry *entry = rf_index_find(&store->index, id);
    if (entry == NULL && rf_store_find_gone(store, id) != NULL)
        return; /* it is no more */
    if (entry != NULL && entry->deleting && entry->summary.complete)
        rf_store_expect_late(store, id);
    rf_journal_append(&store->journal, id, version, record, len);
}

void rf_store_save_nothing(struct rf_store *store, const char *id, uint64_t version)
{
    rf_need_raise(&store->not_worth_saving, id, version);
    rf_needs_keep(&store->not_worth_saving, RF_REMEMBERED_MAX);
}

void rf_store_commit(struct rf_store *store, void (*done)(void *ctx, int error), void *ctx)
{
    rf_journal_commit(&store->journal, true, done, ctx);
}

bool rf_store_is_saved(const struct rf_store *store, const char *id, uint64_t version)
{
    const struct rf_entry *entry = rf_index_find(&store->index, id);
    if (entry != NULL)
        return entry->saved_version >= version;
    if (rf_store_find_gone(store, id) != NULL)
        return true;
    const struct rf_need *nothing; /* otherwise it is still to be saved for the first time */
    HASH_FIND_STR(store->not_worth_saving, id, nothing);
    return nothing != NULL && nothing->version >= version;
}

/* ---- the index */

void rf_store_list(struct rf_store *store, const struct rf_listing_query *query, struct rf_listing *out)
{
    rf_index_list(&store->index, query, out);
    out->unindexed = store->scan.left;
}

const struct rf_summary *rf_store_find(const struct rf_store *store, const char *id)
{
    const struct rf_entry *entry = rf_index_find(&store->index, id);
    return entry == NULL ? NULL : &entry->summary;
}

bool rf_store_unsynced(const struct rf_store *store)
{
    return store->disk.unsynced;
}

bool rf_store_knows(const struct rf_store *store, const char *id)
{
    return rf_index_find(&store->index, id) != NULL || rf_scan_find(&store->scan, id) != NULL ||
           rf_store_find_gone(store, id) != NULL || rf_store_is_unread(store, id);
}

bool rf_store_is_unread(const struct rf_store *store, const char *id)
{
    return rf_needs_have(store->unread_files, id);
}

bool rf_store_is_blind(const struct rf_store *store)
{
    return store->journal.blind;
}

uint64_t rf_store_version(const struct rf_store *store)
{
    return store->index.version;
}

void rf_store_status(const struct rf_store *store, struct rf_store_status *out)
{
    struct rf_saver_state state;
    rf_saver_state(store->saver, &state);
    *out = (struct rf_store_status){
        .sessions = store->index.count,
        .unindexed = store->scan.left,
        .bytes = store->index.bytes,
        .saves = state.saves,
        .failures = state.failures,
        .unsaved = state.unsaved,
        .unsaved_bytes = state.unsaved_bytes,
        .room_known = state.room_known,
        .room = state.room,
        .failing = state.failing,
        .error = state.error,
        .unreadable = store->unreadable,
        .quarantined = store->quarantined,
        .unread = store->unread,
        .commits = store->journal.commits,
        .commit_failures = store->journal.failures,
        .commit_ms = store->journal.commit_ms,
        .save_times = state.times,
        .commit_times = store->journal.times,
    };
}
