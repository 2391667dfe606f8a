/* accepts.h - what a request's Accept and Accept-Encoding take. Pure. */
#ifndef RF_HTTP_ACCEPTS_H
#define RF_HTTP_ACCEPTS_H

#include <stdbool.h>

#include "racefacer/base/buf.h"

/* Whether the list names this, and not with q=0; "*" is no name. `list` data NULL: there is no such header. */
bool rf_accepts(struct rf_slice list, const char *name);

#endif
