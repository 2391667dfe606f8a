/* views_status.c - /health and /api/stats: how the server, its feed and its storage are. */
#include "racefacer/codec/views.h"

#include "codec/analysis_write.h"
#include "racefacer/codec/format.h"
#include "racefacer/codec/stream.h"

static void write_time_if(struct rf_json *json, const char *key, int64_t ms)
{
    if (ms != 0)
        rf_json_iso(json, key, ms);
    else
        rf_json_null(json, key);
}

static void write_count(struct rf_json *json, const char *key, uint64_t count)
{
    rf_json_int(json, key, (int64_t)count);
}

static const char *text_or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static int64_t since(int64_t then_ms, int64_t now_ms)
{
    return now_ms > then_ms ? now_ms - then_ms : 0;
}

static void write_refused(struct rf_json *json, const struct rf_server_status *status)
{
    const struct rf_frame_counts *frames = &status->frames;
    rf_json_object(json, "refused");
    write_count(json, "tooLarge", status->feed.too_large);
    write_count(json, "badPackets", status->feed.bad_packets);
    write_count(json, "utf8", frames->decoded[RF_DECODED_UTF8]);
    write_count(json, "json", frames->decoded[RF_DECODED_JSON]);
    write_count(json, "tooManyRuns", frames->decoded[RF_DECODED_TOO_MANY_RUNS]);
    write_count(json, "tooManyValues", frames->decoded[RF_DECODED_TOO_MANY_VALUES]);
    write_count(json, "cached", frames->applied[RF_APPLIED_CACHED]);
    write_count(json, "old", frames->applied[RF_APPLIED_OLD]);
    write_count(json, "noRuns", frames->applied[RF_APPLIED_NO_RUNS]);
    write_count(json, "noKart", frames->applied[RF_APPLIED_NO_KART]);
    write_count(json, "tooManySessions", frames->applied[RF_APPLIED_TOO_MANY_SESSIONS]);
    rf_json_object_end(json);
}

/* What was given up for a bound on memory, by its cause. */
static void write_bounds(
    struct rf_json *json, const struct rf_engine *engine, const struct rf_server_status *status)
{
    static const char *const names[RF_BOUND_COUNT] = {
        [RF_BOUND_RUNS] = "rowsRefused",
        [RF_BOUND_STRANGERS] = "driversWithoutLaps",
        [RF_BOUND_KART_CHANGES] = "kartChanges",
        [RF_BOUND_SESSIONS] = "sessionsEnded",
        [RF_BOUND_RAW] = "framesLetGo",
    };
    rf_json_object(json, "bounds");
    for (int i = 0; i < RF_BOUND_COUNT; i++)
        write_count(json, names[i], rf_engine_given_up(engine, (enum rf_bound)i));
    write_count(json, "sessionsNotBegun", status->frames.applied[RF_APPLIED_TOO_MANY_SESSIONS]);
    write_count(json, "answersRefused", status->busy);
    rf_json_object_end(json);
}

/* The object keeps the first server's name, whatever the source is. */
static void write_feed(struct rf_json *json, const struct rf_server_status *status)
{
    const struct rf_feed_status *feed = &status->feed;
    const struct rf_frame_counts *frames = &status->frames;
    rf_json_object(json, "websocket");
    rf_json_bool(json, "connected", feed->connected);
    rf_json_string(json, "source", text_or_null(feed->source));
    rf_json_string(json, "target", text_or_null(feed->target));
    rf_json_string(json, "state", text_or_null(feed->state));
    rf_json_string(json, "dialect", text_or_null(feed->dialect));
    write_time_if(json, "since", feed->since_ms);
    write_count(json, "attempts", feed->attempts);
    write_time_if(json, "nextAttempt", feed->next_attempt_ms);
    rf_json_string(json, "lastError", text_or_null(feed->last_error));
    write_count(json, "connects", feed->connects);
    write_count(json, "messages", feed->messages);
    write_count(json, "bytes", feed->bytes);
    write_count(json, "frames", frames->frames);
    write_count(json, "applied", frames->applied[RF_APPLIED]);
    write_count(json, "otherMessages", frames->decoded[RF_DECODED_OTHER]);
    if (frames->newest_frame_ms != 0) {
        int64_t age = since(frames->newest_frame_ms, status->now_ms);
        rf_json_int(json, "newestFrameAgeMs", age);
        rf_json_double(json, "newestFrameAgeSeconds", (double)age / 1000, 3);
    } else {
        rf_json_null(json, "newestFrameAgeMs");
        rf_json_null(json, "newestFrameAgeSeconds");
    }
    write_refused(json, status);
    rf_json_object_end(json);
}

static void write_store_members(struct rf_json *json, const struct rf_store_status *store)
{
    rf_json_string(json, "state", store->failing ? "failing" : "ok");
    rf_json_string(json, "error", store->failing ? text_or_null(store->error) : NULL);
    write_count(json, "unsaved", store->unsaved);
    write_count(json, "saves", store->saves);
    write_count(json, "failures", store->failures);
    write_count(json, "unindexed", store->unindexed);
    write_count(json, "unreadable", store->unreadable);
    write_count(json, "quarantined", store->quarantined);
    write_count(json, "unread", store->unread);
    write_count(json, "journalCommits", store->commits);
    write_count(json, "journalFailures", store->commit_failures);
    rf_json_int(json, "journalCommitMs", store->commit_ms);
}

