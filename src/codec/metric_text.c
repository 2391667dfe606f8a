/* metric_text.c - Prometheus's text format 0.0.4, line by line. */
#include "codec/metric_text.h"

#include <inttypes.h>

void rf_metric_begin(struct rf_buf *out, const char *name, const char *type, const char *help)
{
    rf_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_name(struct rf_buf *out, const char *name, const char *labels)
{
    rf_buf_puts(out, name);
    if (labels[0] != '\0')
        rf_buf_printf(out, "{%s}", labels);
    rf_buf_putc(out, ' ');
}

void rf_metric_count(struct rf_buf *out, const char *name, const char *labels, uint64_t value)
{
    write_name(out, name, labels);
    rf_buf_printf(out, "%" PRIu64 "\n", value);
}

/* Exact, and with no more digits than it takes: 0.0005, 1, 2.5. */
static void write_seconds(struct rf_buf *out, uint64_t us)
{
    int digits = 6;
    uint64_t rest = us % 1000000;
    for (; digits > 0 && rest % 10 == 0; digits--)
        rest /= 10;
    rf_buf_printf(out, "%" PRIu64, us / 1000000);
    if (digits > 0)
        rf_buf_printf(out, ".%0*" PRIu64, digits, rest);
}

void rf_metric_seconds(struct rf_buf *out, const char *name, int64_t us)
{
    write_name(out, name, "");
    write_seconds(out, us > 0 ? (uint64_t)us : 0);
    rf_buf_putc(out, '\n');
}

void rf_metric_histogram(
    struct rf_buf *out, const char *name, const char *labels, const struct rf_histogram *histogram)
{
    const char *comma = labels[0] != '\0' ? "," : "";
    uint64_t up_to = 0;
    for (int i = 0; i < RF_HISTOGRAM_BOUNDS; i++) {
        up_to += histogram->counts[i];
        rf_buf_printf(out, "%s_bucket{%s%sle=\"", name, labels, comma);
        write_seconds(out, (uint64_t)rf_histogram_bounds_us[i]);
        rf_buf_printf(out, "\"} %" PRIu64 "\n", up_to);
    }
    up_to += histogram->counts[RF_HISTOGRAM_BOUNDS];
    rf_buf_printf(out, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, labels, comma, up_to);
    rf_buf_printf(out, "%s_sum", name);
    write_name(out, "", labels);
    write_seconds(out, histogram->sum_us);
    rf_buf_printf(out, "\n%s_count", name);
    write_name(out, "", labels);
    rf_buf_printf(out, "%" PRIu64 "\n", up_to);
}

void rf_metric_label(struct rf_buf *labels, const char *name, const char *value)
{
    rf_buf_printf(labels, "%s%s=\"", labels->len > 0 ? "," : "", name);
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            rf_buf_putc(labels, '\\');
        if (*value == '\n')
            rf_buf_puts(labels, "\\n");
        else
            rf_buf_putc(labels, *value);
    }
    rf_buf_putc(labels, '"');
}
