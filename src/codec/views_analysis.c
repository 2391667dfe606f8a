/* views_analysis.c - the analysis of a session as JSON, for the API and for session files alike. */
#include "codec/analysis_write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "racefacer/codec/format.h"

const char *rf_run_number(const struct rf_run *run)
{
    return run->kart_number[0] != '\0' ? run->kart_number : run->kart;
}

const char *rf_session_track_name(const struct rf_session *session, char room[RF_TRACK_NAME_SIZE])
{
    if (session->track_name[0] != '\0')
        return session->track_name;
    if (!session->has_track)
        return NULL;
    (void)snprintf(room, RF_TRACK_NAME_SIZE, "Track %" PRId64, session->track); /* 26 characters at most */
    return room;
}

void rf_json_int_if(struct rf_json *json, const char *key, bool told, int64_t value)
{
    if (told)
        rf_json_int(json, key, value);
    else
        rf_json_null(json, key);
}

static void write_lap_time(struct rf_json *json, const char *key, int64_t ms)
{
    char text[RF_FORMAT_SIZE];
    rf_json_string(json, key, rf_format_lap(ms, text));
}

/* A mean and its text, which is rounded to the millisecond. */
static void write_mean(struct rf_json *json, const char *key, const char *text_key, bool told, double ms)
{
    if (told)
        rf_json_double(json, key, ms, 3);
    else
        rf_json_null(json, key);
    write_lap_time(json, text_key, told ? llround(ms) : 0);
}

static const char *text_or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

void rf_run_names_write(struct rf_json *json, const struct rf_run *run)
{
    rf_json_string(json, "kartNumber", rf_run_number(run));
    rf_json_string(json, "kart", text_or_null(run->kart));
    rf_json_int_if(json, "kartId", run->has_kart_id, run->kart_id);
    rf_json_int_if(json, "runId", run->has_id, run->id);
    rf_json_string(json, "driverName", run->driver);
}

void rf_kart_members_write(
    struct rf_json *json, const struct rf_result *result, bool ranked, struct rf_lap_limits limits)
{
    const struct rf_run *run = result->run;
    const struct rf_lap_stats *stats = &result->stats;
    const struct rf_lap_history *history = &run->history;
    bool any = stats->valid > 0;
    int32_t last = history->count > 0 ? history->laps[history->count - 1].time_ms : 0;
    char text[RF_FORMAT_SIZE];

    rf_run_names_write(json, run);
    rf_json_int(json, "totalLaps", run->total_laps);
    rf_json_int(json, "validLaps", stats->valid);
    rf_json_int(json, "missedLaps", run->missed_laps);
    rf_json_int_if(json, "position", run->position > 0, run->position);
    rf_json_int_if(json, "bestLap", any, stats->best_ms);
    write_lap_time(json, "bestLapFormatted", stats->best_ms);
    rf_json_int_if(json, "lastLap", last > 0, last);
    write_lap_time(json, "lastLapFormatted", last);
    write_mean(json, "avgLapTime", "avgLapTimeFormatted", any, stats->mean_ms);
    write_mean(json, "best3Avg", "best3AvgFormatted", any, stats->best3_mean_ms);
    if (any)
        rf_json_double(json, "consistency", stats->consistency_s, 6);
    else
        rf_json_null(json, "consistency");
    rf_json_string(
        json, "consistencyFormatted", rf_format_consistency(any ? stats->consistency_s : -1, text));
    rf_json_int(json, "totalTime", stats->valid_total_ms);
    write_lap_time(json, "totalTimeFormatted", stats->valid_total_ms);
    rf_json_int(json, "elapsedTime", stats->timed_total_ms);
    rf_json_int_if(json, "normalizedIndex", ranked, result->index);
    rf_json_bool(json, "stale", run->stale);
    rf_valid_laps_write(json, "lapHistory", history, limits);
    rf_json_iso(json, "lastUpdate", run->updated_ms);
}

