/* views.h - the bodies of the API, written from the engine's state. Pure functions: the same state, the same bytes.
 * Cost: one pass over the laps of the session shown; they are called once for each change, on demand. */
#ifndef RACEFACER_CODEC_VIEWS_H
#define RACEFACER_CODEC_VIEWS_H

#include <stdbool.h>
#include <stddef.h>

#include "racefacer/codec/session_file.h"
#include "racefacer/codec/status.h"
#include "racefacer/engine/engine.h"

/* GET /api/current of `session`. */
void rf_view_current(struct rf_buf *out, const struct rf_engine *engine, const struct rf_session *session);
/* GET /api/analysis. */
void rf_view_analysis(struct rf_buf *out, const struct rf_engine *engine, const struct rf_session *session);
/* GET /api/kart/:kart; false, and nothing written, where no run matches. */
bool rf_view_kart(struct rf_buf *out, const struct rf_engine *engine, const struct rf_session *session, const char *kart);
/* GET /health. */
void rf_view_health(struct rf_buf *out, const struct rf_server_status *status);
/* GET /api/stats. */
void rf_view_stats(struct rf_buf *out, const struct rf_engine *engine, const struct rf_server_status *status);
/* GET /api/sessions: `total` is the count before paging, without the `unindexed`, which are still to be read; `current_id`
 * the id that is "isCurrent", or NULL. */
void rf_view_listing(struct rf_buf *out, const struct rf_summary *const *page, size_t count, size_t total,
    uint64_t unindexed, const char *current_id);
/* GET /api/sessions/:id of a session that the engine follows: as its file has it, with "durable": false where it would
 * not survive a crash yet. */
void rf_view_session(struct rf_buf *out, const struct rf_engine *engine, const struct rf_session *session);
/* GET /api/sessions/:id/export around a stored session's text. */
void rf_view_export(struct rf_buf *out, const char *session_json, size_t len, int64_t now_ms);
/* GET / for anything but a browser. */
void rf_view_welcome(struct rf_buf *out, const char *version);
/* {"error":…} and, where `message` is not NULL, "message". */
void rf_view_error(struct rf_buf *out, const char *error, const char *message);

#endif
