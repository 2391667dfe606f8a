/* session_id.c - makes the ids of sessions. */
#include "engine/session_id.h"

#include "racefacer/base/clock.h"

#define SLUG_MAX 48 /* longer event names are cut: the id is a file name */

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* "Session #77 PARTY" as "session-77-party"; what is no ASCII letter or digit separates. */
static void append_slug(struct rf_buf *out, const char *name)
{
    size_t start = out->len;
    bool gap = false;
    for (; *name != '\0' && out->len - start < SLUG_MAX; name++) {
        char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
        if (!is_plain(c)) {
            gap = out->len > start;
            continue;
        }
        if (gap)
            rf_buf_putc(out, '-');
        gap = false;
        rf_buf_putc(out, c);
    }
    if (out->len == start)
        rf_buf_puts(out, "session");
}

void rf_session_id_make(struct rf_buf *out, int64_t started_ms, const char *event_name, bool has_track,
    int64_t track, bool (*taken)(void *ctx, const char *id), void *ctx)
{
    char time[RF_ISO_SIZE];
    size_t start = out->len;
    rf_buf_puts(out, rf_time_compact(started_ms, time));
    rf_buf_putc(out, '-');
    append_slug(out, event_name);
    if (has_track)
        rf_buf_printf(out, "-t%lld", (long long)track);
    size_t base = out->len;
    for (int n = 2; taken != NULL && taken(ctx, out->data + start); n++) {
        out->len = base;
        rf_buf_printf(out, "-%d", n);
    }
}
