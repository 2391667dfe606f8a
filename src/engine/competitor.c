/* competitor.c - follows one lap counter: which laps a row tells, and which run they belong to. */
#include "engine/competitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"

/* ---- who a row is about */

static bool same_driver(const struct rf_competitor *competitor, const struct rf_row *row)
{
    return strcmp(rf_competitor_run(competitor)->driver, row->driver) == 0;
}

static struct rf_competitor *look_up(const struct rf_session *session, const char *key)
{
    struct rf_competitor *found;
    HASH_FIND_STR(session->competitors, key, found);
    return found;
}

/* The competitor of a row, or NULL; `key` gets the key to make it under.
 * Keys are unique in a sane frame. Where two rows of a frame share one all the same, the first keeps it and
 * the others are told apart by kart and driver too, so that each keeps its identity whatever order the rows
 * come in. */
static struct rf_competitor *resolve(
    const struct rf_session *session, const struct rf_row *row, struct rf_buf *key)
{
    if (row->has_id)
        rf_buf_printf(key, "id %lld", (long long)row->id);
    else if (row->has_kart_id)
        rf_buf_printf(key, "kart id %lld", (long long)row->kart_id);
    else if (row->kart[0] != '\0')
        rf_buf_printf(key, "kart %s", row->kart);
    else
        rf_buf_printf(key, "number %s", row->kart_number);
    struct rf_competitor *plain = look_up(session, key->data);
    if (plain == NULL)
        return NULL;
    bool shared = plain->seen_frame == session->frame_count && session->frame_count > 0;
    if (!shared && same_driver(plain, row))
        return plain;

    size_t plain_len = key->len;
    rf_buf_printf(key, "\n%lld\n%s", row->has_kart_id ? (long long)row->kart_id : 0, row->driver);
    struct rf_competitor *apart = look_up(session, key->data);
    if (apart != NULL || shared)
        return apart;
    key->len = plain_len;
    return plain;
}

struct rf_competitor *rf_competitor_find(const struct rf_session *session, const struct rf_row *row)
{
    struct rf_buf key = RF_BUF_INIT;
    struct rf_competitor *found = resolve(session, row, &key);
    rf_buf_finish(&key);
    return found;
}

static void add_kart(struct rf_competitor *competitor, struct rf_run *run)
{
    run->competitor = competitor;
    run->next_kart = competitor->karts;
    competitor->karts = run;
    competitor->kart_count++;
}

/* Makes the competitor with its first run; NULL where the session is full. */
static struct rf_competitor *add(
    struct rf_session *session, const char *key, const struct rf_row *row, int first_lap)
{
    struct rf_run *run = rf_session_add_run(session, row);
    if (run == NULL)
        return NULL;
    struct rf_competitor *competitor = rf_new(sizeof *competitor);
    competitor->key = rf_strdup(key);
    competitor->total_laps = competitor->fall_to = RF_NO_COUNT;
    competitor->stints = rf_new(sizeof *competitor->stints);
    competitor->stints[0] = (struct rf_stint){first_lap, run};
    competitor->stint_count = 1;
    add_kart(competitor, run);
    HASH_ADD_KEYPTR(hh, session->competitors, competitor->key, strlen(key), competitor);
    return competitor;
}

struct rf_competitor *rf_competitor_restore(
    struct rf_session *session, const char *key, const struct rf_row *row, int first_lap)
{
    struct rf_competitor *competitor = look_up(session, key);
    return competitor != NULL ? competitor : add(session, key, row, first_lap);
}

struct rf_competitor *rf_competitor_get(struct rf_session *session, const struct rf_row *row, int first_lap)
{
    struct rf_buf key = RF_BUF_INIT;
    struct rf_competitor *competitor = resolve(session, row, &key);
    if (competitor == NULL)
        competitor = add(session, key.data, row, first_lap);
    rf_buf_finish(&key);
    if (competitor != NULL && session->frame_count > 0 && competitor->seen_frame == session->frame_count)
        return NULL;
    return competitor;
}

void rf_competitor_destroy(struct rf_competitor *competitor)
{
    free(competitor->key);
    free(competitor->stints);
    free(competitor);
}

/* ---- runs and stints */

