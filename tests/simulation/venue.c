/* venue.c - plays a generated race to whoever follows. */
#include "venue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients.h"
#include "network.h"
#include "simulation.h"
#include "witness.h"

#define IN_PROGRESS "\"status_string\":\"in_progress\""

struct count {
    int64_t id;
    int total;
};

struct frame {
    char *text; /* owned */
    size_t len;
    int track, session; /* session: the number in its name, which rises */
    bool extra;         /* a repeated or cached one */
    struct count *counts;
    int count;
};

static struct {
    struct venue_options options;
    struct rf_race *race;
    struct rf_buf text;
    struct frame *frames; /* those that may have to be sent again; frames[0] has the number `first` */
    size_t count, cap;
    uint64_t first, next /* to be sent */, arrived /* in this life: how many have */, ever /* in any */;
    int64_t race_ms; /* the race's time up to which it was played */
    int64_t offset_ms;
    bool joined, stopped;
    int laps;
    int last_sum[RACE_TRACKS_MAX + 1], last_session[RACE_TRACKS_MAX + 1];
} venue;

static void free_frames(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        sim_free(venue.frames[i].text);
        sim_free(venue.frames[i].counts);
    }
    if (count > 0)
        memmove(venue.frames, venue.frames + count, (venue.count - count) * sizeof *venue.frames);
    venue.count -= count;
    venue.first += count;
}

void venue_begin(const struct venue_options *options)
{
    enum sim_owner before = sim_own(SIM_WORLD);
    memset(&venue, 0, sizeof venue);
    venue.options = *options;
    venue.race = rf_race_create(&options->race);
    venue.race_ms = options->race.start_ms;
    (void)sim_own(before);
}

void venue_end(void)
{
    free_frames(venue.count);
    sim_free(venue.frames);
    rf_race_destroy(venue.race);
    rf_buf_finish(&venue.text);
    memset(&venue, 0, sizeof venue);
}

const struct rf_race *venue_race(void)
{
    return venue.race;
}

const struct venue_options *venue_options(void)
{
    return &venue.options;
}

const struct truth_session *venue_truth(const char *event, bool has_track, int64_t track)
{
    const struct truth_session *session = venue.race->truth;
    while (session != NULL &&
           (strcmp(session->event, event) != 0 || session->track != (has_track ? (int)track : 0)))
        session = session->next;
    return session;
}

/* ---- frames */

static void count_runs(struct frame *frame, const struct race_track *track)
{
    int sum = 0;
    frame->counts = sim_alloc((size_t)track->run_count * sizeof *frame->counts);
    for (int i = 0; i < track->run_count; i++) {
        if (track->runs[i].row == RACE_ROW_GHOST)
            continue;
        frame->counts[frame->count++] = (struct count){track->runs[i].id, track->runs[i].total_laps};
        sum += track->runs[i].total_laps;
    }
    if (venue.last_session[frame->track] == frame->session)
        venue.laps += sum - venue.last_sum[frame->track];
    venue.last_session[frame->track] = frame->session;
    venue.last_sum[frame->track] = sum;
}

/* The next frame of the race; false where it is lost. */
static bool make_frame(struct frame *frame)
{
    enum sim_owner before = sim_own(SIM_WORLD);
    const struct race_track *extra = NULL;
    size_t waiting[RACE_TRACKS_MAX];
    int tracks = venue.race->options.tracks;
    for (int i = 0; i < tracks; i++)
        waiting[i] = venue.race->tracks[i].extra.len;
    venue.race_ms = rf_race_next(venue.race, &venue.text);
    (void)sim_own(before);
    if (venue.text.len == 0)
        return false;
    for (int i = 0; i < tracks; i++)
        if (waiting[i] > 0 && venue.race->tracks[i].extra.len == 0)
            extra = &venue.race->tracks[i];
    *frame = (struct frame){.extra = extra != NULL};
    char *text = venue.text.data, *event = strstr(text, "\"event_name\":\"Session #");
    frame->session = atoi(event + strlen("\"event_name\":\"Session #"));
    const struct race_track *track = extra;
    for (int i = 0; i < tracks && track == NULL; i++)
        if (atoi(venue.race->tracks[i].event + strlen("Session #")) == frame->session)
            track = &venue.race->tracks[i];
    frame->track = track->number;
    frame->len = venue.text.len;
    frame->text = sim_alloc(frame->len + 1);
    memcpy(frame->text, text, frame->len);
    char *status = strstr(frame->text, IN_PROGRESS);
    bool finished =
        venue.options.flag_ms > 0 && !frame->extra && track->end_ms - venue.race_ms <= venue.options.flag_ms;
    if (finished && status != NULL) /* the same length: JSON takes spaces */
        memcpy(status, "\"status_string\":   \"finished\"", strlen(IN_PROGRESS));
    if (!frame->extra)
        count_runs(frame, track);
    return true;
}

