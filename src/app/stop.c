/* stop.c - closes part after part, each from the callback of the one before. */
#include <stdlib.h>
#include <unistd.h>

#include "app/app_impl.h"

#define ANSWERS_MS 2000  /* answers in flight get so long */
#define DEADLINE_MS 9000 /* it takes no longer, whatever hangs */

static void on_deadline(uv_timer_t *timer)
{
    struct rf_app *app = timer->data;
    rf_log_error(app->log, "app", "the stop took longer than %d s: ending now", DEADLINE_MS / 1000);
    _exit(EXIT_FAILURE);
}

static void on_compress_closed(void *ctx)
{
    struct rf_app *app = ctx;
    for (size_t i = 0; i < RF_SIGNALS; i++)
        uv_close((uv_handle_t *)&app->signals[i], NULL);
    uv_close((uv_handle_t *)&app->tick, NULL);
    uv_close((uv_handle_t *)&app->patience, NULL);
    uv_close((uv_handle_t *)&app->save, NULL);
    uv_close((uv_handle_t *)&app->deadline, NULL);
    rf_supervisor_close(app->supervisor);
}

static void on_store_closed(void *ctx)
{
    struct rf_app *app = ctx;
    app->store = NULL;
    if (app->options->log_compress != NULL)
        rf_log_compress_close(app->options->log_compress, on_compress_closed, app);
    else
        on_compress_closed(app);
}

static void on_recorder_closed(void *ctx)
{
    struct rf_app *app = ctx;
    app->recorder = NULL;
    if (app->store == NULL) {
        on_store_closed(app);
        return;
    }
    rf_app_take_waiting(app);
    rf_app_keep_all(app);
    rf_store_close(app->store, on_store_closed, app);
}

static void on_source_closed(void *ctx)
{
    struct rf_app *app = ctx;
    app->source = NULL;
    if (app->recorder != NULL)
        rf_recorder_close(app->recorder, on_recorder_closed, app);
    else
        on_recorder_closed(app);
}

static void on_server_closed(void *ctx)
{
    struct rf_app *app = ctx;
    app->server = NULL;
    if (app->source != NULL)
        rf_source_close(app->source, on_source_closed, app);
    else
        on_source_closed(app);
}

void rf_app_stop(struct rf_app *app)
{
    app->stopping = true;
    app->stop_later = false;
    rf_supervisor_stopping(app->supervisor);
    (void)uv_timer_stop(&app->save); /* these cannot fail on a timer that is not closing */
    (void)uv_timer_start(&app->deadline, on_deadline, DEADLINE_MS, 0);
    if (app->server != NULL)
        rf_server_close(app->server, ANSWERS_MS, on_server_closed, app);
    else
        on_server_closed(app);
}
