/* answer_counts.c - answers and how long they took to make, by route and status. */
#include "answer_counts.h"

static const unsigned statuses[RF_ANSWER_STATUSES] = {
    200, 204, 304, 400, 403, 404, 405, 409, 413, 414, 417, 429, 431, 500, 501, 503, 0};

void rf_answer_counts_add(
    struct rf_answer_counts *counts, enum rf_endpoint endpoint, unsigned status, int64_t us)
{
    size_t at = 0;
    while (statuses[at] != status && statuses[at] != 0)
        at++;
    rf_histogram_add(&counts->times[endpoint][at], us);
}

size_t rf_answer_counts_list(
    const struct rf_answer_counts *counts, struct rf_route_metric out[RF_ENDPOINTS * RF_ANSWER_STATUSES])
{
    size_t count = 0;
    for (int endpoint = 0; endpoint < RF_ENDPOINTS; endpoint++) {
        unsigned usual = endpoint == RF_ENDPOINT_NONE ? 404 : 200;
        for (size_t at = 0; at < RF_ANSWER_STATUSES; at++) {
            const struct rf_histogram *times = &counts->times[endpoint][at];
            if (rf_histogram_count(times) > 0 || statuses[at] == usual)
                out[count++] = (struct rf_route_metric){
                    rf_route_pattern((enum rf_endpoint)endpoint), statuses[at], *times};
        }
    }
    return count;
}
