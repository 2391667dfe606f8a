/* log.h - log lines to stderr and to a rotated file. Where stderr is systemd's journal, each begins with its level as the
 * journal wants it.
 * A log is made once, in main, and passed down. A NULL log is silent: unit tests need none. */
#ifndef RACEFACER_BASE_LOG_H
#define RACEFACER_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum rf_log_level { RF_LOG_ERROR, RF_LOG_WARN, RF_LOG_INFO, RF_LOG_DEBUG };

struct rf_log;

struct rf_log_options {
    enum rf_log_level level; /* lines above it are dropped */
    bool json;               /* stderr too gets JSON lines; else readable ones, coloured on a terminal */
    const char *file;        /* NULL or "": no file. Errors go to "<stem>.error<ext>" beside it, too */
    int64_t rotate_bytes;    /* a file that would pass it is rotated away; 0: 5 MB */
    int keep;                /* rotated files kept; 0: 5 */

    /* Called with the path of a file just rotated away, and at the start with those that a stop left
     * uncompressed; NULL: they stay as they are. A rotated file is named "<file>.20260101T100000.000Z" and
     * never moves again: the callee may take its time to replace it by the same name with ".gz". It may be
     * gone by then, pruned. Called with the log locked, by the thread that logs: it must not log. */
    void (*on_rotated)(void *ctx, const char *path);
    void *ctx;
};

/* Never NULL. Where the file cannot be opened, *error (if not NULL) gets a reason, owned by the log, and the
 * log goes to stderr alone; opening is tried again each half minute. *error gets NULL where all is well. */
struct rf_log *rf_log_create(const struct rf_log_options *options, const char **error);
void rf_log_destroy(struct rf_log *log);

/* Closes and opens the files again, for SIGHUP after an outside rotation. 0, or -1: stderr alone from here.
 */
int rf_log_reopen(struct rf_log *log);

/* One line, from any thread. `about` is the module or thing in question ("feed", "store", "http"). No newline
 * at the end; longer than 8 kB is cut. Arguments may come from strangers: control characters reach no
 * terminal. A line that cannot be written is lost, and stderr told so once a minute. errno stays as it was.
 */
void rf_log_write(struct rf_log *log, enum rf_log_level level, const char *about, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#define rf_log_error(log, about, ...) rf_log_write(log, RF_LOG_ERROR, about, __VA_ARGS__)
#define rf_log_warn(log, about, ...) rf_log_write(log, RF_LOG_WARN, about, __VA_ARGS__)
#define rf_log_info(log, about, ...) rf_log_write(log, RF_LOG_INFO, about, __VA_ARGS__)
#define rf_log_debug(log, about, ...) rf_log_write(log, RF_LOG_DEBUG, about, __VA_ARGS__)

/* For a fault that may repeat: true when it is time for a line again, at most one in `every_ms`.
 * *suppressed gets how many were held back since the last. Zero-initialised before first use. */
struct rf_log_limit {
    int64_t next_ms;
    unsigned long held;
};
bool rf_log_allow(
    struct rf_log_limit *limit, int64_t now_mono_ms, int64_t every_ms, unsigned long *suppressed);

#endif
