/* journal_read.c - brings a session up to its records. */
#include <stdlib.h>
#include <string.h>

#include "codec/session_text.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/journal.h"

#define COUNT_MAX 1000000000 /* as much as the decoder takes from a feed */
#define MS_MAX 253402300799999

static int64_t get_int(const cJSON *object, const char *name, int64_t max)
{
    int64_t value = 0;
    (void)rf_json_get_int(rf_json_path(object, name, NULL), 0, max, &value); /* 0 where it is missing */
    return value;
}

static const char *get_text(const cJSON *object, const char *name)
{
    const char *text = rf_json_get_text(rf_json_path(object, name, NULL));
    return text != NULL ? text : "";
}

int rf_journal_parse(struct rf_journal_record *out, const char *json, size_t len)
{
    struct rf_session_text text;
    const char *error;
    if (rf_session_text_init(&text, json, len, &error) != 0)
        return -1;
    const char *id = get_text(text.root, "sessionId"), *what = get_text(text.root, "what");
    bool good = id[0] != '\0' && what[0] != '\0';
    *out = (struct rf_journal_record){
        .session_id = rf_strdup(id),
        .version = (uint64_t)get_int(text.root, "version", INT64_MAX / 2),
        .deleted = strcmp(what, "deleted") == 0,
    };
    rf_buf_append(&out->json, json, len);
    rf_session_text_finish(&text);
    if (good)
        return 0;
    rf_journal_record_finish(out);
    return -1;
}

void rf_journal_record_finish(struct rf_journal_record *record)
{
    free(record->session_id);
    rf_buf_finish(&record->json);
    *record = (struct rf_journal_record){0};
}

static void apply_head(struct rf_session *session, const struct rf_session_text *text)
{
    int64_t seen_ms = get_int(text->root, "lastFrameAt", MS_MAX);
    (void)rf_strset(&session->event_name, get_text(text->root, "eventName")); /* changed or not */
    (void)rf_strset(&session->track_name, get_text(text->root, "trackName"));
    /* Not only later ones: the clock may have been set back, and the begin moves with it. */
    if (seen_ms > 0)
        session->last_frame_ms = session->changed_ms = seen_ms;
    session->made_s = get_int(text->root, "frameMadeAt", MS_MAX) / 1000;
    int64_t started_ms = get_int(text->root, "startedAt", MS_MAX);
    if (started_ms > 0)
        session->started_ms = started_ms;
}

struct rf_session *rf_journal_begin(const struct rf_journal_record *record, size_t max_laps)
{
    struct rf_session_text text;
    const char *error;
    struct rf_session *session = rf_session_create(record->session_id, "", max_laps);
    if (rf_session_text_init(&text, record->json.data, record->json.len, &error) != 0)
        return session;
    session->has_track = rf_slice_get_int(rf_slice_path(text.whole, "trackConfigId", NULL), &session->track);
    apply_head(session, &text);
    rf_session_text_finish(&text);
    return session;
}

static struct rf_run *find_run(struct rf_session *session, const struct rf_session_text *text)
{
    const cJSON *object = rf_json_path(text->root, "run", NULL);
    int first_lap = (int)get_int(object, "firstLap", COUNT_MAX);
    struct rf_row row = {.kart = get_text(object, "kart"),
        .kart_number = get_text(object, "kartNumber"),
        .driver = get_text(object, "driverName"),
        .position = (int)get_int(object, "position", COUNT_MAX)};
    row.has_id = rf_slice_get_int(rf_slice_path(text->whole, "run", "runId", NULL), &row.id);
    row.has_kart_id = rf_slice_get_int(rf_slice_path(text->whole, "run", "kartId", NULL), &row.kart_id);
    if (!row.has_id && !row.has_kart_id && row.kart[0] == '\0' && row.kart_number[0] == '\0')
        return NULL;
    struct rf_run *run = rf_session_restore_run(session, get_text(object, "competitor"), &row, first_lap);
    if (run == NULL)
        return NULL;
    if (row.has_kart_id) { /* the feed may tell it late */
        run->has_kart_id = true;
        run->kart_id = row.kart_id;
    }
    (void)rf_strset(&run->kart, row.kart); /* changed or not */
    (void)rf_strset(&run->kart_number, row.kart_number);
    (void)rf_strset(&run->driver, row.driver);
    run->position = row.position;
    run->total_laps = (int)get_int(object, "totalLaps", COUNT_MAX);
    run->last_lap_ms = get_int(object, "lastLapAt", MS_MAX);
    run->updated_ms = session->last_frame_ms;
    return run;
}

static void apply_lap(struct rf_session *session, const struct rf_session_text *text, const char *what)
{
    const cJSON *object = rf_json_path(text->root, "lap", NULL);
    struct rf_lap lap = {.num = (int)get_int(object, "lapNum", COUNT_MAX),
        .time_ms = (int32_t)get_int(object, "timeRaw", INT32_MAX),
        .position = (int)get_int(object, "position", COUNT_MAX),
        .at_ms = get_int(object, "timestamp", MS_MAX)};
    struct rf_run *run = find_run(session, text);
    if (run == NULL)
        return;
    if (strcmp(what, "removed") == 0)
        rf_session_restore_fall(session, run, lap.num);
    else if (lap.num >= 1 && lap.time_ms > 0 && !rf_lap_history_add(&run->history, &lap))
        (void)rf_lap_history_correct(&run->history, lap.num, lap.time_ms); /* false: it has that time */
}

bool rf_journal_apply(struct rf_session *session, const struct rf_journal_record *record)
{
    struct rf_session_text text;
    const char *error;
    if (record->version <= session->laps_version ||
        rf_session_text_init(&text, record->json.data, record->json.len, &error) != 0)
        return false;
    const char *what = get_text(text.root, "what");
    session->laps_version = record->version;
    session->version++;
    apply_head(session, &text);
    if (strcmp(what, "ended") == 0)
        session->ended = true;
    else if (strcmp(what, "began") != 0)
        apply_lap(session, &text, what);
    rf_session_text_finish(&text);
    return true;
}
