/* log_file.c - one file of a log. A file rotated away is named "<path>.<UTC time>" and never moves again, so
 * that it can be compressed by another thread while the next rotation happens. */
#include "base/log_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "racefacer/base/clock.h"
#include "racefacer/base/file.h"
#include "racefacer/base/memory.h"

#define RETRY_MS 30000
#define STAMP_LEN 20 /* 20260101T100000.000Z: as text they sort by time */
#define PACKED ".gz"
#define HALF_PACKED ".gz.tmp"

/* ---- files rotated away */

struct rotated {
    char stamp[STAMP_LEN + 1];
    bool plain, packed, half_packed; /* which files there are of it */
};

struct rotated_list {
    struct rotated *rows; /* newest first */
    size_t count;
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static void make_stamp(int64_t wall_ms, char out[RF_ISO_SIZE])
{
    rf_time_compact(wall_ms, out);
    char *zone = strrchr(out, 'Z');
    if (zone != NULL)
        snprintf(zone, RF_ISO_SIZE - (size_t)(zone - out), ".%03dZ", (int)(((wall_ms % 1000) + 1000) % 1000));
}

/* Whether the text is a stamp and then `rest`. */
static bool read_stamp(const char *text, const char **rest)
{
    static const char shape[] = "00000000T000000.000Z";
    for (size_t i = 0; i < STAMP_LEN; i++) {
        if (shape[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
            return false;
    }
    *rest = text + STAMP_LEN;
    return true;
}

static void note_rotated(struct rotated_list *list, const char *stamp, const char *rest)
{
    size_t at = 0;
    while (at < list->count && strncmp(list->rows[at].stamp, stamp, STAMP_LEN) != 0)
        at++;
    if (at == list->count) {
        list->rows = rf_resize_array(list->rows, list->count + 1, sizeof *list->rows);
        list->rows[list->count] = (struct rotated){0};
        memcpy(list->rows[list->count++].stamp, stamp, STAMP_LEN);
    }
    list->rows[at].plain |= rest[0] == '\0';
    list->rows[at].packed |= strcmp(rest, PACKED) == 0;
    list->rows[at].half_packed |= strcmp(rest, HALF_PACKED) == 0;
}

static int newest_first(const void *a, const void *b)
{
    return strcmp(((const struct rotated *)b)->stamp, ((const struct rotated *)a)->stamp);
}

static struct rotated_list list_rotated(const char *path)
{
    struct rotated_list list = {0};
    const char *name = base_name(path);
    size_t name_len = strlen(name);
    char *folder = name == path ? rf_strdup(".") : rf_strndup(path, (size_t)(name - path));
    DIR *dir = opendir(folder);
    free(folder);
    if (dir == NULL)
        return list;
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        const char *rest = NULL;
        if (strncmp(entry->d_name, name, name_len) == 0 && entry->d_name[name_len] == '.' &&
            read_stamp(entry->d_name + name_len + 1, &rest))
            note_rotated(&list, entry->d_name + name_len + 1, rest);
    }
    (void)closedir(dir); /* it was only read */
    if (list.count > 1)
        qsort(list.rows, list.count, sizeof *list.rows, newest_first);
    return list;
}

static char *rotated_path(const struct rf_log_file *file, const char *stamp, const char *rest)
{
    struct rf_buf path = RF_BUF_INIT;
    rf_buf_printf(&path, "%s.%s%s", file->path, stamp, rest);
    return rf_buf_take(&path);
}

static void remove_rotated(const struct rf_log_file *file, const char *stamp, const char *rest)
{
    char *path = rotated_path(file, stamp, rest);
    (void)unlink(path); /* tried again at the next rotation */
    free(path);
}

static void prune(const struct rf_log_file *file)
{
    struct rotated_list list = list_rotated(file->path);
    for (size_t i = file->keep > 0 ? (size_t)file->keep : 0; i < list.count; i++) {
        if (list.rows[i].plain)
            remove_rotated(file, list.rows[i].stamp, "");
        if (list.rows[i].packed)
            remove_rotated(file, list.rows[i].stamp, PACKED);
    }
    free(list.rows);
}

/* A stop in the middle of compressing leaves the plain file, and maybe half of a packed one. */
static void take_up_leftovers(const struct rf_log_file *file)
{
    if (file->on_rotated == NULL)
        return;
    struct rotated_list list = list_rotated(file->path);
    for (size_t i = 0; i < list.count; i++) {
        if (list.rows[i].half_packed)
            remove_rotated(file, list.rows[i].stamp, HALF_PACKED);
        if (list.rows[i].plain) {
            char *path = rotated_path(file, list.rows[i].stamp, "");
            file->on_rotated(file->ctx, path);
            free(path);
        }
    }
    free(list.rows);
}

/* ---- the file itself */

static int open_now(struct rf_log_file *file)
{
    file->fd = -1;
    file->retry_ms = rf_clock_mono_ms() + RETRY_MS;
    struct stat status;
    if (rf_file_make_folder_for(file->path) == 0)
        file->fd = open(file->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
    if (file->fd < 0 || fstat(file->fd, &status) != 0) {
        file->fault = errno;
        rf_log_file_close(file);
        return -1;
    }
    file->size = (int64_t)status.st_size;
    file->regular = S_ISREG(status.st_mode);
    file->torn = false;
    file->fault = 0;
    return 0;
}

int rf_log_file_open(struct rf_log_file *file)
{
    if (open_now(file) != 0)
        return -1;
    if (file->regular)
        take_up_leftovers(file);
    return 0;
}

int rf_log_file_reopen(struct rf_log_file *file)
{
    rf_log_file_close(file);
    return open_now(file);
}

void rf_log_file_close(struct rf_log_file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd); /* each line was written at once: nothing waits in a buffer */
    file->fd = -1;
}

/* After the newest rotated file, also where that was in the same millisecond, or the clock was put back
 * since: the order of the names is the order of the lines, and pruning goes by it. */
static char *next_name(const struct rf_log_file *file)
{
    int64_t now = rf_clock_wall_ms(), newest = 0;
    struct rotated_list list = list_rotated(file->path);
    if (list.count > 0) {
        const char *s = list.rows[0].stamp;
        char iso[RF_ISO_SIZE];
        snprintf(iso, sizeof iso, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s%.5s", s, s + 4, s + 6, s + 9, s + 11, s + 13,
            s + 15);
        if (rf_time_parse(iso, &newest) && newest >= now)
            now = newest + 1;
    }
    free(list.rows);
    char stamp[RF_ISO_SIZE];
    make_stamp(now, stamp);
    return rotated_path(file, stamp, "");
}

static void rotate(struct rf_log_file *file, size_t len)
{
    struct stat status;
    if (fstat(file->fd, &status) == 0 && (int64_t)status.st_size + (int64_t)len <= file->rotate_bytes) {
        file->size = (int64_t)status.st_size; /* somebody cut it short: nothing to do yet */
        return;
    }
    char *rotated = next_name(file);
    if (rename(file->path, rotated) == 0) {
        (void)rf_log_file_reopen(file); /* `fault` keeps what went wrong; the write that follows tells */
        prune(file);
        if (file->on_rotated != NULL)
            file->on_rotated(file->ctx, rotated);
    } else if (errno == ENOENT) {
        (void)rf_log_file_reopen(file); /* moved away by somebody else: go on in a new file */
    } else {
        file->size = 0; /* tried again after as many bytes, not with every line */
    }
    free(rotated);
}

static ssize_t append(const struct rf_log_file *file, const char *data, size_t len)
{
    ssize_t done;
    do
        done = write(file->fd, data, len);
    while (done < 0 && errno == EINTR);
    return done;
}

int rf_log_file_write(struct rf_log_file *file, const char *line, size_t len)
{
    if (file->fd >= 0 && file->regular && file->size > 0 && file->size + (int64_t)len > file->rotate_bytes)
        rotate(file, len);
    if (file->fd < 0 && (rf_clock_mono_ms() < file->retry_ms || open_now(file) != 0))
        return -1;
    if (file->torn && append(file, "\n", 1) == 1)
        file->torn = false;
    ssize_t done = file->torn ? -1 : append(file, line, len);
    if (done > 0)
        file->size += done;
    if (done == (ssize_t)len) {
        file->fault = 0;
        return 0;
    }
    file->fault = done < 0 ? errno : ENOSPC;
    file->torn |= done > 0;
    return -1;
}
