/* permission.h - who may delete a session. Pure. */
#ifndef RF_HTTP_PERMISSION_H
#define RF_HTTP_PERMISSION_H

#include <stdbool.h>

#include "address.h"
#include "racefacer/base/buf.h"

/* What is known of whoever asks; slices with data NULL are headers that were not sent. */
struct rf_asker {
    struct rf_address peer;   /* the socket's other end */
    struct rf_address client; /* the same, or whom the trusted proxies name */
    bool forwarded;           /* there is a header that only a proxy adds */
    bool trust_proxy;
    struct rf_slice authorization, origin, host, fetch_site;
};

/* NULL where the asker may delete; else why not, in a sentence for them. With a token it is the token that
 * decides; without one only a program on this machine, or a page this server gave out on it, may. */
const char *rf_permission_refusal(const char *token, const struct rf_asker *asker);

#endif
