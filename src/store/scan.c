/* scan.c - reading the sessions' files at the start: for the index, and those that go on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"
#include "racefacer/codec/json_slice.h"
#include "store/store_impl.h"

#define NAMED_AT_MOST 10 /* unreadable files that get a line of their own */

/* True where these bytes are not what anybody wrote: JSON that is no session may be somebody's. */
static bool is_damaged(struct rf_buf *json)
{
    if (json->len == 0)
        return true;
    rf_json_repair(json->data, json->len);
    return !rf_utf8_valid(json->data, json->len) || !rf_json_valid(json->data, json->len);
}

/* The disk, and not what somebody has put there. */
static bool is_fault(int error)
{
    return error == EIO || error == ESTALE || error == ETIMEDOUT || error == EBADMSG || error == EUCLEAN;
}

/* Reads one session's file. NULL, or why it is none; then `json` and `out` hold nothing. */
static const char *load(struct rf_store *store, const char *file, const char *id, struct rf_buf *json,
    struct rf_summary *out, bool *damaged)
{
    const char *reason = NULL;
    *damaged = false;
    char *path = rf_disk_path(&store->disk, file);
    int error = rf_disk_load(path, json);
    if (is_fault(error)) {
        rf_store_tell_unread(store, path, error);
        rf_need_raise(&store->unread_files, id, 1);
    }
    free(path);
    if (error == EFBIG)
        reason = "larger than any session";
    else if (error != 0)
        reason = strerror(error);
    else if (rf_summary_of_file(out, id, rf_buf_str(json), json->len, &reason) == 0)
        return NULL;
    else
        *damaged = is_damaged(json);
    rf_buf_finish(json);
    return reason;
}

/* ---- the index */

static bool put_aside(struct rf_store *store, const char *file, const char *reason)
{
    char *path = rf_disk_path(&store->disk, file);
    bool done = rf_store_put_aside(store, path, NULL, reason);
    free(path);
    return done;
}

static void add(void *ctx, const char *id)
{
    struct rf_store *store = ctx;
    struct rf_buf json = RF_BUF_INIT;
    struct rf_summary summary = {0};
    bool damaged;
    const char *reason = load(store, id, id, &json, &summary, &damaged);
    if (reason == NULL) {
        uint64_t version = summary.version;
        rf_index_put(&store->index, &summary, json.len);
        rf_index_find(&store->index, id)->saved_version = version;
    } else if (damaged && put_aside(store, id, reason)) {
        return;
    } else if (++store->unreadable <= NAMED_AT_MOST) {
        rf_log_warn(
            store->log, "store", "%s/session-%s.json is not listed: %s", store->disk.sessions, id, reason);
    }
    rf_buf_finish(&json);
}

int rf_store_scan(struct rf_store *store, const char **error)
{
    if (rf_disk_each(&store->disk, add, store) != 0) {
        *error = strerror(errno);
        return -1;
    }
    if (store->unreadable > NAMED_AT_MOST)
        rf_log_warn(store->log, "store", "%llu more files in %s are not listed, for such reasons",
            (unsigned long long)(store->unreadable - NAMED_AT_MOST), store->disk.sessions);
    return 0;
}

/* ---- sessions that go on */

/* One to be told of; by file, since the caller may change the index meanwhile. */
struct open_session {
    char *id;
    bool from_current; /* only current/session.json has it */
    int64_t started_ms;
};

struct open_list {
    struct open_session *items; /* room for every session of the index and one more */
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
    const struct rf_entry *entry = id == NULL ? NULL : rf_index_find(&store->index, id);
    if (entry != NULL) {
        if (entry->summary.complete) /* otherwise it is in the list */
            add_open(list, id, entry->summary.started_ms, false);
    } else if (id != NULL && rf_summary_of_file(&summary, id, json.data, json.len, &reason) == 0) {
        add_open(list, id, summary.started_ms, true);
        rf_summary_finish(&summary);
    } else if (error == 0 && is_damaged(&json)) {
        (void)rf_store_put_aside(
            store, path, NULL, "cut off, or not JSON"); /* where it cannot it stays, and was told of */
    } else if (error != ENOENT) {
        rf_log_warn(store->log, "store", "%s cannot be gone on with: %s", path, reason);
    }
    free(id);
    free(path);
    rf_buf_finish(&json);
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
    struct open_list list = {.items = rf_new_array(store->index.count + 1, sizeof(struct open_session))};
    for (size_t i = 0; i < store->index.count; i++) {
        const struct rf_summary *summary = &store->index.order[i]->summary;
        if (!summary->complete)
            add_open(&list, summary->id, summary->started_ms, false);
    }
    add_current(store, &list);
    qsort(list.items, list.count, sizeof *list.items, oldest_first);
    for (size_t i = 0; i < list.count; i++) {
        struct open_session *item = &list.items[i];
        struct rf_buf json = RF_BUF_INIT;
        struct rf_summary summary;
        bool damaged;
        const char *reason = load(
            store, item->from_current ? RF_STORE_CURRENT : item->id, item->id, &json, &summary, &damaged);
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
