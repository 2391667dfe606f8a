/* tcp.h - what the kernel knows of a connection, and how much it may keep for one. */
#ifndef RF_HTTP_TCP_H
#define RF_HTTP_TCP_H

#include <stdbool.h>
#include <stdint.h>

/* How many bytes came in, and how many of ours the other end has confirmed. False where the kernel does not
 * tell. */
bool rf_tcp_received(int fd, uint64_t *out);
bool rf_tcp_taken(int fd, uint64_t *out);

/* Lets only a little of what the other end does not take wait in the kernel. Where the kernel does not know
 * this, nothing changes. */
void rf_tcp_hold_little(int fd);

#endif