struct rf_run *rf_competitor_run(const struct rf_competitor *competitor)
{
    return competitor->stints[competitor->stint_count - 1].run;
}

/* The run that a lap number belongs to. */
static struct rf_run *owner_of(const struct rf_competitor *competitor, int num)
{
    size_t i = competitor->stint_count - 1;
    while (i > 0 && competitor->stints[i].first_lap > num)
        i--;
    return competitor->stints[i].run;
}

static bool begins_at(const struct rf_competitor *competitor, const struct rf_run *run, int first_lap)
{
    for (size_t i = 0; i < competitor->stint_count; i++)
        if (competitor->stints[i].run == run && competitor->stints[i].first_lap == first_lap)
            return true;
    return false;
}

/* The competitor's run on the row's kart, or NULL. Also one without a stint: a kart that was left before it
 * had a lap. A run whose kart was not known yet is meant where the stint is its own. */
static struct rf_run *run_on_kart(
    const struct rf_competitor *competitor, const struct rf_row *row, int first_lap)
{
    struct rf_run *found = NULL; /* the first of several: the list has the newest in front */
    for (struct rf_run *run = competitor->karts; run != NULL; run = run->next_kart)
        if (!row->has_kart_id ||
            (run->has_kart_id ? run->kart_id == row->kart_id : begins_at(competitor, run, first_lap)))
            found = run;
    return found;
}

/* Neither a stint nor a run more than one competitor may have. */
static bool may_change_karts(
    struct rf_session *session, const struct rf_competitor *competitor, bool new_stint, bool new_run)
{
    bool may = (!new_stint || competitor->stint_count < RF_MAX_STINTS) &&
               (!new_run || competitor->kart_count < RF_MAX_STINTS);
    session->changes_refused += !may;
    return may;
}

struct rf_run *rf_competitor_add_stint(
    struct rf_session *session, struct rf_competitor *competitor, const struct rf_row *row, int first_lap)
{
    struct rf_run *run = run_on_kart(competitor, row, first_lap);
    size_t at = competitor->stint_count;
    while (at > 0 && competitor->stints[at - 1].first_lap > first_lap)
        at--;
    bool begun = at > 0 && competitor->stints[at - 1].first_lap == first_lap;
    if (!may_change_karts(session, competitor, !begun, run == NULL))
        return NULL;
    if (run == NULL) {
        if ((run = rf_session_add_run(session, row)) == NULL)
            return NULL;
        add_kart(competitor, run);
    }
    if (begun) { /* it is known, or the one before it never had a lap */
        competitor->stints[at - 1].run = run;
        return run;
    }
    competitor->stints =
        rf_resize_array(competitor->stints, competitor->stint_count + 1, sizeof *competitor->stints);
    memmove(competitor->stints + at + 1, competitor->stints + at,
        (competitor->stint_count - at) * sizeof *competitor->stints);
    competitor->stints[at] = (struct rf_stint){first_lap, run};
    competitor->stint_count++;
    return run;
}

/* After the counter fell to `total`: the newest stint goes on, those that began above are gone. */
static void cut_stints(struct rf_competitor *competitor, int total)
{
    struct rf_stint last = competitor->stints[competitor->stint_count - 1];
    if (last.first_lap > total + 1)
        last.first_lap = total + 1;
    size_t kept = competitor->stint_count - 1;
    while (kept > 0 && competitor->stints[kept - 1].first_lap >= last.first_lap)
        kept--;
    competitor->stints[kept] = last;
    competitor->stint_count = kept + 1;
}

size_t rf_competitor_cut(struct rf_competitor *competitor, int total)
{
    size_t removed = 0;
    /* Not by stints: in a journal, the stint that goes on may have taken the place of one that had laps. */
    for (struct rf_run *run = competitor->karts; run != NULL; run = run->next_kart) {
        removed += rf_lap_history_remove_above(&run->history, total);
        if (run->total_laps > total)
            run->total_laps = total;
    }
    cut_stints(competitor, total);
    competitor->total_laps = total;
    return removed;
}

