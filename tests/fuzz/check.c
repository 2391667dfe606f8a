/* check.c - what must hold of every text we write and every session we keep, whatever came in. */
#include "check.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "expect.h"
#include "racefacer/codec/json_slice.h"

void check_json(const struct rf_buf *text)
{
    expect(rf_utf8_valid(text->data, text->len));
    expect(rf_json_valid(text->data, text->len));
}

static void check_text(const char *text)
{
    expect(text != NULL && rf_utf8_valid(text, strlen(text)));
}

static void check_stats(
    const struct rf_lap_history *history, struct rf_lap_limits limits, int64_t sum, int32_t best)
{
    struct rf_lap_stats stats;
    rf_lap_history_stats(history, limits, &stats);
    expect((size_t)stats.timed == rf_lap_history_timed(history) && stats.timed_total_ms == sum);
    expect(stats.valid >= 0 && stats.valid <= stats.timed && stats.valid_total_ms <= sum);
    expect(stats.best_ms == best && stats.best_ms == rf_lap_history_best(history, limits));
    expect(isfinite(stats.consistency_s) && stats.consistency_s >= 0);
    expect(stats.best3_mean_ms >= stats.best_ms && stats.mean_ms + 1e-6 >= stats.best3_mean_ms);
    expect((stats.valid == 0) == (stats.best_ms == 0));
}

static void check_history(const struct rf_lap_history *history, struct rf_lap_limits limits)
{
    size_t dropped_count;
    const int32_t *dropped = rf_lap_history_dropped(history, &dropped_count);
    int64_t sum = 0;
    int32_t best = 0;
    int before = 0;
    for (size_t i = 0; i < history->count + dropped_count; i++) {
        bool kept = i < history->count;
        int32_t time_ms = kept ? history->laps[i].time_ms : dropped[i - history->count];
        expect(time_ms > 0);
        sum += time_ms;
        if (rf_lap_history_valid(history, limits, time_ms) && (best == 0 || time_ms < best))
            best = time_ms;
        if (!kept)
            continue;
        const struct rf_lap *lap = &history->laps[i];
        expect(lap->num > before && rf_lap_history_find(history, lap->num) == lap);
        expect(lap->position >= 0);
        before = lap->num;
    }
    expect(history->count + dropped_count == rf_lap_history_timed(history));
    expect(history->timed_from_2 >= 0 && (size_t)history->timed_from_2 <= rf_lap_history_timed(history));
    check_stats(history, limits, sum, best);
}

static void check_run(
    const struct rf_session *session, const struct rf_run *run, const struct rf_analysis_options *options)
{
    const struct rf_lap_history *history = &run->history;
    check_text(run->kart);
    check_text(run->kart_number);
    check_text(run->driver);
    check_history(history, options->limits);
    expect(history->count <= session->max_laps);
    expect(run->competitor != NULL && run->position >= 0 && run->total_laps >= 0 && run->missed_laps >= 0);
    if (run->row.len > 0)
        check_json(&run->row);
}

static void check_analysis(const struct rf_session *session, const struct rf_analysis_options *options)
{
    struct rf_analysis analysis;
    int64_t laps = 0;
    rf_analysis_init(&analysis, session, options);
    expect(analysis.ranked_count + analysis.unranked_count == session->run_count);
    for (size_t i = 0; i < analysis.ranked_count; i++) {
        const struct rf_result *result = &analysis.ranked[i];
        expect(result->stats.valid >= options->min_laps && result->index >= 0 && result->index <= 100);
        expect(i == 0 || result[-1].stats.best_ms <= result->stats.best_ms);
        laps += result->run->total_laps;
    }
    expect(analysis.total_laps == laps);
    for (size_t i = 0; i < analysis.cross_count; i++) {
        const struct rf_cross_driver *cross = &analysis.cross[i];
        expect(cross->count >= 2 && cross->name[0] != '\0');
        for (size_t j = 0; j < cross->count; j++)
            expect(cross->results[j] < analysis.ranked_count);
    }
    rf_analysis_finish(&analysis);
}

void check_session(const struct rf_session *session, const struct rf_analysis_options *options)
{
    check_text(session->event_name);
    check_text(session->track_name);
    if (session->data.len > 0)
        check_json(&session->data);
    expect(session->run_count <= RF_MAX_RUNS);
    for (size_t i = 0; i < session->run_count; i++)
        check_run(session, session->runs[i], options);
    check_analysis(session, options);
}
