/* decode.c - the feed's payloads into frames, in every shape a venue has been seen to send. */
#include "racefacer/codec/decode.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <utarray.h>

#include "codec/decode_row.h"
#include "codec/decode_value.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/json_slice.h"

struct rf_decoder {
    struct rf_buf text; /* the payload, mended: the slices point here */
    cJSON *tree;        /* most of the texts live here; NULL: no result */
    UT_array *pool;     /* the other texts */
    struct rf_row *rows;
    size_t row_cap;
    struct rf_frame frame;
    struct rf_lap_data lap;
};

/* A value of the tree with the text it was read from. */
struct node {
    cJSON *item;
    struct rf_slice raw;
};

/* In the order of frame_fields, which is strcmp order. */
enum frame_field {
    CURRENT_LAP,
    EVENT_NAME,
    KART_NUMBER,
    LAP_NUM,
    LAP_NUMBER,
    MAPS_DATA,
    POSITION,
    RUNS,
    STATUS_STRING,
    TIME_RAW,
    TIMESTAMP,
    TIMESTAMP_SOCKET,
    TOTAL_LAPS,
    TRACK_ID,
    FRAME_FIELDS
};

static const char *const frame_fields[FRAME_FIELDS] = {"current_lap", "event_name", "kart_number", "lapNum",
    "lap_number", "maps_data", "position", "runs", "status_string", "timeRaw", "timestamp",
    "timestamp_socket", "total_laps", "track_configuration_id"};

const char *rf_decoded_name(enum rf_decoded decoded)
{
    static const char *const names[RF_DECODED_COUNT] = {
        "frame", "lap", "other", "utf8", "json", "runs", "values"};
    return (unsigned)decoded < RF_DECODED_COUNT ? names[decoded] : "";
}

struct rf_decoder *rf_decoder_create(void)
{
    struct rf_decoder *decoder = rf_new(sizeof(*decoder));
    decoder->pool = rf_pool_create();
    decoder->frame = (struct rf_frame){.event_name = "", .track_name = ""};
    decoder->lap = (struct rf_lap_data){.kart_number = ""};
    return decoder;
}

void rf_decoder_destroy(struct rf_decoder *decoder)
{
    if (decoder == NULL)
        return;
    cJSON_Delete(decoder->tree);
    utarray_free(decoder->pool);
    rf_buf_finish(&decoder->text);
    free(decoder->rows);
    free(decoder);
}

static void forget(struct rf_decoder *decoder)
{
    cJSON_Delete(decoder->tree);
    decoder->tree = NULL;
    utarray_clear(decoder->pool);
    decoder->frame = (struct rf_frame){.event_name = "", .track_name = ""};
    decoder->lap = (struct rf_lap_data){.kart_number = ""};
}

/* The text of `child`, one of the node's: the tree and the text have their members in the same order, so that
 * keys with escapes and keys that come twice are no matter. */
static struct rf_slice raw_of(struct node parent, const cJSON *child)
{
    struct rf_json_walk walk;
    struct rf_slice key, value = {.data = "", .len = 0};
    const cJSON *at = parent.item->child;
    if (!rf_json_walk_begin(&walk, parent.raw))
        return value;
    while (at != NULL && rf_json_walk_next(&walk, &key, &value) && at != child)
        at = at->next;
    return at == child ? value : (struct rf_slice){.data = "", .len = 0};
}

static enum rf_status read_status(cJSON *item, UT_array *pool)
{
    static const char *const ended[] = {"finished", "ended", "complete", "completed", "cancelled"};
    const char *text = rf_value_text(item, pool);
    for (size_t i = 0; i < sizeof(ended) / sizeof(ended[0]); i++)
        if (strcasecmp(text, ended[i]) == 0)
            return RF_STATUS_FINISHED;
    return RF_STATUS_RUNNING;
}

