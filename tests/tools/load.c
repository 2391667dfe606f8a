/* load.c - what the load generators share. */
#include "load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "racefacer/base/memory.h"

int64_t load_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int load_connect(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        perror("load: a client cannot connect");
        exit(EXIT_FAILURE);
    }
    return fd;
}

void load_send(int fd, const char *bytes, size_t len)
{
    if (send(fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len) { /* a request is far smaller than any buffer */
        perror("load: a request cannot be sent");
        exit(EXIT_FAILURE);
    }
}

void load_times_add(struct load_times *times, double ms)
{
    if (times->count == times->cap) {
        times->cap = times->cap == 0 ? 4096 : times->cap * 2;
        times->ms = rf_resize_array(times->ms, times->cap, sizeof *times->ms);
    }
    times->ms[times->count++] = ms;
}

void load_times_finish(struct load_times *times)
{
    free(times->ms);
    *times = (struct load_times){0};
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double quantile(const struct load_times *times, double q)
{
    size_t at = (size_t)((double)times->count * q);
    return times->count == 0 ? -1 : times->ms[at < times->count ? at : times->count - 1];
}

void load_times_print(struct load_times *times)
{
    if (times->count > 0)
        qsort(times->ms, times->count, sizeof *times->ms, by_value);
    printf("\"median_ms\":%.3f,\"p99_ms\":%.3f,\"worst_ms\":%.3f", quantile(times, 0.5),
        quantile(times, 0.99), quantile(times, 1));
}
