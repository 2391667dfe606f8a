/* limits.c - how many requests an address may make. */
#include "limits.h"

#include <stdlib.h>
#include <uthash.h>
#include <utlist.h>

#include "racefacer/base/memory.h"

#define ONE 1000 /* a request, in the bucket's unit: so a rate per second is a refill per millisecond */

struct client {
    struct rf_address address;
    int64_t bucket, bucket_ms; /* content, and when it was right */
    int64_t window_ends_ms;    /* 0: none begun */
    int window_used;
    UT_hash_handle hh;
    struct client *prev, *next; /* by last use, the oldest first */
};

struct rf_limits {
    struct rf_limits_options options;
    struct client *by_address;
    struct client *by_age;
};

struct rf_limits *rf_limits_create(const struct rf_limits_options *options)
{
    struct rf_limits *limits = rf_new(sizeof(*limits));
    limits->options = *options;
    return limits;
}

static void forget(struct rf_limits *limits, struct client *client)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): whoever is in the list is in the table */
    HASH_DEL(limits->by_address, client);
    DL_DELETE(limits->by_age, client);
    free(client);
}

void rf_limits_destroy(struct rf_limits *limits)
{
    if (limits == NULL)
        return;
    while (limits->by_age != NULL)
        forget(limits, limits->by_age);
    free(limits);
}

static struct client *client_of(struct rf_limits *limits, const struct rf_address *address, int64_t now_ms)
{
    struct client *client = NULL;
    HASH_FIND(hh, limits->by_address, address, sizeof(*address), client);
    if (client != NULL) {
        DL_DELETE(limits->by_age, client);
    } else {
        if (HASH_COUNT(limits->by_address) >= limits->options.max_addresses && limits->by_age != NULL)
            forget(limits, limits->by_age);
        client = rf_new(sizeof(*client));
        client->address = *address;
        client->bucket = (int64_t)limits->options.live_per_second * ONE;
        client->bucket_ms = now_ms;
        HASH_ADD(hh, limits->by_address, address, sizeof(client->address), client);
    }
    DL_APPEND(limits->by_age, client);
    return client;
}

struct rf_verdict rf_limits_live(struct rf_limits *limits, const struct rf_address *address, int64_t now_ms)
{
    int rate = limits->options.live_per_second;
    struct rf_verdict verdict = {.allowed = true};
    if (rate <= 0)
        return verdict;
    struct client *client = client_of(limits, address, now_ms);
    int64_t full = (int64_t)rate * ONE, passed = now_ms - client->bucket_ms;
    if (passed > ONE)
        passed = ONE; /* a second fills it, and more could overflow */
    if (passed > 0)
        client->bucket += passed * rate;
    if (client->bucket > full)
        client->bucket = full;
    client->bucket_ms = now_ms;
    verdict.limited = true;
    verdict.allowed = client->bucket >= ONE;
    if (verdict.allowed)
        client->bucket -= ONE;
    verdict.limit = rate;
    verdict.remaining = (int)(client->bucket / ONE);
    verdict.reset_s = verdict.retry_after_s = 1; /* it is never longer, in whole seconds */
    return verdict;
}

struct rf_verdict rf_limits_stored(struct rf_limits *limits, const struct rf_address *address, int64_t now_ms)
{
    struct rf_verdict verdict = {.allowed = true};
    if (limits->options.window_max <= 0)
        return verdict;
    struct client *client = client_of(limits, address, now_ms);
    if (client->window_ends_ms == 0 || now_ms >= client->window_ends_ms) {
        client->window_ends_ms = now_ms + limits->options.window_ms;
        client->window_used = 0;
    }
    verdict.limited = true;
    verdict.limit = limits->options.window_max;
    verdict.allowed = client->window_used < verdict.limit;
    if (verdict.allowed)
        client->window_used++;
    verdict.remaining = verdict.limit - client->window_used;
    verdict.reset_s = (int)((client->window_ends_ms - now_ms + 999) / 1000);
    verdict.retry_after_s = verdict.reset_s;
    return verdict;
}

size_t rf_limits_addresses(const struct rf_limits *limits)
{
    return HASH_COUNT(limits->by_address);
}
