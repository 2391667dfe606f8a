/* recording_line.c - one line of a recording. */
#include <stdlib.h>
#include <string.h>

#include "feed/recording.h"
#include "racefacer/codec/json_slice.h"

#define T_MAX 253402300799999 /* the end of the year 9999 */

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    return at == NULL ? -1 : (int)(at - digits);
}

static bool unhex(struct rf_buf *out, struct rf_slice digits)
{
    if (digits.len % 2 != 0)
        return false;
    for (size_t i = 0; i < digits.len; i += 2) {
        int high = hex_value(digits.data[i]), low = hex_value(digits.data[i + 1]);
        if (high < 0 || low < 0)
            return false;
        rf_buf_putc(out, (char)(high * 16 + low));
    }
    return true;
}

/* The four digits of \uXXXX at `at`; the text is valid JSON, so they are there. */
static unsigned unit_at(const char *at)
{
    unsigned unit = 0;
    for (int i = 0; i < 4; i++)
        unit = unit * 16 + (unsigned)hex_value(at[i]);
    return unit;
}

static void put_utf8(struct rf_buf *out, unsigned code)
{
    if (code < 0x80) {
        rf_buf_putc(out, (char)code);
        return;
    }
    if (code < 0x800) {
        rf_buf_putc(out, (char)(0xc0 | code >> 6));
    } else {
        if (code < 0x10000) {
            rf_buf_putc(out, (char)(0xe0 | code >> 12));
        } else {
            rf_buf_putc(out, (char)(0xf0 | code >> 18));
            rf_buf_putc(out, (char)(0x80 | (code >> 12 & 0x3f)));
        }
        rf_buf_putc(out, (char)(0x80 | (code >> 6 & 0x3f)));
    }
    rf_buf_putc(out, (char)(0x80 | (code & 0x3f)));
}

/* What \u stands for at `at`; returns how many bytes of the text it took, both halves of a pair. */
static size_t put_unit(struct rf_buf *out, const char *at, const char *end)
{
    unsigned unit = unit_at(at + 2);
    if (unit < 0xd800 || unit > 0xdfff) {
        put_utf8(out, unit);
        return 6;
    }
    if (unit < 0xdc00 && end - at >= 12 && at[6] == '\\' && at[7] == 'u') {
        unsigned low = unit_at(at + 8);
        if (low >= 0xdc00 && low <= 0xdfff) {
            put_utf8(out, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
            return 12;
        }
    }
    put_utf8(out, 0xfffd); /* half a pair */
    return 6;
}

/* The string inside a valid JSON string's quotes. */
static void unescape(struct rf_buf *out, struct rf_slice escaped)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *at = escaped.data, *end = at + escaped.len;
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        const char *plain_end = escape == NULL ? end : escape;
        rf_buf_append(out, at, (size_t)(plain_end - at));
        at = plain_end;
        if (at == end)
            break;
        if (at[1] == 'u') {
            at += put_unit(out, at, end);
            continue;
        }
        const char *known = strchr(from, at[1]);
        rf_buf_putc(out, known == NULL ? at[1] : to[known - from]);
        at += 2;
    }
}

/* What is between the quotes; false where the value is no string. */
static bool string_inside(struct rf_slice value, struct rf_slice *inside)
{
    if (value.len < 2 || value.data[0] != '"')
        return false;
    *inside = (struct rf_slice){value.data + 1, value.len - 2};
    return true;
}

static bool read_time(struct rf_slice value, int64_t *t)
{
    if (value.len == 0 || value.len > 15)
        return false;
    *t = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return false;
        *t = *t * 10 + (value.data[i] - '0');
    }
    return *t > 0 && *t <= T_MAX;
}

static bool add_payload(struct rf_buf *text, struct rf_slice line)
{
    struct rf_slice value, inside;
    if (rf_json_member(line, "payload", &value)) {
        rf_buf_append(text, value.data, value.len);
        return true;
    }
    if (rf_json_member(line, "text", &value) && string_inside(value, &inside)) {
        unescape(text, inside);
        return true;
    }
    return rf_json_member(line, "hex", &value) && string_inside(value, &inside) && unhex(text, inside);
}

bool recording_line_parse(struct recording_chunk *chunk, const char *line, size_t len)
{
    struct rf_slice whole = {line, len}, value, inside;
    struct recording_entry entry = {.event = chunk->text.len};
    if (!rf_json_valid(line, len) || !rf_json_member(whole, "t", &value) || !read_time(value, &entry.t))
        return false;
    if (rf_json_member(whole, "event", &value) && string_inside(value, &inside))
        unescape(&chunk->text, inside);
    rf_buf_putc(&chunk->text, '\0');
    entry.payload = chunk->text.len;
    if (!add_payload(&chunk->text, whole)) {
        chunk->text.len = entry.event;
        return false;
    }
    entry.payload_len = chunk->text.len - entry.payload;
    rf_buf_putc(&chunk->text, '\0'); /* an empty payload is somewhere, too */
    utarray_push_back(chunk->entries, &entry);
    return true;
}
