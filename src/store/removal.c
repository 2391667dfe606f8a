/* removal.c - deleting sessions: one on request, the oldest at a clean-up. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "racefacer/base/memory.h"
#include "store/pool.h"
#include "store/store_impl.h"

struct rf_removal {
    uv_work_t work;
    struct rf_store *store;
    char *id;
    char *path, *current; /* the files; NULL: there is nothing to remove */
    bool undecided;       /* the session's file is to be read first */
    bool recorded;        /* the journal has it, or nothing of the session */
    bool late;            /* laps came before it was known to have it */
    bool started;
    int error;
    enum rf_store_deleted result;
    void (*done)(void *ctx, enum rf_store_deleted result); /* NULL: a clean-up */
    void *ctx;
    struct rf_removal *prev, *next;
};

/* ---- sessions that are gone */

struct rf_gone *rf_store_find_gone(const struct rf_store *store, const char *id)
{
    struct rf_gone *gone;
    HASH_FIND_STR(store->gone, id, gone);
    return gone;
}

void rf_store_forget_gone(struct rf_store *store, struct rf_gone *gone)
{
    if (gone == NULL)
        return;
    HASH_DELETE(hh, store->gone, gone);
    free(gone->id);
    free(gone);
}

void rf_store_remember_gone(struct rf_store *store, const char *id)
{
    if (rf_store_find_gone(store, id) != NULL)
        return;
    struct rf_gone *gone = rf_new(sizeof *gone);
    gone->id = rf_strdup(id);
    HASH_ADD_KEYPTR(hh, store->gone, gone->id, strlen(gone->id), gone);
    if (HASH_COUNT(store->gone) > RF_REMEMBERED_MAX && !store->gone->left_over)
        rf_store_forget_gone(store, store->gone); /* the oldest */
}

/* ---- the files */

static bool holds_session(const struct rf_buf *json, const char *id)
{
    char *held = rf_disk_id_in(json);
    bool same = held != NULL && strcmp(held, id) == 0;
    free(held);
    return same;
}

/* current/session.json first: were the power cut in between, it would bring the session back at the next
 * start. */
static void on_pool(uv_work_t *work)
{
    struct rf_removal *removal = work->data;
    struct rf_buf json = RF_BUF_INIT;
    int error = rf_disk_load(removal->current, &json);
    if (error == 0 && holds_session(&json, removal->id))
        removal->error = rf_disk_remove(removal->current);
    rf_buf_finish(&json);
    if (removal->error == 0)
        removal->error = rf_disk_remove_session(removal->path);
}

static void conclude(struct rf_store *store, struct rf_removal *removal)
{
    bool removed = removal->error == 0;
    struct rf_entry *entry = rf_index_find(&store->index, removal->id);
    struct rf_gone *gone = rf_store_find_gone(store, removal->id);
    if (!removed)
        rf_log_error(
            store->log, "store", "%s cannot be removed: %s", removal->path, strerror(removal->error));
    if (gone != NULL)
        gone->left_over = !removed;
    /* Where the session came to life again meanwhile, the entry is that of the live one. */
    if (entry != NULL && entry->deleting) {
        entry->deleting = false;
        if (removed)
            entry->saved_version = 0;
        if (removed && entry->summary.complete) {
            rf_index_remove(&store->index, removal->id);
            rf_store_remember_gone(store, removal->id);
        }
    }
    removal->result = removed ? RF_STORE_DELETED : RF_STORE_DELETE_FAILED;
    rf_saver_release(store->saver, removal->id, removed);
}

static void end(struct rf_removal *removal)
{
    struct rf_store *store = removal->store;
    if (removal->path != NULL)
        conclude(store, removal);
    DL_DELETE(store->removals, removal);
    if (removal->done != NULL)
        removal->done(removal->ctx, removal->result);
    free(removal->id);
    free(removal->path);
    free(removal->current);
    free(removal);
    rf_store_start_removals(store);
    rf_store_check_closed(store);
}

static void after(uv_work_t *work, int status)
{
    struct rf_removal *removal = work->data;
    if (status != 0)
        removal->error = ECANCELED;
    end(removal);
}

void rf_store_start_removals(struct rf_store *store)
{
    struct rf_removal *removal;
    DL_FOREACH(store->removals, removal)
    {
        if (removal->started || !removal->recorded || rf_saver_flying(store->saver, removal->id))
            continue;
        removal->started = true;
        rf_pool_run(store->loop, &removal->work, on_pool, after);
    }
}

static struct rf_removal *add_removal(struct rf_store *store, const char *id)
{
    struct rf_removal *removal = rf_new(sizeof *removal);
    removal->work.data = removal;
    removal->store = store;
    removal->id = rf_strdup(id);
    DL_APPEND(store->removals, removal);
    return removal;
}

/* Without it the journal would bring back a part of the session: all of it stays. */
static void on_recorded(void *ctx, int error)
{
    struct rf_removal *removal = ctx;
    struct rf_store *store = removal->store;
    removal->recorded = error == 0;
    removal->error = error;
    if (!removal->recorded) {
        end(removal);
        return;
    }
    if (removal->late) {
        rf_journal_append_deleted(&store->journal, removal->id);
        rf_journal_commit(
            &store->journal, false, NULL, NULL); /* the one in front does until it is tidied away */
    }
    rf_store_start_removals(store);
}

