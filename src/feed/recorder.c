/* recorder.c - what the feed sends, on its way to a file: gathered on the loop, written on the thread pool.
 */
#include "racefacer/feed/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "feed/recorder_file.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"

#define FLUSH_MS 1000
#define FLUSH_BYTES (256 << 10) /* so much is written at once, without waiting */
#define WAITING_MAX (16 << 20)  /* bytes; what comes on top is dropped and counted */
#define RETRY_MS 10000          /* after a fault, before the file is tried again */
#define COMPLAIN_EVERY_MS 60000

/* What stands before each payload in the queue: then come its event with its NUL, and its bytes. */
struct record {
    int64_t received_ms;
    size_t event_size, len;
};

struct rf_recorder {
    uv_loop_t *loop;
    struct rf_log *log;
    uv_timer_t timer; /* runs while something waits; does not keep the loop alive */
    uv_work_t work;
    struct rf_buf waiting, writing; /* `writing` and all below it to `last` are the thread's while busy */
    struct recorder_file file;
    uint64_t lost;
    bool last; /* nothing comes after: the file is closed */
    bool busy, closing;
    int64_t retry_ms; /* monotonic: before it the file is left alone */
    uint64_t dropped;
    struct rf_log_limit dropped_limit, fault_limit;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static void write_all(struct rf_recorder *recorder)
{
    const struct rf_buf *from = &recorder->writing;
    bool resting = rf_clock_mono_ms() < recorder->retry_ms, failed = resting;
    for (size_t at = 0; at < from->len;) {
        struct record record;
        memcpy(&record, from->data + at, sizeof record);
        const char *event = from->data + at + sizeof record, *payload = event + record.event_size;
        at += sizeof record + record.event_size + record.len;
        if (!failed)
            failed =
                recorder_file_write(&recorder->file, event, payload, record.len, record.received_ms) != 0;
        recorder->lost += failed;
    }
    if (recorder_file_flush(&recorder->file) != 0)
        failed = true;
    if (recorder->last && recorder_file_close(&recorder->file) != 0)
        failed = true;
    if (failed && !resting)
        recorder->retry_ms = rf_clock_mono_ms() + RETRY_MS;
}

static void on_work(uv_work_t *work)
{
    write_all(work->data);
}

/* The thread does not log: it leaves word, and the loop passes it on. */
static void report(struct rf_recorder *recorder)
{
    unsigned long held;
    struct recorder_file *file = &recorder->file;
    if (file->rotated[0] != '\0')
        rf_log_info(recorder->log, "record", "the file so far is now %s", file->rotated);
    file->rotated[0] = '\0';
    if (file->fault[0] == '\0' ||
        !rf_log_allow(&recorder->fault_limit, rf_clock_mono_ms(), COMPLAIN_EVERY_MS, &held))
        return;
    rf_log_error(recorder->log, "record", "%s: %s; %" PRIu64 " payloads were not recorded so far", file->path,
        file->fault, recorder->lost);
    file->fault[0] = '\0';
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct rf_recorder *recorder = handle->data;
    void (*closed)(void *) = recorder->closed;
    void *ctx = recorder->closed_ctx;
    rf_buf_finish(&recorder->waiting);
    rf_buf_finish(&recorder->writing);
    recorder_file_finish(&recorder->file);
    free(recorder);
    if (closed != NULL)
        closed(ctx);
}

static void flush(struct rf_recorder *recorder);

static void on_timer(uv_timer_t *timer)
{
    flush(timer->data);
}

/* What came while the thread was busy goes next. That and flush call each other once: what comes back here
 * from flush has left nothing waiting. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void after_writing(struct rf_recorder *recorder)
{
    report(recorder);
    if (recorder->last)
        uv_close((uv_handle_t *)&recorder->timer, on_timer_closed);
    else if (recorder->closing || recorder->waiting.len >= FLUSH_BYTES)
        flush(recorder);
    else if (recorder->waiting.len > 0)
        (void)uv_timer_start(&recorder->timer, on_timer, FLUSH_MS, 0); /* fails on a closing handle only */
}

static void on_work_done(uv_work_t *work, int status)
{
    struct rf_recorder *recorder = work->data;
    (void)status; /* an error only where it was cancelled, and it never is */
    recorder->busy = false;
    after_writing(recorder);
}

/* NOLINTNEXTLINE(misc-no-recursion): see after_writing */
static void flush(struct rf_recorder *recorder)
{
    if (recorder->busy)
        return;
    (void)uv_timer_stop(&recorder->timer); /* always 0 */
    struct rf_buf empty = recorder->writing;
    recorder->writing = recorder->waiting;
    recorder->waiting = empty;
    rf_buf_clear(&recorder->waiting);
    recorder->last = recorder->closing;
    recorder->work.data = recorder;
    recorder->busy = true;
    if (uv_queue_work(recorder->loop, &recorder->work, on_work, on_work_done) == 0)
        return;
    write_all(recorder); /* better a moment's wait than a gap in the recording */
    recorder->busy = false;
    after_writing(recorder);
}

void rf_recorder_write(
    struct rf_recorder *recorder, const char *event, const char *json, size_t len, int64_t received_ms)
{
    struct record record = {.received_ms = received_ms, .event_size = strlen(event) + 1, .len = len};
    unsigned long held;
    if (recorder->closing)
        return;
    if (recorder->waiting.len + sizeof record + record.event_size + len > WAITING_MAX) {
        recorder->dropped++;
        if (rf_log_allow(&recorder->dropped_limit, rf_clock_mono_ms(), COMPLAIN_EVERY_MS, &held))
            rf_log_error(recorder->log, "record",
                "%s: the disk is too slow; %" PRIu64 " payloads were not recorded so far",
                recorder->file.path, recorder->dropped);
        return;
    }
    rf_buf_append(&recorder->waiting, &record, sizeof record);
    rf_buf_append(&recorder->waiting, event, record.event_size);
    rf_buf_append(&recorder->waiting, json, len);
    if (recorder->busy)
        return;
    if (recorder->waiting.len >= FLUSH_BYTES)
        flush(recorder);
    else if (!uv_is_active((uv_handle_t *)&recorder->timer))
        (void)uv_timer_start(&recorder->timer, on_timer, FLUSH_MS, 0); /* fails on a closing handle only */
}

struct rf_recorder *rf_recorder_create(
    struct uv_loop_s *loop, struct rf_log *log, const struct rf_recorder_options *options, const char **error)
{
    int fd = open(options->file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0) {
        *error = strerror(errno);
        return NULL;
    }
    (void)close(fd); /* that it can be opened is all there was to know: the thread opens it again */
    struct rf_recorder *recorder = rf_new(sizeof *recorder);
    recorder->loop = loop;
    recorder->log = log;
    recorder_file_init(&recorder->file, options->file, options->rotate_bytes, options->keep);
    (void)uv_timer_init(loop, &recorder->timer); /* it cannot fail: it only fills in the struct */
    recorder->timer.data = recorder;
    uv_unref((uv_handle_t *)&recorder->timer);
    return recorder;
}

void rf_recorder_close(struct rf_recorder *recorder, void (*closed)(void *ctx), void *ctx)
{
    if (recorder->closing)
        return;
    recorder->closing = true;
    recorder->closed = closed;
    recorder->closed_ctx = ctx;
    flush(recorder);
}
