/* simulation.h - the whole daemon on a simulated clock, loop, network and disk, all drawn from one seed.
 * What the daemon calls of the outside has no room for a context of ours, so there is one world at a time,
 * and it is global. */
#ifndef RACEFACER_TESTS_SIMULATION_H
#define RACEFACER_TESTS_SIMULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_MS ((int64_t)1000) /* simulated times are microseconds */
#define SIM_S (1000 * SIM_MS)
#define SIM_WALL_OFFSET_MS 1764000000000 /* as long as nobody sets the clock */

/* ---- core.c: chance, time, what is told */

struct sim_totals {
    uint64_t worlds, lives, calm_stops, kills, power_cuts, starts_refused, exits, laps, served, frames,
        events, looks, deletions;
    uint64_t connects, cuts, disk_calls, hangs, checks;
};

extern struct sim_totals sim_totals; /* over all worlds */
extern int64_t sim_now_us;           /* the monotonic clock */
extern int64_t sim_wall_offset_ms;   /* the wall clock is so far ahead of it */
extern bool sim_tracing;

void sim_core_begin(uint64_t seed);
uint64_t sim_random(void);
int64_t sim_between(int64_t least, int64_t most); /* both included */
bool sim_chance(double probability);
int64_t sim_about(
    int64_t mean); /* 0 and up, most often near or below the mean, now and then several times it */
int64_t sim_wall_ms(void);

/* Goes into the digest: two runs of a seed have to agree in all of it. */
void sim_note(uint64_t value);
void sim_note_bytes(const void *data, size_t len);
uint64_t sim_digest(void);

void sim_trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends the process: the seed is told, and how to see it again. */
_Noreturn void sim_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void sim_count_fault(const char *call); /* for the summary */
void sim_each_fault(void (*each)(const char *call, uint64_t count));

/* Memory of the simulation itself; the daemon's is kept apart, see memory.c. Never NULL. */
void *sim_alloc(size_t size);
void *sim_resize(void *old, size_t size);
char *sim_copy(const char *text);
void sim_free(void *memory);

/* ---- memory.c: whose the memory is that malloc gives */

enum sim_owner { SIM_WORLD, SIM_LIFE };
enum sim_owner sim_own(enum sim_owner owner); /* from here on; returns whose it was before */
void sim_free_all(enum sim_owner owner);
size_t sim_blocks(enum sim_owner owner);

/* ---- fiber.c: the daemon's loop thread and those of its pool, one at a time */

struct sim_fiber;
struct sim_fiber *sim_fiber_create(size_t stack);
/* Runs it until it yields or is over; only from the one that is not a fiber, or from one fiber into another
 * that then comes back. */
void sim_fiber_start(struct sim_fiber *fiber, void (*run)(void *ctx), void *ctx);
void sim_fiber_resume(struct sim_fiber *fiber);
void sim_fiber_yield(void); /* back to whoever started or resumed it */
void sim_fiber_leave(void); /* the same, for good, straight to the world: nobody comes back */

/* ---- loop.c: libuv */

/* Calls `run` then, on the loop. What is due in a life is forgotten with it. */
void sim_at(int64_t at_us, void (*run)(void *ctx), void *ctx);
void sim_cancel(const void *ctx); /* all that is due with it */
void sim_loop_begin(void);        /* of a life */
void sim_loop_signal(int number);
/* For handles that only look like libuv's: the loop does not end before they are closed. */
void sim_loop_hold(int by);

/* ---- pool.c: its threads */

void sim_pool_begin(void); /* of a life */
bool sim_pool_busy(void);
/* In the pool: waits so long, other things happen meanwhile. On the loop's thread the clock goes on and
 * nothing else. */
void sim_wait(int64_t us);
bool sim_in_pool(void);
/* Those in mid-call at a crash: each is let finish its call, some of it, or none. */
void sim_pool_crash(void);

/* ---- world.c: lives and deaths */

enum sim_end { SIM_RETURNED, SIM_EXITED, SIM_KILLED, SIM_POWER_CUT };
extern bool sim_crashing;                   /* the life is over, a call in flight may still be carried out */
void sim_die(enum sim_end how, int status); /* from inside a life; does not return there */
void sim_disk_called(void);                 /* a life may end at its nth call */
void sim_world_run(uint64_t seed);

#endif
