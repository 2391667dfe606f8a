/* settings.h - what a world is like. */
#ifndef RACEFACER_TESTS_SIMULATION_SETTINGS_H
#define RACEFACER_TESTS_SIMULATION_SETTINGS_H

#include "clients.h"
#include "racefacer/app/config.h"
#include "racefacer/feed/source.h"
#include "venue.h"

struct world {
    struct rf_config config; /* its texts are the base's */
    struct venue_options venue;
    struct clients_options clients;
    enum rf_dialect spoken;
    int lives;
    int64_t life_us, away_us; /* about so long each */
    double disk_trouble, network_trouble;
    bool misreads;         /* reading may fail, too */
    size_t index_at_once;  /* 0: the default, which is all of them */
    int64_t clock_jump_ms; /* the wall clock's, at most; 0: it goes right */
};

void settings_read(struct rf_config *base); /* the defaults */
void settings_choose(struct world *world, const struct rf_config *base);

#endif