/* "maps/lakeside.png" is Lakeside's: the file's name without folder and ending. */
static const char *map_name(const cJSON *entry, UT_array *pool)
{
    const cJSON *map = cJSON_GetObjectItemCaseSensitive(entry, "map");
    cJSON *file = cJSON_GetObjectItemCaseSensitive(map != NULL ? map : entry, "bgr");
    if (!cJSON_IsString(file))
        return "";
    const char *path = rf_value_text(file, pool);
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return rf_pool_keep(pool, rf_strndup(name, dot != NULL ? (size_t)(dot - name) : strlen(name)));
}

static const char *read_track_name(const cJSON *maps, UT_array *pool)
{
    if (cJSON_IsObject(maps))
        return map_name(maps, pool);
    if (!cJSON_IsArray(maps))
        return "";
    for (const cJSON *entry = maps->child; entry != NULL; entry = entry->next) {
        const char *name = map_name(entry, pool);
        if (*name != '\0')
            return name;
    }
    return "";
}

static void read_rows(struct rf_decoder *decoder, struct node runs, size_t count)
{
    if (count > decoder->row_cap) {
        decoder->rows = rf_resize_array(decoder->rows, count, sizeof(*decoder->rows));
        decoder->row_cap = count;
    }
    struct rf_json_walk walk;
    struct rf_slice key, raw;
    if (!rf_json_walk_begin(&walk, runs.raw))
        return;
    for (const cJSON *row = runs.item->child; row != NULL && rf_json_walk_next(&walk, &key, &raw);
         row = row->next) {
        if (!cJSON_IsObject(row))
            continue;
        struct rf_row *out = &decoder->rows[decoder->frame.row_count++];
        rf_decode_row(row, decoder->pool, out);
        out->raw = raw.len <= RF_MAX_ROW_BYTES ? raw : (struct rf_slice){.data = "", .len = 0};
    }
}

static enum rf_decoded read_frame(struct rf_decoder *decoder, struct node data, cJSON **fields)
{
    struct rf_frame *frame = &decoder->frame;
    const char *event = rf_value_title(fields[EVENT_NAME], decoder->pool);
    frame->has_event = event != NULL;
    frame->event_name = event != NULL ? event : "";
    frame->has_track = rf_value_integer(fields[TRACK_ID], &frame->track) && frame->track >= 0;
    frame->track = frame->has_track ? frame->track : 0;
    frame->track_name = read_track_name(fields[MAPS_DATA], decoder->pool);
    frame->status = read_status(fields[STATUS_STRING], decoder->pool);
    frame->made_s = rf_value_epoch_s(fields[TIMESTAMP]);
    frame->sent_s = rf_value_epoch_s(fields[TIMESTAMP_SOCKET]);
    frame->current_lap = rf_value_count(fields[CURRENT_LAP]);
    frame->total_laps = rf_value_count(fields[TOTAL_LAPS]);
    frame->raw = data.raw;
    if (cJSON_IsArray(fields[RUNS])) {
        struct node runs = {.item = fields[RUNS], .raw = raw_of(data, fields[RUNS])};
        int count = cJSON_GetArraySize(runs.item);
        if (count > RF_MAX_ROWS)
            return RF_DECODED_TOO_MANY_RUNS;
        read_rows(decoder, runs, (size_t)count);
    }
    frame->rows = decoder->rows;
    return RF_DECODED_FRAME;
}

static enum rf_decoded read_lap(struct rf_decoder *decoder, cJSON **fields)
{
    const cJSON *number = fields[LAP_NUM] != NULL ? fields[LAP_NUM] : fields[LAP_NUMBER];
    decoder->lap = (struct rf_lap_data){.kart_number = rf_value_text(fields[KART_NUMBER], decoder->pool),
        .lap_num = rf_value_count(number),
        .time_ms = rf_value_lap_ms(fields[TIME_RAW]),
        .position = rf_value_position(fields[POSITION]),
        .timestamp_ms = rf_value_epoch_ms(fields[TIMESTAMP])};
    bool whole = *decoder->lap.kart_number != '\0' && decoder->lap.lap_num >= 1 && decoder->lap.time_ms > 0;
    return whole ? RF_DECODED_LAP : RF_DECODED_OTHER;
}

/* Whether an object with these fields is a frame's data: it has rows, or what only a session has. */
static bool looks_like_frame(cJSON *const *fields)
{
    return cJSON_IsArray(fields[RUNS]) || fields[EVENT_NAME] != NULL || fields[STATUS_STRING] != NULL ||
           fields[TRACK_ID] != NULL;
}

