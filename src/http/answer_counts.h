/* answer_counts.h - answers and how long they took to make, by route and status. Pure. */
#ifndef RF_HTTP_ANSWER_COUNTS_H
#define RF_HTTP_ANSWER_COUNTS_H

#include <stddef.h>

#include "racefacer/codec/metrics.h"
#include "route.h"

#define RF_ANSWER_STATUSES 17 /* those the server gives, and one for all others */

struct rf_answer_counts {
    struct rf_histogram times[RF_ENDPOINTS][RF_ANSWER_STATUSES];
};

void rf_answer_counts_add(
    struct rf_answer_counts *counts, enum rf_endpoint endpoint, unsigned status, int64_t us);

/* What was counted, and of each route the status it has when all is well, so that no series begins late. */
size_t rf_answer_counts_list(
    const struct rf_answer_counts *counts, struct rf_route_metric out[RF_ENDPOINTS * RF_ANSWER_STATUSES]);

#endif
