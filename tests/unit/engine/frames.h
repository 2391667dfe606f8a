/* frames.h - makes frames for the engine's tests, and keeps the events they cause. */
#ifndef TESTS_ENGINE_FRAMES_H
#define TESTS_ENGINE_FRAMES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "racefacer/engine/engine.h"

#define T0 1767261600000LL /* 2026-01-01T10:00:00Z */
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct seen {
    int began, ended, left, laps, corrected, removed, resets;
    uint64_t left_version; /* of the session that was let go of */
    struct rf_lap last;
    int64_t offset_ms;
};

static inline void see(void *ctx, const struct rf_event *event)
{
    struct seen *seen = ctx;
    seen->began += event->type == RF_EVENT_SESSION_BEGAN;
    seen->ended += event->type == RF_EVENT_SESSION_ENDED;
    seen->left += event->type == RF_EVENT_SESSION_LEFT;
    if (event->type == RF_EVENT_SESSION_LEFT)
        seen->left_version = event->session->laps_version;
    seen->laps += event->type == RF_EVENT_LAP;
    seen->corrected += event->type == RF_EVENT_LAP_CORRECTED;
    seen->removed += event->type == RF_EVENT_LAPS_REMOVED;
    seen->resets += event->type == RF_EVENT_CLOCK_RESET;
    if (event->type == RF_EVENT_LAP)
        seen->last = event->lap;
    if (event->type == RF_EVENT_CLOCK_RESET)
        seen->offset_ms = event->offset_ms;
}

static inline struct rf_engine *engine_for(struct seen *seen)
{
    struct rf_engine_options options = {
        .analysis = {.limits = {5000, 0}, .min_laps = 3},
        .max_laps = 1000,
        .gap_ms = 3600000,
        .stale_ms = 300000,
    };
    return rf_engine_create(&options, see, seen);
}

/* Run `id` on kart 100 + id, label "E<id>", number "<id>". */
static inline struct rf_row row(int id, int total, int32_t last, int32_t prev)
{
    static char texts[64][3][32];
    static int next;
    char(*text)[32] = texts[next++ % 64];
    snprintf(text[0], sizeof text[0], "E%d", id);
    snprintf(text[1], sizeof text[1], "%d", id);
    snprintf(text[2], sizeof text[2], "Driver %d", id);
    return (struct rf_row){.has_id = true,
        .id = id,
        .has_kart_id = true,
        .kart_id = 100 + id,
        .kart = text[0],
        .kart_number = text[1],
        .driver = text[2],
        .position = id,
        .total_laps = total,
        .last_ms = last,
        .prev_ms = prev,
        .raw = {"{}", 2}};
}

static inline struct rf_frame frame(const char *event, const struct rf_row *rows, size_t count)
{
    return (struct rf_frame){.has_event = true,
        .event_name = event,
        .track_name = "",
        .current_lap = RF_NO_COUNT,
        .total_laps = RF_NO_COUNT,
        .rows = rows,
        .row_count = count,
        .raw = {"{}", 2}};
}

/* One frame of one run, at T0 + `s` seconds. */
static inline enum rf_applied one(
    struct rf_engine *engine, int s, int id, int total, int32_t last, int32_t prev)
{
    struct rf_row only = row(id, total, last, prev);
    struct rf_frame it = frame("Session #1", &only, 1);
    return rf_engine_apply(engine, &it, T0 + s * 1000LL);
}

static inline const struct rf_run *run_of(const struct rf_engine *engine, size_t index)
{
    return rf_engine_default_session(engine)->runs[index];
}

/* The time of a lap, 0 where there is none. */
static inline int lap_ms(const struct rf_run *run, int num)
{
    const struct rf_lap *lap = rf_lap_history_find(&run->history, num);
    return lap == NULL ? 0 : lap->time_ms;
}

#endif
