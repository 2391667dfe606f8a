/* disk_names.c - the calls of the C library that touch names on the disk: see disk_calls.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "disk.h"
#include "disk_calls.h"
#include "simulation.h"
#include "wraps.h"

struct sim_dir {
    int fd;
    size_t next, count;
    char **names;
    struct dirent entry;
};

int __wrap_stat(const char *path, struct stat *out)
{
    struct inode *parent;
    const char *name;
    if (!disk_call_go_on("stat", path, READS))
        return -1;
    const struct inode *inode = disk_find(path, &parent, &name);
    disk_call_finish();
    return inode == NULL ? disk_call_fail(ENOENT) : disk_call_status(inode, out);
}

int __wrap_access(const char *path, int mode)
{
    struct inode *parent;
    const char *name;
    (void)mode; /* F_OK */
    if (!disk_call_go_on("access", path, READS))
        return -1;
    disk_call_finish();
    return disk_find(path, &parent, &name) == NULL ? disk_call_fail(ENOENT) : 0;
}

int __wrap_rename(const char *from, const char *to)
{
    struct inode *old_parent, *new_parent;
    const char *old_name, *new_name;
    if (!disk_call_go_on("rename", to, NAMES))
        return -1;
    const struct inode *inode = disk_find(from, &old_parent, &old_name);
    (void)disk_find(to, &new_parent, &new_name);
    if (inode == NULL || new_parent == NULL)
        return disk_call_fail(ENOENT);
    if (disk_call_carried_out())
        disk_rename(old_parent, old_name, new_parent, new_name);
    disk_call_finish();
    return 0;
}

static int unlink_in(struct inode *parent, const struct inode *inode, const char *name)
{
    if (inode == NULL)
        return disk_call_fail(ENOENT);
    if (inode->folder)
        return disk_call_fail(EISDIR);
    if (disk_call_carried_out())
        disk_unlink(parent, name);
    disk_call_finish();
    return 0;
}

int __wrap_unlink(const char *path)
{
    struct inode *parent;
    const char *name;
    if (!disk_call_go_on("unlink", path, NAMES))
        return -1;
    const struct inode *inode = disk_find(path, &parent, &name);
    return unlink_in(parent, inode, name);
}

int __wrap_unlinkat(int folder, const char *name, int flags)
{
    (void)flags;
    struct open_file *file = disk_call_file(folder);
    if (!disk_call_go_on("unlinkat", name, NAMES))
        return -1;
    const struct inode *inode = NULL;
    for (size_t i = 0; i < file->inode->names.count; i++)
        if (strcmp(file->inode->names.at[i].name, name) == 0)
            inode = file->inode->names.at[i].inode;
    return unlink_in(file->inode, inode, name);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    struct inode *parent;
    const char *name;
    (void)mode;
    bool is_there = disk_find(path, &parent, &name) != NULL;
    if (!disk_call_go_on("mkdir", path, is_there ? READS : GROWS))
        return -1;
    const struct inode *inode = disk_find(path, &parent, &name);
    if (inode != NULL)
        return disk_call_fail(EEXIST);
    if (parent == NULL)
        return disk_call_fail(ENOENT);
    if (disk_call_carried_out())
        (void)disk_make(parent, name, true);
    disk_call_finish();
    return 0;
}

/* ---- folders: the names of the moment it was opened, in any order */

DIR *__wrap_opendir(const char *path)
{
    struct inode *parent;
    const char *name;
    if (!disk_call_go_on("opendir", path, READS))
        return NULL;
    struct inode *inode = disk_find(path, &parent, &name);
    disk_call_finish();
    if (inode == NULL || !inode->folder) {
        errno = inode == NULL ? ENOENT : ENOTDIR;
        return NULL;
    }
    struct sim_dir *dir = __wrap_calloc(1, sizeof *dir); /* the life's own: a kill takes it along */
    dir->fd = disk_call_open(inode, O_RDONLY);
    dir->count = inode->names.count;
    dir->names = __wrap_calloc(dir->count + 1, sizeof *dir->names);
    for (size_t i = 0; i < dir->count; i++) {
        size_t at = (size_t)sim_between(0, (int64_t)i);
        dir->names[i] = dir->names[at];
        size_t size = strlen(inode->names.at[i].name) + 1;
        dir->names[at] = memcpy(__wrap_malloc(size), inode->names.at[i].name, size);
    }
    return (DIR *)dir;
}

struct dirent *__wrap_readdir(DIR *folder)
{
    struct sim_dir *dir = (struct sim_dir *)folder;
    int kept = errno; /* at the end it stays as it was */
    if (!disk_call_go_on("readdir", "", READS))
        return NULL;
    disk_call_finish();
    errno = kept;
    if (dir->next == dir->count)
        return NULL;
    (void)snprintf(dir->entry.d_name, sizeof dir->entry.d_name, "%s", dir->names[dir->next++]);
    return &dir->entry;
}

int __wrap_closedir(DIR *folder)
{
    struct sim_dir *dir = (struct sim_dir *)folder;
    (void)__wrap_close(dir->fd);
    for (size_t i = 0; i < dir->count; i++)
        __wrap_free(dir->names[i]);
    __wrap_free(dir->names);
    __wrap_free(dir);
    return 0;
}

int __wrap_dirfd(DIR *folder)
{
    return ((struct sim_dir *)folder)->fd;
}
