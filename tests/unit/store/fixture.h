/* fixture.h - a store in a folder of its own, and sessions to put into it. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <ftw.h>
#include <uv.h>

#include "racefacer/base/clock.h"
#include "racefacer/base/file.h"
#include "racefacer/base/memory.h"
#include "racefacer/store/store.h"

#define RETRY_MIN_MS 10
#define RETRY_MAX_MS 40

struct fixture {
    uv_loop_t loop;
    char path[64];
    char text[512]; /* of at() */
    struct rf_log *log;
    struct rf_store *store;
    bool closed;
    int64_t retry_min_ms, retry_max_ms, journal_keep_ms, journal_rotate_ms, save_patience_ms;
    int max_sessions;
    size_t index_at_once;
};

/* The path of a file below the storage folder; valid until the next call. */
static inline const char *at(struct fixture *fixture, const char *name)
{
    (void)snprintf(fixture->text, sizeof fixture->text, "%s/%s", fixture->path, name);
    return fixture->text;
}

static inline int setup(void **state)
{
    struct fixture *fixture = rf_new(sizeof *fixture);
    (void)snprintf(fixture->path, sizeof fixture->path, "/tmp/rf-store-XXXXXX");
    assert_non_null(mkdtemp(fixture->path));
    assert_int_equal(uv_loop_init(&fixture->loop), 0);
    fixture->retry_min_ms = RETRY_MIN_MS;
    fixture->retry_max_ms = RETRY_MAX_MS;
    fixture->max_sessions = 50;
    *state = fixture;
    return 0;
}

/* Not inlined: gcc 12 takes the result for a pointer to the variable it was in. */
__attribute__((noinline, unused)) static char *open_error(struct fixture *fixture)
{
    struct rf_store_options options = {.path = fixture->path,
        .max_sessions = fixture->max_sessions,
        .retry_min_ms = fixture->retry_min_ms,
        .retry_max_ms = fixture->retry_max_ms,
        .journal_keep_ms = fixture->journal_keep_ms,
        .journal_rotate_ms = fixture->journal_rotate_ms,
        .save_patience_ms = fixture->save_patience_ms,
        .index_at_once = fixture->index_at_once};
    char *error = NULL;
    fixture->store = rf_store_open(&fixture->loop, fixture->log, &options, &error);
    return error;
}

static inline void open_store(struct fixture *fixture)
{
    char *error = open_error(fixture);
    if (error != NULL)
        fail_msg("%s", error);
    assert_non_null(fixture->store);
}

static inline void on_closed(void *ctx)
{
    struct fixture *fixture = ctx;
    fixture->closed = true;
}

static inline void close_store(struct fixture *fixture)
{
    if (fixture->store == NULL)
        return;
    fixture->closed = false;
    rf_store_close(fixture->store, on_closed, fixture);
    assert_false(fixture->closed); /* never from inside */
    while (!fixture->closed)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    fixture->store = NULL;
}

