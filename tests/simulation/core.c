/* core.c - chance, time, the digest, and what is told of a run. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "simulation.h"
#include "wraps.h"

#define CALLS_MAX 40

struct sim_totals sim_totals;
int64_t sim_now_us, sim_wall_offset_ms;
bool sim_tracing;

static uint64_t seed_now, state, digest;
static struct {
    const char *call;
    uint64_t count;
} faults[CALLS_MAX];

void sim_core_begin(uint64_t seed)
{
    seed_now = state = seed;
    digest = 0xcbf29ce484222325u;
    sim_now_us = 1000 * SIM_S;
    sim_wall_offset_ms = SIM_WALL_OFFSET_MS;
}

/* splitmix64 */
uint64_t sim_random(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

int64_t sim_between(int64_t least, int64_t most)
{
    return most <= least ? least : least + (int64_t)(sim_random() % (uint64_t)(most - least + 1));
}

bool sim_chance(double probability)
{
    return (double)(sim_random() >> 11) < probability * 9007199254740992.0;
}

int64_t sim_about(int64_t mean)
{
    int64_t value = sim_between(0, mean);
    for (int i = 0; i < 4 && sim_chance(0.35); i++)
        value += sim_between(0, 2 * mean);
    return value;
}

int64_t sim_wall_ms(void)
{
    return sim_now_us / 1000 + sim_wall_offset_ms;
}

/* ---- the digest */

void sim_note(uint64_t value)
{
    digest = (digest ^ value) * 0x9e3779b97f4a7c15u;
    digest ^= digest >> 29;
}

void sim_note_bytes(const void *data, size_t len)
{
    const unsigned char *at = data;
    uint64_t word;
    for (; len >= sizeof word; len -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        sim_note(word);
    }
    word = len;
    memcpy(&word, at, len);
    sim_note(word);
}

uint64_t sim_digest(void)
{
    return digest;
}

/* ---- telling */

void sim_trace(const char *format, ...)
{
    if (!sim_tracing)
        return;
    va_list args;
    va_start(args, format);
    printf("%12.6f ", (double)sim_now_us / 1e6);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

void sim_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("FAILED at %.6f s, seed %" PRIu64 ": ", (double)sim_now_us / 1e6, seed_now);
    vprintf(format, args);
    printf("\nto see it again: simulation --seed %" PRIu64 " --trace\n", seed_now);
    va_end(args);
    (void)fflush(stdout);
    __real__exit(1); /* from the middle of things: no leak is looked for */
}

void sim_count_fault(const char *call)
{
    size_t i = 0;
    while (faults[i].call != NULL && strcmp(faults[i].call, call) != 0)
        i++;
    if (i == CALLS_MAX - 1)
        abort();
    faults[i].call = call;
    faults[i].count++;
}

void sim_each_fault(void (*each)(const char *call, uint64_t count))
{
    for (size_t i = 0; i < CALLS_MAX && faults[i].call != NULL; i++)
        each(faults[i].call, faults[i].count);
}

/* ---- what the daemon asks of the system beyond the disk */

int __wrap_clock_gettime(clockid_t id, struct timespec *out)
{
    int64_t us = id == CLOCK_REALTIME ? sim_now_us + sim_wall_offset_ms * SIM_MS : sim_now_us;
    *out = (struct timespec){.tv_sec = us / SIM_S, .tv_nsec = us % SIM_S * 1000};
    return 0;
}

ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags)
{
    (void)flags;
    if (sim_chance(0.05)) {
        errno = EAGAIN;
        return -1;
    }
    for (size_t i = 0; i < len; i++)
        ((unsigned char *)out)[i] = (unsigned char)sim_random();
    return (ssize_t)len;
}

pid_t __wrap_getpid(void)
{
    return 4711;
}

int __wrap_isatty(int fd)
{
    (void)fd;
    return 0;
}

void __wrap__exit(int status)
{
    sim_die(SIM_EXITED, status);
    __real__exit(status); /* not reached */
}
