/* cli.c - the command line. */
#include "racefacer/app/cli.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "app/nearest.h"
#include "racefacer/app/config.h"

#define SPEED_MAX 1000000

enum option_id { OPT_ACTION = 1, OPT_DEMO, OPT_RECORD, OPT_REPLAY, OPT_SPEED, OPT_MIGRATE };

struct option_row {
    const char *name;
    const char *argument; /* its name; NULL: takes none */
    enum option_id id;
    enum rf_cli_action action; /* of OPT_ACTION */
    const char *help;
};

static const struct option_row rows[] = {
    {"demo", NULL, OPT_DEMO, RF_CLI_RUN,
        "play a race that ships with the program, for ever, instead of a feed"},
    {"record", "FILE", OPT_RECORD, RF_CLI_RUN,
        "keep each frame with its time in FILE (compressed where it ends in .gz)"},
    {"replay", "FILE", OPT_REPLAY, RF_CLI_RUN, "play a recording instead of a feed"},
    {"speed", "N|max", OPT_SPEED, RF_CLI_RUN, "play the recording N times as fast, or as fast as it goes"},
    {"migrate-from", "DIR", OPT_MIGRATE, RF_CLI_MIGRATE,
        "copy the sessions that the first server stored in DIR, and end"},
    {"check-config", NULL, OPT_ACTION, RF_CLI_CHECK_CONFIG, "say whether the settings are good, and end"},
    {"print-config", NULL, OPT_ACTION, RF_CLI_PRINT_CONFIG, "print the effective settings, and end"},
    {"print-env-example", NULL, OPT_ACTION, RF_CLI_PRINT_ENV_EXAMPLE,
        "print a .env with every setting and its default"},
    {"health", NULL, OPT_ACTION, RF_CLI_HEALTH, "ask the running server: 0 where it answers 200, else 1"},
    {"version", NULL, OPT_ACTION, RF_CLI_VERSION, "print the version"},
    {"help", NULL, OPT_ACTION, RF_CLI_HELP, "print this"},
};
#define ROW_COUNT ((int)(sizeof rows / sizeof *rows))
#define FIRST_ROW                                                                                            \
    1000 /* what getopt knows row 0 by: clear of characters, and of the 0 it gives to the unknown */

