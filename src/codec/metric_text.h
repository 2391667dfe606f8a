/* metric_text.h - Prometheus's text format 0.0.4, line by line. */
#ifndef RF_CODEC_METRIC_TEXT_H
#define RF_CODEC_METRIC_TEXT_H

#include <stdint.h>

#include "racefacer/base/buf.h"
#include "racefacer/base/histogram.h"

/* Begins a metric: all its samples follow, before any other's. `type` is "counter", "gauge" or "histogram".
 */
void rf_metric_begin(struct rf_buf *out, const char *name, const char *type, const char *help);

/* A sample. `labels` is what stands between the braces, or ""; see rf_metric_label. */
void rf_metric_count(struct rf_buf *out, const char *name, const char *labels, uint64_t value);
void rf_metric_seconds(struct rf_buf *out, const char *name, int64_t us);
void rf_metric_histogram(
    struct rf_buf *out, const char *name, const char *labels, const struct rf_histogram *histogram);

/* Appends name="value" to a list of labels. */
void rf_metric_label(struct rf_buf *labels, const char *name, const char *value);

#endif
