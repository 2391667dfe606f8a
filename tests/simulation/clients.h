/* clients.h - clients of the HTTP server, seen from its backend: they ask at any moment at which it is not held.
 */
#ifndef RACEFACER_TESTS_SIMULATION_CLIENTS_H
#define RACEFACER_TESTS_SIMULATION_CLIENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "racefacer/engine/engine.h"

struct clients_options {
    int64_t every_us; /* between two requests, about */
    double deletes;   /* of the requests */
};

void clients_begin(const struct clients_options *options); /* of a life */
const struct rf_engine *clients_engine(void);              /* NULL while there is no server */
bool clients_inquest_done(
    void);                    /* all that was ever served has been asked for again, since this life began */
bool clients_all_saved(void); /* so /health says */
/* Asks for every session there is, and compares it with the truth; then calls `done`. */
void clients_compare_all(void (*done)(void));

/* ---- what the server calls */

void clients_come(void);
void clients_go(void);
/* `settled`: it has not just been let go, with what had arrived meanwhile about to be taken in. */
void clients_ask(bool settled);
void clients_look(void); /* at all that is live */

#endif
