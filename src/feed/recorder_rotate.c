/* recorder_rotate.c - the names of files that are full, and which of them are kept. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utarray.h>

#include "feed/recorder_file.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"

#define SAME_NAME_MAX 1000
#define TIME_LEN 16 /* "20260101T100000Z" */

/* "logs/feed.jsonl.gz" as "logs", "feed" and ".jsonl.gz". All owned. */
struct parts {
    char *folder, *stem, *ending;
};

static struct parts split(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    size_t len = strlen(name), stem = len;
    if (len > 3 && strcmp(name + len - 3, ".gz") == 0)
        stem = len - 3;
    for (size_t i = stem; i > 1; i--) {
        if (name[i - 1] == '.') {
            stem = i - 1;
            break;
        }
    }
    struct parts parts = {.stem = rf_strndup(name, stem), .ending = rf_strdup(name + stem)};
    if (slash == NULL)
        parts.folder = rf_strdup(".");
    else
        parts.folder = slash == path ? rf_strdup("/") : rf_strndup(path, (size_t)(slash - path));
    return parts;
}

static void free_parts(struct parts *parts)
{
    free(parts->folder);
    free(parts->stem);
    free(parts->ending);
}

/* Whether it is a name that rotation gives: stem, "-", a time, perhaps "-2", ending. */
static bool is_rotated(const struct parts *parts, const char *name)
{
    size_t len = strlen(name), stem = strlen(parts->stem), ending = strlen(parts->ending);
    if (len < stem + 1 + TIME_LEN + ending || strncmp(name, parts->stem, stem) != 0 || name[stem] != '-' ||
        strcmp(name + len - ending, parts->ending) != 0)
        return false;
    const char *time = name + stem + 1;
    for (int i = 0; i < TIME_LEN; i++) {
        bool fits = i == 8 ? time[i] == 'T' : i == 15 ? time[i] == 'Z' : time[i] >= '0' && time[i] <= '9';
        if (!fits)
            return false;
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names begin with their times, so the first of them are the oldest. */
static void remove_oldest(const struct parts *parts, int keep)
{
    DIR *folder = opendir(parts->folder);
    if (folder == NULL)
        return;
    UT_array *names;
    utarray_new(names, &ut_str_icd);
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        const char *name = entry->d_name;
        if (is_rotated(parts, name))
            utarray_push_back(names, &name);
    }
    if (utarray_len(names) > 0)
        utarray_sort(names, by_name);
    for (unsigned i = 0; i + (unsigned)keep < utarray_len(names); i++) {
        char **name = utarray_eltptr(names, i);
        (void)unlinkat(
            dirfd(folder), *name, 0); /* what cannot be removed now is tried at the next rotation */
    }
    utarray_free(names);
    (void)closedir(folder); /* it was only read */
}

/* A name that no file has yet; false where there is none. */
static bool free_name(struct rf_buf *out, const struct parts *parts, int64_t first_ms)
{
    char time[RF_ISO_SIZE];
    rf_time_compact(first_ms, time);
    for (int i = 1; i < SAME_NAME_MAX; i++) {
        rf_buf_clear(out);
        rf_buf_printf(out, "%s/%s-%s", parts->folder, parts->stem, time);
        if (i > 1)
            rf_buf_printf(out, "-%d", i);
        rf_buf_puts(out, parts->ending);
        if (access(rf_buf_str(out), F_OK) != 0 && errno == ENOENT)
            return true;
    }
    return false;
}

int recorder_file_set_aside(struct recorder_file *file, int64_t first_ms)
{
    struct parts parts = split(file->path);
    struct rf_buf name = RF_BUF_INIT;
    bool renamed = false;
    if (!free_name(&name, &parts, first_ms > 0 ? first_ms : rf_clock_wall_ms()))
        snprintf(file->fault, sizeof file->fault, "no name is free for the full file");
    else if (rename(file->path, rf_buf_str(&name)) != 0)
        snprintf(file->fault, sizeof file->fault, "the full file cannot be renamed: %s", strerror(errno));
    else
        renamed = true;
    if (renamed) {
        snprintf(file->rotated, sizeof file->rotated, "%s", rf_buf_str(&name));
        file->first_ms = 0;
        if (file->keep > 0)
            remove_oldest(&parts, file->keep);
    }
    rf_buf_finish(&name);
    free_parts(&parts);
    return renamed ? 0 : -1;
}