static bool is_over(void)
{
    return venue.stopped || venue.laps >= venue.options.laps;
}

/* Would the follower see counters fall, or a session come again? Then it has this already. */
static bool is_behind(const struct frame *frame)
{
    const struct rf_engine *engine = clients_engine();
    for (size_t i = 0; engine != NULL && i < rf_engine_session_count(engine); i++) {
        const struct rf_session *session = rf_engine_session_at(engine, i);
        if (session->has_track && session->track != frame->track)
            continue;
        int number = atoi(session->event_name + strcspn(session->event_name, "0123456789"));
        if (number > frame->session)
            witness_waive(frame->session); /* it was not served, and now it is too late */
        if (number != frame->session)
            return number > frame->session;
        for (size_t r = 0; r < session->run_count; r++)
            for (int c = 0; c < frame->count; c++)
                if (session->runs[r]->id == frame->counts[c].id &&
                    session->runs[r]->total_laps > frame->counts[c].total)
                    return true;
        return false;
    }
    return false;
}

static void keep_frame(const struct frame *frame)
{
    if (venue.count == venue.cap) {
        venue.cap = venue.cap == 0 ? 64 : 2 * venue.cap;
        venue.frames = sim_resize(venue.frames, venue.cap * sizeof *venue.frames);
    }
    venue.frames[venue.count++] = *frame;
}

/* ---- sending */

static void tick(void *ctx);

static void plan(int64_t in_us)
{
    sim_cancel(&venue);
    sim_at(sim_now_us + in_us, tick, &venue);
}

static int64_t race_clock_ms(void)
{
    return sim_now_us / 1000 + venue.offset_ms;
}

static void send_patiently(void)
{
    if (!venue.joined)
        return;
    if (venue.next < venue.first + venue.count) { /* it has to catch up */
        const struct frame *frame = &venue.frames[venue.next - venue.first];
        bool again = venue.next < venue.ever;
        if (!again || (!frame->extra && !is_behind(frame)))
            network_send(frame->text, frame->len, venue.next++);
        else if (venue.arrived == venue.next) /* not while others are on their way: they come first */
            venue_delivered(venue.next++);
        venue.offset_ms = venue.race_ms - sim_now_us / 1000;
        plan(sim_between(0, 20 * SIM_MS));
        return;
    }
    if (is_over())
        return;
    int64_t due_ms = rf_race_next_ms(venue.race);
    if (due_ms > race_clock_ms()) {
        plan((due_ms - race_clock_ms()) * SIM_MS);
        return;
    }
    struct frame frame;
    if (make_frame(&frame))
        keep_frame(&frame);
    plan(0);
}

static void send_as_it_goes(void)
{
    struct frame frame;
    while (!is_over() && rf_race_next_ms(venue.race) <= race_clock_ms()) {
        if (!make_frame(&frame))
            continue;
        if (venue.joined)
            network_send(frame.text, frame.len, venue.next);
        venue.next++;
        sim_free(frame.text);
        sim_free(frame.counts);
    }
    if (!is_over())
        plan((rf_race_next_ms(venue.race) - race_clock_ms()) * SIM_MS);
}

static void tick(void *ctx)
{
    (void)ctx;
    if (venue.options.patient)
        send_patiently();
    else
        send_as_it_goes();
}

void venue_life_begins(void)
{
    venue.joined = false;
    if (venue.options.patient)
        venue.next = venue.arrived = venue.first;
    if (venue.offset_ms == 0)
        venue.offset_ms = venue.options.race.start_ms - sim_now_us / 1000;
    if (!venue.options.patient)
        plan(0);
}

void venue_joined(bool joined)
{
    venue.joined = joined;
    if (!venue.options.patient || !joined)
        return;
    venue.next = venue.arrived; /* what was on its way when the last connection broke is lost */
    venue.offset_ms = venue.race_ms - sim_now_us / 1000;
    plan(0);
}

void venue_delivered(uint64_t number)
{
    sim_trace("  venue: frame %llu", (unsigned long long)number);
    venue.arrived = number + 1;
    if (venue.ever < venue.arrived)
        venue.ever = venue.arrived;
}

void venue_durable(void)
{
    if (venue.options.patient && venue.arrived > venue.first)
        sim_trace("  venue: frames before %llu are durable", (unsigned long long)venue.arrived);
    if (venue.options.patient)
        free_frames((size_t)(venue.arrived - venue.first));
}

bool venue_over(void)
{
    return is_over() && (!venue.options.patient || venue.arrived == venue.first + venue.count);
}

void venue_stop(void)
{
    venue.stopped = true;
}
