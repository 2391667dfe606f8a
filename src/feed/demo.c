/* demo.c - plays a generated race as if it were live. */
#include <stdlib.h>
#include <uv.h>

#include "feed/source_impl.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "racefacer/feed/race.h"

#define HEAD_START_MS                                                                                        \
    180000 /* as long the race has been going on when the demo starts: there is something to see */
#define SLICE_NS 10000000 /* how long one turn of the loop may take while catching up */
#define LAP_MS 27000
#define SESSION_MS 540000

struct demo {
    struct rf_source base;
    struct rf_log *log;
    struct rf_source_callbacks callbacks;
    uv_timer_t timer;
    char *channel; /* owned: the frames' event name, as on a real feed */
    struct rf_race *race;
    struct rf_buf text;
    int64_t wall_ms,
        mono_ms; /* the same moment on both clocks: time goes on evenly whatever is done to the wall clock */
    int64_t newest_ms; /* of the newest frame */
    bool started, closing;
    uint64_t messages, bytes;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static int64_t demo_clock_ms(const struct demo *demo)
{
    return demo->wall_ms + rf_clock_mono_ms() - demo->mono_ms;
}

static void play_one(struct demo *demo)
{
    int64_t at = rf_race_next(demo->race, &demo->text);
    if (demo->text.len == 0)
        return; /* lost on its way */
    demo->newest_ms = at;
    demo->messages++;
    demo->bytes += demo->text.len;
    const struct rf_source_callbacks *to = &demo->callbacks;
    to->on_payload(to->ctx, demo->channel, demo->text.data, demo->text.len, at);
}

static void on_timer(uv_timer_t *timer)
{
    struct demo *demo = timer->data;
    if (!demo->started) {
        demo->started = true;
        if (demo->callbacks.on_state != NULL)
            demo->callbacks.on_state(demo->callbacks.ctx);
    }
    uint64_t end = uv_hrtime() + SLICE_NS;
    int64_t due = rf_race_next_ms(demo->race), now = demo_clock_ms(demo);
    while (!demo->closing && due <= now && uv_hrtime() < end) {
        play_one(demo);
        due = rf_race_next_ms(demo->race);
    }
    if (demo->closing)
        return;
    /* Never 0: a timer that is due again at once would keep the loop from anything else. */
    if (uv_timer_start(&demo->timer, on_timer, due > now ? (uint64_t)(due - now) : 1, 0) != 0)
        rf_log_error(demo->log, "feed", "the demo's timer cannot be set; it stands still");
}

static void demo_start(struct rf_source *source)
{
    struct demo *demo = (struct demo *)source;
    if (uv_timer_start(&demo->timer, on_timer, 0, 0) != 0)
        rf_log_error(demo->log, "feed", "the demo's timer cannot be set; it stands still");
}

static void demo_status(const struct rf_source *source, struct rf_feed_status *out)
{
    const struct demo *demo = (const struct demo *)source;
    *out = (struct rf_feed_status){.source = "demo",
        .target = "",
        .state = "joined",
        .connected = true,
        .dialect = "",
        .since_ms = demo->wall_ms,
        .attempts = 1,
        .last_error = "",
        .connects = 1,
        .messages = demo->messages,
        .bytes = demo->bytes};
}

static int64_t demo_now_ms(const struct rf_source *source)
{
    const struct demo *demo = (const struct demo *)source;
    int64_t now = demo_clock_ms(demo);
    return now > demo->newest_ms ? now : demo->newest_ms;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct demo *demo = handle->data;
    void (*closed)(void *) = demo->closed;
    void *ctx = demo->closed_ctx;
    rf_race_destroy(demo->race);
    rf_buf_finish(&demo->text);
    free(demo->channel);
    free(demo);
    if (closed != NULL)
        closed(ctx);
}

static void demo_close(struct rf_source *source, void (*closed)(void *ctx), void *ctx)
{
    struct demo *demo = (struct demo *)source;
    if (demo->closing)
        return;
    demo->closing = true;
    demo->closed = closed;
    demo->closed_ctx = ctx;
    uv_close((uv_handle_t *)&demo->timer, on_timer_closed);
}

static const struct rf_source_ops ops = {
    .start = demo_start, .status = demo_status, .now_ms = demo_now_ms, .close = demo_close};

struct rf_source *rf_demo_create(struct uv_loop_s *loop, struct rf_log *log, const char *channel,
    const struct rf_source_callbacks *callbacks)
{
    struct demo *demo = rf_new(sizeof *demo);
    demo->base.ops = &ops;
    demo->log = log;
    demo->callbacks = *callbacks;
    demo->channel = rf_strdup(channel);
    demo->wall_ms = rf_clock_wall_ms();
    demo->mono_ms = rf_clock_mono_ms();
    struct rf_race_options options = {.seed = (uint64_t)demo->wall_ms,
        .start_ms = demo->wall_ms - HEAD_START_MS,
        .channel = channel,
        .tracks = 2,
        .karts = 20,
        .lap_ms = LAP_MS,
        .race_ms = SESSION_MS,
        .frame_ms = 1000,
        .faults = true,
        .incidents = true,
        .forget = true};
    demo->race = rf_race_create(&options);
    (void)uv_timer_init(loop, &demo->timer); /* it cannot fail: it only fills in the struct */
    demo->timer.data = demo;
    return &demo->base;
}
