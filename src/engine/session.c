/* session.c - a session's memory: its texts, runs and competitors. */
#include "racefacer/engine/session.h"

#include <stdlib.h>
#include <string.h>

#include "engine/competitor.h"
#include "racefacer/base/memory.h"

struct rf_session *rf_session_create(const char *id, const char *event_name, size_t max_laps)
{
    struct rf_session *session = rf_new(sizeof *session);
    session->id = rf_strdup(id);
    session->event_name = rf_strdup(event_name);
    session->track_name = rf_strdup("");
    session->current_lap = session->total_laps = RF_NO_COUNT;
    session->max_laps = max_laps;
    return session;
}

static void run_destroy(struct rf_run *run)
{
    free(run->kart);
    free(run->kart_number);
    free(run->driver);
    rf_buf_finish(&run->row);
    rf_lap_history_finish(&run->history);
    free(run);
}

void rf_session_destroy(struct rf_session *session)
{
    if (session == NULL)
        return;
    struct rf_competitor *competitor, *next;
    HASH_ITER(hh, session->competitors, competitor, next)
    {
        HASH_DEL(session->competitors, competitor);
        rf_competitor_destroy(competitor);
    }
    for (size_t i = 0; i < session->run_count; i++)
        run_destroy(session->runs[i]);
    free(session->runs);
    free(session->id);
    free(session->event_name);
    free(session->track_name);
    rf_buf_finish(&session->data);
    free(session);
}

/* ---- room for one more */

static bool is_stranger(const struct rf_session *session, const struct rf_competitor *competitor)
{
    if (competitor->seen_frame == session->frame_count)
        return false;
    for (const struct rf_run *run = competitor->karts; run != NULL; run = run->next_kart)
        if (rf_lap_history_timed(&run->history) > 0)
            return false;
    return true;
}

/* Lets go of competitors that never had a lap and that the newest frame has not told of: nothing of them was
 * ever kept. Once a frame, however many rows of it would need room. */
static void sweep(struct rf_session *session)
{
    struct rf_competitor *competitor, *next;
    size_t kept = 0;
    if (session->swept_frame == session->frame_count)
        return;
    session->swept_frame = session->frame_count;
    for (size_t i = 0; i < session->run_count; i++) {
        struct rf_run *run = session->runs[i];
        if (is_stranger(session, run->competitor))
            continue; /* it goes below, with its competitor */
        session->runs[kept++] = run;
    }
    session->run_count = kept;
    HASH_ITER(hh, session->competitors, competitor, next)
    {
        if (!is_stranger(session, competitor))
            continue;
        for (struct rf_run *run = competitor->karts, *other; run != NULL; run = other) {
            other = run->next_kart;
            run_destroy(run);
        }
        HASH_DEL(session->competitors, competitor);
        rf_competitor_destroy(competitor);
        session->strangers_gone++;
    }
}

static bool has_room(struct rf_session *session)
{
    if (session->run_count == RF_MAX_RUNS)
        sweep(session);
    if (session->run_count < RF_MAX_RUNS)
        return true;
    session->rows_refused++;
    return false;
}

struct rf_run *rf_session_add_run(struct rf_session *session, const struct rf_row *row)
{
    if (!has_room(session))
        return NULL;
    if (session->run_count == session->run_cap) {
        session->run_cap = session->run_cap == 0 ? 16 : session->run_cap * 2;
        session->runs = rf_resize_array(session->runs, session->run_cap, sizeof(struct rf_run *));
    }
    struct rf_run *run = rf_new(sizeof *run);
    run->has_id = row->has_id;
    run->id = row->id;
    run->has_kart_id = row->has_kart_id;
    run->kart_id = row->kart_id;
    run->kart = rf_strdup(row->kart);
    run->kart_number = rf_strdup(row->kart_number[0] != '\0' ? row->kart_number : row->kart);
    run->driver = rf_strdup(row->driver);
    run->text_bytes = strlen(run->kart) + strlen(run->kart_number) + strlen(run->driver);
    rf_lap_history_init(&run->history, session->max_laps);
    session->runs[session->run_count++] = run;
    return run;
}

const char *rf_session_run_key(const struct rf_run *run)
{
    return run->competitor->key;
}

struct rf_run *rf_session_restore_run(
    struct rf_session *session, const char *key, const struct rf_row *row, int first_lap)
{
    struct rf_competitor *competitor = key[0] == '\0' ? rf_competitor_get(session, row, first_lap)
                                                      : rf_competitor_restore(session, key, row, first_lap);
    return competitor == NULL ? NULL : rf_competitor_add_stint(session, competitor, row, first_lap);
}

void rf_session_restore_fall(struct rf_session *session, struct rf_run *run, int total)
{
    (void)session;                                   /* the competitor has all it takes */
    (void)rf_competitor_cut(run->competitor, total); /* how many laps it were is known */
}

void rf_session_restored(struct rf_session *session)
{
    struct rf_competitor *competitor, *next;
    for (size_t i = 0; i < session->run_count; i++) {
        const struct rf_run *run = session->runs[i];
        if (run->total_laps > run->competitor->total_laps)
            run->competitor->total_laps = run->total_laps;
    }
    HASH_ITER(hh, session->competitors, competitor, next)
    {
        rf_competitor_count_missed(competitor);
    }
}

void rf_session_each_stint(const struct rf_session *session, const struct rf_run *run,
    void (*each)(void *ctx, int first_lap), void *ctx)
{
    (void)session;
    const struct rf_competitor *competitor = run->competitor;
    for (size_t i = 0; i < competitor->stint_count; i++)
        if (competitor->stints[i].run == run)
            each(ctx, competitor->stints[i].first_lap);
}

size_t rf_session_timed_laps(const struct rf_session *session)
{
    size_t laps = 0;
    for (size_t i = 0; i < session->run_count; i++)
        laps += rf_lap_history_timed(&session->runs[i]->history);
    return laps;
}

size_t rf_session_runs_with_laps(const struct rf_session *session)
{
    size_t runs = 0;
    for (size_t i = 0; i < session->run_count; i++)
        runs += rf_lap_history_timed(&session->runs[i]->history) > 0;
    return runs;
}

size_t rf_session_active_runs(const struct rf_session *session)
{
    size_t runs = 0;
    for (size_t i = 0; i < session->run_count; i++)
        runs += session->runs[i]->in_frame && !session->runs[i]->stale;
    return runs;
}
