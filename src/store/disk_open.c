/* disk_open.c - the storage folder at the start: its folders, its lock, and whether it can be written to. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "racefacer/base/file.h"
#include "racefacer/base/memory.h"
#include "store/disk.h"

#define PROBE RF_DISK_LEFT_OVER "check"
#define LOCK_FILE ".lock"
#define LOCK_PATIENCE_MS 3000 /* a killed server keeps its lock until the kernel has taken it apart */
#define LOCK_RETRY_MS 20

static char *join(const char *folder, const char *name)
{
    struct rf_buf path = RF_BUF_INIT;
    rf_buf_printf(&path, "%s/%s", folder, name);
    return rf_buf_take(&path);
}

/* What the operator can do about it. */
static void advise(struct rf_buf *out, int error)
{
    switch (error) {
    case EACCES:
    case EPERM: {
        const struct passwd *user = getpwuid(geteuid());
        if (user != NULL)
            rf_buf_printf(out, "Give user %s write permission or set STORAGE_PATH", user->pw_name);
        else
            rf_buf_printf(out, "Give user id %u write permission or set STORAGE_PATH", (unsigned)geteuid());
        break;
    }
    case EROFS: rf_buf_puts(out, "Mount it for writing or set STORAGE_PATH"); break;
    case ENOSPC:
    case EDQUOT: rf_buf_puts(out, "Make room there or set STORAGE_PATH"); break;
    case ENOTDIR:
    case EEXIST:
        rf_buf_puts(out, "Something that is no folder is in its place: move that or set STORAGE_PATH");
        break;
    default: rf_buf_puts(out, "Set STORAGE_PATH to a folder that can be written to"); break;
    }
}

static int refuse(char **error, const char *folder, const char *what, int reason)
{
    struct rf_buf line = RF_BUF_INIT;
    rf_buf_printf(&line, "storage folder %s %s: %s. ", folder, what, strerror(reason));
    advise(&line, reason);
    *error = rf_buf_take(&line);
    return -1;
}

/* Makes and removes an empty file: permission bits do not tell, since root is above them and a mount may be
 * read-only under any of them. An empty one, so that a full disk does not stop the start. */
static int check_writable(const char *folder, char **error)
{
    char *path = join(folder, PROBE);
    int result = 0;
    if (unlink(path) != 0 && errno != ENOENT)
        result = errno;
    int fd = result == 0 ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640) : -1;
    if (result == 0 && (fd < 0 || close(fd) != 0 || unlink(path) != 0))
        result = errno;
    free(path);
    return result == 0 ? 0 : refuse(error, folder, "cannot be written to", result);
}

static int make(const char *folder, char **error)
{
    return rf_file_make_folder(folder) == 0 ? 0 : refuse(error, folder, "cannot be made", errno);
}

/* ---- one process at a time */

/* 0; -1 with errno set, EWOULDBLOCK where another process still had the lock when patience ended. */
static int lock_patiently(int lock)
{
    static const struct timespec retry = {.tv_nsec = LOCK_RETRY_MS * 1000000L};
    int result;
    for (int waited = 0;
         (result = flock(lock, LOCK_EX | LOCK_NB)) != 0 && errno == EWOULDBLOCK && waited < LOCK_PATIENCE_MS;
         waited += LOCK_RETRY_MS)
        (void)nanosleep(&retry, NULL); /* cut short, it is asked sooner */
    return result;
}

/* Two processes on one folder would each overwrite what the other just saved. flock goes with the open file:
 * the kernel lets go of it however the process ends, so the file itself may stay. */
