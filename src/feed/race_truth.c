/* race_truth.c - what a perfect follower knows of a race: every lap whose time a frame that arrived has told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "feed/race_impl.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/json_write.h"

static const UT_icd lap_icd = {sizeof(struct truth_lap), NULL, NULL, NULL};

static struct truth_session *find_session(struct rf_race *race, struct race_track *track)
{
    if (track->truth == NULL) {
        track->truth = rf_new(sizeof *track->truth);
        track->truth->track = race->options.sparse ? 0 : track->number;
        snprintf(track->truth->event, sizeof track->truth->event, "%s", track->event);
        LL_APPEND(race->truth, track->truth);
    }
    return track->truth;
}

static struct truth_run *find_run(struct truth_session *session, const struct race_run *run)
{
    struct truth_run *found;
    LL_FOREACH(session->runs, found)
    {
        if (found->id == run->id && found->kart_id == run->kart.id)
            return found;
    }
    found = rf_new(sizeof *found);
    found->id = run->id;
    found->kart_id = run->kart.id;
    snprintf(found->driver, sizeof found->driver, "%s", run->name);
    utarray_new(found->laps, &lap_icd);
    LL_APPEND(session->runs, found);
    return found;
}

static void add_lap(struct truth_run *truth, int num, int32_t time_ms)
{
    struct truth_lap lap = {.num = num, .time_ms = time_ms};
    if (time_ms > 0)
        utarray_push_back(truth->laps, &lap);
}

void race_told(struct rf_race *race, struct race_track *track)
{
    for (int i = 0; i < track->run_count; i++) {
        struct race_run *run = track->ranking[i]; /* in the order of the frame's rows */
        if (run->row == RACE_ROW_GHOST)
            continue;
        int news = run->told_laps < 0 ? 2 : run->total_laps - run->told_laps;
        run->told_laps = run->total_laps;
        if (race->options.forget)
            continue;
        struct truth_run *truth = find_run(find_session(race, track), run);
        truth->total_laps = run->total_laps;
        if (news >= 2)
            add_lap(truth, run->total_laps - 1, run->prev_ms);
        if (news >= 1)
            add_lap(truth, run->total_laps, run->last_ms);
    }
}

static void write_run(struct rf_json *json, const struct truth_run *run)
{
    rf_json_object(json, NULL);
    rf_json_int(json, "id", run->id);
    rf_json_int(json, "kartId", run->kart_id);
    rf_json_string(json, "driver", run->driver);
    rf_json_int(json, "totalLaps", run->total_laps);
    rf_json_array(json, "laps");
    const struct truth_lap *lap = NULL;
    while ((lap = utarray_next(run->laps, lap)) != NULL) {
        rf_json_object(json, NULL);
        rf_json_int(json, "num", lap->num);
        rf_json_int(json, "timeMs", lap->time_ms);
        rf_json_object_end(json);
    }
    rf_json_array_end(json);
    rf_json_object_end(json);
}

void rf_race_truth(const struct rf_race *race, struct rf_buf *out)
{
    struct rf_json json;
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    rf_json_array(&json, "sessions");
    const struct truth_session *session;
    LL_FOREACH(race->truth, session)
    {
        rf_json_object(&json, NULL);
        if (session->track > 0)
            rf_json_int(&json, "track", session->track);
        else
            rf_json_null(&json, "track");
        rf_json_string(&json, "event", session->event);
        rf_json_array(&json, "runs");
        const struct truth_run *run;
        LL_FOREACH(session->runs, run)
        {
            write_run(&json, run);
        }
        rf_json_array_end(&json);
        rf_json_object_end(&json);
    }
    rf_json_array_end(&json);
    rf_json_object_end(&json);
}

void race_truth_finish(struct rf_race *race)
{
    struct truth_session *session, *next_session;
    LL_FOREACH_SAFE(race->truth, session, next_session)
    {
        struct truth_run *run, *next_run;
        LL_FOREACH_SAFE(session->runs, run, next_run)
        {
            utarray_free(run->laps);
            free(run);
        }
        free(session);
    }
}
