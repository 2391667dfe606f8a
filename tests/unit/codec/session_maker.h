/* session_maker.h - sessions for the tests, made as the server makes them: frames through decoder and engine.
 */
#ifndef TESTS_SESSION_MAKER_H
#define TESTS_SESSION_MAKER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "racefacer/base/buf.h"
#include "racefacer/codec/decode.h"
#include "racefacer/engine/engine.h"

#define START_MS 1760256914000 /* 2025-10-12T08:15:14.000Z */

struct maker {
    struct rf_decoder *decoder;
    struct rf_engine *engine;
};

static inline void maker_ignore(void *ctx, const struct rf_event *event)
{
    (void)ctx;
    (void)event;
}

static inline struct maker maker_create(size_t max_laps)
{
    const struct rf_engine_options options = {
        .analysis = {.limits = {5000, 0}, .min_laps = 3},
        .max_laps = max_laps,
        .gap_ms = 3600000,
        .stale_ms = 300000,
    };
    return (struct maker){rf_decoder_create(), rf_engine_create(&options, maker_ignore, NULL)};
}

static inline void maker_destroy(struct maker *maker)
{
    rf_engine_destroy(maker->engine);
    rf_decoder_destroy(maker->decoder);
}

static inline void maker_frame(struct maker *maker, int64_t now_ms, const char *json)
{
    assert_int_equal(rf_decode(maker->decoder, "", json, strlen(json)), RF_DECODED_FRAME);
    assert_int_equal(rf_engine_apply(maker->engine, rf_decoder_frame(maker->decoder), now_ms), RF_APPLIED);
}

static inline const struct rf_session *maker_session(const struct maker *maker)
{
    const struct rf_session *session = rf_engine_default_session(maker->engine);
    assert_non_null(session);
    return session;
}

/* One run of a race: `row` is the start of its JSON row, up to the comma before the members that change;
 * laps[0] is lap 1, 0 stands for a crossing without a time. */
struct maker_run {
    const char *row;
    int laps[12];
    int count;
};

/* A frame for every crossing number, 30 s apart from START_MS on; `head` are the members of data before runs.
 */
static inline void maker_race(
    struct maker *maker, const char *head, const struct maker_run *runs, size_t run_count, int crossings)
{
    for (int crossing = 1; crossing <= crossings; crossing++) {
        struct rf_buf json = RF_BUF_INIT;
        rf_buf_printf(&json, "{\"data\":{%s,\"runs\":[", head);
        for (size_t i = 0; i < run_count; i++) {
            const struct maker_run *run = &runs[i];
            int total = crossing < run->count ? crossing : run->count;
            rf_buf_printf(
                &json, "%s{%s,\"pos\":%zu,\"total_laps\":%d", i > 0 ? "," : "", run->row, i + 1, total);
            if (run->laps[total - 1] > 0)
                rf_buf_printf(&json, ",\"last_time_raw\":%d", run->laps[total - 1]);
            if (total > 1 && run->laps[total - 2] > 0)
                rf_buf_printf(&json, ",\"prev_time_raw\":%d", run->laps[total - 2]);
            rf_buf_putc(&json, '}');
        }
        rf_buf_puts(&json, "]}}");
        maker_frame(maker, START_MS + (crossing - 1) * 30000, rf_buf_str(&json));
        rf_buf_finish(&json);
    }
}

/* The race that most tests look at. Its right answers, computed by hand:
 *  Ana on E05   valid 30000 27000 26521 27500, lap 6 of 70000 is a spin: above twice the median of 27500
 *  Ana on E09   27500 three times          Bo on 7   28000 three times, no kart_number
 *  李小龙 on 7    two laps: unranked */
static const struct maker_run maker_runs[] = {
    {"\"id\":1,\"name\":\"Ana \\\"A\\\" Example\",\"kart\":\"E05\",\"kart_number\":\"05\",\"kart_id\":137",
        {0, 30000, 27000, 26521, 27500, 70000}, 6},
    {"\"id\":2,\"name\":\"Bo\",\"kart\":\"7\",\"kart_id\":171,\"photo\":null", {0, 28000, 28000, 28000}, 4},
    {"\"id\":3,\"name\":\"李小龙\",\"kart\":\"7\",\"kart_number\":7,\"kart_id\":172", {0, 27500, 27600}, 3},
    {"\"id\":4,\"name\":\"Ana \\\"A\\\" Example\",\"kart\":\"E09\",\"kart_number\":\"09\",\"kart_id\":140",
        {0, 27500, 27500, 27500}, 4},
};
#define MAKER_HEAD                                                                                           \
    "\"event_name\":\"Session "                                                                              \
    "#12\",\"track_configuration_id\":3,\"big\":12345678901234567890,\"penalties\":[ 1, {\"a\":[]} ],"       \
    "\"total_laps\":22,\"current_lap\":6,\"maps_data\":[]"

static inline void maker_usual_race(struct maker *maker)
{
    maker_race(maker, MAKER_HEAD, maker_runs, sizeof(maker_runs) / sizeof(maker_runs[0]), 6);
}

/* ---- looking into JSON */

static inline cJSON *parsed(const struct rf_buf *buf)
{
    cJSON *root = cJSON_ParseWithLengthOpts(rf_buf_str(buf), buf->len + 1, NULL, true);
    if (root == NULL)
        fail_msg("not JSON: %s", rf_buf_str(buf));
    return root;
}

/* "a.b.0.c": members and indices. Fails the test where there is none. */
static inline const cJSON *at(const cJSON *item, const char *path)
{
    char name[64];
    const char *rest = path;
    while (*rest != '\0') {
        size_t len = strcspn(rest, ".");
        assert_true(len < sizeof(name));
        memcpy(name, rest, len);
        name[len] = '\0';
        rest += len + (rest[len] == '.');
        item = cJSON_IsArray(item) ? cJSON_GetArrayItem(item, atoi(name))
                                   : cJSON_GetObjectItemCaseSensitive(item, name);
        if (item == NULL)
            fail_msg("nothing at %s of %s", name, path);
    }
    return item;
}

static inline double num(const cJSON *item, const char *path)
{
    item = at(item, path);
    if (!cJSON_IsNumber(item))
        fail_msg("no number at %s", path);
    return item->valuedouble;
}

static inline const char *str(const cJSON *item, const char *path)
{
    item = at(item, path);
    if (!cJSON_IsString(item))
        fail_msg("no string at %s", path);
    return item->valuestring;
}

static inline bool is_null(const cJSON *item, const char *path)
{
    return cJSON_IsNull(at(item, path));
}

static inline bool is_true(const cJSON *item, const char *path)
{
    item = at(item, path);
    assert_true(cJSON_IsBool(item));
    return cJSON_IsTrue(item);
}

static inline int size_of(const cJSON *item, const char *path)
{
    return cJSON_GetArraySize(at(item, path));
}

#endif
