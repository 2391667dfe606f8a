/* main.c - runs worlds, seed after seed, and sums up. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "simulation.h"
#include "wraps.h"

#define WORLD_SECONDS 240 /* of real time: none takes so long */

static const char usage[] =
    "simulation [--seed N] [--worlds N | --laps N | --seconds N] [--seeds FILE] [--twice] [--trace]\n"
    "Runs the whole server in simulated worlds with crashes and faults, each drawn from one seed.\n"
    "--seed N     the first seed, and the only one unless more is asked for; without it a random one\n"
    "--seeds FILE the seeds in a file, one a line, # before remarks\n"
    "--twice      each seed a second time: the same has to happen\n"
    "--trace      prints the server's log and every fault, with simulated times\n";

struct job {
    uint64_t seed, worlds, laps;
    long seconds;
    const char *file;
    bool seeded, twice;
};

static uint64_t running;

static void on_alarm(int number)
{
    char text[80];
    (void)number;
    int len = snprintf(text, sizeof text, "FAILED: seed %" PRIu64 " does not come to an end\n", running);
    if (__real_write(STDOUT_FILENO, text, (size_t)len) != len)
        __real__exit(3);
    __real__exit(2);
}

static uint64_t random_seed(void)
{
    uint64_t seed = 0;
    FILE *random = fopen("/dev/urandom", "re");
    if (random == NULL || fread(&seed, sizeof seed, 1, random) != 1 || fclose(random) != 0) {
        perror("/dev/urandom");
        exit(2);
    }
    return seed >> 1;
}

static bool number(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

static bool read_options(struct job *job, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        uint64_t seconds;
        if (strcmp(name, "--trace") == 0) {
            sim_tracing = true;
            continue;
        }
        if (strcmp(name, "--twice") == 0) {
            job->twice = true;
            continue;
        }
        if (strcmp(name, "--seeds") == 0 && value[0] != '\0')
            job->file = value;
        else if (strcmp(name, "--seed") == 0 && number(value, &job->seed))
            job->seeded = true;
        else if (strcmp(name, "--seconds") == 0 && number(value, &seconds))
            job->seconds = (long)seconds;
        else if ((strcmp(name, "--worlds") != 0 || !number(value, &job->worlds)) &&
                 (strcmp(name, "--laps") != 0 || !number(value, &job->laps)))
            return false;
        i++;
    }
    return true;
}

static void run(const struct job *job, uint64_t seed)
{
    running = seed;
    (void)alarm(WORLD_SECONDS);
    sim_world_run(seed);
    uint64_t digest = sim_digest();
    if (job->twice) {
        sim_world_run(seed);
        if (sim_digest() != digest)
            sim_fail(
                "it is another run the second time: %016" PRIx64 ", then %016" PRIx64, digest, sim_digest());
    }
    if (job->twice || job->file != NULL || (job->worlds <= 1 && job->laps == 0 && job->seconds == 0))
        printf("seed %" PRIu64 ": digest %016" PRIx64 "\n", seed, digest);
}

static int run_file(const struct job *job)
{
    char line[128];
    FILE *file = fopen(job->file, "re");
    if (file == NULL) {
        perror(job->file);
        return 2;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        uint64_t seed;
        line[strcspn(line, " #\n")] = '\0';
        if (number(line, &seed))
            run(job, seed);
    }
    return fclose(file) == 0 ? 0 : 2;
}

static void print_fault(const char *call, uint64_t count)
{
    printf("  %-16s %10" PRIu64 "\n", call, count);
}

static void sum_up(void)
{
    const struct sim_totals *t = &sim_totals;
    const struct {
        const char *what;
        uint64_t count;
    } lines[] = {{"worlds", t->worlds}, {"lives", t->lives}, {"kills", t->kills},
        {"power cuts", t->power_cuts}, {"cut short stops", t->exits}, {"polite stops", t->calm_stops},
        {"starts refused", t->starts_refused}, {"laps driven", t->laps}, {"laps served", t->served},
        {"sessions checked", t->checks}, {"deletions", t->deletions}, {"connections", t->connects},
        {"connections cut", t->cuts}, {"disk calls", t->disk_calls}, {"disk hangs", t->hangs},
        {"events", t->events}};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        printf("%-18s %10" PRIu64 "\n", lines[i].what, lines[i].count);
    printf("faults injected\n");
    sim_each_fault(print_fault);
}

int main(int argc, char **argv)
{
    struct job job = {0};
    (void)setvbuf(stdout, NULL, _IOLBF, 1 << 16); /* for the trace; without it, it is slow */
    if (!read_options(&job, argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = __wrap_malloc, .free_fn = __wrap_free});
    (void)signal(SIGALRM, on_alarm);
    int status = 0;
    if (job.file != NULL) {
        status = run_file(&job);
    } else {
        uint64_t seed = job.seeded ? job.seed : random_seed();
        bool one = job.worlds == 0 && job.laps == 0 && job.seconds == 0;
        struct timespec begun, now;
        (void)__real_clock_gettime(CLOCK_MONOTONIC, &begun);
        printf("seeds from %" PRIu64 " on\n", seed);
        do {
            run(&job, seed++);
            (void)__real_clock_gettime(CLOCK_MONOTONIC, &now);
        } while (!one && (sim_totals.worlds < job.worlds || sim_totals.laps < job.laps ||
                             now.tv_sec - begun.tv_sec < job.seconds));
    }
    sum_up();
    return status;
}
