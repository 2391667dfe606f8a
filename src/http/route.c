/* route.c - from the raw path of a request to the endpoint it means. */
#include "route.h"

#include <string.h>

#include "percent.h"
#include "racefacer/base/buf.h"

#define MAX_SEGMENTS 5
#define RAW_PARAM_MAX ((size_t)RF_PARAM_MAX * 3) /* every byte of it may be percent-encoded */

static bool is(struct rf_slice segment, const char *name)
{
    return segment.len == strlen(name) && memcmp(segment.data, name, segment.len) == 0;
}

/* Splits "/a/b" into its segments; one slash at the end is dropped. MAX_SEGMENTS means that many or more. */
static size_t split(const char *path, size_t len, struct rf_slice segments[MAX_SEGMENTS])
{
    size_t count = 0, start = 1;
    if (len > 2 && path[len - 1] == '/')
        len--;
    for (size_t i = 1; i <= len && count < MAX_SEGMENTS; i++) {
        if (i < len && path[i] != '/')
            continue;
        segments[count++] = (struct rf_slice){path + start, i - start};
        start = i + 1;
    }
    return count;
}

static enum rf_endpoint match(const struct rf_slice *segments, size_t count, struct rf_slice *param)
{
    static const struct {
        const char *name;
        enum rf_endpoint endpoint;
    } api[] = {{"current", RF_ENDPOINT_CURRENT}, {"sessions", RF_ENDPOINT_SESSIONS},
        {"health", RF_ENDPOINT_HEALTH}, {"analysis", RF_ENDPOINT_ANALYSIS}, {"stats", RF_ENDPOINT_STATS},
        {"stream", RF_ENDPOINT_STREAM}, {"clients", RF_ENDPOINT_CLIENTS},
        {"openapi.json", RF_ENDPOINT_OPENAPI}};

    if (count == 1)
        return segments[0].len == 0         ? RF_ENDPOINT_WELCOME
               : is(segments[0], "health")  ? RF_ENDPOINT_HEALTH
               : is(segments[0], "metrics") ? RF_ENDPOINT_METRICS
                                            : RF_ENDPOINT_NONE;
    if (count == 2 && is(segments[0], "assets"))
        return RF_ENDPOINT_ASSET;
    if (!is(segments[0], "api"))
        return RF_ENDPOINT_NONE;
    if (count == 2) {
        for (size_t i = 0; i < sizeof(api) / sizeof(api[0]); i++)
            if (is(segments[1], api[i].name))
                return api[i].endpoint;
        return RF_ENDPOINT_NONE;
    }
    *param = segments[2];
    if (param->len == 0)
        return RF_ENDPOINT_NONE;
    if (count == 3)
        return is(segments[1], "kart")       ? RF_ENDPOINT_KART
               : is(segments[1], "sessions") ? RF_ENDPOINT_SESSION
                                             : RF_ENDPOINT_NONE;
    if (count == 4 && is(segments[1], "sessions") && is(segments[3], "export"))
        return RF_ENDPOINT_EXPORT;
    return RF_ENDPOINT_NONE;
}

/* Cuts to at most `max` bytes, never inside a character. */
static void cut(char *text, size_t max)
{
    size_t len = strlen(text);
    if (len <= max)
        return;
    while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
        max--;
    text[max] = '\0';
}

static void take_param(struct rf_route *out, struct rf_slice raw)
{
    char decoded[RAW_PARAM_MAX + 1];
    if (raw.len > RAW_PARAM_MAX) {
        out->impossible = true;
        (void)memcpy(out->param, "(too long)", sizeof("(too long)")); /* a cut could fall into an escape */
        return;
    }
    out->fault = rf_percent_decode(decoded, raw.data, raw.len, false);
    if (out->fault != NULL)
        return;
    out->impossible = strlen(decoded) > RF_PARAM_MAX;
    if (out->endpoint != RF_ENDPOINT_KART && (decoded[0] == '.' || strpbrk(decoded, "/\\") != NULL))
        out->impossible = true;
    cut(decoded, RF_PARAM_MAX);
    memcpy(out->param, decoded, strlen(decoded) + 1);
}

void rf_route_find(struct rf_route *out, const char *path, size_t len)
{
    struct rf_slice segments[MAX_SEGMENTS], param = {NULL, 0};
    *out = (struct rf_route){.endpoint = RF_ENDPOINT_NONE};
    if (len == 0 || path[0] != '/')
        return;
    size_t count = split(path, len, segments);
    out->endpoint = match(segments, count, &param);
    if (out->endpoint == RF_ENDPOINT_KART || rf_route_is_stored(out->endpoint))
        take_param(out, param);
}

const char *rf_route_pattern(enum rf_endpoint endpoint)
{
    static const char *const patterns[RF_ENDPOINTS] = {
        [RF_ENDPOINT_NONE] = "other",
        [RF_ENDPOINT_WELCOME] = "/",
        [RF_ENDPOINT_ASSET] = "/assets/{file}",
        [RF_ENDPOINT_HEALTH] = "/health",
        [RF_ENDPOINT_METRICS] = "/metrics",
        [RF_ENDPOINT_OPENAPI] = "/api/openapi.json",
        [RF_ENDPOINT_CURRENT] = "/api/current",
        [RF_ENDPOINT_ANALYSIS] = "/api/analysis",
        [RF_ENDPOINT_KART] = "/api/kart/{kart}",
        [RF_ENDPOINT_STATS] = "/api/stats",
        [RF_ENDPOINT_STREAM] = "/api/stream",
        [RF_ENDPOINT_CLIENTS] = "/api/clients",
        [RF_ENDPOINT_SESSIONS] = "/api/sessions",
        [RF_ENDPOINT_SESSION] = "/api/sessions/{id}",
        [RF_ENDPOINT_EXPORT] = "/api/sessions/{id}/export",
    };
    return patterns[endpoint];
}

enum rf_method rf_route_method(const char *method)
{
    static const struct {
        const char *name;
        enum rf_method method;
    } known[] = {{"GET", RF_METHOD_GET}, {"HEAD", RF_METHOD_HEAD}, {"OPTIONS", RF_METHOD_OPTIONS},
        {"DELETE", RF_METHOD_DELETE}, {"POST", RF_METHOD_OTHER}, {"PUT", RF_METHOD_OTHER},
        {"PATCH", RF_METHOD_OTHER}, {"TRACE", RF_METHOD_OTHER}, {"CONNECT", RF_METHOD_OTHER}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(method, known[i].name) == 0)
            return known[i].method;
    return RF_METHOD_UNKNOWN;
}

bool rf_route_allows(enum rf_endpoint endpoint, enum rf_method method)
{
    switch (method) {
    case RF_METHOD_GET:
    case RF_METHOD_HEAD:
    case RF_METHOD_OPTIONS: return true;
    case RF_METHOD_DELETE: return endpoint == RF_ENDPOINT_SESSION;
    case RF_METHOD_OTHER:
    case RF_METHOD_UNKNOWN: break;
    }
    return false;
}

const char *rf_route_allow_header(enum rf_endpoint endpoint)
{
    return endpoint == RF_ENDPOINT_SESSION ? "GET, HEAD, DELETE, OPTIONS" : "GET, HEAD, OPTIONS";
}

bool rf_route_is_stored(enum rf_endpoint endpoint)
{
    return endpoint == RF_ENDPOINT_SESSION || endpoint == RF_ENDPOINT_EXPORT;
}
