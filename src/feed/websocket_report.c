/* websocket_report.c - what the log says of the connection: each change, and a fault that repeats once a
 * minute. */
#include "websocket_impl.h"

#include <stdio.h>
#include <string.h>

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
    if (ws->dialogue.spoken == RF_DIALECT_RAW)
        rf_log_info(ws->log, "feed", "connected to %s at %s, dialect raw%s", ws->target, address,
            ws->dialogue.proven ? "" : " by the look of it");
    else
        rf_log_info(ws->log, "feed", "connected to %s at %s, dialect %s; joined channel %s", ws->target,
            address, rf_websocket_dialect(ws), ws->channel);
    rf_strset(&ws->logged_reason, "");
}

void rf_websocket_report_over(struct rf_websocket *ws, bool was_joined, const char *reason, int64_t now_ms)
{
    unsigned long held = 0;
    bool changed = ws->logged_reason == NULL || strcmp(ws->logged_reason, reason) != 0;
    if (!rf_log_allow(
            changed ? &ws->log_changed : &ws->log_same, now_ms, changed ? CHANGE_MS : REPEAT_MS, &held))
        return;
    rf_strset(&ws->logged_reason, reason);
    if (changed)
        ws->log_same = (struct rf_log_limit){.next_ms = now_ms + REPEAT_MS};
    char more[64] = "";
    if (held > 0)
        snprintf(more, sizeof more, " (and %lu times before)", held);
    rf_log_warn(ws->log, "feed", "%s %s: %s%s; next attempt in %.1f s",
        was_joined ? "lost the connection to" : "no connection to", ws->target, reason, more,
        (double)(ws->next_ms - now_ms) / 1000);
}
