/* disk.h - every touch of the storage folder. All calls block: at the start, or on the thread pool. */
#ifndef RF_STORE_DISK_H
#define RF_STORE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/buf.h"
#include "racefacer/base/log.h"

#define RF_STORE_FILE_CAP ((size_t)64 << 20) /* a larger file is no session of ours */
#define RF_DISK_LEFT_OVER ".tmp-" /* begins the name of what the next start clears away; rf_file_save knows it too */
#define RF_STORE_ID_MAX 128
#define RF_STORE_CURRENT "" /* in the place of an id: current/session.json */

struct rf_disk {
    char *root, *sessions, *current; /* folders, owned */
    char *journal, *quarantine;      /* the same; quarantine is made when it is needed */
    int lock;                        /* the open lock file, or -1 */
    bool unsynced; /* what was found at the start could not all be made last: a power cut may take it back */
};

/* Makes the folders, takes the lock (waiting 3 s at most for a server that is on its way out), checks that
 * files can be made and removed, and clears away what a crash left half written. 0; or -1 with *error one line
 * for the operator (the caller frees it). */
int rf_disk_open(struct rf_disk *disk, struct rf_log *log, const char *path, char **error);
void rf_disk_close(struct rf_disk *disk);

/* ---- the version of the folder, in the file "version" (disk_version.c) */

#define RF_STORE_VERSION 1 /* counted up when older programs could not work with the folder any more */

/* 0; -1 with *error a line for the operator (the caller frees it) where the folder is of a newer version, and nothing
 * was changed. An older one, or none, is read, and is of this version from here on. */
int rf_disk_check_version(const char *root, struct rf_log *log, char **error);

int rf_disk_read_version(const char *root, unsigned long *version); /* 0; or an errno. 0: it is no version */
char *rf_disk_too_new(const char *root, unsigned long version);     /* that line */

/* ---- sessions */

/* True where an id may be part of a file's name: 1 to RF_STORE_ID_MAX bytes of UTF-8, no '/', no control
 * character and no "..". */
bool rf_disk_id_safe(const char *id);

/* The session id within a session's JSON, a string or the first server's number; NULL where there is none
 * that is safe. The caller frees it. */
char *rf_disk_id_in(const struct rf_buf *json);

/* The file of a session, or RF_STORE_CURRENT's; the caller frees it. */
char *rf_disk_path(const struct rf_disk *disk, const char *id);

/* Calls `each` with the safe id of every file named session-<id>.json, in no order. 0; -1 with errno set. */
int rf_disk_each(const struct rf_disk *disk, void (*each)(void *ctx, const char *id), void *ctx);

/* 0; or an errno. A folder that went missing meanwhile is made again. */
int rf_disk_save(const char *path, const char *data, size_t len);
int rf_disk_load(const char *path, struct rf_buf *out);
int rf_disk_remove(const char *path); /* 0 also where there is none */

/* The same, but where that fails the file is still there. */
int rf_disk_remove_session(const char *path);

/* The bytes that may still be written where `path` is. False where the file system does not say. */
bool rf_disk_room(const char *path, uint64_t *bytes);

/* Makes what was made, renamed and removed in a folder last. 0; or an errno. */
int rf_disk_sync_folder(const char *folder);

/* Makes the folder a file is to be in, where the storage folder itself is still there. 0; or an errno. */
int rf_disk_make_folder_of(const char *path);

/* ---- the journal's files: <20 digits>.log */

char *rf_disk_segment_path(const struct rf_disk *disk, uint64_t number); /* the caller frees it */

/* Calls `each` with the number of every file of the journal, in no order. 0; -1 with errno set. */
int rf_disk_each_segment(const struct rf_disk *disk, void (*each)(void *ctx, uint64_t number), void *ctx);

/* Makes a new file and its name last. 0; or an errno. *fd may be open all the same: for the caller to close.
 */
int rf_disk_segment_begin(const char *path, int *fd);

/* Appends all and makes it last. 0; or an errno: the file may then end with any part of it. */
int rf_disk_segment_write(int fd, const char *data, size_t len);

/* Closes it; all in it was made last, or does not matter. */
void rf_disk_segment_end(int fd);

/* Closes a new file that came to nothing, and removes it. True where it is gone. */
bool rf_disk_segment_discard(const char *path, int fd);

int rf_disk_segment_load(const char *path, struct rf_buf *out); /* 0; or an errno */

/* Makes a file last as it is: what a killed process wrote may be known to the kernel alone. 0; or an errno.
 */
int rf_disk_segment_sync(const char *path);

/* ---- damaged files */

/* Puts a damaged file into quarantine/, under its name and the time of its last change: moves it, or, with
 * `copy`, leaves the original and writes these bytes (once only, however often it is found). 0 with *aside
 * the new path (the caller frees it); or an errno, and the file is where it was. */
int rf_disk_put_aside(const struct rf_disk *disk, const char *path, const struct rf_buf *copy, char **aside);

#endif
