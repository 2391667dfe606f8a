/* stream_load.c - many clients of the push stream in one process, and how late what they get is.
 * Every frame has "sent_us", the time it was sent at by the clock that is read here too. Prints one line of
 * JSON: milliseconds from the frame's sending to its last byte at a client. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "racefacer/base/memory.h"

#define MARK "\"sent_us\":"
#define KEEP 64 /* bytes of a part that may belong to a mark which the next part ends */
#define PART 65536

struct client {
    int fd;
    size_t kept;
    char tail[KEEP];
    int64_t mark_us; /* of the event that is coming in; 0: none */
};

struct load {
    struct client *clients;
    int count, epoll_fd;
    double *late_ms;
    size_t got, cap;
    uint64_t bytes;
};

static int64_t now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int connect_to(int port, const char *query)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    char request[256];
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int len =
        snprintf(request, sizeof request, "GET /api/stream%s HTTP/1.1\r\nHost: localhost\r\n\r\n", query);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        write(fd, request, (size_t)len) != len) {
        perror("stream-load: a client cannot connect");
        exit(EXIT_FAILURE);
    }
    return fd;
}

static void arrived(struct load *load, int64_t late_us)
{
    if (load->got == load->cap) {
        load->cap = load->cap == 0 ? 4096 : load->cap * 2;
        load->late_ms = rf_resize_array(load->late_ms, load->cap, sizeof *load->late_ms);
    }
    load->late_ms[load->got++] = (double)late_us / 1000;
}

/* `text` is NUL-terminated. An event ends with an empty line. Returns where what is not understood yet
 * begins. */
static const char *look(struct load *load, struct client *client, const char *text, int64_t at_us)
{
    const char *at = text, *end = text + strlen(text);
    for (;;) {
        if (client->mark_us != 0) {
            const char *line = strstr(at, "\n\n");
            if (line == NULL)
                return end > at && end[-1] == '\n' ? end - 1 : end;
            arrived(load, at_us - client->mark_us);
            client->mark_us = 0;
            at = line + 2;
        }
        const char *mark = strstr(at, MARK);
        if (mark == NULL)
            return end - at < KEEP ? at : end - (KEEP - 1);
        char *rest;
        int64_t sent_us = strtoll(mark + strlen(MARK), &rest, 10);
        if (*rest == '\0')
            return mark; /* its digits may go on */
        client->mark_us = sent_us;
        at = rest;
    }
}

static bool read_some(struct load *load, struct client *client, char *part)
{
    memcpy(part, client->tail, client->kept);
    ssize_t len = recv(client->fd, part + client->kept, PART, MSG_DONTWAIT);
    if (len < 0 && errno == EAGAIN)
        return true;
    if (len <= 0)
        return false;
    char *end = part + client->kept + len;
    *end = '\0';
    load->bytes += (uint64_t)len;
    const char *rest = look(load, client, part, now_us());
    client->kept = (size_t)(end - rest);
    memcpy(client->tail, rest, client->kept);
    return true;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double quantile(const struct load *load, double q)
{
    size_t at = (size_t)((double)load->got * q);
    return load->got == 0 ? -1 : load->late_ms[at < load->got ? at : load->got - 1];
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: stream-load PORT CLIENTS SECONDS [QUERY]\n");
        return EXIT_FAILURE;
    }
    int port = (int)strtol(argv[1], NULL, 10), gone = 0;
    int64_t seconds = strtoll(argv[3], NULL, 10);
    struct load load = {.count = (int)strtol(argv[2], NULL, 10), .epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    load.clients = rf_new_array((size_t)load.count, sizeof *load.clients);
    for (int i = 0; i < load.count; i++) {
        load.clients[i].fd = connect_to(port, argc > 4 ? argv[4] : "");
        struct epoll_event interest = {.events = EPOLLIN, .data.ptr = &load.clients[i]};
        if (epoll_ctl(load.epoll_fd, EPOLL_CTL_ADD, load.clients[i].fd, &interest) != 0)
            return EXIT_FAILURE;
    }
    char *part = rf_new(PART + KEEP + 1);
    int64_t begin = now_us();
    bool warm = false;
    while (now_us() - begin < seconds * 1000000) {
        struct epoll_event ready[256];
        int count = epoll_wait(load.epoll_fd, ready, 256, 100);
        for (int i = 0; i < count; i++) {
            struct client *client = ready[i].data.ptr;
            if (!read_some(&load, client, part)) {
                (void)epoll_ctl(load.epoll_fd, EPOLL_CTL_DEL, client->fd, NULL);
                gone++;
            }
        }
        if (!warm && now_us() - begin > 1500000) { /* the frames that greeted them are old */
            load.got = 0;
            warm = true;
        }
    }
    if (load.got > 0)
        qsort(load.late_ms, load.got, sizeof *load.late_ms, by_value);
    printf("{\"clients\":%d,\"gone\":%d,\"events\":%zu,\"megabytes\":%.1f,\"median_ms\":%.2f,\"p99_ms\":%.2f,"
           "\"worst_ms\":%.2f}\n",
        load.count, gone, load.got, (double)load.bytes / 1e6, quantile(&load, 0.5), quantile(&load, 0.99),
        quantile(&load, 1));
    for (int i = 0; i < load.count; i++)
        close(load.clients[i].fd);
    close(load.epoll_fd);
    free(load.clients);
    free(load.late_ms);
    free(part);
    return EXIT_SUCCESS;
}
