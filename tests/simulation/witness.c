/* witness.c - what was served once, and what has to be true of all that is served later. */
#include "witness.h"

#include <stdlib.h>
#include <string.h>

#include "simulation.h"
#include "venue.h"

#define WAIVED_MAX 1024

struct known {
    struct known *next;
    char *id, *event;
    bool asked, deleted, cleaned, complete, listed; /* listed: some listing had it, or it has a lap */
    struct served_run *runs;
    size_t run_count;
};

static struct known *all; /* newest first */
static int max_laps;
static bool tainted;
static int waived[WAIVED_MAX];
static size_t waived_count;

void witness_begin(int laps)
{
    max_laps = laps;
}

void witness_end(void)
{
    while (all != NULL) {
        struct known *known = all;
        all = known->next;
        for (size_t i = 0; i < known->run_count; i++)
            sim_free(known->runs[i].laps);
        sim_free(known->runs);
        sim_free(known->id);
        sim_free(known->event);
        sim_free(known);
    }
    tainted = false;
    waived_count = 0;
}

void witness_taint(bool is)
{
    tainted = is;
}

static struct known *find(const char *id)
{
    struct known *known = all;
    while (known != NULL && strcmp(known->id, id) != 0)
        known = known->next;
    return known;
}

static struct known *get(const char *id)
{
    struct known *known = find(id);
    if (known != NULL)
        return known;
    known = sim_alloc(sizeof *known);
    known->id = sim_copy(id);
    known->next = all;
    all = known;
    return known;
}

/* ---- laps */

static const struct truth_run *truth_of(const struct truth_session *truth, const struct served_run *run)
{
    const struct truth_run *found = truth == NULL ? NULL : truth->runs;
    /* Who missed frames, or forgot the session, cannot know on which kart a lap was driven. */
    bool any_kart = !venue_options()->patient || (truth != NULL && witness_is_waived(truth->event));
    while (found != NULL && (found->id != run->id || (!any_kart && found->kart_id != run->kart_id)))
        found = found->next;
    return found;
}

static const struct truth_lap *truth_lap(
    const struct truth_session *truth, const struct served_run *run, const struct served_lap *lap)
{
    const struct truth_run *from = truth_of(truth, run);
    for (; from != NULL; from = from->next) {
        const struct truth_lap *at = NULL;
        if (from->id != run->id)
            continue;
        while ((at = utarray_next(from->laps, at)) != NULL)
            if (at->num == lap->num)
                return at;
    }
    return NULL;
}

static struct served_run *known_run(struct known *known, const struct served_run *run, bool make)
{
    for (size_t i = 0; i < known->run_count; i++)
        if (known->runs[i].id == run->id && known->runs[i].kart_id == run->kart_id)
            return &known->runs[i];
    if (!make)
        return NULL;
    known->runs = sim_resize(known->runs, (known->run_count + 1) * sizeof *known->runs);
    known->runs[known->run_count] = (struct served_run){.id = run->id, .kart_id = run->kart_id};
    return &known->runs[known->run_count++];
}

static void remember_lap(struct served_run *run, size_t at, const struct served_lap *lap)
{
    if (run->count == run->cap) {
        run->cap = run->cap == 0 ? 16 : 2 * run->cap;
        run->laps = sim_resize(run->laps, run->cap * sizeof *run->laps);
    }
    memmove(run->laps + at + 1, run->laps + at, (run->count - at) * sizeof *run->laps);
    run->laps[at] = *lap;
    run->count++;
    sim_totals.served++;
}

/* It is to go: until it has, there may be less of it. */
static bool is_cleaned(const char *id)
{
    const struct known *known = find(id);
    return known != NULL && known->cleaned;
}

static void see_lost(const struct served *served, const struct served_run *run, const struct served_lap *lap)
{
    bool dropped = run->count >= (size_t)max_laps && lap->num < run->laps[0].num;
    if (!dropped && !tainted && !is_cleaned(served->id))
        sim_fail("%s: lap %d of run %lld on kart %lld (%d ms) was served, and is lost", served->id, lap->num,
            (long long)run->id, (long long)run->kart_id, (int)lap->time_ms);
}

