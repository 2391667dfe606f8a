/* engine.c - takes in frames: to which session a frame belongs, and what it changes there. */
#include "racefacer/engine/engine.h"

#include <stdlib.h>
#include <string.h>

#include "engine/competitor.h"
#include "engine/engine_impl.h"
#include "racefacer/base/memory.h"

static void no_event(void *ctx, const struct rf_event *event)
{
    (void)ctx;
    (void)event;
}

struct rf_engine *rf_engine_create(const struct rf_engine_options *options, rf_event_fn on_event, void *ctx)
{
    struct rf_engine *engine = rf_new(sizeof *engine);
    engine->options = *options;
    engine->on_event = on_event != NULL ? on_event : no_event;
    engine->ctx = ctx;
    engine->sessions_left = RF_SESSIONS_AT_ONCE;
    return engine;
}

void rf_engine_destroy(struct rf_engine *engine)
{
    if (engine == NULL)
        return;
    for (size_t i = 0; i < engine->track_count; i++)
        rf_session_destroy(engine->tracks[i].session);
    free(engine);
}

void rf_engine_set_id_taken(struct rf_engine *engine, bool (*taken)(void *ctx, const char *id), void *ctx)
{
    engine->id_taken = taken;
    engine->id_taken_ctx = ctx;
}

uint64_t rf_engine_version(const struct rf_engine *engine)
{
    return engine->version;
}

const struct rf_engine_options *rf_engine_options(const struct rf_engine *engine)
{
    return &engine->options;
}

void rf_engine_set_durable(struct rf_engine *engine, bool durable)
{
    if (engine->not_durable != durable)
        return;
    engine->not_durable = !durable;
    engine->version++;
}

bool rf_engine_durable(const struct rf_engine *engine)
{
    return !engine->not_durable;
}

/* ---- which session a frame belongs to */

static bool is_ghost(const struct rf_row *row)
{
    return !row->has_kart_id && row->kart[0] == '\0' && row->kart_number[0] == '\0';
}

/* What a frame's rows say against the session's. */
struct comparison {
    size_t runs;      /* rows that are no ghosts */
    size_t unstarted; /* of these, at most one crossing */
    size_t shared;    /* the session has them */
    size_t started;   /* of the shared, two crossings or more by the session */
    size_t fell;      /* of these, at most one by the frame */
    size_t left;      /* of the session's, in rows that nobody removed: not counted above */
};

static bool is_stale(const struct rf_engine *engine, const struct rf_frame *frame, const struct rf_row *row)
{
    int64_t frame_s = frame->made_s > 0   ? frame->made_s
                      : frame->sent_s > 0 ? frame->sent_s
                                          : engine->now_ms / 1000;
    return row->lap_started_s > 0 && frame_s - row->lap_started_s > engine->options.stale_ms / 1000;
}

static void compare_row(struct comparison *all, const struct rf_session *session, const struct rf_row *row)
{
    bool unstarted = row->total_laps != RF_NO_COUNT && row->total_laps <= 1;
    const struct rf_competitor *known = session == NULL ? NULL : rf_competitor_find(session, row);
    bool started = known != NULL && known->total_laps >= 2;
    all->runs++;
    all->unstarted += unstarted;
    all->shared += known != NULL;
    all->started += started;
    all->fell += started && unstarted;
}

/* A row that nobody removed is in every session's frames, and tells nothing; unless there are no others. */
static struct comparison compare(
    const struct rf_engine *engine, const struct rf_session *session, const struct rf_frame *frame)
{
    struct comparison fresh = {0}, stale = {0};
    for (size_t i = 0; i < frame->row_count; i++) {
        const struct rf_row *row = &frame->rows[i];
        if (!is_ghost(row))
            compare_row(is_stale(engine, frame, row) ? &stale : &fresh, session, row);
    }
    fresh.left = stale.shared;
    return fresh.runs > 0 ? fresh : stale;
}

/* The lap counters began anew. Of the runs that had laps most fell to one or none; where only one of many had
 * any, that is a marshal's correction. Or nobody is known, and most have not started. */
static bool is_restart(const struct comparison *all)
{
    if (all->shared == 0)
        return all->runs > 0 && all->unstarted * 2 > all->runs;
    return all->fell * 2 > all->started && (all->fell > 1 || all->shared == 1);
}

