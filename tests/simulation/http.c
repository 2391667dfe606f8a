/* http.c - the HTTP server in a simulation: it has no network, clients call its backend. */
#include "http.h"

#include <stdlib.h>

#include "clients.h"
#include "racefacer/base/memory.h"
#include "simulation.h"

struct rf_server *http_server;

struct rf_server *rf_server_create(struct uv_loop_s *loop, struct rf_log *log,
    const struct rf_http_options *with, const struct rf_http_backend *backend, char **error)
{
    (void)loop, (void)log, (void)with;
    *error = NULL;
    http_server = rf_new(sizeof *http_server);
    http_server->backend = *backend;
    sim_loop_hold(1);
    clients_come();
    return http_server;
}

int rf_server_port(const struct rf_server *of)
{
    (void)of;
    return 3001;
}

void rf_server_tell(struct rf_server *of, const struct rf_event *event)
{
    of->told |= event->type == RF_EVENT_LAP || event->type == RF_EVENT_LAP_CORRECTED;
}

/* What is pushed is served: somebody listens to the stream all the time. */
void rf_server_publish(struct rf_server *of)
{
    if (of->held || of->closing || !of->told)
        return;
    of->told = false;
    clients_look();
}

void rf_server_hold(struct rf_server *of, bool held)
{
    of->held = held;
    int waiting = of->waiting < 3 ? of->waiting : 3;
    if (held)
        return;
    rf_server_publish(of);
    of->waiting = 0;
    while (waiting-- > 0 && !of->held)
        clients_ask(false);
}

static void on_closed(void *ctx)
{
    struct rf_server *closing = ctx;
    void (*closed)(void *) = closing->closed;
    void *closed_ctx = closing->closed_ctx;
    http_server = NULL;
    clients_go();
    free(closing);
    sim_loop_hold(-1);
    closed(closed_ctx);
}

/* Requests that were on their way are still answered. */
static void on_last_request(void *ctx)
{
    const struct rf_server *closing = ctx;
    if (!closing->held)
        clients_look();
}

void rf_server_close(struct rf_server *of, int64_t grace_ms, void (*closed)(void *ctx), void *ctx)
{
    rf_server_hold(of, false);
    of->closing = true;
    of->closed = closed;
    of->closed_ctx = ctx;
    int64_t takes_us = sim_chance(0.7) ? sim_between(0, SIM_MS) : sim_between(0, grace_ms * SIM_MS);
    for (int i = 0; i < 3; i++)
        sim_at(sim_now_us + sim_between(0, takes_us), on_last_request, of);
    sim_at(sim_now_us + takes_us + 1, on_closed, of);
}
