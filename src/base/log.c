/* log.c - log lines: levels, their two forms, and who gets them. */
#include "racefacer/base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log_file.h"
#include "base/log_text.h"
#include "racefacer/base/buf.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"

#define ROTATE_BYTES (5L * 1024 * 1024)
#define KEEP 5
#define MESSAGE_MAX 8192
#define FAULT_EVERY_MS 60000

struct rf_log {
    pthread_mutex_t lock; /* lines come from the thread pool, too */
    enum rf_log_level level;
    bool json;
    bool coloured;
    bool journal;              /* stderr goes to systemd's */
    struct rf_log_file file;   /* path NULL: none */
    struct rf_log_file errors; /* path NULL: none */
    struct rf_buf line, terminal;
    struct rf_log_limit fault_limit;
    char error[512];
};

static const struct {
    const char *name;
    const char *padded;
    const char *colour;
    const char *priority; /* as the journal reads it off a line, see sd-daemon(3) */
} levels[] = {
    [RF_LOG_ERROR] = {"error", "error", "\033[31m", "<3>"},
    [RF_LOG_WARN] = {"warn", "warn ", "\033[33m", "<4>"},
    [RF_LOG_INFO] = {"info", "info ", "\033[32m", "<6>"},
    [RF_LOG_DEBUG] = {"debug", "debug", "\033[2m", "<7>"},
};
#define PLAIN "\033[0m"

/* "logs/server.log" → "logs/server.error.log"; "logs/server" → "logs/server.error". */
static char *error_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');
    if (dot == NULL || dot == name)
        dot = name + strlen(name);
    struct rf_buf out = RF_BUF_INIT;
    rf_buf_append(&out, path, (size_t)(dot - path));
    rf_buf_printf(&out, ".error%s", dot);
    return rf_buf_take(&out);
}

static void set_up(struct rf_log_file *file, const struct rf_log_options *options)
{
    *file = (struct rf_log_file){
        .fd = -1,
        .rotate_bytes = options->rotate_bytes > 0 ? options->rotate_bytes : ROTATE_BYTES,
        .keep = options->keep > 0 ? options->keep : KEEP,
        .on_rotated = options->on_rotated,
        .ctx = options->ctx,
    };
}

/* systemd says which of the process's outputs is its journal, by device and inode: one may have been turned
 * elsewhere. */
static bool is_journal(int fd)
{
    const char *named = getenv("JOURNAL_STREAM");
    struct stat status;
    char own[64];
    if (named == NULL || fstat(fd, &status) != 0)
        return false;
    snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    return strcmp(named, own) == 0;
}

static bool tell_fault(struct rf_log *log, const struct rf_log_file *file)
{
    snprintf(log->error, sizeof log->error, "cannot open %s: %s", file->path, strerror(file->fault));
    return false;
}

static bool open_files(struct rf_log *log, const char *path)
{
    bool good = true;
    log->file.path = rf_strdup(path);
    if (rf_log_file_open(&log->file) != 0)
        good = tell_fault(log, &log->file);
    /* Nothing is put beside /dev/stdout or a pipe. */
    if (log->file.fd >= 0 && !log->file.regular)
        return good;
    log->errors.path = error_path(path);
    if (rf_log_file_open(&log->errors) != 0 && good)
        good = tell_fault(log, &log->errors);
    return good;
}

struct rf_log *rf_log_create(const struct rf_log_options *options, const char **error)
{
    struct rf_log *log = rf_new(sizeof *log);
    pthread_mutex_init(&log->lock, NULL);
    log->level = options->level;
    log->json = options->json;
    log->coloured = !options->json && isatty(STDERR_FILENO) == 1;
    log->journal = is_journal(STDERR_FILENO);
    set_up(&log->file, options);
    set_up(&log->errors, options);
    bool good = options->file == NULL || options->file[0] == '\0' || open_files(log, options->file);
    if (error != NULL)
        *error = good ? NULL : log->error;
    return log;
}

void rf_log_destroy(struct rf_log *log)
{
    if (log == NULL)
        return;
    rf_log_file_close(&log->file);
    rf_log_file_close(&log->errors);
    free(log->file.path);
    free(log->errors.path);
    rf_buf_finish(&log->line);
    rf_buf_finish(&log->terminal);
    pthread_mutex_destroy(&log->lock);
    free(log);
}

int rf_log_reopen(struct rf_log *log)
{
    if (log == NULL)
        return 0;
    pthread_mutex_lock(&log->lock);
    int result = log->file.path == NULL ? 0 : rf_log_file_reopen(&log->file);
    if (log->errors.path != NULL && rf_log_file_reopen(&log->errors) != 0)
        result = -1;
    pthread_mutex_unlock(&log->lock);
    return result;
}

