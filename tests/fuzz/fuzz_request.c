/* fuzz_request.c - any text as a request's path and query: what is found stays within its limits, is text
 * again, and means the same when it is written out and read once more. The first line of the input is the
 * method, the rest the address. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "expect.h"
#include "http/percent.h"
#include "http/query.h"
#include "http/route.h"
#include "racefacer/base/buf.h"
#include "racefacer/codec/json_slice.h"

static bool is_text(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return false;
    return rf_utf8_valid(text, strlen(text));
}

static void escape(struct rf_buf *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (isalnum((unsigned char)*text))
            rf_buf_putc(out, *text);
        else
            rf_buf_printf(out, "%%%02X", (unsigned char)*text);
}

static void check_decoding(const char *text, size_t len, bool plus)
{
    char *out = malloc(len + 1);
    struct rf_buf again = RF_BUF_INIT;
    if (rf_percent_decode(out, text, len, plus) == NULL) {
        expect(strlen(out) <= len && is_text(out));
        escape(&again, out);
        char *twice = malloc(again.len + 1);
        expect(rf_percent_decode(twice, rf_buf_str(&again), again.len, plus) == NULL);
        expect(strcmp(out, twice) == 0);
        free(twice);
    }
    rf_buf_finish(&again);
    free(out);
}

static void check_route(const char *path, size_t len)
{
    struct rf_route route, again;
    rf_route_find(&route, path, len);
    expect(strlen(route.param) <= RF_PARAM_MAX);
    expect(is_text(route.param));
    expect(strstr(rf_route_allow_header(route.endpoint), "GET, HEAD") != NULL);
    expect(rf_route_allows(route.endpoint, RF_METHOD_GET));
    expect(rf_route_allows(route.endpoint, RF_METHOD_DELETE) == (route.endpoint == RF_ENDPOINT_SESSION));
    expect(!rf_route_allows(route.endpoint, RF_METHOD_OTHER));
    if (!rf_route_is_stored(route.endpoint) || route.fault != NULL || route.impossible)
        return;
    /* An id that may come to the storage's file names. */
    expect(route.param[0] != '\0' && route.param[0] != '.');
    expect(strpbrk(route.param, "/\\") == NULL);
    struct rf_buf back = RF_BUF_INIT;
    rf_buf_puts(&back, "/api/sessions/");
    escape(&back, route.param);
    rf_buf_puts(&back, route.endpoint == RF_ENDPOINT_EXPORT ? "/export/" : "/");
    rf_route_find(&again, rf_buf_str(&back), back.len);
    expect(again.endpoint == route.endpoint && again.fault == NULL && !again.impossible);
    expect(strcmp(again.param, route.param) == 0);
    rf_buf_finish(&back);
}

static void check_listing(const struct rf_query *query)
{
    char error[RF_QUERY_ERROR] = "";
    struct rf_http_listing_query listing;
    bool given;
    int64_t track;
    if (rf_query_listing(query, &listing, error) == 0) {
        expect(listing.limit <= RF_QUERY_MAX_LIMIT && listing.offset <= 1000000000);
        expect(listing.event == rf_query_get(query, "event"));
        expect((listing.from_ms != 0) == (rf_query_get(query, "from") != NULL));
        expect((listing.to_ms != 0) == (rf_query_get(query, "to") != NULL));
    } else {
        expect(error[0] != '\0' && strlen(error) < sizeof(error) && is_text(error));
    }
    error[0] = '\0';
    if (rf_query_track(query, &given, &track, error) == 0)
        expect(given == (rf_query_get(query, "track") != NULL));
    else
        expect(given && error[0] != '\0' && is_text(error));
}

static void check_query(const char *text, size_t len)
{
    struct rf_query query, again;
    char error[RF_QUERY_ERROR] = "";
    struct rf_buf back = RF_BUF_INIT;
    if (rf_query_parse(&query, text, len, error) < 0) {
        expect(error[0] != '\0' && strlen(error) < sizeof(error) && is_text(error));
        return;
    }
    expect(query.count <= RF_QUERY_PARAMS && len <= RF_QUERY_BYTES);
    for (size_t i = 0; i < query.count; i++) {
        expect(is_text(query.params[i].name) && is_text(query.params[i].value));
        rf_buf_puts(&back, i > 0 ? "&" : "");
        escape(&back, query.params[i].name);
        rf_buf_putc(&back, '=');
        escape(&back, query.params[i].value);
    }
    check_listing(&query);
    /* What escaping makes too long, or leaves without a name, cannot come back. */
    if (back.len <= RF_QUERY_BYTES && rf_query_parse(&again, rf_buf_str(&back), back.len, error) == 0 &&
        again.count == query.count)
        for (size_t i = 0; i < query.count; i++) {
            expect(strcmp(query.params[i].name, again.params[i].name) == 0);
            expect(strcmp(query.params[i].value, again.params[i].value) == 0);
        }
    rf_buf_finish(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of exactly this size, so that a read past its end is noticed. */
    char *text = malloc(size > 0 ? size : 1);
    memcpy(text, data, size);
    const char *line = memchr(text, '\n', size), *path = line != NULL ? line + 1 : text;
    size_t len = size - (size_t)(path - text);
    if (line != NULL) {
        char method[32] = "";
        size_t method_len = (size_t)(line - text);
        memcpy(method, text, method_len < sizeof(method) ? method_len : sizeof(method) - 1);
        expect(rf_route_method(method) <= RF_METHOD_UNKNOWN);
    }
    const char *question = memchr(path, '?', len);
    size_t path_len = question != NULL ? (size_t)(question - path) : len;
    check_route(path, path_len);
    check_decoding(path, path_len, false);
    if (question != NULL) {
        check_query(question + 1, len - path_len - 1);
        check_decoding(question + 1, len - path_len - 1, true);
    }
    free(text);
    return 0;
}
