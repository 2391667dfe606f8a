/* websocket_way.h - whether there is a way to an address at all. */
#ifndef RF_FEED_WEBSOCKET_WAY_H
#define RF_FEED_WEBSOCKET_WAY_H

/* 0, or the errno that a connect would end with at once, such as ENETUNREACH. Nothing is sent. `address` is
 * numeric; where it is none, or there is no socket to ask with, the connect may find out. */
int rf_way_to(const char *address, int port);

#endif
