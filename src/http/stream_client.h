/* stream_client.h - what the files about a stream's client share. */
#ifndef RF_HTTP_STREAM_CLIENT_H
#define RF_HTTP_STREAM_CLIENT_H

#include "stream.h"

#define RF_STREAM_QUEUE 16 /* sent with one call */
#define RF_STREAM_AGENT 128

struct rf_stream_client {
    struct rf_stream *stream;
    struct rf_connection *connection; /* taken from libmicrohttpd; owned */
    uint64_t id;
    int fd;                                    /* the connection's */
    struct rf_stream_wish wish;                /* last_id is not kept */
    bool chunked;                              /* HTTP/1.1 */
    bool gzip;                                 /* it takes it */
    struct rf_gzip_sum sum;                    /* of what it has been sent, with gzip */
    uint64_t position;                         /* in the ring */
    uint64_t seen;                             /* number of the newest event taken for it */
    struct rf_stream_item *queue[RF_STREAM_QUEUE]; /* taken for it; each holds a reference */
    size_t queued;
    size_t sent; /* bytes of the first */
    int64_t connected_ms;
    int64_t since_ms, moved_ms; /* steady: connected; when it last took something or had all */
    char agent[RF_STREAM_AGENT];
    struct rf_stream_client *prev, *next;
};

/* Queues what comes next for it; takes the reference over. */
void rf_stream_client_put(struct rf_stream_client *client, struct rf_stream_item *item);
/* The same for what no gzip may be made of. */
void rf_stream_client_put_bare(struct rf_stream_client *client, struct rf_stream_item *item);
void rf_stream_client_destroy(struct rf_stream_client *client);

#endif
