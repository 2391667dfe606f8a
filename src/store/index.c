/* index.c - what is known of every stored session, in memory, in the order of a listing. */
#include "store/index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"
#include "store/match.h"

/* ---- an entry's texts, in one block: a session costs little more than their length */

/* NULL where the text is its own: many names have no capitals. */
static char *fold_other(const struct rf_index *index, const char *text)
{
    char *folded = rf_match_fold(index->utf8, text);
    if (strcmp(folded, text) != 0)
        return folded;
    free(folded);
    return NULL;
}

static size_t size_of(const char *text)
{
    return text == NULL ? 0 : strlen(text) + 1;
}

static char *lay(char **at, const char *text)
{
    size_t size = size_of(text);
    char *laid = size == 0 ? NULL : memcpy(*at, text, size);
    *at += size;
    return laid;
}

/* Folding once for each change keeps it out of every search. Takes over the summary. */
static void describe(const struct rf_index *index, struct rf_entry *entry, struct rf_summary *summary)
{
    char *drivers = rf_match_fold(index->utf8, summary->drivers);
    char *event = fold_other(index, summary->event_name), *track = fold_other(index, summary->track_name);
    size_t size = size_of(summary->id) + size_of(summary->id_json) + size_of(summary->event_name) +
                  size_of(summary->track_name) + size_of(summary->winner) + size_of(drivers) +
                  size_of(event) + size_of(track);
    struct rf_summary *kept = &entry->summary;
    char *at = entry->texts = rf_new_array(size, 1);
    *kept = *summary;
    kept->id = lay(&at, summary->id);
    kept->id_json = lay(&at, summary->id_json);
    kept->event_name = lay(&at, summary->event_name);
    kept->track_name = lay(&at, summary->track_name);
    kept->winner = lay(&at, summary->winner);
    kept->drivers = lay(&at, drivers);
    entry->event = event != NULL ? lay(&at, event) : kept->event_name;
    entry->track = track != NULL ? lay(&at, track) : kept->track_name;
    free(event);
    free(track);
    free(drivers);
    rf_summary_finish(summary);
}

