/* clients.c - what clients ask for, and what becomes of the answers. */
#include "clients.h"

#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "disk_calls.h"
#include "http.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/views.h"
#include "simulation.h"
#include "venue.h"
#include "witness.h"

/* A question that is answered later. */
struct question {
    char *id;
    bool durable; /* when it was asked; of a deletion: it was asked for before */
    bool deleted; /* it was, already when it was asked for */
    bool of_round;
};

static struct clients_options options;
static bool asked, tainted;
/* The ids that are asked for one by one: at the beginning, and for the comparison at the end. */
static struct {
    char **ids;
    size_t count, next;
    bool compare, over;
    void (*done)(void);
} round_trip;

static void end_round(void)
{
    for (size_t i = 0; i < round_trip.count; i++)
        sim_free(round_trip.ids[i]);
    sim_free(round_trip.ids);
    round_trip.ids = NULL;
    round_trip.count = round_trip.next = 0;
}

void clients_begin(const struct clients_options *with)
{
    options = *with;
    http_server = NULL;
    asked = false;
    end_round();
    round_trip.over = false;
}

const struct rf_engine *clients_engine(void)
{
    return http_server == NULL ? NULL : http_server->backend.engine;
}

bool clients_inquest_done(void)
{
    return round_trip.over;
}

static bool is_durable(void)
{
    return rf_engine_durable(http_server->backend.engine);
}

static void list_all(struct rf_http_page *page)
{
    struct rf_http_listing_query query = {0};
    (void)http_server->backend.index_version(http_server->backend.ctx); /* as the handler does */
    http_server->backend.list(http_server->backend.ctx, &query, page);
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
    if (json == NULL && !misread && http_server != NULL && !tainted && is_listed(question->id) &&
        !witness_is_asked(question->id))
        sim_fail("%s is listed, and cannot be read: %s", question->id, error == NULL ? "not there" : error);
    bool deleted_meanwhile = !question->deleted && witness_is_deleted(question->id);
    if (json != NULL && http_server != NULL && !deleted_meanwhile) {
        struct served served;
        served_of_text(&served, json, len);
        witness_see(&served, question->durable && is_durable());
        if (question->of_round && round_trip.compare && !witness_is_waived(served.event))
            compare_session(&served);
        served_finish(&served);
    }
    if (question->of_round) {
        round_trip.next += !misread;
        sim_at(sim_now_us + (misread ? SIM_S : 100), read_next, &round_trip);
    }
    free(question->id);
    free(question);
}

static void read_one(const char *id, bool of_round)
{
    struct question *question = rf_new(sizeof *question);
    *question = (struct question){rf_strdup(id), is_durable(), witness_is_deleted(id), of_round};
    http_server->backend.read(http_server->backend.ctx, id, on_text, question);
}

static void read_next(void *ctx)
{
    (void)ctx;
    if (http_server == NULL || http_server->closing)
        return;
    if (http_server->held) {
        sim_at(sim_now_us + SIM_MS, read_next, &round_trip);
        return;
    }
    if (round_trip.next < round_trip.count) {
        read_one(round_trip.ids[round_trip.next], true);
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
    list_all(&page);
    asked = page.unindexed == 0; /* else it is held a little later */
    for (size_t i = 0; i < page.count; i++)
        witness_see_listed(page.page[i]->id, is_durable());
    tainted = disk_misreads() > 0;
    witness_taint(tainted);
    if (!asked)
        return;
    witness_each_due(check_due);
    begin_round(false, NULL);
}

/* ---- what clients ask for */

void clients_look(void)
{
    const struct rf_engine *engine = http_server->backend.engine;
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
    const struct rf_engine *engine = http_server->backend.engine;
    const struct rf_session *session = rf_engine_default_session(engine);
    struct rf_server_status status;
    struct rf_buf out = RF_BUF_INIT;
    http_server->backend.status(http_server->backend.ctx, &status);
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
    http_server->backend.remove(http_server->backend.ctx, question->id, on_removed, question);
}

void clients_ask(bool settled)
{
    if (!asked)
        begin_inquest();
    int64_t what = sim_between(0, 99);
    if (sim_chance(options.deletes)) {
        ask_to_delete();
    } else if (what < 70) {
        clients_look();
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
    if (http_server == NULL || http_server->closing)
        return;
    if (http_server->held)
        http_server->waiting++;
    else
        clients_ask(true);
    sim_at(sim_now_us + sim_about(options.every_us), on_client, &options);
}

void clients_come(void)
{
    sim_at(sim_now_us + sim_about(10 * SIM_MS), on_client, &options);
}

void clients_go(void)
{
    sim_cancel(&options);
    sim_cancel(&round_trip);
}

bool clients_all_saved(void)
{
    struct rf_server_status status;
    if (http_server == NULL)
        return false;
    http_server->backend.status(http_server->backend.ctx, &status);
    return status.not_durable == NULL && status.store.unsaved == 0 && !status.store.failing;
}

void clients_compare_all(void (*done)(void))
{
    begin_round(true, done);
}
