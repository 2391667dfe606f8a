/* memory.c - allocation that ends the process rather than fail. */
#include "racefacer/base/memory.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGE (128 * 1024)

/* These are glibc's own first values; but unless they are set, it raises them with the largest block that was
 * ever freed, to 32 and 64 MB at most, and holds on to as much. */
void rf_memory_setup(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_THRESHOLD, LARGE); /* refused, it is as it was: nothing depends on it */
    (void)mallopt(M_TRIM_THRESHOLD, LARGE);
#endif
}

static void *or_end(void *memory, size_t size)
{
    if (memory == NULL && size > 0) {
        fprintf(stderr, "racefacer-analysis: out of memory (%zu bytes wanted)\n", size);
        abort();
    }
    return memory;
}

void *rf_new(size_t size)
{
    return or_end(calloc(1, size), size);
}

void *rf_new_array(size_t count, size_t size)
{
    return or_end(calloc(count, size), count);
}

void *rf_resize_array(void *old, size_t count, size_t size)
{
    return or_end(reallocarray(old, count, size), count);
}

char *rf_strndup(const char *text, size_t len)
{
    char *copy = rf_new(len + 1);
    if (len > 0)
        memcpy(copy, text, len);
    return copy;
}

char *rf_strdup(const char *text)
{
    return rf_strndup(text, text == NULL ? 0 : strlen(text));
}

_Bool rf_strset(char **slot, const char *text)
{
    if (text == NULL)
        text = "";
    if (*slot != NULL && strcmp(*slot, text) == 0)
        return 0;
    char *copy = rf_strdup(text);
    free(*slot);
    *slot = copy;
    return 1;
}
