/* fuzz_engine.c - any frames, one after another: laps stay in order and sums right, every event's record can
 * be read, and journal alone, or a file of any moment with the journal, makes the same laps again. A line of
 * the input is a payload; "@17" lets 17 s pass, "~" saves the session shown, "^" restarts the server,
 * "&-90" sets its clock back by 90 s, "-" deletes an ended session. */
#include <stdbool.h>
#include <string.h>

#include "check.h"
#include "expect.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/decode.h"
#include "racefacer/codec/journal.h"
#include "racefacer/codec/session_file.h"
#include "racefacer/codec/views.h"

#define START_MS 1760256914000 /* 2025-10-12T08:15:14.000Z */
#define FRAME_MS 1000          /* between two payloads */
#define LINES_MAX 100
#define MAX_LAPS 5 /* few, so that laps get dropped */

static const struct rf_engine_options options = {.analysis = {.limits = {5000, 0}, .min_laps = 3},
    .max_laps = MAX_LAPS,
    .gap_ms = 3600000,
    .stale_ms = 300000};

struct world {
    struct rf_engine *engine;
    struct rf_decoder *decoder;
    struct rf_buf journal; /* of all sessions */
    struct rf_buf saved;   /* a session's file as it was at some moment, and whose it is */
    char saved_id[256];
    int64_t now_ms;
};

/* ---- the same laps in two sessions */

static bool same_laps(const struct rf_run *a, const struct rf_run *b)
{
    const struct rf_lap_history *left = &a->history, *right = &b->history;
    if (strcmp(rf_session_run_key(a), rf_session_run_key(b)) != 0 || left->count != right->count ||
        rf_lap_history_timed(left) != rf_lap_history_timed(right))
        return false;
    for (size_t i = 0; i < left->count; i++)
        if (left->laps[i].num != right->laps[i].num || left->laps[i].time_ms != right->laps[i].time_ms ||
            left->laps[i].at_ms != right->laps[i].at_ms ||
            left->laps[i].corrected != right->laps[i].corrected)
            return false;
    return true;
}

static void expect_same_laps(const struct rf_session *live, const struct rf_session *rebuilt)
{
    expect(rebuilt->laps_version == live->laps_version && rebuilt->ended == live->ended);
    expect(rf_session_timed_laps(rebuilt) == rf_session_timed_laps(live));
    for (size_t i = 0; i < live->run_count; i++) {
        bool found = rf_lap_history_timed(&live->runs[i]->history) == 0;
        for (size_t j = 0; j < rebuilt->run_count && !found; j++)
            found = same_laps(live->runs[i], rebuilt->runs[j]);
        expect(found);
    }
}

/* ---- while it goes on */

static void check_lap(const struct rf_event *event)
{
    const struct rf_lap *lap = rf_lap_history_find(&event->run->history, event->lap.num);
    expect(event->lap.num >= 1 && event->lap.time_ms > 0);
    /* One that came late is dropped at once where it is older than all that are kept. */
    expect(lap == NULL || lap->time_ms == event->lap.time_ms);
    expect(event->run->total_laps >= 0);
}

static void on_event(void *ctx, const struct rf_event *event)
{
    struct world *world = ctx;
    size_t start = world->journal.len;
    rf_journal_write_event(&world->journal, event);
    if (event->type == RF_EVENT_LAP || event->type == RF_EVENT_LAP_CORRECTED)
        check_lap(event);
    if (world->journal.len == start)
        return;
    struct rf_journal_walk walk = {world->journal.data + start, world->journal.data + world->journal.len};
    struct rf_slice json;
    struct rf_journal_record record;
    expect(rf_journal_next(&walk, &json) == RF_JOURNAL_RECORD && walk.at == walk.end);
    expect(rf_journal_parse(&record, json.data, json.len) == 0 && !record.deleted);
    expect(strcmp(record.session_id, event->session->id) == 0);
    expect(record.version == event->session->laps_version);
    rf_journal_record_finish(&record);
}

static void save(struct world *world)
{
    const struct rf_session *session = rf_engine_default_session(world->engine);
    if (session == NULL || strlen(session->id) >= sizeof world->saved_id)
        return;
    rf_buf_clear(&world->saved);
    rf_session_file_write(&world->saved, session, &options.analysis);
    check_json(&world->saved);
    memcpy(world->saved_id, session->id, strlen(session->id) + 1);
}

