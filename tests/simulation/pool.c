/* pool.c - libuv's thread pool: four at work at once, on stacks of their own, in whatever order chance gives.
 */
#include <uv.h>

#include "simulation.h"

#define POOL 4
#define QUEUED_MAX 1024

struct worker {
    struct sim_fiber *fiber;
    uv_work_t *work; /* NULL: free */
    bool waiting, over;
    uv_work_cb run;
    uv_after_work_cb after;
};

struct queued {
    uv_work_t *work;
    uv_work_cb run;
    uv_after_work_cb after;
};

static struct worker workers[POOL];
static struct worker *inside; /* whose fiber runs; NULL: the loop's thread */
static struct queued queue[QUEUED_MAX];
static size_t queue_count;
static int works;

void sim_pool_begin(void)
{
    for (size_t i = 0; i < POOL; i++) {
        struct sim_fiber *fiber = workers[i].fiber;
        workers[i] = (struct worker){.fiber = fiber != NULL ? fiber : sim_fiber_create(512 * 1024)};
    }
    inside = NULL;
    queue_count = 0;
    works = 0;
}

bool sim_pool_busy(void)
{
    return works > 0;
}

static void launch(void *ctx);

static void on_done(void *ctx)
{
    struct worker *worker = ctx;
    uv_work_t *work = worker->work;
    uv_after_work_cb after = worker->after;
    worker->work = NULL;
    works--;
    if (queue_count > 0)
        sim_at(sim_now_us + sim_between(1, 200), launch, NULL);
    after(work, 0);
}

static void in_fiber(void *ctx)
{
    struct worker *worker = ctx;
    worker->run(worker->work);
    worker->over = true;
}

/* The fiber came back: it waits for something, and comes again by itself, or its work is done. */
static void came_back(struct worker *worker)
{
    inside = NULL;
    if (worker->over)
        sim_at(
            sim_now_us + (sim_chance(0.1) ? sim_about(20 * SIM_MS) : sim_between(5, 300)), on_done, worker);
}

static void launch(void *ctx)
{
    (void)ctx;
    struct worker *free_one = NULL;
    for (size_t i = 0; i < POOL && free_one == NULL; i++)
        if (workers[i].work == NULL)
            free_one = &workers[i];
    if (free_one == NULL || queue_count == 0)
        return;
    struct queued next = queue[0];
    for (size_t i = 1; i < queue_count; i++)
        queue[i - 1] = queue[i];
    queue_count--;
    *free_one =
        (struct worker){.fiber = free_one->fiber, .work = next.work, .run = next.run, .after = next.after};
    inside = free_one;
    sim_fiber_start(free_one->fiber, in_fiber, free_one);
    came_back(free_one);
}

int uv_queue_work(uv_loop_t *of, uv_work_t *work, uv_work_cb run, uv_after_work_cb after)
{
    work->loop = of;
    if (queue_count == QUEUED_MAX)
        sim_fail("work piles up in the pool");
    queue[queue_count++] = (struct queued){work, run, after};
    works++;
    sim_at(sim_now_us + (sim_chance(0.05) ? sim_about(10 * SIM_MS) : sim_between(1, 200)), launch, NULL);
    return 0;
}

static void on_waited(void *ctx)
{
    struct worker *worker = ctx;
    worker->waiting = false;
    inside = worker;
    sim_fiber_resume(worker->fiber);
    came_back(worker);
}

bool sim_in_pool(void)
{
    return inside != NULL;
}

void sim_wait(int64_t us)
{
    struct worker *worker = inside;
    if (worker == NULL) {
        sim_now_us += us;
        return;
    }
    worker->waiting = true;
    sim_at(sim_now_us + us, on_waited, worker);
    sim_fiber_yield();
}

void sim_pool_crash(void)
{
    for (size_t i = 0; i < POOL; i++) {
        struct worker *worker = &workers[i];
        if (worker->work == NULL || !worker->waiting || sim_chance(0.5))
            continue;
        worker->waiting = false;
        inside = worker;
        sim_fiber_resume(worker->fiber); /* it finishes its call, and leaves */
    }
    inside = NULL;
}
