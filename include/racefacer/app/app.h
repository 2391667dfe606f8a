/* app.h - the daemon: owns the loop and every module, joins them, starts and stops them in order. */
#ifndef RACEFACER_APP_APP_H
#define RACEFACER_APP_APP_H

#include <stdbool.h>
#include <stddef.h>

#include "racefacer/app/config.h"
#include "racefacer/base/log.h"

struct rf_log_compress;

struct rf_app_options {
    const struct rf_config *config; /* borrowed */
    struct rf_log *log;             /* borrowed */
    struct rf_log_compress *log_compress; /* borrowed, see log_compress.h: to be attached and closed; NULL: none */
    bool demo;
    const char *replay_file; /* NULL: none */
    double replay_speed;     /* 0: as fast as it goes */
    const char *record_file; /* NULL: none */
    size_t index_at_once;    /* as in rf_store_options; 0 but for a test */
};

/* Runs until a signal ends it. The process's exit status: 0; 1 where it could not start, with a line on stderr. */
int rf_app_run(const struct rf_app_options *options);

#endif