/* ---- one line */

static void to_terminal(const struct rf_buf *line)
{
    ssize_t done;
    do
        done = write(STDERR_FILENO, line->data, line->len);
    while (done < 0 && errno == EINTR);
    /* A terminal that is gone is nobody's to be told about. */
}

static void make_json(
    struct rf_buf *out, const char *time, enum rf_log_level level, const char *about, const char *text)
{
    rf_buf_clear(out);
    rf_buf_printf(out, "{\"time\":\"%s\",\"level\":\"%s\",\"about\":\"", time, levels[level].name);
    rf_log_text_json(out, about, strlen(about));
    rf_buf_puts(out, "\",\"message\":\"");
    rf_log_text_json(out, text, strlen(text));
    rf_buf_puts(out, "\"}\n");
}

static void append_readable(
    struct rf_log *log, const char *time, enum rf_log_level level, const char *about, const char *text)
{
    struct rf_buf *out = &log->terminal;
    const char *on = log->coloured ? levels[level].colour : "", *off = log->coloured ? PLAIN : "";
    if (!log->journal)
        rf_buf_printf(out, "%s ", time); /* the journal has its own */
    rf_buf_printf(out, "%s%s%s ", on, levels[level].padded, off);
    rf_log_text_terminal(out, about, strlen(about));
    rf_buf_puts(out, ": ");
    rf_log_text_terminal(out, text, strlen(text));
    rf_buf_putc(out, '\n');
}

/* A line for stderr, in `terminal`; `json` is that line where JSON is wanted. */
static void make_terminal(struct rf_log *log, const char *time, enum rf_log_level level, const char *about,
    const char *text, const struct rf_buf *json)
{
    rf_buf_clear(&log->terminal);
    if (log->journal)
        rf_buf_puts(&log->terminal, levels[level].priority);
    if (log->json)
        rf_buf_append(&log->terminal, json->data, json->len);
    else
        append_readable(log, time, level, about, text);
}

static void to_file(struct rf_log *log, struct rf_log_file *file)
{
    if (file->path == NULL || rf_log_file_write(file, log->line.data, log->line.len) == 0)
        return;
    unsigned long lost = 0;
    if (!rf_log_allow(&log->fault_limit, rf_clock_mono_ms(), FAULT_EVERY_MS, &lost))
        return;
    struct rf_buf note = RF_BUF_INIT;
    char text[512], time[RF_ISO_SIZE];
    snprintf(text, sizeof text, "cannot write %s: %s; lines lost before this one: %lu", file->path,
        strerror(file->fault), lost);
    rf_time_iso(rf_clock_wall_ms(), time);
    make_json(&note, time, RF_LOG_ERROR, "log", text);
    make_terminal(log, time, RF_LOG_ERROR, "log", text, &note);
    to_terminal(&log->terminal);
    rf_buf_finish(&note);
}

void rf_log_write(struct rf_log *log, enum rf_log_level level, const char *about, const char *format, ...)
{
    if (log == NULL || level > log->level)
        return;
    int kept = errno;
    char text[MESSAGE_MAX + sizeof "…"], time[RF_ISO_SIZE];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, MESSAGE_MAX + 1, format, args);
    va_end(args);
    if (len < 0)
        snprintf(text, sizeof text, "(a message that could not be written: %s)", format);
    else if (len > MESSAGE_MAX)
        snprintf(text + rf_log_text_cut(text, (size_t)len, MESSAGE_MAX - 3), sizeof "…", "…");
    rf_time_iso(rf_clock_wall_ms(), time);

    pthread_mutex_lock(&log->lock);
    if (log->json || log->file.path != NULL)
        make_json(&log->line, time, level, about, text);
    make_terminal(log, time, level, about, text, &log->line);
    to_terminal(&log->terminal);
    to_file(log, &log->file);
    if (level == RF_LOG_ERROR)
        to_file(log, &log->errors);
    pthread_mutex_unlock(&log->lock);
    errno = kept;
}

bool rf_log_allow(
    struct rf_log_limit *limit, int64_t now_mono_ms, int64_t every_ms, unsigned long *suppressed)
{
    if (now_mono_ms < limit->next_ms) {
        limit->held++;
        return false;
    }
    if (suppressed != NULL)
        *suppressed = limit->held;
    limit->held = 0;
    limit->next_ms = now_mono_ms + every_ms;
    return true;
}
