/* race_impl.h - the parts of the race generator: who drives what, and what the frames have told of it so far.
 */
#ifndef RACEFACER_FEED_RACE_IMPL_H
#define RACEFACER_FEED_RACE_IMPL_H

#include <utarray.h>

#include "racefacer/feed/race.h"

#define RACE_TRACKS_MAX 4
#define RACE_SPARE_KARTS 2 /* a track's karts that nobody drives at first */

struct race_kart {
    int64_t id;
    char label[16], number[16];
};

enum race_row { RACE_ROW_DRIVER, RACE_ROW_GHOST, RACE_ROW_LEFT /* by a kart, days ago */ };

/* One driver's run in one session. */
struct race_run {
    enum race_row row;
    int64_t id;
    struct race_kart kart;
    char name[96];
    int pace_ms, spread_ms;
    int64_t lap_start_ms; /* wall time of the last crossing; 0: none yet */
    int64_t cross_ms;     /* wall time of the next one */
    int total_laps, timed_laps;
    int32_t last_ms, prev_ms, best_ms; /* 0: none */
    int64_t sum_ms;
    int position;
    int spin_lap, pit_lap, change_lap; /* the crossing after which it happens; 0: never */
    int64_t pit_from_ms, pit_until_ms;
    int pits;
    bool change_due; /* the driver takes another kart as soon as the frames that arrived have told every lap
                        so far */
    int told_laps;   /* total_laps of the newest frame that arrived; -1: none did */
};

/* What a perfect follower knows: a run on one kart, and the session it belongs to. */
struct truth_lap {
    int num;
    int32_t time_ms;
};

struct truth_run {
    int64_t id, kart_id;
    char driver[96];
    int total_laps;
    UT_array *laps; /* struct truth_lap, owned */
    struct truth_run *next;
};

struct truth_session {
    int track; /* 0: the frames name none */
    char event[32];
    struct truth_run *runs; /* owned */
    struct truth_session *next;
};

struct race_track {
    int number; /* 1 and up */
    int lap_ms;
    struct race_kart *karts; /* owned: the runs' own and the spare ones, in another order each session */
    int kart_count, spare;   /* spare: which of the spare ones is next */
    struct race_run *runs;   /* owned */
    struct race_run **ranking;
    int run_count, drivers;
    char event[32];
    int session;                        /* 0 and up */
    int64_t start_ms, end_ms, clock_ms; /* the session's; when the next clock update is due */

    int64_t outage_from_ms, outage_until_ms;
    int outages;
    unsigned frames;
    struct rf_buf kept; /* an old frame, to come again from a cache */
    int64_t kept_ms;
    struct rf_buf extra; /* what follows the newest frame at once: a copy of it, or a cached one */
    int64_t sent_ms;

    struct truth_session *truth; /* of the session that goes on; NULL until a frame of it arrived */
};

struct rf_race {
    struct rf_race_options options;
    char *channel; /* owned */
    unsigned short random[3];
    int64_t next_id;
    int next_session;
    int64_t left_at_ms; /* when the kart that nobody removed had crossed the line for the last time */
    struct race_track tracks[RACE_TRACKS_MAX];
    struct truth_session *truth; /* owned, oldest first */
};

/* 0 … below - 1 */
int race_random(struct rf_race *race, int below);

/* The driver `index` of a track in one of its sessions; names are unique among those who drive at one time.
 */
void race_name(char out[96], int tracks, int track, int index, int session);

void race_session_begin(struct rf_race *race, struct race_track *track, int64_t now_ms);
int64_t race_first_crossing(const struct race_track *track); /* wall time; INT64_MAX: none to come */
void race_advance(struct rf_race *race, struct race_track *track, int64_t now_ms);

void race_write_frame(
    const struct rf_race *race, const struct race_track *track, int64_t now_ms, struct rf_buf *out);

/* A frame of the track's present state has arrived. */
void race_told(struct rf_race *race, struct race_track *track);
void race_truth_finish(struct rf_race *race);

#endif
