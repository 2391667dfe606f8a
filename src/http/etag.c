/* etag.c - strong entity tags. */
#include "etag.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

void rf_etag_make(char out[RF_ETAG_SIZE], const void *data, size_t len)
{
    snprintf(out, RF_ETAG_SIZE, "\"%016llx\"", (unsigned long long)XXH3_64bits(data, len));
}

void rf_etag_of_gzip(char etag[RF_ETAG_SIZE])
{
    static const char end[] = "-gz\"";
    memcpy(etag + strlen(etag) - 1, end, sizeof(end)); /* over its last quote */
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == ',';
}

bool rf_etag_listed(struct rf_slice list, const char *etag)
{
    const char *at = list.data, *end = list.data + list.len;
    size_t len = strlen(etag);
    while (at < end) {
        if (is_space(*at)) {
            at++;
            continue;
        }
        if (*at == '*')
            return true;
        if (end - at >= 2 && at[0] == 'W' && at[1] == '/')
            at += 2;
        if (at == end || *at != '"')
            return false; /* no tag: what follows cannot be trusted either */
        const char *close = memchr(at + 1, '"', (size_t)(end - at - 1));
        if (close == NULL)
            return false;
        if ((size_t)(close - at + 1) == len && memcmp(at, etag, len) == 0)
            return true;
        at = close + 1;
    }
    return false;
}
