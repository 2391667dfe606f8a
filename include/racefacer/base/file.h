/* file.h - whole files in and out. All calls block: on the loop they are for start and stop only. */
#ifndef RACEFACER_BASE_FILE_H
#define RACEFACER_BASE_FILE_H

#include <stddef.h>

#include "racefacer/base/buf.h"

/* Appends the file to `out`. 0; or -1 with errno set and `out` as it was (EFBIG: larger than `cap` bytes; EISDIR,
 * EINVAL: a folder, or no regular file). */
int rf_file_load(const char *path, size_t cap, struct rf_buf *out) __attribute__((warn_unused_result));

/* Replaces `path` by these bytes, so that a reader, a backup or a power cut sees the old file or the new one, whole:
 * a temporary file in the same folder (".tmp-" before the name), write all, fsync, close, rename, fsync of the folder.
 * Mode 0640. 0; or -1 with errno set, the old file in place and no temporary one left (where only the fsync of the
 * folder failed, the new file is in place). One path is not to be saved by two threads at once. */
int rf_file_save(const char *path, const void *data, size_t len) __attribute__((warn_unused_result));

/* Removes a file and syncs its folder. 0, also where there was none; -1 with errno set. */
int rf_file_remove(const char *path) __attribute__((warn_unused_result));

/* Makes a folder and those above it, mode 0750. 0, also where it exists; -1 with errno set. */
int rf_file_make_folder(const char *path) __attribute__((warn_unused_result));

/* The same for the folder that a file of this path is to be in. */
int rf_file_make_folder_for(const char *path) __attribute__((warn_unused_result));

#endif