static void write_unranked(struct rf_json *json, const struct rf_result *result)
{
    rf_json_object(json, NULL);
    rf_run_names_write(json, result->run);
    rf_json_int(json, "totalLaps", result->run->total_laps);
    rf_json_int(json, "validLaps", result->stats.valid);
    rf_json_int_if(json, "bestLap", result->stats.valid > 0, result->stats.best_ms);
    rf_json_bool(json, "stale", result->run->stale);
    rf_json_object_end(json);
}

static void write_cross_driver(
    struct rf_json *json, const struct rf_analysis *analysis, const struct rf_cross_driver *driver)
{
    rf_json_object(json, NULL);
    rf_json_string(json, "driverName", driver->name);
    rf_json_array(json, "karts");
    for (size_t i = 0; i < driver->count; i++) {
        const struct rf_result *result = &analysis->ranked[driver->results[i]];
        rf_json_object(json, NULL);
        rf_json_string(json, "kartNumber", rf_run_number(result->run));
        rf_json_int_if(json, "kartId", result->run->has_kart_id, result->run->kart_id);
        rf_json_int(json, "bestLap", result->stats.best_ms);
        rf_json_double(json, "avgLap", result->stats.mean_ms, 3);
        rf_json_int(json, "laps", result->stats.valid);
        rf_json_object_end(json);
    }
    rf_json_array_end(json);
    rf_json_object_end(json);
}

void rf_winner_write(struct rf_json *json, const char *key, const struct rf_analysis *analysis)
{
    if (analysis->ranked_count == 0) {
        rf_json_null(json, key);
        return;
    }
    const struct rf_result *first = &analysis->ranked[0];
    rf_json_object(json, key);
    rf_json_string(json, "name", first->run->driver);
    rf_json_string(json, "kartNumber", rf_run_number(first->run));
    write_lap_time(json, "bestLap", first->stats.best_ms);
    rf_json_int(json, "bestLapRaw", first->stats.best_ms);
    rf_json_object_end(json);
}

static void write_summary(
    struct rf_json *json, const struct rf_session *session, const struct rf_analysis *analysis)
{
    bool any = analysis->ranked_count > 0;
    rf_json_object(json, "summary");
    rf_json_iso(json, "timestamp", session->changed_ms);
    rf_json_string(json, "sessionId", session->id);
    rf_json_string(json, "eventName", session->event_name);
    rf_json_int_if(json, "trackConfig", session->has_track, session->track);
    rf_json_int(json, "totalKarts", (int64_t)analysis->ranked_count);
    rf_json_int(json, "totalLaps", analysis->total_laps);
    if (any)
        write_lap_time(json, "fastestLap", analysis->ranked[0].stats.best_ms);
    else
        rf_json_string(json, "fastestLap", "--");
    rf_json_string(json, "fastestDriver", any ? analysis->ranked[0].run->driver : "N/A");
    rf_json_int(json, "crossKartDrivers", (int64_t)analysis->cross_count);
    rf_winner_write(json, "winner", analysis);
    rf_json_object_end(json);
}

void rf_analysis_write(struct rf_json *json, const char *key, const struct rf_session *session,
    const struct rf_analysis *analysis, struct rf_lap_limits limits)
{
    rf_json_object(json, key);
    write_summary(json, session, analysis);
    rf_json_array(json, "karts");
    for (size_t i = 0; i < analysis->ranked_count; i++) {
        rf_json_object(json, NULL);
        rf_kart_members_write(json, &analysis->ranked[i], true, limits);
        rf_json_object_end(json);
    }
    rf_json_array_end(json);
    rf_json_array(json, "unranked");
    for (size_t i = 0; i < analysis->unranked_count; i++)
        write_unranked(json, &analysis->unranked[i]);
    rf_json_array_end(json);
    rf_json_array(json, "crossKartDrivers");
    for (size_t i = 0; i < analysis->cross_count; i++)
        write_cross_driver(json, analysis, &analysis->cross[i]);
    rf_json_array_end(json);
    rf_winner_write(json, "winner", analysis);
    rf_json_object_end(json);
}
