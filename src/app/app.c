/* app.c - the daemon's life: starts every part, and runs the loop until stop.c has closed them all. */
#include "racefacer/app/app.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app_impl.h"
#include "racefacer/base/clock.h"

#define TICK_MS 1000

/* ---- signals and time */

/* What `systemctl status` shows: the feed, and what is wrong with the disk. */
static void tell_status(struct rf_app *app)
{
    if (app->supervisor == NULL || app->source == NULL || app->stopping)
        return;
    struct rf_feed_status feed;
    rf_source_status(app->source, &feed);
    struct rf_buf text = RF_BUF_INIT;
    rf_buf_printf(&text, "%s: %s", feed.target[0] == '\0' ? feed.source : feed.target, feed.state);
    if (!feed.connected && feed.last_error[0] != '\0')
        rf_buf_printf(&text, ", %s", feed.last_error);
    if (app->not_durable != NULL)
        rf_buf_printf(&text, "; laps may not last: %s", app->not_durable);
    rf_supervisor_status(app->supervisor, text.data);
    rf_buf_finish(&text);
}

static void on_tick(uv_timer_t *timer)
{
    struct rf_app *app = timer->data;
    int64_t now_ms = rf_app_now_ms(app);
    rf_app_check_durable(app);
    rf_app_watch_unsaved(app);
    tell_status(app);
    if (app->committing || app->stopping)
        return; /* at the next: what it may change could not be committed now */
    rf_engine_tick(app->engine, now_ms);
    rf_app_settle(app);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct rf_app *app = handle->data;
    if (number == SIGHUP) {
        if (rf_log_reopen(app->log) != 0)
            rf_log_error(app->log, "log", "the log file cannot be opened again; logging to stderr alone");
        return;
    }
    if (app->stopping || app->stop_later)
        _exit(128 + number);
    rf_log_info(app->log, "app", "%s: stopping", number == SIGTERM ? "SIGTERM" : "SIGINT");
    app->stop_later = app->committing;
    if (!app->stop_later)
        rf_app_stop(app);
}

/* ---- start */

static void start_handles(struct rf_app *app)
{
    static const int numbers[RF_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};
    int failed = 0;
    for (size_t i = 0; i < RF_SIGNALS; i++) {
        failed |= uv_signal_init(&app->loop, &app->signals[i]);
        app->signals[i].data = app;
        failed |= uv_signal_start(&app->signals[i], on_signal, numbers[i]);
    }
    uv_timer_t *timers[] = {&app->tick, &app->patience, &app->save, &app->deadline};
    for (size_t i = 0; i < sizeof timers / sizeof timers[0]; i++) {
        failed |= uv_timer_init(&app->loop, timers[i]);
        timers[i]->data = app;
    }
    failed |= uv_timer_start(&app->tick, on_tick, TICK_MS, TICK_MS);
    if (failed != 0)
        rf_log_error(app->log, "app", "the event loop refused a signal or a timer");
}

static void start_engine(struct rf_app *app)
{
    const struct rf_config *config = app->config;
    struct rf_engine_options options = {
        .analysis = {.limits = {(int32_t)config->lap_time_min_ms, (int32_t)config->lap_time_max_ms},
            .min_laps = (int)config->min_laps_for_analysis},
        .max_laps = (size_t)config->max_laps_per_session,
        .gap_ms = config->session_gap_minutes * 60000,
        .stale_ms = config->stale_after_seconds * 1000,
    };
    app->engine = rf_engine_create(&options, rf_app_on_event, app);
    app->decoder = rf_decoder_create();
}

static bool id_taken(void *ctx, const char *id)
{
    const struct rf_app *app = ctx;
    return rf_store_knows(app->store, id);
}

/* A replay and the demo keep their sessions apart from the real ones. */
static int start_store(struct rf_app *app)
{
    struct rf_buf path = RF_BUF_INIT;
    rf_buf_puts(&path, app->config->storage_path);
    if (app->options->demo || app->options->replay_file != NULL)
        rf_buf_puts(&path, app->options->demo ? "/demo" : "/replay");
    struct rf_store_options options = {.path = path.data,
        .max_sessions = (int)app->config->max_sessions,
        .index_at_once = app->options->index_at_once};
    char *error = NULL;
    app->store = rf_store_open(&app->loop, app->log, &options, &error);
    rf_buf_finish(&path);
    if (app->store == NULL) {
        rf_log_error(app->log, "store", "%s", error);
        free(error);
        return -1;
    }
    /* The same recording, played again, gives the same ids: its sessions take the place of what they were. */
    if (app->options->replay_file == NULL)
        rf_engine_set_id_taken(app->engine, id_taken, app);
    rf_app_restore(app);
    return 0;
}

