/* migrate.h - takes over what the first server stored. */
#ifndef RACEFACER_APP_MIGRATE_H
#define RACEFACER_APP_MIGRATE_H

#include "racefacer/app/config.h"
#include "racefacer/base/buf.h"
#include "racefacer/base/log.h"

/* EX_DATAERR of sysexits.h: files that are named as sessions are none, or cannot be read; all others are there. */
enum { RF_EXIT_NOT_TAKEN = 65 };

/* Copies the sessions of the folder `from` into STORAGE_PATH, and tells in `out` what was taken and what was left, and why.
 * Returns the exit status: 0; RF_EXIT_NOT_TAKEN; or 1 where something could not be done, with a line in `fault` where it is not
 * in `out`. */
int rf_migrate(
    const struct rf_config *config, const char *from, struct rf_log *log, struct rf_buf *out, struct rf_buf *fault);

#endif
