/* poll_load.c - requests on keep-alive connections, at a steady rate or as fast as they are answered, and how
 * long each answer takes. At a rate it is counted from the moment a request was due: one that waits for its
 * turn is late too. Prints one line of JSON. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"
#include "racefacer/base/memory.h"

#define HEAD_MAX 8192
#define PART 262144

struct client {
    int fd;
    bool busy, chunked, head_over;
    int status;
    int64_t due_us; /* of the request that is under way */
    uint64_t body_left;
    size_t head_len;
    char head[HEAD_MAX]; /* of the answer; of a chunked body the last five bytes */
};

struct load {
    struct client *clients;
    char **requests;
    int port, count, request_count, next_request, next_client, epoll_fd;
    double rate; /* requests a second; 0: as fast as they are answered */
    int64_t seconds;
    struct load_times times;
    uint64_t bytes, found, unchanged, refused; /* by status: 2xx, 304, all others */
    char *part;
};

static void ask(struct load *load, struct client *client, int64_t due_us)
{
    const char *request = load->requests[load->next_request++ % load->request_count];
    client->busy = true;
    client->head_over = client->chunked = false;
    client->head_len = 0;
    client->body_left = 0;
    client->due_us = due_us;
    load_send(client->fd, request, strlen(request));
}

static void answered(struct load *load, struct client *client)
{
    client->busy = false;
    load_times_add(&load->times, (double)(load_now_us() - client->due_us) / 1000);
    if (client->status == 304)
        load->unchanged++;
    else if (client->status / 100 == 2)
        load->found++;
    else
        load->refused++;
}

static void read_head(struct client *client)
{
    client->status = (int)strtol(client->head + 9, NULL, 10);
    for (const char *line = strstr(client->head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, "content-length:", 15) == 0)
            client->body_left = strtoull(line + 17, NULL, 10);
        else if (strncasecmp(line + 2, "transfer-encoding: chunked", 26) == 0)
            client->chunked = true;
    }
    if (client->status == 304 || client->status == 204)
        client->body_left = 0; /* whatever it says of the body it leaves out */
    client->head_over = true;
    client->head_len = 0;
}

/* Nothing is asked before an answer is over, so what comes last is its end. */
static bool chunks_over(struct client *client, const char *bytes, size_t len)
{
    size_t keep = len < 5 ? len : 5, old = client->head_len + keep > 5 ? 5 - keep : client->head_len;
    memmove(client->head, client->head + client->head_len - old, old);
    memcpy(client->head + old, bytes + len - keep, keep);
    client->head_len = old + keep;
    return client->head_len == 5 && memcmp(client->head, "0\r\n\r\n", 5) == 0;
}

/* True where the answer is over. */
static bool read_answer(struct client *client, const char *bytes, size_t len)
{
    if (!client->head_over) {
        size_t room = HEAD_MAX - 1 - client->head_len, part = len < room ? len : room,
               before = client->head_len;
        memcpy(client->head + before, bytes, part);
        client->head[before + part] = '\0';
        const char *end = strstr(client->head, "\r\n\r\n");
        if (end == NULL) {
            client->head_len += part;
            return false;
        }
        size_t used = (size_t)(end + 4 - client->head) - before;
        read_head(client);
        bytes += used;
        len -= used;
    }
    if (client->chunked)
        return len > 0 && chunks_over(client, bytes, len);
    client->body_left -= len < client->body_left ? len : client->body_left;
    return client->body_left == 0;
}

static void take_some(struct load *load, struct client *client)
{
    ssize_t len = recv(client->fd, load->part, PART, MSG_DONTWAIT);
    if (len < 0 && errno == EAGAIN)
        return;
    if (len <= 0) {
        fprintf(stderr, "poll-load: the server has closed a connection\n");
        exit(EXIT_FAILURE);
    }
    load->bytes += (uint64_t)len;
    if (!read_answer(client, load->part, (size_t)len))
        return;
    answered(load, client);
    if (load->rate == 0)
        ask(load, client, load_now_us());
}

