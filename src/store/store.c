/* store.c - the store as a whole: open and close, saving, and what the index tells. */
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"
#include "store/store_impl.h"

#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS 60000

/* ---- open and close */

static void free_store(struct rf_store *store)
{
    struct rf_gone *gone, *next;
    HASH_ITER(hh, store->gone, gone, next)
    {
        rf_store_forget_gone(store, gone);
    }
    rf_index_finish(&store->index);
    rf_disk_close(&store->disk);
    free(store);
}

static void on_landed(void *ctx)
{
    struct rf_store *store = ctx;
    rf_store_start_removals(store);
    rf_store_check_closed(store);
}

struct rf_store *rf_store_open(
    struct uv_loop_s *loop, struct rf_log *log, const struct rf_store_options *options, char **error)
{
    struct rf_store *store = rf_new(sizeof *store);
    store->loop = loop;
    store->log = log;
    store->max_sessions = options->max_sessions > 0 ? (size_t)options->max_sessions : 0;
    if (rf_disk_open(&store->disk, log, options->path, !options->archived, error) != 0) {
        free(store);
        return NULL;
    }
    rf_index_init(&store->index);
    const char *reason;
    if (rf_store_scan(store, &reason) != 0) {
        struct rf_buf line = RF_BUF_INIT;
        rf_buf_printf(&line, "storage folder %s cannot be read: %s. Give read permission or set STORAGE_PATH",
            store->disk.sessions, reason);
        *error = rf_buf_take(&line);
        free_store(store);
        return NULL;
    }
    store->saver = rf_saver_create(&(struct rf_saver_options){
        .loop = loop,
        .log = log,
        .disk = &store->disk,
        .retry_min_ms = options->retry_min_ms > 0 ? options->retry_min_ms : RETRY_MIN_MS,
        .retry_max_ms = options->retry_max_ms > 0 ? options->retry_max_ms : RETRY_MAX_MS,
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

void rf_store_check_closed(struct rf_store *store)
{
    if (!store->closing || store->saver == NULL || store->jobs > 0 || store->removals != NULL ||
        !rf_saver_quiet(store->saver))
        return;
    struct rf_saver *saver = store->saver;
    store->saver = NULL;
    rf_saver_close(saver, on_saver_closed);
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
    bool doomed = entry != NULL && entry->deleting && summary->complete;
    size_t len = json->len;
    struct rf_blob *blob = rf_blob_create(summary->id, rf_buf_take(json), len);
    rf_index_put(&store->index, summary, len);
    rf_saver_put(store->saver, blob, is_current && store->disk.current != NULL, doomed);
}

bool rf_store_idle(const struct rf_store *store)
{
    return store->jobs == 0 && store->removals == NULL && rf_saver_settled(store->saver);
}

/* ---- the index */

void rf_store_list(struct rf_store *store, const struct rf_listing_query *query, struct rf_listing *out)
{
    rf_index_list(&store->index, query, out);
}

const struct rf_summary *rf_store_find(const struct rf_store *store, const char *id)
{
    const struct rf_entry *entry = rf_index_find(&store->index, id);
    return entry == NULL ? NULL : &entry->summary;
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
        .bytes = store->index.bytes,
        .saves = state.saves,
        .failures = state.failures,
        .unsaved = state.unsaved,
        .failing = state.failing,
        .error = state.error,
        .unreadable = store->unreadable,
    };
}
