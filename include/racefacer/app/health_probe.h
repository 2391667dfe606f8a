/* health_probe.h - asks a running server how it is, for --health and the container's check. */
#ifndef RACEFACER_APP_HEALTH_PROBE_H
#define RACEFACER_APP_HEALTH_PROBE_H

#include "racefacer/base/buf.h"

/* GET /health at that host ("", "0.0.0.0", "::": 127.0.0.1) and port. Blocks, up to `timeout_ms` in all.
 * 0 on a 200; else -1 with a line of why in `why`. */
int rf_health_probe(const char *host, int port, int timeout_ms, struct rf_buf *why)
    __attribute__((warn_unused_result));

#endif
