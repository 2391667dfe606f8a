/* race.c - when a race sends its frames, and what becomes of them on their way. */
#include "racefacer/feed/race.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed/race_impl.h"
#include "racefacer/base/memory.h"

#define BATCH_MS 200 /* crossings within it share a frame */
#define DAYS_MS (3LL * 24 * 3600 * 1000)
#define CACHED_AGE_S 46377

/* Of so many frames one … */
#define ONE_LOST 25
#define ONE_REPEATED 20
#define ONE_CACHED 30
#define KEEP_EVERY 24 /* frames between two that a cache keeps */

static int clamp(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

static void tidy_options(struct rf_race_options *options)
{
    options->tracks = options->sparse ? 1 : clamp(options->tracks, 1, RACE_TRACKS_MAX);
    options->karts = clamp(options->karts, options->tracks, 400);
    if (options->lap_ms <= 0)
        options->lap_ms = options->sparse ? 65000 : 27000;
    options->lap_ms = clamp(options->lap_ms, 1000, 600000);
    options->race_ms = options->race_ms > 0 ? options->race_ms : 0;
    options->frame_ms = options->frame_ms > 0 ? clamp(options->frame_ms, 50, 600000) : 1000;
}

/* Labels and numbers as two tracks have them that do not know of each other: "7" is on both. */
static void name_kart(const struct rf_race *race, struct race_track *track, int index)
{
    struct race_kart *kart = &track->karts[index];
    int number = index + 1;
    kart->id = 100 * track->number + number + (race->options.karts > 90 ? 1000 * track->number : 0);
    if (race->options.sparse)
        number = index % ((track->kart_count + 1) / 2) + 1; /* every label twice in one frame */
    bool electric = track->number % 2 == 0 && number < 6;
    snprintf(kart->label, sizeof kart->label, electric ? "E%02d" : "%d", number);
    snprintf(kart->number, sizeof kart->number, electric ? "%02d" : "%d", number);
}

static void plan_outage(struct rf_race *race, struct race_track *track, int64_t after_ms)
{
    /* Long enough that every run's counter jumps by one or two; now and then by three, and a lap is missed.
     */
    int laps10 = track->outages % 4 == 3 ? 24 : 12;
    int64_t wait = track->outages == 0 ? track->lap_ms * 32 / 10 : track->lap_ms * 11LL;
    track->outage_from_ms = after_ms + wait + race_random(race, track->lap_ms / 2);
    track->outage_until_ms = track->outage_from_ms + track->lap_ms * laps10 / 10;
    track->outages++;
}

static void begin_track(struct rf_race *race, int index)
{
    const struct rf_race_options *options = &race->options;
    struct race_track *track = &race->tracks[index];
    track->number = index + 1;
    track->lap_ms = options->lap_ms + options->lap_ms * 26 / 100 * index;
    track->drivers = options->karts / options->tracks + (index < options->karts % options->tracks);
    track->kart_count = track->drivers + RACE_SPARE_KARTS;
    track->karts = rf_new_array((size_t)track->kart_count, sizeof *track->karts);
    for (int i = 0; i < track->kart_count; i++)
        name_kart(race, track, i);
    track->run_count = track->drivers + (options->faults ? 1 : 0) + (options->faults && index == 0 ? 1 : 0);
    track->runs = rf_new_array((size_t)track->run_count, sizeof *track->runs);
    track->ranking = rf_new_array((size_t)track->run_count, sizeof(struct race_run *));
    race_session_begin(race, track, options->start_ms);
    /* A second track's clock ticks a little after the first's. */
    track->clock_ms = options->start_ms + (int64_t)index * (options->frame_ms / 3);
    track->outage_from_ms = track->outage_until_ms = INT64_MAX;
    if (options->faults)
        plan_outage(race, track, options->start_ms);
}

struct rf_race *rf_race_create(const struct rf_race_options *options)
{
    struct rf_race *race = rf_new(sizeof *race);
    race->options = *options;
    tidy_options(&race->options);
    race->channel = rf_strdup(options->channel);
    race->options.channel = race->channel;
    for (int i = 0; i < 3; i++)
        race->random[i] = (unsigned short)(options->seed >> (16 * i));
    race->random[0] ^= (unsigned short)(options->seed >> 48);
    for (int i = 0; i < 8; i++)
        (void)race_random(race, 2); /* the first numbers of neighbouring seeds are alike */
    /* Races begun at different times share no run ids and no session names, so one never goes on with the
     * other. */
    int64_t start_s = options->start_ms / 1000;
    race->next_id = 1700001 + start_s % 1000000 * 64;
    race->next_session = 100 + (int)(start_s % 900);
    race->left_at_ms = options->start_ms - DAYS_MS;
    for (int i = 0; i < race->options.tracks; i++)
        begin_track(race, i);
    return race;
}

void rf_race_destroy(struct rf_race *race)
{
    if (race == NULL)
        return;
    for (int i = 0; i < race->options.tracks; i++) {
        struct race_track *track = &race->tracks[i];
        free(track->karts);
        free(track->runs);
        free(track->ranking);
        rf_buf_finish(&track->kept);
        rf_buf_finish(&track->extra);
    }
    race_truth_finish(race);
    free(race->channel);
    free(race);
}

static int64_t next_of_track(const struct rf_race *race, const struct race_track *track)
{
    if (track->extra.len > 0)
        return track->sent_ms;
    int64_t next = track->clock_ms < track->end_ms ? track->clock_ms : track->end_ms;
    int64_t crossing = race_first_crossing(track);
    if (crossing < next) {
        int64_t batches = (crossing - race->options.start_ms) / BATCH_MS + 1;
        int64_t batch = race->options.start_ms + batches * BATCH_MS;
        next = batch < next ? batch : next;
    }
    return next;
}

static struct race_track *next_track(struct rf_race *race)
{
    struct race_track *first = &race->tracks[0];
    for (int i = 1; i < race->options.tracks; i++)
        if (next_of_track(race, &race->tracks[i]) < next_of_track(race, first))
            first = &race->tracks[i];
    return first;
}

int64_t rf_race_next_ms(const struct rf_race *race)
{
    int64_t next = INT64_MAX;
    for (int i = 0; i < race->options.tracks; i++) {
        int64_t at = next_of_track(race, &race->tracks[i]);
        next = at < next ? at : next;
    }
    return next;
}

/* Copies `text` with another number behind `key`, which ends in a colon. */
static void with_number(struct rf_buf *out, const char *text, const char *key, int64_t number)
{
    const char *at = strstr(text, key);
    if (at == NULL) {
        rf_buf_puts(out, text);
        return;
    }
    at += strlen(key);
    rf_buf_append(out, text, (size_t)(at - text));
    rf_buf_printf(out, "%" PRId64, number);
    rf_buf_puts(out, at + strspn(at, "-0123456789"));
}

/* An old frame, sent now. Now and then it claims to be from the night before. */
static void write_cached(struct rf_race *race, struct race_track *track, int64_t now_ms)
{
    struct rf_buf aged = RF_BUF_INIT;
    int64_t made_s = race_random(race, 2) == 0 ? track->kept_ms / 1000 : now_ms / 1000 - CACHED_AGE_S;
    with_number(&aged, rf_buf_str(&track->kept), "\"timestamp\":", made_s);
    with_number(&track->extra, rf_buf_str(&aged), "\"timestamp_socket\":", now_ms / 1000);
    rf_buf_finish(&aged);
}

static bool lost(struct rf_race *race, struct race_track *track, int64_t now_ms)
{
    if (now_ms >= track->outage_until_ms)
        plan_outage(race, track, now_ms);
    return now_ms >= track->outage_from_ms || race_random(race, ONE_LOST) == 0;
}

/* What follows a frame that arrived. */
static void plan_extra(
    struct rf_race *race, struct race_track *track, int64_t now_ms, const struct rf_buf *frame)
{
    if (race_random(race, ONE_REPEATED) == 0) {
        rf_buf_append(&track->extra, frame->data, frame->len);
    } else if (race_random(race, ONE_CACHED) == 0 && track->kept.len > 0 && now_ms - track->kept_ms >= 3000) {
        write_cached(race, track, now_ms);
    }
    if (track->frames++ % KEEP_EVERY == 0) {
        rf_buf_clear(&track->kept);
        rf_buf_append(&track->kept, frame->data, frame->len);
        track->kept_ms = now_ms;
    }
}

int64_t rf_race_next(struct rf_race *race, struct rf_buf *out)
{
    struct race_track *track = next_track(race);
    int64_t now_ms = next_of_track(race, track);
    rf_buf_clear(out);
    if (track->extra.len > 0) {
        rf_buf_append(out, track->extra.data, track->extra.len);
        rf_buf_clear(&track->extra);
        return now_ms;
    }
    track->sent_ms = now_ms;
    while (track->clock_ms <= now_ms)
        track->clock_ms += race->options.frame_ms;
    if (now_ms >= track->end_ms)
        race_session_begin(race, track, now_ms);
    race_advance(race, track, now_ms);
    if (race->options.faults && lost(race, track, now_ms))
        return now_ms;
    race_write_frame(race, track, now_ms, out);
    race_told(race, track);
    if (race->options.faults)
        plan_extra(race, track, now_ms, out);
    return now_ms;
}