static int start_source(struct rf_app *app)
{
    const struct rf_config *config = app->config;
    struct rf_source_callbacks callbacks = {
        .on_payload = rf_app_on_payload, .on_end = rf_app_on_source_end, .ctx = app};
    const char *error = NULL;
    if (app->options->record_file != NULL) {
        struct rf_recorder_options options = {.file = app->options->record_file};
        app->recorder = rf_recorder_create(&app->loop, app->log, &options, &error);
        if (app->recorder == NULL) {
            rf_log_error(app->log, "record", "%s cannot be written to: %s", app->options->record_file, error);
            return -1;
        }
    }
    if (app->options->demo) {
        app->source = rf_demo_create(&app->loop, app->log, config->ws_channel, &callbacks);
    } else if (app->options->replay_file != NULL) {
        struct rf_replay_options options = {app->options->replay_file, app->options->replay_speed};
        app->source = rf_replay_create(&app->loop, app->log, &options, &callbacks, &error);
        if (app->source == NULL) {
            rf_log_error(app->log, "replay", "%s cannot be played: %s", app->options->replay_file, error);
            return -1;
        }
    } else {
        struct rf_websocket_options options = {.host = config->ws_host,
            .port = (int)config->ws_port,
            .tls = config->ws_protocol == 1,
            .path = config->ws_path,
            .channel = config->ws_channel,
            .dialect = (enum rf_dialect)config->ws_dialect,
            .reconnect_min_ms = config->ws_reconnect_min_ms,
            .reconnect_max_ms = config->ws_reconnect_max_ms,
            .ca_file = config->ws_ca_file,
            .agent = "racefacer-analysis/" RF_VERSION};
        app->source = rf_websocket_create(&app->loop, app->log, &options, &callbacks);
    }
    return 0;
}

static int start_server(struct rf_app *app)
{
    const struct rf_config *config = app->config;
    struct rf_http_options options = {.host = config->host,
        .port = (int)config->port,
        .allowed_origins = config->allowed_origins,
        .api_token = config->api_token,
        .rate_window_minutes = (int)config->rate_limit_window,
        .rate_max_requests = (int)config->rate_limit_max_requests,
        .rate_live_per_second = (int)config->rate_limit_live_per_second,
        .trust_proxy = (int)config->trust_proxy,
        .max_connections = (int)config->max_connections,
        .max_connections_per_address = (int)config->max_connections_per_address,
        .idle_seconds = (int)config->http_idle_seconds,
        .request_seconds = (int)config->http_request_seconds,
        .max_header_bytes = (int)config->max_header_bytes};
    struct rf_http_backend backend = rf_app_backend(app);
    char *error = NULL;
    app->server = rf_server_create(&app->loop, app->log, &options, &backend, &error);
    if (app->server != NULL)
        return 0;
    rf_log_error(app->log, "http", "%s", error);
    free(error);
    return -1;
}

/* One line with every setting that has a value; the token is masked. */
static void log_settings(struct rf_app *app)
{
    struct rf_buf settings = RF_BUF_INIT, line = RF_BUF_INIT;
    rf_config_print(app->config, &settings);
    char *rest = settings.data;
    for (char *setting = strsep(&rest, "\n"); setting != NULL; setting = strsep(&rest, "\n")) {
        const char *value = strchr(setting, '=');
        if (setting[0] != '#' && value != NULL && value[1] != '\0')
            rf_buf_printf(&line, " %s", setting);
    }
    rf_log_info(app->log, "app", "racefacer-analysis %s starts with%s", RF_VERSION, rf_buf_str(&line));
    rf_buf_finish(&settings);
    rf_buf_finish(&line);
}

/* In this order: what can be refused at once comes before what talks to the outside. */
static int start(struct rf_app *app)
{
    log_settings(app);
    start_engine(app);
    if (start_store(app) != 0 || start_source(app) != 0 || start_server(app) != 0)
        return -1;
    rf_source_start(app->source);
    rf_supervisor_ready(app->supervisor);
    return 0;
}

int rf_app_run(const struct rf_app_options *options)
{
    struct rf_app app = {.options = options, .config = options->config, .log = options->log};
    app.started_mono_ms = rf_clock_mono_ms();
    app.clock_offset_ms = rf_clock_wall_ms() - rf_clock_boot_ms();
    if (uv_loop_init(&app.loop) != 0) {
        rf_log_error(app.log, "app", "the event loop cannot be made: too many open files?");
        return EXIT_FAILURE;
    }
    start_handles(&app);
    if (options->log_compress != NULL && rf_log_compress_attach(options->log_compress, &app.loop) != 0)
        rf_log_warn(app.log, "log", "rotated log files stay uncompressed: no thread pool");
    app.supervisor = rf_supervisor_create(&app.loop, app.log);
    int status = EXIT_SUCCESS;
    if (start(&app) != 0) {
        status = EXIT_FAILURE;
        rf_app_stop(&app);
    }
    (void)uv_run(&app.loop, UV_RUN_DEFAULT); /* ends when every handle is closed */
    if (uv_loop_close(&app.loop) != 0) {
        rf_log_error(app.log, "app", "a part of the server was not closed");
        status = EXIT_FAILURE;
    }
    rf_engine_destroy(app.engine);
    rf_decoder_destroy(app.decoder);
    free(app.kept);
    free(app.unpublished_us);
    rf_buf_finish(&app.record);
    rf_log_info(app.log, "app", "stopped");
    return status;
}
