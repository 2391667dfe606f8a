/* listen.c - the listening socket, with errors an operator can act on. */
#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "racefacer/base/buf.h"

#define BACKLOG 511

/* -1 with errno set. `dual`: an IPv6 socket that takes IPv4 too. */
static int open_socket(const struct sockaddr *address, socklen_t len, bool dual)
{
    int on = 1, both = dual ? 0 : 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        (address->sa_family != AF_INET6 ||
            setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof(both)) == 0) &&
        bind(fd, address, len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int saved = errno;
    (void)close(fd); /* the first fault is the one to tell */
    errno = saved;
    return -1;
}

static int open_everywhere(int port)
{
    struct sockaddr_in6 six = {
        .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = in6addr_any};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = open_socket((const struct sockaddr *)&six, sizeof(six), true);
    if (fd < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL || errno == EPROTONOSUPPORT))
        fd = open_socket((const struct sockaddr *)&four, sizeof(four), false); /* IPv6 is switched off here */
    return fd;
}

static void explain(struct rf_buf *out, const char *host, int port, int cause)
{
    const char *open = strchr(host, ':') != NULL ? "[" : "", *close = *open != '\0' ? "]" : "";
    if (host[0] == '\0')
        rf_buf_printf(out, "port %d ", port);
    else
        rf_buf_printf(out, "%s%s%s:%d ", open, host, close, port);
    switch (cause) {
    case EADDRINUSE:
        rf_buf_printf(out, "is in use by another program: stop it, or set PORT to another number");
        break;
    case EACCES:
        rf_buf_printf(out, "may not be listened on by this user: set PORT to a number above 1023");
        break;
    case EADDRNOTAVAIL:
        rf_buf_printf(out, "cannot be listened on: this machine has no such address; set HOST to one it has");
        break;
    default: rf_buf_printf(out, "cannot be listened on: %s", strerror(cause));
    }
}

int rf_listen(const char *host, int port, char **error)
{
    struct rf_buf text = RF_BUF_INIT;
    int fd = -1;
    if (host[0] == '\0') {
        fd = open_everywhere(port);
        if (fd < 0)
            explain(&text, host, port, errno);
    } else {
        struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV},
                        *found = NULL;
        char service[16];
        snprintf(service, sizeof(service), "%d", port);
        int failed = getaddrinfo(host, service, &hints, &found);
        if (failed != 0)
            rf_buf_printf(&text, "HOST %s cannot be found: %s", host, gai_strerror(failed));
        int cause = 0;
        for (const struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next) {
            fd = open_socket(at->ai_addr, at->ai_addrlen, false);
            if (fd < 0 && cause == 0)
                cause = errno;
        }
        if (failed == 0 && fd < 0)
            explain(&text, host, port, cause);
        if (found != NULL)
            freeaddrinfo(found);
    }
    *error = fd < 0 ? rf_buf_take(&text) : NULL;
    rf_buf_finish(&text);
    return fd;
}

int rf_listen_port(int fd)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    socklen_t len = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return -1;
    memcpy(&four, &address, sizeof(four));
    memcpy(&six, &address, sizeof(six));
    return ntohs(address.ss_family == AF_INET6 ? six.sin6_port : four.sin_port);
}
