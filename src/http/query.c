/* query.c - query strings: cut, decoded, and checked against what an endpoint takes. */
#include "query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "percent.h"
#include "racefacer/base/clock.h"

#define MAX_OFFSET 1000000000
#define DAY_MS 86400000

int rf_query_parse(struct rf_query *query, const char *raw, size_t len, char error[RF_QUERY_ERROR])
{
    const char *end = raw + len;
    char *out = query->text;
    query->count = 0;
    if (len > RF_QUERY_BYTES) {
        snprintf(error, RF_QUERY_ERROR, "The query is too long: at most %d bytes", RF_QUERY_BYTES);
        return -1;
    }
    while (raw < end) {
        const char *stop = memchr(raw, '&', (size_t)(end - raw));
        if (stop == NULL)
            stop = end;
        const char *equals = memchr(raw, '=', (size_t)(stop - raw));
        const char *name_end = equals != NULL ? equals : stop, *value = equals != NULL ? equals + 1 : stop;
        if (name_end == raw) { /* "&&", or a value without a name */
            raw = stop + 1;
            continue;
        }
        if (query->count == RF_QUERY_PARAMS) {
            snprintf(error, RF_QUERY_ERROR, "The query has too many parameters: at most %d", RF_QUERY_PARAMS);
            return -1;
        }
        char *name_out = out, *value_out;
        const char *fault = rf_percent_decode(name_out, raw, (size_t)(name_end - raw), true);
        if (fault == NULL) {
            value_out = name_out + strlen(name_out) + 1;
            fault = rf_percent_decode(value_out, value, (size_t)(stop - value), true);
        }
        if (fault != NULL) {
            snprintf(error, RF_QUERY_ERROR, "The query cannot be read: %s", fault);
            return -1;
        }
        out = value_out + strlen(value_out) + 1;
        query->params[query->count].name = name_out;
        query->params[query->count++].value = value_out;
        raw = stop + 1;
    }
    return 0;
}

const char *rf_query_get(const struct rf_query *query, const char *name)
{
    for (size_t i = 0; i < query->count; i++)
        if (strcmp(query->params[i].name, name) == 0)
            return query->params[i].value[0] != '\0' ? query->params[i].value : NULL;
    return NULL;
}

static bool whole_number(const char *text, int64_t *out)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    size_t len = strlen(digits);
    if (len == 0 || len > 18 || strspn(digits, "0123456789") != len)
        return false;
    *out = strtoll(text, NULL, 10);
    return true;
}

static int number_in(const struct rf_query *query, const char *name, int64_t min, int64_t max, size_t *out,
    char error[RF_QUERY_ERROR])
{
    const char *text = rf_query_get(query, name);
    int64_t value;
    if (text == NULL)
        return 0;
    if (!whole_number(text, &value) || value < min || value > max) {
        snprintf(error, RF_QUERY_ERROR, "%s must be a whole number from %lld to %lld", name, (long long)min,
            (long long)max);
        return -1;
    }
    *out = (size_t)value;
    return 0;
}

/* `end_of_day`: a date without a time means its last millisecond. */
static int time_in(
    const struct rf_query *query, const char *name, bool end_of_day, int64_t *out, char error[RF_QUERY_ERROR])
{
    const char *text = rf_query_get(query, name);
    char copy[64];
    if (text == NULL)
        return 0;
    size_t len = strlen(text);
    bool parsed = false;
    if (len < sizeof(copy)) {
        memcpy(copy, text, len + 1);
        char *space = strrchr(copy, ' ');
        if (space != NULL && space - copy > 10)
            *space = '+'; /* "+02:00", sent without encoding the plus */
        parsed = rf_time_parse(copy, out);
    }
    if (!parsed) {
        snprintf(error, RF_QUERY_ERROR,
            "%s must be a date or time such as 2026-01-31 or 2026-01-31T18:30:00Z", name);
        return -1;
    }
    if (end_of_day && len == strlen("2026-01-31"))
        *out += DAY_MS - 1;
    if (*out == 0)
        *out = -1; /* 0 means open */
    return 0;
}

int rf_query_listing(
    const struct rf_query *query, struct rf_http_listing_query *out, char error[RF_QUERY_ERROR])
{
    *out = (struct rf_http_listing_query){.event = rf_query_get(query, "event"),
        .driver = rf_query_get(query, "driver"),
        .track = rf_query_get(query, "track")};
    if (number_in(query, "limit", 1, RF_QUERY_MAX_LIMIT, &out->limit, error) < 0 ||
        number_in(query, "offset", 0, MAX_OFFSET, &out->offset, error) < 0 ||
        time_in(query, "from", false, &out->from_ms, error) < 0 ||
        time_in(query, "to", true, &out->to_ms, error) < 0)
        return -1;
    return 0;
}

int rf_query_track(const struct rf_query *query, bool *given, int64_t *track, char error[RF_QUERY_ERROR])
{
    const char *text = rf_query_get(query, "track");
    *given = text != NULL;
    if (text == NULL || whole_number(text, track))
        return 0;
    snprintf(error, RF_QUERY_ERROR, "track must be a track configuration's number, such as 3");
    return -1;
}
