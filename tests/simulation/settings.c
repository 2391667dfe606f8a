/* settings.c - draws what a world is like. */
#include "settings.h"

#include <stdlib.h>

#include "simulation.h"

void settings_read(struct rf_config *base)
{
    struct rf_buf faults = RF_BUF_INIT, warnings = RF_BUF_INIT;
    (void)clearenv(); /* fails never */
    if (rf_config_load(base, "/.env", &faults, &warnings) != 0)
        sim_fail("the settings are refused: %s", rf_buf_str(&faults));
    rf_buf_finish(&faults);
    rf_buf_finish(&warnings);
}

static void choose_race(struct venue_options *venue)
{
    int lap_ms = (int)sim_between(2000, 12000);
    *venue = (struct venue_options){.race = {.seed = sim_random(),
                                        .start_ms = sim_wall_ms() + sim_between(-5000, 5000),
                                        .channel = VENUE_CHANNEL,
                                        .tracks = (int)sim_between(1, 4),
                                        .karts = (int)sim_between(2, 16),
                                        .lap_ms = lap_ms,
                                        .race_ms = sim_chance(0.15) ? 0 : (int)(lap_ms * sim_between(3, 25)),
                                        .frame_ms = (int)sim_between(1000, 8000),
                                        .faults = sim_chance(0.5),
                                        .incidents = sim_chance(0.5),
                                        .sparse = sim_chance(0.15)},
        .patient = sim_chance(0.6),
        .flag_ms = sim_chance(0.4) ? (int)sim_between(1, 2 * lap_ms) : 0,
        .laps = (int)sim_between(100, 1500)};
}

void settings_choose(struct world *world, const struct rf_config *base)
{
    *world = (struct world){.config = *base};
    choose_race(&world->venue);
    /* Drawn from what was drawn, so that the worlds that failed once are still the same. */
    uint64_t drawn = world->venue.race.seed;
    world->index_at_once = drawn % 2 == 0 ? 0 : 2 + drawn / 2 % 8;
    bool patient = world->venue.patient;
    struct rf_config *config = &world->config;
    config->storage_path = "/storage";
    config->max_sessions = sim_between(1, 12);
    config->max_laps_per_session = sim_chance(0.3) ? sim_between(2, 12) : 1000;
    config->session_gap_minutes = patient ? sim_between(240, 1440) : sim_between(1, 60);
    world->spoken = (enum rf_dialect)sim_between(RF_DIALECT_SOCKETIO, RF_DIALECT_RAW);
    config->ws_dialect = sim_chance(0.6) ? RF_DIALECT_AUTO : world->spoken;
    world->clients = (struct clients_options){
        .every_us = sim_between(20 * SIM_MS, 2 * SIM_S), .deletes = sim_chance(0.3) ? 0.02 : 0};
    world->lives = (int)sim_between(2, 25);
    world->life_us = sim_between(SIM_S, 60 * SIM_S);
    world->away_us = patient ? 5 * SIM_S : sim_between(SIM_S, 120 * SIM_S);
    world->disk_trouble = sim_chance(0.25) ? 0 : 0.1 * (double)sim_between(1, 9);
    world->network_trouble = sim_chance(0.3) ? 0 : 0.1 * (double)sim_between(1, 9);
    world->misreads = sim_chance(0.2);
    if (sim_chance(0.15)) { /* long enough for old files of the journal to go */
        world->venue.race.lap_ms = (int)sim_between(15000, 40000);
        world->venue.race.race_ms = (int)(world->venue.race.lap_ms * sim_between(3, 8));
        world->venue.race.frame_ms = 10000;
        world->life_us = sim_between(300 * SIM_S, 1800 * SIM_S);
        world->clients.every_us = sim_between(SIM_S, 20 * SIM_S);
    }
    world->clock_jump_ms = sim_chance(0.3) ? sim_between(1, 600) * 1000 : 0;
    /* Whose clock lies minutes behind the venue's cannot tell old frames from new ones, and says so. */
    world->venue.race.faults = world->venue.race.faults && world->clock_jump_ms == 0;
}
