/* session_file.c - writes a session as the file that keeps it: what the API shows of it, and what restoring
 * needs. */
#include "racefacer/codec/session_file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "codec/analysis_write.h"
#include "codec/session_data.h"
#include "codec/session_text.h"
#include "racefacer/base/memory.h"

static int64_t duration_of(const struct rf_session *session)
{
    return session->last_frame_ms > session->started_ms ? session->last_frame_ms - session->started_ms : 0;
}

/* Runs with a lap, and the sum of their counters. */
static void count_laps(const struct rf_session *session, int *karts, int *laps)
{
    int64_t sum = 0;
    *karts = 0;
    for (size_t i = 0; i < session->run_count; i++) {
        if (rf_lap_history_timed(&session->runs[i]->history) == 0)
            continue;
        *karts += 1;
        sum += session->runs[i]->total_laps;
    }
    *laps = sum < INT_MAX ? (int)sum : INT_MAX;
}

static void write_head(struct rf_json *json, const struct rf_session *session)
{
    char room[RF_TRACK_NAME_SIZE];
    int karts, laps;
    count_laps(session, &karts, &laps);
    rf_json_int(json, "storageVersion", RF_SESSION_FILE_VERSION);
    rf_json_string(json, "sessionId", session->id);
    rf_json_string(json, "eventName", session->event_name);
    rf_json_int_if(json, "trackConfigId", session->has_track, session->track);
    rf_json_string(json, "trackName", rf_session_track_name(session, room));
    rf_json_iso(json, "date", session->started_ms);
    rf_json_iso(json, "timestamp", session->changed_ms);
    rf_json_int(json, "karts", karts);
    rf_json_int(json, "laps", laps);
    rf_json_int(json, "duration", duration_of(session));
}

/* Where two runs share a number, the one with more laps gets the key; of equals the one seen first. */
struct numbered {
    const char *number;
    size_t laps, index;
};

static int compare_numbered(const void *a, const void *b)
{
    const struct numbered *left = a, *right = b;
    int order = strcmp(left->number, right->number);
    if (order != 0)
        return order;
    if (left->laps != right->laps)
        return left->laps > right->laps ? -1 : 1;
    return left->index < right->index ? -1 : 1;
}

/* `written` gets where the laps of each run stand, for those that are written here. */
static void write_lap_history(struct rf_json *json, const struct rf_session *session,
    struct rf_lap_limits limits, struct rf_written *written)
{
    struct numbered *runs = rf_new_array(session->run_count + 1, sizeof(*runs));
    bool *chosen = rf_new_array(session->run_count + 1, sizeof(*chosen));
    size_t count = 0;
    for (size_t i = 0; i < session->run_count; i++) {
        const struct rf_run *run = session->runs[i];
        size_t laps = rf_lap_history_timed(&run->history);
        if (laps > 0)
            runs[count++] = (struct numbered){rf_run_number(run), laps, i};
    }
    qsort(runs, count, sizeof(*runs), compare_numbered);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(runs[i].number, runs[i - 1].number) != 0)
            chosen[runs[i].index] = true;
    }
    rf_json_object(json, "lapHistory");
    for (size_t i = 0; i < session->run_count; i++) {
        if (chosen[i])
            written[i] =
                rf_laps_write(json, rf_run_number(session->runs[i]), &session->runs[i]->history, limits);
    }
    rf_json_object_end(json);
    free(chosen);
    free(runs);
}

static void write_stint(void *ctx, int first_lap)
{
    rf_json_int(ctx, NULL, first_lap);
}

/* What stands in the buffer once more, under another key. */
static void write_again(struct rf_json *json, const char *key, struct rf_written written)
{
    rf_buf_reserve(json->out, written.len + strlen(key) + 4); /* so that it stays where it is meanwhile */
    rf_json_raw(json, key, json->out->data + written.at, written.len);
}

