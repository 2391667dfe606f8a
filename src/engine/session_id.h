/* session_id.h - ids of sessions: they sort by start, read well, and are safe in a file name and a URL. */
#ifndef RACEFACER_ENGINE_SESSION_ID_H
#define RACEFACER_ENGINE_SESSION_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "racefacer/base/buf.h"

/* Appends "20260101T100000Z-session-12-t3"; -2, -3 … where `taken` says it is in use. `taken` may be NULL. */
void rf_session_id_make(struct rf_buf *out, int64_t started_ms, const char *event_name, bool has_track,
    int64_t track, bool (*taken)(void *ctx, const char *id), void *ctx);

#endif