static inline int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline int teardown(void **state)
{
    struct fixture *fixture = *state;
    close_store(fixture);
    uv_run(&fixture->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&fixture->loop), 0);
    rf_log_destroy(fixture->log);
    assert_int_equal(nftw(fixture->path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(fixture);
    return 0;
}

static inline void run_until_idle(struct fixture *fixture)
{
    while (!rf_store_idle(fixture->store))
        uv_run(&fixture->loop, UV_RUN_ONCE);
}

/* ---- sessions */

struct sample {
    const char *id;
    int64_t started_ms;
    bool live;
    const char *event, *track_name, *driver; /* NULL: "Session", "Lakeside", "Ana Example" */
    int track;                               /* 0: 3 */
    int laps;
    int version; /* 0: the file does not tell */
};

/* The JSON of a session; the caller frees it. */
static inline char *sample_json(const struct sample *sample)
{
    char iso[RF_ISO_SIZE];
    struct rf_buf out = RF_BUF_INIT;
    rf_time_iso(sample->started_ms, iso);
    rf_buf_printf(&out,
        "{\"storageVersion\":1,\"sessionId\":\"%s\",\"eventName\":\"%s\",\"trackConfigId\":%d,\"trackName\":"
        "\"%s\","
        "\"date\":\"%s\",\"timestamp\":\"%s\",\"duration\":0,\"karts\":1,\"laps\":%d,\"winner\":null,"
        "\"isComplete\":%s,\"runs\":[{\"runId\":1,\"driverName\":\"%s\",\"laps\":[]}]}",
        sample->id, sample->event ? sample->event : "Session", sample->track ? sample->track : 3,
        sample->track_name ? sample->track_name : "Lakeside", iso, iso, sample->laps,
        sample->live ? "false" : "true", sample->driver ? sample->driver : "Ana Example");
    if (sample->version > 0) {
        out.len--;
        rf_buf_printf(&out, ",\"lapsVersion\":%d}", sample->version);
    }
    return rf_buf_take(&out);
}

static inline struct rf_summary sample_summary(const struct sample *sample)
{
    struct rf_summary summary;
    const char *error = NULL;
    char *json = sample_json(sample);
    assert_int_equal(rf_summary_of_file(&summary, sample->id, json, strlen(json), &error), 0);
    free(json);
    return summary;
}

static inline void save(struct fixture *fixture, const struct sample *sample, bool current)
{
    struct rf_summary summary = sample_summary(sample);
    char *text = sample_json(sample);
    struct rf_buf json = RF_BUF_INIT;
    rf_buf_puts(&json, text);
    rf_store_save(fixture->store, &summary, &json, current);
    assert_null(json.data); /* taken over */
    free(text);
}

/* Puts a file there as an operator would. */
static inline void put_file(struct fixture *fixture, const char *name, const char *text)
{
    FILE *file = fopen(at(fixture, name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static inline void put_session(struct fixture *fixture, const struct sample *sample)
{
    char name[300], *json = sample_json(sample);
    (void)snprintf(name, sizeof name, "sessions/session-%s.json", sample->id);
    put_file(fixture, name, json);
    free(json);
}

static inline bool exists(struct fixture *fixture, const char *name)
{
    return access(at(fixture, name), F_OK) == 0;
}

static inline void assert_file_is(struct fixture *fixture, const char *name, const struct sample *sample)
{
    struct rf_buf content = RF_BUF_INIT;
    char *wanted = sample_json(sample);
    if (rf_file_load(at(fixture, name), 1 << 20, &content) != 0)
        fail_msg("%s: %s", name, strerror(errno));
    assert_string_equal(rf_buf_str(&content), wanted);
    rf_buf_finish(&content);
    free(wanted);
}

static inline void make_folders(struct fixture *fixture)
{
    assert_int_equal(rf_file_make_folder(at(fixture, "sessions")), 0);
    assert_int_equal(rf_file_make_folder(at(fixture, "current")), 0);
}

/* ---- answers */

struct answer {
    int calls;
    char *json, *error;
    enum rf_store_deleted deleted;
};

static inline void on_read(void *ctx, const char *json, size_t len, const char *error)
{
    struct answer *answer = ctx;
    answer->calls++;
    answer->json = json == NULL ? NULL : rf_strndup(json, len);
    answer->error = error == NULL ? NULL : rf_strdup(error);
}

static inline void on_deleted(void *ctx, enum rf_store_deleted result)
{
    struct answer *answer = ctx;
    answer->calls++;
    answer->deleted = result;
}

static inline void wait_for(struct fixture *fixture, const struct answer *answer)
{
    assert_int_equal(answer->calls, 0); /* never from inside the call */
    while (answer->calls == 0)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(answer->calls, 1);
}

/* What a read gives; NULL where there is none. The caller frees it. */
static inline char *read_now(struct fixture *fixture, const char *id)
{
    struct answer answer = {0};
    rf_store_read(fixture->store, id, on_read, &answer);
    wait_for(fixture, &answer);
    assert_null(answer.error);
    return answer.json;
}

static inline void assert_reads(struct fixture *fixture, const struct sample *sample)
{
    char *wanted = sample_json(sample), *got = read_now(fixture, sample->id);
    assert_non_null(got);
    assert_string_equal(got, wanted);
    free(wanted);
    free(got);
}

static inline enum rf_store_deleted delete_now(struct fixture *fixture, const char *id)
{
    struct answer answer = {0};
    rf_store_delete(fixture->store, id, on_deleted, &answer);
    wait_for(fixture, &answer);
    return answer.deleted;
}

static inline struct rf_store_status status_of(const struct fixture *fixture)
{
    struct rf_store_status status;
    rf_store_status(fixture->store, &status);
    return status;
}

/* The ids of a listing, separated by spaces, and the total: "b a /2". */
static inline void assert_lists(struct fixture *fixture, struct rf_listing_query query, const char *wanted)
{
    struct rf_listing listing;
    struct rf_buf ids = RF_BUF_INIT;
    rf_store_list(fixture->store, &query, &listing);
    for (size_t i = 0; i < listing.count; i++)
        rf_buf_printf(&ids, "%s ", listing.page[i]->id);
    rf_buf_printf(&ids, "/%zu", listing.total);
    assert_string_equal(ids.data, wanted);
    rf_buf_finish(&ids);
}

#define ALL ((struct rf_listing_query){0})

#endif