void rf_index_init(struct rf_index *index)
{
    *index = (struct rf_index){.version = 1};
    index->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

void rf_index_finish(struct rf_index *index)
{
    HASH_CLEAR(hh, index->by_id);
    for (size_t i = 0; i < index->count; i++) {
        free(index->order[i]->texts);
        free(index->order[i]);
    }
    free(index->order);
    free(index->page);
    if (index->utf8 != (locale_t)0)
        freelocale(index->utf8);
    *index = (struct rf_index){0};
}

/* ---- the order */

static bool before(const struct rf_summary *a, const struct rf_summary *b)
{
    if (a->started_ms != b->started_ms)
        return a->started_ms > b->started_ms;
    return strcmp(a->id, b->id) > 0;
}

/* Where the session stands, or would stand. */
static size_t place_of(const struct rf_index *index, const struct rf_summary *summary)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (before(&index->order[middle]->summary, summary))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void take_out(struct rf_index *index, const struct rf_entry *entry)
{
    size_t at = place_of(index, &entry->summary);
    index->count--;
    memmove(index->order + at, index->order + at + 1, (index->count - at) * sizeof *index->order);
}

static void put_in(struct rf_index *index, struct rf_entry *entry)
{
    if (index->count == index->cap) {
        index->cap = index->cap == 0 ? 64 : index->cap * 2;
        index->order = rf_resize_array(index->order, index->cap, sizeof *index->order);
    }
    size_t at = place_of(index, &entry->summary);
    memmove(index->order + at + 1, index->order + at, (index->count - at) * sizeof *index->order);
    index->order[at] = entry;
    index->count++;
}

/* ---- change */

struct rf_entry *rf_index_find(const struct rf_index *index, const char *id)
{
    struct rf_entry *entry;
    HASH_FIND_STR(index->by_id, id, entry);
    return entry;
}

struct rf_entry *rf_index_put(struct rf_index *index, struct rf_summary *summary, uint64_t bytes)
{
    struct rf_entry *entry = rf_index_find(index, summary->id);
    bool deleting = false;
    uint64_t saved_version = 0, turn = 0;
    if (entry != NULL) {
        take_out(index, entry);
        HASH_DELETE(hh, index->by_id, entry); /* the key is a text of the summary that goes */
        index->bytes -= entry->bytes;
        deleting = entry->deleting;
        saved_version = entry->saved_version;
        turn = entry->turn;
        free(entry->texts);
    } else {
        entry = rf_new(sizeof *entry);
    }
    *entry =
        (struct rf_entry){.bytes = bytes, .turn = turn, .saved_version = saved_version, .deleting = deleting};
    describe(index, entry, summary);
    HASH_ADD_KEYPTR(hh, index->by_id, entry->summary.id, strlen(entry->summary.id), entry);
    put_in(index, entry);
    index->bytes += bytes;
    index->version++;
    return entry;
}

void rf_index_remove(struct rf_index *index, const char *id)
{
    struct rf_entry *entry = rf_index_find(index, id);
    if (entry == NULL)
        return;
    take_out(index, entry);
    HASH_DELETE(hh, index->by_id, entry);
    index->bytes -= entry->bytes;
    index->version++;
    free(entry->texts);
    free(entry);
}

/* ---- listing */

/* A query, made ready once for all entries. */
struct wanted {
    const struct rf_listing_query *query;
    char *event, *driver, *track; /* folded; NULL: any */
    bool is_track_id;
    int64_t track_id;
};

static char *fold_or_null(const struct rf_index *index, const char *text)
{
    return text == NULL || text[0] == '\0' ? NULL : rf_match_fold(index->utf8, text);
}

static void read_track_id(struct wanted *wanted)
{
    if (wanted->track == NULL || strchr("-0123456789", wanted->track[0]) == NULL)
        return;
    char *end;
    errno = 0;
    wanted->track_id = strtoll(wanted->track, &end, 10);
    wanted->is_track_id = errno == 0 && *end == '\0' && end != wanted->track;
}

static bool matches(const struct rf_entry *entry, const struct wanted *wanted)
{
    const struct rf_summary *summary = &entry->summary;
    const struct rf_listing_query *query = wanted->query;
    if (query->from_ms != 0 && summary->started_ms < query->from_ms)
        return false;
    if (query->to_ms != 0 && summary->started_ms > query->to_ms)
        return false;
    if (wanted->event != NULL && !rf_match_part(entry->event, wanted->event))
        return false;
    if (wanted->driver != NULL && !rf_match_part(summary->drivers, wanted->driver))
        return false;
    if (wanted->track == NULL)
        return true;
    bool same_id = wanted->is_track_id && summary->has_track && summary->track == wanted->track_id;
    return same_id || rf_match_name(entry->track, wanted->track);
}

void rf_index_list(struct rf_index *index, const struct rf_listing_query *query, struct rf_listing *out)
{
    struct wanted wanted = {
        .query = query,
        .event = fold_or_null(index, query->event),
        .driver = fold_or_null(index, query->driver),
        .track = fold_or_null(index, query->track),
    };
    read_track_id(&wanted);
    if (index->page_cap < index->count) {
        index->page_cap = index->cap;
        index->page = rf_resize_array(index->page, index->page_cap, sizeof *index->page);
    }
    *out = (struct rf_listing){.page = index->page};
    for (size_t i = 0; i < index->count; i++) {
        if (!matches(index->order[i], &wanted))
            continue;
        if (out->total++ >= query->offset && (query->limit == 0 || out->count < query->limit))
            index->page[out->count++] = &index->order[i]->summary;
    }
    free(wanted.event);
    free(wanted.driver);
    free(wanted.track);
}