static void write_feed_reason(struct rf_json *json, const struct rf_server_status *status)
{
    const struct rf_feed_status *feed = &status->feed;
    const char *why = text_or_null(feed->last_error);
    struct rf_buf text = RF_BUF_INIT;
    if (why == NULL)
        why = text_or_null(feed->state);
    rf_buf_puts(&text, "feed is not connected");
    if (why != NULL)
        rf_buf_printf(&text, ": %s", why);
    if (feed->next_attempt_ms > status->now_ms)
        rf_buf_printf(&text, ", next attempt in %lld s",
            (long long)((feed->next_attempt_ms - status->now_ms + 999) / 1000));
    rf_json_string(json, NULL, rf_buf_str(&text));
    rf_buf_finish(&text);
}

static void write_store_reason(struct rf_json *json, const struct rf_store_status *store)
{
    const char *why = text_or_null(store->error);
    struct rf_buf text = RF_BUF_INIT;
    rf_buf_puts(&text, "sessions cannot be saved");
    if (why != NULL)
        rf_buf_printf(&text, ": %s", why);
    rf_json_string(json, NULL, rf_buf_str(&text));
    rf_buf_finish(&text);
}

static bool is_well(const struct rf_server_status *status)
{
    return status->feed.connected && !status->store.failing && status->store.unread == 0 &&
           status->not_durable == NULL;
}

static void write_reasons(struct rf_json *json, const struct rf_server_status *status)
{
    rf_json_array(json, "reasons");
    if (!status->feed.connected)
        write_feed_reason(json, status);
    if (status->store.failing)
        write_store_reason(json, &status->store);
    if (status->store.unread > 0)
        rf_json_string(json, NULL,
            "files of the storage cannot be read from the disk: laps may be missing, see the log");
    if (status->not_durable != NULL)
        rf_json_string(json, NULL, status->not_durable);
    rf_json_array_end(json);
}

void rf_stream_write_status(struct rf_buf *out, const struct rf_server_status *status)
{
    struct rf_server_status still = *status;
    still.feed.next_attempt_ms = 0; /* a countdown would be news each second */
    struct rf_json json;
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    rf_json_string(&json, "status", is_well(status) ? "OK" : "DEGRADED");
    write_reasons(&json, &still);
    rf_json_bool(&json, "connected", status->feed.connected);
    write_time_if(&json, "nextAttempt", status->feed.next_attempt_ms);
    rf_json_bool(&json, "durable", status->not_durable == NULL);
    rf_json_object_end(&json);
}

void rf_view_health(struct rf_buf *out, const struct rf_server_status *status)
{
    struct rf_json json;
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    rf_json_string(&json, "status", is_well(status) ? "OK" : "DEGRADED");
    rf_json_iso(&json, "timestamp", status->now_ms);
    if (!is_well(status))
        write_reasons(&json, status);
    write_feed(&json, status);
    rf_json_double(&json, "uptime", (double)status->uptime_ms / 1000, 3);
    rf_json_object(&json, "storage");
    write_store_members(&json, &status->store);
    rf_json_object_end(&json);
    rf_json_object_end(&json);
}

static void write_storage_stats(
    struct rf_json *json, const struct rf_session *session, const struct rf_server_status *status)
{
    rf_json_object(json, "storage");
    write_count(json, "totalSessions", status->store.sessions);
    rf_json_string(json, "currentSession", session != NULL ? session->id : NULL);
    write_count(json, "storageSize", status->store.bytes);
    rf_json_double(json, "storageSizeMB", (double)status->store.bytes / (1024 * 1024), 2);
    rf_json_int(json, "maxSessions", status->max_sessions);
    rf_json_int(json, "lapHistoryKarts", session != NULL ? (int64_t)rf_session_runs_with_laps(session) : 0);
    write_store_members(json, &status->store);
    rf_json_object_end(json);
}

static void write_current_stats(
    struct rf_json *json, const struct rf_engine *engine, const struct rf_session *session)
{
    if (session == NULL) {
        rf_json_null(json, "currentSession");
        return;
    }
    struct rf_analysis analysis;
    char text[RF_FORMAT_SIZE];
    rf_analysis_init(&analysis, session, &rf_engine_options(engine)->analysis);
    rf_json_object(json, "currentSession");
    rf_json_string(json, "eventName", session->event_name);
    rf_json_int(json, "totalKarts", (int64_t)analysis.ranked_count);
    rf_json_int(json, "totalLaps", analysis.total_laps);
    rf_json_string(json, "fastestLap",
        analysis.ranked_count > 0 ? rf_format_lap(analysis.ranked[0].stats.best_ms, text) : "--");
    rf_json_object_end(json);
    rf_analysis_finish(&analysis);
}

void rf_view_stats(struct rf_buf *out, const struct rf_engine *engine, const struct rf_server_status *status)
{
    const struct rf_session *session = rf_engine_default_session(engine);
    struct rf_json json;
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    write_storage_stats(&json, session, status);
    write_feed(&json, status);
    rf_json_object(&json, "server");
    rf_json_double(&json, "uptime", (double)status->uptime_ms / 1000, 3);
    rf_json_object(&json, "memory");
    rf_json_int(&json, "rss", status->rss_bytes);
    write_bounds(&json, engine, status);
    rf_json_object_end(&json);
    rf_json_string(&json, "version", status->version);
    rf_json_object_end(&json);
    write_current_stats(&json, engine, session);
    rf_json_object_end(&json);
}
