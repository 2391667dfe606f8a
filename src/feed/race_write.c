/* race_write.c - a frame's JSON, with the liberties that the feed takes with it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "feed/race_impl.h"
#include "racefacer/codec/json_write.h"

#define TEXT_SIZE 32

/* Whether this run's rows have the oddity `what`: about one run in nine has it, and keeps it. */
static bool odd(const struct race_run *run, int what)
{
    return (run->id + 7L * what) % 9 == 0;
}

static void write_number(struct rf_json *json, const char *key, int64_t value, bool as_text)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%" PRId64, value);
    if (as_text)
        rf_json_string(json, key, text);
    else
        rf_json_int(json, key, value);
}

static void write_null(struct rf_json *json, const char *key, bool as_text)
{
    if (as_text)
        rf_json_string(json, key, "null");
    else
        rf_json_null(json, key);
}

static void write_bool(struct rf_json *json, const char *key, bool value, bool as_text)
{
    if (as_text)
        rf_json_string(json, key, value ? "true" : "false");
    else
        rf_json_bool(json, key, value);
}

/* A time as the feed shows it, "-" where there is none. */
static const char *time_text(int64_t ms, char out[TEXT_SIZE])
{
    if (ms <= 0)
        snprintf(out, TEXT_SIZE, "-");
    else if (ms < 60000)
        snprintf(out, TEXT_SIZE, "%" PRId64 ".%03" PRId64, ms / 1000, ms % 1000);
    else
        snprintf(
            out, TEXT_SIZE, "%" PRId64 ":%02" PRId64 ".%03" PRId64, ms / 60000, ms / 1000 % 60, ms % 1000);
    return out;
}

static const char *clock_text(int64_t seconds, char out[TEXT_SIZE])
{
    snprintf(out, TEXT_SIZE, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600, seconds / 60 % 60,
        seconds % 60);
    return out;
}

static void write_driver(struct rf_json *json, const struct race_run *run)
{
    static const char *const countries[] = {"es", "de", "ua", "gr", "jp", "fr", "", "eg", "pl"};
    char first[sizeof run->name];
    snprintf(first, sizeof first, "%s", run->name);
    char *space = strchr(first, ' ');
    if (space != NULL)
        *space = '\0';
    rf_json_string(json, "country_code", countries[run->id % 9]);
    rf_json_string(json, "name", run->name);
    rf_json_string(json, "driver_monitor_name", run->name);
    rf_json_string(json, "team", run->name);
    rf_json_string(json, "first_name", first);
    rf_json_string(json, "last_name", space == NULL ? "" : space + 1);
    rf_json_string(json, "photo", "http://venue.invalid/driver.png");
}

static void write_kart(struct rf_json *json, const struct rf_race *race, const struct race_run *run)
{
    static const char *const colours[] = {"39b549", "e30613", "1d71b8", "f9b233"};
    if (run->row == RACE_ROW_GHOST) {
        rf_json_null(json, "kart");
        if (!race->options.sparse)
            rf_json_string(json, "kart_number", "");
        rf_json_null(json, "kart_id");
        rf_json_null(json, "kart_color");
    } else {
        rf_json_string(json, "kart", run->kart.label);
        if (!race->options.sparse)
            rf_json_string(json, "kart_number", run->kart.number);
        write_number(json, "kart_id", run->kart.id, odd(run, 1));
        rf_json_string(json, "kart_color", odd(run, 2) ? "null" : colours[run->kart.id % 4]);
    }
    rf_json_null(json, "esp_steering_display_number");
    write_null(json, "fleet_management_id", odd(run, 3));
}

static void write_laps(struct rf_json *json, const struct race_run *run)
{
    char text[TEXT_SIZE];
    rf_json_string(json, "current_lap", "");
    write_number(json, "total_laps", run->total_laps, odd(run, 4));
    rf_json_string(json, "total_time", "-");
    rf_json_string(json, "last_time", time_text(run->last_ms, text));
    rf_json_string(json, "last_time_short", text);
    if (run->last_ms > 0)
        write_number(json, "last_time_raw", run->last_ms, odd(run, 5));
    else if (odd(run, 6))
        rf_json_string(json, "last_time_raw", "-");
    else
        write_null(json, "last_time_raw", odd(run, 7));
    if (run->prev_ms > 0)
        write_number(json, "prev_time_raw", run->prev_ms, odd(run, 8));
    else
        write_null(json, "prev_time_raw", odd(run, 7));
    rf_json_string(json, "best_time", odd(run, 6) ? "-" : time_text(run->best_ms, text));
    if (run->best_ms > 0)
        rf_json_int(json, "best_time_raw", run->best_ms);
    else
        rf_json_null(json, "best_time_raw");
}

