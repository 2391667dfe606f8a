/* limits.h - how many requests an address may make. Pure: time is an argument, in milliseconds of any steady
 * clock. Two limits: a bucket that refills steadily for live reads, and a count in a window for stored
 * sessions. */
#ifndef RF_HTTP_LIMITS_H
#define RF_HTTP_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"

struct rf_limits_options {
    int live_per_second; /* 0: no limit. The bucket holds one second's worth */
    int window_max;      /* 0: no limit */
    int64_t window_ms;
    size_t max_addresses; /* remembered; the one not seen for longest is forgotten for a new one */
};

struct rf_verdict {
    bool limited; /* the limit is switched on: tell it in headers */
    bool allowed;
    int limit, remaining;
    int reset_s;       /* until the whole limit is there again; at least 1 */
    int retry_after_s; /* where refused: until one more is allowed */
};

struct rf_limits;

struct rf_limits *rf_limits_create(const struct rf_limits_options *options);
void rf_limits_destroy(struct rf_limits *limits);

/* Each counts one request, unless it is refused. `address` as of rf_address_group. */
struct rf_verdict rf_limits_live(struct rf_limits *limits, const struct rf_address *address, int64_t now_ms);
struct rf_verdict rf_limits_stored(
    struct rf_limits *limits, const struct rf_address *address, int64_t now_ms);

size_t rf_limits_addresses(const struct rf_limits *limits);

#endif
