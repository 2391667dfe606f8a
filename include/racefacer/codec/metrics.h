/* metrics.h - GET /metrics: the server in numbers, as Prometheus's text format 0.0.4 has them. */
#ifndef RACEFACER_CODEC_METRICS_H
#define RACEFACER_CODEC_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/buf.h"
#include "racefacer/base/histogram.h"
#include "racefacer/codec/status.h"
#include "racefacer/engine/engine.h"

#define RF_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Answers of one route with one status. */
struct rf_route_metric {
    const char *route; /* a pattern, so that there are few: "/api/kart/{kart}" */
    unsigned status;   /* 0: one of those that are not counted each for itself */
    struct rf_histogram times;
};

struct rf_cause_metric {
    const char *cause;
    uint64_t count;
};

struct rf_http_metrics {
    uint64_t connections;                  /* open now */
    const struct rf_cause_metric *refused; /* connections, and requests that were cut short */
    size_t refused_count;
    const struct rf_route_metric *routes;
    size_t route_count;
    uint64_t busy;
    uint64_t stream_clients, stream_connections; /* now, and since the start */
    uint64_t stream_lag_bytes;                   /* of the client furthest behind */
    uint64_t stream_cut_off;
};

/* Cost: one pass over the runs of the sessions followed. */
void rf_metrics_write(struct rf_buf *out, const struct rf_engine *engine, const struct rf_server_status *status,
    const struct rf_http_metrics *http);

#endif
