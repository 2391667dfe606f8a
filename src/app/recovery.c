/* recovery.c - at the start: sessions as their files have them, brought up to what the journal has beyond.
 * It changes nothing on disk but by ordinary saves, and the journal stays until those are down: a kill in the
 * middle leaves all as it was. */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "app/app_impl.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/journal.h"

struct found {
    char *id;
    struct rf_session *session; /* owned until it is adopted; NULL: deleted, or cannot be gone on with */
    bool goes_on;               /* it was not over, or it is the newest of its track */
    bool changed;               /* the journal had more than the file */
    UT_hash_handle hh;
};

struct recovery {
    struct rf_app *app;
    struct found *found;
    size_t records;
};

static struct found *add(struct recovery *recovery, const char *id, struct rf_session *session, bool goes_on)
{
    struct found *found = rf_new(sizeof *found);
    found->id = rf_strdup(id);
    found->session = session;
    found->goes_on = goes_on;
    HASH_ADD_KEYPTR(hh, recovery->found, found->id, strlen(found->id), found);
    return found;
}

static struct rf_session *read_session(const struct rf_app *app, const char *id, const char *json, size_t len)
{
    const char *error;
    size_t max_laps = (size_t)app->config->max_laps_per_session;
    struct rf_session *session = rf_session_file_read(id, json, len, max_laps, &error);
    if (session == NULL)
        rf_log_warn(app->log, "session", "%s cannot be gone on with: %s. It is served as it is", id, error);
    return session;
}

static bool same_track(const struct rf_summary *a, const struct rf_summary *b)
{
    return a->has_track == b->has_track && (!a->has_track || a->track == b->track);
}

/* Its frames may still come. Either way: one from the future was stamped before the clock was set back. */
static bool is_recent(struct rf_app *app, const struct rf_summary *summary)
{
    return llabs(rf_app_now_ms(app) - summary->changed_ms) <= rf_engine_options(app->engine)->gap_ms;
}

static void take_file(void *ctx, const struct rf_summary *summary, const char *json, size_t len)
{
    struct recovery *recovery = ctx;
    (void)add(recovery, summary->id, read_session(recovery->app, summary->id, json, len), true);
}

/* A track's newest session is gone on with although it is complete, as long as its frames may still come:
 * karts cross the line after the flag, and that is no new session. The listing's order may be from before the
 * clock was set; where versions tell it too, they do. */
static void take_finished(struct recovery *recovery)
{
    struct rf_app *app = recovery->app;
    struct rf_listing listing;
    rf_store_list(app->store, &(struct rf_listing_query){0}, &listing);
    const struct rf_summary **newest =
        rf_new_array(listing.count + 1, sizeof *newest); /* one for each track */
    size_t tracks = 0;
    for (size_t i = 0; i < listing.count; i++) {
        const struct rf_summary *listed = listing.page[i];
        size_t at = 0;
        if (!is_recent(app, listed))
            continue;
        while (at < tracks && !same_track(newest[at], listed))
            at++;
        if (at == tracks || listed->version > newest[at]->version)
            newest[at] = listed;
        tracks += at == tracks;
    }
    for (size_t i = 0; i < tracks; i++) {
        struct found *found;
        struct rf_buf json = RF_BUF_INIT;
        HASH_FIND_STR(recovery->found, newest[i]->id, found);
        if (found == NULL && rf_store_load_now(app->store, newest[i]->id, &json) == 0)
            take_file(recovery, newest[i], json.data, json.len);
        rf_buf_finish(&json);
    }
    free(newest);
}

static struct found *find(const struct recovery *recovery, const char *id)
{
    struct found *found;
    HASH_FIND_STR(recovery->found, id, found);
    return found;
}

static void let_go(struct recovery *recovery, struct found *found)
{
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): no link of the table leads to one freed before */
    HASH_DEL(recovery->found, found);
    rf_session_destroy(found->session);
    free(found->id);
    free(found);
}

/* The session a record is about: from its file, or made anew where no save had come to be. */
static struct found *find_or_begin(struct recovery *recovery, const struct rf_journal_record *record)
{
    struct found *found = find(recovery, record->session_id);
    if (found != NULL)
        return found;
    struct rf_app *app = recovery->app;
    struct rf_buf json = RF_BUF_INIT;
    struct rf_session *session;
    const struct rf_summary *listed = rf_store_find(app->store, record->session_id);
    /* One of the older files that the journal's names have brought into the listing only now. */
    bool goes_on = listed == NULL || !listed->complete || is_recent(app, listed);
    bool is_old = listed != NULL && listed->version >= record->version;
    if (listed == NULL && rf_store_is_unread(app->store, record->session_id))
        session = NULL; /* NOLINT(bugprone-branch-clone): there are two reasons for that, asked in order */
    else if (listed == NULL)
        session = rf_journal_begin(record, (size_t)app->config->max_laps_per_session);
    else if ((is_old && !goes_on && !rf_store_unsynced(app->store)) ||
             rf_store_load_now(app->store, listed->id, &json) != 0)
        session = NULL; /* the file has it all, or cannot be read; nothing to do for it here */
    else
        session = read_session(app, listed->id, json.data, json.len);
    rf_buf_finish(&json);
    if (session == NULL && is_old && !goes_on)
        return NULL; /* a later record may be newer than the file */
    return add(recovery, record->session_id, session, goes_on);
}

