/* weather.c - how a life's disk, network and clock fare. */
#include "weather.h"

#include "disk_calls.h"
#include "network.h"
#include "simulation.h"

static const struct world *world;
static bool is_calm;
static int64_t calm_since_us;

static void calm_disk(void)
{
    disk_mood = (struct disk_mood){.sync_us = 3 * SIM_MS};
    if (!is_calm)
        calm_since_us = sim_now_us;
    is_calm = true;
}

static void trouble_disk(void)
{
    is_calm = false;
    disk_mood = (struct disk_mood){.sync_us = sim_between(SIM_MS, 10 * SIM_MS)};
    switch (sim_between(0, 4)) {
    case 0: disk_mood.full = true; break;
    case 1: disk_mood.hangs = 0.02 + 0.002 * (double)sim_between(0, 50); break;
    case 2: disk_mood.sync_us = sim_between(100 * SIM_MS, 1500 * SIM_MS); break;
    case 3: disk_mood.fails = 1; break;
    default:
        disk_mood.fails = 0.01 * (double)sim_between(1, 30);
        disk_mood.misreads = world->misreads ? disk_mood.fails / 4 : 0;
    }
    sim_trace("  disk: %s, fails %.2f, hangs %.2f, syncs in %.1f ms", disk_mood.full ? "full" : "room",
        disk_mood.fails, disk_mood.hangs, (double)disk_mood.sync_us / 1000);
}

static void on_weather(void *ctx)
{
    (void)ctx;
    if (is_calm && sim_chance(world->disk_trouble)) {
        trouble_disk();
        sim_at(sim_now_us + sim_about(10 * SIM_S), on_weather, &disk_mood);
        return;
    }
    if (!is_calm)
        sim_trace("  disk: calm");
    calm_disk();
    sim_at(sim_now_us + sim_about(20 * SIM_S), on_weather, &disk_mood);
}

static void trouble_network(void)
{
    network_mood = (struct network_mood){.refuses = world->network_trouble * 0.3,
        .holds_us = world->network_trouble > 0 ? sim_about(60 * SIM_S) + SIM_S : 0,
        .delay_us = sim_chance(0.2) ? SIM_S : 10 * SIM_MS};
}

static void on_clock(void *ctx)
{
    (void)ctx;
    int64_t by_ms = sim_between(-world->clock_jump_ms, world->clock_jump_ms);
    sim_wall_offset_ms += by_ms;
    sim_trace("  the wall clock jumps by %.1f s", (double)by_ms / 1000);
    sim_at(sim_now_us + sim_about(120 * SIM_S), on_clock, &disk_mood);
}

void weather_begin(const struct world *of)
{
    world = of;
    calm_disk();
    trouble_network();
}

void weather_changes(bool gently)
{
    if (!gently && world->disk_trouble > 0 && sim_chance(0.2))
        trouble_disk();
    sim_at(sim_now_us + sim_about(15 * SIM_S), on_weather, &disk_mood);
    if (world->clock_jump_ms > 0)
        sim_at(sim_now_us + sim_about(60 * SIM_S), on_clock, &disk_mood);
}

void weather_calms_down(void)
{
    sim_cancel(&disk_mood);
    calm_disk();
    calm_since_us = sim_now_us;
    network_mood.refuses = 0;
    network_mood.holds_us = 0; /* for connections to come */
}

int64_t weather_calm_since_us(void)
{
    return is_calm ? calm_since_us : INT64_MAX;
}
