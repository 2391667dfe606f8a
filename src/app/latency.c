/* latency.c - how long it takes from the receipt of a frame until what it changed may be served. */
#include "app/app_impl.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"

void rf_app_note_taken(struct rf_app *app, int64_t arrived_us)
{
    if (app->unpublished_count == app->unpublished_cap) {
        app->unpublished_cap = app->unpublished_cap == 0 ? 16 : app->unpublished_cap * 2;
        app->unpublished_us = rf_resize_array(app->unpublished_us, app->unpublished_cap, sizeof(int64_t));
    }
    app->unpublished_us[app->unpublished_count++] = arrived_us;
}

void rf_app_note_published(struct rf_app *app)
{
    if (app->unpublished_count == 0)
        return;
    int64_t now_us = rf_clock_mono_us();
    for (size_t i = 0; i < app->unpublished_count; i++)
        rf_histogram_add(&app->counts.published, now_us - app->unpublished_us[i]);
    app->unpublished_count = 0;
}
