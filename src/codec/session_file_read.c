/* session_file_read.c - a session from its file, so that the engine can go on with it after a restart. */
#include "racefacer/codec/session_file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "codec/analysis_write.h"
#include "codec/session_text.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/json_slice.h"

#define MAX_POSITION 100000
#define MAX_LAP_NUM 1000000000 /* as much as the decoder takes from a feed */
#define MAX_MS 253402300799999 /* the end of the year 9999 */

static int get_int(const cJSON *object, const char *name, int min, int max, int otherwise)
{
    int64_t value = otherwise;
    (void)rf_json_get_int(
        rf_json_path(object, name, NULL), min, max, &value); /* left as it is where missing */
    return (int)value;
}

static int64_t get_ms(const cJSON *object, const char *name)
{
    int64_t value = 0;
    (void)rf_json_get_int(rf_json_path(object, name, NULL), 0, MAX_MS, &value);
    return value;
}

static const char *get_text(const cJSON *object, const char *name)
{
    const char *text = rf_json_get_text(rf_json_path(object, name, NULL));
    return text != NULL ? text : "";
}

static bool get_id(struct rf_slice object, const char *name, int64_t *out)
{
    return rf_slice_get_int(rf_slice_path(object, name, NULL), out);
}

static void read_laps(struct rf_run *run, const cJSON *entry)
{
    const cJSON *item;
    /* Only into an empty history: a file may name one run twice. */
    if (rf_lap_history_timed(&run->history) == 0) {
        cJSON_ArrayForEach(item, rf_json_path(entry, "droppedTimes", NULL))
        {
            int64_t time;
            if (rf_json_get_int(item, 1, INT32_MAX, &time))
                rf_lap_history_add_dropped(&run->history, (int32_t)time);
        }
    }
    cJSON_ArrayForEach(item, rf_json_path(entry, "laps", NULL))
    {
        struct rf_lap lap = {
            .num = get_int(item, "lapNum", 1, MAX_LAP_NUM, 0),
            .time_ms = get_int(item, "timeRaw", 1, INT32_MAX, 0),
            .position = get_int(item, "position", 0, MAX_POSITION, 0),
            .corrected = cJSON_IsTrue(rf_json_path(item, "corrected", NULL)),
            .at_ms = get_ms(item, "timestamp"),
        };
        if (lap.num > 0 && lap.time_ms > 0)
            (void)rf_lap_history_add(&run->history, &lap); /* false: a number the file gives twice */
    }
}

/* One entry of "runs": of the tree, of the text, and the row of sessionData that goes with it. */
struct entry {
    const cJSON *tree;
    struct rf_slice text, row;
};

static void row_of_entry(const struct entry *entry, struct rf_row *row)
{
    *row = (struct rf_row){
        .kart = get_text(entry->tree, "kart"),
        .kart_number = get_text(entry->tree, "kartNumber"),
        .driver = get_text(entry->tree, "driverName"),
        .position = get_int(entry->tree, "position", 0, MAX_POSITION, 0),
        .total_laps = get_int(entry->tree, "totalLaps", 0, MAX_LAP_NUM, 0),
        .raw = entry->row,
    };
    row->has_id = get_id(entry->text, "runId", &row->id);
    row->has_kart_id = get_id(entry->text, "kartId", &row->kart_id);
}

static int stint_at(const struct entry *entry, int index)
{
    const cJSON *stints = rf_json_path(entry->tree, "stints", NULL);
    int64_t lap = 1;
    /* A kart that was left before it had a lap has lost its stint to the next one, or to the one before: it
     * began where that one does, which takes the place again when all are there. */
    if (cJSON_IsArray(stints) && cJSON_GetArraySize(stints) == 0)
        return get_int(entry->tree, "totalLaps", 0, MAX_LAP_NUM - 1, 0) + 1;
    (void)rf_json_get_int(
        cJSON_GetArrayItem(stints, index), 0, MAX_LAP_NUM, &lap); /* else from the first on */
    return (int)lap;
}

/* False where nothing tells whose laps these are. */
static bool is_named(const struct rf_row *row)
{
    return row->has_id || row->has_kart_id || row->kart[0] != '\0' || row->kart_number[0] != '\0';
}

static struct rf_run *restore(
    struct rf_session *session, const struct entry *entry, const struct rf_row *row, int stint)
{
    return rf_session_restore_run(session, get_text(entry->tree, "competitor"), row, stint_at(entry, stint));
}

static void read_run(struct rf_session *session, const struct entry *entry)
{
    struct rf_row row;
    row_of_entry(entry, &row);
    if (!is_named(&row))
        return;
    struct rf_run *run = restore(session, entry, &row, 0);
    if (run == NULL)
        return; /* more runs than a session can hold */
    run->position = row.position;
    run->total_laps = row.total_laps;
    run->missed_laps = get_int(entry->tree, "missedLaps", 0, MAX_LAP_NUM, 0);
    run->stale = cJSON_IsTrue(rf_json_path(entry->tree, "stale", NULL));
    run->in_frame = cJSON_IsTrue(rf_json_path(entry->tree, "inFrame", NULL));
    run->last_lap_ms = get_ms(entry->tree, "lastLapAt");
    run->updated_ms = get_ms(entry->tree, "updatedAt");
    rf_buf_clear(&run->row);
    rf_buf_append(&run->row, row.raw.data, row.raw.len);
    read_laps(run, entry->tree);
}

