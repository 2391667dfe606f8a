/* log_compress.h - rotated log files made smaller, on the thread pool.
 *
 * Give rf_log_compress_rotated and the compressor to the log as on_rotated and ctx, before the log is
 * created. It is safe against the next rotation because a rotated file is never renamed: it is read, written
 * to "<path>.gz.tmp", which is renamed to "<path>.gz", and then removed. If pruning removes it meanwhile, all
 * that comes of it is one .gz too many until the next rotation. What a stop leaves undone the log hands over
 * again at the next start. */
#ifndef RACEFACER_APP_LOG_COMPRESS_H
#define RACEFACER_APP_LOG_COMPRESS_H

struct uv_loop_s;
struct rf_log_compress;

struct rf_log_compress *rf_log_compress_create(void); /* never NULL */

/* After rf_log_compress_close has called back, or where it was never attached; and after the log is
 * destroyed. */
void rf_log_compress_destroy(struct rf_log_compress *compress);

/* The log's on_rotated; `context` is a struct rf_log_compress. From any thread. */
void rf_log_compress_rotated(void *context, const char *path);

/* Starts work on the loop, on what was rotated before, too: one file at a time. 0, or -1: files stay as they
 * are. */
int rf_log_compress_attach(struct rf_log_compress *compress, struct uv_loop_s *loop)
    __attribute__((warn_unused_result));

/* Waits for the file under way, leaves the others, lets go of the loop, then calls `closed`, never from
 * inside. A compressor that is not attached calls it at once. */
void rf_log_compress_close(struct rf_log_compress *compress, void (*closed)(void *ctx), void *ctx);

/* Compresses one file, blocking: what the thread pool does. 0; -1 with errno set, the file as it was. */
int rf_log_compress_file(const char *path) __attribute__((warn_unused_result));

#endif
