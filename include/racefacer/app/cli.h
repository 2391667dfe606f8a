/* cli.h - the command line. */
#ifndef RACEFACER_APP_CLI_H
#define RACEFACER_APP_CLI_H

#include <stdbool.h>

#include "racefacer/base/buf.h"

/* Exit statuses, as sysexits.h has them. */
enum { RF_EXIT_USAGE = 64, RF_EXIT_CONFIG = 78 };

enum rf_cli_action {
    RF_CLI_RUN,
    RF_CLI_HELP,
    RF_CLI_VERSION,
    RF_CLI_CHECK_CONFIG,
    RF_CLI_PRINT_CONFIG,
    RF_CLI_PRINT_ENV_EXAMPLE,
    RF_CLI_HEALTH,
    RF_CLI_MIGRATE,
};

struct rf_cli {
    enum rf_cli_action action;
    bool demo;
    const char *replay_file; /* borrowed from argv; NULL: none */
    double replay_speed;     /* 1: as it was; 0: as fast as it goes */
    const char *record_file; /* borrowed from argv; NULL: none */
    const char *migrate_from; /* of RF_CLI_MIGRATE: a folder; borrowed from argv */
};

/* 0; or -1 with a line in `fault` that names the option and what is wrong with it. Not for two threads at
 * once. */
int rf_cli_parse(struct rf_cli *cli, int argc, char **argv, struct rf_buf *fault)
    __attribute__((warn_unused_result));

void rf_cli_print_help(struct rf_buf *out);

#endif
