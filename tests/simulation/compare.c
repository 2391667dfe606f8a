/* compare.c - whether what is stored at the end is exactly what was driven. */
#include "compare.h"

#include "simulation.h"
#include "venue.h"

static int max_laps, max_sessions;
static const struct truth_session *compared[4096];
static size_t compared_count;

void compare_begin(int laps, int sessions)
{
    max_laps = laps;
    max_sessions = sessions;
    compared_count = 0;
}

void compare_session(const struct served *served)
{
    const struct truth_session *truth = venue_truth(served->event, served->has_track, served->track);
    if (truth == NULL)
        sim_fail("%s never was", served->event);
    for (const struct truth_run *run = truth->runs; run != NULL; run = run->next) {
        size_t i = 0;
        while (i < served->run_count &&
               (served->runs[i].id != run->id || served->runs[i].kart_id != run->kart_id))
            i++;
        size_t laps = utarray_len(run->laps), kept = laps < (size_t)max_laps ? laps : (size_t)max_laps;
        if (i == served->run_count && laps == 0)
            continue;
        if (i == served->run_count)
            sim_fail("%s (%s): run %lld on kart %lld is missing", served->id, served->event,
                (long long)run->id, (long long)run->kart_id);
        const struct served_run *there = &served->runs[i];
        for (size_t lap = 0; lap < kept; lap++) {
            const struct truth_lap *told =
                (const struct truth_lap *)utarray_eltptr(run->laps, laps - kept + lap);
            if (lap >= there->count || told->num != there->laps[lap].num ||
                told->time_ms != there->laps[lap].time_ms)
                sim_fail("%s (%s): lap %d of run %lld is not what was driven (%zu laps, of %zu)", served->id,
                    served->event, told->num, (long long)run->id, there->count, laps);
        }
        if (there->count != kept)
            sim_fail("%s (%s): run %lld has %zu laps, and drove %zu", served->id, served->event,
                (long long)run->id, there->count, laps);
    }
    compared[compared_count++] = truth;
    sim_totals.checks++;
}

static bool was_compared(const struct truth_session *truth)
{
    for (size_t i = 0; i < compared_count; i++)
        if (compared[i] == truth)
            return true;
    return false;
}

void compare_all(void)
{
    size_t gone = 0, asked = witness_count_gone();
    for (const struct truth_session *truth = venue_race()->truth; truth != NULL; truth = truth->next) {
        size_t laps = 0;
        for (const struct truth_run *run = truth->runs; run != NULL; run = run->next)
            laps += utarray_len(run->laps);
        if (laps > 0 && !was_compared(truth) && !witness_is_waived(truth->event)) {
            if (compared_count + asked < (size_t)max_sessions)
                sim_fail("%s was driven, and is not there", truth->event);
            gone++;
        }
    }
    sim_trace("  %zu sessions are exactly what was driven, %zu were cleaned away", compared_count, gone);
    compared_count = 0;
}
