/* file.c - whole files in and out, so that no reader and no power cut ever sees half of one. */
#include "racefacer/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "racefacer/base/memory.h"

#define FILE_MODE 0640
#define FOLDER_MODE 0750
#define TEMPORARY ".tmp-"

static void close_keeping_errno(int fd)
{
    int kept = errno;
    (void)close(fd); /* a fault is being reported already */
    errno = kept;
}

/* The folder a path is in, as a string the caller frees: "." for a bare name. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return rf_strdup(".");
    return rf_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static int read_all(int fd, size_t cap, struct rf_buf *out)
{
    size_t total = 0;
    for (;;) {
        /* One byte more than allowed is asked for, so that a file of exactly `cap` bytes is told from a
         * longer one. */
        size_t room = cap - total;
        size_t want = room < 65536 ? room + 1 : 65536;
        rf_buf_reserve(out, want);
        ssize_t got = read(fd, out->data + out->len, want);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        total += (size_t)got;
        if (total > cap) {
            errno = EFBIG;
            return -1;
        }
        out->len += (size_t)got;
        out->data[out->len] = '\0';
        if (got == 0)
            return 0;
    }
}

int rf_file_load(const char *path, size_t cap, struct rf_buf *out)
{
    /* O_NONBLOCK: a pipe put where a file is expected must not hang the start. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return -1;
    size_t before = out->len;
    struct stat status;
    int result = fstat(fd, &status);
    if (result == 0 && !S_ISREG(status.st_mode)) {
        errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
        result = -1;
    }
    if (result == 0)
        result = read_all(fd, cap, out);
    close_keeping_errno(fd);
    if (result != 0 && out->data != NULL) {
        out->len = before;
        out->data[before] = '\0';
    }
    return result;
}

static int write_all(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        ssize_t done = write(fd, at, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        at += done;
        len -= (size_t)done;
    }
    return 0;
}

/* Makes renames and removals in a folder last. Some file systems know no fsync of folders: no fault. */
static int sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int result = fsync(fd);
    if (result != 0 && (errno == EINVAL || errno == ENOTSUP))
        result = 0;
    close_keeping_errno(fd);
    return result;
}

static int write_new(const char *path, const void *data, size_t len)
{
    /* What a crash left behind may have another owner's mode; O_EXCL follows no link. */
    if (unlink(path) != 0 && errno != ENOENT)
        return -1;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return -1;
    if (write_all(fd, data, len) != 0 || fsync(fd) != 0) {
        close_keeping_errno(fd);
        return -1;
    }
    return close(fd);
}

int rf_file_save(const char *path, const void *data, size_t len)
{
    char *folder = folder_of(path);
    const char *slash = strrchr(path, '/');
    size_t prefix = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    struct rf_buf temporary = RF_BUF_INIT;
    rf_buf_append(&temporary, path, prefix);
    rf_buf_puts(&temporary, TEMPORARY);
    rf_buf_puts(&temporary, path + prefix);

    int result = write_new(temporary.data, data, len);
    if (result == 0)
        result = rename(temporary.data, path);
    if (result != 0) {
        int kept = errno;
        (void)unlink(temporary.data); /* most often it is not there */
        errno = kept;
    } else {
        result = sync_folder(folder);
    }
    int kept = errno;
    rf_buf_finish(&temporary);
    free(folder);
    errno = kept;
    return result;
}

int rf_file_remove(const char *path)
{
    if (unlink(path) != 0)
        return errno == ENOENT ? 0 : -1;
    char *folder = folder_of(path);
    int result = sync_folder(folder);
    int kept = errno;
    free(folder);
    errno = kept;
    return result;
}

/* A folder's name lasts only once the folder it is in was synced; where that was not done after it was made,
 * since the process was killed or the disk failed, it has to be made up for. */
static int sync_name(const char *path)
{
    char *folder = folder_of(path);
    int result = sync_folder(folder);
    if (result != 0 && (errno == EACCES || errno == EROFS))
        result = 0; /* one may make folders where one may not look; and there nothing was made */
    int kept = errno;
    free(folder);
    errno = kept;
    return result;
}

static int make_one(const char *path)
{
    if (mkdir(path, FOLDER_MODE) == 0)
        return sync_name(path);
    int kept = errno;
    struct stat status;
    /* Not only EEXIST: on a read-only file system an existing folder may answer EROFS. */
    if (stat(path, &status) == 0) {
        if (S_ISDIR(status.st_mode))
            return sync_name(path);
        errno = ENOTDIR;
        return -1;
    }
    errno = kept;
    return -1;
}

int rf_file_make_folder(const char *path)
{
    if (path[0] == '\0') {
        errno = ENOENT;
        return -1;
    }
    char *copy = rf_strdup(path);
    int result = 0;
    for (char *at = copy + 1; result == 0 && *at != '\0'; at++) {
        if (*at != '/' || at[-1] == '/')
            continue;
        *at = '\0';
        result = make_one(copy);
        *at = '/';
    }
    if (result == 0)
        result = make_one(copy);
    int kept = errno;
    free(copy);
    errno = kept;
    return result;
}

int rf_file_make_folder_for(const char *path)
{
    char *folder = folder_of(path);
    int result = rf_file_make_folder(folder);
    int kept = errno;
    free(folder);
    errno = kept;
    return result;
}