static int refuse(struct rf_buf *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int refuse(struct rf_buf *fault, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    rf_buf_vprintf(fault, format, args);
    va_end(args);
    rf_buf_puts(fault, "; see --help\n");
    return -1;
}

static int refuse_unknown(const char *given, struct rf_buf *fault)
{
    const char *best = NULL;
    size_t distance = 0;
    char name[64];
    size_t len = strcspn(given, "=");
    if (strncmp(given, "--", 2) == 0 && len - 2 < sizeof name) {
        memcpy(name, given + 2, len - 2);
        name[len - 2] = '\0';
        for (int i = 0; i < ROW_COUNT; i++)
            rf_nearest(name, rows[i].name, &best, &distance);
    }
    if (best != NULL)
        return refuse(fault, "unknown option %.*s, did you mean --%s?", (int)len, given, best);
    return refuse(fault, "unknown option %.*s", (int)len, given);
}

static int read_speed(const char *text, double *out)
{
    if (strcmp(text, "max") == 0) {
        *out = 0;
        return 0;
    }
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    /* No "inf", "nan" or " 0x1p3": digits and a point, as in 2 or 0.5 */
    if (text[0] == '\0' || strspn(text, "0123456789.") != strlen(text) || *end != '\0' || errno != 0 ||
        value <= 0 || value > SPEED_MAX)
        return -1;
    *out = value;
    return 0;
}

struct parsing {
    struct rf_cli *cli;
    struct rf_buf *fault;
    const char *action; /* the name of the action chosen */
    bool speed;
};

static int take(struct parsing *parsing, const struct option_row *row, const char *argument)
{
    struct rf_cli *cli = parsing->cli;
    if (row->argument != NULL && argument[0] == '\0')
        return refuse(parsing->fault, "--%s needs %s", row->name, row->argument);
    switch (row->id) {
    case OPT_MIGRATE: cli->migrate_from = argument; /* fall through */
    case OPT_ACTION:
        if (parsing->action != NULL && strcmp(parsing->action, row->name) != 0)
            return refuse(parsing->fault, "--%s and --%s do not go together", parsing->action, row->name);
        parsing->action = row->name;
        cli->action = row->action;
        break;
    case OPT_DEMO: cli->demo = true; break;
    case OPT_RECORD: cli->record_file = argument; break;
    case OPT_REPLAY: cli->replay_file = argument; break;
    case OPT_SPEED:
        parsing->speed = true;
        if (read_speed(argument, &cli->replay_speed) != 0)
            return refuse(parsing->fault, "--speed %s: it must be a number above 0, up to %d, or max",
                argument, SPEED_MAX);
        break;
    }
    return 0;
}

static int check_together(const struct parsing *parsing)
{
    const struct rf_cli *cli = parsing->cli;
    if (cli->demo && cli->replay_file != NULL)
        return refuse(parsing->fault, "--demo and --replay do not go together");
    if (cli->record_file != NULL && cli->replay_file != NULL)
        return refuse(
            parsing->fault, "--record and --replay do not go together: the recording is there already");
    if (parsing->speed && cli->replay_file == NULL)
        return refuse(parsing->fault, "--speed is for --replay FILE");
    return 0;
}

int rf_cli_parse(struct rf_cli *cli, int argc, char **argv, struct rf_buf *fault)
{
    *cli = (struct rf_cli){.action = RF_CLI_RUN, .replay_speed = 1};
    struct parsing parsing = {.cli = cli, .fault = fault};
    struct option options[ROW_COUNT + 1] = {0};
    for (int i = 0; i < ROW_COUNT; i++)
        options[i] = (struct option){.name = rows[i].name,
            .has_arg = rows[i].argument == NULL ? no_argument : required_argument,
            .val = FIRST_ROW + i};
    opterr = 0;
    optind = 0; /* glibc begins anew */
    for (;;) {
        int at = optind == 0 ? 1 : optind; /* the word that is looked at next */
        int found = getopt_long(argc, argv, "+:h", options, NULL);
        if (found == -1)
            break;
        if (found == 'h')
            found = FIRST_ROW + ROW_COUNT - 1; /* --help */
        if (found == ':')
            return refuse(fault, "%s needs %s", argv[at], rows[optopt - FIRST_ROW].argument);
        if (found == '?' && optopt >= FIRST_ROW)
            return refuse(fault, "--%s takes no value", rows[optopt - FIRST_ROW].name);
        if (found == '?')
            return refuse_unknown(argv[at], fault);
        if (take(&parsing, &rows[found - FIRST_ROW], optarg) != 0)
            return -1;
        if (cli->action == RF_CLI_HELP || cli->action == RF_CLI_VERSION)
            return 0; /* whatever else was asked for */
    }
    if (optind < argc)
        return refuse(fault, "%s: unexpected, there are only options", argv[optind]);
    return check_together(&parsing);
}

void rf_cli_print_help(struct rf_buf *out)
{
    rf_buf_puts(out,
        "racefacer-analysis " RF_VERSION
        " - follows RaceFacer live timing, analyses the race, and answers over HTTP\n\n"
        "Usage:\n"
        "  racefacer-analysis [--record FILE]                 follow the timing system at WS_HOST\n"
        "  racefacer-analysis --demo                          follow a race made up here\n"
        "  racefacer-analysis --replay FILE [--speed N|max]   analyse a recorded day again\n"
        "  racefacer-analysis --migrate-from DIR              take over what the first server stored\n"
        "\nOptions:\n");
    for (int i = 0; i < ROW_COUNT; i++) {
        size_t before = out->len;
        rf_buf_printf(out, "  --%s%s%s", rows[i].name, rows[i].argument == NULL ? "" : " ",
            rows[i].argument == NULL ? "" : rows[i].argument);
        rf_buf_printf(out, "%*s%s\n", (int)(24 - (out->len - before)), "", rows[i].help);
    }
    rf_buf_puts(out,
        "\nTo try it, with --demo and the default port:\n"
        "  http://localhost:3001/                 what there is to ask\n"
        "  curl localhost:3001/health             is it well, and is the feed there\n"
        "  curl localhost:3001/api/current        the race that is on, analysed\n"
        "  curl localhost:3001/api/sessions       the sessions kept\n"
        "\nSettings, from the environment, then from .env in the working folder; with their defaults:\n\n");
    rf_config_print_help(out);
    rf_buf_puts(out,
        "\nSignals: TERM and INT end it, and a second one at once; HUP opens the log files anew.\n"
        "Exit status: 0 ended as asked, 1 could not start, 64 wrong options, 65 --migrate-from met damaged "
        "files,\n"
        "78 wrong settings.\n");
}
