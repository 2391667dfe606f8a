/* body.c - the bytes of an answer, counted for as long as anybody needs them. */
#include "body.h"

#include <microhttpd.h>
#include <stdlib.h>

#include "headers.h"
#include "racefacer/base/memory.h"

/* NOLINTNEXTLINE(readability-non-const-parameter): `data` is kept, to be freed */
struct rf_body *rf_body_create(size_t *alive, char *data, size_t len)
{
    struct rf_body *body = rf_new(sizeof(*body));
    *body = (struct rf_body){.refs = 1, .len = len, .alive = alive, .data = data};
    *alive += len;
    return body;
}

void rf_body_drop(struct rf_body *body)
{
    if (--body->refs > 0)
        return;
    *body->alive -= body->len;
    free(body->data);
    free(body);
}

static void on_sent(void *body)
{
    rf_body_drop(body);
}

struct MHD_Response *rf_body_response(struct rf_body *body)
{
    body->refs++;
    return rf_headers_checked(
        MHD_create_response_from_buffer_with_free_callback_cls(body->len, body->data, on_sent, body));
}
