/* cors.c - which pages may read the answers. */
#include "cors.h"

#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"

void rf_cors_init(struct rf_cors *cors, const char *allowed)
{
    *cors = (struct rf_cors){0};
    for (const char *at = allowed; *at != '\0';) {
        size_t len = strcspn(at, ","), step = at[len] == ',' ? len + 1 : len;
        const char *start = at;
        while (len > 0 && (*start == ' ' || *start == '\t'))
            start++, len--;
        while (len > 0 && strchr(" \t/", start[len - 1]) != NULL)
            len--; /* a slash at the end is a common slip: no browser sends one */
        if (len == 1 && *start == '*')
            cors->any = true;
        else if (len > 0) {
            cors->origins = rf_resize_array(cors->origins, cors->count + 1, sizeof(*cors->origins));
            cors->origins[cors->count++] = rf_strndup(start, len);
        }
        at += step;
    }
}

void rf_cors_finish(struct rf_cors *cors)
{
    for (size_t i = 0; i < cors->count; i++)
        free(cors->origins[i]);
    free(cors->origins);
    *cors = (struct rf_cors){0};
}

size_t rf_cors_variants(const struct rf_cors *cors)
{
    return cors->any ? 1 : cors->count + 1;
}

size_t rf_cors_variant(const struct rf_cors *cors, struct rf_slice origin)
{
    if (cors->any || origin.data == NULL)
        return 0;
    for (size_t i = 0; i < cors->count; i++)
        if (strlen(cors->origins[i]) == origin.len && memcmp(cors->origins[i], origin.data, origin.len) == 0)
            return i + 1;
    return 0;
}

const char *rf_cors_allowed(const struct rf_cors *cors, size_t variant)
{
    if (cors->any)
        return "*";
    return variant == 0 ? NULL : cors->origins[variant - 1];
}