static bool looks_like_lap(cJSON *const *fields)
{
    return fields[KART_NUMBER] != NULL && fields[TIME_RAW] != NULL &&
           (fields[LAP_NUM] != NULL || fields[LAP_NUMBER] != NULL);
}

static enum rf_decoded read_object(struct rf_decoder *decoder, const char *event, struct node object)
{
    cJSON *fields[FRAME_FIELDS];
    if (!cJSON_IsObject(object.item))
        return RF_DECODED_OTHER;
    rf_fields_collect(object.item, frame_fields, FRAME_FIELDS, fields);
    bool lap = looks_like_lap(fields);
    if (lap && (strcmp(event, "lap-data") == 0 || !looks_like_frame(fields)))
        return read_lap(decoder, fields);
    return looks_like_frame(fields) ? read_frame(decoder, object, fields) : RF_DECODED_OTHER;
}

/* The outer object is a wrapper, or the frame itself; a wrapper has fields of its own that tell nothing. */
static enum rf_decoded read_payload(struct rf_decoder *decoder, const char *event, struct node payload)
{
    struct node inner = {.item = cJSON_GetObjectItemCaseSensitive(payload.item, "data")};
    if (cJSON_IsObject(inner.item)) {
        inner.raw = raw_of(payload, inner.item);
        enum rf_decoded result = read_object(decoder, event, inner);
        if (result != RF_DECODED_OTHER)
            return result;
    }
    return read_object(decoder, event, payload);
}

/* A plain WebSocket may send ["name",{…}], an event without its packet. */
static enum rf_decoded read_document(struct rf_decoder *decoder, const char *event, struct node document)
{
    const cJSON *name = document.item->child;
    if (!cJSON_IsArray(document.item))
        return read_payload(decoder, event, document);
    if (!cJSON_IsString(name) || name->next == NULL)
        return RF_DECODED_OTHER;
    struct node payload = {.item = name->next, .raw = raw_of(document, name->next)};
    return read_payload(decoder, name->valuestring, payload);
}

/* Copies and mends the text, and parses it: RF_DECODED_OTHER where that went well. */
static enum rf_decoded load(struct rf_decoder *decoder, const char *json, size_t len, struct node *document)
{
    if (len >= 3 && memcmp(json, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
        json += 3;
        len -= 3;
    }
    if (!rf_utf8_valid(json, len))
        return RF_DECODED_UTF8;
    rf_buf_clear(&decoder->text);
    rf_buf_append(&decoder->text, json, len);
    char *text = decoder->text.data;
    rf_json_repair(text, len);
    size_t values;
    if (!rf_json_count(text, len, &values))
        return RF_DECODED_JSON;
    if (values > RF_MAX_VALUES)
        return RF_DECODED_TOO_MANY_VALUES;
    /* One more for the NUL: without it cJSON cannot see that nothing follows. */
    decoder->tree = cJSON_ParseWithLengthOpts(text, len + 1, NULL, 1);
    if (decoder->tree == NULL)
        return RF_DECODED_JSON;
    *document = (struct node){.item = decoder->tree, .raw = {.data = text, .len = len}};
    return RF_DECODED_OTHER;
}

enum rf_decoded rf_decode(struct rf_decoder *decoder, const char *event, const char *json, size_t len)
{
    struct node document;
    forget(decoder);
    enum rf_decoded result = load(decoder, json, len, &document);
    if (decoder->tree != NULL)
        result = read_document(decoder, event == NULL ? "" : event, document);
    /* Nothing half-read may be seen, and the tree of a huge nothing need not stay until the next call. */
    if (result != RF_DECODED_FRAME && result != RF_DECODED_LAP)
        forget(decoder);
    return result;
}

const struct rf_frame *rf_decoder_frame(const struct rf_decoder *decoder)
{
    return &decoder->frame;
}

const struct rf_lap_data *rf_decoder_lap(const struct rf_decoder *decoder)
{
    return &decoder->lap;
}
