/* race_frames.c - prints a generated race as JSON lines for the integration tests:
 * {"t":<wall ms>,"payload":{…}} for each frame, payload null where it is lost; and last {"truth":{…}}. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "racefacer/feed/race.h"

static const char usage[] =
    "race-frames [--seed N] [--tracks N] [--karts N] [--lap-ms N] [--race-ms N] [--frame-ms N]\n"
    "            [--faults] [--incidents] [--sparse] [--start WALL_MS] [--frames N]\n";

struct job {
    struct rf_race_options race;
    long frames;
};

/* False where the options make no sense. */
static bool read_options(struct job *job, int argc, char **argv)
{
    static const struct option options[] = {{"seed", required_argument, NULL, 's'},
        {"tracks", required_argument, NULL, 't'}, {"karts", required_argument, NULL, 'k'},
        {"lap-ms", required_argument, NULL, 'l'}, {"race-ms", required_argument, NULL, 'r'},
        {"frame-ms", required_argument, NULL, 'f'}, {"frames", required_argument, NULL, 'n'},
        {"start", required_argument, NULL, 'b'}, {"faults", no_argument, NULL, 'F'},
        {"incidents", no_argument, NULL, 'I'}, {"sparse", no_argument, NULL, 'S'}, {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        long long number = optarg == NULL ? 0 : strtoll(optarg, NULL, 10);
        switch (option) {
        case 's': job->race.seed = (uint64_t)number; break;
        case 't': job->race.tracks = (int)number; break;
        case 'k': job->race.karts = (int)number; break;
        case 'l': job->race.lap_ms = (int)number; break;
        case 'r': job->race.race_ms = (int)number; break;
        case 'f': job->race.frame_ms = (int)number; break;
        case 'n': job->frames = (long)number; break;
        case 'b': job->race.start_ms = number; break;
        case 'F': job->race.faults = true; break;
        case 'I': job->race.incidents = true; break;
        case 'S': job->race.sparse = true; break;
        default: return false;
        }
    }
    return optind == argc;
}

int main(int argc, char **argv)
{
    struct job job = {.frames = 1000};
    job.race = (struct rf_race_options){.seed = 1,
        .start_ms = 1760000000000,
        .channel = "lemansentertainment",
        .tracks = 2,
        .karts = 12,
        .race_ms = 480000,
        .frame_ms = 1000};
    if (!read_options(&job, argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    struct rf_race *race = rf_race_create(&job.race);
    struct rf_buf text = RF_BUF_INIT;
    for (long i = 0; i < job.frames; i++) {
        int64_t at = rf_race_next(race, &text);
        printf("{\"t\":%" PRId64 ",\"payload\":%s}\n", at, text.len == 0 ? "null" : rf_buf_str(&text));
    }
    rf_buf_clear(&text);
    rf_race_truth(race, &text);
    printf("{\"truth\":%s}\n", rf_buf_str(&text));
    rf_buf_finish(&text);
    rf_race_destroy(race);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