static void see_run(const struct served *served, const struct truth_session *truth,
    const struct served_run *run, struct known *known, bool durable)
{
    struct served_run *before = known == NULL ? NULL : known_run(known, run, durable && run->count > 0);
    size_t at = 0;
    for (size_t i = 0; i < run->count; i++) {
        const struct served_lap *lap = &run->laps[i];
        if (i > 0 && lap->num <= run->laps[i - 1].num)
            sim_fail("%s: laps %d and %d of run %lld are out of order", served->id, run->laps[i - 1].num,
                lap->num, (long long)run->id);
        while (before != NULL && at < before->count && before->laps[at].num < lap->num)
            see_lost(served, run, &before->laps[at++]);
        if (before != NULL && at < before->count && before->laps[at].num == lap->num) {
            if (before->laps[at++].time_ms != lap->time_ms)
                sim_fail("%s: lap %d of run %lld was served as %d ms, and now is %d ms", served->id, lap->num,
                    (long long)run->id, (int)before->laps[at - 1].time_ms, (int)lap->time_ms);
            continue;
        }
        const struct truth_lap *told = truth_lap(truth, run, lap);
        if (told == NULL || told->time_ms != lap->time_ms)
            sim_fail("%s (%s): lap %d of run %lld on kart %lld, %d ms, was never driven", served->id,
                served->event, lap->num, (long long)run->id, (long long)run->kart_id, (int)lap->time_ms);
        if (durable && before != NULL)
            remember_lap(before, at++, lap);
    }
    while (before != NULL && at < before->count)
        see_lost(served, run, &before->laps[at++]);
}

void witness_see(const struct served *served, bool durable)
{
    const struct truth_session *truth = venue_truth(served->event, served->has_track, served->track);
    struct known *known = durable ? get(served->id) : find(served->id);
    sim_totals.checks++;
    if (known != NULL) {
        if (known->deleted)
            sim_fail("%s was deleted, and is there again", served->id);
        if (known->event == NULL)
            known->event = sim_copy(served->event);
        if (known->complete && !served->complete && !tainted && !known->cleaned)
            sim_fail("%s was complete, and is not any more", served->id);
        if (durable)
            known->complete = served->complete && known->run_count > 0; /* without laps it has no file */
    }
    for (size_t i = 0; i < served->run_count; i++) {
        see_run(served, truth, &served->runs[i], known, durable);
        if (known != NULL && durable && served->runs[i].count > 0)
            known->listed = true;
    }
    for (size_t k = 0; known != NULL && !tainted && !known->cleaned && k < known->run_count; k++) {
        bool there = known->runs[k].count == 0;
        for (size_t i = 0; i < served->run_count && !there; i++)
            there =
                served->runs[i].id == known->runs[k].id && served->runs[i].kart_id == known->runs[k].kart_id;
        if (!there)
            sim_fail("%s: run %lld on kart %lld was served, and is lost", served->id,
                (long long)known->runs[k].id, (long long)known->runs[k].kart_id);
    }
}

void witness_see_listed(const char *id, bool durable)
{
    struct known *known = durable ? get(id) : find(id);
    if (known == NULL)
        return;
    if (known->deleted)
        sim_fail("%s was deleted, and is listed again", id);
    if (durable)
        known->listed = true;
}

/* ---- sessions */

void witness_deletion_asked(const char *id)
{
    get(id)->asked = true;
}

void witness_deletion_refused(const char *id)
{
    get(id)->asked = false;
}

void witness_deleted(const char *id)
{
    get(id)->deleted = true;
    sim_totals.deletions++;
}

void witness_cleaned(const char *id, size_t len)
{
    char *copy = sim_alloc(len + 1);
    memcpy(copy, id, len);
    get(copy)->cleaned = true;
    sim_free(copy);
}

bool witness_is_deleted(const char *id)
{
    const struct known *known = find(id);
    return known != NULL && known->deleted;
}

bool witness_is_asked(const char *id)
{
    const struct known *known = find(id);
    return known != NULL && known->asked;
}

static int session_number(const char *event)
{
    return event == NULL ? 0 : atoi(event + strcspn(event, "0123456789"));
}

void witness_waive(int session)
{
    for (size_t i = 0; i < waived_count && i < WAIVED_MAX; i++)
        if (waived[i] == session)
            return;
    waived[waived_count++ % WAIVED_MAX] = session;
}

bool witness_is_waived(const char *event)
{
    for (size_t i = 0; i < waived_count && i < WAIVED_MAX; i++)
        if (session_number(event) == waived[i])
            return true;
    for (const struct known *known = all; known != NULL; known = known->next) {
        /* It may have gone before anybody was shown its name: the id has its number, too. */
        const char *name = strstr(known->id, "session");
        if ((known->asked || known->cleaned || known->deleted) &&
            session_number(name) == session_number(event))
            return true;
    }
    return false;
}

void witness_each_due(void (*each)(const char *id))
{
    for (struct known *known = all; known != NULL; known = known->next)
        if (known->listed && !known->asked && !tainted)
            each(known->id);
}

/* Whether the clean-up was right to take it is for the store's own tests: after a silence, or a journal that
 * could not be read, a session is there several times, and where the clock was set its begin tells nothing.
 */
void witness_missing(const char *id)
{
    if (!find(id)->cleaned)
        sim_fail("%s was served, and is gone", id);
}

size_t witness_count_gone(void)
{
    size_t count = 0;
    for (const struct known *known = all; known != NULL; known = known->next)
        count += known->asked || known->cleaned || known->deleted;
    return count;
}
