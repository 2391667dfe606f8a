/* resolve.h - a name to its addresses, off the loop. */
#ifndef RF_FEED_RESOLVE_H
#define RF_FEED_RESOLVE_H

struct uv_loop_s;
struct rf_resolve;

#define RF_ADDRESSES_MAX 8
#define RF_ADDRESS_SIZE 64 /* a numeric address with its zone */

struct rf_addresses {
    int count;
    char text[RF_ADDRESSES_MAX][RF_ADDRESS_SIZE];
};

/* Tells the addresses, in the system's order; or `error`, why there are none. On the loop's thread, never
 * from inside rf_resolve_start. Not told after rf_resolve_cancel. The look-up is over then and must not be
 * cancelled any more. */
typedef void rf_resolve_done(void *ctx, const struct rf_addresses *addresses, const char *error);

struct rf_resolve *rf_resolve_start(
    struct uv_loop_s *loop, const char *host, rf_resolve_done *done, void *ctx);

/* Gives up at once, whatever the resolver is waiting for. */
void rf_resolve_cancel(struct rf_resolve *resolve);

#endif
