/* source.c - hands the public calls on to the kind of source at hand. */
#include "source_impl.h"

void rf_source_start(struct rf_source *source)
{
    source->ops->start(source);
}

void rf_source_status(const struct rf_source *source, struct rf_feed_status *out)
{
    source->ops->status(source, out);
}

int64_t rf_source_now_ms(const struct rf_source *source)
{
    return source->ops->now_ms(source);
}

void rf_source_hold(struct rf_source *source, bool held)
{
    if (source->ops->hold != NULL)
        source->ops->hold(source, held);
}

void rf_source_close(struct rf_source *source, void (*closed)(void *ctx), void *ctx)
{
    source->ops->close(source, closed, ctx);
}
