/* journal.c - appending to the journal, and one commit at a time for all that came meanwhile. */
#include "store/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/journal.h"
#include "store/pool.h"

#define SEGMENT_BYTES ((size_t)1 << 20)
#define TELL_EVERY_MS 60000

struct rf_commit {
    uv_work_t work;
    struct rf_journal *journal;
    struct rf_buf data;
    int fd;         /* to write to; -1: none yet, or none any more */
    int retired;    /* the one before, to be closed; or -1 */
    char *path;     /* of a segment to begin; NULL: it is open */
    bool discarded; /* the segment just begun is gone again */
    int error;
    int64_t begun_us;
    bool of_app;
    struct rf_waiter *waiters;
};

/* ---- on the pool */

static void on_pool(uv_work_t *work)
{
    struct rf_commit *commit = work->data;
    if (commit->retired >= 0)
        rf_disk_segment_end(commit->retired);
    if (commit->data.len == 0)
        return;
    if (commit->path != NULL)
        commit->error = rf_disk_segment_begin(commit->path, &commit->fd);
    if (commit->error == 0)
        commit->error = rf_disk_segment_write(commit->fd, commit->data.data, commit->data.len);
    if (commit->error == 0)
        return;
    /* After a failed sync nobody knows what the kernel still has: nothing goes behind it. And a full disk
     * must not be strewn with stumps. */
    if (commit->path != NULL)
        commit->discarded = rf_disk_segment_discard(commit->path, commit->fd);
    else
        rf_disk_segment_end(commit->fd);
}

/* ---- a commit */

static void tell(struct rf_journal *journal, int error)
{
    unsigned long held;
    if (error == 0 && journal->told)
        rf_log_info(journal->options.log, "store", "the journal can be written again");
    else if (error != 0 && rf_log_allow(&journal->commit_limit, rf_clock_mono_ms(), TELL_EVERY_MS, &held))
        rf_log_error(journal->options.log, "store", "%s cannot be written to: %s",
            journal->options.disk->journal, strerror(error));
    else if (error != 0)
        return;
    journal->told = error != 0;
}

static void conclude(struct rf_journal *journal, struct rf_commit *commit)
{
    if (commit->data.len == 0)
        return;
    int64_t took_us = rf_clock_mono_us() - commit->begun_us;
    journal->commit_ms = took_us / 1000;
    rf_histogram_add(&journal->times, took_us);
    tell(journal, commit->error);
    if (commit->error == 0) {
        journal->commits++;
        journal->fd = commit->fd;
        journal->bytes += commit->data.len;
        return;
    }
    journal->failures++;
    if (commit->discarded)
        rf_segment_drop(journal, journal->current);
    journal->current = NULL;
    journal->fd = -1;
}

/* The app's records may have gone with a commit for somebody else, before it asked: it is told of their
 * failure when it asks. */
static void answer(struct rf_journal *journal, struct rf_commit *commit)
{
    struct rf_waiter *waiter, *next;
    bool claimed = false;
    DL_FOREACH_SAFE(commit->waiters, waiter, next)
    {
        int error = commit->error;
        if (waiter->of_app) {
            claimed = true;
            error = error != 0 ? error : journal->unclaimed_error;
        }
        DL_DELETE(commit->waiters, waiter);
        if (waiter->of_app)
            journal->unclaimed_error = 0;
        if (waiter->done != NULL)
            waiter->done(waiter->ctx, error);
        free(waiter);
    }
    if (commit->of_app && !claimed && commit->error != 0)
        journal->unclaimed_error = commit->error;
}

static void launch(struct rf_journal *journal);

static void landed(uv_work_t *work, int status)
{
    struct rf_commit *commit = work->data;
    struct rf_journal *journal = commit->journal;
    if (status != 0)
        commit->error = ECANCELED;
    conclude(journal, commit);
    answer(journal, commit); /* still under way for those who call meanwhile */
    rf_buf_finish(&commit->data);
    free(commit->path);
    free(commit);
    journal->commit = NULL;
    if (journal->waiting != NULL)
        launch(journal);
    journal->options.ended(journal->options.ctx);
}

static void begin_segment(struct rf_journal *journal, struct rf_commit *commit)
{
    int64_t now = rf_clock_mono_ms();
    if (journal->current != NULL &&
        (journal->bytes >= SEGMENT_BYTES || now - journal->begun_ms >= journal->options.rotate_ms)) {
        commit->retired = journal->fd;
        journal->current = NULL;
        journal->fd = -1;
    }
    if (journal->current == NULL) {
        journal->current = rf_segment_add(journal, ++journal->last_number);
        journal->current->known = true;
        journal->begun_ms = now;
        journal->bytes = 0;
        commit->path = rf_disk_segment_path(journal->options.disk, journal->last_number);
    }
    commit->fd = journal->fd;
}