void rf_competitor_count_missed(struct rf_competitor *competitor)
{
    for (size_t i = 0; i < competitor->stint_count; i++)
        competitor->stints[i].run->missed_laps = -competitor->stints[i].run->history.timed_from_2;
    for (size_t i = 0; i < competitor->stint_count; i++) {
        int first = competitor->stints[i].first_lap;
        int end = i + 1 < competitor->stint_count ? competitor->stints[i + 1].first_lap
                                                  : competitor->total_laps + 1;
        first = first < 2 ? 2 : first;
        competitor->stints[i].run->missed_laps += end > first ? end - first : 0;
    }
    /* Laps dropped by MAX_LAPS_PER_SESSION cannot be taken back one by one. */
    for (size_t i = 0; i < competitor->stint_count; i++)
        if (competitor->stints[i].run->missed_laps < 0)
            competitor->stints[i].run->missed_laps = 0;
}

/* ---- laps */

static void tell(
    const struct rf_row_context *in, enum rf_event_type type, const struct rf_run *run, struct rf_lap lap)
{
    in->session->laps_version++;
    struct rf_event event = {.type = type, .session = in->session, .run = run, .lap = lap};
    in->on_event(in->ctx, &event);
}

void rf_competitor_follow_lap(
    struct rf_competitor *competitor, const struct rf_lap *lap, const struct rf_row_context *in)
{
    if (lap->time_ms == RF_NO_TIME || lap->num < 1)
        return;
    struct rf_run *run = owner_of(competitor, lap->num);
    if (competitor->total_laps < lap->num)
        run->total_laps = competitor->total_laps = lap->num;
    const struct rf_lap *stored = rf_lap_history_find(&run->history, lap->num);
    if (stored == NULL && rf_lap_history_add(&run->history, lap))
        tell(in, RF_EVENT_LAP, run, *lap);
    else if (rf_lap_history_correct(&run->history, lap->num, lap->time_ms))
        tell(in, RF_EVENT_LAP_CORRECTED, run, *rf_lap_history_find(&run->history, lap->num));
}

/* The counter is below what it was. True where the frame before said the same: then the laps above go. */
static bool fall(struct rf_competitor *competitor, int total, const struct rf_row_context *in)
{
    bool confirmed = competitor->fall_to == total && competitor->fall_frame + 1 == in->session->frame_count;
    competitor->fall_to = total;
    competitor->fall_frame = in->session->frame_count;
    if (!confirmed)
        return false;
    size_t removed = rf_competitor_cut(competitor, total);
    if (removed > 0)
        tell(in, RF_EVENT_LAPS_REMOVED, rf_competitor_run(competitor),
            (struct rf_lap){.num = total, .at_ms = in->now_ms});
    return true;
}

void rf_competitor_follow(
    struct rf_competitor *competitor, const struct rf_row *row, const struct rf_row_context *in)
{
    int total = row->total_laps;
    if (total == RF_NO_COUNT || (total < competitor->total_laps && !fall(competitor, total, in)))
        return;
    competitor->fall_to = RF_NO_COUNT;

    struct rf_run *run = rf_competitor_run(competitor);
    if (row->has_kart_id && run->has_kart_id && row->kart_id != run->kart_id &&
        rf_competitor_add_stint(in->session, competitor, row, competitor->total_laps + 1) != NULL)
        run = rf_competitor_run(
            competitor); /* NULL: the session is full, the laps go on under the kart before */

    /* The feed may tell when the line was crossed; or in units that are no time of day, or of another day. */
    bool plausible = llabs(row->last_passing_ms - in->now_ms) < 24LL * 3600 * 1000;
    int64_t crossed_ms = row->last_passing_ms > 0 && plausible ? row->last_passing_ms : in->now_ms;
    if (total > competitor->total_laps) {
        competitor->total_laps = total;
        run->last_lap_ms = total > 0 ? crossed_ms : 0;
    }
    run->total_laps = total;
    struct rf_lap before = {.num = total - 1,
        .time_ms = row->prev_ms,
        .position = row->position,
        .at_ms = crossed_ms - row->last_ms};
    struct rf_lap last = {
        .num = total, .time_ms = row->last_ms, .position = row->position, .at_ms = crossed_ms};
    rf_competitor_follow_lap(competitor, &before, in);
    rf_competitor_follow_lap(competitor, &last, in);
    rf_competitor_count_missed(competitor);
}
