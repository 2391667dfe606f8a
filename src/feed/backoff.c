/* backoff.c - exponential backoff with full jitter, so that a hall of clients does not come back in one
 * moment. */
#include "backoff.h"

int64_t rf_backoff_ms(int64_t min_ms, int64_t max_ms, unsigned failures, uint64_t random)
{
    if (min_ms < 0)
        min_ms = 0;
    if (max_ms <= min_ms)
        return min_ms;
    int64_t ceiling = min_ms;
    for (unsigned i = 0; i < failures && ceiling < max_ms; i++)
        ceiling = ceiling > max_ms / 2 ? max_ms : ceiling * 2;
    return min_ms + (int64_t)(random % (uint64_t)(ceiling - min_ms + 1));
}
