/* descriptors.c - room for connections among the descriptors the process may open. */
#include "descriptors.h"

#include <sys/resource.h>

#define KEPT_FREE                                                                                            \
    ((rlim_t)256) /* storage, logs, the feed, the loop; connections just refused and not closed yet */

int rf_descriptors_for(int connections)
{
    struct rlimit limit;
    rlim_t needed = (rlim_t)connections + KEPT_FREE;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return connections;
    if (limit.rlim_cur < needed && limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = limit;
        raised.rlim_cur = needed < limit.rlim_max ? needed : limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    if (limit.rlim_cur >= needed)
        return connections;
    return limit.rlim_cur > 2 * KEPT_FREE ? (int)(limit.rlim_cur - KEPT_FREE) : (int)(limit.rlim_cur / 2) + 1;
}