static void write_sectors(struct rf_json *json, const struct race_run *run, bool has_sectors)
{
    static const char *const keys[] = {"s1", "s2", "s3", "s4"};
    static const char *const status_keys[] = {"s1_status", "s2_status", "s3_status", "s4_status"};
    static const int share[] = {27, 24, 31};
    int32_t rest = run->last_ms;
    for (int i = 0; i < 4; i++) {
        char text[TEXT_SIZE];
        int32_t part = i < 3 ? (int32_t)((int64_t)run->last_ms * share[i] / 100) : rest;
        rest -= part;
        rf_json_string(json, keys[i], time_text(has_sectors ? part : 0, text));
    }
    for (int i = 0; i < 4; i++)
        rf_json_string(json, status_keys[i], has_sectors && (run->last_ms + i) % 3 == 0 ? "bad" : "good");
}

/* The distance to another run by best time; in laps where this one has no time yet. */
static void gap_text(const struct race_run *run, const struct race_run *to, char out[TEXT_SIZE])
{
    char text[TEXT_SIZE];
    if (to == NULL || to->best_ms == 0)
        snprintf(out, TEXT_SIZE, "-");
    else if (run->best_ms == 0)
        snprintf(out, TEXT_SIZE, "+%d laps",
            to->total_laps > run->total_laps ? to->total_laps - run->total_laps : 0);
    else if (run->best_ms == to->best_ms)
        snprintf(out, TEXT_SIZE, "+0.000");
    else
        snprintf(out, TEXT_SIZE, "+%.12s", time_text(run->best_ms - to->best_ms, text));
}

static void write_gaps(struct rf_json *json, const struct race_track *track, const struct race_run *run)
{
    const struct race_run *leader = run->position > 1 ? track->ranking[0] : NULL;
    const struct race_run *ahead = run->position > 1 ? track->ranking[run->position - 2] : NULL;
    char text[TEXT_SIZE];
    gap_text(run, leader, text);
    rf_json_string(json, "gap", text);
    gap_text(run, ahead, text);
    rf_json_string(json, "int", text);
    if (ahead != NULL && ahead->best_ms > 0 && run->best_ms > 0)
        rf_json_int(json, "int_raw", run->best_ms - ahead->best_ms);
    else
        rf_json_null(json, "int_raw");
}

static void write_pits(struct rf_json *json, const struct race_run *run, int64_t now_ms)
{
    bool in_pit = now_ms >= run->pit_from_ms && now_ms < run->pit_until_ms;
    char text[TEXT_SIZE];
    rf_json_int(json, "number_of_pits", now_ms >= run->pit_from_ms ? run->pits : run->pits - 1);
    rf_json_string(json, "total_driver_changes", "");
    rf_json_string(
        json, "current_pit_time", in_pit ? clock_text((now_ms - run->pit_from_ms) / 1000, text) : "");
    write_bool(json, "in_pit", in_pit, odd(run, 10));
}

static void write_averages(struct rf_json *json, const struct race_run *run)
{
    char text[TEXT_SIZE];
    int64_t mean = run->timed_laps > 0 ? run->sum_ms / run->timed_laps : 0;
    rf_json_string(json, "avg_lap", time_text(mean, text));
    if (run->timed_laps > 0)
        write_number(json, "avg_lap_raw", mean, odd(run, 11));
    else
        rf_json_raw(json, "avg_lap_raw", "1e20", 4);
    rf_json_string(json, "consistency_lap", time_text(mean - run->best_ms, text));
    if (run->timed_laps > 1)
        rf_json_int(json, "consistency_lap_raw", mean - run->best_ms);
    else
        rf_json_raw(json, "consistency_lap_raw", "1e-23", 5);
}

