/* bounds.c - what all sessions together may take: laps stay, so sessions are ended; what is only passed on
 * goes. */
#include <stdlib.h>

#include "engine/competitor.h"
#include "engine/engine_impl.h"

/* What a session weighs is what its file takes, which is more than it takes here. */
#define RUN_BYTES 2048   /* without its names */
#define TEXT_FACTOR 30   /* names stand in five places, and an escaped byte takes six */
#define LAP_BYTES 176    /* a lap that is kept stands in three */
#define DROPPED_BYTES 16 /* one that MAX_LAPS_PER_SESSION has dropped: its time */

#define MS_FOR_A_SESSION 1000
#define CROWDED_MS 20000 /* a session that is full for so long is followed by another */

/* ---- how many sessions begin */

void rf_engine_set_may_begin(struct rf_engine *engine, bool may_begin)
{
    engine->may_not_begin = !may_begin;
}

bool rf_engine_may_begin(struct rf_engine *engine)
{
    int64_t passed = (engine->now_ms - engine->sessions_at_ms) / MS_FOR_A_SESSION;
    if (passed < 0 ||
        passed >= RF_SESSIONS_AT_ONCE - engine->sessions_left) { /* below: the clock was set back */
        engine->sessions_left = RF_SESSIONS_AT_ONCE;
        engine->sessions_at_ms = engine->now_ms;
    } else {
        engine->sessions_left += (int)passed;
        engine->sessions_at_ms += passed * MS_FOR_A_SESSION;
    }
    if (engine->may_not_begin || engine->sessions_left == 0)
        return false;
    engine->sessions_left--;
    return true;
}

/* ---- what they weigh */

static size_t weight_of(struct rf_session *session)
{
    size_t weight = 0;
    for (size_t i = 0; session != NULL && i < session->run_count; i++) {
        const struct rf_run *run = session->runs[i];
        size_t timed = rf_lap_history_timed(&run->history), kept = run->history.count;
        weight +=
            RUN_BYTES + run->text_bytes * TEXT_FACTOR + kept * LAP_BYTES + (timed - kept) * DROPPED_BYTES;
        session->full = session->full || timed >= RF_MAX_RUN_LAPS;
    }
    return weight;
}

/* The heaviest is none of a sane race's. The newest one's next frame begins another; of any other track none
 * may come. */
static void keep_weight(struct rf_engine *engine)
{
    for (;;) {
        size_t sum = 0, heaviest = 0, most = 0;
        for (size_t i = 0; i < engine->track_count; i++) {
            size_t weight = weight_of(engine->tracks[i].session);
            sum += weight;
            if (weight > most) {
                most = weight;
                heaviest = i;
            }
        }
        if (sum <= RF_SESSIONS_BYTES)
            return;
        if (heaviest == 0) {
            engine->tracks[0].session->full = true;
            return;
        }
        engine->given_up[RF_BOUND_SESSIONS]++;
        rf_engine_remove_track(engine, heaviest);
    }
}

/* ---- what the feed sent */

static size_t raw_of(const struct rf_session *session)
{
    size_t bytes = session == NULL ? 0 : session->data.cap;
    for (size_t i = 0; session != NULL && i < session->run_count; i++)
        bytes += session->runs[i]->row.cap;
    return bytes;
}

/* Of the session with the newest frame only the rows go that are not in that frame. */
static void let_raw_go(struct rf_session *session, bool newest)
{
    if (!newest)
        rf_buf_finish(&session->data);
    for (size_t i = 0; i < session->run_count; i++)
        if (!newest || !session->runs[i]->in_frame)
            rf_buf_finish(&session->runs[i]->row);
    session->version++;
}

static void keep_raw(struct rf_engine *engine)
{
    size_t sum = 0;
    for (size_t i = 0; i < engine->track_count; i++)
        sum += raw_of(engine->tracks[i].session);
    for (size_t i = engine->track_count; sum > RF_RAW_BYTES && i-- > 0;) {
        struct rf_session *session = engine->tracks[i].session;
        size_t before = raw_of(session);
        if (before == 0)
            continue;
        let_raw_go(session, i == 0);
        sum -= before - raw_of(session);
        engine->given_up[RF_BOUND_RAW]++;
        engine->version++;
    }
}

/* ---- both, and what a session refuses by itself */

/* A crowd that passes through must not end the session of those who race. Whoever stays has lost no lap by
 * then: the frame that he is first followed with tells his last two. */
void rf_engine_count_refused(struct rf_engine *engine, struct rf_session *session)
{
    if (session->rows_refused == 0)
        session->refuses_since_ms = 0;
    else if (session->refuses_since_ms == 0)
        session->refuses_since_ms = engine->now_ms;
    else if (engine->now_ms - session->refuses_since_ms >= CROWDED_MS)
        session->full = true;
    engine->given_up[RF_BOUND_RUNS] += session->rows_refused;
    engine->given_up[RF_BOUND_STRANGERS] += session->strangers_gone;
    engine->given_up[RF_BOUND_KART_CHANGES] += session->changes_refused;
    session->rows_refused = session->strangers_gone = session->changes_refused = 0;
}

void rf_engine_keep_within(struct rf_engine *engine)
{
    keep_raw(engine);
    keep_weight(engine);
}

uint64_t rf_engine_given_up(const struct rf_engine *engine, enum rf_bound bound)
{
    return engine->given_up[bound];
}
