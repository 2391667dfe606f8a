/* session_file_summary.c - what a listing says of a stored file: of ours, and of the first server's, where
 * any field may be missing or stand in another place. */
#include "racefacer/codec/session_file.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "codec/session_text.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/json_slice.h"
#include "racefacer/codec/json_write.h"

static bool is_session(const cJSON *root)
{
    static const char *const marks[] = {"sessionId", "analysis", "sessionData", "lapHistory", "runs"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (cJSON_GetObjectItemCaseSensitive(root, marks[i]) != NULL)
            return true;
    }
    return false;
}

static char *id_json(const struct rf_session_text *text, const char *id)
{
    struct rf_slice told = rf_slice_path(text->whole, "sessionId", NULL);
    if (cJSON_IsNumber(rf_json_path(text->root, "sessionId", NULL)) && rf_slice_is(told, id))
        return rf_strdup(id);
    struct rf_buf out = RF_BUF_INIT;
    struct rf_json json;
    rf_json_init(&json, &out);
    rf_json_string(&json, NULL, id);
    return rf_buf_take(&out);
}

/* The first of these that is a text; never NULL. */
static const char *first_text(const cJSON *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = rf_json_get_text(items[i]);
        if (text != NULL)
            return text;
    }
    return "";
}

static const char *event_name(const cJSON *root)
{
    const cJSON *const places[] = {
        rf_json_path(root, "eventName", NULL),
        rf_json_path(root, "analysis", "summary", "eventName", NULL),
        rf_json_path(root, "sessionData", "event_name", NULL),
        rf_json_path(root, "sessionData", "eventName", NULL),
    };
    return first_text(places, sizeof(places) / sizeof(places[0]));
}

static void find_track(struct rf_summary *out, const cJSON *root)
{
    const cJSON *const places[] = {
        rf_json_path(root, "trackConfigId", NULL),
        rf_json_path(root, "trackConfig", NULL),
        rf_json_path(root, "analysis", "summary", "trackConfig", NULL),
        rf_json_path(root, "sessionData", "track_configuration_id", NULL),
        rf_json_path(root, "sessionData", "trackConfig", NULL),
    };
    const cJSON *const names[] = {
        rf_json_path(root, "trackName", NULL),
        rf_json_path(root, "sessionData", "track_name", NULL),
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !out->has_track; i++)
        out->has_track = rf_json_get_int(places[i], INT64_MIN, INT64_MAX, &out->track);
    const char *name = first_text(names, sizeof(names) / sizeof(names[0]));
    if (name[0] != '\0' || !out->has_track) {
        out->track_name = rf_strdup(name);
        return;
    }
    struct rf_buf made = RF_BUF_INIT;
    rf_buf_printf(&made, "Track %lld", (long long)out->track);
    out->track_name = rf_buf_take(&made);
}

static void find_times(struct rf_summary *out, const cJSON *root, const char *id)
{
    const cJSON *const starts[] = {
        rf_json_path(root, "date", NULL), rf_json_path(root, "startTime", NULL),
        rf_json_path(root, "timestamp", NULL), rf_json_path(root, "analysis", "summary", "timestamp", NULL),
        rf_json_path(root, "sessionData", "timestamp", NULL),
        rf_json_path(root, "sessionId", NULL), /* the first server's ids are the time of the start */
    };
    const cJSON *const changes[] = {
        rf_json_path(root, "timestamp", NULL),
        rf_json_path(root, "endTime", NULL),
        rf_json_path(root, "analysis", "summary", "timestamp", NULL),
    };
    bool started = false, changed = false;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]) && !started; i++)
        started = rf_json_get_time(starts[i], &out->started_ms);
    if (!started) {
        cJSON number = {.type = cJSON_Number, .valuedouble = strtod(id, NULL)};
        if (strspn(id, "0123456789") == strlen(id))
            started = rf_json_get_time(&number, &out->started_ms);
    }
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]) && !changed; i++)
        changed = rf_json_get_time(changes[i], &out->changed_ms);

    bool told = rf_json_get_int(rf_json_path(root, "duration", NULL), 0, INT64_MAX, &out->duration_ms);
    if (!changed)
        out->changed_ms = out->started_ms + out->duration_ms;
    if (!told && started && out->changed_ms > out->started_ms)
        out->duration_ms = out->changed_ms - out->started_ms;
}

