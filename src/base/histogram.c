/* histogram.c - times, counted in fixed buckets. */
#include "racefacer/base/histogram.h"

const int64_t rf_histogram_bounds_us[RF_HISTOGRAM_BOUNDS] = {
    500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};

void rf_histogram_add(struct rf_histogram *histogram, int64_t us)
{
    int bucket = 0;
    us = us < 0 ? 0 : us;
    while (bucket < RF_HISTOGRAM_BOUNDS && us > rf_histogram_bounds_us[bucket])
        bucket++;
    histogram->counts[bucket]++;
    histogram->sum_us += (uint64_t)us;
}

uint64_t rf_histogram_count(const struct rf_histogram *histogram)
{
    uint64_t count = 0;
    for (int i = 0; i <= RF_HISTOGRAM_BOUNDS; i++)
        count += histogram->counts[i];
    return count;
}
