/* main.c - arguments, settings, the log, and the exit status. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/app/app.h"
#include "racefacer/app/cli.h"
#include "racefacer/app/config.h"
#include "racefacer/app/health_probe.h"
#include "racefacer/app/log_compress.h"
#include "racefacer/app/migrate.h"
#include "racefacer/base/buf.h"
#include "racefacer/base/log.h"
#include "racefacer/base/memory.h"

#define ENV_FILE ".env"
#define HEALTH_TIMEOUT_MS 5000

/* Prints and empties it. A full disk or a closed pipe is told by the status. */
static int print(struct rf_buf *text)
{
    bool good = fputs(rf_buf_str(text), stdout) >= 0 && fflush(stdout) == 0;
    rf_buf_finish(text);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void complain(const char *what, const struct rf_buf *lines)
{
    fprintf(stderr, "racefacer-analysis: %s%s", what, rf_buf_str(lines));
}

static void log_warnings(struct rf_log *log, struct rf_buf *warnings)
{
    char *rest = warnings->data;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        if (line[0] != '\0')
            rf_log_warn(log, "config", "%s", line);
    }
    rf_buf_clear(warnings);
}

static int run(const struct rf_cli *cli, const struct rf_config *config, struct rf_buf *warnings)
{
    struct rf_log_compress *compress = rf_log_compress_create();
    const struct rf_log_options log_options = {
        .level = (enum rf_log_level)config->log_level,
        .json = config->production,
        .file = config->log_file,
        .on_rotated = rf_log_compress_rotated,
        .ctx = compress,
    };
    const char *fault = NULL;
    struct rf_log *log = rf_log_create(&log_options, &fault);
    if (fault != NULL)
        rf_log_warn(log, "log", "LOG_FILE: %s; logging to the terminal alone until it can be", fault);
    log_warnings(log, warnings);
    const struct rf_app_options options = {
        .config = config,
        .log = log,
        .log_compress = compress,
        .demo = cli->demo,
        .replay_file = cli->replay_file,
        .replay_speed = cli->replay_speed,
        .record_file = cli->record_file,
    };
    int status = rf_app_run(&options);
    rf_log_destroy(log);
    rf_log_compress_destroy(compress);
    return status;
}

static int check_health(const struct rf_config *config)
{
    struct rf_buf why = RF_BUF_INIT;
    int result = rf_health_probe(config->host, (int)config->port, HEALTH_TIMEOUT_MS, &why);
    if (result != 0)
        complain("not healthy: ", &why);
    rf_buf_finish(&why);
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int migrate(const struct rf_cli *cli, const struct rf_config *config)
{
    struct rf_buf told = RF_BUF_INIT, fault = RF_BUF_INIT;
    const struct rf_log_options to_stderr = {.level = RF_LOG_WARN};
    const char *unused;
    struct rf_log *log = rf_log_create(&to_stderr, &unused);
    int status = rf_migrate(config, cli->migrate_from, log, &told, &fault);
    rf_log_destroy(log);
    if (fault.len > 0)
        complain("", &fault);
    rf_buf_finish(&fault);
    return print(&told) == EXIT_SUCCESS ? status : EXIT_FAILURE;
}

static int with_good_settings(
    const struct rf_cli *cli, const struct rf_config *config, struct rf_buf *warnings)
{
    struct rf_buf text = RF_BUF_INIT;
    switch (cli->action) {
    case RF_CLI_CHECK_CONFIG:
        if (warnings->len > 0)
            complain("warnings:\n", warnings);
        rf_buf_puts(&text, "Settings are good\n");
        return print(&text);
    case RF_CLI_PRINT_CONFIG: rf_config_print(config, &text); return print(&text);
    case RF_CLI_HEALTH: return check_health(config);
    case RF_CLI_MIGRATE: return migrate(cli, config);
    default: return run(cli, config, warnings);
    }
}

static int with_settings(const struct rf_cli *cli)
{
    struct rf_config config;
    struct rf_buf faults = RF_BUF_INIT, warnings = RF_BUF_INIT;
    int status;
    if (rf_config_load(&config, ENV_FILE, &faults, &warnings) != 0) {
        if (warnings.len > 0)
            complain("warnings:\n", &warnings);
        complain("the settings are not good:\n", &faults);
        /* A health check knows only well and not well. */
        status = cli->action == RF_CLI_HEALTH ? EXIT_FAILURE : RF_EXIT_CONFIG;
    } else {
        status = with_good_settings(cli, &config, &warnings);
    }
    rf_config_finish(&config);
    rf_buf_finish(&faults);
    rf_buf_finish(&warnings);
    return status;
}

int main(int argc, char **argv)
{
    /* A reader who hangs up, of stdout or of a socket, is an error code to look at, not the end. */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return EXIT_FAILURE;
    rf_memory_setup();
    struct rf_buf text = RF_BUF_INIT;
    struct rf_cli cli;
    if (rf_cli_parse(&cli, argc, argv, &text) != 0) {
        fprintf(stderr, "racefacer-analysis: %s", rf_buf_str(&text));
        rf_buf_finish(&text);
        return RF_EXIT_USAGE;
    }
    switch (cli.action) {
    case RF_CLI_HELP: rf_cli_print_help(&text); return print(&text);
    case RF_CLI_VERSION: rf_buf_puts(&text, "racefacer-analysis " RF_VERSION "\n"); return print(&text);
    case RF_CLI_PRINT_ENV_EXAMPLE: rf_config_print_example(&text); return print(&text);
    default: return with_settings(&cli);
    }
}
