/* backoff.h - how long to wait before the next connect. Pure: the random number is passed in. */
#ifndef RF_FEED_BACKOFF_H
#define RF_FEED_BACKOFF_H

#include <stdint.h>

/* A connection that has held this long ends a row of failures. */
#define RF_BACKOFF_RESET_MS 10000

/* Milliseconds to wait after `failures` failures in a row: min, and at random anything from nothing to all of
 * min(max, min * 2^failures) - min on top. Never below min nor above max. `random` is any 64 bits. */
int64_t rf_backoff_ms(int64_t min_ms, int64_t max_ms, unsigned failures, uint64_t random);

#endif
