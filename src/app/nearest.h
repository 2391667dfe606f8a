/* nearest.h - which of some names somebody may have meant. */
#ifndef RACEFACER_SRC_APP_NEAREST_H
#define RACEFACER_SRC_APP_NEAREST_H

#include <stddef.h>

/* How many letters must be added, taken away, changed or swapped with their neighbour; upper and lower case
 * are one. Texts longer than 63 bytes are far from everything. */
size_t rf_edit_distance(const char *a, const char *b);

/* Keeps the nearer of *best and `candidate`. Start with *best NULL and *distance 0; it stays NULL while
 * nothing is near enough to be a slip of the pen. */
void rf_nearest(const char *wanted, const char *candidate, const char **best, size_t *distance);

#endif
