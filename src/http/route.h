/* route.h - from the raw path of a request to the endpoint it means. Pure. */
#ifndef RF_HTTP_ROUTE_H
#define RF_HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

enum rf_endpoint {
    RF_ENDPOINT_NONE,
    RF_ENDPOINT_WELCOME,
    RF_ENDPOINT_ASSET, /* a file of the page */
    RF_ENDPOINT_HEALTH,
    RF_ENDPOINT_METRICS,
    RF_ENDPOINT_OPENAPI, /* the description of the API */
    RF_ENDPOINT_CURRENT,
    RF_ENDPOINT_ANALYSIS,
    RF_ENDPOINT_KART,
    RF_ENDPOINT_STATS,
    RF_ENDPOINT_STREAM,
    RF_ENDPOINT_CLIENTS,
    RF_ENDPOINT_SESSIONS,
    RF_ENDPOINT_SESSION,
    RF_ENDPOINT_EXPORT
};
#define RF_ENDPOINTS (RF_ENDPOINT_EXPORT + 1)

enum rf_method {
    RF_METHOD_GET,
    RF_METHOD_HEAD,
    RF_METHOD_OPTIONS,
    RF_METHOD_DELETE,
    RF_METHOD_OTHER,
    RF_METHOD_UNKNOWN
};

#define RF_PARAM_MAX 128 /* bytes of a kart or session name, decoded */

struct rf_route {
    enum rf_endpoint endpoint;
    const char *fault; /* static reason for a 400, or NULL */
    bool impossible;   /* the parameter can name nothing: too long, or a session id with a path in it */
    char param[RF_PARAM_MAX + 1]; /* decoded; cut to its first bytes where it is too long */
};

/* `path` is what was sent up to the "?", still percent-encoded. A slash at the end changes nothing. */
void rf_route_find(struct rf_route *out, const char *path, size_t len);

/* How the endpoint's path is written where it stands for all of them: "/api/kart/{kart}". "other" for NONE. */
const char *rf_route_pattern(enum rf_endpoint endpoint);

/* OTHER is a method HTTP knows and we do not serve, UNKNOWN one that HTTP does not know. */
enum rf_method rf_route_method(const char *method);

/* Whether the endpoint serves the method, and what its Allow header says. */
bool rf_route_allows(enum rf_endpoint endpoint, enum rf_method method);
const char *rf_route_allow_header(enum rf_endpoint endpoint);

/* True for the endpoints that open stored sessions: they have the stricter limit. */
bool rf_route_is_stored(enum rf_endpoint endpoint);

#endif