static void write_run(struct rf_json *json, const struct rf_session *session, const struct rf_run *run,
    struct rf_lap_limits limits, struct rf_written laps)
{
    rf_json_object(json, NULL);
    rf_run_names_write(json, run);
    rf_json_string(json, "competitor", rf_session_run_key(run));
    rf_json_int_if(json, "position", run->position > 0, run->position);
    rf_json_int(json, "totalLaps", run->total_laps);
    rf_json_int(json, "missedLaps", run->missed_laps);
    rf_json_bool(json, "stale", run->stale);
    rf_json_bool(json, "inFrame", run->in_frame);
    rf_json_array(json, "stints");
    rf_session_each_stint(session, run, write_stint, json);
    rf_json_array_end(json);
    rf_json_int_if(json, "lastLapAt", run->last_lap_ms != 0, run->last_lap_ms);
    rf_json_int(json, "updatedAt", run->updated_ms);

    size_t count = 0;
    const int32_t *dropped = rf_lap_history_dropped(&run->history, &count);
    if (count > 0) {
        rf_json_array(json, "droppedTimes");
        for (size_t i = 0; i < count; i++)
            rf_json_int(json, NULL, dropped[i]);
        rf_json_array_end(json);
    }
    if (laps.len > 0)
        write_again(json, "laps", laps);
    else
        (void)rf_laps_write(json, "laps", &run->history, limits); /* this is where it stands only */
    rf_json_object_end(json);
}

void rf_session_file_write(
    struct rf_buf *out, const struct rf_session *session, const struct rf_analysis_options *options)
{
    struct rf_analysis analysis;
    struct rf_json json;
    struct rf_written *laps = rf_new_array(session->run_count + 1, sizeof(*laps));
    rf_analysis_init(&analysis, session, options);
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    write_head(&json, session);
    rf_winner_write(&json, "winner", &analysis);
    rf_json_bool(&json, "isComplete", session->ended);
    rf_json_int(&json, "lastFrameAt", session->last_frame_ms);
    rf_json_int(&json, "frameMadeAt", 1000 * session->made_s);
    rf_json_int(&json, "lapsVersion", (int64_t)session->laps_version);
    rf_analysis_write(&json, "analysis", session, &analysis, options->limits);
    rf_session_data_write(&json, "sessionData", session, RF_RUNS_OF_SESSION);
    write_lap_history(&json, session, options->limits, laps);
    rf_json_array(&json, "runs");
    for (size_t i = 0; i < session->run_count; i++)
        write_run(&json, session, session->runs[i], options->limits, laps[i]);
    rf_json_array_end(&json);
    rf_json_object_end(&json);
    rf_analysis_finish(&analysis);
    free(laps);
}

void rf_summary_finish(struct rf_summary *summary)
{
    free(summary->id);
    free(summary->id_json);
    free(summary->event_name);
    free(summary->track_name);
    free(summary->winner);
    free(summary->drivers);
    *summary = (struct rf_summary){0};
}

void rf_summary_of_session(
    struct rf_summary *out, const struct rf_session *session, const struct rf_analysis_options *options)
{
    struct rf_analysis analysis;
    struct rf_json json;
    struct rf_buf text = RF_BUF_INIT;
    char room[RF_TRACK_NAME_SIZE];

    *out = (struct rf_summary){
        .id = rf_strdup(session->id),
        .event_name = rf_strdup(session->event_name),
        .has_track = session->has_track,
        .track = session->track,
        .track_name = rf_strdup(rf_session_track_name(session, room)),
        .started_ms = session->started_ms,
        .changed_ms = session->changed_ms,
        .duration_ms = duration_of(session),
        .complete = session->ended,
        .version = session->laps_version,
    };
    count_laps(session, &out->karts, &out->laps);

    rf_json_init(&json, &text);
    rf_json_string(&json, NULL, session->id);
    out->id_json = rf_buf_take(&text);

    rf_analysis_init(&analysis, session, options);
    rf_json_init(&json, &text);
    rf_winner_write(&json, NULL, &analysis);
    out->winner = rf_buf_take(&text);
    rf_analysis_finish(&analysis);

    for (size_t i = 0; i < session->run_count; i++)
        rf_summary_add_driver(&text, session->runs[i]->driver);
    out->drivers = rf_buf_take(&text);
}
