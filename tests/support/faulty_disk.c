/* faulty_disk.c - a disk that fails or loses its power, for tests: preloaded into the server under test.
 *
 * It looks only at what happens below FAULTY_DISK_ROOT. Kinds of calls: create (open with O_CREAT), write,
 * sync (of files and folders), rename, unlink, truncate, mkdir.
 *
 * Faults: from the FAULTY_DISK_NTH call of the kinds in FAULTY_DISK_CALL ("write", "write,create", "any") on,
 * FAULTY_DISK_COUNT of them (1 unless told) do nothing and fail with FAULTY_DISK_ERRNO (ENOSPC, EIO); with
 * FAULTY_DISK_UNTIL, all of them for as long as that file exists. SHORT in the place of an errno: a write
 * writes half. TORN: the first writes half, all others find the disk full.
 *
 * Power cuts: with FAULTY_DISK_SHADOW, a folder on the same file system but not below the root, that folder
 * has at any moment what was made to last: files/INODE, the bytes at the last sync of that file, and
 * folders/INODE, the names at the last sync of that folder, a line "f|d INODE NAME" each. What is there when
 * the shadow is made counts as lasting. kept/INODE is the file itself, so that no number is used twice. A
 * file whose sync has failed gets nothing more into the shadow: a later sync says 0 on Linux, and has lost
 * what the failed one should have written. Renaming of folders is not followed.
 *
 * FAULTY_DISK_LOG gets a line "KIND PATH" for every call, with " !" behind it where it was made to fail. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum fate { GO_ON, FAIL, HALF };

static char root[PATH_MAX]; /* "": nothing is looked at */
static const char *shadow, *calls, *until;
static long nth, count;
static int fault; /* an errno */
static bool is_short, is_torn;
static int log_fd = -1;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over what follows, and over the shadow */
static long seen;                                        /* calls of the kinds that are to fail */

static void give_up(const char *what)
{
    fprintf(stderr, "faulty disk: %s: %s\n", what, strerror(errno));
    _exit(99);
}

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
    bool found =
        realpath(whole[0] == '\0' ? "/" : whole, out) != NULL && strlen(out) + strlen(name) + 2 < PATH_MAX;
    if (found) {
        strcat(out, "/");
        strcat(out, name);
    }
    errno = kept;
    return found && below(out);
}

/* ---- faults */

static bool concerns(const char *kind)
{
    return calls != NULL && (strcmp(calls, "any") == 0 || strstr(calls, kind) != NULL);
}

static enum fate choose(const char *kind)
{
    if (!concerns(kind))
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
    enum fate fate = choose(kind);
    int len = snprintf(line, sizeof line, "%s %s%s\n", kind, path + strlen(root), fate == GO_ON ? "" : " !");
    if (log_fd >= 0 && syscall(SYS_write, log_fd, line, (size_t)len) != len)
        give_up("its log");
    pthread_mutex_unlock(&lock);
    errno = fate == FAIL ? fault : kept;
    return fate;
}

/* ---- the shadow */

static void shadow_path(char out[PATH_MAX], const char *kind, ino_t inode)
{
    if (snprintf(out, PATH_MAX, "%s/%s/%" PRIuMAX, shadow, kind, (uintmax_t)inode) >= PATH_MAX)
        give_up("the name of its shadow is too long");
}

/* Over what is there, never cut off first: the process may be killed at any byte. */
static void shadow_file(int source, ino_t inode)
{
    char path[PATH_MAX], bytes[65536];
    shadow_path(path, "spoilt", inode);
    if (access(path, F_OK) == 0)
        return;
    shadow_path(path, "files", inode);
    int copy = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    off_t at = 0;
    ssize_t got;
    while (copy >= 0 && (got = pread(source, bytes, sizeof bytes, at)) > 0) {
        if (syscall(SYS_pwrite64, copy, bytes, (size_t)got, at) != got)
            give_up("a file of its shadow");
        at += got;
    }
    if (copy < 0 || syscall(SYS_ftruncate, copy, at) != 0 || close(copy) != 0)
        give_up("a file of its shadow");
}

