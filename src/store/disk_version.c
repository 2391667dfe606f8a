/* disk_version.c - the version of the storage folder: whether this program may work in there.
 * A folder without one is of before there were versions, and read like version 1. What the file says is a
 * number and a line's end, whatever version: older programs have to understand it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/file.h"
#include "store/disk.h"

#define FILE_CAP 64

static char *path_of(const char *root)
{
    struct rf_buf path = RF_BUF_INIT;
    rf_buf_printf(&path, "%s/version", root);
    return rf_buf_take(&path);
}

/* 0 where the text is no number. */
static unsigned long parse(const char *text)
{
    char *end;
    if (strspn(text, "0123456789") == 0)
        return 0;
    errno = 0;
    unsigned long version = strtoul(text, &end, 10);
    return errno == 0 && strcmp(end + (*end == '\n'), "") == 0 ? version : 0;
}

int rf_disk_read_version(const char *root, unsigned long *version)
{
    struct rf_buf text = RF_BUF_INIT;
    char *path = path_of(root);
    int error = rf_file_load(path, FILE_CAP, &text) == 0 ? 0 : errno;
    *version = error == 0 && strlen(rf_buf_str(&text)) == text.len ? parse(rf_buf_str(&text)) : 0;
    free(path);
    rf_buf_finish(&text);
    return error;
}

char *rf_disk_too_new(const char *root, unsigned long version)
{
    struct rf_buf line = RF_BUF_INIT;
    rf_buf_printf(&line,
        "storage folder %s is of a newer version of this program: it has storage version %lu, and this one "
        "(%s) knows them up to %d. Nothing was changed. Start the newer program again, or set STORAGE_PATH "
        "to another folder, such as a backup of before the update",
        root, version, RF_VERSION, RF_STORE_VERSION);
    return rf_buf_take(&line);
}

/* A full disk must not stop the start: a folder without its version is read all the same. */
static void write_version(const char *root, struct rf_log *log)
{
    struct rf_buf text = RF_BUF_INIT;
    char *path = path_of(root);
    rf_buf_printf(&text, "%d\n", RF_STORE_VERSION);
    if (rf_file_save(path, text.data, text.len) != 0)
        rf_log_warn(
            log, "store", "%s cannot be written: %s. The next start tries it again", path, strerror(errno));
    free(path);
    rf_buf_finish(&text);
}

int rf_disk_check_version(const char *root, struct rf_log *log, char **error)
{
    unsigned long version;
    int failed = rf_disk_read_version(root, &version);
    if (failed == 0 && version == RF_STORE_VERSION)
        return 0;
    if (version > RF_STORE_VERSION) {
        *error = rf_disk_too_new(root, version);
        return -1;
    }
    if (failed == 0 && version == 0)
        rf_log_warn(log, "store", "%s/version is no number: taken for version %d", root, RF_STORE_VERSION);
    else if (failed == 0 || failed == ENOENT)
        write_version(root, log);
    else
        rf_log_warn(log, "store", "%s/version cannot be read: %s. Taken for version %d", root,
            strerror(failed), RF_STORE_VERSION);
    return 0;
}
