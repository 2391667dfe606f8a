/* json_write.c - writes JSON into a buffer, one call a value. */
#include "racefacer/codec/json_write.h"

#include <math.h>
#include <string.h>

#include "codec/number.h"
#include "codec/utf8.h"
#include "racefacer/base/clock.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static void write_escape(struct rf_buf *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    const char *known = c == 0 ? NULL : strchr(from, c);
    if (known == NULL) {
        rf_buf_append(out, text, sizeof(text));
        return;
    }
    text[1] = to[known - from];
    rf_buf_append(out, text, 2);
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void write_text(struct rf_buf *out, const char *text)
{
    size_t len = strlen(text), from = 0, at = 0;
    rf_buf_reserve(out, len + 2);
    rf_buf_putc(out, '"');
    /* Runs of bytes that need nothing go out in one piece: [from, at) is the one in hand. */
    while (at < len) {
        if (is_plain((unsigned char)text[at])) {
            at++;
            continue;
        }
        size_t sequence = (unsigned char)text[at] < 0x80 ? 0 : rf_utf8_sequence(text + at, len - at);
        if (sequence > 0) {
            at += sequence;
            continue;
        }
        rf_buf_append(out, text + from, at - from);
        if ((unsigned char)text[at] < 0x80)
            write_escape(out, (unsigned char)text[at]);
        else
            rf_buf_puts(out, REPLACEMENT);
        from = ++at;
    }
    rf_buf_append(out, text + from, at - from);
    rf_buf_putc(out, '"');
}

/* What stands before a value: the comma and, in an object, the key. */
static void lead(struct rf_json *json, const char *key)
{
    if (json->comma)
        rf_buf_putc(json->out, ',');
    json->comma = true;
    if (key == NULL)
        return;
    write_text(json->out, key);
    rf_buf_putc(json->out, ':');
}

void rf_json_init(struct rf_json *json, struct rf_buf *out)
{
    *json = (struct rf_json){.out = out};
}

static void open(struct rf_json *json, const char *key, char bracket)
{
    lead(json, key);
    rf_buf_putc(json->out, bracket);
    json->comma = false;
}

static void close(struct rf_json *json, char bracket)
{
    rf_buf_putc(json->out, bracket);
    json->comma = true;
}

void rf_json_object(struct rf_json *json, const char *key)
{
    open(json, key, '{');
}

void rf_json_object_end(struct rf_json *json)
{
    close(json, '}');
}

void rf_json_array(struct rf_json *json, const char *key)
{
    open(json, key, '[');
}

void rf_json_array_end(struct rf_json *json)
{
    close(json, ']');
}

void rf_json_string(struct rf_json *json, const char *key, const char *value)
{
    if (value == NULL) {
        rf_json_null(json, key);
        return;
    }
    lead(json, key);
    write_text(json->out, value);
}

void rf_json_int(struct rf_json *json, const char *key, int64_t value)
{
    char text[RF_INT_SIZE];
    rf_json_raw(json, key, text, (size_t)(rf_number_int(text, value) - text));
}

void rf_json_double(struct rf_json *json, const char *key, double value, int decimals)
{
    if (!isfinite(value)) {
        rf_json_null(json, key);
        return;
    }
    char text[RF_NUMBER_SIZE];
    size_t len = rf_number_fixed(value, decimals, text);
    if (memchr(text, '.', len) != NULL) {
        while (text[len - 1] == '0')
            len--;
        if (text[len - 1] == '.')
            len--;
    }
    /* What rounds to nothing from below is "0", not "-0". */
    const char *start = len == 2 && memcmp(text, "-0", 2) == 0 ? text + 1 : text;
    rf_json_raw(json, key, start, len - (size_t)(start - text));
}

void rf_json_bool(struct rf_json *json, const char *key, bool value)
{
    lead(json, key);
    rf_buf_puts(json->out, value ? "true" : "false");
}

void rf_json_null(struct rf_json *json, const char *key)
{
    lead(json, key);
    rf_buf_puts(json->out, "null");
}

void rf_json_iso(struct rf_json *json, const char *key, int64_t ms)
{
    char text[RF_ISO_SIZE];
    rf_json_string(json, key, rf_time_iso(ms, text));
}

void rf_json_raw(struct rf_json *json, const char *key, const char *data, size_t len)
{
    lead(json, key);
    rf_buf_append(json->out, data, len);
}

void rf_json_raw_member(struct rf_json *json, struct rf_slice key, struct rf_slice value)
{
    lead(json, NULL);
    rf_buf_putc(json->out, '"');
    rf_buf_append(json->out, key.data, key.len);
    rf_buf_append(json->out, "\":", 2);
    rf_buf_append(json->out, value.data, value.len);
}
