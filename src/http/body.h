/* body.h - the bytes of an answer, counted for as long as anybody needs them: a slow client may for long. */
#ifndef RF_HTTP_BODY_H
#define RF_HTTP_BODY_H

#include <stddef.h>

struct MHD_Response;

struct rf_body {
    size_t refs, len;
    size_t *alive; /* where it is counted; stays until the body is gone */
    char *data;    /* owned */
};

/* Takes `data`, of malloc. One reference is the caller's. */
struct rf_body *rf_body_create(size_t *alive, char *data, size_t len);
void rf_body_drop(struct rf_body *body);

/* A response over the body, with a reference of its own. */
struct MHD_Response *rf_body_response(struct rf_body *body);

#endif
