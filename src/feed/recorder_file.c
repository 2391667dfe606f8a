/* recorder_file.c - lines into a recording's file. */
#include "feed/recorder_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "racefacer/base/memory.h"
#include "racefacer/codec/json_slice.h"
#include "racefacer/codec/json_write.h"

#define DAY_MS 86400000
#define DEFAULT_ROTATE_BYTES 100000000

void recorder_file_init(struct recorder_file *file, const char *path, int64_t rotate_bytes, int keep)
{
    size_t len = strlen(path);
    *file = (struct recorder_file){.path = rf_strdup(path),
        .gzip = len > 3 && strcmp(path + len - 3, ".gz") == 0,
        .rotate_bytes = rotate_bytes > 0 ? rotate_bytes : DEFAULT_ROTATE_BYTES,
        .keep = keep};
}

void recorder_file_finish(struct recorder_file *file)
{
    rf_buf_finish(&file->line);
    free(file->path);
}

static int fail(struct recorder_file *file, const char *reason)
{
    snprintf(file->fault, sizeof file->fault, "%s", reason);
    if (file->gz != NULL)
        (void)gzclose_w(file->gz); /* it failed already, and `fault` says why */
    file->gz = NULL;
    return -1;
}

static int fail_gz(struct recorder_file *file)
{
    int code = Z_OK;
    const char *text = gzerror(file->gz, &code);
    return fail(file, code == Z_ERRNO ? strerror(errno) : text);
}

/* What an earlier run has left in the file. */
struct leftover {
    bool some;
    bool whole; /* it ends as it should, and more can follow */
    int64_t first_ms;
};

/* The time in a recording's first bytes; 0 where there is none. */
static int64_t first_time(const char *begin)
{
    static const char lead[] = "{\"t\":";
    return strncmp(begin, lead, sizeof lead - 1) == 0 ? strtoll(begin + sizeof lead - 1, NULL, 10) : 0;
}

/* A compressed file that was not closed, after a power cut say, must not be appended to: nothing after the
 * break could be unpacked. To know, it has to be unpacked from end to end. */
static struct leftover look_at(const struct recorder_file *file)
{
    struct leftover left = {0};
    char block[16384], last = '\n';
    gzFile gz = gzopen(file->path, "rbe");
    if (gz == NULL)
        return left;
    int got;
    while ((got = gzread(gz, block, sizeof block - 1)) > 0) {
        block[got] = '\0';
        if (!left.some)
            left.first_ms = first_time(block);
        left.some = true;
        last = block[got - 1];
    }
    int code = Z_OK;
    (void)gzerror(gz, &code);
    bool packed = !gzdirect(gz);
    bool broken = gzclose_r(gz) != Z_OK || got < 0 || (code != Z_OK && code != Z_STREAM_END);
    left.some = left.some || broken;
    left.whole = !broken && packed == file->gzip && last == '\n';
    return left;
}

static int open_file(struct recorder_file *file)
{
    struct stat info;
    /* A pipe or a terminal has no past and cannot be renamed. */
    file->regular = stat(file->path, &info) != 0 || S_ISREG(info.st_mode);
    struct leftover left = {0};
    if (file->regular)
        left = look_at(file);
    file->first_ms = left.first_ms;
    if (left.some && !left.whole && recorder_file_set_aside(file, left.first_ms) != 0)
        return -1;
    int fd = open(file->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0)
        return fail(file, strerror(errno));
    file->gz = gzdopen(fd, file->gzip ? "ab6" : "abT");
    if (file->gz != NULL)
        return 0;
    (void)close(fd); /* nothing was written */
    return fail(file, "out of memory");
}

int recorder_file_close(struct recorder_file *file)
{
    if (file->gz == NULL)
        return 0;
    errno = 0;
    int code = gzclose_w(file->gz);
    file->gz = NULL;
    return code == Z_OK ? 0 : fail(file, errno != 0 ? strerror(errno) : "it cannot be finished");
}

int recorder_file_flush(struct recorder_file *file)
{
    if (file->gz == NULL || gzflush(file->gz, Z_SYNC_FLUSH) == Z_OK)
        return 0;
    return fail_gz(file);
}

static bool is_text(const char *text, size_t len)
{
    return memchr(text, '\0', len) == NULL && rf_utf8_valid(text, len);
}

static void add_hex(struct rf_buf *out, const char *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        rf_buf_putc(out, digits[(unsigned char)bytes[i] >> 4]);
        rf_buf_putc(out, digits[(unsigned char)bytes[i] & 15]);
    }
}

static void format_as_string(struct rf_json *json, const char *payload, size_t len)
{
    struct rf_buf copy = RF_BUF_INIT;
    bool text = is_text(payload, len);
    if (text)
        rf_buf_append(&copy, payload, len);
    else
        add_hex(&copy, payload, len);
    rf_json_string(json, text ? "text" : "hex", rf_buf_str(&copy));
    rf_buf_finish(&copy);
}

static void format_line(
    struct rf_buf *line, const char *event, const char *payload, size_t len, int64_t received_ms, bool embed)
{
    struct rf_json json;
    rf_buf_clear(line);
    rf_json_init(&json, line);
    rf_json_object(&json, NULL);
    rf_json_int(&json, "t", received_ms);
    rf_json_string(&json, "event", event);
    if (embed) {
        rf_json_raw(&json, "payload", payload, len);
        /* Valid JSON has line breaks between its parts only. */
        for (size_t i = 0; i < line->len; i++)
            if (line->data[i] == '\n' || line->data[i] == '\r')
                line->data[i] = ' ';
    } else {
        format_as_string(&json, payload, len);
    }
    rf_json_object_end(&json);
}

static void make_line(
    struct rf_buf *line, const char *event, const char *payload, size_t len, int64_t received_ms)
{
    bool embed = rf_json_valid(payload, len) && rf_utf8_valid(payload, len);
    format_line(line, event, payload, len, received_ms, embed);
    /* A payload as deep as JSON may be is too deep inside a line. */
    if (embed && !rf_json_valid(line->data, line->len))
        format_line(line, event, payload, len, received_ms, false);
    rf_buf_putc(line, '\n');
}

/* By size, and by the day: a clock that is set back rotates nothing. */
static bool is_time_to_rotate(const struct recorder_file *file, int64_t received_ms)
{
    if (!file->regular || file->first_ms <= 0)
        return false;
    return received_ms / DAY_MS > file->first_ms / DAY_MS || gzoffset(file->gz) >= file->rotate_bytes;
}

int recorder_file_write(
    struct recorder_file *file, const char *event, const char *json, size_t len, int64_t received_ms)
{
    if (file->gz == NULL && open_file(file) != 0)
        return -1;
    if (is_time_to_rotate(file, received_ms)) {
        if (recorder_file_close(file) != 0 || recorder_file_set_aside(file, file->first_ms) != 0 ||
            open_file(file) != 0)
            return -1;
    }
    make_line(&file->line, event, json, len, received_ms);
    int wrote = gzwrite(file->gz, file->line.data, (unsigned)file->line.len);
    if (wrote <= 0 || (size_t)wrote != file->line.len)
        return fail_gz(file);
    if (file->first_ms <= 0)
        file->first_ms = received_ms;
    return 0;
}
