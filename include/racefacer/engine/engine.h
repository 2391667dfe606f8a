/* engine.h - follows every session on every track: frames in, events out.
 * Pure: no clock, no input or output of its own. Times are passed in, as wall milliseconds. Cost of a frame:
 * its rows. */
#ifndef RACEFACER_ENGINE_ENGINE_H
#define RACEFACER_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/engine/analysis.h"
#include "racefacer/engine/frame.h"
#include "racefacer/engine/session.h"

struct rf_engine;

struct rf_engine_options {
    struct rf_analysis_options analysis;
    size_t max_laps;  /* MAX_LAPS_PER_SESSION */
    int64_t gap_ms;   /* SESSION_GAP_MINUTES: silence that ends a session */
    int64_t stale_ms; /* STALE_AFTER_SECONDS */
};

enum rf_event_type {
    RF_EVENT_SESSION_BEGAN,
    RF_EVENT_SESSION_ENDED,
    RF_EVENT_SESSION_LEFT,  /* it is let go of, after laps that came behind its end: the last look at it */
    RF_EVENT_LAP,           /* a lap was recorded */
    RF_EVENT_LAP_CORRECTED, /* its time changed */
    RF_EVENT_LAPS_REMOVED,  /* a marshal took back every lap of the competitor above lap.num */
    RF_EVENT_POSITION,      /* run->position changed; old_position is the one before */
    RF_EVENT_CLOCK_RESET    /* the venue's clock was off by `offset_ms`; its frames are taken again */
};

struct rf_event {
    enum rf_event_type type;
    const struct rf_session *session;
    const struct rf_run *run; /* NULL for events of a session */
    struct rf_lap lap;
    int old_position;
    int64_t offset_ms; /* clock reset: how far the venue's clock lies behind what it was */
};

/* Called during apply and tick, in order; it may read the engine, not change it. */
typedef void (*rf_event_fn)(void *ctx, const struct rf_event *event);

enum rf_applied {
    RF_APPLIED,                   /* taken in (also where it changed nothing) */
    RF_APPLIED_CACHED,            /* an old copy: its own time lies long before the time it was sent */
    RF_APPLIED_OLD,               /* older than the newest of its track */
    RF_APPLIED_NO_RUNS,           /* no session yet, and nothing to begin one with */
    RF_APPLIED_NO_KART,           /* lap-data: none, or more than one, run has that kart number */
    RF_APPLIED_TOO_MANY_SESSIONS, /* it would begin a session, and too many began of late or wait to be saved
                                   */
    RF_APPLIED_COUNT
};

/* What all sessions together may take; no sane race comes near. See docs/memory.md for what follows from it.
 * Laps are never let go: the heaviest session is ended, and its track's next frame begins another. */
#define RF_SESSIONS_BYTES ((size_t)32 << 20) /* as they weigh in their files, without what the feed sent */
#define RF_RAW_BYTES ((size_t)16 << 20)      /* frames and rows as the feed sent them, to be passed on */
#define RF_MAX_RUN_LAPS 20000                /* of one run; a week of them, day and night */

/* What was given up for a bound. */
enum rf_bound {
    RF_BOUND_RUNS,         /* rows of drivers a full session could not take any more */
    RF_BOUND_STRANGERS,    /* competitors without a lap, let go to make room in a full session */
    RF_BOUND_KART_CHANGES, /* changes of karts not followed: the laps went on under the kart before */
    RF_BOUND_SESSIONS,     /* sessions ended for their weight, or because they were full */
    RF_BOUND_RAW,          /* sessions whose frame and rows were let go */
    RF_BOUND_COUNT
};

struct rf_engine *rf_engine_create(const struct rf_engine_options *options, rf_event_fn on_event, void *ctx);
void rf_engine_destroy(struct rf_engine *engine);

enum rf_applied rf_engine_apply(struct rf_engine *engine, const struct rf_frame *frame, int64_t now_ms);
enum rf_applied rf_engine_apply_lap(struct rf_engine *engine, const struct rf_lap_data *lap, int64_t now_ms);

/* Ends sessions whose track fell silent; notices the ones that ceased to be live. Call it once a second or
 * so. */
void rf_engine_tick(struct rf_engine *engine, int64_t now_ms);

/* The clock that times are read from was set, by so much: what lasts (silence, patience with a venue's clock) goes on as
 * if it had always been there. Sessions move with it, from their begin to their newest frame; laps keep the time at which
 * they were stamped. Call it before the first time that is read from the clock as it is now. */
void rf_engine_clock_was_set(struct rf_engine *engine, int64_t by_ms);

/* Goes on with a session read from storage, as the newest of its track, and takes ownership. Where the track has one
 * already, the older of the two is ended, with its event, and let go. One that ends behind the engine's time (tell it by
 * rf_engine_tick first) was stamped by a clock that was set back since: it is moved to end now. */
void rf_engine_adopt(struct rf_engine *engine, struct rf_session *session);

/* Stops showing an ended session, because it was deleted. Late frames of it still belong to it and go
 * nowhere. */
void rf_engine_forget(struct rf_engine *engine, const char *id);

/* True for ids that must not be used again: asked when an id is made. `taken` may be NULL. */
void rf_engine_set_id_taken(struct rf_engine *engine, bool (*taken)(void *ctx, const char *id), void *ctx);

/* Newest session of each track, newest frame first, ended ones included. Valid until the engine next changes.
 */
size_t rf_engine_session_count(const struct rf_engine *engine);
const struct rf_session *rf_engine_session_at(const struct rf_engine *engine, size_t index);
const struct rf_session *rf_engine_find_session(const struct rf_engine *engine, const char *id);
const struct rf_session *rf_engine_find_track(const struct rf_engine *engine, int64_t track);

/* The session of /api/current: the live one with most active karts, kept while it lives; where none lives,
 * the one that had the newest frame. NULL before any. */
const struct rf_session *rf_engine_default_session(const struct rf_engine *engine);

/* Neither ended nor silent for longer than stale_ms. */
bool rf_engine_live(const struct rf_engine *engine, const struct rf_session *session);

/* Counts changes of anything that is served. */
uint64_t rf_engine_version(const struct rf_engine *engine);

/* While false no session begins: there are too many that wait to be saved. True at first. */
void rf_engine_set_may_begin(struct rf_engine *engine, bool may_begin);

/* How often, since the start. */
uint64_t rf_engine_given_up(const struct rf_engine *engine, enum rf_bound bound);

/* Whether all that is served would survive a crash, as its keeper says; true at first. A change counts as
 * one. */
void rf_engine_set_durable(struct rf_engine *engine, bool durable);
bool rf_engine_durable(const struct rf_engine *engine);

const struct rf_engine_options *rf_engine_options(const struct rf_engine *engine);

#endif
