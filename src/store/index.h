/* index.h - what is known of every stored session, in memory: a listing reads no files. */
#ifndef RF_STORE_INDEX_H
#define RF_STORE_INDEX_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "racefacer/codec/session_file.h"
#include "racefacer/store/store.h"

struct rf_entry {
    struct rf_summary summary;     /* its drivers folded, as only the search needs them */
    uint64_t bytes;                /* size of its file */
    uint64_t turn;                 /* of its first save among those of this process; 0: it was there before */
    uint64_t saved_version;        /* of the state known to be in its file; 0: none, or it does not tell */
    bool deleting;                 /* its file is being removed: in the listing until it is gone */
    char *texts;                   /* one block, of the summary and of these */
    const char *event, *track;     /* folded, for the search */
    UT_hash_handle hh;             /* by summary.id */
};

struct rf_index {
    struct rf_entry *by_id;
    struct rf_entry **order; /* newest first; of equal starts, the greater id first */
    size_t count, cap;
    const struct rf_summary **page;
    size_t page_cap;
    uint64_t bytes, version;
    locale_t utf8; /* 0 where there is none */
};

void rf_index_init(struct rf_index *index);
void rf_index_finish(struct rf_index *index);

/* Adds the session or replaces what is known of it; takes over the summary's texts. Returns its entry. */
struct rf_entry *rf_index_put(struct rf_index *index, struct rf_summary *summary, uint64_t bytes);
void rf_index_remove(struct rf_index *index, const char *id);
struct rf_entry *rf_index_find(const struct rf_index *index, const char *id);
void rf_index_list(struct rf_index *index, const struct rf_listing_query *query, struct rf_listing *out);

#endif
