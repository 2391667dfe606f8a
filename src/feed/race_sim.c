/* race_sim.c - karts going round: sessions begin, karts cross the line, drivers spin, pit and change karts.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed/race_impl.h"
#include "racefacer/base/memory.h"

#define SPIN_MS 15000
#define PIT_MS 40000
#define ENDLESS_LAPS 20 /* incidents come again after so many laps where a session has no end */

int race_random(struct rf_race *race, int below)
{
    return below <= 1 ? 0 : (int)(nrand48(race->random) % below);
}

static void swap_karts(struct race_track *track, int a, int b)
{
    struct race_kart swapped = track->karts[a];
    track->karts[a] = track->karts[b];
    track->karts[b] = swapped;
}

/* The first `drivers` are driven; the 7 always is, on each track: documents and people ask for it. */
static void shuffle_karts(struct rf_race *race, struct race_track *track)
{
    for (int i = track->kart_count - 1; i > 0; i--)
        swap_karts(track, i, race_random(race, i + 1));
    for (int i = track->drivers; i < track->kart_count; i++)
        if (strcmp(track->karts[i].number, "7") == 0)
            swap_karts(track, i, race_random(race, track->drivers));
    track->spare = 0;
}

/* How many laps a session has room for. */
static int session_laps(const struct rf_race *race, const struct race_track *track)
{
    return race->options.race_ms > 0 ? race->options.race_ms / track->lap_ms : ENDLESS_LAPS;
}

static void plan_incidents(struct rf_race *race, struct race_track *track)
{
    int laps = session_laps(race, track);
    if (!race->options.incidents || laps < 4)
        return;
    int first = race_random(race, track->drivers);
    struct race_run *spins = &track->runs[first];
    struct race_run *pits = &track->runs[(first + 1) % track->drivers];
    struct race_run *changes = &track->runs[(first + 2) % track->drivers];
    spins->spin_lap = 2 + race_random(race, laps / 2);
    pits->pit_lap = 2 + race_random(race, laps / 2);
    changes->change_lap = 2 + race_random(race, laps / 3 + 1);
}

static void begin_driver(struct rf_race *race, struct race_track *track, int index, int64_t now_ms)
{
    struct race_run *run = &track->runs[index];
    run->row = RACE_ROW_DRIVER;
    run->id = race->next_id++;
    run->kart = track->karts[index];
    race_name(run->name, race->options.tracks, track->number - 1, index, track->session);
    int skill = race_random(race, track->lap_ms / 12 + 1);
    int kart = (int)(run->kart.id % 5) * (track->lap_ms / 400); /* some karts are slower, whoever drives */
    run->pace_ms = track->lap_ms - track->lap_ms / 24 + skill + kart;
    run->spread_ms = track->lap_ms / 200 + race_random(race, track->lap_ms / 50 + 1);
    run->cross_ms = now_ms + 1000 + race_random(race, track->lap_ms);
    run->told_laps = -1;
}

/* A row without a kart: nobody can say whose. */
static void begin_ghost(struct rf_race *race, struct race_run *run)
{
    run->row = RACE_ROW_GHOST;
    run->id = race->next_id++;
    run->total_laps = 3;
    run->last_ms = run->best_ms = 29999;
    run->cross_ms = INT64_MAX;
    snprintf(run->name, sizeof run->name, "Ghost");
}

/* A row that was not cleared away days ago: the same in every session, ranked with the rest. */
static void begin_left(struct rf_race *race, struct race_track *track, struct race_run *run)
{
    run->row = RACE_ROW_LEFT;
    run->id = 1699001;
    run->kart = (struct race_kart){.id = 988, .label = "88", .number = "88"};
    run->total_laps = 14;
    run->timed_laps = 13;
    run->last_ms = track->lap_ms + 2345;
    run->prev_ms = track->lap_ms + 1987;
    run->best_ms = track->lap_ms + 1200;
    run->sum_ms = 13 * (int64_t)run->last_ms;
    run->lap_start_ms = race->left_at_ms;
    run->cross_ms = INT64_MAX;
    run->told_laps = -1;
    snprintf(run->name, sizeof run->name, "Lefty Overnight");
}

