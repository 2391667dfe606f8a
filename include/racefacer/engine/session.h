/* session.h - one session on one track, with every run and lap of it.
 * The engine writes sessions; everybody else reads them. Reading codec restores them through the calls below.
 */
#ifndef RACEFACER_ENGINE_SESSION_H
#define RACEFACER_ENGINE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/buf.h"
#include "racefacer/engine/frame.h"
#include "racefacer/engine/lap_history.h"

#define RF_MAX_RUNS 4000  /* runs of one session; see docs/memory.md on what happens then */
#define RF_MAX_STINTS 128 /* of one competitor, and karts; a change of karts beyond is not followed */

/* One driver on one kart. */
struct rf_run {
    bool has_id, has_kart_id;
    int64_t id, kart_id;
    char *kart, *kart_number, *driver; /* owned, never NULL */
    int position;                      /* newest; 0: none */
    int total_laps;                    /* the feed's counter, newest; 0 before any crossing */
    int missed_laps;                   /* numbers 2 … total_laps of this run that have no time */
    bool stale;                        /* its current lap began long before the newest frame */
    bool in_frame;                     /* the newest frame of the session has it */
    int64_t last_lap_ms;               /* wall time of its last crossing seen; 0: none */
    int64_t updated_ms;                /* wall time of the newest frame that had it */
    struct rf_buf row;                 /* its newest row's JSON, as it came */
    struct rf_lap_history history;
    /* private to the engine */
    struct rf_competitor *competitor;
    struct rf_run *next_kart; /* another run of the competitor */
    size_t text_bytes;        /* of its names */
};

struct rf_competitor; /* whoever the feed counts laps for; private to the engine */

struct rf_session {
    char *id; /* "20260101T100000Z-session-12-t3"; a safe file name. Owned, as all texts here; never NULL */
    char *event_name;
    bool has_track;
    int64_t track;
    char *track_name;      /* "" where the feed never told */
    int64_t started_ms;    /* wall time of its first frame */
    int64_t last_frame_ms; /* wall time of the newest applied frame */
    int64_t made_s;        /* when the newest frame was made, by the venue's clock; 0: none told */
    int64_t changed_ms;    /* wall time of the last change of anything in it */
    bool ended;
    int current_lap, total_laps; /* the newest frame's; RF_NO_COUNT: not told */
    uint64_t version;            /* counts changes of anything in it */
    uint64_t laps_version;       /* counts changes of laps and of its end: what has to be saved. It goes on from
                                  * that of the session before: it tells the later one, however the clock was set */
    size_t ghosts;               /* rows without a kart in the newest frame */
    struct rf_buf data;   /* the newest frame's `data` object, as it came; with every run after a restart */
    struct rf_run **runs; /* in the order they were first seen */
    size_t run_count;

    /* private to the engine */
    size_t run_cap, max_laps;
    struct rf_competitor *competitors; /* by key */
    uint64_t frame_count;              /* applied frames, to tell one from the next */
    bool forgotten;                    /* deleted on request: followed, but neither shown nor told of */
    bool full;                         /* its track's next frame begins another */
    uint64_t swept_frame;              /* the one in which strangers were last let go */
    int64_t refuses_since_ms; /* every frame since has had rows it had no room for; 0: the newest had not */
    uint64_t rows_refused, strangers_gone, changes_refused; /* since the engine last looked */
};

/* A session without runs. `max_laps` is how many laps of a run are kept. */
struct rf_session *rf_session_create(const char *id, const char *event_name, size_t max_laps);
void rf_session_destroy(struct rf_session *session);

/* What tells whose run it is from all others of the session, to be stored with it. Names do not: two rows of a frame
 * may share them all. */
const char *rf_session_run_key(const struct rf_run *run);

/* For reading a stored session: adds a run of the competitor with that key (where it is "", of the one the row names),
 * from lap `first_lap` on. The caller then fills in what the row does not tell, and its laps. Call rf_session_restored
 * when all runs are in. NULL where the session is full. */
struct rf_run *rf_session_restore_run(
    struct rf_session *session, const char *key, const struct rf_row *row, int first_lap);
void rf_session_restored(struct rf_session *session);

/* For reading a journal: a marshal took back all laps above `total` of whoever drove the run. */
void rf_session_restore_fall(struct rf_session *session, struct rf_run *run, int total);

/* The stints of the run: the lap number each begins with, for storing. Calls `each` for every one, in order.
 */
void rf_session_each_stint(const struct rf_session *session, const struct rf_run *run,
    void (*each)(void *ctx, int first_lap), void *ctx);

size_t rf_session_timed_laps(const struct rf_session *session); /* all laps with a time, of all runs */
size_t rf_session_runs_with_laps(const struct rf_session *session);
size_t rf_session_active_runs(const struct rf_session *session); /* in the newest frame and not stale */

#endif
