/* log_compress.c - rotated log files made smaller, on the thread pool. */
#include "racefacer/app/log_compress.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>
#include <zlib.h>

#include "racefacer/base/buf.h"
#include "racefacer/base/memory.h"

struct waiting {
    struct waiting *next;
    char *path;
};

struct rf_log_compress {
    pthread_mutex_t lock;
    struct waiting *first; /* guarded by lock */
    bool attached;         /* guarded by lock: the async handle may be woken */
    uv_loop_t *loop;
    uv_async_t wake;
    uv_work_t work;
    struct waiting *under_way;
    bool closing;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* ---- one file */

/* Reads `in` to its end into `out`. 0 or -1 with errno set. */
static int pump(int in, gzFile out)
{
    char block[32768];
    for (;;) {
        ssize_t got = read(in, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return (int)got;
        errno = EIO; /* zlib tells only of some faults through errno */
        if (gzwrite(out, block, (unsigned)got) != (int)got)
            return -1;
    }
}

static int write_packed(int in, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return -1;
    gzFile out = gzdopen(fd, "wb");
    if (out == NULL) {
        (void)close(fd); /* out of memory is what is told */
        errno = ENOMEM;
        return -1;
    }
    int result = pump(in, out);
    int kept = errno;
    errno = EIO;
    if (gzclose(out) != Z_OK && result == 0)
        return -1;
    errno = kept;
    return result;
}

int rf_log_compress_file(const char *path)
{
    struct rf_buf packed = RF_BUF_INIT, half = RF_BUF_INIT;
    rf_buf_printf(&packed, "%s.gz", path);
    rf_buf_printf(&half, "%s.gz.tmp", path);
    int in = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int result = in < 0 ? -1 : write_packed(in, half.data);
    if (result == 0)
        result = rename(half.data, packed.data);
    int kept = errno;
    if (in >= 0 && result != 0)
        (void)unlink(half.data);                               /* the next start would do it */
    if (result == 0 && unlink(path) != 0 && errno != ENOENT) { /* pruned meanwhile: as well */
        kept = errno;
        result = -1;
    }
    if (in >= 0)
        (void)close(in); /* it was only read */
    rf_buf_finish(&packed);
    rf_buf_finish(&half);
    errno = kept;
    return result;
}

/* ---- the queue */

static void forget(struct waiting *one)
{
    if (one == NULL)
        return;
    free(one->path);
    free(one);
}

static void work(uv_work_t *request)
{
    struct rf_log_compress *compress = request->data;
    /* A file that cannot be compressed stays as it is and counts as one of those kept; there is nobody to
     * tell. */
    if (rf_log_compress_file(compress->under_way->path) != 0)
        return;
}

static void on_wake_closed(uv_handle_t *handle)
{
    struct rf_log_compress *compress = handle->data;
    compress->loop = NULL;
    compress->closed(compress->closed_ctx);
}

static void begin_next(struct rf_log_compress *compress);

static void after_work(uv_work_t *request, int status)
{
    (void)status; /* cancelled or done, the next one is due */
    struct rf_log_compress *compress = request->data;
    forget(compress->under_way);
    compress->under_way = NULL;
    if (compress->closing)
        uv_close((uv_handle_t *)&compress->wake, on_wake_closed);
    else
        begin_next(compress);
}

static void begin_next(struct rf_log_compress *compress)
{
    if (compress->under_way != NULL || compress->closing)
        return;
    pthread_mutex_lock(&compress->lock);
    struct waiting *one = compress->first;
    if (one != NULL)
        compress->first = one->next;
    pthread_mutex_unlock(&compress->lock);
    if (one == NULL)
        return;
    compress->under_way = one;
    if (uv_queue_work(compress->loop, &compress->work, work, after_work) != 0) {
        compress->under_way = NULL;
        forget(one);
    }
}

static void on_wake(uv_async_t *wake)
{
    begin_next(wake->data);
}

struct rf_log_compress *rf_log_compress_create(void)
{
    struct rf_log_compress *compress = rf_new(sizeof *compress);
    pthread_mutex_init(&compress->lock, NULL);
    compress->wake.data = compress->work.data = compress;
    return compress;
}

void rf_log_compress_destroy(struct rf_log_compress *compress)
{
    if (compress == NULL)
        return;
    while (compress->first != NULL) {
        struct waiting *next = compress->first->next;
        forget(compress->first);
        compress->first = next;
    }
    pthread_mutex_destroy(&compress->lock);
    free(compress);
}

void rf_log_compress_rotated(void *context, const char *path)
{
    struct rf_log_compress *compress = context;
    struct waiting *one = rf_new(sizeof *one);
    one->path = rf_strdup(path);
    pthread_mutex_lock(&compress->lock);
    struct waiting **end = &compress->first;
    while (*end != NULL)
        end = &(*end)->next;
    *end = one;
    if (compress->attached)
        uv_async_send(&compress->wake);
    pthread_mutex_unlock(&compress->lock);
}

int rf_log_compress_attach(struct rf_log_compress *compress, struct uv_loop_s *loop)
{
    if (uv_async_init(loop, &compress->wake, on_wake) != 0)
        return -1;
    uv_unref((uv_handle_t *)&compress->wake); /* waiting for a rotation keeps no loop alive */
    compress->loop = loop;
    compress->closing = false;
    pthread_mutex_lock(&compress->lock);
    compress->attached = true;
    pthread_mutex_unlock(&compress->lock);
    begin_next(compress);
    return 0;
}

void rf_log_compress_close(struct rf_log_compress *compress, void (*closed)(void *ctx), void *ctx)
{
    if (compress->loop == NULL) {
        closed(ctx);
        return;
    }
    pthread_mutex_lock(&compress->lock);
    compress->attached = false;
    pthread_mutex_unlock(&compress->lock);
    compress->closing = true;
    compress->closed = closed;
    compress->closed_ctx = ctx;
    if (compress->under_way == NULL)
        uv_close((uv_handle_t *)&compress->wake, on_wake_closed);
}
