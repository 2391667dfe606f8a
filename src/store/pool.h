/* pool.h - work for the thread pool. */
#ifndef RF_STORE_POOL_H
#define RF_STORE_POOL_H

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

/* uv_queue_work fails only where it is given no work, which would be a fault of ours. */
static inline void rf_pool_run(uv_loop_t *loop, uv_work_t *work, uv_work_cb run, uv_after_work_cb after)
{
    if (uv_queue_work(loop, work, run, after) != 0) {
        fprintf(stderr, "racefacer-analysis: the thread pool takes no work\n");
        abort();
    }
}

#endif