static bool is_other_event(
    const struct rf_session *session, const struct rf_frame *frame, const struct comparison *all)
{
    if (!frame->has_event || strcmp(session->event_name, frame->event_name) == 0)
        return false;
    /* A name that is told late, or not told for a while, is no other event while the runs are the same. */
    bool nameless = session->event_name[0] == '\0' || frame->event_name[0] == '\0';
    return !(nameless && all->shared > 0);
}

enum belongs { BELONGS_HERE, BELONGS_TO_NEXT, BELONGS_NOWHERE };

static enum belongs place(
    const struct rf_engine *engine, const struct rf_session *session, const struct rf_frame *frame)
{
    struct comparison all = compare(engine, session, frame);
    if (session == NULL || engine->now_ms - session->last_frame_ms > engine->options.gap_ms)
        return all.runs > 0 ? BELONGS_TO_NEXT : BELONGS_NOWHERE;
    if (session->full || is_other_event(session, frame, &all))
        return all.runs > 0 ? BELONGS_TO_NEXT : BELONGS_NOWHERE;
    /* With nobody but whom nobody removed it was just begun, before a crash. */
    if (session->run_count == all.left || !is_restart(&all))
        return BELONGS_HERE;
    /* After the flag the counters of the race just run may be cleared: that is not the next race. */
    return session->ended && frame->status == RF_STATUS_FINISHED ? BELONGS_NOWHERE : BELONGS_TO_NEXT;
}

/* ---- what a frame changes */

static void pass_on(void *ctx, const struct rf_event *event)
{
    rf_engine_tell(ctx, event);
}

static void apply_row(const struct rf_row_context *in, struct rf_engine *engine, const struct rf_frame *frame,
    const struct rf_row *row)
{
    struct rf_competitor *competitor = rf_competitor_get(in->session, row, 1);
    if (competitor == NULL)
        return;
    competitor->seen_frame = in->session->frame_count;
    struct rf_run *run = rf_competitor_run(competitor);
    if (row->has_kart_id && !run->has_kart_id) { /* told late; before the row's laps, whose events name it */
        run->has_kart_id = true;
        run->kart_id = row->kart_id;
    }
    rf_competitor_follow(competitor, row, in);

    run = rf_competitor_run(competitor);
    run->in_frame = true;
    if (row->has_kart_id && row->kart_id != run->kart_id)
        return; /* an old row, from before a change of karts */
    rf_strset(&run->kart, row->kart);
    rf_strset(&run->kart_number, row->kart_number[0] != '\0' ? row->kart_number : row->kart);
    rf_strset(&run->driver, row->driver);
    run->text_bytes = strlen(run->kart) + strlen(run->kart_number) + strlen(run->driver);
    run->stale = is_stale(engine, frame, row);
    run->updated_ms = in->now_ms;
    rf_buf_clear(&run->row);
    rf_buf_append(&run->row, row->raw.data, row->raw.len);
    if (run->position != row->position) {
        struct rf_event event = {
            .type = RF_EVENT_POSITION, .session = in->session, .run = run, .old_position = run->position};
        run->position = row->position;
        rf_engine_tell(engine, &event);
    }
}

static bool same_bytes(const struct rf_buf *buf, struct rf_slice slice)
{
    return buf->len == slice.len && (slice.len == 0 || memcmp(buf->data, slice.data, slice.len) == 0);
}

static void apply_to(struct rf_engine *engine, struct rf_session *session, const struct rf_frame *frame)
{
    uint64_t laps_before = session->laps_version;
    bool same = same_bytes(&session->data, frame->raw);
    struct rf_row_context in = {session, engine->now_ms, pass_on, engine};
    session->ghosts = 0;
    session->last_frame_ms = engine->now_ms;
    for (size_t i = 0; i < session->run_count; i++)
        session->runs[i]->in_frame = false;
    for (size_t i = 0; i < frame->row_count; i++) {
        if (is_ghost(&frame->rows[i]))
            session->ghosts++;
        else
            apply_row(&in, engine, frame, &frame->rows[i]);
    }
    if (frame->event_name[0] != '\0')
        rf_strset(&session->event_name, frame->event_name);
    if (frame->track_name[0] != '\0')
        rf_strset(&session->track_name, frame->track_name);
    session->current_lap = frame->current_lap;
    session->total_laps = frame->total_laps;
    if (same && session->laps_version == laps_before)
        return; /* a repeated frame changes nothing */
    rf_buf_clear(&session->data);
    rf_buf_append(&session->data, frame->raw.data, frame->raw.len);
    session->changed_ms = engine->now_ms;
    session->version++;
    engine->version++;
}

