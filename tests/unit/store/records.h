/* records.h - records to put into a store's journal, and what comes back. */
#ifndef TESTS_STORE_RECORDS_H
#define TESTS_STORE_RECORDS_H

#include "faults.h"

#include <dirent.h>
#include <fcntl.h>

#include "racefacer/codec/journal.h"

#define T0 1767261600000LL /* 2026-01-01T10:00:00Z */
#define FIRST "journal/00000000000000000001.log"
#define SECOND "journal/00000000000000000002.log"
#define KEEP_MS 5

/* One whose text is at least this long. */
static inline void append_long(struct fixture *fixture, const char *id, int version, size_t len)
{
    char *name = rf_new(len + 1), *own = rf_strdup(id), track[] = "Lakeside";
    memset(name, 'x', len);
    struct rf_session session = {
        .id = own, .event_name = name, .track_name = track, .laps_version = (uint64_t)version};
    struct rf_event event = {.type = RF_EVENT_SESSION_BEGAN, .session = &session};
    struct rf_buf record = RF_BUF_INIT;
    rf_journal_write_event(&record, &event);
    rf_store_append(fixture->store, id, (uint64_t)version, record.data, record.len);
    rf_buf_finish(&record);
    free(name);
    free(own);
}

static inline void append(struct fixture *fixture, const char *id, int version)
{
    append_long(fixture, id, version, 0);
}

struct outcome {
    int calls, error;
};

static inline void on_committed(void *ctx, int error)
{
    struct outcome *outcome = ctx;
    outcome->calls++;
    outcome->error = error;
}

/* Commits, and gives the errno. */
static inline int commit(struct fixture *fixture)
{
    struct outcome outcome = {0};
    rf_store_commit(fixture->store, on_committed, &outcome);
    assert_int_equal(outcome.calls, 0); /* never from inside */
    while (outcome.calls == 0)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(outcome.calls, 1);
    return outcome.error;
}

static inline void tell_record(void *ctx, const char *json, size_t len)
{
    struct rf_journal_record record;
    assert_int_equal(rf_journal_parse(&record, json, len), 0);
    if (record.deleted)
        rf_buf_printf(ctx, "-%s ", record.session_id);
    else
        rf_buf_printf(ctx, "%s%llu ", record.session_id, (unsigned long long)record.version);
    rf_journal_record_finish(&record);
}

/* "a1 b2 -a ": version 1 of a, version 2 of b, and that a was deleted. */
static inline void assert_records(struct fixture *fixture, const char *wanted)
{
    struct rf_buf told = RF_BUF_INIT;
    rf_store_each_record(fixture->store, tell_record, &told);
    assert_string_equal(rf_buf_str(&told), wanted);
    rf_buf_finish(&told);
}

static inline off_t size_of(struct fixture *fixture, const char *name)
{
    struct stat status;
    assert_int_equal(stat(at(fixture, name), &status), 0);
    return status.st_size;
}

static inline int count_files(struct fixture *fixture, const char *name)
{
    DIR *folder = opendir(at(fixture, name));
    int count = 0;
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    assert_int_equal(closedir(folder), 0);
    return count;
}

/* Files that may go do so within milliseconds, and none is written to twice. */
static inline void open_hasty(struct fixture *fixture)
{
    fixture->journal_keep_ms = KEEP_MS;
    fixture->journal_rotate_ms = 1;
    open_store(fixture);
}

static inline void write_record(struct fixture *fixture, const char *id, int version)
{
    assert_int_equal(usleep(2000), 0); /* the file before has had its time */
    append(fixture, id, version);
    assert_int_equal(commit(fixture), 0);
}

static inline void count_down(uv_timer_t *timer)
{
    int *left = timer->data;
    if (--*left == 0)
        uv_close((uv_handle_t *)timer, NULL);
}

/* Long enough for what may go to be gone. */
static inline void run_for_a_while(struct fixture *fixture)
{
    uv_timer_t timer;
    int left = 20;
    assert_int_equal(uv_timer_init(&fixture->loop, &timer), 0);
    timer.data = &left;
    assert_int_equal(uv_timer_start(&timer, count_down, KEEP_MS, KEEP_MS), 0);
    while (left > 0)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    uv_run(&fixture->loop, UV_RUN_NOWAIT); /* the timer is gone */
}

static inline void run_until_gone(struct fixture *fixture, const char *name)
{
    while (exists(fixture, name)) /* else the test's time runs out */
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

#endif
