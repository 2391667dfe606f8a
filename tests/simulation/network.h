/* network.h - the way between the daemon and the venue. */
#ifndef RACEFACER_TESTS_SIMULATION_NETWORK_H
#define RACEFACER_TESTS_SIMULATION_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#include "racefacer/feed/source.h"

struct network_mood {
    double refuses;   /* of the connects: refused, never answered, or answered by something else */
    int64_t holds_us; /* a connection is cut, or goes silent, after about so long; 0: never */
    int64_t delay_us; /* about, of each message */
};

extern struct network_mood network_mood;

void network_begin(enum rf_dialect spoken); /* for a life */
void network_send(const char *frame, size_t len, uint64_t number);

#endif
