/* scan.c - the sessions' files at the start: their names, and the newest of them for the index. */
#include "store/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"
#include "store/store_impl.h"

struct names {
    struct rf_buf text; /* each with its end */
    size_t count;
};

static void add_name(void *ctx, const char *id)
{
    struct names *names = ctx;
    rf_buf_append(&names->text, id, strlen(id) + 1);
    names->count++;
}

static int greatest_first(const void *a, const void *b)
{
    const struct rf_scan_file *left = a, *right = b;
    return strcmp(right->id, left->id);
}

struct rf_scan_file *rf_scan_find(const struct rf_scan *scan, const char *id)
{
    if (scan->left == 0)
        return NULL;
    struct rf_scan_file *file = bsearch(
        &(struct rf_scan_file){.id = id}, scan->files, scan->count, sizeof *scan->files, greatest_first);
    return file == NULL || file->taken ? NULL : file;
}

void rf_scan_finish(struct rf_scan *scan)
{
    free(scan->files);
    free(scan->names);
    scan->files = NULL;
    scan->names = NULL;
    scan->count = scan->next = scan->left = 0;
}

static void take_now(struct rf_store *store, struct rf_scan_file *file)
{
    struct rf_scanned scanned;
    rf_scan_read(&store->disk, file->id, &scanned);
    rf_scan_take(store, file->id, &scanned);
    rf_scanned_finish(&scanned);
    file->taken = true;
    store->scan.left--;
}

void rf_store_index_now(struct rf_store *store, const char *id)
{
    struct rf_scan_file *file = rf_scan_find(&store->scan, id);
    if (file != NULL)
        take_now(store, file);
}

void rf_store_index_never(struct rf_store *store, const char *id)
{
    struct rf_scan_file *file = rf_scan_find(&store->scan, id);
    if (file == NULL)
        return;
    file->taken = true;
    store->scan.left--;
}

/* Two large blocks for all: they go back to the system when they are done with. */
static void sort_names(struct rf_scan *scan, struct names *names)
{
    scan->count = scan->left = names->count;
    scan->files = rf_new_array(names->count + 1, sizeof *scan->files);
    char *at = scan->names = rf_buf_take(&names->text);
    for (size_t i = 0; i < scan->count; i++, at += strlen(at) + 1)
        scan->files[i].id = at;
    qsort(scan->files, scan->count, sizeof *scan->files, greatest_first);
}

int rf_store_scan(struct rf_store *store, size_t at_once, const char **error)
{
    struct rf_scan *scan = &store->scan;
    struct names names = {0};
    int result = rf_disk_each(&store->disk, add_name, &names);
    if (result != 0)
        *error = strerror(errno);
    else
        sort_names(scan, &names);
    rf_buf_finish(&names.text);
    while (result == 0 && scan->next < scan->count && scan->next < at_once)
        take_now(store, &scan->files[scan->next++]);
    return result;
}
