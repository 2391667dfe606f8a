/* env_file.h - the .env file: lines of NAME=value. */
#ifndef RACEFACER_SRC_APP_ENV_FILE_H
#define RACEFACER_SRC_APP_ENV_FILE_H

#include <stddef.h>

#include "racefacer/base/buf.h"

struct env_entry {
    char *name, *value; /* owned */
    int line;           /* from 1 */
};

struct env_file {
    struct env_entry *entries; /* owned; in the file's order */
    size_t count;
};

/* Reads the file; where there is none the result is empty. 0; -1 with errno set where it exists and cannot be
 * read (EFBIG: above 64 kB). Lines that say nothing go to `warnings`. */
int rf_env_file_load(struct env_file *file, const char *path, struct rf_buf *warnings);
void rf_env_file_finish(struct env_file *file);

/* The last entry of that name, or NULL. */
const struct env_entry *rf_env_file_find(const struct env_file *file, const char *name);

#endif
