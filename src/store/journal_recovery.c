/* journal_recovery.c - reading the journal at the start, and damaged files put aside. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "racefacer/base/memory.h"
#include "racefacer/codec/journal.h"
#include "store/store_impl.h"

void rf_store_tell_aside(
    struct rf_store *store, const char *path, bool copied, const char *reason, int error, const char *aside)
{
    store->quarantined += error == 0;
    if (error == 0)
        rf_log_error(store->log, "store", "%s is damaged: %s. It is %s as %s", path, reason,
            copied ? "kept" : "put aside", aside);
    else
        rf_log_error(store->log, "store", "%s is damaged: %s. It stays there: it cannot be put aside: %s",
            path, reason, strerror(error));
}

bool rf_store_put_aside(
    struct rf_store *store, const char *path, const struct rf_buf *copy, const char *reason)
{
    char *aside = NULL;
    int error = rf_disk_put_aside(&store->disk, path, copy, &aside);
    rf_store_tell_aside(store, path, copy != NULL, reason, error, aside);
    free(aside);
    return error == 0;
}

struct reading {
    struct rf_store *store;
    struct rf_segment *segment;
    void (*each)(void *ctx, const char *json, size_t len);
    void *ctx;
    size_t records, unknown;
};

static void take(struct reading *reading, struct rf_slice json)
{
    struct rf_journal_record record;
    if (rf_journal_parse(&record, json.data, json.len) != 0) {
        reading->unknown++; /* its sum is right: of another version, perhaps */
        return;
    }
    struct rf_store *store = reading->store;
    rf_store_index_now(store, record.session_id); /* whether its file is there decides */
    const struct rf_entry *entry = rf_index_find(&store->index, record.session_id);
    bool gone = rf_store_find_gone(store, record.session_id) != NULL;
    if (record.deleted && entry == NULL && !rf_store_is_unread(store, record.session_id)) {
        rf_journal_unneed(&store->journal, record.session_id);
        rf_store_remember_gone(store, record.session_id);
    } else if (!record.deleted && !gone) {
        rf_need_raise(&reading->segment->needs, record.session_id, record.version);
    }
    reading->records++;
    /* Behind a deletion that came to be it would be half a session. */
    if (record.deleted || !gone)
        reading->each(reading->ctx, json.data, json.len);
    rf_journal_record_finish(&record);
}

/* What was found wrong with it; "" where nothing was. */
static void walk(
    struct reading *reading, const char *path, const struct rf_buf *content, struct rf_buf *wrong)
{
    struct rf_journal_walk at = {.at = content->data, .end = content->data + content->len};
    struct rf_slice json;
    enum rf_journal_step step;
    size_t damaged = 0;
    while ((step = rf_journal_next(&at, &json)) != RF_JOURNAL_END) {
        if (step == RF_JOURNAL_RECORD)
            take(reading, json);
        else if (step == RF_JOURNAL_DAMAGED)
            damaged += json.len;
        else
            rf_log_info(reading->store->log, "store",
                "%s ends with %zu bytes of a record that was not whole: dropped", path, json.len);
    }
    if (damaged > 0 || reading->unknown > 0)
        rf_buf_printf(wrong,
            "%zu bytes between sound records and %zu records of another kind; %zu were taken", damaged,
            reading->unknown, reading->records);
}

void rf_store_tell_unread(struct rf_store *store, const char *path, int error)
{
    store->unread++;
    rf_log_error(store->log, "store",
        "%s cannot be read: %s. Laps that were served may be missing until a start can read it: mend the "
        "disk, or move the "
        "file away to do without",
        path, strerror(error));
}

/* One that cannot be read, or not be kept, is let be: it is not removed, and holds up no other. */
static bool read_segment(struct reading *reading)
{
    struct rf_store *store = reading->store;
    struct rf_buf content = RF_BUF_INIT, wrong = RF_BUF_INIT;
    char *path = rf_disk_segment_path(&store->disk, reading->segment->number);
    int error = rf_disk_segment_load(path, &content);
    bool good = error == 0;
    if (!good) {
        rf_store_tell_unread(store, path, error);
    } else if (content.len > 0) {
        walk(reading, path, &content, &wrong);
    }
    if (wrong.len > 0)
        good = rf_store_put_aside(store, path, &content, wrong.data);
    rf_buf_finish(&wrong);
    rf_buf_finish(&content);
    free(path);
    return good;
}

/* What is told of next is served: a killed process may have written it without syncing it. */
static void make_last(struct rf_store *store, const struct rf_segment *segment)
{
    char *path = rf_disk_segment_path(&store->disk, segment->number);
    int error = rf_disk_segment_sync(path);
    if (error != 0)
        rf_log_warn(store->log, "store", "%s cannot be synced: %s", path, strerror(error));
    store->disk.unsynced |= error != 0;
    free(path);
}

void rf_store_each_record(
    struct rf_store *store, void (*each)(void *ctx, const char *json, size_t len), void *ctx)
{
    struct rf_segment *segment, *next;
    DL_FOREACH(store->journal.segments, segment)
    {
        if (segment != store->journal.current)
            make_last(store, segment);
    }
    DL_FOREACH_SAFE(store->journal.segments, segment, next)
    {
        struct reading reading = {.store = store, .segment = segment, .each = each, .ctx = ctx};
        if (segment == store->journal.current)
            continue;
        segment->known = read_segment(&reading);
        if (segment->known)
            continue;
        store->journal.blind = true;
        rf_segment_drop(&store->journal, segment);
    }
}
