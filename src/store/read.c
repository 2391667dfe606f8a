/* read.c - reading a stored session on the thread pool. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"
#include "store/pool.h"
#include "store/store_impl.h"

struct reading {
    uv_work_t work;
    struct rf_store *store;
    char *path;           /* NULL: nothing to be read from disk */
    struct rf_blob *blob; /* a state newer than the file's */
    struct rf_buf json;
    int error;
    void (*done)(void *ctx, const char *json, size_t len, const char *error);
    void *ctx;
};

static void on_pool(uv_work_t *work)
{
    struct reading *reading = work->data;
    if (reading->path != NULL)
        reading->error = rf_disk_load(reading->path, &reading->json);
}

static void after(uv_work_t *work, int status)
{
    struct reading *reading = work->data;
    struct rf_store *store = reading->store;
    if (status != 0)
        reading->error = ECANCELED;
    if (reading->blob != NULL)
        reading->done(reading->ctx, reading->blob->data, reading->blob->len, NULL);
    else if (reading->path == NULL || reading->error == ENOENT)
        reading->done(reading->ctx, NULL, 0, NULL);
    else if (reading->error != 0)
        reading->done(reading->ctx, NULL, 0, strerror(reading->error));
    else
        reading->done(reading->ctx, rf_buf_str(&reading->json), reading->json.len, NULL);
    rf_blob_drop(reading->blob);
    rf_buf_finish(&reading->json);
    free(reading->path);
    free(reading);
    store->jobs--;
    rf_store_check_closed(store);
}

void rf_store_read(struct rf_store *store, const char *id,
    void (*done)(void *ctx, const char *json, size_t len, const char *error), void *ctx)
{
    struct reading *reading = rf_new(sizeof *reading);
    reading->work.data = reading;
    reading->store = store;
    reading->done = done;
    reading->ctx = ctx;
    struct rf_blob *newest = rf_saver_newest(store->saver, id);
    if (rf_index_find(&store->index, id) == NULL && rf_scan_find(&store->scan, id) == NULL)
        reading->path = NULL; /* only what is listed, or will be: no id from outside becomes a path */
    else if (newest != NULL)
        reading->blob = rf_blob_hold(newest);
    else
        reading->path = rf_disk_path(&store->disk, id);
    store->jobs++;
    rf_pool_run(store->loop, &reading->work, on_pool, after);
}

int rf_store_load_now(struct rf_store *store, const char *id, struct rf_buf *json)
{
    if (rf_index_find(&store->index, id) == NULL)
        return -1;
    const struct rf_blob *newest = rf_saver_newest(store->saver, id);
    if (newest != NULL) {
        rf_buf_append(json, newest->data, newest->len);
        return 0;
    }
    char *path = rf_disk_path(&store->disk, id);
    int error = rf_disk_load(path, json);
    free(path);
    return error == 0 ? 0 : -1;
}
