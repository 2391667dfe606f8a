/* journal_segments.c - the files of the journal: what each is needed for, and when it goes. */
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "store/journal.h"
#include "store/pool.h"

#define TELL_EVERY_MS 600000

/* ---- needs */

static void forget(struct rf_need **needs, struct rf_need *need)
{
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): no link of the table leads to one freed before */
    HASH_DELETE(hh, *needs, need);
    free(need->id);
    free(need);
}

void rf_need_raise(struct rf_need **needs, const char *id, uint64_t version)
{
    struct rf_need *need;
    HASH_FIND_STR(*needs, id, need);
    if (need == NULL) {
        need = rf_new(sizeof *need);
        need->id = rf_strdup(id);
        HASH_ADD_KEYPTR(hh, *needs, need->id, strlen(need->id), need);
    }
    if (version > need->version)
        need->version = version;
}

void rf_needs_keep(struct rf_need **needs, size_t max)
{
    while (HASH_COUNT(*needs) > max)
        forget(needs, *needs); /* the first is the oldest */
}

bool rf_needs_have(const struct rf_need *needs, const char *id)
{
    const struct rf_need *need;
    HASH_FIND_STR(needs, id, need);
    return need != NULL;
}

void rf_needs_clear(struct rf_need **needs)
{
    struct rf_need *need, *next;
    HASH_ITER(hh, *needs, need, next)
    {
        forget(needs, need);
    }
}

static void drop_need(struct rf_need **needs, const char *id)
{
    struct rf_need *need;
    HASH_FIND_STR(*needs, id, need);
    if (need != NULL)
        forget(needs, need);
}

void rf_journal_unneed(struct rf_journal *journal, const char *id)
{
    struct rf_segment *segment;
    DL_FOREACH(journal->segments, segment)
    {
        drop_need(&segment->needs, id);
    }
    drop_need(&journal->pending_needs, id);
}

/* ---- the list */

static int by_number(const struct rf_segment *a, const struct rf_segment *b)
{
    return a->number < b->number ? -1 : a->number > b->number;
}

struct rf_segment *rf_segment_add(struct rf_journal *journal, uint64_t number)
{
    struct rf_segment *segment = rf_new(sizeof *segment);
    segment->number = number;
    DL_INSERT_INORDER(journal->segments, segment, by_number);
    return segment;
}

void rf_segment_drop(struct rf_journal *journal, struct rf_segment *segment)
{
    DL_DELETE(journal->segments, segment);
    rf_needs_clear(&segment->needs);
    free(segment);
}

/* ---- removing */

struct removal {
    uv_work_t work;
    struct rf_journal *journal;
    uint64_t *numbers; /* oldest first */
    size_t count, removed;
    int fd; /* to be closed; or -1 */
    int error;
};

static void on_pool(uv_work_t *work)
{
    struct removal *removal = work->data;
    if (removal->fd >= 0)
        rf_disk_segment_end(removal->fd);
    while (removal->error == 0 && removal->removed < removal->count) {
        char *path = rf_disk_segment_path(removal->journal->options.disk, removal->numbers[removal->removed]);
        removal->error = rf_disk_remove(path); /* the folder is synced after each: they go in this order */
        removal->removed += removal->error == 0;
        free(path);
    }
}

static void after(uv_work_t *work, int status)
{
    struct removal *removal = work->data;
    struct rf_journal *journal = removal->journal;
    unsigned long held;
    (void)status; /* nothing was removed then: it is tried again */
    for (size_t i = 0; i < removal->removed; i++)
        rf_segment_drop(journal, journal->segments); /* newer ones came behind them only */
    if (removal->error != 0 &&
        rf_log_allow(&journal->removal_limit, rf_clock_mono_ms(), TELL_EVERY_MS, &held))
        rf_log_warn(journal->options.log, "store", "an old file in %s cannot be removed: %s",
            journal->options.disk->journal, strerror(removal->error));
    journal->removing = false;
    free(removal->numbers);
    free(removal);
    journal->options.ended(journal->options.ctx);
}

static void look(const struct rf_journal *journal, struct rf_segment *segment, int64_t now)
{
    bool covered = segment->known;
    for (const struct rf_need *need = segment->needs; covered && need != NULL; need = need->hh.next)
        covered = journal->options.is_saved(journal->options.ctx, need->id, need->version);
    if (covered && !segment->covered)
        segment->covered_ms = now;
    segment->covered = covered;
}

static bool may_go(const struct rf_journal *journal, const struct rf_segment *segment, int64_t now)
{
    bool busy = segment == journal->current &&
                (journal->commit != NULL || now - journal->begun_ms < journal->options.rotate_ms);
    return segment->covered && now - segment->covered_ms >= journal->options.keep_ms && !busy;
}

void rf_journal_tidy(struct rf_journal *journal)
{
    int64_t now = rf_clock_mono_ms();
    struct rf_segment *segment;
    size_t count = 0;
    if (journal->removing)
        return;
    DL_FOREACH(journal->segments, segment)
    {
        look(journal, segment, now);
    }
    for (segment = journal->segments; segment != NULL && may_go(journal, segment, now);
         segment = segment->next)
        count++;
    if (count == 0)
        return;
    struct removal *removal = rf_new(sizeof *removal);
    *removal = (struct removal){.journal = journal, .fd = -1};
    removal->work.data = removal;
    removal->numbers = rf_new_array(count, sizeof *removal->numbers);
    for (segment = journal->segments; removal->count < count; segment = segment->next) {
        removal->numbers[removal->count++] = segment->number;
        if (segment != journal->current)
            continue;
        removal->fd = journal->fd;
        journal->current = NULL;
        journal->fd = -1;
    }
    journal->removing = true;
    rf_pool_run(journal->options.loop, &removal->work, on_pool, after);
}