/* Every session goes through its file into another engine, as at a restart. */
static void restart(struct world *world)
{
    struct rf_engine *next = rf_engine_create(&options, on_event, world);
    rf_engine_tick(next, world->now_ms);
    for (size_t i = rf_engine_session_count(world->engine);
         i-- > 0;) { /* the one with the newest frame last */
        const struct rf_session *session = rf_engine_session_at(world->engine, i);
        struct rf_buf file = RF_BUF_INIT, again = RF_BUF_INIT;
        const char *error = NULL;
        rf_session_file_write(&file, session, &options.analysis);
        struct rf_session *read = rf_session_file_read(session->id, file.data, file.len, MAX_LAPS, &error);
        expect(read != NULL);
        expect_same_laps(session, read);
        rf_session_file_write(&again, read, &options.analysis);
        expect(again.len == file.len && memcmp(again.data, file.data, file.len) == 0);
        rf_engine_adopt(next, read);
        rf_buf_finish(&file);
        rf_buf_finish(&again);
    }
    rf_engine_destroy(world->engine);
    world->engine = next;
    rf_engine_tick(next, world->now_ms);
}

static void delete_one(struct world *world)
{
    for (size_t i = 0; i < rf_engine_session_count(world->engine); i++) {
        const struct rf_session *session = rf_engine_session_at(world->engine, i);
        if (!session->ended)
            continue;
        char *id = rf_strdup(session->id);
        rf_engine_forget(world->engine, id);
        expect(rf_engine_find_session(world->engine, id) == NULL);
        free(id);
        return;
    }
}

static long number_of(const char *digits, size_t len)
{
    char text[8] = "";
    memcpy(text, digits, len < sizeof text ? len : sizeof text - 1);
    return strtol(text, NULL, 10);
}

static void take_payload(struct world *world, const char *json, size_t len)
{
    enum rf_decoded decoded = rf_decode(world->decoder, "", json, len);
    world->now_ms += FRAME_MS;
    if (decoded == RF_DECODED_FRAME)
        (void)rf_engine_apply(world->engine, rf_decoder_frame(world->decoder), world->now_ms);
    else if (decoded == RF_DECODED_LAP)
        (void)rf_engine_apply_lap(world->engine, rf_decoder_lap(world->decoder), world->now_ms);
}

static void take_line(struct world *world, const char *line, size_t len)
{
    long number = len == 0 ? 0 : number_of(line + 1, len - 1);
    switch (len == 0 ? '\0' : line[0]) {
    case '~': save(world); break;
    case '^': restart(world); break;
    case '-': delete_one(world); break;
    case '&':
        world->now_ms += number * 1000;
        rf_engine_clock_was_set(world->engine, number * 1000);
        break;
    case '@':
        world->now_ms += labs(number) * 1000;
        rf_engine_tick(world->engine, world->now_ms);
        break;
    default: take_payload(world, line, len);
    }
}

/* ---- and after a crash */

static void check_rebuilt(
    const struct world *world, const struct rf_session *live, struct rf_session *session)
{
    struct rf_journal_walk walk = {
        rf_buf_str(&world->journal), rf_buf_str(&world->journal) + world->journal.len};
    struct rf_slice json;
    struct rf_journal_record record;
    while (rf_journal_next(&walk, &json) == RF_JOURNAL_RECORD) {
        expect(rf_journal_parse(&record, json.data, json.len) == 0);
        if (strcmp(record.session_id, live->id) == 0) {
            if (session == NULL)
                session = rf_journal_begin(&record, MAX_LAPS);
            (void)rf_journal_apply(session, &record); /* false: the file has it already */
        }
        rf_journal_record_finish(&record);
    }
    expect(session != NULL);
    rf_session_restored(session);
    check_session(session, &options.analysis);
    expect_same_laps(live, session);
    rf_session_destroy(session);
}

static void check_end(const struct world *world, const struct rf_session *session)
{
    struct rf_buf out = RF_BUF_INIT;
    const char *error = NULL;
    rf_view_current(&out, world->engine, session);
    check_json(&out);
    rf_buf_clear(&out);
    rf_view_analysis(&out, world->engine, session);
    check_json(&out);
    rf_buf_finish(&out);
    check_rebuilt(world, session, NULL);
    if (strcmp(session->id, world->saved_id) != 0)
        return;
    struct rf_session *read =
        rf_session_file_read(session->id, world->saved.data, world->saved.len, MAX_LAPS, &error);
    expect(read != NULL);
    check_rebuilt(world, session, read);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size;
    struct world world = {.decoder = rf_decoder_create(), .now_ms = START_MS};
    world.engine = rf_engine_create(&options, on_event, &world);
    for (int lines = 0; at < end && lines < LINES_MAX; lines++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline != NULL ? newline : end;
        take_line(&world, at, (size_t)(stop - at));
        at = newline != NULL ? newline + 1 : end;
        for (size_t i = 0; i < rf_engine_session_count(world.engine); i++)
            check_session(rf_engine_session_at(world.engine, i), &options.analysis);
    }
    for (size_t i = 0; i < rf_engine_session_count(world.engine); i++)
        check_end(&world, rf_engine_session_at(world.engine, i));
    rf_engine_destroy(world.engine);
    rf_decoder_destroy(world.decoder);
    rf_buf_finish(&world.saved);
    rf_buf_finish(&world.journal);
    return 0;
}
