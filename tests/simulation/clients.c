/* clients.c - server.h in a simulation: what clients ask for, and what becomes of the answers. */
#include "clients.h"

#include <stdlib.h>
#include <string.h>

#include "disk_calls.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/views.h"
#include "racefacer/http/server.h"
#include "simulation.h"
#include "venue.h"
#include "witness.h"

struct rf_server {
    struct rf_http_backend backend;
    bool held, closing;
    int waiting; /* requests that came while it was held */
    bool told;   /* laps that the stream has not pushed yet */
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* A question that is answered later. */
struct question {
    char *id;
    bool durable; /* when it was asked; of a deletion: it was asked for before */
    bool compare;
    bool deleted; /* it was, already when it was asked for */
};

static struct clients_options options;
static struct rf_server *server; /* NULL: none */
static bool asked, tainted;
/* The ids that are asked for one by one: at the beginning, and for the comparison at the end. */
static struct {
    char **ids;
    size_t count, next;
    bool running, compare, over;
    void (*done)(void);
} round_trip;

static void end_round(void)
{
    for (size_t i = 0; i < round_trip.count; i++)
        sim_free(round_trip.ids[i]);
    sim_free(round_trip.ids);
    round_trip.ids = NULL;
    round_trip.count = round_trip.next = 0;
    round_trip.running = false;
}

void clients_begin(const struct clients_options *with)
{
    options = *with;
    server = NULL;
    asked = false;
    end_round();
    round_trip.over = false;
}

const struct rf_engine *clients_engine(void)
{
    return server == NULL ? NULL : server->backend.engine;
}

bool clients_inquest_done(void)
{
    return round_trip.over;
}

static bool is_durable(void)
{
    return rf_engine_durable(server->backend.engine);
}

static void list_all(struct rf_http_page *page)
{
    struct rf_http_listing_query query = {0};
    (void)server->backend.index_version(server->backend.ctx); /* as the handler does */
    server->backend.list(server->backend.ctx, &query, page);
}

static bool is_listed(const char *id)
{
    struct rf_http_page page;
    list_all(&page);
    for (size_t i = 0; i < page.count; i++)
        if (strcmp(page.page[i]->id, id) == 0)
            return true;
    return false;
}

/* ---- reading a session */

static void read_next(void *ctx);

static void on_text(void *request, const char *json, size_t len, const char *error)
{
    struct question *question = request;
    bool misread = error != NULL && disk_failures() > 0;
    sim_note(json == NULL ? 0 : len);
    if (json == NULL && !misread && server != NULL && !tainted && is_listed(question->id) &&
        !witness_is_asked(question->id))
        sim_fail("%s is listed, and cannot be read: %s", question->id, error == NULL ? "not there" : error);
    bool deleted_meanwhile = !question->deleted && witness_is_deleted(question->id);
    if (json != NULL && server != NULL && !deleted_meanwhile) {
        struct served served;
        served_of_text(&served, json, len);
        witness_see(&served, question->durable && is_durable());
        if (question->compare && !witness_is_waived(served.event))
            witness_compare(&served);
        served_finish(&served);
    }
    if (round_trip.running && round_trip.next < round_trip.count &&
        strcmp(round_trip.ids[round_trip.next], question->id) == 0) {
        round_trip.next += !misread;
        sim_at(sim_now_us + (misread ? SIM_S : 100), read_next, &round_trip);
    }
    free(question->id);
    free(question);
}

static void read_one(const char *id, bool compare)
{
    struct question *question = rf_new(sizeof *question);
    *question = (struct question){rf_strdup(id), is_durable(), compare, witness_is_deleted(id)};
    server->backend.read(server->backend.ctx, id, on_text, question);
}

static void read_next(void *ctx)
{
    (void)ctx;
    if (server == NULL || server->closing)
        return;
    if (server->held) {
        sim_at(sim_now_us + SIM_MS, read_next, &round_trip);
        return;
    }
    if (round_trip.next < round_trip.count) {
        read_one(round_trip.ids[round_trip.next], round_trip.compare);
        return;
    }
    void (*done)(void) = round_trip.done;
    end_round();
    round_trip.over = true;
    if (done != NULL)
        done();
}

static void begin_round(bool compare, void (*done)(void))
{
    struct rf_http_page page;
    end_round();
    list_all(&page);
    round_trip.ids = sim_alloc((page.count + 1) * sizeof *round_trip.ids);
    for (size_t i = 0; i < page.count; i++)
        round_trip.ids[round_trip.count++] = sim_copy(page.page[i]->id);
    round_trip.running = true;
    round_trip.compare = compare;
    round_trip.done = done;
    sim_at(sim_now_us + 100, read_next, &round_trip);
}

static void check_due(const char *id)
{
    if (!is_listed(id))
        witness_missing(id);
}

static void begin_inquest(void)
{
    struct rf_http_page page;
    asked = true;
    list_all(&page);
    for (size_t i = 0; i < page.count; i++)
        witness_see_listed(page.page[i]->id, is_durable());
    tainted = disk_misreads() > 0;
    witness_taint(tainted);
    witness_each_due(check_due);
    begin_round(false, NULL);
}

/* ---- what clients ask for */

static void look_at_engine(void)
{
    const struct rf_engine *engine = server->backend.engine;
    sim_totals.looks++;
    for (size_t i = 0; i < rf_engine_session_count(engine); i++) {
        const struct rf_session *session = rf_engine_session_at(engine, i);
        struct served served;
        if (tainted) /* a journal that cannot be read splits the race that is on: its first part is stored
                        apart */
            witness_waive(atoi(session->event_name + strcspn(session->event_name, "0123456789")));
        served_of_session(&served, session);
        witness_see(&served, is_durable());
        served_finish(&served);
    }
}

static void look_at_views(void)
{
    const struct rf_engine *engine = server->backend.engine;
    const struct rf_session *session = rf_engine_default_session(engine);
    struct rf_server_status status;
    struct rf_buf out = RF_BUF_INIT;
    server->backend.status(server->backend.ctx, &status);
    rf_view_health(&out, &status);
    rf_view_stats(&out, engine, &status);
    if (session != NULL) {
        rf_view_current(&out, engine, session);
        rf_view_analysis(&out, engine, session);
        (void)rf_view_kart(&out, engine, session, "7");
    }
    sim_note_bytes(out.data, out.len);
    rf_buf_finish(&out);
}

static void look_at_listing(void)
{
    struct rf_http_page page;
    list_all(&page);
    for (size_t i = 0; i < page.count; i++)
        witness_see_listed(page.page[i]->id, is_durable());
    if (page.count > 0)
        read_one(page.page[sim_between(0, (int64_t)page.count - 1)]->id, false);
}

static void on_removed(void *request, enum rf_http_deleted result)
{
    struct question *question = request;
    sim_note((uint64_t)result);
    sim_trace("  client: deletion of %s: %d", question->id, (int)result);
    if (result == RF_HTTP_DELETED)
        witness_deleted(question->id);
    else if (result != RF_HTTP_DELETE_FAILED && !question->durable)
        witness_deletion_refused(question->id);
    free(question->id);
    free(question);
}

static void ask_to_delete(void)
{
    struct rf_http_page page;
    list_all(&page);
    if (page.count == 0)
        return;
    const char *id = page.page[sim_between(0, (int64_t)page.count - 1)]->id;
    struct question *question = rf_new(sizeof *question);
    *question = (struct question){.id = rf_strdup(id), .durable = witness_is_asked(id)};
    witness_deletion_asked(id);
    server->backend.remove(server->backend.ctx, question->id, on_removed, question);
}

/* `settled`: the server has not just been let go, with what had arrived meanwhile about to be taken in. */
static void ask(bool settled)
{
    if (!asked)
        begin_inquest();
    int64_t what = sim_between(0, 99);
    if (sim_chance(options.deletes)) {
        ask_to_delete();
    } else if (what < 70) {
        look_at_engine();
        if (settled && is_durable())
            venue_durable();
    } else if (what < 80) {
        look_at_views();
    } else {
        look_at_listing();
    }
}

static void on_client(void *ctx)
{
    (void)ctx;
    if (server == NULL || server->closing)
        return;
    if (server->held)
        server->waiting++;
    else
        ask(true);
    sim_at(sim_now_us + sim_about(options.every_us), on_client, &options);
}

bool clients_all_saved(void)
{
    struct rf_server_status status;
    if (server == NULL)
        return false;
    server->backend.status(server->backend.ctx, &status);
    return status.not_durable == NULL && status.store.unsaved == 0 && !status.store.failing;
}

void clients_compare_all(void (*done)(void))
{
    begin_round(true, done);
}

/* ---- server.h */

struct rf_server *rf_server_create(struct uv_loop_s *loop, struct rf_log *log,
    const struct rf_http_options *with, const struct rf_http_backend *backend, char **error)
{
    (void)loop, (void)log, (void)with;
    *error = NULL;
    server = rf_new(sizeof *server);
    server->backend = *backend;
    sim_loop_hold(1);
    sim_at(sim_now_us + sim_about(10 * SIM_MS), on_client, &options);
    return server;
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
    look_at_engine();
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
        ask(false);
}

static void on_closed(void *ctx)
{
    struct rf_server *closing = ctx;
    void (*closed)(void *) = closing->closed;
    void *closed_ctx = closing->closed_ctx;
    server = NULL;
    sim_cancel(&options);
    sim_cancel(&round_trip);
    free(closing);
    sim_loop_hold(-1);
    closed(closed_ctx);
}

/* Requests that were on their way are still answered. */
static void on_last_request(void *ctx)
{
    const struct rf_server *closing = ctx;
    if (!closing->held)
        look_at_engine();
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
