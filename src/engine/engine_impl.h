/* engine_impl.h - the engine's state, shared by engine.c and sessions.c. */
#ifndef RACEFACER_ENGINE_ENGINE_IMPL_H
#define RACEFACER_ENGINE_ENGINE_IMPL_H

#include "engine/track_clock.h"
#include "racefacer/engine/engine.h"

/* More tracks than any venue has: past it the one that was silent longest makes room. */
#define RF_MAX_TRACKS 64

/* Sessions that may begin in one moment; then one a second. Venues begin a few in an hour. */
#define RF_SESSIONS_AT_ONCE 128

struct rf_track {
    bool has_id;
    int64_t id;
    struct rf_track_clock clock;
    struct rf_session *session; /* its newest, live or ended; NULL before the first run */
};

struct rf_engine {
    struct rf_engine_options options;
    rf_event_fn on_event;
    void *ctx;
    bool (*id_taken)(void *ctx, const char *id);
    void *id_taken_ctx;
    struct rf_track tracks[RF_MAX_TRACKS]; /* the one with the newest frame first */
    size_t track_count;
    int64_t now_ms; /* the newest time that was passed in */
    uint64_t version;
    uint64_t laps_version;     /* no session that was followed and is over has a higher one */
    struct rf_session *chosen; /* the default session; see sessions.c */
    bool chosen_live;
    bool not_durable;
    bool may_not_begin;
    int sessions_left;      /* that may begin now; see bounds.c */
    int64_t sessions_at_ms; /* when that was right */
    uint64_t given_up[RF_BOUND_COUNT];
};

void rf_engine_tell(struct rf_engine *engine, const struct rf_event *event);

/* ---- sessions.c: which sessions there are, when they begin and end, which is the default */

/* The track with this id, moved to the front; made where there is none. */
struct rf_track *rf_engine_track(struct rf_engine *engine, bool has_id, int64_t id);

/* Its begin and its newest frame were stamped by a clock that has been set by so much since. */
void rf_session_move(struct rf_session *session, int64_t by_ms);

/* Ends the track's session, if it has one that has not ended. */
void rf_engine_end_session(struct rf_engine *engine, struct rf_track *track);

/* Ends it and begins the next, named by the frame. */
void rf_engine_begin_session(struct rf_engine *engine, struct rf_track *track, const struct rf_frame *frame);

/* Ends the session of a track and lets go of it; the track's next frame begins another. */
void rf_engine_remove_track(struct rf_engine *engine, size_t index);

/* ---- bounds.c: what all of it may take */

/* True where a session may begin now, and counts it. */
bool rf_engine_may_begin(struct rf_engine *engine);

/* After a frame: counts what the session had no room for. */
void rf_engine_count_refused(struct rf_engine *engine, struct rf_session *session);

/* After any change: brings what is kept back within its bounds. */
void rf_engine_keep_within(struct rf_engine *engine);

/* Shown sessions that are live by the engine's time. */
size_t rf_engine_count_live(const struct rf_engine *engine);

/* Settles the default session and what is live, after any change. */
void rf_engine_choose(struct rf_engine *engine);

#endif
