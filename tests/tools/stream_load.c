/* stream_load.c - many clients of the push stream in one process, and how late what they get is.
 * Every frame has "sent_us", the time it was sent at by the clock that is read here too; of laps the time
 * driven tells it, see below. All clients take what comes; a sample of them, evenly spread, also reads it.
 * Prints "measuring" once all are connected and greeted, and at the end one line of JSON: milliseconds from
 * the frame's sending to the event's last byte. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"
#include "racefacer/base/memory.h"
#include "stream_decode.h"

#define SENT "\"sent_us\":"
#define LAP "\"timeRaw\":"
/* A lap of 20000 + n ms was sent when the clock's tenths of a millisecond were n, by this modulus: up to 6 s
 * are told. */
#define LAP_BASE 20000
#define LAP_MODULUS 60000
#define KEEP 64 /* bytes of a part that may belong to a mark which the next part ends */
#define PART 65536
#define SAMPLE 400
#define WARM_US 2000000

struct reader {
    struct load *load;
    struct stream_decoder decoder;
    size_t kept;
    char tail[KEEP];
    double mark_ms; /* when the event that is coming in was sent, by the clock; 0: none */
};

struct client {
    int fd;
    struct reader *reader; /* NULL: does not look at what it takes */
};

struct load {
    struct client *clients;
    int port, count, gone, epoll_fd;
    int64_t seconds;
    bool zipped, laps;
    const char *query;
    struct load_times times;
    uint64_t bytes;
    char *part, *text;
};

static double sent_ms(const struct load *load, int64_t number)
{
    if (!load->laps)
        return (double)number / 1000;
    int64_t now = load_now_us() / 100, late = (now - (number - LAP_BASE)) % LAP_MODULUS;
    return (double)(now - late) / 10;
}

/* `text` is NUL-terminated. An event ends with an empty line. Returns where what is not understood yet
 * begins. */
static const char *look(struct reader *reader, const char *text)
{
    const char *at = text, *end = text + strlen(text), *word = reader->load->laps ? LAP : SENT;
    for (;;) {
        if (reader->mark_ms != 0) {
            const char *line = strstr(at, "\n\n");
            if (line == NULL)
                return end > at && end[-1] == '\n' ? end - 1 : end;
            load_times_add(&reader->load->times, (double)load_now_us() / 1000 - reader->mark_ms);
            reader->mark_ms = 0;
            at = line + 2;
        }
        const char *mark = strstr(at, word);
        if (mark == NULL)
            return end - at < KEEP ? at : end - (KEEP - 1);
        char *rest;
        int64_t number = strtoll(mark + strlen(word), &rest, 10);
        if (*rest == '\0')
            return mark; /* its digits may go on */
        reader->mark_ms = sent_ms(reader->load, number);
        at = rest;
    }
}

static void read_text(void *ctx, const char *text, size_t len)
{
    struct reader *reader = ctx;
    char *all = reader->load->text, *end = all + reader->kept + len;
    memcpy(all, reader->tail, reader->kept);
    memcpy(all + reader->kept, text, len);
    *end = '\0';
    const char *rest = look(reader, all);
    reader->kept = (size_t)(end - rest);
    memcpy(reader->tail, rest, reader->kept);
}

static bool take_some(struct load *load, const struct client *client)
{
    struct reader *reader = client->reader;
    /* Who does not look lets the kernel throw it away: the load is the server's, not that of copying it once
     * more here. */
    ssize_t len = recv(client->fd, load->part, reader == NULL ? PART * 16 : PART,
        MSG_DONTWAIT | (reader == NULL ? MSG_TRUNC : 0));
    if (len < 0 && errno == EAGAIN)
        return true;
    if (len <= 0)
        return false;
    load->bytes += (uint64_t)len;
    if (reader == NULL || stream_decode(&reader->decoder, load->part, (size_t)len, read_text, reader))
        return reader == NULL || reader->decoder.status == 200 || reader->decoder.status == 0;
    fputs("stream-load: what comes cannot be read\n", stderr);
    return false;
}

static void wait_and_take(struct load *load, int timeout_ms)
{
    struct epoll_event ready[256];
    int count = epoll_wait(load->epoll_fd, ready, 256, timeout_ms);
    for (int i = 0; i < count; i++) {
        struct client *client = ready[i].data.ptr;
        if (!take_some(load, client)) {
            (void)epoll_ctl(load->epoll_fd, EPOLL_CTL_DEL, client->fd, NULL);
            load->gone++;
        }
    }
}

static void connect_all(struct load *load)
{
    char request[512];
    int every = (load->count + SAMPLE - 1) / SAMPLE;
    int len = snprintf(request, sizeof request, "GET /api/stream%s HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
        load->query, load->zipped ? "Accept-Encoding: gzip\r\n" : "");
    for (int i = 0; i < load->count; i++) {
        struct client *client = &load->clients[i];
        client->fd = load_connect(load->port);
        if (i % every == every - 1 || load->count < SAMPLE) {
            client->reader = rf_new(sizeof *client->reader);
            client->reader->load = load;
        }
        load_send(client->fd, request, (size_t)len);
        struct epoll_event interest = {.events = EPOLLIN, .data.ptr = client};
        if (epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, client->fd, &interest) != 0)
            exit(EXIT_FAILURE);
        if (i % 64 == 0)
            wait_and_take(load, 0);
    }
}

static void run(struct load *load)
{
    connect_all(load);
    int64_t begin = load_now_us() + WARM_US; /* the frames that greeted them are old */
    while (load_now_us() < begin)
        wait_and_take(load, 50);
    load->times.count = 0;
    load->bytes = 0;
    puts("measuring");
    (void)fflush(stdout); /* whoever waits for it will miss it */
    while (load_now_us() < begin + load->seconds * 1000000)
        wait_and_take(load, 50);
}

static void print_and_finish(struct load *load)
{
    int zipped = 0, readers = 0;
    for (int i = 0; i < load->count; i++) {
        struct reader *reader = load->clients[i].reader;
        close(load->clients[i].fd);
        if (reader == NULL)
            continue;
        readers++;
        zipped += reader->decoder.zipped;
        stream_decoder_finish(&reader->decoder);
        free(reader);
    }
    printf("{\"clients\":%d,\"readers\":%d,\"zipped\":%d,\"gone\":%d,\"events\":%zu,\"megabytes\":%.1f,",
        load->count, readers, zipped, load->gone, load->times.count, (double)load->bytes / 1e6);
    load_times_print(&load->times);
    puts("}");
    load_times_finish(&load->times);
    close(load->epoll_fd);
    free(load->clients);
    free(load->part);
    free(load->text);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"gzip", no_argument, NULL, 'z'}, {"laps", no_argument, NULL, 'l'}, {NULL, 0, NULL, 0}};
    struct load load = {.query = "", .epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        load.zipped |= option == 'z';
        load.laps |= option == 'l';
    }
    if (argc - optind < 3 || load.epoll_fd < 0) {
        fprintf(stderr, "usage: stream-load [--gzip] [--laps] PORT CLIENTS SECONDS [QUERY]\n");
        return EXIT_FAILURE;
    }
    load.port = (int)strtol(argv[optind], NULL, 10);
    load.count = (int)strtol(argv[optind + 1], NULL, 10);
    load.seconds = strtoll(argv[optind + 2], NULL, 10);
    if (argc - optind > 3)
        load.query = argv[optind + 3];
    load.clients = rf_new_array((size_t)load.count, sizeof *load.clients);
    load.part = rf_new(PART);
    load.text = rf_new(PART + KEEP + 1);
    run(&load);
    print_and_finish(&load);
    return EXIT_SUCCESS;
}
