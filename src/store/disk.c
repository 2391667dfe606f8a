/* disk.c - names of the store's files, and reading, writing and removing one. */
#include "store/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "racefacer/base/file.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/json_slice.h"

#define PREFIX "session-"
#define SUFFIX ".json"

bool rf_disk_id_safe(const char *id)
{
    size_t len = strlen(id);
    if (len == 0 || len > RF_STORE_ID_MAX || strchr(id, '/') != NULL || strstr(id, "..") != NULL)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)id[i];
        if (byte < 0x20 || byte == 0x7f)
            return false;
    }
    return rf_utf8_valid(id, len);
}

char *rf_disk_id_in(const struct rf_buf *json)
{
    struct rf_slice value;
    if (json->len == 0 || !rf_json_member((struct rf_slice){json->data, json->len}, "sessionId", &value) ||
        value.len == 0)
        return NULL;
    if (value.data[0] == '"' && value.len >= 2)
        value = (struct rf_slice){value.data + 1, value.len - 2};
    char *id = rf_strndup(value.data, value.len);
    /* An escape within it, or a value of another kind: no id that this or the first server made. */
    if (rf_disk_id_safe(id) && strcspn(id, "\\\"{}[]") == strlen(id))
        return id;
    free(id);
    return NULL;
}

char *rf_disk_path(const struct rf_disk *disk, const char *id)
{
    struct rf_buf path = RF_BUF_INIT;
    if (id[0] == '\0')
        rf_buf_printf(&path, "%s/session.json", disk->current);
    else
        rf_buf_printf(&path, "%s/" PREFIX "%s" SUFFIX, disk->sessions, id);
    return rf_buf_take(&path);
}

int rf_disk_each(const struct rf_disk *disk, void (*each)(void *ctx, const char *id), void *ctx)
{
    static const size_t prefix = sizeof PREFIX - 1, suffix = sizeof SUFFIX - 1;
    DIR *folder = opendir(disk->sessions);
    if (folder == NULL)
        return -1;
    const struct dirent *entry;
    /* readdir tells its end and its failure by the same NULL. */
    while (errno = 0, (entry = readdir(folder)) != NULL) {
        size_t len = strlen(entry->d_name);
        if (len <= prefix + suffix || strncmp(entry->d_name, PREFIX, prefix) != 0 ||
            strcmp(entry->d_name + len - suffix, SUFFIX) != 0)
            continue;
        char *id = rf_strndup(entry->d_name + prefix, len - prefix - suffix);
        if (rf_disk_id_safe(id))
            each(ctx, id);
        free(id);
    }
    int kept = errno;
    (void)closedir(folder); /* only read from */
    errno = kept;
    return kept == 0 ? 0 : -1;
}

bool rf_disk_room(const char *path, uint64_t *bytes)
{
    struct statvfs found;
    if (statvfs(path, &found) != 0)
        return false;
    *bytes = (uint64_t)found.f_bavail * found.f_frsize;
    return true;
}

int rf_disk_sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int error = fsync(fd) == 0 ? 0 : errno;
    (void)close(fd);                                        /* only synced */
    return error == EINVAL || error == ENOTSUP ? 0 : error; /* some file systems know no fsync of folders */
}

/* Without the storage folder itself it is more likely unmounted than removed, and a second tree below the
 * mount point would be found by nobody. */
int rf_disk_make_folder_of(const char *path)
{
    char *folder = rf_strndup(path, (size_t)(strrchr(path, '/') - path));
    int error = mkdir(folder, 0750) == 0 ? 0 : errno;
    if (error == 0) {
        *strrchr(folder, '/') = '\0';
        error = rf_disk_sync_folder(folder);
    }
    free(folder);
    return error;
}

int rf_disk_save(const char *path, const char *data, size_t len)
{
    if (rf_file_save(path, data, len) == 0)
        return 0;
    int error = errno;
    if (error != ENOENT || rf_disk_make_folder_of(path) != 0)
        return error;
    return rf_file_save(path, data, len) == 0 ? 0 : errno;
}

int rf_disk_load(const char *path, struct rf_buf *out)
{
    return rf_file_load(path, RF_STORE_FILE_CAP, out) == 0 ? 0 : errno;
}

int rf_disk_remove(const char *path)
{
    return rf_file_remove(path) == 0 ? 0 : errno;
}

/* By a name that the next start clears away: unlike a file that was unlinked, one that was renamed can be had
 * back when the folder cannot be synced. */
int rf_disk_remove_session(const char *path)
{
    struct rf_buf gone = RF_BUF_INIT;
    const char *name = strrchr(path, '/') + 1;
    rf_buf_printf(&gone, "%.*s" RF_DISK_LEFT_OVER "gone-%s", (int)(name - path), path, name);
    int error = rename(path, gone.data) == 0 ? 0 : errno;
    if (error == 0) {
        gone.data[name - path - 1] = '\0';
        error = rf_disk_sync_folder(gone.data);
        gone.data[name - path - 1] = '/';
        if (error != 0 && rename(gone.data, path) != 0)
            error = 0; /* no way back: it is gone for good at the next start */
        if (error == 0)
            (void)unlink(gone.data); /* else at the next start */
    }
    rf_buf_finish(&gone);
    return error == ENOENT ? 0 : error;
}
