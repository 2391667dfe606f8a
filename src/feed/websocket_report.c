/* websocket_report.c - what the log says of the connection: each change, and a fault that repeats once a
 * minute. */
#include "websocket_impl.h"

#include <stdio.h>
#include <string.h>

#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"

#define REPEAT_MS 60000
#define CHANGE_MS 1000

void rf_websocket_report_connecting(struct rf_websocket *ws, int64_t now_ms)
{
    unsigned long held;
    if (rf_log_allow(&ws->log_connecting, now_ms, REPEAT_MS, &held))
        rf_log_info(ws->log, "feed", "connecting to %s", ws->target);
}

void rf_websocket_report_joined(struct rf_websocket *ws)
{
    const char *address = ws->addresses.text[(ws->turn + ws->tried - 1) % ws->addresses.count];
    unsigned long held = 0;
    rf_strset(&ws->logged_reason, "");
    /* A server that restarts in a loop is joined again and again. */
    if (!rf_log_allow(&ws->log_joined, rf_clock_mono_ms(), CHANGE_MS, &held))
        return;
    char more[64] = "";
    if (held > 0)
        snprintf(more, sizeof more, " (%lu more like it not logged)", held);
    if (ws->dialogue.spoken == RF_DIALECT_RAW)
        rf_log_info(ws->log, "feed", "connected to %s at %s, dialect raw%s%s", ws->target, address,
            ws->dialogue.proven ? "" : " by the look of it", more);
    else
        rf_log_info(ws->log, "feed", "connected to %s at %s, dialect %s; joined channel %s%s", ws->target,
            address, rf_websocket_dialect(ws), ws->channel, more);
}

void rf_websocket_report_over(struct rf_websocket *ws, bool was_joined, const char *reason, int64_t now_ms)
{
    unsigned long held = 0;
    bool changed = ws->logged_reason == NULL || strcmp(ws->logged_reason, reason) != 0;
    struct rf_log_limit *limit = was_joined ? &ws->log_lost : changed ? &ws->log_changed : &ws->log_same;
    if (!rf_log_allow(limit, now_ms, limit == &ws->log_same ? REPEAT_MS : CHANGE_MS, &held))
        return;
    rf_strset(&ws->logged_reason, reason);
    if (limit != &ws->log_same)
        ws->log_same = (struct rf_log_limit){.next_ms = now_ms + REPEAT_MS};
    char more[64] = "";
    if (held > 0)
        snprintf(more, sizeof more, " (%lu more like it not logged)", held);
    const char *how = "";
    if (ws->detect.configured == RF_DIALECT_AUTO && ws->detect.known == RF_DIALECT_AUTO)
        how = ws->detect.route == RF_DIALECT_RAW ? " as a plain WebSocket" : " as Socket.IO";
    rf_log_warn(ws->log, "feed", "%s %s: %s%s; next attempt%s in %.1f s",
        was_joined ? "lost the connection to" : "no connection to", ws->target, reason, more, how,
        (double)(ws->next_ms - now_ms) / 1000);
}

void rf_websocket_report_skipped(struct rf_websocket *ws, size_t bytes, const char *why)
{
    unsigned long held = 0;
    if (rf_log_allow(&ws->log_skipped, rf_clock_mono_ms(), REPEAT_MS, &held))
        rf_log_warn(ws->log, "feed", "skipped a message of %zu bytes (%s); %lu more since the last such line",
            bytes, why, held);
}
