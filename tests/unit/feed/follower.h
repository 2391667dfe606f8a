/* follower.h - follows generated frames by the rules of the analysis, written without a look at the engine or
 * the generator, and writes down what it knows just as the truth does. */
#ifndef RACEFACER_TESTS_FOLLOWER_H
#define RACEFACER_TESTS_FOLLOWER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A field's number, also where it came as a string; -1 where there is none. */
static double field(const cJSON *object, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);
    if (cJSON_IsNumber(value))
        return value->valuedouble;
    if (cJSON_IsString(value) && value->valuestring[0] >= '0' && value->valuestring[0] <= '9')
        return atof(value->valuestring);
    return -1;
}

static const char *text(const cJSON *object, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(value) ? value->valuestring : "";
}

struct follower {
    cJSON *known;          /* {"sessions":[…]} as rf_race_truth writes it */
    double newest_made[8]; /* per track; 0 where the frames name none */
    cJSON *current[8];     /* the session of each track, in `known` */
    int applied, dropped;
    int jumps_by_two, jumps_by_more, kart_changes;
};

static void follower_init(struct follower *f)
{
    memset(f, 0, sizeof *f);
    f->known = cJSON_CreateObject();
    cJSON_AddArrayToObject(f->known, "sessions");
}

static void follower_finish(struct follower *f)
{
    cJSON_Delete(f->known);
}

static bool follower_has_lap(const cJSON *session, double id, int num)
{
    const cJSON *run, *lap;
    cJSON_ArrayForEach(run, cJSON_GetObjectItem(session, "runs"))
    {
        if (field(run, "id") != id)
            continue;
        cJSON_ArrayForEach(lap, cJSON_GetObjectItem(run, "laps"))
        {
            if (field(lap, "num") == num)
                return true;
        }
    }
    return false;
}

static void follower_lap(const cJSON *session, const cJSON *run, int num, double time_ms)
{
    if (time_ms <= 0 || num < 1 || follower_has_lap(session, field(run, "id"), num))
        return;
    cJSON *lap = cJSON_CreateObject();
    cJSON_AddNumberToObject(lap, "num", num);
    cJSON_AddNumberToObject(lap, "timeMs", time_ms);
    cJSON_AddItemToArray(cJSON_GetObjectItem(run, "laps"), lap);
}

/* The run of this row, and the highest counter its id had so far (-1: none). */
static cJSON *follower_run(struct follower *f, const cJSON *session, const cJSON *row, int *before)
{
    cJSON *runs = cJSON_GetObjectItem(session, "runs"), *run, *found = NULL;
    *before = -1;
    cJSON_ArrayForEach(run, runs)
    {
        if (field(run, "id") != field(row, "id"))
            continue;
        if (field(run, "totalLaps") > *before)
            *before = (int)field(run, "totalLaps");
        if (field(run, "kartId") == field(row, "kart_id"))
            found = run;
    }
    if (found != NULL)
        return found;
    f->kart_changes += *before >= 0;
    found = cJSON_CreateObject();
    cJSON_AddNumberToObject(found, "id", field(row, "id"));
    cJSON_AddNumberToObject(found, "kartId", field(row, "kart_id"));
    cJSON_AddStringToObject(found, "driver", text(row, "name"));
    cJSON_AddNumberToObject(found, "totalLaps", -1);
    cJSON_AddArrayToObject(found, "laps");
    cJSON_AddItemToArray(runs, found);
    return found;
}

static void follower_row(struct follower *f, const cJSON *session, const cJSON *row)
{
    const cJSON *kart = cJSON_GetObjectItem(row, "kart");
    if (!cJSON_IsString(kart) && field(row, "kart_id") < 0 && text(row, "kart_number")[0] == '\0')
        return; /* a ghost */
    int before, total = (int)field(row, "total_laps");
    cJSON *run = follower_run(f, session, row, &before);
    int news = before < 0 ? 2 : total - before;
    if (before >= 0) {
        f->jumps_by_two += news == 2;
        f->jumps_by_more += news > 2;
    }
    if (news >= 2)
        follower_lap(session, run, total - 1, field(row, "prev_time_raw"));
    if (news >= 1)
        follower_lap(session, run, total, field(row, "last_time_raw"));
    cJSON_SetNumberValue(cJSON_GetObjectItem(run, "totalLaps"), total);
}

static void follower_apply(struct follower *f, const cJSON *payload)
{
    const cJSON *data = cJSON_GetObjectItem(payload, "data"), *row;
    double made = field(data, "timestamp"), sent = field(data, "timestamp_socket");
    bool has_track = field(data, "track_configuration_id") > 0;
    int track = has_track ? (int)field(data, "track_configuration_id") : 0;
    if (sent - made > 300 || made < f->newest_made[track]) {
        f->dropped++;
        return;
    }
    f->applied++;
    f->newest_made[track] = made;
    cJSON *session = f->current[track];
    if (session == NULL || strcmp(text(session, "event"), text(data, "event_name")) != 0) {
        session = cJSON_CreateObject();
        if (has_track)
            cJSON_AddNumberToObject(session, "track", track);
        else
            cJSON_AddNullToObject(session, "track");
        cJSON_AddStringToObject(session, "event", text(data, "event_name"));
        cJSON_AddArrayToObject(session, "runs");
        cJSON_AddItemToArray(cJSON_GetObjectItem(f->known, "sessions"), session);
        f->current[track] = session;
    }
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(data, "runs")) follower_row(f, session, row);
}

#endif
