/* relist.c - a session in the listing that is ahead of its file. */
#include "store/store_impl.h"

void rf_store_relist(struct rf_store *store, struct rf_summary *summary)
{
    const struct rf_entry *entry = rf_index_find(&store->index, summary->id);
    if (entry != NULL)
        rf_index_put(&store->index, summary, entry->bytes);
    else
        rf_summary_finish(summary);
}
