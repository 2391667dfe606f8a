/* health_probe.c - asks a running server how it is. A small client of its own: no loop, one request, one
 * deadline. */
#include "racefacer/app/health_probe.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "racefacer/base/clock.h"

/* Waits until the socket can do it or the deadline is over; then 0 or -1 with errno ETIMEDOUT. */
static int wait_for(int fd, short what, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - rf_clock_mono_ms();
        struct pollfd one = {.fd = fd, .events = what};
        int ready = left <= 0 ? 0 : poll(&one, 1, (int)left);
        if (ready > 0)
            return 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0)
            errno = ETIMEDOUT;
        return -1;
    }
}

static int connect_by(int fd, const struct addrinfo *address, int64_t deadline)
{
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return 0;
    if (errno != EINPROGRESS || wait_for(fd, POLLOUT, deadline) != 0)
        return -1;
    int fault = 0;
    socklen_t len = sizeof fault;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &len) != 0)
        return -1;
    errno = fault;
    return fault == 0 ? 0 : -1;
}

static int send_all(int fd, const char *data, size_t len, int64_t deadline)
{
    while (len > 0) {
        if (wait_for(fd, POLLOUT, deadline) != 0)
            return -1;
        ssize_t done = send(fd, data, len, MSG_NOSIGNAL);
        if (done < 0 && errno != EINTR && errno != EAGAIN)
            return -1;
        if (done > 0) {
            data += done;
            len -= (size_t)done;
        }
    }
    return 0;
}

/* The first line of the answer, without its end. errno 0 where the server hung up in the middle of it. */
static int read_first_line(int fd, char *line, size_t size, int64_t deadline)
{
    size_t len = 0;
    while (len + 1 < size) {
        if (wait_for(fd, POLLIN, deadline) != 0)
            return -1;
        ssize_t got = recv(fd, line + len, size - 1 - len, 0);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0) {
            errno = got == 0 ? 0 : errno;
            return -1;
        }
        len += (size_t)got;
        line[len] = '\0';
        if (strpbrk(line, "\r\n") != NULL)
            break;
    }
    line[strcspn(line, "\r\n")] = '\0';
    return 0;
}

static int ask(int fd, const struct addrinfo *address, const char *host, int64_t deadline, struct rf_buf *why)
{
    const char *doing = "connecting";
    int result = connect_by(fd, address, deadline);
    char line[256] = "";
    if (result == 0) {
        doing = "asking";
        char request[512];
        bool colon = strchr(host, ':') != NULL;
        int len = snprintf(request, sizeof request,
            "GET /health HTTP/1.1\r\nHost: %s%s%s\r\nUser-Agent: racefacer-analysis --health\r\nConnection: "
            "close\r\n\r\n",
            colon ? "[" : "", host, colon ? "]" : "");
        errno = EINVAL; /* a name too long for the request */
        result = len < 0 || (size_t)len >= sizeof request ? -1 : send_all(fd, request, (size_t)len, deadline);
    }
    if (result == 0) {
        doing = "awaiting the answer";
        result = read_first_line(fd, line, sizeof line, deadline);
    }
    if (result != 0) {
        rf_buf_printf(why, "%s: %s\n", doing, errno == 0 ? "the connection was closed" : strerror(errno));
        return -1;
    }
    if (strncmp(line, "HTTP/1.", 7) == 0 && strncmp(line + 8, " 200", 4) == 0 &&
        (line[12] == ' ' || line[12] == '\0'))
        return 0;
    if (strncmp(line, "HTTP/", 5) == 0 && strspn(line + 9, "0123456789") == 3)
        rf_buf_printf(why, "the answer was %.3s, not 200\n", line + 9);
    else
        rf_buf_puts(why, "the answer was no HTTP: is that another server?\n");
    return -1;
}

int rf_health_probe(const char *host, int port, int timeout_ms, struct rf_buf *why)
{
    int64_t deadline = rf_clock_mono_ms() + timeout_ms;
    if (host[0] == '\0' || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
        host = "127.0.0.1";
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *found = NULL;
    int fault = getaddrinfo(host, service, &hints, &found);
    if (fault != 0) {
        rf_buf_printf(why, "%s port %d: %s\n", host, port, gai_strerror(fault));
        return -1;
    }
    int result = -1;
    struct rf_buf reason = RF_BUF_INIT;
    for (const struct addrinfo *address = found; address != NULL && result != 0; address = address->ai_next) {
        int fd = socket(
            address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol);
        rf_buf_clear(&reason);
        if (fd < 0) {
            rf_buf_printf(&reason, "no socket: %s\n", strerror(errno));
            continue;
        }
        result = ask(fd, address, host, deadline, &reason);
        (void)close(fd); /* nothing is left to be lost */
    }
    freeaddrinfo(found);
    if (result != 0)
        rf_buf_printf(why, "%s port %d: %s", host, port, rf_buf_str(&reason));
    rf_buf_finish(&reason);
    return result;
}