/* All stints, now that the runs are all there: those of a run that came back to its kart, and those in whose
 * place a kart without a lap was read. */
static void read_stints(struct rf_session *session, const struct entry *entry)
{
    struct rf_row row;
    row_of_entry(entry, &row);
    int count = cJSON_GetArraySize(rf_json_path(entry->tree, "stints", NULL));
    for (int i = 0; i < count && is_named(&row); i++)
        (void)restore(session, entry, &row, i); /* the run is known, or the session is full */
}

/* Lines up "runs" with the rows of sessionData, which stand in the same order. */
static size_t collect_entries(const struct rf_session_text *text, struct entry **out)
{
    const cJSON *runs = rf_json_path(text->root, "runs", NULL), *tree;
    if (!cJSON_IsArray(runs))
        return 0;
    struct entry *entries = rf_new_array((size_t)cJSON_GetArraySize(runs) + 1, sizeof(*entries));
    struct rf_json_walk texts, rows;
    bool have_texts = rf_json_walk_begin(&texts, rf_slice_path(text->whole, "runs", NULL));
    bool have_rows = rf_json_walk_begin(&rows, rf_slice_path(text->whole, "sessionData", "runs", NULL));
    size_t count = 0;
    cJSON_ArrayForEach(tree, runs)
    {
        struct rf_slice key;
        struct entry *entry = &entries[count++];
        entry->tree = tree;
        have_texts = have_texts && rf_json_walk_next(&texts, &key, &entry->text);
        have_rows = have_rows && rf_json_walk_next(&rows, &key, &entry->row);
        if (!have_texts)
            entry->text = (struct rf_slice){0};
        if (!have_rows || entry->row.data[0] != '{')
            entry->row = (struct rf_slice){0};
    }
    *out = entries;
    return count;
}

static void read_runs(struct rf_session *session, const struct rf_session_text *text)
{
    struct entry *entries = NULL;
    size_t count = collect_entries(text, &entries);
    for (size_t i = 0; i < count; i++)
        read_run(session, &entries[i]);
    for (size_t i = 0; i < count; i++)
        read_stints(session, &entries[i]);
    free(entries);
}

static void read_head(struct rf_session *session, const struct rf_session_text *text)
{
    const cJSON *root = text->root, *data = rf_json_path(root, "sessionData", NULL);
    struct rf_slice raw = rf_slice_path(text->whole, "sessionData", NULL);
    char room[RF_TRACK_NAME_SIZE];

    session->has_track = get_id(text->whole, "trackConfigId", &session->track);
    const char *made_up = rf_session_track_name(session, room), *name = get_text(root, "trackName");
    if (made_up == NULL || strcmp(made_up, name) != 0)
        (void)rf_strset(&session->track_name, name);
    session->last_frame_ms = get_ms(root, "lastFrameAt");
    session->made_s = get_ms(root, "frameMadeAt") / 1000;
    int64_t laps_version = 0;
    if (rf_json_get_int(rf_json_path(root, "lapsVersion", NULL), 0, INT64_MAX / 2, &laps_version))
        session->laps_version = (uint64_t)laps_version;
    session->started_ms = session->changed_ms = session->last_frame_ms;
    (void)rf_json_get_time(rf_json_path(root, "date", NULL), &session->started_ms); /* else the frame's */
    (void)rf_json_get_time(rf_json_path(root, "timestamp", NULL), &session->changed_ms);
    session->ended = cJSON_IsTrue(rf_json_path(root, "isComplete", NULL));
    session->current_lap = get_int(data, "currentLap", 0, MAX_LAP_NUM, RF_NO_COUNT);
    session->total_laps = get_int(data, "totalLaps", 0, MAX_LAP_NUM, RF_NO_COUNT);
    if (cJSON_IsObject(data))
        rf_buf_append(&session->data, raw.data, raw.len);
}

struct rf_session *rf_session_file_read(
    const char *id, const char *text, size_t len, size_t max_laps, const char **error)
{
    struct rf_session_text parsed;
    int64_t version = 0;
    if (rf_session_text_init(&parsed, text, len, error) != 0)
        return NULL;
    const char *wrong = NULL;
    if (!rf_json_get_int(rf_json_path(parsed.root, "storageVersion", NULL), 1, INT_MAX, &version))
        wrong = "not made by this server: it can be served, but not gone on with";
    else if (version > RF_SESSION_FILE_VERSION)
        wrong = "made by a newer version";
    if (wrong != NULL) {
        *error = wrong;
        rf_session_text_finish(&parsed);
        return NULL;
    }
    struct rf_session *session = rf_session_create(id, get_text(parsed.root, "eventName"), max_laps);
    read_head(session, &parsed);
    read_runs(session, &parsed);
    rf_session_restored(session);
    rf_session_text_finish(&parsed);
    return session;
}
