/* competitor.h - whoever the feed counts laps for: one counter, and the runs its laps belong to.
 * A competitor has one run, or one for each kart where the driver changed karts. */
#ifndef RACEFACER_ENGINE_COMPETITOR_H
#define RACEFACER_ENGINE_COMPETITOR_H

#include <uthash.h>

#include "racefacer/engine/engine.h"

/* From lap `first_lap` on, up to the next stint, laps belong to `run`. */
struct rf_stint {
    int first_lap;
    struct rf_run *run; /* owned by the session */
};

struct rf_competitor {
    char *key;
    struct rf_stint *stints; /* by first_lap; one at least */
    size_t stint_count;
    struct rf_run *karts; /* its runs, a list; one at least */
    size_t kart_count;
    int total_laps;      /* the counter as believed; RF_NO_COUNT before it was ever told */
    int fall_to;         /* what a frame said below the counter, not yet confirmed; RF_NO_COUNT: none */
    uint64_t fall_frame; /* that frame */
    uint64_t seen_frame; /* the newest frame that had it */
    UT_hash_handle hh;
};

/* What applying a row needs to know. */
struct rf_row_context {
    struct rf_session *session;
    int64_t now_ms;
    rf_event_fn on_event; /* never NULL */
    void *ctx;
};

/* The competitor a row is about, or NULL. Never makes one. */
struct rf_competitor *rf_competitor_find(const struct rf_session *session, const struct rf_row *row);

/* As above, but makes the competitor with its first run from `first_lap` on. NULL where the session is full,
 * or where the newest frame has had a row for it already. */
struct rf_competitor *rf_competitor_get(struct rf_session *session, const struct rf_row *row, int first_lap);

/* The competitor that was stored under the key; made as above where there is none. */
struct rf_competitor *rf_competitor_restore(
    struct rf_session *session, const char *key, const struct rf_row *row, int first_lap);

void rf_competitor_destroy(struct rf_competitor *competitor);

/* The run that laps belong to now. */
struct rf_run *rf_competitor_run(const struct rf_competitor *competitor);

/* From lap `first_lap` on, up to where the next stint begins, laps belong to the run on the kart the row
 * names: one the competitor has, or a new one. Returns it; NULL where the session is full. */
struct rf_run *rf_competitor_add_stint(
    struct rf_session *session, struct rf_competitor *competitor, const struct rf_row *row, int first_lap);

/* Follows a row: the counter, the kart, the laps it tells. */
void rf_competitor_follow(
    struct rf_competitor *competitor, const struct rf_row *row, const struct rf_row_context *in);

/* Takes one lap by number and time. */
void rf_competitor_follow_lap(
    struct rf_competitor *competitor, const struct rf_lap *lap, const struct rf_row_context *in);

/* Takes back every lap above `total`, and the stints that began above it; returns how many laps. */
size_t rf_competitor_cut(struct rf_competitor *competitor, int total);

/* Counts missed laps of each run again. */
void rf_competitor_count_missed(struct rf_competitor *competitor);

/* Adds an empty run to the session, named by the row. Where the session is full, competitors without a lap
 * that the newest frame has not told of (yet) make room; NULL where there are none. */
struct rf_run *rf_session_add_run(struct rf_session *session, const struct rf_row *row);

#endif
