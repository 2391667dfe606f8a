/* scan_rest.c - the older sessions' files, read on the thread pool while the server is at work. */
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"
#include "store/pool.h"
#include "store/scan.h"
#include "store/store_impl.h"

#define BATCH 16 /* what the loop has to take at once: a third of a millisecond */

struct batch {
    uv_work_t work;
    struct rf_store *store;
    bool in_turn; /* another follows */
    size_t count;
    struct rf_scan_file *files[BATCH];
    struct rf_scanned found[BATCH];
};

/* The loop reads JSON meanwhile, too: cJSON shares one thing between threads, the place of its last error,
 * for which nobody here asks. */
static void on_pool(uv_work_t *work)
{
    struct batch *batch = work->data;
    for (size_t i = 0; i < batch->count; i++)
        rf_scan_read(&batch->store->disk, batch->files[i]->id, &batch->found[i]);
}

static void take(struct rf_store *store, struct rf_scan_file *file, struct rf_scanned *found)
{
    if (file->taken) /* meanwhile: saved, or asked for on its own */
        return;
    file->taken = true;
    store->scan.left--;
    store->index.version++; /* a listing tells how many are left */
    rf_scan_take(store, file->id, found);
    const struct rf_entry *entry = rf_index_find(&store->index, file->id);
    if (entry != NULL && !entry->summary.complete && store->scan.found_open != NULL)
        store->scan.found_open(store->scan.ctx, file->id);
}

static void launch_next(struct rf_store *store);

static void check_done(struct rf_store *store)
{
    struct rf_scan *scan = &store->scan;
    if (scan->left > 0 || scan->batches > 0)
        return;
    rf_log_info(store->log, "store", "all %zu stored sessions are in the listing", store->index.count);
    rf_scan_finish(scan);
    if (scan->clean_wanted)
        rf_store_clean(store);
}

static void after(uv_work_t *work, int status)
{
    struct batch *batch = work->data;
    struct rf_store *store = batch->store;
    bool in_turn = batch->in_turn;
    for (size_t i = 0; i < batch->count; i++) {
        if (status == 0)
            take(store, batch->files[i], &batch->found[i]);
        rf_scanned_finish(&batch->found[i]);
    }
    free(batch);
    store->scan.batches--;
    store->jobs--;
    rf_store_decide_removals(store);
    if (in_turn)
        launch_next(store);
    check_done(store);
    rf_store_check_closed(store);
}

static void launch(struct rf_store *store, struct batch *batch)
{
    batch->work.data = batch;
    batch->store = store;
    store->scan.batches++;
    store->jobs++;
    rf_pool_run(store->loop, &batch->work, on_pool, after);
}

static void launch_next(struct rf_store *store)
{
    struct rf_scan *scan = &store->scan;
    if (scan->left == 0 || store->closing)
        return;
    struct batch *batch = rf_new(sizeof *batch);
    for (; scan->next < scan->count && batch->count < BATCH; scan->next++) {
        if (!scan->files[scan->next].taken)
            batch->files[batch->count++] = &scan->files[scan->next];
    }
    batch->in_turn = true;
    if (batch->count > 0)
        launch(store, batch);
    else
        free(batch);
}

void rf_store_index_next(struct rf_store *store, const char *id)
{
    struct rf_scan_file *file = rf_scan_find(&store->scan, id);
    if (file == NULL)
        return;
    struct batch *batch = rf_new(sizeof *batch);
    batch->files[batch->count++] = file;
    launch(store, batch);
}

void rf_store_index_rest(struct rf_store *store, void (*found_open)(void *ctx, const char *id), void *ctx)
{
    struct rf_scan *scan = &store->scan;
    scan->found_open = found_open;
    scan->ctx = ctx;
    if (scan->left == 0) {
        if (scan->batches == 0) /* otherwise its landing does */
            rf_scan_finish(scan);
        return;
    }
    rf_log_info(store->log, "store",
        "%zu stored sessions are in the listing, %zu more follow while it is at work", store->index.count,
        scan->left);
    launch_next(store);
}
