/* sessions.c - which sessions there are, when they begin and end, and which is the default. */
#include <stdlib.h>
#include <string.h>

#include "engine/engine_impl.h"
#include "engine/session_id.h"

void rf_engine_tell(struct rf_engine *engine, const struct rf_event *event)
{
    if (!event->session->forgotten)
        engine->on_event(engine->ctx, event);
}

static void let_go(struct rf_engine *engine, struct rf_session *session)
{
    if (session == NULL)
        return;
    if (engine->laps_version < session->laps_version)
        engine->laps_version = session->laps_version;
    struct rf_event event = {.type = RF_EVENT_SESSION_LEFT, .session = session};
    rf_engine_tell(engine, &event);
    if (engine->chosen == session)
        engine->chosen = NULL;
    rf_session_destroy(session);
}

/* ---- tracks */

void rf_engine_remove_track(struct rf_engine *engine, size_t index)
{
    rf_engine_end_session(engine, &engine->tracks[index]);
    let_go(engine, engine->tracks[index].session);
    engine->track_count--;
    memmove(engine->tracks + index, engine->tracks + index + 1,
        (engine->track_count - index) * sizeof engine->tracks[0]);
}

struct rf_track *rf_engine_track(struct rf_engine *engine, bool has_id, int64_t id)
{
    size_t i = 0;
    while (i < engine->track_count &&
           (engine->tracks[i].has_id != has_id || (has_id && engine->tracks[i].id != id)))
        i++;
    struct rf_track track = {.has_id = has_id, .id = id};
    if (i < engine->track_count) {
        track = engine->tracks[i];
    } else {
        if (engine->track_count == RF_MAX_TRACKS)
            rf_engine_remove_track(engine, RF_MAX_TRACKS - 1);
        i = engine->track_count++;
    }
    memmove(engine->tracks + 1, engine->tracks, i * sizeof engine->tracks[0]);
    engine->tracks[0] = track;
    return &engine->tracks[0];
}

/* ---- a session's begin and end */

static bool id_in_use(void *ctx, const char *id)
{
    const struct rf_engine *engine = ctx;
    for (size_t i = 0; i < engine->track_count; i++)
        if (engine->tracks[i].session != NULL && strcmp(engine->tracks[i].session->id, id) == 0)
            return true;
    return engine->id_taken != NULL && engine->id_taken(engine->id_taken_ctx, id);
}

void rf_engine_end_session(struct rf_engine *engine, struct rf_track *track)
{
    struct rf_session *session = track->session;
    if (session == NULL || session->ended)
        return;
    session->ended = true;
    session->version++;
    session->laps_version++;
    engine->version++;
    struct rf_event event = {.type = RF_EVENT_SESSION_ENDED, .session = session};
    rf_engine_tell(engine, &event);
}

void rf_engine_begin_session(struct rf_engine *engine, struct rf_track *track, const struct rf_frame *frame)
{
    rf_engine_end_session(engine, track);
    struct rf_buf id = RF_BUF_INIT;
    rf_session_id_make(&id, engine->now_ms, frame->event_name, track->has_id, track->id, id_in_use, engine);
    struct rf_session *session = rf_session_create(id.data, frame->event_name, engine->options.max_laps);
    rf_buf_finish(&id);
    session->has_track = track->has_id;
    session->track = track->id;
    session->started_ms = session->last_frame_ms = session->changed_ms = engine->now_ms;
    let_go(engine, track->session);
    track->session = session;
    session->laps_version = engine->laps_version + 1;
    engine->version++;
    struct rf_event event = {.type = RF_EVENT_SESSION_BEGAN, .session = session};
    rf_engine_tell(engine, &event);
}

void rf_session_move(struct rf_session *session, int64_t by_ms)
{
    session->started_ms += by_ms;
    session->last_frame_ms += by_ms;
    session->changed_ms += by_ms;
    if (session->refuses_since_ms != 0)
        session->refuses_since_ms += by_ms;
    session->version++;
}

/* Of one track. Stamps may be from before the clock was set, and an end may not have come to be stored. */
static bool is_later(const struct rf_session *a, const struct rf_session *b)
{
    return a->laps_version != b->laps_version ? a->laps_version > b->laps_version
                                              : a->last_frame_ms > b->last_frame_ms;
}

