/* dashboard.h - the web page and the document of the API, built into the binary: a handful of files, each plain and
 * gzipped. Data only. */
#ifndef RACEFACER_DASHBOARD_DASHBOARD_H
#define RACEFACER_DASHBOARD_DASHBOARD_H

#include <stdbool.h>
#include <stddef.h>

/* One encoding of a file, with an entity tag of its own: quotes included. */
struct rf_asset_body {
    const unsigned char *data;
    size_t len;
    const char *etag;
};

struct rf_asset {
    const char *path; /* "/" is the page itself */
    const char *type; /* the Content-Type */
    bool immutable;   /* its name has a hash of its content: it may be kept for ever */
    struct rf_asset_body plain, gzip;
};

/* The file at that path, compared byte for byte, or NULL. */
const struct rf_asset *rf_dashboard_find(const char *path, size_t len);

#endif