/* The journal first, where it has records of the session: they must not bring it back where the power is cut
 * in between. Where the file is there all the same at the next start, the removal did not come to be, and
 * they count. */
static void remove_files(struct rf_removal *removal)
{
    struct rf_store *store = removal->store;
    removal->path = rf_disk_path(&store->disk, removal->id);
    removal->current = rf_disk_path(&store->disk, RF_STORE_CURRENT);
    rf_saver_hold(store->saver, removal->id);
    removal->recorded = !rf_journal_has(&store->journal, removal->id);
    if (!removal->recorded) {
        rf_journal_append_deleted(&store->journal, removal->id);
        rf_journal_commit(&store->journal, false, on_recorded, removal);
    }
}

/* They are served as long as the deletion has not come to be, and must last as long: they count where the
 * file is still there. Where it is not, a tombstone keeps them away that lives as long as they do. It is
 * written once the deletion's own is: one that cannot be journaled is refused, and must leave nothing behind.
 */
void rf_store_expect_late(struct rf_store *store, const char *id)
{
    struct rf_removal *removal;
    DL_FOREACH(store->removals, removal)
    {
        if (removal->path == NULL || strcmp(removal->id, id) != 0)
            continue;
        if (removal->recorded)
            rf_journal_append_deleted(&store->journal, id);
        else
            removal->late = true;
    }
}

/* ---- on request */

static void nothing(uv_work_t *work)
{
    (void)work; /* the answer is there already; it only must not come from inside the call */
}

static void decide(struct rf_removal *removal)
{
    struct rf_store *store = removal->store;
    struct rf_entry *entry = rf_index_find(&store->index, removal->id);
    removal->undecided = false;
    if (entry != NULL && !entry->deleting && entry->summary.complete) {
        entry->deleting = true;
        remove_files(removal);
        return;
    }
    removal->result = entry == NULL || entry->deleting ? RF_STORE_NOT_FOUND : RF_STORE_LIVE;
    removal->started = true;
    rf_pool_run(store->loop, &removal->work, nothing, after);
}

void rf_store_decide_removals(struct rf_store *store)
{
    struct rf_removal *removal;
    DL_FOREACH(store->removals, removal)
    {
        if (removal->undecided && rf_scan_find(&store->scan, removal->id) == NULL)
            decide(removal);
    }
    rf_store_start_removals(store);
}

void rf_store_delete(
    struct rf_store *store, const char *id, void (*done)(void *ctx, enum rf_store_deleted result), void *ctx)
{
    struct rf_removal *removal = add_removal(store, id);
    removal->done = done;
    removal->ctx = ctx;
    removal->undecided = true;
    rf_store_index_next(store, id);
    rf_store_decide_removals(store);
}

/* ---- the clean-up */

static bool under_way(const struct rf_store *store, const char *id)
{
    const struct rf_removal *removal;
    DL_FOREACH(store->removals, removal)
    {
        if (removal->path != NULL && strcmp(removal->id, id) == 0)
            return true;
    }
    return false;
}

static int by_turn(const void *a, const void *b)
{
    const struct rf_entry *left = *(struct rf_entry *const *)a, *right = *(struct rf_entry *const *)b;
    return left->turn < right->turn ? -1 : left->turn > right->turn;
}

/* The completed sessions, oldest first: those that were found, in the index's order; then what this process
 * has saved, which is newer than they are, whatever the clock says. */
static struct rf_entry **completed(const struct rf_store *store, size_t *count)
{
    const struct rf_index *index = &store->index;
    struct rf_entry **list = rf_new_array(index->count + 1, sizeof *list), **saved = list + index->count + 1;
    *count = 0;
    for (size_t i = index->count; i-- > 0;) {
        struct rf_entry *entry = index->order[i];
        if (!entry->summary.complete || entry->deleting)
            continue;
        if (entry->turn == 0)
            list[(*count)++] = entry;
        else
            *--saved = entry; /* from the other end */
    }
    size_t found = *count;
    while (saved < list + index->count + 1)
        list[(*count)++] = *saved++;
    qsort(list + found, *count - found, sizeof *list, by_turn);
    return list;
}

void rf_store_clean(struct rf_store *store)
{
    struct rf_gone *gone, *next;
    HASH_ITER(hh, store->gone, gone, next)
    {
        if (gone->left_over && !under_way(store, gone->id))
            remove_files(add_removal(store, gone->id));
    }
    store->scan.clean_wanted = store->scan.left > 0; /* which are the oldest is known once all are read */
    bool may_be_too_many = !store->scan.clean_wanted && store->index.count > store->max_sessions;
    size_t count = 0;
    struct rf_entry **list = may_be_too_many ? completed(store, &count) : NULL;
    for (size_t i = 0; i + store->max_sessions < count; i++) {
        char *id = list[i]->summary.id;
        rf_log_info(store->log, "store", "session %s goes: more than %zu completed ones are stored", id,
            store->max_sessions);
        remove_files(add_removal(store, id));
        rf_store_remember_gone(store, id);
        rf_index_remove(&store->index, id);
    }
    free(list);
    rf_store_start_removals(store);
}