static void shadow_folder(const char *path, ino_t inode)
{
    char target[PATH_MAX], fresh[PATH_MAX + 8];
    shadow_path(target, "folders", inode);
    snprintf(fresh, sizeof fresh, "%s.new", target);
    DIR *folder = opendir(path);
    FILE *out = fopen(fresh, "we");
    if (folder == NULL || out == NULL)
        give_up("a folder of its shadow");
    const struct dirent *entry;
    struct stat status;
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        fprintf(out, "%c %" PRIuMAX " %s\n", S_ISDIR(status.st_mode) ? 'd' : 'f', (uintmax_t)status.st_ino,
            entry->d_name);
    }
    closedir(folder);
    if (fclose(out) != 0 || syscall(SYS_renameat, AT_FDCWD, fresh, AT_FDCWD, target) != 0)
        give_up("a folder of its shadow");
}

static void keep(const char *path, ino_t inode)
{
    char target[PATH_MAX];
    shadow_path(target, "kept", inode);
    if (link(path, target) != 0 && errno != EEXIST && errno != ENOENT)
        give_up("keeping a file");
}

static void shadow_tree(const char *path)
{
    char inner[PATH_MAX];
    struct stat status;
    DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) >= PATH_MAX ||
            lstat(inner, &status) != 0)
            give_up(path);
        if (S_ISDIR(status.st_mode)) {
            shadow_tree(inner);
        } else if (S_ISREG(status.st_mode)) {
            int fd = (int)syscall(SYS_openat, AT_FDCWD, inner, O_RDONLY | O_CLOEXEC, 0);
            keep(inner, status.st_ino);
            shadow_file(fd, status.st_ino);
            close(fd);
        }
    }
    if (folder == NULL || closedir(folder) != 0 || stat(path, &status) != 0)
        give_up(path);
    shadow_folder(path, status.st_ino);
}

/* Before the sync itself: what comes while it runs need not be in it. */
static void shadow_sync(int fd, const char *path)
{
    struct stat status;
    char self[64];
    int kept = errno;
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    pthread_mutex_lock(&lock);
    if (fstat(fd, &status) != 0)
        give_up(path);
    if (S_ISDIR(status.st_mode)) {
        shadow_folder(path, status.st_ino);
    } else { /* opened again: fd may be for writing alone */
        int source = (int)syscall(
            SYS_openat, AT_FDCWD, self, O_RDONLY | O_CLOEXEC, 0); /* fd may be for writing alone */
        if (source < 0)
            give_up(path);
        shadow_file(source, status.st_ino);
        close(source);
    }
    pthread_mutex_unlock(&lock);
    errno = kept;
}

static void spoil(int fd)
{
    struct stat status;
    char path[PATH_MAX];
    int kept = errno;
    if (fstat(fd, &status) != 0)
        give_up("a file");
    shadow_path(path, "spoilt", status.st_ino);
    if (S_ISREG(status.st_mode))
        close((int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640));
    errno = kept;
}

/* ---- the calls */

static int open_any(int folder, const char *path, int flags, mode_t mode)
{
    char whole[PATH_MAX];
    struct stat status;
    bool creates = (flags & O_CREAT) != 0 && resolve(folder, path, whole);
    if (creates && fate_of("create", whole) == FAIL)
        return -1;
    int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
    if (fd >= 0 && creates && shadow != NULL && fstat(fd, &status) == 0)
        keep(whole, status.st_ino);
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

static int sync_any(int fd, long number)
{
    char path[PATH_MAX];
    bool mine = path_of_fd(fd, path);
    bool fails = mine && fate_of("sync", path) == FAIL;
    if (mine && shadow != NULL)
        fails ? spoil(fd) : shadow_sync(fd, path);
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

static void make_shadow(void)
{
    static const char *const parts[] = {"files", "kept", "spoilt", "folders"};
    char path[PATH_MAX];
    bool fresh = syscall(SYS_mkdirat, AT_FDCWD, shadow, 0750) == 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", shadow, parts[i]);
        if (syscall(SYS_mkdirat, AT_FDCWD, path, 0750) != 0 && errno != EEXIST)
            give_up("its shadow");
    }
    if (fresh)
        shadow_tree(root);
}

static void read_fault(void)
{
    const char *name = getenv("FAULTY_DISK_ERRNO"), *first = getenv("FAULTY_DISK_NTH"),
               *how_many = getenv("FAULTY_DISK_COUNT");
    until = getenv("FAULTY_DISK_UNTIL");
    nth = first != NULL ? atol(first) : 1;
    count = how_many != NULL ? atol(how_many) : 1;
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
    shadow = getenv("FAULTY_DISK_SHADOW");
    read_fault();
    if (log != NULL)
        log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (shadow != NULL)
        make_shadow();
}
