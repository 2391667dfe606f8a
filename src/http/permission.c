/* permission.c - who may delete a session. */
#include "permission.h"

#include <string.h>
#include <strings.h>

/* Compares in a time that depends on the given text's length alone. */
static bool token_equals(const char *token, struct rf_slice given)
{
    size_t len = strlen(token);
    volatile unsigned char difference = len == given.len ? 0 : 1;
    for (size_t i = 0; i < given.len; i++)
        difference |= (unsigned char)(given.data[i] ^ token[len == 0 ? 0 : i % len]);
    return difference == 0;
}

static bool bearer(struct rf_slice authorization, struct rf_slice *token)
{
    static const char scheme[] = "Bearer ";
    size_t len = sizeof(scheme) - 1;
    if (authorization.data == NULL || authorization.len <= len ||
        strncasecmp(authorization.data, scheme, len) != 0)
        return false;
    *token = (struct rf_slice){authorization.data + len, authorization.len - len};
    while (token->len > 0 && token->data[0] == ' ')
        token->data++, token->len--;
    while (token->len > 0 && token->data[token->len - 1] == ' ')
        token->len--;
    return true;
}

static bool slice_is(struct rf_slice slice, const char *text)
{
    return slice.data != NULL && slice.len == strlen(text) && strncasecmp(slice.data, text, slice.len) == 0;
}

/* A Host header that names this machine whatever a name server says: a name that a stranger had resolved to
 * 127.0.0.1 must not pass. */
static bool host_is_loopback(struct rf_slice host)
{
    struct rf_address address;
    if (host.data == NULL)
        return false;
    if (rf_address_parse(&address, host.data, host.len))
        return rf_address_is_loopback(&address);
    const char *colon = memchr(host.data, ':', host.len);
    if (colon != NULL)
        host.len = (size_t)(colon - host.data);
    return slice_is(host, "localhost");
}

static bool own_origin(struct rf_slice origin, struct rf_slice host)
{
    static const char scheme[] = "http://";
    size_t len = sizeof(scheme) - 1;
    return host_is_loopback(host) && origin.len == len + host.len &&
           strncasecmp(origin.data, scheme, len) == 0 &&
           strncasecmp(origin.data + len, host.data, host.len) == 0;
}

const char *rf_permission_refusal(const char *token, const struct rf_asker *asker)
{
    struct rf_slice given = {NULL, 0};
    if (token[0] != '\0') {
        if (!bearer(asker->authorization, &given))
            return "Deleting needs the header Authorization: Bearer with the server's API_TOKEN";
        return token_equals(token, given) ? NULL : "The token is not the server's API_TOKEN";
    }
    if (!rf_address_is_loopback(&asker->peer) || !rf_address_is_loopback(&asker->client))
        return "Without an API_TOKEN set on the server, sessions can be deleted only from the machine it "
               "runs on";
    if (asker->forwarded && !asker->trust_proxy)
        return "The request came through a proxy, which hides where from: set API_TOKEN on the server and "
               "send it";
    if (asker->fetch_site.data != NULL && !slice_is(asker->fetch_site, "same-origin") &&
        !slice_is(asker->fetch_site, "none"))
        return "Without an API_TOKEN set on the server, no page of another site may delete sessions";
    if (asker->origin.data != NULL && !own_origin(asker->origin, asker->host))
        return "Without an API_TOKEN set on the server, no page of another site may delete sessions";
    return NULL;
}
