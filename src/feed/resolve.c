/* resolve.c - name look-up in a thread of its own.
 * Not by uv_getaddrinfo: a look-up under way cannot be cancelled there, and with a dead name server (5 s and
 * more a try) neither a stop of ours nor a deadline could be kept. A thread of our own is simply left behind.
 */
#include "resolve.h"

#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "racefacer/base/memory.h"

/* Shared by the loop and the thread, freed by whoever lets go last. */
struct lookup {
    pthread_mutex_t lock;
    struct rf_resolve *resolve; /* NULL: nobody waits any more */
    bool running;               /* the thread has it */
    char *host;
    struct rf_addresses addresses;
    int error; /* EAI_… */
};

/* The loop's side; freed when its handle is closed. */
struct rf_resolve {
    uv_async_t async;
    struct lookup *lookup;
    rf_resolve_done *done;
    void *ctx;
};

static void free_lookup(struct lookup *lookup)
{
    pthread_mutex_destroy(&lookup->lock);
    free(lookup->host);
    free(lookup);
}

static void keep(struct rf_addresses *out, const struct addrinfo *info)
{
    if (out->count == RF_ADDRESSES_MAX || (info->ai_family != AF_INET && info->ai_family != AF_INET6))
        return;
    char *text = out->text[out->count];
    if (getnameinfo(info->ai_addr, info->ai_addrlen, text, RF_ADDRESS_SIZE, NULL, 0, NI_NUMERICHOST) == 0)
        out->count++;
}

static void *look_up(void *arg)
{
    struct lookup *lookup = arg;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC}, *list = NULL;
    int error = getaddrinfo(lookup->host, NULL, &hints, &list);
    if (error == 0) {
        for (struct addrinfo *info = list; info != NULL; info = info->ai_next)
            keep(&lookup->addresses, info);
        freeaddrinfo(list);
    }
    pthread_mutex_lock(&lookup->lock);
    lookup->error = error;
    lookup->running = false;
    bool waited_for = lookup->resolve != NULL;
    if (waited_for)
        uv_async_send(&lookup->resolve->async);
    pthread_mutex_unlock(&lookup->lock);
    if (!waited_for)
        free_lookup(lookup);
    return NULL;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* The loop lets go of the look-up. */
static void let_go(struct rf_resolve *resolve)
{
    struct lookup *lookup = resolve->lookup;
    pthread_mutex_lock(&lookup->lock);
    lookup->resolve = NULL;
    bool running = lookup->running;
    pthread_mutex_unlock(&lookup->lock);
    if (!running)
        free_lookup(lookup);
    uv_close((uv_handle_t *)&resolve->async, on_closed);
}

static void on_async(uv_async_t *async)
{
    struct rf_resolve *resolve = async->data;
    struct lookup *lookup = resolve->lookup;
    struct rf_addresses addresses = lookup->addresses;
    int error = lookup->error;
    rf_resolve_done *done = resolve->done;
    void *ctx = resolve->ctx;
    let_go(resolve);
    if (error == 0 && addresses.count > 0)
        done(ctx, &addresses, NULL);
    else
        done(ctx, NULL, error != 0 ? gai_strerror(error) : "it has no address");
}

struct rf_resolve *rf_resolve_start(uv_loop_t *loop, const char *host, rf_resolve_done *done, void *ctx)
{
    struct lookup *lookup = rf_new(sizeof *lookup);
    struct rf_resolve *resolve = rf_new(sizeof *resolve);
    pthread_mutex_init(&lookup->lock, NULL);
    lookup->host = rf_strdup(host);
    lookup->resolve = resolve;
    *resolve = (struct rf_resolve){.lookup = lookup, .done = done, .ctx = ctx};
    /* Fails only where the loop could not be made either. */
    (void)uv_async_init(loop, &resolve->async, on_async);
    resolve->async.data = resolve;

    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    lookup->running = true;
    if (pthread_create(&thread, &attributes, look_up, lookup) != 0) {
        lookup->running = false;
        lookup->error = EAI_AGAIN;
        uv_async_send(&resolve->async);
    }
    pthread_attr_destroy(&attributes);
    return resolve;
}

void rf_resolve_cancel(struct rf_resolve *resolve)
{
    let_go(resolve);
}