/* Time passes: sessions that fall silent cease to be live, which is served. */
static void move_clock(struct rf_engine *engine, int64_t now_ms)
{
    size_t before = rf_engine_count_live(engine);
    engine->now_ms = now_ms;
    if (rf_engine_count_live(engine) != before)
        engine->version++;
}

enum rf_applied rf_engine_apply(struct rf_engine *engine, const struct rf_frame *frame, int64_t now_ms)
{
    move_clock(engine, now_ms);
    struct rf_track *track = rf_engine_track(engine, frame->has_track, frame->track);
    int64_t reset_ms;
    enum rf_applied judged =
        rf_track_clock_check(&track->clock, frame, now_ms, engine->options.stale_ms, &reset_ms);
    if (judged != RF_APPLIED)
        return judged;
    if (track->session != NULL)
        track->session->frame_count++;
    switch (place(engine, track->session, frame)) {
    case BELONGS_NOWHERE: return track->session == NULL ? RF_APPLIED_NO_RUNS : RF_APPLIED;
    case BELONGS_TO_NEXT:
        if (!rf_engine_may_begin(engine))
            return RF_APPLIED_TOO_MANY_SESSIONS;
        engine->given_up[RF_BOUND_SESSIONS] += track->session != NULL && track->session->full;
        rf_engine_begin_session(engine, track, frame);
        track->session->frame_count = 1;
        break;
    case BELONGS_HERE: break;
    }
    if (reset_ms != 0) {
        struct rf_event event = {
            .type = RF_EVENT_CLOCK_RESET, .session = track->session, .offset_ms = reset_ms};
        rf_engine_tell(engine, &event);
    }
    track->session->made_s = track->clock.newest_s;
    apply_to(engine, track->session, frame);
    if (frame->status == RF_STATUS_FINISHED)
        rf_engine_end_session(engine, track);
    rf_engine_count_refused(engine, track->session);
    rf_engine_keep_within(engine);
    rf_engine_choose(engine);
    return RF_APPLIED;
}

enum rf_applied rf_engine_apply_lap(struct rf_engine *engine, const struct rf_lap_data *lap, int64_t now_ms)
{
    move_clock(engine, now_ms);
    struct rf_session *session = engine->chosen;
    struct rf_run *run = NULL;
    size_t matches = 0;
    for (size_t i = 0; session != NULL && i < session->run_count; i++) {
        if (strcmp(session->runs[i]->kart_number, lap->kart_number) == 0) {
            run = session->runs[i];
            matches++;
        }
    }
    if (matches != 1)
        return RF_APPLIED_NO_KART;

    uint64_t laps_before = session->laps_version;
    struct rf_row_context in = {session, now_ms, pass_on, engine};
    struct rf_lap taken = {.num = lap->lap_num,
        .time_ms = lap->time_ms,
        .position = lap->position,
        .at_ms = lap->timestamp_ms > 0 ? lap->timestamp_ms : now_ms};
    if (taken.num > run->competitor->total_laps)
        run->last_lap_ms = taken.at_ms;
    rf_competitor_follow_lap(run->competitor, &taken, &in);
    rf_competitor_count_missed(run->competitor);
    session->last_frame_ms = now_ms;
    if (session->laps_version != laps_before) {
        session->changed_ms = now_ms;
        session->version++;
        engine->version++;
        rf_engine_keep_within(engine);
        rf_engine_choose(engine);
    }
    return RF_APPLIED;
}

void rf_engine_clock_was_set(struct rf_engine *engine, int64_t by_ms)
{
    engine->now_ms += by_ms;
    engine->sessions_at_ms += by_ms;
    engine->version++;
    for (size_t i = 0; i < engine->track_count; i++) {
        rf_track_clock_was_set(&engine->tracks[i].clock, by_ms);
        if (engine->tracks[i].session != NULL)
            rf_session_move(engine->tracks[i].session, by_ms);
    }
}

void rf_engine_tick(struct rf_engine *engine, int64_t now_ms)
{
    move_clock(engine, now_ms);
    for (size_t i = 0; i < engine->track_count; i++) {
        const struct rf_session *session = engine->tracks[i].session;
        if (session != NULL && now_ms - session->last_frame_ms > engine->options.gap_ms)
            rf_engine_end_session(engine, &engine->tracks[i]);
    }
    rf_engine_choose(engine);
}
