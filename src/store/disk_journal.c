/* disk_journal.c - the journal's files on disk, and damaged files put aside. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "racefacer/base/clock.h"
#include "racefacer/base/file.h"
#include "racefacer/base/memory.h"
#include "store/disk.h"

#define DIGITS 20
#define SUFFIX ".log"
#define SEGMENT_CAP ((size_t)256 << 20) /* a larger file is none of ours */
#define NAMES_TRIED 100

char *rf_disk_segment_path(const struct rf_disk *disk, uint64_t number)
{
    struct rf_buf path = RF_BUF_INIT;
    rf_buf_printf(&path, "%s/%020" PRIu64 SUFFIX, disk->journal, number);
    return rf_buf_take(&path);
}

/* 0 where the name is none of ours: they count from 1. The upper half is kept free, so that there is always a
 * next. */
static uint64_t number_in(const char *name)
{
    if (strspn(name, "0123456789") != DIGITS || strcmp(name + DIGITS, SUFFIX) != 0)
        return 0;
    errno = 0;
    unsigned long long number = strtoull(name, NULL, 10);
    return errno == 0 && number < INT64_MAX ? number : 0;
}

int rf_disk_each_segment(const struct rf_disk *disk, void (*each)(void *ctx, uint64_t number), void *ctx)
{
    DIR *folder = opendir(disk->journal);
    if (folder == NULL)
        return -1;
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(folder)) != NULL) {
        uint64_t number = number_in(entry->d_name);
        if (number > 0)
            each(ctx, number);
    }
    int kept = errno;
    (void)closedir(folder); /* only read from */
    errno = kept;
    return kept == 0 ? 0 : -1;
}

/* ---- writing */

static int sync_folder_of(const char *path)
{
    char *folder = rf_strndup(path, (size_t)(strrchr(path, '/') - path));
    int error = rf_disk_sync_folder(folder);
    free(folder);
    return error;
}

int rf_disk_segment_begin(const char *path, int *fd)
{
    static const int flags = O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    *fd = open(path, flags, 0640);
    if (*fd < 0 && errno == ENOENT) {
        int error = rf_disk_make_folder_of(path);
        if (error != 0)
            return error;
        *fd = open(path, flags, 0640);
    }
    return *fd < 0 ? errno : sync_folder_of(path);
}

int rf_disk_segment_write(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, data, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno;
        data += done;
        len -= (size_t)done;
    }
    return fdatasync(fd) == 0 ? 0 : errno;
}

void rf_disk_segment_end(int fd)
{
    (void)close(fd); /* a fault here tells nothing that the sync did not */
}

bool rf_disk_segment_discard(const char *path, int fd)
{
    if (fd >= 0)
        rf_disk_segment_end(fd);
    return fd < 0 || unlink(path) == 0;
}

int rf_disk_segment_load(const char *path, struct rf_buf *out)
{
    return rf_file_load(path, SEGMENT_CAP, out) == 0 ? 0 : errno;
}

int rf_disk_segment_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int error = fdatasync(fd) == 0 ? 0 : errno;
    (void)close(fd); /* only synced */
    return error == EINVAL || error == EROFS ? 0 : error;
}

/* ---- quarantine */

static bool same_size(const char *path, size_t size)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && (uintmax_t)status.st_size == size;
}

/* A name that is free; or, for a copy, the name of the copy that is there already. NULL where all are taken.
 */
static char *choose_name(const struct rf_disk *disk, const char *path, const struct rf_buf *copy)
{
    struct stat status;
    char changed[RF_ISO_SIZE];
    if (stat(path, &status) != 0)
        return NULL;
    (void)rf_time_compact((int64_t)status.st_mtime * 1000, changed);
    for (unsigned i = 1; i <= NAMES_TRIED; i++) {
        struct rf_buf name = RF_BUF_INIT;
        rf_buf_printf(&name, "%s%s.%s", disk->quarantine, strrchr(path, '/'), changed);
        if (i > 1)
            rf_buf_printf(&name, "-%u", i);
        if (access(name.data, F_OK) != 0 || (copy != NULL && same_size(name.data, copy->len)))
            return rf_buf_take(&name);
        rf_buf_finish(&name);
    }
    errno = EEXIST;
    return NULL;
}

int rf_disk_put_aside(const struct rf_disk *disk, const char *path, const struct rf_buf *copy, char **aside)
{
    char *name = choose_name(disk, path, copy);
    if (name == NULL)
        return errno;
    int error = rf_disk_make_folder_of(name);
    if (error == EEXIST)
        error = 0;
    if (error == 0 && copy != NULL)
        error = access(name, F_OK) == 0 || rf_file_save(name, copy->data, copy->len) == 0 ? 0 : errno;
    else if (error == 0)
        error = rename(path, name) == 0 ? 0 : errno;
    /* The new name first: a power cut between the two leaves the file under both names, or the old one. */
    if (error == 0 && copy == NULL && (error = rf_disk_sync_folder(disk->quarantine)) == 0)
        error = sync_folder_of(path);
    if (error == 0)
        *aside = name;
    else
        free(name);
    return error;
}