static void count_karts(struct rf_summary *out, const cJSON *root)
{
    const cJSON *history = rf_json_path(root, "lapHistory", NULL), *laps;
    int64_t sum = 0, value = 0;
    int karts = cJSON_IsObject(history) ? cJSON_GetArraySize(history) : 0;
    if (karts == 0)
        karts = cJSON_GetArraySize(rf_json_path(root, "analysis", "karts", NULL));
    if (karts == 0 &&
        rf_json_get_int(rf_json_path(root, "analysis", "summary", "totalKarts", NULL), 0, INT_MAX, &value))
        karts = (int)value;
    if (rf_json_get_int(rf_json_path(root, "karts", NULL), 0, INT_MAX, &value))
        karts = (int)value;
    out->karts = karts;

    cJSON_ArrayForEach(laps, history)
    {
        if (cJSON_IsArray(laps))
            sum += cJSON_GetArraySize(laps);
    }
    out->laps = (int)(sum < INT_MAX ? sum : INT_MAX);
    if (rf_json_get_int(rf_json_path(root, "laps", NULL), 0, INT_MAX, &value) ||
        rf_json_get_int(rf_json_path(root, "analysis", "summary", "totalLaps", NULL), 0, INT_MAX, &value))
        out->laps = (int)value;
}

static char *winner(struct rf_slice whole)
{
    const struct rf_slice places[] = {
        rf_slice_path(whole, "winner", NULL),
        rf_slice_path(whole, "analysis", "winner", NULL),
        rf_slice_path(whole, "analysis", "summary", "winner", NULL),
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (places[i].len > 0 && places[i].data[0] == '{')
            return rf_strndup(places[i].data, places[i].len);
    }
    return rf_strdup("null");
}

static void add_drivers(struct rf_buf *out, const cJSON *list, const char *name)
{
    const cJSON *item;
    if (!cJSON_IsArray(list))
        return;
    cJSON_ArrayForEach(item, list)
        rf_summary_add_driver(out, rf_json_get_text(rf_json_path(item, name, NULL)));
}

static char *drivers(const cJSON *root)
{
    struct rf_buf names = RF_BUF_INIT;
    add_drivers(&names, rf_json_path(root, "runs", NULL), "driverName");
    if (names.len > 0) /* ours: every run of the session is there, under the name the analysis has */
        return rf_buf_take(&names);
    add_drivers(&names, rf_json_path(root, "analysis", "karts", NULL), "driverName");
    add_drivers(&names, rf_json_path(root, "sessionData", "runs", NULL), "name");
    return rf_buf_take(&names);
}

int rf_summary_of_file(
    struct rf_summary *out, const char *id, const char *text, size_t len, const char **error)
{
    struct rf_session_text parsed;
    *out = (struct rf_summary){0};
    if (rf_session_text_init(&parsed, text, len, error) != 0)
        return -1;
    const cJSON *root = parsed.root;
    if (!is_session(root)) {
        *error = "JSON, but not a session";
        rf_session_text_finish(&parsed);
        return -1;
    }
    out->id = rf_strdup(id);
    out->id_json = id_json(&parsed, id);
    out->event_name = rf_strdup(event_name(root));
    find_track(out, root);
    find_times(out, root, id);
    count_karts(out, root);
    out->winner = winner(parsed.whole);
    out->drivers = drivers(root);
    int64_t version = 0;
    if (rf_json_get_int(rf_json_path(root, "lapsVersion", NULL), 0, INT64_MAX / 2, &version))
        out->version = (uint64_t)version;
    out->complete = !cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(root, "isComplete"));
    rf_session_text_finish(&parsed);
    return 0;
}
