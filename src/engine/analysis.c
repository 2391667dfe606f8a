/* analysis.c - the results of a session. */
#include "racefacer/engine/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"

/* By best lap; equal ones in order of appearance, which is their order in the array that the pointers came
 * from. */
static int by_best(const void *a, const void *b)
{
    const struct rf_result *left = a, *right = b;
    if (left->stats.best_ms != right->stats.best_ms)
        return left->stats.best_ms < right->stats.best_ms ? -1 : 1;
    return left->index - right->index;
}

/* 100 for the least value, 0 for the greatest, in proportion between; `all_equal` where there is no
 * difference. */
static double scaled(double value, double least, double greatest, double all_equal)
{
    return greatest > least ? 100 - 100 * (value - least) / (greatest - least) : all_equal;
}

static void rate(struct rf_analysis *analysis)
{
    double best[2] = {INFINITY, -INFINITY}, consistency[2] = {INFINITY, -INFINITY};
    for (size_t i = 0; i < analysis->ranked_count; i++) {
        const struct rf_lap_stats *stats = &analysis->ranked[i].stats;
        best[0] = fmin(best[0], stats->best_ms);
        best[1] = fmax(best[1], stats->best_ms);
        consistency[0] = fmin(consistency[0], stats->consistency_s);
        consistency[1] = fmax(consistency[1], stats->consistency_s);
    }
    for (size_t i = 0; i < analysis->ranked_count; i++) {
        struct rf_result *result = &analysis->ranked[i];
        double pace = scaled(result->stats.best_ms, best[0], best[1], 100);
        double steadiness = scaled(result->stats.consistency_s, consistency[0], consistency[1], 50);
        result->index = (int)lround(0.7 * pace + 0.3 * steadiness);
    }
}

/* ---- drivers across karts */

static int by_driver(const void *a, const void *b, void *ctx)
{
    const struct rf_result *ranked = ctx;
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    int names = strcmp(ranked[left].run->driver, ranked[right].run->driver);
    return names != 0 ? names : left < right ? -1 : 1;
}

static int by_first_result(const void *a, const void *b)
{
    const struct rf_cross_driver *left = a, *right = b;
    return left->results[0] < right->results[0] ? -1 : 1;
}

static bool same_kart(const struct rf_run *a, const struct rf_run *b)
{
    if (a->has_kart_id && b->has_kart_id)
        return a->kart_id == b->kart_id;
    return strcmp(a->kart, b->kart) == 0 && strcmp(a->kart_number, b->kart_number) == 0;
}

static bool on_several_karts(const struct rf_analysis *analysis, const size_t *results, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (!same_kart(analysis->ranked[results[0]].run, analysis->ranked[results[i]].run))
            return true;
    return false;
}

static void find_cross_drivers(struct rf_analysis *analysis)
{
    size_t *order = rf_new_array(analysis->ranked_count + 1, sizeof *order), count = 0;
    for (size_t i = 0; i < analysis->ranked_count; i++)
        if (analysis->ranked[i].run->driver[0] != '\0')
            order[count++] = i;
    qsort_r(order, count, sizeof *order, by_driver, analysis->ranked);

    analysis->cross = rf_new_array(count / 2 + 1, sizeof *analysis->cross);
    for (size_t start = 0, end; start < count; start = end) {
        const char *name = analysis->ranked[order[start]].run->driver;
        for (end = start + 1; end < count && strcmp(analysis->ranked[order[end]].run->driver, name) == 0;)
            end++;
        if (!on_several_karts(analysis, order + start, end - start))
            continue;
        analysis->cross[analysis->cross_count++] =
            (struct rf_cross_driver){.name = name, .results = order + start, .count = end - start};
    }
    qsort(analysis->cross, analysis->cross_count, sizeof *analysis->cross, by_first_result);
    analysis->cross_order = order;
}

/* ---- all of it */

void rf_analysis_init(
    struct rf_analysis *out, const struct rf_session *session, const struct rf_analysis_options *options)
{
    *out = (struct rf_analysis){0};
    out->ranked = rf_new_array(session->run_count + 1, sizeof *out->ranked);
    out->unranked = rf_new_array(session->run_count + 1, sizeof *out->unranked);
    for (size_t i = 0; i < session->run_count; i++) {
        struct rf_result result = {.run = session->runs[i], .index = (int)i};
        rf_lap_history_stats(&result.run->history, options->limits, &result.stats);
        if (result.stats.valid >= options->min_laps && result.stats.valid > 0) {
            out->ranked[out->ranked_count++] = result;
            out->total_laps += result.run->total_laps;
        } else {
            result.index = 0;
            out->unranked[out->unranked_count++] = result;
        }
    }
    qsort(out->ranked, out->ranked_count, sizeof *out->ranked, by_best);
    rate(out);
    find_cross_drivers(out);
}

void rf_analysis_finish(struct rf_analysis *analysis)
{
    free(analysis->ranked);
    free(analysis->unranked);
    free(analysis->cross);
    free(analysis->cross_order);
    *analysis = (struct rf_analysis){0};
}

const struct rf_result *rf_analysis_find(
    const struct rf_analysis *analysis, const struct rf_run *run, bool *ranked)
{
    for (size_t i = 0; i < analysis->ranked_count + analysis->unranked_count; i++) {
        *ranked = i < analysis->ranked_count;
        const struct rf_result *result =
            *ranked ? &analysis->ranked[i] : &analysis->unranked[i - analysis->ranked_count];
        if (result->run == run)
            return result;
    }
    return NULL;
}
