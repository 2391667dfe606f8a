/* websocket_way.c - asks the kernel for the way to an address: to connect a datagram socket is to look it up.
 */
#include "websocket_way.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int rf_way_to(const char *address, int port)
{
    char service[16];
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV},
                    *found = NULL;
    snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(address, service, &hints, &found) != 0)
        return 0;
    int fault = 0, fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        if (connect(fd, found->ai_addr, found->ai_addrlen) != 0)
            fault = errno;
        (void)close(fd); /* nothing was written to it */
    }
    freeaddrinfo(found);
    return fault;
}
