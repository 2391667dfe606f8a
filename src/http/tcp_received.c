/* tcp_received.c - apart from the rest because linux/tcp.h, which alone has this field, clashes with
 * netinet/tcp.h. */
#include "tcp_received.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

bool rf_tcp_received(int fd, uint64_t *out)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
        len < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof(info.tcpi_bytes_received))
        return false; /* an older kernel fills less of it */
    *out = info.tcpi_bytes_received;
    return true;
}
