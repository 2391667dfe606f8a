/* accepts.c - lists such as "gzip;q=0.5, br". */
#include "accepts.h"

#include <string.h>
#include <strings.h>

static struct rf_slice trim(struct rf_slice text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
        text.data++, text.len--;
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
        text.len--;
    return text;
}

static struct rf_slice cut_at(struct rf_slice *rest, char separator)
{
    const char *end = memchr(rest->data, separator, rest->len);
    size_t len = end != NULL ? (size_t)(end - rest->data) : rest->len;
    struct rf_slice part = {rest->data, len};
    size_t used = end != NULL ? len + 1 : len;
    *rest = (struct rf_slice){rest->data + used, rest->len - used};
    return trim(part);
}

/* "q=0", "q=0.0" and so on: named, and not wanted. */
static bool refused(struct rf_slice parameters)
{
    while (parameters.len > 0) {
        struct rf_slice one = cut_at(&parameters, ';');
        if (one.len >= 3 && strncasecmp(one.data, "q=0", 3) == 0)
            return strspn(one.data + 2, "0.") >= one.len - 2;
    }
    return false;
}

bool rf_accepts(struct rf_slice list, const char *name)
{
    while (list.data != NULL && list.len > 0) {
        struct rf_slice parameters = cut_at(&list, ',');
        struct rf_slice value = cut_at(&parameters, ';');
        if (value.len == strlen(name) && strncasecmp(value.data, name, value.len) == 0)
            return !refused(parameters);
    }
    return false;
}