static int take_lock(struct rf_disk *disk, struct rf_log *log, char **error)
{
    char *path = join(disk->root, LOCK_FILE);
    disk->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    free(path);
    if (disk->lock < 0)
        return refuse(error, disk->root, "cannot be written to", errno);
    if (lock_patiently(disk->lock) == 0) {
        if (ftruncate(disk->lock, 0) != 0 || dprintf(disk->lock, "%ld\n", (long)getpid()) < 0)
            rf_log_debug(log, "store", "the lock file of %s could not be given the process id: %s",
                disk->root, strerror(errno));
        return 0;
    }
    if (errno != EWOULDBLOCK) { /* some network file systems have no locks */
        rf_log_warn(log, "store",
            "storage folder %s cannot be locked: %s. Make sure that no second server uses it", disk->root,
            strerror(errno));
        return 0;
    }
    char pid[24] = "";
    ssize_t got = read(disk->lock, pid, sizeof pid - 1);
    pid[got > 0 ? strspn(pid, "0123456789") : 0] = '\0';
    struct rf_buf line = RF_BUF_INIT;
    rf_buf_printf(&line, "storage folder %s is in use by another server", disk->root);
    if (pid[0] != '\0')
        rf_buf_printf(&line, ", process %s", pid);
    rf_buf_puts(&line, ". Stop that one or set STORAGE_PATH to another folder");
    *error = rf_buf_take(&line);
    return -1;
}

/* ---- what a crash left */

static void clear_left_over(const char *path, struct rf_log *log)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        rf_log_warn(log, "store", "%s cannot be searched for left-over files: %s", path, strerror(errno));
        return;
    }
    unsigned removed = 0;
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (strncmp(entry->d_name, RF_DISK_LEFT_OVER, strlen(RF_DISK_LEFT_OVER)) != 0)
            continue;
        if (unlinkat(dirfd(folder), entry->d_name, 0) == 0)
            removed++;
        else
            rf_log_warn(log, "store", "left-over file %s/%s cannot be removed: %s", path, entry->d_name,
                strerror(errno));
    }
    (void)closedir(folder); /* only read from */
    if (removed > 0)
        rf_log_info(log, "store", "%u half-written file%s of an earlier run removed from %s", removed,
            removed == 1 ? "" : "s", path);
}

/* The folders themselves, new ones among them, and renames that a killed process made: what is found at the
 * start is relied on from here. */
static void make_last(struct rf_disk *disk, const char *folder, struct rf_log *log)
{
    int error = rf_disk_sync_folder(folder);
    if (error != 0)
        rf_log_warn(log, "store", "%s cannot be synced: %s", folder, strerror(error));
    disk->unsynced |= error != 0;
}

int rf_disk_open(struct rf_disk *disk, struct rf_log *log, const char *path, char **error)
{
    *disk = (struct rf_disk){.root = rf_strdup(path), .lock = -1};
    disk->sessions = join(path, "sessions");
    disk->current = join(path, "current");
    disk->journal = join(path, "journal");
    disk->quarantine = join(path, "quarantine");
    /* The lock comes before anything that could disturb a server at work in there. */
    const char *const folders[] = {disk->root, disk->sessions, disk->journal, disk->current};
    static const size_t count = sizeof folders / sizeof folders[0];
    int result = make(disk->root, error) == 0 ? take_lock(disk, log, error) : -1;
    if (result == 0)
        result = rf_disk_check_version(disk->root, log, error);
    for (size_t i = 0; result == 0 && i < count; i++)
        result = make(folders[i], error) == 0 ? check_writable(folders[i], error) : -1;
    for (size_t i = 0; result == 0 && i < count; i++)
        clear_left_over(folders[i], log);
    if (result == 0 && access(disk->quarantine, F_OK) == 0)
        clear_left_over(disk->quarantine, log);
    for (size_t i = 0; result == 0 && i < count; i++)
        make_last(disk, folders[i], log);
    if (result != 0)
        rf_disk_close(disk);
    return result;
}

void rf_disk_close(struct rf_disk *disk)
{
    if (disk->lock >= 0)
        (void)close(disk->lock); /* nothing was written that matters */
    free(disk->root);
    free(disk->sessions);
    free(disk->current);
    free(disk->journal);
    free(disk->quarantine);
    *disk = (struct rf_disk){.lock = -1};
}
