/* faulty_disk.c - a disk that fails or loses its power, for tests: preloaded into the server under test.
 *
 * It looks only at what happens below FAULTY_DISK_ROOT. Kinds of calls: create (open with O_CREAT), write,
 * sync (of files and folders), rename, unlink, truncate, mkdir, read. FAULTY_DISK_PATH: faults come only to
 * what has this in its path.
 *
 * Faults: from the FAULTY_DISK_NTH call of the kinds in FAULTY_DISK_CALL ("write", "write,create", "any") on,
 * FAULTY_DISK_COUNT of them (1 unless told) do nothing and fail with FAULTY_DISK_ERRNO (ENOSPC, EIO); with
 * FAULTY_DISK_UNTIL, all of them for as long as that file exists. SHORT in the place of an errno: a write
 * writes half. TORN: the first writes half, all others find the disk full.
 * HANG: they wait until that file is gone. FAULTY_DISK_SLOW_MS: every sync takes so much longer.
 *
 * Power cuts: FAULTY_DISK_SHADOW, see faulty_disk_shadow.h.
 *
 * FAULTY_DISK_LOG gets a line "KIND PATH" for every call, with " !" behind it where it was made to fail. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "faulty_disk_shadow.h"

enum fate { GO_ON, FAIL, HALF };

static char root[PATH_MAX]; /* "": nothing is looked at */
static const char *calls, *until, *where;
static long nth, count, slow_ms;
static int fault; /* an errno */
static bool is_short, is_torn, hangs;
static struct shadow shadow;
static int log_fd = -1;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over what follows, and over the shadow */
static long seen;                                        /* calls of the kinds that are to fail */

/* ---- paths */

