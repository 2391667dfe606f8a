/* network.c - websocket_link.h and resolve.h on a simulated network, and the venue's side of what is said
 * there. */
#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "feed/resolve.h"
#include "feed/websocket_link.h"
#include "racefacer/base/memory.h"
#include "simulation.h"
#include "venue.h"

#define PING_MS 25000
#define V4_OPEN                                                                                              \
    "0{\"sid\":\"s1\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}"
#define V2_OPEN "0{\"sid\":\"s1\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":5000}"

struct rf_resolve {
    rf_resolve_done *done;
    void *ctx;
};

struct rf_link {
    struct rf_link_callbacks callbacks;
    enum rf_link_reached reached;
    bool busy;
    int http_status; /* how the connect will be answered; 0: not at all, 101: granted */
    const char *reason;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* Something on its way to the daemon. */
struct message {
    struct message *next, *prev;
    char *text;
    size_t len;
    uint64_t number; /* of the frame in it */
    bool frame;
};

struct network_mood network_mood;

static struct {
    enum rf_dialect spoken;
    struct rf_link *link; /* the one there is; NULL: none is connected */
    struct message *on_the_way;
    int64_t newest_us; /* when the last of these arrives: they do not overtake */
    bool silent;       /* the line is dead, and nobody says so */
} net;

static void forget_messages(void)
{
    struct message *message, *next;
    DL_FOREACH_SAFE(net.on_the_way, message, next)
    {
        sim_cancel(message);
        sim_free(message->text);
        sim_free(message);
    }
    net.on_the_way = NULL;
}

void network_begin(enum rf_dialect spoken)
{
    forget_messages();
    memset(&net, 0, sizeof net);
    net.spoken = spoken;
}

/* ---- look-ups */

static void on_resolved(void *ctx)
{
    struct rf_resolve *resolve = ctx;
    struct rf_addresses addresses = {.count = (int)sim_between(1, 2)};
    rf_resolve_done *done = resolve->done;
    void *done_ctx = resolve->ctx;
    free(resolve);
    sim_loop_hold(-1);
    (void)snprintf(addresses.text[0], RF_ADDRESS_SIZE, "192.0.2.1");
    (void)snprintf(addresses.text[1], RF_ADDRESS_SIZE, "2001:db8::1");
    if (sim_chance(network_mood.refuses / 3))
        done(done_ctx, NULL, "Temporary failure in name resolution");
    else
        done(done_ctx, &addresses, NULL);
}

struct rf_resolve *rf_resolve_start(
    struct uv_loop_s *loop, const char *host, rf_resolve_done *done, void *ctx)
{
    (void)loop, (void)host;
    struct rf_resolve *resolve = rf_new(sizeof *resolve);
    *resolve = (struct rf_resolve){done, ctx};
    sim_loop_hold(1);
    sim_at(sim_now_us + (sim_chance(network_mood.refuses / 3) ? 60 * SIM_S : sim_about(5 * SIM_MS)),
        on_resolved, resolve);
    return resolve;
}

void rf_resolve_cancel(struct rf_resolve *resolve)
{
    sim_cancel(resolve);
    sim_loop_hold(-1);
    free(resolve);
}

/* ---- the end of a connection */

static void leave(struct rf_link *link)
{
    sim_cancel(link);
    link->busy = false;
    if (net.link != link)
        return;
    net.link = NULL;
    venue_joined(false);
    forget_messages();
}

static void end(struct rf_link *link, const char *reason)
{
    struct rf_link_end end = {
        .reached = link->reached, .http_status = link->http_status == 101 ? 0 : link->http_status};
    (void)snprintf(end.reason, sizeof end.reason, "%s", reason);
    leave(link);
    sim_trace("  network: ended: %s", reason);
    link->callbacks.ended(link->callbacks.ctx, &end);
}

static void on_cut(void *ctx)
{
    sim_totals.cuts++;
    end(ctx, net.silent ? "the connection was given up" : "the connection was cut");
}

/* Silence is noticed by Socket.IO's heartbeat; on a plain WebSocket by the library's own, in the end. */
static void on_break(void *ctx)
{
    if (sim_chance(0.6)) {
        on_cut(ctx);
        return;
    }
    sim_trace("  network: goes silent");
    net.silent = true;
    sim_at(sim_now_us + sim_between(SIM_S, 120 * SIM_S), on_cut, ctx);
}

/* ---- messages to the daemon */

static void on_arrival(void *ctx)
{
    struct message *message = ctx;
    struct rf_link *link = net.link;
    DL_DELETE(net.on_the_way, message);
    if (message->frame)
        venue_delivered(message->number);
    if (link != NULL)
        link->callbacks.message(link->callbacks.ctx, message->text, message->len, false);
    sim_free(message->text);
    sim_free(message);
}

static void post(
    const char *head, const char *text, size_t len, const char *tail, bool frame, uint64_t number)
{
    if (net.link == NULL || net.silent)
        return;
    struct message *message = sim_alloc(sizeof *message);
    size_t head_len = strlen(head);
    message->len = head_len + len + strlen(tail);
    message->text = sim_alloc(message->len);
    memcpy(message->text, head, head_len);
    memcpy(message->text + head_len, text, len);
    memcpy(message->text + head_len + len, tail, strlen(tail));
    message->frame = frame;
    message->number = number;
    DL_APPEND(net.on_the_way, message);
    int64_t at_us = sim_now_us + sim_about(network_mood.delay_us);
    net.newest_us = at_us > net.newest_us ? at_us : net.newest_us;
    sim_at(net.newest_us, on_arrival, message);
}

static void say(const char *text)
{
    post(text, "", 0, "", false, 0);
}

void network_send(const char *frame, size_t len, uint64_t number)
{
    if (net.spoken == RF_DIALECT_RAW)
        post("", frame, len, "", true, number);
    else
        post("42[\"" VENUE_CHANNEL "\",", frame, len, "]", true, number);
}

static void on_ping(void *ctx)
{
    say("2");
    sim_at(sim_now_us + PING_MS * SIM_MS, on_ping, ctx);
}

/* ---- connecting */

static void on_answer(void *ctx)
{
    struct rf_link *link = ctx;
    link->reached = link->http_status == 101 ? RF_LINK_OPEN : RF_LINK_SERVER;
    if (link->http_status != 101) {
        end(link, link->reason);
        return;
    }
    sim_totals.connects++;
    net.link = link;
    net.silent = false;
    net.newest_us = 0;
    if (network_mood.holds_us > 0)
        sim_at(sim_now_us + sim_about(network_mood.holds_us), on_break, link);
    link->callbacks.opened(link->callbacks.ctx);
    if (net.link != link)
        return;
    if (net.spoken == RF_DIALECT_RAW) {
        venue_joined(true);
    } else if (net.spoken == RF_DIALECT_SOCKETIO) {
        say(V4_OPEN);
        sim_at(sim_now_us + PING_MS * SIM_MS, on_ping, link);
    } else {
        say(V2_OPEN);
        say("40");
    }
}

static void on_refused(void *ctx)
{
    struct rf_link *link = ctx;
    link->reached = RF_LINK_NOWHERE;
    end(link, "connection refused");
}

static int answer_to(const char *path)
{
    bool engine = strncmp(path, "/socket.io/?", 12) == 0, three = strstr(path, "EIO=3") != NULL;
    switch (net.spoken) {
    case RF_DIALECT_SOCKETIO: return !engine ? 404 : three ? 400 : 101;
    case RF_DIALECT_SOCKETIO_V2: return engine ? 101 : 404;
    default: return engine ? 404 : 101;
    }
}

struct rf_link *rf_link_create(struct uv_loop_s *loop, struct rf_log *log,
    const struct rf_link_options *options, const struct rf_link_callbacks *callbacks, const char **error)
{
    (void)loop, (void)log, (void)options;
    struct rf_link *link = rf_new(sizeof *link);
    link->callbacks = *callbacks;
    *error = NULL;
    sim_loop_hold(1);
    return link;
}

void rf_link_connect(struct rf_link *link, const struct rf_link_target *target)
{
    rf_link_drop(link);
    link->busy = true;
    link->http_status = answer_to(target->path);
    link->reason = "the server answers with another status";
    if (!sim_chance(network_mood.refuses)) {
        sim_at(sim_now_us + sim_about(10 * SIM_MS), on_answer, link);
        return;
    }
    switch (sim_between(0, 2)) {
    case 0: sim_at(sim_now_us + sim_about(20 * SIM_MS), on_refused, link); break;
    case 1: /* never answered */ link->http_status = 0; break;
    default: link->http_status = 503; sim_at(sim_now_us + sim_about(20 * SIM_MS), on_answer, link);
    }
}

enum rf_link_reached rf_link_reached(const struct rf_link *link)
{
    return link->reached;
}

/* What the daemon says to the venue. */
bool rf_link_send(struct rf_link *link, const char *text, size_t len)
{
    if (!link->busy || net.silent)
        return true;
    if (len == 2 && memcmp(text, "40", 2) == 0 && net.spoken == RF_DIALECT_SOCKETIO)
        say("40{\"sid\":\"s2\"}");
    else if (len == 1 && text[0] == '2')
        say("3");
    else if (len > 10 && memcmp(text, "42[\"join\",", 10) == 0)
        venue_joined(true);
    return true;
}

static void on_goodbye(void *ctx)
{
    end(ctx, "the server has closed the connection");
}

void rf_link_hang_up(struct rf_link *link)
{
    if (link->busy && link->reached == RF_LINK_OPEN && !net.silent)
        sim_at(sim_now_us + sim_about(5 * SIM_MS), on_goodbye, link);
}

void rf_link_drop(struct rf_link *link)
{
    leave(link);
    link->reached = RF_LINK_NOWHERE;
}

static void on_destroyed(void *ctx)
{
    struct rf_link *link = ctx;
    void (*closed)(void *) = link->closed;
    void *closed_ctx = link->closed_ctx;
    free(link);
    sim_loop_hold(-1);
    closed(closed_ctx);
}

void rf_link_destroy(struct rf_link *link, void (*closed)(void *ctx), void *ctx)
{
    rf_link_drop(link);
    link->closed = closed;
    link->closed_ctx = ctx;
    sim_at(sim_now_us + SIM_MS, on_destroyed, link);
}