static void launch(struct rf_journal *journal)
{
    struct rf_commit *commit = rf_new(sizeof *commit);
    *commit =
        (struct rf_commit){.journal = journal, .fd = -1, .retired = -1, .of_app = journal->pending_of_app};
    commit->work.data = commit;
    commit->begun_us = rf_clock_mono_us();
    commit->waiters = journal->waiting;
    journal->waiting = NULL;

    rf_buf_append(&commit->data, rf_buf_str(&journal->pending), journal->pending.len);
    rf_buf_clear(&journal->pending);
    journal->pending_of_app = false;

    if (commit->data.len > 0) {
        begin_segment(journal, commit);
        journal->current->covered = false; /* its time begins anew */
        struct rf_need *need, *next;
        HASH_ITER(hh, journal->pending_needs, need, next)
        {
            rf_need_raise(&journal->current->needs, need->id, need->version);
        }
        rf_needs_clear(&journal->pending_needs);
    }
    journal->commit = commit;
    rf_pool_run(journal->options.loop, &commit->work, on_pool, landed);
}

void rf_journal_commit(struct rf_journal *journal, bool of_app, void (*done)(void *ctx, int error), void *ctx)
{
    struct rf_waiter *waiter = rf_new(sizeof *waiter);
    *waiter = (struct rf_waiter){.done = done, .ctx = ctx, .of_app = of_app};
    DL_APPEND(journal->waiting, waiter);
    if (journal->commit == NULL)
        launch(journal);
}

/* ---- records */

void rf_journal_append(
    struct rf_journal *journal, const char *id, uint64_t version, const char *record, size_t len)
{
    rf_buf_append(&journal->pending, record, len);
    rf_need_raise(&journal->pending_needs, id, version);
    journal->pending_of_app = true;
}

void rf_journal_append_deleted(struct rf_journal *journal, const char *id)
{
    rf_journal_write_deleted(&journal->pending, id);
}

bool rf_journal_has(const struct rf_journal *journal, const char *id)
{
    const struct rf_segment *segment;
    bool has = journal->blind || rf_needs_have(journal->pending_needs, id);
    DL_FOREACH(journal->segments, segment)
    {
        has = has || !segment->known || rf_needs_have(segment->needs, id);
    }
    return has;
}

/* ---- begin and end */

static void on_tick(uv_timer_t *timer)
{
    rf_journal_tidy(timer->data);
}

static void found(void *ctx, uint64_t number)
{
    struct rf_journal *journal = ctx;
    (void)rf_segment_add(journal, number); /* the list has it */
    if (number > journal->last_number)
        journal->last_number = number;
}

int rf_journal_open(struct rf_journal *journal, const struct rf_journal_options *options)
{
    *journal = (struct rf_journal){.options = *options, .fd = -1};
    if (rf_disk_each_segment(options->disk, found, journal) != 0) {
        int kept = errno;
        rf_journal_finish(journal);
        errno = kept;
        return -1;
    }
    uint64_t every = options->keep_ms < 60000 ? (uint64_t)options->keep_ms : 60000;
    (void)uv_timer_init(options->loop, &journal->timer); /* neither can fail */
    journal->timer.data = journal;
    (void)uv_timer_start(&journal->timer, on_tick, every, every);
    return 0;
}

bool rf_journal_quiet(const struct rf_journal *journal)
{
    return journal->commit == NULL && !journal->removing;
}

bool rf_journal_last_call(struct rf_journal *journal)
{
    bool wanted = !journal->last_call && journal->pending.len > 0;
    journal->last_call = true;
    if (wanted)
        rf_journal_commit(journal, false, NULL, NULL);
    return rf_journal_quiet(journal);
}

void rf_journal_finish(struct rf_journal *journal)
{
    while (journal->segments != NULL)
        rf_segment_drop(journal, journal->segments);
    rf_needs_clear(&journal->pending_needs);
    rf_buf_finish(&journal->pending);
    if (journal->fd >= 0)
        rf_disk_segment_end(journal->fd);
    journal->fd = -1;
}

static void on_closed(uv_handle_t *handle)
{
    struct rf_journal *journal = handle->data;
    void (*closed)(void *ctx) = journal->closed;
    void *ctx = journal->options.ctx;
    rf_journal_finish(journal);
    closed(ctx);
}

void rf_journal_close(struct rf_journal *journal, void (*closed)(void *ctx))
{
    journal->closed = closed;
    uv_close((uv_handle_t *)&journal->timer, on_closed);
}
