/* listen.h - the listening socket, with errors an operator can act on. */
#ifndef RF_HTTP_LISTEN_H
#define RF_HTTP_LISTEN_H

/* Listens on `host` ("": all addresses, IPv6 and IPv4; a name or address otherwise) and `port` (0: any free
 * one). Blocks for a name. The socket, non-blocking; -1 with *error set to a line the caller frees. */
int rf_listen(const char *host, int port, char **error);

/* The port a listening socket has; -1 where it cannot be told. */
int rf_listen_port(int fd);

#endif