static bool below(const char *path)
{
    size_t len = strlen(root);
    return len > 0 && strncmp(path, root, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

static bool path_of_fd(int fd, char out[PATH_MAX])
{
    char self[64];
    int kept = errno;
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(self, out, PATH_MAX - 1);
    errno = kept;
    out[len > 0 ? len : 0] = '\0';
    return len > 0 && below(out);
}

/* What the path means, also where nothing of that name is there; only its folder has to be. */
static bool resolve(int folder, const char *path, char out[PATH_MAX])
{
    char whole[2 * PATH_MAX], base[PATH_MAX] = ".";
    int kept = errno;
    if (root[0] == '\0')
        return false;
    if (path[0] != '/' && folder != AT_FDCWD)
        (void)path_of_fd(folder, base);
    snprintf(whole, sizeof whole, "%s/%s", path[0] == '/' ? "" : base, path);
    char *name = strrchr(whole, '/');
    *name++ = '\0';
    bool found = realpath(whole[0] == '\0' ? "/" : whole, out) != NULL;
    size_t len = found ? strlen(out) : 0;
    found = found && snprintf(out + len, PATH_MAX - len, "/%s", name) < (int)(PATH_MAX - len);
    errno = kept;
    return found && below(out);
}

/* ---- faults */

static bool concerns(const char *kind, const char *path)
{
    if (where != NULL && strstr(path, where) == NULL)
        return false;
    return calls != NULL && (strcmp(calls, "any") == 0 || strstr(calls, kind) != NULL);
}

static enum fate choose(const char *kind, const char *path)
{
    if (!concerns(kind, path))
        return GO_ON;
    long past = ++seen - nth; /* 0: the first of those that fail */
    if (past < 0 || (until != NULL ? access(until, F_OK) != 0 : past >= count))
        return GO_ON;
    bool is_write = strcmp(kind, "write") == 0;
    if (is_short)
        return is_write ? HALF : GO_ON;
    return is_torn && is_write && past == 0 ? HALF : FAIL;
}

/* Counts the call, and sets errno where it is to fail. */
static enum fate fate_of(const char *kind, const char *path)
{
    int kept = errno;
    char line[PATH_MAX + 32];
    pthread_mutex_lock(&lock);
    enum fate fate = choose(kind, path + strlen(root));
    int len = snprintf(line, sizeof line, "%s %s%s\n", kind, path + strlen(root), fate == GO_ON ? "" : " !");
    if (log_fd >= 0 && syscall(SYS_write, log_fd, line, (size_t)len) != len)
        faulty_disk_give_up("its log");
    pthread_mutex_unlock(&lock);
    while (fate == FAIL && hangs && access(until, F_OK) == 0)
        (void)usleep(2000);
    if (hangs)
        fate = GO_ON;
    errno = fate == FAIL ? fault : kept;
    return fate;
}

/* ---- the calls */

static int open_any(int folder, const char *path, int flags, mode_t mode)
{
    char whole[PATH_MAX];
    bool creates = (flags & O_CREAT) != 0 && resolve(folder, path, whole);
    if (creates && fate_of("create", whole) == FAIL)
        return -1;
    int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
    if (fd >= 0 && creates && shadow.folder != NULL)
        shadow_keep(&shadow, whole, fd);
    return fd;
}

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_any(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_any(folder, path, flags, mode);
}

static size_t length_of(int fd, size_t len, enum fate *fate)
{
    char path[PATH_MAX];
    *fate = path_of_fd(fd, path) ? fate_of("write", path) : GO_ON;
    return *fate == HALF && len > 1 ? len / 2 : len;
}

ssize_t write(int fd, const void *data, size_t len)
{
    enum fate fate;
    size_t some = length_of(fd, len, &fate);
    return fate == FAIL ? -1 : syscall(SYS_write, fd, data, some);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    enum fate fate;
    size_t some = length_of(fd, len, &fate);
    return fate == FAIL ? -1 : syscall(SYS_pwrite64, fd, data, some, at);
}

ssize_t read(int fd, void *data, size_t len)
{
    char path[PATH_MAX];
    if (path_of_fd(fd, path) && fate_of("read", path) == FAIL)
        return -1;
    return syscall(SYS_read, fd, data, len);
}

static int sync_any(int fd, long number)
{
    char path[PATH_MAX];
    bool mine = path_of_fd(fd, path);
    bool fails = mine && fate_of("sync", path) == FAIL;
    if (mine && slow_ms > 0)
        (void)usleep((useconds_t)slow_ms * 1000);
    if (mine && shadow.folder != NULL) {
        pthread_mutex_lock(&lock);
        if (fails)
            shadow_spoil(&shadow, fd);
        else
            shadow_sync(&shadow, fd, path);
        pthread_mutex_unlock(&lock);
    }
    return fails ? -1 : (int)syscall(number, fd);
}

int fsync(int fd)
{
    return sync_any(fd, SYS_fsync);
}

int fdatasync(int fd)
{
    return sync_any(fd, SYS_fdatasync);
}

int rename(const char *from, const char *to)
{
    char path[PATH_MAX];
    if (resolve(AT_FDCWD, to, path) && fate_of("rename", path) == FAIL)
        return -1;
    return (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

int unlinkat(int folder, const char *name, int flags)
{
    char path[PATH_MAX];
    if (resolve(folder, name, path) && fate_of("unlink", path) == FAIL)
        return -1;
    return (int)syscall(SYS_unlinkat, folder, name, flags);
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int ftruncate(int fd, off_t len)
{
    char path[PATH_MAX];
    if (path_of_fd(fd, path) && fate_of("truncate", path) == FAIL)
        return -1;
    return (int)syscall(SYS_ftruncate, fd, len);
}

int mkdir(const char *name, mode_t mode)
{
    char path[PATH_MAX];
    if (resolve(AT_FDCWD, name, path) && fate_of("mkdir", path) == FAIL)
        return -1;
    return (int)syscall(SYS_mkdirat, AT_FDCWD, name, mode);
}

/* ---- settings */

static void read_fault(void)
{
    const char *name = getenv("FAULTY_DISK_ERRNO"), *first = getenv("FAULTY_DISK_NTH"),
               *how_many = getenv("FAULTY_DISK_COUNT"), *slow = getenv("FAULTY_DISK_SLOW_MS");
    until = getenv("FAULTY_DISK_UNTIL");
    where = getenv("FAULTY_DISK_PATH");
    nth = first != NULL ? atol(first) : 1;
    count = how_many != NULL ? atol(how_many) : 1;
    slow_ms = slow != NULL ? atol(slow) : 0;
    hangs = name != NULL && until != NULL && strcmp(name, "HANG") == 0;
    is_short = name != NULL && strcmp(name, "SHORT") == 0;
    is_torn = name != NULL && strcmp(name, "TORN") == 0;
    fault = name != NULL && strcmp(name, "EIO") == 0 ? EIO : ENOSPC;
}

__attribute__((constructor)) static void begin(void)
{
    const char *folder = getenv("FAULTY_DISK_ROOT"), *log = getenv("FAULTY_DISK_LOG");
    if (folder == NULL || realpath(folder, root) == NULL)
        return;
    calls = getenv("FAULTY_DISK_CALL");
    read_fault();
    if (log != NULL)
        log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (getenv("FAULTY_DISK_SHADOW") != NULL)
        shadow_begin(&shadow, getenv("FAULTY_DISK_SHADOW"), root);
}
