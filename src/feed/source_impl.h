/* source_impl.h - what each kind of source provides; source.c hands the public calls on. */
#ifndef RACEFACER_FEED_SOURCE_IMPL_H
#define RACEFACER_FEED_SOURCE_IMPL_H

#include "racefacer/feed/source.h"

struct rf_source_ops {
    void (*start)(struct rf_source *source);
    void (*status)(const struct rf_source *source, struct rf_feed_status *out);
    int64_t (*now_ms)(const struct rf_source *source);
    void (*close)(struct rf_source *source, void (*closed)(void *ctx), void *ctx);
    void (*hold)(struct rf_source *source, bool held); /* NULL: it cannot be held */
};

/* First member of every kind of source. */
struct rf_source {
    const struct rf_source_ops *ops;
};

#endif
