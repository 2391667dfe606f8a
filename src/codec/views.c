/* views.c - the bodies of /api/current and /api/analysis, and the small ones. */
#include "racefacer/codec/views.h"

#include <string.h>

#include "codec/analysis_write.h"
#include "codec/session_data.h"

static void write_live_sessions(struct rf_json *json, const struct rf_engine *engine)
{
    rf_json_array(json, "liveSessions");
    for (size_t i = 0; i < rf_engine_session_count(engine); i++) {
        const struct rf_session *session = rf_engine_session_at(engine, i);
        if (!rf_engine_live(engine, session))
            continue;
        rf_json_object(json, NULL);
        rf_json_string(json, "sessionId", session->id);
        rf_json_string(json, "eventName", session->event_name);
        rf_json_int_if(json, "trackConfig", session->has_track, session->track);
        rf_json_int(json, "karts", (int64_t)rf_session_active_runs(session));
        rf_json_iso(json, "timestamp", session->changed_ms);
        rf_json_object_end(json);
    }
    rf_json_array_end(json);
}

void rf_view_current(struct rf_buf *out, const struct rf_engine *engine, const struct rf_session *session)
{
    const struct rf_analysis_options *options = &rf_engine_options(engine)->analysis;
    struct rf_analysis analysis;
    struct rf_json json;
    rf_analysis_init(&analysis, session, options);
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    rf_json_string(&json, "sessionId", session->id);
    rf_json_iso(&json, "timestamp", session->changed_ms);
    rf_json_bool(&json, "live", rf_engine_live(engine, session));
    rf_json_bool(&json, "durable", rf_engine_durable(engine));
    rf_analysis_write(&json, "analysis", session, &analysis, options->limits);
    rf_session_data_write(&json, "sessionData", session, RF_RUNS_OF_FRAME);
    write_live_sessions(&json, engine);
    rf_json_object_end(&json);
    rf_analysis_finish(&analysis);
}

void rf_view_analysis(struct rf_buf *out, const struct rf_engine *engine, const struct rf_session *session)
{
    const struct rf_analysis_options *options = &rf_engine_options(engine)->analysis;
    struct rf_analysis analysis;
    struct rf_json json;
    rf_analysis_init(&analysis, session, options);
    rf_json_init(&json, out);
    rf_analysis_write(&json, NULL, session, &analysis, options->limits);
    rf_analysis_finish(&analysis);
}

static void write_listed(struct rf_json *json, const struct rf_summary *summary, bool current)
{
    rf_json_object(json, NULL);
    rf_json_raw(json, "sessionId", summary->id_json, strlen(summary->id_json));
    rf_json_string(json, "eventName", summary->event_name);
    rf_json_int_if(json, "trackConfigId", summary->has_track, summary->track);
    rf_json_string(json, "trackName", summary->track_name[0] != '\0' ? summary->track_name : NULL);
    rf_json_iso(json, "date", summary->started_ms);
    rf_json_iso(json, "timestamp", summary->changed_ms);
    rf_json_int(json, "karts", summary->karts);
    rf_json_int(json, "laps", summary->laps);
    rf_json_int(json, "duration", summary->duration_ms);
    rf_json_raw(json, "winner", summary->winner, strlen(summary->winner));
    rf_json_bool(json, "isComplete", summary->complete);
    rf_json_bool(json, "isCurrent", current);
    rf_json_object_end(json);
}

void rf_view_listing(struct rf_buf *out, const struct rf_summary *const *page, size_t count, size_t total,
    uint64_t unindexed, const char *current_id)
{
    struct rf_json json;
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    rf_json_int(&json, "total", (int64_t)total);
    if (unindexed > 0)
        rf_json_int(&json, "unindexed", (int64_t)unindexed);
    rf_json_array(&json, "sessions");
    for (size_t i = 0; i < count; i++)
        write_listed(&json, page[i], current_id != NULL && strcmp(page[i]->id, current_id) == 0);
    rf_json_array_end(&json);
    rf_json_object_end(&json);
}

void rf_view_session(struct rf_buf *out, const struct rf_engine *engine, const struct rf_session *session)
{
    rf_session_file_write(out, session, &rf_engine_options(engine)->analysis);
    if (rf_engine_durable(engine))
        return;
    out->len--; /* the brace that closes it */
    rf_buf_puts(out, ",\"durable\":false}");
}

void rf_view_export(struct rf_buf *out, const char *session_json, size_t len, int64_t now_ms)
{
    struct rf_json json;
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    rf_json_iso(&json, "exportDate", now_ms);
    rf_json_raw(&json, "session", session_json, len);
    rf_json_object_end(&json);
}

void rf_view_welcome(struct rf_buf *out, const char *version)
{
    static const struct {
        const char *name, *method, *path, *about;
    } endpoints[] = {
        {"health", "GET", "/health",
            "whether the server, its feed and its storage are well; also /api/health"},
        {"metrics", "GET", "/metrics", "what the server counts, for Prometheus"},
        {"openapi", "GET", "/api/openapi.json", "all of this as an OpenAPI document"},
        {"current", "GET", "/api/current",
            "the current session: analysis, the feed's own data, live sessions; ?track= or ?session= picks "
            "another"},
        {"analysis", "GET", "/api/analysis", "the analysis of the current session alone"},
        {"kart", "GET", "/api/kart/:kart", "one kart with all its laps, by label, number or kart id"},
        {"stats", "GET", "/api/stats", "storage, feed and process in numbers"},
        {"stream", "GET", "/api/stream",
            "everything as it happens, as Server-Sent Events; ?track=&events=lap,session,…"},
        {"clients", "GET", "/api/clients", "who is listening to the stream"},
        {"sessions", "GET", "/api/sessions",
            "stored sessions, newest first; ?limit=&offset=&event=&track=&driver=&from=&to="},
        {"session", "GET", "/api/sessions/:id", "a stored session with every lap"},
        {"export", "GET", "/api/sessions/:id/export", "the same as a file to download"},
        {"delete", "DELETE", "/api/sessions/:id", "deletes a stored session; needs the API token"},
    };
    struct rf_json json;
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    rf_json_string(&json, "name", "RaceFacer Analysis Server");
    rf_json_string(&json, "version", version);
    rf_json_string(&json, "status", "running");
    rf_json_object(&json, "endpoints");
    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        rf_json_object(&json, endpoints[i].name);
        rf_json_string(&json, "method", endpoints[i].method);
        rf_json_string(&json, "path", endpoints[i].path);
        rf_json_string(&json, "about", endpoints[i].about);
        rf_json_object_end(&json);
    }
    rf_json_object_end(&json);
    rf_json_object_end(&json);
}

void rf_view_error(struct rf_buf *out, const char *error, const char *message)
{
    struct rf_json json;
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    rf_json_string(&json, "error", error);
    if (message != NULL)
        rf_json_string(&json, "message", message);
    rf_json_object_end(&json);
}
