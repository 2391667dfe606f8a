/* tcp_received.h - how many bytes a connection has received, as the kernel counts them. */
#ifndef RF_HTTP_TCP_RECEIVED_H
#define RF_HTTP_TCP_RECEIVED_H

#include <stdbool.h>
#include <stdint.h>

/* False where the kernel does not tell. */
bool rf_tcp_received(int fd, uint64_t *out);

#endif
