/* faulty_disk_shadow.c - what a power cut would leave of a folder. By system calls where the library's are
 * those of faulty_disk.c. */
#include "faulty_disk_shadow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void faulty_disk_give_up(const char *what)
{
    fprintf(stderr, "faulty disk: %s: %s\n", what, strerror(errno));
    _exit(99);
}

static void make_path(const struct shadow *shadow, char out[PATH_MAX], const char *kind, ino_t inode)
{
    if (snprintf(out, PATH_MAX, "%s/%s/%" PRIuMAX, shadow->folder, kind, (uintmax_t)inode) >= PATH_MAX)
        faulty_disk_give_up("the name of its shadow is too long");
}

/* Over what is there, never cut off first: the process may be killed at any byte. */
static void copy_file(const struct shadow *shadow, int source, ino_t inode)
{
    char path[PATH_MAX], bytes[65536];
    make_path(shadow, path, "spoilt", inode);
    if (access(path, F_OK) == 0)
        return;
    make_path(shadow, path, "files", inode);
    int copy = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    off_t at = 0;
    ssize_t got;
    while (copy >= 0 && (got = pread(source, bytes, sizeof bytes, at)) > 0) {
        if (syscall(SYS_pwrite64, copy, bytes, (size_t)got, at) != got)
            faulty_disk_give_up("a file of its shadow");
        at += got;
    }
    if (copy < 0 || syscall(SYS_ftruncate, copy, at) != 0 || close(copy) != 0)
        faulty_disk_give_up("a file of its shadow");
}

static void copy_folder(const struct shadow *shadow, const char *path, ino_t inode)
{
    char target[PATH_MAX], fresh[PATH_MAX + 8];
    make_path(shadow, target, "folders", inode);
    snprintf(fresh, sizeof fresh, "%s.new", target);
    DIR *folder = opendir(path);
    FILE *out = fopen(fresh, "we");
    if (folder == NULL || out == NULL)
        faulty_disk_give_up("a folder of its shadow");
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
        faulty_disk_give_up("a folder of its shadow");
}

static void keep(const struct shadow *shadow, const char *path, ino_t inode)
{
    char target[PATH_MAX];
    make_path(shadow, target, "kept", inode);
    if (link(path, target) != 0 && errno != EEXIST && errno != ENOENT)
        faulty_disk_give_up("keeping a file");
}

static void copy_tree(const struct shadow *shadow, const char *path) /* NOLINT(misc-no-recursion): a tree */
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
            faulty_disk_give_up(path);
        if (S_ISDIR(status.st_mode)) {
            copy_tree(shadow, inner);
        } else if (S_ISREG(status.st_mode)) {
            int fd = (int)syscall(SYS_openat, AT_FDCWD, inner, O_RDONLY | O_CLOEXEC, 0);
            keep(shadow, inner, status.st_ino);
            copy_file(shadow, fd, status.st_ino);
            close(fd);
        }
    }
    if (folder == NULL || closedir(folder) != 0 || stat(path, &status) != 0)
        faulty_disk_give_up(path);
    copy_folder(shadow, path, status.st_ino);
}

void shadow_sync(const struct shadow *shadow, int fd, const char *path)
{
    struct stat status;
    char self[64];
    int kept = errno;
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd); /* opened again: fd may be for writing alone */
    if (fstat(fd, &status) != 0)
        faulty_disk_give_up(path);
    if (S_ISDIR(status.st_mode)) {
        copy_folder(shadow, path, status.st_ino);
    } else {
        int source = (int)syscall(SYS_openat, AT_FDCWD, self, O_RDONLY | O_CLOEXEC, 0);
        if (source < 0)
            faulty_disk_give_up(path);
        copy_file(shadow, source, status.st_ino);
        close(source);
    }
    errno = kept;
}

void shadow_spoil(const struct shadow *shadow, int fd)
{
    struct stat status;
    char path[PATH_MAX];
    int kept = errno;
    if (fstat(fd, &status) != 0)
        faulty_disk_give_up("a file");
    make_path(shadow, path, "spoilt", status.st_ino);
    if (S_ISREG(status.st_mode))
        close((int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640));
    errno = kept;
}

void shadow_keep(const struct shadow *shadow, const char *path, int fd)
{
    struct stat status;
    int kept = errno;
    if (fstat(fd, &status) == 0)
        keep(shadow, path, status.st_ino);
    errno = kept;
}

void shadow_begin(struct shadow *shadow, const char *folder, const char *root)
{
    static const char *const parts[] = {"files", "kept", "spoilt", "folders"};
    char path[PATH_MAX];
    shadow->folder = folder;
    bool fresh = syscall(SYS_mkdirat, AT_FDCWD, folder, 0750) == 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, parts[i]);
        if (syscall(SYS_mkdirat, AT_FDCWD, path, 0750) != 0 && errno != EEXIST)
            faulty_disk_give_up("its shadow");
    }
    if (fresh)
        copy_tree(shadow, root);
}
