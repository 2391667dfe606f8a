/* venue.h - a race that goes on, and the timing system that sends its frames. */
#ifndef RACEFACER_TESTS_SIMULATION_VENUE_H
#define RACEFACER_TESTS_SIMULATION_VENUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feed/race_impl.h"

#define VENUE_CHANNEL "lemansentertainment"

struct venue_options {
    struct rf_race_options race;
    /* The venue stands still while nobody follows, and a follower who was killed is sent again what it may
     * have lost. */
    bool patient;
    int flag_ms; /* so long before a session's end its frames say "finished"; 0: never */
    int laps;    /* about so many, then it is over */
};

void venue_begin(const struct venue_options *options);
void venue_end(void);
const struct rf_race *venue_race(void);
const struct venue_options *venue_options(void);

void venue_life_begins(void);
void venue_joined(bool joined);        /* somebody follows, or no longer does */
void venue_delivered(uint64_t number); /* a frame has arrived */
void venue_durable(void);              /* what has arrived by now will not be lost any more */
bool venue_over(void); /* all is sent and has arrived; a venue that is not patient is never over */
void venue_stop(void); /* no more frames but those that exist already */

/* The truth about a session; NULL where there is none of that name. */
const struct truth_session *venue_truth(const char *event, bool has_track, int64_t track);

#endif
