/* stream.c - the data of the push stream's events. */
#include "racefacer/codec/stream.h"

#include <inttypes.h>
#include <stdio.h>

#include "codec/analysis_write.h"
#include "codec/session_data.h"
#include "racefacer/codec/format.h"

const char *rf_stream_name(enum rf_stream_kind kind)
{
    static const char *const names[RF_STREAM_KINDS] = {
        [RF_STREAM_CONNECTED] = "connected",
        [RF_STREAM_SESSION] = "session",
        [RF_STREAM_LAP] = "lap",
        [RF_STREAM_POSITION] = "position",
        [RF_STREAM_SESSION_START] = "sessionStart",
        [RF_STREAM_SESSION_END] = "sessionEnd",
        [RF_STREAM_STATUS] = "status",
        [RF_STREAM_HEARTBEAT] = "heartbeat",
    };
    return names[kind];
}

int32_t rf_stream_session_best(const struct rf_session *session, struct rf_lap_limits limits)
{
    int32_t best = 0;
    for (size_t i = 0; i < session->run_count; i++) {
        int32_t of_run = rf_lap_history_best(&session->runs[i]->history, limits);
        if (of_run > 0 && (best == 0 || of_run < best))
            best = of_run;
    }
    return best;
}

void rf_stream_write_session(struct rf_buf *out, const struct rf_session *session)
{
    struct rf_json json;
    rf_json_init(&json, out);
    if (session != NULL) {
        rf_session_data_write(&json, NULL, session, RF_RUNS_OF_FRAME);
        return;
    }
    rf_json_object(&json, NULL);
    rf_json_array(&json, "runs");
    rf_json_array_end(&json);
    rf_json_object_end(&json);
}

static void write_run(struct rf_json *json, const struct rf_event *event)
{
    rf_json_string(json, "sessionId", event->session->id);
    rf_run_names_write(json, event->run);
}

static void write_delta(struct rf_json *json, const char *key, bool counts, int32_t time_ms, int32_t best_ms)
{
    rf_json_int_if(json, key, counts && best_ms > 0, (int64_t)time_ms - best_ms);
}

void rf_stream_write_lap(
    struct rf_buf *out, const struct rf_event *event, struct rf_lap_limits limits, int32_t session_best_ms)
{
    const struct rf_lap *lap = &event->lap;
    const struct rf_lap_history *history = &event->run->history;
    char text[RF_FORMAT_SIZE];
    struct rf_json json;
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    write_run(&json, event);
    if (event->type == RF_EVENT_LAPS_REMOVED) {
        rf_json_int(&json, "removedAbove", lap->num);
        rf_json_object_end(&json);
        return;
    }
    bool valid = rf_lap_history_valid(history, limits, lap->time_ms);
    int32_t best = rf_lap_history_best(history, limits);
    rf_json_int(&json, "lapNum", lap->num);
    rf_json_int(&json, "timeRaw", lap->time_ms);
    rf_json_string(&json, "timeFormatted", rf_format_lap(lap->time_ms, text));
    rf_json_int(&json, "position", lap->position);
    rf_json_bool(&json, "valid", valid);
    write_delta(&json, "deltaToBest", valid, lap->time_ms, best);
    write_delta(&json, "deltaToSessionBest", valid, lap->time_ms, session_best_ms);
    rf_json_bool(&json, "personalBest", valid && lap->time_ms <= best);
    rf_json_bool(&json, "sessionBest", valid && lap->time_ms <= session_best_ms);
    if (event->type == RF_EVENT_LAP_CORRECTED)
        rf_json_bool(&json, "corrected", true);
    rf_json_iso(&json, "timestamp", lap->at_ms);
    rf_json_object_end(&json);
}

void rf_stream_write_position(struct rf_buf *out, const struct rf_event *event)
{
    struct rf_json json;
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    write_run(&json, event);
    rf_json_int(&json, "position", event->run->position);
    rf_json_int(&json, "oldPosition", event->old_position);
    rf_json_object_end(&json);
}

static void begin_session(struct rf_json *json, struct rf_buf *out, const struct rf_session *session)
{
    char room[RF_TRACK_NAME_SIZE];
    rf_json_init(json, out);
    rf_json_object(json, NULL);
    rf_json_string(json, "sessionId", session->id);
    rf_json_string(json, "eventName", session->event_name);
    rf_json_int_if(json, "trackConfig", session->has_track, session->track);
    rf_json_string(json, "trackName", rf_session_track_name(session, room));
}

void rf_stream_write_session_start(struct rf_buf *out, const struct rf_session *session)
{
    struct rf_json json;
    begin_session(&json, out, session);
    rf_json_iso(&json, "timestamp", session->started_ms);
    rf_json_object_end(&json);
}

void rf_stream_write_session_end(struct rf_buf *out, const struct rf_session *session)
{
    struct rf_json json;
    begin_session(&json, out, session);
    rf_json_int(&json, "karts", (int64_t)rf_session_runs_with_laps(session));
    rf_json_int(&json, "laps", (int64_t)rf_session_timed_laps(session));
    rf_json_iso(&json, "timestamp", session->changed_ms);
    rf_json_object_end(&json);
}

void rf_stream_write_heartbeat(struct rf_buf *out, int64_t now_ms, size_t clients)
{
    struct rf_json json;
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    rf_json_iso(&json, "serverTime", now_ms);
    rf_json_int(&json, "clients", (int64_t)clients);
    rf_json_object_end(&json);
}

void rf_stream_write_connected(
    struct rf_buf *out, uint64_t client, int64_t now_ms, bool resumed, const char *fresh_because)
{
    char id[24];
    struct rf_json json;
    (void)snprintf(id, sizeof id, "%" PRIu64, client); /* it fits */
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    rf_json_string(&json, "clientId", id);
    rf_json_iso(&json, "serverTime", now_ms);
    rf_json_bool(&json, "resumed", resumed);
    if (fresh_because != NULL)
        rf_json_string(&json, "reason", fresh_because);
    rf_json_object_end(&json);
}

void rf_stream_mark_not_durable(struct rf_buf *out, struct rf_slice object)
{
    rf_buf_append(out, object.data, object.len - 1);
    rf_buf_puts(out, ",\"durable\":false}");
}