static void take_record(void *ctx, const char *json, size_t len)
{
    struct recovery *recovery = ctx;
    struct rf_journal_record record;
    if (rf_journal_parse(&record, json, len) != 0)
        return; /* its sum is right, so a newer version has written it */
    struct found *found =
        record.deleted ? find(recovery, record.session_id) : find_or_begin(recovery, &record);
    /* Where its file is there, the deletion did not come to be: it is there as a whole. */
    bool gone = record.deleted && rf_store_find(recovery->app->store, record.session_id) == NULL;
    if (gone && found != NULL)
        let_go(recovery, found);
    else if (!record.deleted && found != NULL && found->session != NULL &&
             rf_journal_apply(found->session, &record)) {
        found->changed = true;
        recovery->records++;
    }
    rf_journal_record_finish(&record);
}

static int oldest_first(const struct found *a, const struct found *b)
{
    int64_t left = a->session == NULL ? 0 : a->session->last_frame_ms;
    int64_t right = b->session == NULL ? 0 : b->session->last_frame_ms;
    return left < right ? -1 : left > right;
}

static void go_on(struct recovery *recovery, struct found *found)
{
    struct rf_app *app = recovery->app;
    struct rf_session *session = found->session;
    bool live_feed = rf_app_is_live_feed(app);
    rf_session_restored(session);
    if (!live_feed && !session->ended) {
        session->ended = found->changed = true;
        session->laps_version++;
    }
    if (found->changed || rf_store_unsynced(app->store))
        rf_app_keep(app, session);
    if (live_feed && found->goes_on) {
        rf_log_info(app->log, "session", "%s goes on: %zu karts, %zu laps so far", session->id,
            rf_session_runs_with_laps(session), rf_session_timed_laps(session));
        rf_engine_adopt(app->engine, session);
        found->session = NULL; /* the engine's */
    }
}

/* ---- sessions that were left behind */

struct left_behind {
    struct rf_app *app;
    char *id;
};

static void end_it(void *ctx, const char *json, size_t len, const char *error)
{
    struct left_behind *left = ctx;
    struct rf_app *app = left->app;
    struct rf_session *session = NULL;
    if (error != NULL)
        rf_log_warn(app->log, "session", "%s is never ended: %s", left->id, error);
    if (json != NULL && !app->stopping && rf_engine_find_session(app->engine, left->id) == NULL)
        session = read_session(app, left->id, json, len);
    if (session != NULL) {
        rf_session_restored(session);
        session->ended = true;
        session->laps_version++;
        rf_log_info(app->log, "session", "%s was never ended: it is over now", session->id);
        rf_app_keep(app, session);
        rf_session_destroy(session);
    }
    free(left->id);
    free(left);
}

/* One that is not over, among the files that are read while the server is at work: the newest sessions and
 * those of the journal were read before, so it was left behind long ago. */
static void found_open(void *ctx, const char *id)
{
    struct rf_app *app = ctx;
    if (rf_store_is_blind(app->store))
        return;
    struct left_behind *left = rf_new(sizeof *left);
    *left = (struct left_behind){.app = app, .id = rf_strdup(id)};
    rf_store_read(app->store, id, end_it, left);
}

/* ---- all of it */

void rf_app_restore(struct rf_app *app)
{
    struct recovery recovery = {.app = app};
    int64_t now_ms = rf_app_now_ms(app);
    rf_engine_tick(app->engine, now_ms);
    rf_store_each_open_session(app->store, take_file, &recovery);
    if (rf_app_is_live_feed(app))
        take_finished(&recovery);
    rf_store_each_record(app->store, take_record, &recovery);
    HASH_SORT(recovery.found, oldest_first);
    struct found *found, *next;
    bool blind = rf_store_is_blind(app->store);
    if (blind)
        rf_log_error(app->log, "store",
            "sessions of before are served as their files have them, and none is gone on with, until the "
            "journal "
            "can be read");
    HASH_ITER(hh, recovery.found, found, next)
    {
        if (found->session != NULL && !blind)
            go_on(&recovery, found);
        let_go(&recovery, found);
    }
    if (recovery.records > 0 && !blind)
        rf_log_info(app->log, "store", "%zu records of the journal were newer than the sessions' files",
            recovery.records);
    rf_engine_tick(app->engine, now_ms);
    if (rf_store_unsynced(app->store))
        rf_app_set_not_durable(app, "what an earlier run has written cannot be synced");
    rf_store_index_rest(app->store, found_open, app);
}
