/* memory.h - allocation that does not fail: out of memory ends the process with one line on stderr.
 * What clients were served is on disk by then; going on with half a lap would be worse. */
#ifndef RACEFACER_BASE_MEMORY_H
#define RACEFACER_BASE_MEMORY_H

#include <stddef.h>

/* Once at the start: what is large goes back to the system as soon as it is freed, so that one frame of 3 MB
 * leaves no hole of 3 MB behind for as long as the process lives. */
void rf_memory_setup(void);

/* Zeroed memory for one object, or for `count` of them. Never NULL. The caller frees with free(). */
void *rf_new(size_t size);
void *rf_new_array(size_t count, size_t size);

/* As reallocarray(), but never NULL for a size above 0. */
void *rf_resize_array(void *old, size_t count, size_t size);

/* Copies of a string; of `len` bytes with a NUL added. NULL is copied as "". */
char *rf_strdup(const char *text);
char *rf_strndup(const char *text, size_t len);

/* Replaces *slot, an owned string or NULL, by a copy of `text`. True where that changed it. */
_Bool rf_strset(char **slot, const char *text);

#endif
