/* loop.c - libuv, as far as the daemon calls it: a queue of what is due on a simulated clock, and a pool of
 * four whose work goes on side by side in whatever order chance gives. */
#include <errno.h>
#include <uv.h>

#include "simulation.h"

#define HANDLES_MAX 64
#define EVENTS_AT_MOST 4000000 /* in one life: far more than any needs */

struct due {
    int64_t at_us;
    uint64_t number; /* of equal times the first asked for comes first */
    void (*run)(void *ctx);
    void *ctx;
};

struct timer {
    uv_timer_t *handle;
    int64_t due_us; /* -1: not running */
    uint64_t number;
    uint64_t repeat_ms;
    uv_timer_cb run;
};

static struct due *heap;
static size_t heap_count, heap_cap;
static uint64_t numbers;

static struct {
    int64_t time_us; /* as uv_now: of the turn's beginning */
    struct timer timers[HANDLES_MAX];
    size_t timer_count;
    struct {
        uv_signal_t *handle;
        uv_signal_cb run;
        int number;
    } signals[HANDLES_MAX];
    size_t signal_count;
    int closing, held;
    uint64_t turns;
} loop;

/* ---- what is due */

static bool earlier(const struct due *a, const struct due *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->number < b->number;
}

static void swap(size_t a, size_t b)
{
    struct due swapped = heap[a];
    heap[a] = heap[b];
    heap[b] = swapped;
}

static void sink(size_t at)
{
    for (;;) {
        size_t least = at, left = 2 * at + 1;
        for (size_t child = left; child < left + 2 && child < heap_count; child++)
            if (earlier(&heap[child], &heap[least]))
                least = child;
        if (least == at)
            return;
        swap(at, least);
        at = least;
    }
}