void race_session_begin(struct rf_race *race, struct race_track *track, int64_t now_ms)
{
    int number = race->next_session++;
    snprintf(track->event, sizeof track->event, "Session #%d%s", number, number % 5 == 0 ? " PARTY" : "");
    track->start_ms = now_ms;
    track->end_ms = race->options.race_ms > 0 ? now_ms + race->options.race_ms : INT64_MAX;
    track->truth = NULL;
    memset(track->runs, 0, (size_t)track->run_count * sizeof *track->runs);
    shuffle_karts(race, track);
    for (int i = 0; i < track->drivers; i++)
        begin_driver(race, track, i, now_ms);
    if (track->run_count > track->drivers)
        begin_ghost(race, &track->runs[track->drivers]);
    if (track->run_count > track->drivers + 1)
        begin_left(race, track, &track->runs[track->drivers + 1]);
    plan_incidents(race, track);
    track->session++;
}

/* The next lap of a kart that has just crossed, with whatever befalls it. */
static int lap_time(struct rf_race *race, struct race_track *track, struct race_run *run)
{
    int period = session_laps(race, track) + 1;
    int time_ms =
        run->pace_ms + race_random(race, run->spread_ms + 1) - race_random(race, run->spread_ms + 1);
    if (race_random(race, 12) == 0)
        time_ms += race_random(race, track->lap_ms / 16 + 1); /* traffic */
    if (run->total_laps == run->spin_lap) {
        run->spin_lap += period;
        time_ms += SPIN_MS;
    }
    bool pits = run->total_laps == run->pit_lap, changes = run->total_laps == run->change_lap;
    if (pits || changes) {
        run->pit_from_ms = run->cross_ms + run->pace_ms / 2;
        run->pit_until_ms = run->pit_from_ms + PIT_MS;
        run->pits++;
        time_ms += PIT_MS;
    }
    if (pits)
        run->pit_lap += period;
    if (changes) {
        run->change_lap += period;
        run->change_due = true;
    }
    return time_ms;
}

static void cross(struct rf_race *race, struct race_track *track, struct race_run *run)
{
    if (run->total_laps > 0) {
        run->prev_ms = run->last_ms;
        run->last_ms = (int32_t)(run->cross_ms - run->lap_start_ms);
        run->timed_laps++;
        run->sum_ms += run->last_ms;
        if (run->best_ms == 0 || run->last_ms < run->best_ms)
            run->best_ms = run->last_ms;
    }
    run->total_laps++;
    run->lap_start_ms = run->cross_ms;
    run->cross_ms += lap_time(race, track, run);
}

/* Gives the driver a spare kart. It waits until every lap of the old one was told by a frame that arrived:
 * whose a lap was that is told only afterwards, no follower could know. */
static void change_kart(struct race_track *track, struct race_run *run, int64_t now_ms)
{
    if (!run->change_due || now_ms < run->pit_from_ms + PIT_MS / 2 || run->told_laps != run->total_laps)
        return;
    struct race_kart *spare = &track->karts[track->drivers + track->spare];
    run->kart = *spare;
    *spare = track->karts[run - track->runs];
    track->karts[run - track->runs] = run->kart;
    track->spare = (track->spare + 1) % RACE_SPARE_KARTS;
    run->change_due = false;
}

static int by_best_time(const void *a, const void *b)
{
    const struct race_run *one = *(struct race_run *const *)a, *two = *(struct race_run *const *)b;
    if (one->row == RACE_ROW_GHOST || two->row == RACE_ROW_GHOST)
        return (one->row == RACE_ROW_GHOST) - (two->row == RACE_ROW_GHOST);
    if (one->best_ms != two->best_ms) {
        int32_t first = one->best_ms == 0 ? INT32_MAX : one->best_ms;
        int32_t second = two->best_ms == 0 ? INT32_MAX : two->best_ms;
        return first < second ? -1 : 1;
    }
    return one->id < two->id ? -1 : one->id > two->id;
}

int64_t race_first_crossing(const struct race_track *track)
{
    int64_t first = INT64_MAX;
    for (int i = 0; i < track->run_count; i++)
        if (track->runs[i].cross_ms < first)
            first = track->runs[i].cross_ms;
    return first;
}

void race_advance(struct rf_race *race, struct race_track *track, int64_t now_ms)
{
    for (int i = 0; i < track->run_count; i++) {
        struct race_run *run = &track->runs[i];
        while (run->cross_ms <= now_ms)
            cross(race, track, run);
        change_kart(track, run, now_ms);
        track->ranking[i] = run;
    }
    qsort(track->ranking, (size_t)track->run_count, sizeof *track->ranking, by_best_time);
    for (int i = 0; i < track->run_count; i++)
        track->ranking[i]->position = i + 1;
}
