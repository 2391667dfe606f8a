/* http.h - the HTTP server that there is in a life, as far as clients see it. */
#ifndef RACEFACER_TESTS_SIMULATION_HTTP_H
#define RACEFACER_TESTS_SIMULATION_HTTP_H

#include <stdbool.h>

#include "racefacer/http/server.h"

struct rf_server {
    struct rf_http_backend backend;
    bool held, closing;
    int waiting; /* requests that came while it was held */
    bool told;   /* laps that the stream has not pushed yet */
    void (*closed)(void *ctx);
    void *closed_ctx;
};

extern struct rf_server *http_server; /* NULL: none */

#endif
