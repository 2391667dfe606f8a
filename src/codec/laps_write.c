/* laps_write.c - the laps of a run as JSON. A long session has a hundred thousand of them, three times over
 * in its file: each is put together in place, without a call for each value. */
#include <string.h>

#include "codec/analysis_write.h"
#include "codec/number.h"

#define LAP_SIZE 256 /* more than the longest lap takes, with all its figures at their largest */

/* `text` is a literal. */
#define PUT(at, text) put((at), (text), sizeof(text) - 1)

static char *put(char *at, const char *text, size_t len)
{
    memcpy(at, text, len);
    return at + len;
}

static char *put_position(char *at, const struct rf_lap *lap)
{
    at = PUT(at, ",\"position\":");
    return lap->position > 0 ? rf_number_int(at, lap->position) : PUT(at, "null");
}

/* The limit is looked up once for all laps of a run. */
static bool is_valid(const struct rf_lap *lap, struct rf_lap_limits limits, int32_t limit)
{
    return lap->time_ms >= limits.min_ms && lap->time_ms <= limit;
}

static char *put_lap(char *at, const struct rf_lap *lap, bool valid)
{
    at = rf_number_int(PUT(at, "{\"lapNum\":"), lap->num);
    at = rf_number_int(PUT(at, ",\"timeRaw\":"), lap->time_ms);
    at = put_position(at, lap);
    at = rf_number_int(PUT(at, ",\"timestamp\":"), lap->at_ms);
    at = valid ? PUT(at, ",\"valid\":true") : PUT(at, ",\"valid\":false");
    if (lap->corrected)
        at = PUT(at, ",\"corrected\":true");
    return PUT(at, "},");
}

static char *put_valid_lap(char *at, const struct rf_lap *lap)
{
    at = rf_number_int(PUT(at, "{\"lapNum\":"), lap->num);
    at = rf_number_int(PUT(at, ",\"time\":"), lap->time_ms);
    at = rf_number_lap(PUT(at, ",\"timeFormatted\":\""), lap->time_ms);
    at = put_position(PUT(at, "\""), lap);
    return PUT(at, "},");
}

/* Room for a lap, and the comma behind it or what takes its place. */
static char *next(struct rf_buf *out)
{
    rf_buf_reserve(out, LAP_SIZE);
    return out->data + out->len;
}

static void end(struct rf_json *json)
{
    struct rf_buf *out = json->out;
    if (out->data[out->len - 1] == ',')
        out->len--;
    rf_json_array_end(json);
}

struct rf_written rf_laps_write(
    struct rf_json *json, const char *key, const struct rf_lap_history *history, struct rf_lap_limits limits)
{
    struct rf_buf *out = json->out;
    int32_t limit = rf_lap_history_limit(history, limits);
    rf_json_array(json, key);
    size_t begin = out->len - 1;
    for (size_t i = 0; i < history->count; i++) {
        const struct rf_lap *lap = &history->laps[i];
        out->len = (size_t)(put_lap(next(out), lap, is_valid(lap, limits, limit)) - out->data);
    }
    end(json);
    return (struct rf_written){begin, out->len - begin};
}

void rf_valid_laps_write(
    struct rf_json *json, const char *key, const struct rf_lap_history *history, struct rf_lap_limits limits)
{
    struct rf_buf *out = json->out;
    int32_t limit = rf_lap_history_limit(history, limits);
    rf_json_array(json, key);
    for (size_t i = 0; i < history->count; i++) {
        const struct rf_lap *lap = &history->laps[i];
        if (is_valid(lap, limits, limit))
            out->len = (size_t)(put_valid_lap(next(out), lap) - out->data);
    }
    end(json);
}
