/* replay.c - plays a recording, by its own clock or as fast as it goes. The file is read ahead on the thread
 * pool. */
#include <inttypes.h>
#include <stdlib.h>
#include <uv.h>

#include "feed/recording.h"
#include "feed/source_impl.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"

#define SLICE_NS 5000000 /* how long one turn of the loop may take */
#define WAIT_MAX_MS 60000
#define BAD_LINE_EVERY_MS 10000

struct replay {
    struct rf_source base;
    uv_loop_t *loop;
    struct rf_log *log;
    struct rf_source_callbacks callbacks;
    char *file; /* owned */
    double speed;
    uv_timer_t timer;
    uv_work_t work;

    struct recording *recording;         /* the thread's, while reading */
    struct recording_chunk *now, *ahead; /* being played; being read or waiting to be played. Owned */
    size_t next;                         /* the next entry of `now` */
    bool reading, ahead_ready;

    bool started, ended, held, closing, timer_closed;
    int64_t newest_t;   /* of the newest entry played; before any, the first one's */
    int64_t anchor_t;   /* a moment of the recording … */
    uint64_t anchor_ns; /* … and when it was played */
    int64_t since_ms;
    uint64_t played, bytes, bad;
    struct rf_log_limit bad_limit;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static const struct recording_entry *entry_at(const struct recording_chunk *chunk, size_t index)
{
    /* utarray's macros take no const array. */
    return (const struct recording_entry *)utarray_eltptr(chunk->entries, (unsigned)index);
}

/* Where the recording's clock is by now, were there no frames to wait for. */
static int64_t recording_ms(const struct replay *replay)
{
    double elapsed_ms = (double)(uv_hrtime() - replay->anchor_ns) / 1e6;
    return replay->anchor_t + (int64_t)(elapsed_ms * replay->speed);
}

static void set_anchor(struct replay *replay, int64_t t)
{
    replay->anchor_t = t;
    replay->anchor_ns = uv_hrtime();
}

static void report_chunk(struct replay *replay, const struct recording_chunk *chunk)
{
    unsigned long held;
    replay->bad += chunk->bad;
    if (chunk->bad > 0 && rf_log_allow(&replay->bad_limit, rf_clock_mono_ms(), BAD_LINE_EVERY_MS, &held))
        rf_log_warn(replay->log, "feed",
            "%s: line %zu is no line of a recording; %zu skipped here, %" PRIu64 " so far", replay->file,
            chunk->bad_line, chunk->bad, replay->bad);
    if (chunk->fault[0] != '\0')
        rf_log_warn(replay->log, "feed", "%s breaks off: %s; it is played as far as it goes", replay->file,
            chunk->fault);
}

static void free_when_done(struct replay *replay)
{
    if (!replay->timer_closed || replay->reading)
        return;
    void (*closed)(void *) = replay->closed;
    void *ctx = replay->closed_ctx;
    recording_close(replay->recording);
    recording_chunk_finish(replay->now);
    recording_chunk_finish(replay->ahead);
    free(replay->now);
    free(replay->ahead);
    free(replay->file);
    free(replay);
    if (closed != NULL)
        closed(ctx);
}

static void on_timer(uv_timer_t *timer);

static void wake_in(struct replay *replay, double ms)
{
    /* Never 0: a timer that is due again at once would keep the loop from anything else. */
    uint64_t delay = ms < 1 ? 1 : ms > WAIT_MAX_MS ? WAIT_MAX_MS : (uint64_t)ms + 1;
    if (uv_timer_start(&replay->timer, on_timer, delay, 0) != 0)
        rf_log_error(replay->log, "feed", "the replay's timer cannot be set; it stands still");
}

static void read_work(uv_work_t *work)
{
    struct replay *replay = work->data;
    recording_read(replay->recording, replay->ahead);
}

static void on_read(uv_work_t *work, int status)
{
    struct replay *replay = work->data;
    replay->reading = false;
    if (replay->closing) {
        free_when_done(replay);
        return;
    }
    (void)status; /* an error only where it was cancelled, and that is done on closing only */
    replay->ahead_ready = true;
    report_chunk(replay, replay->ahead);
    if (replay->next == utarray_len(replay->now->entries))
        wake_in(replay, 0);
}

static void read_ahead(struct replay *replay)
{
    if (replay->now->ended)
        return;
    replay->work.data = replay;
    replay->reading = true;
    if (uv_queue_work(replay->loop, &replay->work, read_work, on_read) == 0)
        return;
    rf_log_error(replay->log, "feed", "%s cannot be read any further", replay->file);
    replay->reading = false;
    replay->now->ended = true;
}

static void finish(struct replay *replay)
{
    replay->ended = true;
    const struct rf_source_callbacks *to = &replay->callbacks;
    rf_log_info(replay->log, "feed",
        "the replay of %s is over: %" PRIu64 " payloads, %" PRIu64 " lines skipped", replay->file,
        replay->played, replay->bad);
    if (to->on_state != NULL)
        to->on_state(to->ctx);
    if (!replay->closing && to->on_end != NULL)
        to->on_end(to->ctx);
}

static void play_one(struct replay *replay, const struct recording_entry *entry)
{
    const struct rf_source_callbacks *to = &replay->callbacks;
    const char *text = replay->now->text.data;
    replay->next++;
    replay->newest_t = entry->t;
    replay->played++;
    replay->bytes += entry->payload_len;
    to->on_payload(to->ctx, text + entry->event, text + entry->payload, entry->payload_len, entry->t);
}

/* Puts the chunk read ahead in the place of the one that is played out. False where it is not there yet, or
 * never will be. */
static bool next_chunk(struct replay *replay)
{
    if (replay->now->ended) {
        finish(replay);
        return false;
    }
    if (!replay->ahead_ready)
        return false; /* on_read goes on */
    struct recording_chunk *out = replay->now;
    replay->now = replay->ahead;
    replay->ahead = out;
    replay->ahead_ready = false;
    replay->next = 0;
    read_ahead(replay);
    return true;
}

/* How long it is until the entry is due, real ms; 0 or less: now. */
static double wait_for(struct replay *replay, const struct recording_entry *entry)
{
    if (replay->speed <= 0)
        return 0;
    if (entry->t < replay->newest_t)
        set_anchor(replay, entry->t); /* the recorder's clock was set back */
    return (double)(entry->t - recording_ms(replay)) / replay->speed;
}

static void begin(struct replay *replay)
{
    replay->started = true;
    set_anchor(replay, replay->newest_t);
    read_ahead(replay);
    if (replay->callbacks.on_state != NULL)
        replay->callbacks.on_state(replay->callbacks.ctx);
}

static void on_timer(uv_timer_t *timer)
{
    struct replay *replay = timer->data;
    if (!replay->started)
        begin(replay);
    uint64_t end = uv_hrtime() + SLICE_NS;
    while (!replay->closing && !replay->held && uv_hrtime() < end) {
        if (replay->next == utarray_len(replay->now->entries)) {
            if (!next_chunk(replay))
                return;
            continue;
        }
        const struct recording_entry *entry = entry_at(replay->now, replay->next);
        double wait_ms = wait_for(replay, entry);
        if (wait_ms > 0) {
            wake_in(replay, wait_ms);
            return;
        }
        play_one(replay, entry);
    }
    if (!replay->closing && !replay->held)
        wake_in(replay, 0);
}

static void replay_hold(struct rf_source *source, bool held)
{
    struct replay *replay = (struct replay *)source;
    if (replay->held && !held && replay->started && !replay->ended && !replay->closing)
        wake_in(replay, 0);
    replay->held = held;
}

static void replay_start(struct rf_source *source)
{
    wake_in((struct replay *)source, 0);
}

static void replay_status(const struct rf_source *source, struct rf_feed_status *out)
{
    const struct replay *replay = (const struct replay *)source;
    *out = (struct rf_feed_status){.source = "replay",
        .target = replay->file,
        .state = replay->ended ? "ended" : "joined",
        .connected = true,
        .dialect = "",
        .since_ms = replay->since_ms,
        .attempts = 1,
        .last_error = "",
        .connects = 1,
        .messages = replay->played,
        .bytes = replay->bytes};
}

static int64_t replay_now_ms(const struct rf_source *source)
{
    const struct replay *replay = (const struct replay *)source;
    if (replay->speed <= 0 || !replay->started || replay->ended)
        return replay->newest_t;
    int64_t now = recording_ms(replay), limit = replay->newest_t;
    if (replay->next < utarray_len(replay->now->entries))
        limit = entry_at(replay->now, replay->next)->t;
    else if (replay->ahead_ready && utarray_len(replay->ahead->entries) > 0)
        limit = entry_at(replay->ahead, 0)->t;
    now = now < limit ? now : limit;
    return now > replay->newest_t ? now : replay->newest_t;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct replay *replay = handle->data;
    replay->timer_closed = true;
    free_when_done(replay);
}

static void replay_close(struct rf_source *source, void (*closed)(void *ctx), void *ctx)
{
    struct replay *replay = (struct replay *)source;
    if (replay->closing)
        return;
    replay->closing = true;
    replay->closed = closed;
    replay->closed_ctx = ctx;
    if (replay->reading)
        (void)uv_cancel(
            (uv_req_t *)&replay->work); /* where it runs already, on_read comes soon in any case */
    uv_close((uv_handle_t *)&replay->timer, on_timer_closed);
}

static const struct rf_source_ops ops = {.start = replay_start,
    .status = replay_status,
    .now_ms = replay_now_ms,
    .close = replay_close,
    .hold = replay_hold};

/* Reads up to the first entry. Static text where there is none. */
static const char *read_first(struct recording *recording, struct recording_chunk *chunk)
{
    do {
        size_t bad = chunk->bad;
        recording_read(recording, chunk);
        chunk->bad += bad;
    } while (utarray_len(chunk->entries) == 0 && !chunk->ended);
    if (utarray_len(chunk->entries) > 0)
        return NULL;
    return chunk->fault[0] != '\0' ? "it cannot be read" : "it has no frame";
}

struct rf_source *rf_replay_create(struct uv_loop_s *loop, struct rf_log *log,
    const struct rf_replay_options *options, const struct rf_source_callbacks *callbacks, const char **error)
{
    struct recording *recording = recording_open(options->file, error);
    if (recording == NULL)
        return NULL;
    struct recording_chunk *first = rf_new(sizeof *first);
    recording_chunk_init(first);
    const char *reason = read_first(recording, first);
    if (reason != NULL) {
        *error = reason;
        recording_close(recording);
        recording_chunk_finish(first);
        free(first);
        return NULL;
    }
    struct replay *replay = rf_new(sizeof *replay);
    replay->base.ops = &ops;
    replay->loop = loop;
    replay->log = log;
    replay->callbacks = *callbacks;
    replay->file = rf_strdup(options->file);
    replay->speed = options->speed > 0 ? options->speed : 0; /* a NaN, too, is as fast as it goes */
    replay->recording = recording;
    replay->now = first;
    replay->ahead = rf_new(sizeof *replay->ahead);
    recording_chunk_init(replay->ahead);
    replay->newest_t = entry_at(first, 0)->t;
    replay->since_ms = rf_clock_wall_ms();
    report_chunk(replay, first);
    (void)uv_timer_init(loop, &replay->timer); /* it cannot fail: it only fills in the struct */
    replay->timer.data = replay;
    return &replay->base;
}
