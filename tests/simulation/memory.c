/* memory.c - malloc with a list behind it: what a life has is freed when it is killed, and a life that ended
 * politely must have freed all itself. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "simulation.h"
#include "wraps.h"

struct block {
    struct block *next, **place;
    size_t size;
    size_t owner;
};
_Static_assert(sizeof(struct block) % 16 == 0, "what follows it is aligned as malloc's is");

static struct block *blocks[2];
static size_t counts[2];
static enum sim_owner owner_now = SIM_WORLD;

enum sim_owner sim_own(enum sim_owner owner)
{
    enum sim_owner before = owner_now;
    owner_now = owner;
    return before;
}

static void *keep(struct block *block, size_t size, size_t owner)
{
    if (block == NULL)
        sim_fail("out of memory");
    *block = (struct block){.next = blocks[owner], .place = &blocks[owner], .size = size, .owner = owner};
    if (block->next != NULL)
        block->next->place = &block->next;
    blocks[owner] = block;
    counts[owner]++;
    return block + 1;
}

static struct block *let_go(void *memory)
{
    struct block *block = (struct block *)memory - 1;
    *block->place = block->next;
    if (block->next != NULL)
        block->next->place = block->place;
    counts[block->owner]--;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return keep(__real_malloc(sizeof(struct block) + size), size, owner_now);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return memset(__wrap_malloc(count * size), 0, count * size); /* ours never ask for more than there is */
}

void *__wrap_realloc(void *old, size_t size)
{
    if (old == NULL)
        return __wrap_malloc(size);
    struct block *block = let_go(old);
    size_t owner = block->owner;
    return keep(__real_realloc(block, sizeof *block + size), size, owner);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    return __wrap_realloc(old, count * size);
}

void __wrap_free(void *memory)
{
    if (memory != NULL)
        __real_free(let_go(memory));
}

void sim_free_all(enum sim_owner owner)
{
    while (blocks[owner] != NULL)
        __wrap_free(blocks[owner] + 1);
}

size_t sim_blocks(enum sim_owner owner)
{
    return counts[owner];
}

/* ---- the simulation's own */

void *sim_alloc(size_t size)
{
    return sim_resize(NULL, size);
}

void *sim_resize(void *old, size_t size)
{
    void *memory = __real_realloc(old, size);
    if (memory == NULL)
        sim_fail("out of memory");
    if (old == NULL)
        memset(memory, 0, size);
    return memory;
}

char *sim_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(sim_alloc(size), text, size);
}

void sim_free(void *memory)
{
    __real_free(memory);
}

/* ---- a locale is the C library's, so one is enough for all lives */

locale_t __wrap_newlocale(int mask, const char *name, locale_t base)
{
    static locale_t kept;
    if (kept == (locale_t)0)
        kept = __real_newlocale(mask, name, base);
    return kept;
}

void __wrap_freelocale(locale_t locale)
{
    (void)locale;
}
