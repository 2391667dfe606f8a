/* open_sessions.c - the sessions that go on after a start, read for those who go on with them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"
#include "store/scan.h"
#include "store/store_impl.h"

/* One to be told of; by file, since the caller may change the index meanwhile. */
struct open_session {
    char *id;
    bool from_current; /* only current/session.json has it */
    int64_t started_ms;
};

struct open_list {
    struct open_session *items; /* room for every session of the index and two more */
    size_t count;
};

static void add_open(struct open_list *list, const char *id, int64_t started_ms, bool from_current)
{
    list->items[list->count++] =
        (struct open_session){.id = rf_strdup(id), .from_current = from_current, .started_ms = started_ms};
}

static void add_current(struct rf_store *store, struct open_list *list)
{
    struct rf_buf json = RF_BUF_INIT;
    char *path = rf_disk_path(&store->disk, RF_STORE_CURRENT);
    int error = rf_disk_load(path, &json);
    char *id = error == 0 ? rf_disk_id_in(&json) : NULL;
    struct rf_summary summary;
    const char *reason = error == 0 ? "it names no session" : strerror(error);
    if (id != NULL)
        rf_store_index_now(store, id);
    const struct rf_entry *entry = id == NULL ? NULL : rf_index_find(&store->index, id);
    if (entry != NULL) {
        if (entry->summary.complete) /* otherwise it is found there */
            add_open(list, id, entry->summary.started_ms, false);
    } else if (id != NULL && rf_summary_of_file(&summary, id, json.data, json.len, &reason) == 0) {
        add_open(list, id, summary.started_ms, true);
        rf_summary_finish(&summary);
    } else if (error == 0 && rf_scan_is_damaged(&json)) {
        (void)rf_store_put_aside(
            store, path, NULL, "cut off, or not JSON"); /* where it cannot it stays, and was told of */
    } else if (error != ENOENT) {
        rf_log_warn(store->log, "store", "%s cannot be gone on with: %s", path, reason);
    }
    free(id);
    free(path);
    rf_buf_finish(&json);
}

/* NULL, or why it cannot be read; then `out` holds nothing. */
static const char *load(
    struct rf_store *store, const struct open_session *item, struct rf_buf *json, struct rf_summary *out)
{
    const char *reason = NULL;
    char *path = rf_disk_path(&store->disk, item->from_current ? RF_STORE_CURRENT : item->id);
    int error = rf_disk_load(path, json);
    rf_scan_tell_fault(store, item->id, path, error);
    free(path);
    if (error != 0)
        return strerror(error);
    return rf_summary_of_file(out, item->id, rf_buf_str(json), json->len, &reason) == 0 ? NULL : reason;
}

static int oldest_first(const void *a, const void *b)
{
    const struct open_session *left = a, *right = b;
    if (left->started_ms != right->started_ms)
        return left->started_ms < right->started_ms ? -1 : 1;
    return strcmp(left->id, right->id);
}

void rf_store_each_open_session(struct rf_store *store,
    void (*each)(void *ctx, const struct rf_summary *summary, const char *json, size_t len), void *ctx)
{
    struct open_list list = {.items = rf_new_array(store->index.count + 2, sizeof(struct open_session))};
    add_current(store, &list);
    for (size_t i = 0; i < store->index.count; i++) {
        const struct rf_summary *summary = &store->index.order[i]->summary;
        if (!summary->complete)
            add_open(&list, summary->id, summary->started_ms, false);
    }
    qsort(list.items, list.count, sizeof *list.items, oldest_first);
    for (size_t i = 0; i < list.count; i++) {
        struct open_session *item = &list.items[i];
        struct rf_buf json = RF_BUF_INIT;
        struct rf_summary summary;
        const char *reason = load(store, item, &json, &summary);
        if (reason == NULL) {
            each(ctx, &summary, json.data, json.len);
            rf_summary_finish(&summary);
        } else {
            rf_log_warn(store->log, "store", "session %s cannot be gone on with: %s", item->id, reason);
        }
        rf_buf_finish(&json);
        free(item->id);
    }
    free(list.items);
}