/* To the microsecond: who spun for the rest of a millisecond would take the processor from other loads. */
static void wait_and_take(struct load *load, int64_t timeout_us)
{
    struct epoll_event ready[64];
    struct timespec timeout = {.tv_sec = timeout_us / 1000000, .tv_nsec = timeout_us % 1000000 * 1000};
    int count = epoll_pwait2(load->epoll_fd, ready, 64, &timeout, NULL);
    for (int i = 0; i < count; i++)
        take_some(load, ready[i].data.ptr);
}

/* In turn: one that is never asked would be closed as idle. */
static struct client *free_client(struct load *load)
{
    for (int i = 0; i < load->count; i++) {
        struct client *client = &load->clients[load->next_client++ % load->count];
        if (!client->busy)
            return client;
    }
    return NULL;
}

static double run(struct load *load)
{
    for (int i = 0; i < load->count; i++) {
        load->clients[i].fd = load_connect(load->port);
        struct epoll_event interest = {.events = EPOLLIN, .data.ptr = &load->clients[i]};
        if (epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, load->clients[i].fd, &interest) != 0)
            exit(EXIT_FAILURE);
    }
    int64_t begin = load_now_us(), end = begin + load->seconds * 1000000, sent = 0;
    for (int i = 0; load->rate == 0 && i < load->count; i++)
        ask(load, &load->clients[i], load_now_us());
    while (load_now_us() < end) {
        int64_t timeout_us = 50000;
        while (load->rate > 0) {
            int64_t due = begin + (int64_t)((double)sent / load->rate * 1e6), wait = due - load_now_us();
            if (wait > 0 && wait < timeout_us)
                timeout_us = wait;
            struct client *client = wait > 0 ? NULL : free_client(load);
            if (client == NULL)
                break;
            ask(load, client, due);
            sent++;
        }
        wait_and_take(load, timeout_us);
    }
    return (double)(load_now_us() - begin) / 1e6;
}

static char *request_for(const char *path, const char *headers)
{
    static const char format[] = "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n";
    size_t size = sizeof format + strlen(path) + strlen(headers);
    char *request = rf_new(size);
    (void)snprintf(request, size, format, path, headers); /* has room by its size */
    return request;
}

static void usage(void)
{
    fputs("usage: poll-load [--header 'NAME: VALUE'] PORT CONNECTIONS SECONDS RATE PATH...\n", stderr);
    exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"header", required_argument, NULL, 'H'}, {NULL, 0, NULL, 0}};
    struct load load = {.epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    char headers[1024] = "";
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        size_t len = strlen(headers);
        if (option != 'H' || len + strlen(optarg) + 3 > sizeof headers)
            usage();
        (void)snprintf(headers + len, sizeof headers - len, "%s\r\n", optarg); /* its length was looked at */
    }
    if (argc - optind < 5 || load.epoll_fd < 0)
        usage();
    load.port = (int)strtol(argv[optind], NULL, 10);
    load.count = (int)strtol(argv[optind + 1], NULL, 10);
    load.seconds = strtoll(argv[optind + 2], NULL, 10);
    load.rate = strtod(argv[optind + 3], NULL);
    load.request_count = argc - optind - 4;
    load.requests = rf_new_array((size_t)load.request_count, sizeof *load.requests);
    for (int i = 0; i < load.request_count; i++)
        load.requests[i] = request_for(argv[optind + 4 + i], headers);
    load.clients = rf_new_array((size_t)load.count, sizeof *load.clients);
    load.part = rf_new(PART);

    double took = run(&load);
    printf("{\"answers\":%zu,\"rate\":%.1f,\"megabytes\":%.1f,\"found\":%" PRIu64 ",\"unchanged\":%" PRIu64
           ",\"refused\":%" PRIu64 ",",
        load.times.count, (double)load.times.count / took, (double)load.bytes / 1e6, load.found,
        load.unchanged, load.refused);
    load_times_print(&load.times);
    puts("}");

    for (int i = 0; i < load.count; i++)
        close(load.clients[i].fd);
    for (int i = 0; i < load.request_count; i++)
        free(load.requests[i]);
    load_times_finish(&load.times);
    free(load.requests);
    free(load.clients);
    free(load.part);
    close(load.epoll_fd);
    return EXIT_SUCCESS;
}
