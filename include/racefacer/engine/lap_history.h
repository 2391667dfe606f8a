/* lap_history.h - the laps of one run, and the statistics over them.
 *
 * Keeps the newest `max_kept` laps one by one, and the times of all laps ever recorded, sorted: whatever
 * MAX_LAPS_PER_SESSION drops, the statistics go on over. Costs: recording a lap is a binary search and a
 * memmove of 4 bytes a lap; the median and the best lap are looked up; the rest is one pass, made only when
 * somebody asks. */
#ifndef RACEFACER_ENGINE_LAP_HISTORY_H
#define RACEFACER_ENGINE_LAP_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rf_lap {
    int num;         /* 1 and up, as the feed counts crossings */
    int32_t time_ms; /* above 0 */
    int position;    /* the feed's position when it was driven; 0: unknown */
    bool corrected;  /* the feed has changed its time since */
    int64_t at_ms;   /* wall time at which it ended */
};

/* Which laps count: LAP_TIME_MIN_MS ≤ t ≤ max, where a max of 0 is twice the run's own median. */
struct rf_lap_limits {
    int32_t min_ms, max_ms;
};

/* Statistics over the valid laps of a run; times in ms, consistency in seconds. Without valid laps all are 0.
 */
struct rf_lap_stats {
    int timed; /* all laps with a time */
    int valid;
    int32_t best_ms;
    double mean_ms;
    double best3_mean_ms;   /* mean of the three least; of fewer where there are fewer */
    double consistency_s;   /* population standard deviation */
    int64_t valid_total_ms; /* sum of the valid laps */
    int64_t timed_total_ms; /* sum of all timed laps */
};

struct rf_lap_history {
    struct rf_lap *laps; /* the kept ones, by number, oldest first */
    size_t count;
    int timed_from_2; /* laps ever recorded with a number of 2 and up, less those taken back */
    /* private to lap_history.c */
    struct rf_lap *memory; /* `laps` points into it */
    size_t cap, max_kept;
    int dropped_up_to; /* the highest number dropped */
    struct rf_times {
        int32_t *at;
        size_t count, cap;
    } sorted, dropped;
};

void rf_lap_history_init(struct rf_lap_history *history, size_t max_kept);
void rf_lap_history_finish(struct rf_lap_history *history);

/* Records a lap. False, and nothing changed, where that number has one already, or lies below all that are
 * kept after laps were dropped. */
bool rf_lap_history_add(struct rf_lap_history *history, const struct rf_lap *lap);

/* The kept lap of that number, or NULL. Valid until the history changes. */
const struct rf_lap *rf_lap_history_find(const struct rf_lap_history *history, int num);

/* Gives a kept lap another time and marks it corrected. False where there is none, or it has that time. */
bool rf_lap_history_correct(struct rf_lap_history *history, int num, int32_t time_ms);

/* Takes back every kept lap numbered above `num`; returns how many. */
size_t rf_lap_history_remove_above(struct rf_lap_history *history, int num);

/* All laps with a time, the dropped ones included. */
size_t rf_lap_history_timed(const struct rf_lap_history *history);

/* The largest time that counts as valid now. INT32_MAX where there are no laps and the limit is automatic. */
int32_t rf_lap_history_limit(const struct rf_lap_history *history, struct rf_lap_limits limits);

bool rf_lap_history_valid(const struct rf_lap_history *history, struct rf_lap_limits limits, int32_t time_ms);

/* The least valid time, 0 without any: a look-up, for each lap as it comes. */
int32_t rf_lap_history_best(const struct rf_lap_history *history, struct rf_lap_limits limits);

void rf_lap_history_stats(
    const struct rf_lap_history *history, struct rf_lap_limits limits, struct rf_lap_stats *out);

/* The times of laps dropped by max_kept, in the order they were driven: a stored session needs them to go on.
 */
const int32_t *rf_lap_history_dropped(const struct rf_lap_history *history, size_t *count);
/* Puts such a time back, when a stored session is read; before any rf_lap_history_add. */
void rf_lap_history_add_dropped(struct rf_lap_history *history, int32_t time_ms);

#endif
