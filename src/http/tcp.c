/* tcp.c - apart from the rest because linux/tcp.h, which alone has these fields, clashes with netinet/tcp.h.
 */
#include "tcp.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#define HELD_BYTES 32768 /* libmicrohttpd sees that a client takes something when half of it is gone */

static bool read_info(int fd, struct tcp_info *out, size_t needed)
{
    socklen_t len = sizeof(*out);
    /* An older kernel fills less of it. */
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, out, &len) == 0 && len >= needed;
}

bool rf_tcp_received(int fd, uint64_t *out)
{
    struct tcp_info info = {0};
    if (!read_info(fd, &info, offsetof(struct tcp_info, tcpi_bytes_received) + sizeof(uint64_t)))
        return false;
    *out = info.tcpi_bytes_received;
    return true;
}

bool rf_tcp_taken(int fd, uint64_t *out)
{
    struct tcp_info info = {0};
    if (!read_info(fd, &info, offsetof(struct tcp_info, tcpi_bytes_acked) + sizeof(uint64_t)))
        return false;
    *out = info.tcpi_bytes_acked;
    return true;
}

void rf_tcp_hold_little(int fd)
{
    int held = HELD_BYTES;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &held, sizeof(held));
}
