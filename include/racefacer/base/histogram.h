/* histogram.h - how long something took, counted in fixed buckets: from half a millisecond to ten seconds. */
#ifndef RACEFACER_BASE_HISTOGRAM_H
#define RACEFACER_BASE_HISTOGRAM_H

#include <stdint.h>

#define RF_HISTOGRAM_BOUNDS 14

/* A plain value: all zero is an empty one, and a copy is a snapshot. */
struct rf_histogram {
    uint64_t counts[RF_HISTOGRAM_BOUNDS + 1]; /* each of its own bucket; the last is for all that took longer */
    uint64_t sum_us;
};

extern const int64_t rf_histogram_bounds_us[RF_HISTOGRAM_BOUNDS]; /* the longest of each bucket, included */

/* Costs the same whatever was counted before. A time below 0 counts as 0. */
void rf_histogram_add(struct rf_histogram *histogram, int64_t us);

uint64_t rf_histogram_count(const struct rf_histogram *histogram);

#endif
