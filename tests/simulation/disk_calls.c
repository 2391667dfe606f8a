/* disk_calls.c - the calls of the C library that touch the disk. Each takes its time, may fail, and may be
 * the one in which the process dies: then it was carried out, in part, or not. */
#include "disk_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "disk.h"
#include "simulation.h"
#include "witness.h"
#include "wraps.h"

#define FILES_MAX 64
#define FIRST_FD 1000 /* far from any that is real */

struct disk_mood disk_mood;
static struct open_file files[FILES_MAX];
static uint64_t misreads, failures;

void disk_calls_begin(void)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (files[i].inode != NULL && files[i].locks)
            files[i].inode->locked = false;
        disk_drop(files[i].inode);
        files[i] = (struct open_file){0};
    }
    misreads = failures = 0;
}

uint64_t disk_misreads(void)
{
    return misreads;
}

uint64_t disk_failures(void)
{
    return failures;
}

/* ---- what becomes of a call */

static int64_t time_of(enum disk_call kind)
{
    if (disk_mood.hangs > 0 && kind != CLOSES && sim_chance(disk_mood.hangs)) {
        sim_totals.hangs++;
        return sim_in_pool() ? sim_between(500 * SIM_MS, 90 * SIM_S) : sim_about(SIM_S);
    }
    return kind == SYNCS ? sim_between(1, 2 * disk_mood.sync_us) : sim_between(1, 60);
}

bool disk_call_go_on(const char *call, const char *what, enum disk_call kind)
{
    sim_totals.disk_calls++;
    sim_wait(time_of(kind));
    if (!sim_crashing)
        sim_disk_called();
    if (sim_crashing)
        return true;
    sim_note((uint64_t)kind);
    bool full = disk_mood.full && kind == GROWS;
    if (!full && !sim_chance(kind == READS ? disk_mood.misreads : kind == CLOSES ? 0 : disk_mood.fails))
        return true;
    errno = full || (kind == GROWS && sim_chance(0.5)) ? ENOSPC : EIO;
    misreads += kind == READS;
    failures++;
    sim_count_fault(call);
    sim_trace("  disk: %s %s fails: %s", call, what, strerror(errno));
    return false;
}

void disk_call_finish(void)
{
    if (sim_crashing)
        sim_fiber_leave();
}

bool disk_call_carried_out(void)
{
    return !sim_crashing || sim_chance(0.5);
}

struct open_file *disk_call_file(int fd)
{
    struct open_file *file = fd >= FIRST_FD && fd < FIRST_FD + FILES_MAX ? &files[fd - FIRST_FD] : NULL;
    if (file == NULL || file->inode == NULL)
        sim_fail("a file descriptor that is not open is used: %d", fd);
    return file;
}

int disk_call_fail(int error)
{
    errno = error;
    disk_call_finish();
    return -1;
}

/* ---- files */

int disk_call_open(struct inode *inode, int flags)
{
    int i = 0;
    while (i < FILES_MAX && files[i].inode != NULL)
        i++;
    if (i == FILES_MAX)
        sim_fail("files stay open");
    files[i] = (struct open_file){.inode = disk_hold(inode), .flags = flags};
    return FIRST_FD + i;
}

int __wrap_open(const char *path, int flags, ...)
{
    struct inode *parent;
    const char *name;
    bool creates = (flags & O_CREAT) != 0, is_there = disk_find(path, &parent, &name) != NULL;
    if (!disk_call_go_on(creates ? "open to create" : "open", path, creates && !is_there ? GROWS : READS))
        return -1;
    struct inode *inode = disk_find(path, &parent, &name);
    if (inode != NULL && creates && (flags & O_EXCL) != 0)
        return disk_call_fail(EEXIST);
    if (inode == NULL && (!creates || parent == NULL))
        return disk_call_fail(ENOENT);
    if ((flags & O_DIRECTORY) != 0 && !inode->folder)
        return disk_call_fail(ENOTDIR);
    if (inode == NULL && disk_call_carried_out())
        inode = disk_make(parent, name, false);
    disk_call_finish();
    return disk_call_open(inode, flags);
}

int __wrap_close(int fd)
{
    struct open_file *file = disk_call_file(fd);
    sim_wait(sim_between(0, 5));
    disk_call_finish();
    if (file->locks)
        file->inode->locked = false;
    disk_drop(file->inode);
    *file = (struct open_file){0};
    return 0;
}

