/* assets.h - the table that build.mjs writes. */
#ifndef RF_DASHBOARD_ASSETS_H
#define RF_DASHBOARD_ASSETS_H

#include "racefacer/dashboard/dashboard.h"

extern const struct rf_asset rf_assets[];
extern const size_t rf_asset_count;

#endif
