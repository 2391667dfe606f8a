/* served.c - a session as a client sees it: from the engine, as the live views are written from it, or from a
 * text. */
#include <cjson/cJSON.h>
#include <string.h>

#include "simulation.h"
#include "witness.h"

static struct served_run *add_run(
    struct served *served, int64_t id, int64_t kart_id, int total_laps, size_t laps)
{
    struct served_run *run = &served->runs[served->run_count++];
    *run = (struct served_run){.id = id, .kart_id = kart_id, .total_laps = total_laps};
    run->laps = sim_alloc((laps + 1) * sizeof *run->laps);
    return run;
}

void served_of_session(struct served *out, const struct rf_session *session)
{
    *out = (struct served){.id = sim_copy(session->id),
        .event = sim_copy(session->event_name),
        .has_track = session->has_track,
        .complete = session->ended,
        .track = session->track};
    out->runs = sim_alloc((session->run_count + 1) * sizeof *out->runs);
    for (size_t i = 0; i < session->run_count; i++) {
        const struct rf_run *from = session->runs[i];
        struct served_run *run = add_run(out, from->id, from->kart_id, from->total_laps, from->history.count);
        for (; run->count < from->history.count; run->count++)
            run->laps[run->count] = (struct served_lap){
                from->history.laps[run->count].num, from->history.laps[run->count].time_ms};
    }
}

static double number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static const char *text(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

void served_of_text(struct served *out, const char *json, size_t len)
{
    cJSON *root = cJSON_ParseWithLength(json, len);
    if (root == NULL)
        sim_fail("what was served is not JSON");
    *out = (struct served){.id = sim_copy(text(root, "sessionId")),
        .event = sim_copy(text(root, "eventName")),
        .has_track = cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(root, "trackConfigId")),
        .complete = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "isComplete")),
        .track = (int64_t)number(root, "trackConfigId")};
    const cJSON *runs = cJSON_GetObjectItemCaseSensitive(root, "runs"), *item, *lap;
    out->runs = sim_alloc(((size_t)cJSON_GetArraySize(runs) + 1) * sizeof *out->runs);
    cJSON_ArrayForEach(item, runs)
    {
        const cJSON *laps = cJSON_GetObjectItemCaseSensitive(item, "laps");
        struct served_run *run = add_run(out, (int64_t)number(item, "runId"), (int64_t)number(item, "kartId"),
            (int)number(item, "totalLaps"), (size_t)cJSON_GetArraySize(laps));
        cJSON_ArrayForEach(lap, laps) run->laps[run->count++] =
            (struct served_lap){(int)number(lap, "lapNum"), (int32_t)number(lap, "timeRaw")};
    }
    cJSON_Delete(root);
}

void served_finish(struct served *served)
{
    for (size_t i = 0; i < served->run_count; i++)
        sim_free(served->runs[i].laps);
    sim_free(served->runs);
    sim_free(served->id);
    sim_free(served->event);
}
