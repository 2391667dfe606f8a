/* dashboard.c - finds a file of the web page. */
#include "racefacer/dashboard/dashboard.h"

#include <string.h>

#include "assets.h"

const struct rf_asset *rf_dashboard_find(const char *path, size_t len)
{
    for (size_t i = 0; i < rf_asset_count; i++)
        if (strlen(rf_assets[i].path) == len && memcmp(rf_assets[i].path, path, len) == 0)
            return &rf_assets[i];
    return NULL;
}
