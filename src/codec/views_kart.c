/* views_kart.c - GET /api/kart/:kart: finds the run somebody means, and shows it with all its laps. */
#include "racefacer/codec/views.h"

#include <stdlib.h>
#include <string.h>

#include "codec/analysis_write.h"
#include "racefacer/base/memory.h"

static bool same_label(const struct rf_run *run, const char *kart)
{
    return run->kart[0] != '\0' && strcmp(run->kart, kart) == 0;
}

static bool same_number_text(const struct rf_run *run, const char *kart)
{
    return strcmp(rf_run_number(run), kart) == 0;
}

/* The digits without leading zeros, or NULL where it is no number. */
static const char *digits_of(const char *text)
{
    size_t len = strlen(text);
    if (len == 0 || strspn(text, "0123456789") != len)
        return NULL;
    while (text[0] == '0' && text[1] != '\0')
        text++;
    return text;
}

static bool same_number(const struct rf_run *run, const char *kart)
{
    const char *left = digits_of(rf_run_number(run)), *right = digits_of(kart);
    return left != NULL && right != NULL && strcmp(left, right) == 0;
}

static bool same_kart_id(const struct rf_run *run, const char *kart)
{
    char *end;
    const char *digits = digits_of(kart);
    /* No kart id has more digits than fit; longer ones would be clamped to the greatest. */
    return run->has_kart_id && digits != NULL && strlen(digits) < 19 &&
           strtoll(digits, &end, 10) == run->kart_id;
}

/* The runs that match in the first way in which any does; the one meant is first, the others in order. */
static size_t find_runs(const struct rf_session *session, const char *kart, const struct rf_run **found)
{
    static bool (*const ways[])(const struct rf_run *, const char *) = {
        same_label, same_number_text, same_number, same_kart_id};
    size_t count = 0, meant = 0;
    for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]) && count == 0; way++) {
        for (size_t i = 0; i < session->run_count; i++) {
            if (ways[way](session->runs[i], kart))
                found[count++] = session->runs[i];
        }
    }
    for (size_t i = 1; i < count; i++) {
        if (found[i]->last_lap_ms >= found[meant]->last_lap_ms)
            meant = i;
    }
    if (count > 0) {
        const struct rf_run *first = found[meant];
        memmove(found + 1, found, meant * sizeof(*found));
        found[0] = first;
    }
    return count;
}

bool rf_view_kart(
    struct rf_buf *out, const struct rf_engine *engine, const struct rf_session *session, const char *kart)
{
    const struct rf_run **found = rf_new_array(session->run_count + 1, sizeof(*found));
    size_t count = kart[0] != '\0' ? find_runs(session, kart, found) : 0;
    if (count == 0) {
        free(found);
        return false;
    }
    const struct rf_analysis_options *options = &rf_engine_options(engine)->analysis;
    struct rf_analysis analysis;
    struct rf_json json;
    bool ranked = false;
    rf_analysis_init(&analysis, session, options);
    const struct rf_result none = {.run = found[0]}, *result = rf_analysis_find(&analysis, found[0], &ranked);

    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    rf_json_string(&json, "sessionId", session->id);
    rf_kart_members_write(&json, result != NULL ? result : &none, ranked, options->limits);
    rf_json_bool(&json, "durable", rf_engine_durable(engine));
    rf_json_bool(&json, "ranked", result != NULL && ranked);
    (void)rf_laps_write(&json, "realtimeLapHistory", &found[0]->history, options->limits);
    rf_json_array(&json, "alternatives");
    for (size_t i = 1; i < count; i++) {
        rf_json_object(&json, NULL);
        rf_run_names_write(&json, found[i]);
        rf_json_object_end(&json);
    }
    rf_json_array_end(&json);
    rf_json_object_end(&json);
    rf_analysis_finish(&analysis);
    free(found);
    return true;
}