void sim_at(int64_t at_us, void (*run)(void *ctx), void *ctx)
{
    if (heap_count == heap_cap) {
        heap_cap = heap_cap == 0 ? 64 : 2 * heap_cap;
        heap = sim_resize(heap, heap_cap * sizeof *heap);
    }
    heap[heap_count] = (struct due){at_us < sim_now_us ? sim_now_us : at_us, ++numbers, run, ctx};
    for (size_t at = heap_count++; at > 0 && earlier(&heap[at], &heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(at, (at - 1) / 2);
}

void sim_cancel(const void *ctx)
{
    size_t left = 0;
    for (size_t i = 0; i < heap_count; i++)
        if (heap[i].ctx != ctx)
            heap[left++] = heap[i];
    heap_count = left;
    for (size_t i = heap_count / 2; i-- > 0;)
        sink(i);
}

static void on_closed(void *ctx);

void sim_loop_begin(void)
{
    while (heap_count > 0)
        if (heap[--heap_count].run == on_closed)
            sim_free(heap[heap_count].ctx);
    loop.timer_count = loop.signal_count = 0;
    loop.closing = loop.held = 0;
    loop.turns = 0;
    sim_pool_begin();
}

void sim_loop_hold(int by)
{
    loop.held += by;
}

/* ---- the loop */

int uv_loop_init(uv_loop_t *handle)
{
    handle->data = NULL;
    loop.time_us = sim_now_us;
    return 0;
}

int uv_loop_close(uv_loop_t *handle)
{
    (void)handle;
    return loop.timer_count + loop.signal_count > 0 || sim_pool_busy() || loop.held > 0 ? UV_EBUSY : 0;
}

static struct timer *first_timer(void)
{
    struct timer *first = NULL;
    for (size_t i = 0; i < loop.timer_count; i++) {
        struct timer *timer = &loop.timers[i];
        if (timer->due_us >= 0 && (first == NULL || timer->due_us < first->due_us ||
                                      (timer->due_us == first->due_us && timer->number < first->number)))
            first = timer;
    }
    return first;
}

static void begin_turn(int64_t at_us)
{
    if (at_us > sim_now_us)
        sim_now_us = at_us;
    loop.time_us = sim_now_us;
    sim_note((uint64_t)sim_now_us);
    sim_totals.events++;
    if (++loop.turns > EVENTS_AT_MOST)
        sim_fail("the loop does not come to an end");
}

static void fire(struct timer *timer)
{
    if (timer->repeat_ms > 0) {
        timer->due_us = loop.time_us + (int64_t)timer->repeat_ms * SIM_MS;
        timer->number = ++numbers;
    } else {
        timer->due_us = -1;
    }
    timer->run(timer->handle);
}

int uv_run(uv_loop_t *handle, uv_run_mode mode)
{
    (void)handle, (void)mode;
    while (first_timer() != NULL || loop.signal_count > 0 || loop.closing > 0 || sim_pool_busy() ||
           loop.held > 0) {
        struct timer *timer = first_timer();
        if (timer == NULL && heap_count == 0)
            sim_fail("the loop waits for ever");
        if (timer != NULL && (heap_count == 0 || timer->due_us <= heap[0].at_us)) {
            begin_turn(timer->due_us);
            fire(timer);
            continue;
        }
        struct due next = heap[0];
        heap[0] = heap[--heap_count];
        sink(0);
        begin_turn(next.at_us);
        next.run(next.ctx);
    }
    return 0;
}

/* ---- handles */

static struct timer *find_timer(const uv_timer_t *handle)
{
    for (size_t i = 0; i < loop.timer_count; i++)
        if (loop.timers[i].handle == handle)
            return &loop.timers[i];
    return NULL;
}

int uv_timer_init(uv_loop_t *of, uv_timer_t *handle)
{
    if (loop.timer_count == HANDLES_MAX)
        sim_fail("more timers than the simulation has room for");
    handle->loop = of;
    handle->type = UV_TIMER;
    loop.timers[loop.timer_count++] = (struct timer){.handle = handle, .due_us = -1};
    return 0;
}

int uv_timer_start(uv_timer_t *handle, uv_timer_cb run, uint64_t timeout_ms, uint64_t repeat_ms)
{
    struct timer *timer = find_timer(handle);
    if (timer == NULL)
        return UV_EINVAL; /* it is closing */
    timer->due_us = loop.time_us + (int64_t)timeout_ms * SIM_MS;
    timer->number = ++numbers;
    timer->repeat_ms = repeat_ms;
    timer->run = run;
    return 0;
}

int uv_timer_stop(uv_timer_t *handle)
{
    struct timer *timer = find_timer(handle);
    if (timer != NULL)
        timer->due_us = -1;
    return 0;
}

int uv_is_active(const uv_handle_t *handle)
{
    const struct timer *timer = find_timer((const uv_timer_t *)handle);
    return timer != NULL && timer->due_us >= 0;
}

int uv_signal_init(uv_loop_t *of, uv_signal_t *handle)
{
    handle->loop = of;
    handle->type = UV_SIGNAL;
    return 0;
}

int uv_signal_start(uv_signal_t *handle, uv_signal_cb run, int number)
{
    loop.signals[loop.signal_count].handle = handle;
    loop.signals[loop.signal_count].run = run;
    loop.signals[loop.signal_count++].number = number;
    return 0;
}

void sim_loop_signal(int number)
{
    for (size_t i = 0; i < loop.signal_count; i++)
        if (loop.signals[i].number == number) {
            loop.signals[i].run(loop.signals[i].handle, number);
            return;
        }
}

struct closing {
    uv_handle_t *handle;
    uv_close_cb closed;
};

static void on_closed(void *ctx)
{
    struct closing closing = *(struct closing *)ctx;
    sim_free(ctx);
    loop.closing--;
    if (closing.closed != NULL)
        closing.closed(closing.handle);
}

void uv_close(uv_handle_t *handle, uv_close_cb closed)
{
    bool found = false;
    for (size_t i = 0; i < loop.timer_count && !found; i++)
        if ((uv_handle_t *)loop.timers[i].handle == handle) {
            loop.timers[i] = loop.timers[--loop.timer_count];
            found = true;
        }
    for (size_t i = 0; i < loop.signal_count && !found; i++)
        if ((uv_handle_t *)loop.signals[i].handle == handle) {
            loop.signals[i] = loop.signals[--loop.signal_count];
            found = true;
        }
    if (!found)
        sim_fail("a handle is closed twice, or was never begun");
    struct closing *closing = sim_alloc(sizeof *closing);
    *closing = (struct closing){handle, closed};
    loop.closing++;
    sim_at(sim_now_us, on_closed, closing);
}

void uv_unref(uv_handle_t *handle)
{
    (void)handle; /* what is unreferenced is not made here */
}

uint64_t uv_hrtime(void)
{
    return (uint64_t)sim_now_us * 1000;
}

int uv_resident_set_memory(size_t *out)
{
    *out = (size_t)8 << 20;
    return 0;
}