ssize_t __wrap_read(int fd, void *out, size_t len)
{
    struct open_file *file = disk_call_file(fd);
    if (!disk_call_go_on("read", "", READS))
        return -1;
    disk_call_finish();
    size_t left = file->inode->len > file->at ? file->inode->len - file->at : 0;
    size_t some = len < left ? len : left;
    if (some > 1 && sim_chance(0.02))
        some = (size_t)sim_between(1, (int64_t)some);
    if (some > 0)
        memcpy(out, file->inode->bytes + file->at, some);
    file->at += some;
    return (ssize_t)some;
}

ssize_t __wrap___read_chk(int fd, void *out, size_t len, size_t room)
{
    if (len > room)
        sim_fail("a read of more than there is room for");
    return __wrap_read(fd, out, len);
}

static ssize_t write_log(const char *data, size_t len)
{
    static const char cleaned[] = " goes: more than ";
    const char *id = memmem(data, len, "session 2", 9), *end = memmem(data, len, cleaned, sizeof cleaned - 1);
    sim_note_bytes(data, len);
    if (id != NULL && end != NULL)
        witness_cleaned(id + 8, (size_t)(end - id) - 8);
    if (sim_tracing && len > 26)
        sim_trace("%.*s", (int)len - 26, data + 25); /* without its own time and newline */
    return (ssize_t)len;
}

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    if (fd == STDERR_FILENO)
        return write_log(data, len);
    struct open_file *file = disk_call_file(fd);
    bool good = disk_call_go_on("write", "", GROWS);
    size_t some = len;
    if (!good && (len < 2 || sim_chance(0.5)))
        return -1;
    if (!good || sim_crashing || sim_chance(0.02)) /* a short one, as it comes before the disk is full */
        some = (size_t)sim_between(sim_crashing ? 0 : 1, (int64_t)len);
    if ((file->flags & O_APPEND) != 0)
        file->at = file->inode->len;
    disk_write(file->inode, file->at, data, some);
    file->at += some;
    disk_call_finish();
    return (ssize_t)some;
}

static int sync_any(const char *call, int fd)
{
    struct open_file *file = disk_call_file(fd);
    if (!disk_call_go_on(call, "", SYNCS)) {
        disk_spoil(file->inode);
        errno = EIO;
        return -1;
    }
    if (disk_call_carried_out())
        disk_sync(file->inode);
    disk_call_finish();
    return 0;
}

int __wrap_fsync(int fd)
{
    return sync_any("fsync", fd);
}

int __wrap_fdatasync(int fd)
{
    return sync_any("fdatasync", fd);
}

int __wrap_ftruncate(int fd, off_t len)
{
    struct open_file *file = disk_call_file(fd);
    if (!disk_call_go_on("ftruncate", "", WRITES))
        return -1;
    disk_truncate(file->inode, (size_t)len);
    disk_call_finish();
    return 0;
}

int __wrap_flock(int fd, int operation)
{
    struct open_file *file = disk_call_file(fd);
    (void)operation; /* exclusive and not waiting, always */
    if (file->inode->locked) {
        errno = EWOULDBLOCK;
        return -1;
    }
    file->inode->locked = file->locks = true;
    return 0;
}

int disk_call_status(const struct inode *inode, struct stat *out)
{
    *out = (struct stat){.st_mode = inode->folder ? S_IFDIR | 0750 : S_IFREG | 0640,
        .st_size = (off_t)inode->len,
        .st_mtim = {.tv_sec = inode->changed_ms / 1000}};
    return 0;
}

int __wrap_fstat(int fd, struct stat *out)
{
    struct open_file *file = disk_call_file(fd);
    if (!disk_call_go_on("fstat", "", READS))
        return -1;
    disk_call_finish();
    return disk_call_status(file->inode, out);
}

/* The simulation's stderr, and the storage folder's lock file. */
__attribute__((format(printf, 2, 0))) static int vdprint(int fd, const char *format, va_list args)
{
    char text[256];
    int len = vsnprintf(text, sizeof text, format, args);
    return (int)__wrap_write(fd, text, (size_t)len);
}

__attribute__((format(printf, 2, 3))) int __wrap_dprintf(int fd, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int done = vdprint(fd, format, args);
    va_end(args);
    return done;
}

__attribute__((format(printf, 3, 4))) int __wrap___dprintf_chk(int fd, int flag, const char *format, ...)
{
    va_list args;
    (void)flag;
    va_start(args, format);
    int done = vdprint(fd, format, args);
    va_end(args);
    return done;
}
