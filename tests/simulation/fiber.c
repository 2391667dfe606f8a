/* fiber.c - stacks of their own for the loop's thread and the pool's: each runs until it waits for something,
 * so that what happens in between is ours to choose. */
#include <sys/mman.h>
#include <ucontext.h>

#include "simulation.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

struct sim_fiber {
    ucontext_t context;
    char *stack; /* of the world's own: as the system gave it */
    size_t size;
    void *fake; /* the address sanitizer's */
    struct sim_fiber *back;
    void (*run)(void *ctx);
    void *ctx;
};

static struct sim_fiber world, *current = &world;

static void arrived(void)
{
#ifdef __SANITIZE_ADDRESS__
    const void *bottom;
    size_t size;
    struct sim_fiber *from = current->back == NULL ? &world : current->back;
    __sanitizer_finish_switch_fiber(current->fake, &bottom, &size);
    if (from == &world && current != &world && world.stack == NULL) {
        world.stack = (char *)bottom;
        world.size = size;
    }
#endif
}

static void go_to(struct sim_fiber *to, bool for_good)
{
    struct sim_fiber *from = current;
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(for_good ? NULL : &from->fake, to->stack, to->size);
#else
    (void)for_good;
#endif
    current = to;
    (void)swapcontext(&from->context, &to->context); /* fails for want of a stack only */
    arrived();
}

static void trampoline(void)
{
    arrived();
    struct sim_fiber *fiber = current;
    fiber->run(fiber->ctx);
    go_to(fiber->back, true);
}

struct sim_fiber *sim_fiber_create(size_t size)
{
    struct sim_fiber *fiber = sim_alloc(sizeof *fiber);
    fiber->size = size;
    fiber->stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (fiber->stack == MAP_FAILED)
        sim_fail("no memory for a stack");
    return fiber;
}

void sim_fiber_start(struct sim_fiber *fiber, void (*run)(void *ctx), void *ctx)
{
#ifdef __SANITIZE_ADDRESS__
    __asan_unpoison_memory_region(fiber->stack, fiber->size); /* whoever was killed on it cleared nothing */
#endif
    fiber->run = run;
    fiber->ctx = ctx;
    fiber->fake = NULL;
    (void)getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->stack;
    fiber->context.uc_stack.ss_size = fiber->size;
    fiber->context.uc_link = NULL;
    makecontext(&fiber->context, trampoline, 0);
    fiber->back = current;
    go_to(fiber, false);
}

void sim_fiber_resume(struct sim_fiber *fiber)
{
    fiber->back = current;
    go_to(fiber, false);
}

void sim_fiber_yield(void)
{
    go_to(current->back, false);
}

void sim_fiber_leave(void)
{
    go_to(&world, true);
}
