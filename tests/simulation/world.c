/* world.c - one world: its settings, its lives one after another, how each ends, and the end of all. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "clients.h"
#include "compare.h"
#include "disk.h"
#include "disk_calls.h"
#include "network.h"
#include "racefacer/app/app.h"
#include "racefacer/base/log.h"
#include "settings.h"
#include "simulation.h"
#include "venue.h"
#include "weather.h"
#include "witness.h"

#define HANGS_AT_MOST (90 * SIM_S)
#define SAVED_WITHIN                                                                                         \
    (400 * SIM_S) /* a call that hangs for 90 s, and the longest wait before a save is tried again */
#define HEARD_WITHIN (900 * SIM_S)

/* What is to happen in a life. */
enum purpose { LIVE, FINALE, EPILOGUE };

static struct world world;
static struct sim_fiber *loop_thread;
static enum purpose purpose;
static enum sim_end end;
static int end_status;
static int64_t calls_left; /* until the life ends in one; -1: it does not */
static enum sim_end doom;
static bool told_to_stop;
static int64_t stop_since_us;
bool sim_crashing;

/* ---- ends */

void sim_die(enum sim_end how, int status)
{
    end = how;
    end_status = status;
    sim_crashing = true;
    sim_fiber_leave();
}

void sim_disk_called(void)
{
    if (calls_left < 0 || calls_left-- > 0)
        return;
    sim_trace("  %s in mid-call", doom == SIM_KILLED ? "kill -9" : "power cut");
    end = doom;
    sim_crashing = true; /* the call leaves when it is through */
}

static void on_doom(void *ctx)
{
    (void)ctx;
    sim_trace("  %s", doom == SIM_KILLED ? "kill -9" : "power cut");
    sim_die(doom, 0);
}

static void on_stop(void *ctx)
{
    (void)ctx;
    told_to_stop = true;
    stop_since_us = sim_now_us;
    sim_loop_signal(SIGTERM);
}

/* ---- the last life: once all is calm, all has to be saved, and true */

/* Whether all that was driven has to be there: not where frames were lost; and where the clock was set, a
 * session may be cleaned away while its last frames come, since it is the oldest by its stamps. */
static bool is_exact(void)
{
    return world.venue.patient && world.clock_jump_ms == 0;
}

static void on_compared(void)
{
    compare_all();
    on_stop(NULL);
}

static void watch_end(void *ctx)
{
    (void)ctx;
    int64_t calm_us = sim_now_us - weather_calm_since_us();
    if (purpose == FINALE && calm_us > SAVED_WITHIN && !clients_all_saved())
        sim_fail("the disk has been well for %d s, and not all is saved", (int)(SAVED_WITHIN / SIM_S));
    if (calm_us > HEARD_WITHIN)
        sim_fail("all has been well for %d s, and not all has arrived%s%s%s", (int)(HEARD_WITHIN / SIM_S),
            venue_over() ? "" : ": frames wait", clients_inquest_done() ? "" : ": sessions are not answered",
            clients_all_saved() ? "" : ": laps are not saved");
    if (venue_over() && clients_inquest_done() && clients_all_saved()) {
        if (purpose == FINALE && is_exact())
            clients_compare_all(on_compared);
        else
            on_stop(NULL);
        return;
    }
    sim_at(sim_now_us + SIM_S, watch_end, &world);
}

static void on_finale(void *ctx)
{
    (void)ctx;
    sim_trace("  all is calm from here on");
    weather_calms_down();
    sim_at(sim_now_us + (purpose == FINALE ? HANGS_AT_MOST : 0) + 5 * SIM_S, watch_end, &world);
}

/* ---- a life */

static void live(void *ctx)
{
    (void)ctx;
    enum sim_owner before = sim_own(SIM_LIFE);
    struct rf_log *log = rf_log_create(&(struct rf_log_options){.level = RF_LOG_DEBUG}, NULL);
    struct rf_app_options options = {
        .config = &world.config, .log = log, .index_at_once = world.index_at_once};
    end_status = rf_app_run(&options);
    rf_log_destroy(log);
    (void)sim_own(before);
    end = SIM_RETURNED;
}

static void plan_end(void)
{
    int64_t in_us = sim_about(world.life_us);
    doom = sim_chance(0.5) ? SIM_KILLED : SIM_POWER_CUT;
    calls_left = -1;
    if (sim_chance(0.2)) {
        sim_at(sim_now_us + in_us, on_stop, &end);
        if (sim_chance(0.2))
            sim_at(sim_now_us + in_us + sim_about(500 * SIM_MS), on_stop, &end);
        if (sim_chance(0.3))
            sim_at(sim_now_us + in_us + sim_about(200 * SIM_MS), on_doom, &end);
    } else if (sim_chance(0.4)) {
        calls_left = sim_about(sim_chance(0.5) ? 60 : 1500);
        sim_at(sim_now_us + 10 * world.life_us, on_doom, &end);
    } else {
        sim_at(sim_now_us + in_us, on_doom, &end);
    }
}