void rf_engine_adopt(struct rf_engine *engine, struct rf_session *session)
{
    struct rf_track *track = rf_engine_track(engine, session->has_track, session->track);
    struct rf_session *newer = session, *older = track->session;
    if (older != NULL && is_later(older, newer)) {
        newer = older;
        older = session;
    }
    track->session = older;
    rf_engine_end_session(engine, track);
    let_go(engine, older);
    track->session = newer;
    track->clock.newest_s = newer->made_s;
    if (engine->now_ms == 0)
        engine->now_ms = newer->last_frame_ms;
    else if (newer->last_frame_ms > engine->now_ms)
        rf_session_move(newer, engine->now_ms - newer->last_frame_ms);
    engine->version++;
    rf_engine_keep_within(engine);
    rf_engine_choose(engine);
}

void rf_engine_forget(struct rf_engine *engine, const char *id)
{
    for (size_t i = 0; i < engine->track_count; i++) {
        struct rf_session *session = engine->tracks[i].session;
        if (session != NULL && session->ended && strcmp(session->id, id) == 0) {
            session->forgotten = true;
            engine->version++;
        }
    }
    rf_engine_choose(engine);
}

/* ---- looking at them */

static struct rf_session *shown(const struct rf_track *track)
{
    return track->session != NULL && !track->session->forgotten ? track->session : NULL;
}

size_t rf_engine_session_count(const struct rf_engine *engine)
{
    size_t count = 0;
    for (size_t i = 0; i < engine->track_count; i++)
        count += shown(&engine->tracks[i]) != NULL;
    return count;
}

const struct rf_session *rf_engine_session_at(const struct rf_engine *engine, size_t index)
{
    for (size_t i = 0; i < engine->track_count; i++)
        if (shown(&engine->tracks[i]) != NULL && index-- == 0)
            return engine->tracks[i].session;
    return NULL;
}

const struct rf_session *rf_engine_find_session(const struct rf_engine *engine, const char *id)
{
    for (size_t i = 0; i < engine->track_count; i++) {
        const struct rf_session *session = shown(&engine->tracks[i]);
        if (session != NULL && strcmp(session->id, id) == 0)
            return session;
    }
    return NULL;
}

const struct rf_session *rf_engine_find_track(const struct rf_engine *engine, int64_t track)
{
    for (size_t i = 0; i < engine->track_count; i++)
        if (engine->tracks[i].has_id && engine->tracks[i].id == track)
            return shown(&engine->tracks[i]);
    return NULL;
}

bool rf_engine_live(const struct rf_engine *engine, const struct rf_session *session)
{
    return !session->ended && engine->now_ms - session->last_frame_ms <= engine->options.stale_ms;
}

size_t rf_engine_count_live(const struct rf_engine *engine)
{
    size_t count = 0;
    for (size_t i = 0; i < engine->track_count; i++) {
        const struct rf_session *session = shown(&engine->tracks[i]);
        count += session != NULL && rf_engine_live(engine, session);
    }
    return count;
}

const struct rf_session *rf_engine_default_session(const struct rf_engine *engine)
{
    return engine->chosen;
}

/* The live one with most active karts; where none lives, the one with the newest frame. */
static struct rf_session *best_choice(const struct rf_engine *engine)
{
    struct rf_session *best = NULL;
    bool best_live = false;
    for (size_t i = 0; i < engine->track_count; i++) {
        struct rf_session *session = shown(&engine->tracks[i]);
        if (session == NULL)
            continue;
        bool live = rf_engine_live(engine, session);
        bool better =
            best == NULL || (live && !best_live) ||
            (live == best_live && (live ? rf_session_active_runs(session) > rf_session_active_runs(best)
                                        : session->last_frame_ms > best->last_frame_ms));
        if (better) {
            best = session;
            best_live = live;
        }
    }
    return best;
}

void rf_engine_choose(struct rf_engine *engine)
{
    struct rf_session *chosen = engine->chosen;
    if (chosen == NULL || chosen->forgotten || !rf_engine_live(engine, chosen))
        chosen = best_choice(engine);
    bool live = chosen != NULL && rf_engine_live(engine, chosen);
    if (chosen != engine->chosen || live != engine->chosen_live)
        engine->version++;
    engine->chosen = chosen;
    engine->chosen_live = live;
}
