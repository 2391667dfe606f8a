/* lap_history.c - the laps of one run: the newest one by one, and the times of all, sorted. */
#include "racefacer/engine/lap_history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"

/* ---- a growing list of times */

static void times_insert(struct rf_times *times, size_t index, int32_t ms)
{
    if (times->count == times->cap) {
        times->cap = times->cap == 0 ? 16 : times->cap * 2;
        times->at = rf_resize_array(times->at, times->cap, sizeof *times->at);
    }
    memmove(times->at + index + 1, times->at + index, (times->count - index) * sizeof *times->at);
    times->at[index] = ms;
    times->count++;
}

/* How many of the sorted times are below `ms`. */
static size_t times_below(const struct rf_times *times, int64_t ms)
{
    size_t low = 0, high = times->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (times->at[middle] < ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void sorted_add(struct rf_times *times, int32_t ms)
{
    times_insert(times, times_below(times, ms), ms);
}

static void sorted_take(struct rf_times *times, int32_t ms)
{
    size_t index = times_below(times, ms);
    memmove(times->at + index, times->at + index + 1, (times->count - index - 1) * sizeof *times->at);
    times->count--;
}

/* ---- the history */

void rf_lap_history_init(struct rf_lap_history *history, size_t max_kept)
{
    *history = (struct rf_lap_history){.max_kept = max_kept == 0 ? 1 : max_kept};
}

void rf_lap_history_finish(struct rf_lap_history *history)
{
    free(history->memory);
    free(history->sorted.at);
    free(history->dropped.at);
    *history = (struct rf_lap_history){0};
}

/* How many kept laps are numbered below `num`. */
static size_t laps_below(const struct rf_lap_history *history, int num)
{
    size_t low = 0, high = history->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (history->laps[middle].num < num)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct rf_lap *find(const struct rf_lap_history *history, int num)
{
    size_t index = laps_below(history, num);
    return index < history->count && history->laps[index].num == num ? &history->laps[index] : NULL;
}

static void make_room(struct rf_lap_history *history)
{
    size_t head = (size_t)(history->laps - history->memory);
    if (head + history->count < history->cap)
        return;
    if (history->cap > 0 &&
        head >= history->cap / 2) { /* dropping has left the front half free: slide back */
        memmove(history->memory, history->laps, history->count * sizeof *history->laps);
        history->laps = history->memory;
        return;
    }
    history->cap = history->cap == 0 ? 16 : history->cap * 2;
    history->memory = rf_resize_array(history->memory, history->cap, sizeof *history->memory);
    history->laps = history->memory + head;
}

static void drop_oldest(struct rf_lap_history *history)
{
    times_insert(&history->dropped, history->dropped.count, history->laps[0].time_ms);
    history->dropped_up_to = history->laps[0].num;
    history->laps++;
    history->count--;
}

bool rf_lap_history_add(struct rf_lap_history *history, const struct rf_lap *lap)
{
    if (history->count == 0 && history->dropped.count > 0 && history->dropped_up_to == 0)
        history->dropped_up_to = lap->num - 1; /* the oldest that a stored session kept */
    size_t index = laps_below(history, lap->num);
    bool taken = index < history->count && history->laps[index].num == lap->num;
    if (taken || (history->dropped.count > 0 && lap->num <= history->dropped_up_to))
        return false;
    make_room(history);
    memmove(
        history->laps + index + 1, history->laps + index, (history->count - index) * sizeof *history->laps);
    history->laps[index] = *lap;
    history->count++;
    history->timed_from_2 += lap->num >= 2;
    sorted_add(&history->sorted, lap->time_ms);
    if (history->count > history->max_kept)
        drop_oldest(history);
    return true;
}

const struct rf_lap *rf_lap_history_find(const struct rf_lap_history *history, int num)
{
    return find(history, num);
}

bool rf_lap_history_correct(struct rf_lap_history *history, int num, int32_t time_ms)
{
    struct rf_lap *lap = find(history, num);
    if (lap == NULL || lap->time_ms == time_ms)
        return false;
    sorted_take(&history->sorted, lap->time_ms);
    sorted_add(&history->sorted, time_ms);
    lap->time_ms = time_ms;
    lap->corrected = true;
    return true;
}

size_t rf_lap_history_remove_above(struct rf_lap_history *history, int num)
{
    size_t keep = laps_below(history, num + 1), removed = history->count - keep;
    for (size_t i = keep; i < history->count; i++) {
        sorted_take(&history->sorted, history->laps[i].time_ms);
        history->timed_from_2 -= history->laps[i].num >= 2;
    }
    history->count = keep;
    return removed;
}

const int32_t *rf_lap_history_dropped(const struct rf_lap_history *history, size_t *count)
{
    *count = history->dropped.count;
    return history->dropped.at;
}

void rf_lap_history_add_dropped(struct rf_lap_history *history, int32_t time_ms)
{
    times_insert(&history->dropped, history->dropped.count, time_ms);
    sorted_add(&history->sorted, time_ms);
    history->timed_from_2++;
}

/* ---- statistics */

size_t rf_lap_history_timed(const struct rf_lap_history *history)
{
    return history->sorted.count;
}

int32_t rf_lap_history_limit(const struct rf_lap_history *history, struct rf_lap_limits limits)
{
    if (limits.max_ms > 0)
        return limits.max_ms;
    size_t n = history->sorted.count;
    if (n == 0)
        return INT32_MAX;
    /* Twice the median, which for an even count is the mean of the two in the middle: their sum. */
    int64_t twice = (int64_t)history->sorted.at[(n - 1) / 2] + history->sorted.at[n / 2];
    return twice > INT32_MAX ? INT32_MAX : (int32_t)twice;
}

bool rf_lap_history_valid(const struct rf_lap_history *history, struct rf_lap_limits limits, int32_t time_ms)
{
    return time_ms >= limits.min_ms && time_ms <= rf_lap_history_limit(history, limits);
}

int32_t rf_lap_history_best(const struct rf_lap_history *history, struct rf_lap_limits limits)
{
    size_t first = times_below(&history->sorted, limits.min_ms);
    bool any =
        first < history->sorted.count && history->sorted.at[first] <= rf_lap_history_limit(history, limits);
    return any ? history->sorted.at[first] : 0;
}

void rf_lap_history_stats(
    const struct rf_lap_history *history, struct rf_lap_limits limits, struct rf_lap_stats *out)
{
    const struct rf_times *sorted = &history->sorted;
    *out = (struct rf_lap_stats){.timed = (int)sorted->count};
    for (size_t i = 0; i < sorted->count; i++)
        out->timed_total_ms += sorted->at[i];

    size_t first = times_below(sorted, limits.min_ms);
    size_t end = times_below(sorted, (int64_t)rf_lap_history_limit(history, limits) + 1);
    if (first >= end)
        return;
    size_t valid = end - first;
    for (size_t i = first; i < end; i++)
        out->valid_total_ms += sorted->at[i];
    out->valid = (int)valid;
    out->best_ms = sorted->at[first];
    out->mean_ms = (double)out->valid_total_ms / (double)valid;

    size_t three = valid < 3 ? valid : 3;
    int64_t best3 = 0;
    for (size_t i = 0; i < three; i++)
        best3 += sorted->at[first + i];
    out->best3_mean_ms = (double)best3 / (double)three;

    double squares = 0;
    for (size_t i = first; i < end; i++) {
        double off = sorted->at[i] - out->mean_ms;
        squares += off * off;
    }
    out->consistency_s = sqrt(squares / (double)valid) / 1000;
}