static void write_lap_start(struct rf_json *json, const struct rf_race *race, const struct race_track *track,
    const struct race_run *run, int64_t now_ms)
{
    if (run->lap_start_ms == 0) {
        rf_json_null(json, "last_passing");
        rf_json_null(json, "current_lap_start_timestamp");
        rf_json_null(json, "current_lap_start_microtimestamp");
        rf_json_int(json, "current_lap_milliseconds", 0);
        return;
    }
    int64_t ticks = run->lap_start_ms - race->left_at_ms + 7654321; /* since the decoder was switched on */
    write_number(json, "last_passing", track->number % 2 == 1 ? run->lap_start_ms : ticks, odd(run, 12));
    write_number(json, "current_lap_start_timestamp", run->lap_start_ms / 1000, odd(run, 13));
    rf_json_int(json, "current_lap_start_microtimestamp", run->lap_start_ms);
    int64_t lap_ms = now_ms - run->lap_start_ms;
    if (odd(run, 14))
        lap_ms -= 400; /* a clock that runs behind the decoder's: negative after each crossing */
    if (run->row == RACE_ROW_LEFT)
        lap_ms = 24465000;
    rf_json_int(json, "current_lap_milliseconds", lap_ms);
}

static void write_run(struct rf_json *json, const struct rf_race *race, const struct race_track *track,
    const struct race_run *run, int64_t now_ms)
{
    bool has_sectors = track->number == race->options.tracks && !race->options.sparse;
    rf_json_object(json, NULL);
    write_number(json, "id", run->id, odd(run, 15));
    write_number(json, "pos", run->position, odd(run, 16));
    rf_json_null(json, "pole");
    write_driver(json, run);
    write_kart(json, race, run);
    write_laps(json, run);
    write_sectors(json, run, has_sectors);
    write_gaps(json, track, run);
    write_pits(json, run, now_ms);
    write_lap_start(json, race, track, run, now_ms);
    write_averages(json, run);
    rf_json_string(json, "run_status", "in_progress");
    rf_json_object_end(json);
}

static void write_session(struct rf_json *json, const struct rf_race *race, const struct race_track *track)
{
    bool sparse = race->options.sparse;
    rf_json_string(json, "type", "session");
    rf_json_string(json, "status_string", "in_progress");
    if (track->number == 1 && !sparse) {
        static const char map[] = "{\"map\":{\"bgr\":\"lakeside.png\",\"length\":577}}";
        rf_json_raw(json, "maps_data", map, sizeof map - 1);
    } else {
        rf_json_raw(json, "maps_data", "[]", 2);
    }
    rf_json_null(json, "svg_path");
    if (!sparse)
        write_number(json, "track_configuration_id", track->number, track->session % 3 == 2);
    rf_json_string(json, "event_name", track->event);
    rf_json_object(json, "socket_data");
    rf_json_string(json, "address", "venue.invalid");
    rf_json_string(json, "port", "8131");
    rf_json_object_end(json);
}

static void write_progress(
    struct rf_json *json, const struct rf_race *race, const struct race_track *track, int64_t now_ms)
{
    char text[TEXT_SIZE];
    int64_t left_s = race->options.race_ms > 0 ? (track->end_ms - now_ms) / 1000 : 0;
    int leader_laps = 0;
    for (int i = 0; i < track->drivers; i++)
        if (track->runs[i].total_laps > leader_laps)
            leader_laps = track->runs[i].total_laps;
    rf_json_string(json, "time_left", clock_text(left_s, text));
    write_number(json, "time_left_in_seconds", left_s, track->number == 2);
    rf_json_string(json, "duration_type", "min");
    rf_json_int(json, "total_laps", race->options.race_ms / track->lap_ms);
    rf_json_int(json, "current_lap", leader_laps);
    rf_json_bool(json, "has_pole", false);
    rf_json_string(json, "ranking_key", "by_time");
    write_bool(json, "has_pits", false, track->number == 2);
    rf_json_bool(json, "has_stint", false);
    rf_json_bool(json, "is_endurance", false);
    rf_json_array(json, "penalties");
    rf_json_array_end(json);
    rf_json_int(json, "timestamp", now_ms / 1000);
    rf_json_int(json, "timestamp_socket", now_ms / 1000);
}

void race_write_frame(
    const struct rf_race *race, const struct race_track *track, int64_t now_ms, struct rf_buf *out)
{
    struct rf_json json;
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    rf_json_object(&json, "data");
    write_session(&json, race, track);
    write_progress(&json, race, track, now_ms);
    rf_json_array(&json, "runs");
    for (int i = 0; i < track->run_count; i++)
        write_run(&json, race, track, track->ranking[i], now_ms);
    rf_json_array_end(&json);
    rf_json_object_end(&json);
    rf_json_raw(&json, "race_predictor_data", "[]", 2);
    rf_json_string(&json, "slug", race->options.channel);
    rf_json_string(&json, "type", "live-timing");
    rf_json_null(&json, "socket");
    rf_json_object_end(&json);
}