static void begin_life(bool gently)
{
    disk_calls_begin();
    network_begin(world.spoken);
    clients_begin(&world.clients);
    sim_loop_begin();
    sim_crashing = told_to_stop = false;
    calls_left = -1;
    weather_begin(&world);
    venue_life_begins();
    if (purpose == EPILOGUE) {
        venue_stop();
        on_finale(NULL);
        return;
    }
    weather_changes(gently);
    if (purpose == FINALE)
        sim_at(sim_now_us + sim_about(30 * SIM_S), on_finale, &doom);
    else
        plan_end();
}

static void count_end(void)
{
    static const char *const names[] = {"returned", "exited", "killed", "power cut"};
    sim_trace("==== %s, status %d", names[end], end_status);
    sim_note((uint64_t)end * 1000 + (uint64_t)end_status);
    switch (end) {
    case SIM_RETURNED: sim_totals.calm_stops += end_status == 0; break;
    case SIM_EXITED: sim_totals.exits++; break;
    case SIM_KILLED: sim_totals.kills++; break;
    case SIM_POWER_CUT: sim_totals.power_cuts++; break;
    }
}

static void judge_end(void)
{
    bool failed = disk_failures() > 0;
    if (end == SIM_RETURNED && told_to_stop && end_status != 0 && !failed) /* else the start was refused */
        sim_fail("a polite stop ended with status %d", end_status);
    if (end == SIM_RETURNED && !told_to_stop && !failed)
        sim_fail("it stopped, and nobody had asked for it");
    if (end == SIM_RETURNED && sim_blocks(SIM_LIFE) > 0)
        sim_fail("it left %zu blocks of memory behind", sim_blocks(SIM_LIFE));
    if (end == SIM_EXITED && end_status == EXIT_FAILURE &&
        stop_since_us - weather_calm_since_us() > 100 * SIM_S)
        sim_fail("a stop took too long although the disk was well");
    if (end != SIM_RETURNED && purpose != LIVE)
        sim_fail("the last life did not end politely");
}

static void run_life(bool gently)
{
    sim_totals.lives++;
    sim_trace("==== a life begins");
    begin_life(gently);
    sim_fiber_start(loop_thread, live, NULL);
    (void)sim_own(SIM_WORLD);
    judge_end();
    count_end();
    if (end != SIM_RETURNED)
        sim_pool_crash();
    network_begin(world.spoken);
    clients_begin(&world.clients);
    disk_calls_begin();
    if (end == SIM_POWER_CUT)
        disk_power_cut();
    sim_free_all(SIM_LIFE);
    sim_now_us += sim_about(world.away_us);
    if (sim_chance(0.1))
        sim_wall_offset_ms += sim_between(-world.clock_jump_ms, world.clock_jump_ms);
}

static bool refused(void)
{
    if (end != SIM_RETURNED || told_to_stop)
        return false;
    sim_totals.starts_refused++;
    return true;
}

static void count_laps(void)
{
    for (const struct truth_session *session = venue_race()->truth; session != NULL; session = session->next)
        for (const struct truth_run *run = session->runs; run != NULL; run = run->next)
            sim_totals.laps += utarray_len(run->laps);
}

void sim_world_run(uint64_t seed)
{
    static struct rf_config base;
    disk_begin();
    disk_mood = (struct disk_mood){.sync_us = SIM_MS};
    sim_crashing = false;
    calls_left = -1;
    if (loop_thread == NULL) {
        loop_thread = sim_fiber_create(2 << 20);
        settings_read(&base);
    }
    sim_core_begin(seed);
    settings_choose(&world, &base);
    venue_begin(&world.venue);
    witness_begin((int)world.config.max_laps_per_session);
    compare_begin((int)world.config.max_laps_per_session, (int)world.config.max_sessions);
    sim_totals.worlds++;
    purpose = LIVE;
    for (int i = 0; i < world.lives && !venue_over(); i++) {
        run_life(false);
        if (refused())
            run_life(true);
    }
    venue_stop();
    purpose = FINALE;
    run_life(true);
    if (refused())
        sim_fail("it does not start on a disk that is well");
    purpose = EPILOGUE;
    run_life(true);
    count_laps();
    venue_end();
    witness_end();
}
