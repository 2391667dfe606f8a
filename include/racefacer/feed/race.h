/* race.h - a generator of races: frames as a venue sends them, with its faults, and the truth to hold results
 * against. The built-in demo plays one; tests play others. Pure: the same seed and times give the same bytes.
 */
#ifndef RACEFACER_FEED_RACE_H
#define RACEFACER_FEED_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/buf.h"

struct rf_race_options {
    uint64_t seed;
    int64_t start_ms;    /* wall time at which it begins */
    const char *channel; /* the slug in the frames */
    int tracks;          /* 1 … 4, interleaved on one channel, track ids 1 and up */
    int karts;           /* in all; numbers repeat from track to track */
    int lap_ms;     /* about how long a lap takes on the first track, the shortest; 0: 27 s, sparse 65 s */
    int race_ms;    /* how long a session lasts before the next begins on its track; 0: for ever */
    int frame_ms;   /* between two clock updates of one track */
    bool faults;    /* lost, repeated and cached frames, a ghost row, a stale row */
    bool incidents; /* a spin, a pit stop, a driver who changes karts */
    bool sparse;    /* a venue without kart_number and track ids, one track, labels that repeat */
    bool forget;    /* keeps no truth: for a race that goes on for ever */
};

struct rf_race;

struct rf_race *rf_race_create(const struct rf_race_options *options);
void rf_race_destroy(struct rf_race *race);

/* When the next frame is due, wall time. */
int64_t rf_race_next_ms(const struct rf_race *race);

/* Puts the next frame's payload ({"data":{…},…}) in place of what `out` held, and moves on. A frame that the
 * race loses on its way gives an empty text. Returns the wall time at which it is sent, never less than the
 * one before. */
int64_t rf_race_next(struct rf_race *race, struct rf_buf *out);

/* The truth, as JSON:
 * {"sessions":[{"track","event","runs":[{"id","kartId","driver","totalLaps","laps":[{"num","timeMs"}]}]}]}
 * with every lap a perfect follower has recorded by now: laps whose time no frame that arrived has told are
 * left out. */
void rf_race_truth(const struct rf_race *race, struct rf_buf *out);

#endif
