/* log_text.c - foreign text made safe for a line of a log. */
#include "base/log_text.h"

#include <stdbool.h>
#include <stdint.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* Reads one character of well-formed UTF-8. Its length in bytes, or 0 where the bytes are none. */
static size_t read_character(const char *text, size_t len, uint32_t *out)
{
    const unsigned char *at = (const unsigned char *)text;
    if (at[0] < 0x80) {
        *out = at[0];
        return 1;
    }
    size_t need = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;
    if (at[0] < 0xC2 || at[0] > 0xF4 || len < need)
        return 0;
    uint32_t value = at[0] & (0x7Fu >> need);
    for (size_t i = 1; i < need; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (at[i] & 0x3Fu);
    }
    bool overlong = (need == 3 && value < 0x800) || (need == 4 && value < 0x10000);
    if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *out = value;
    return need;
}

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

/* Line separators, and marks that turn the reading direction of what follows. */
static bool misleads(uint32_t c)
{
    return (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F ||
           c == 0x061C;
}

void rf_log_text_json(struct rf_buf *out, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        uint32_t c = 0;
        size_t used = read_character(text + at, len - at, &c);
        if (used == 0) {
            rf_buf_puts(out, REPLACEMENT);
            at++;
            continue;
        }
        if (c == '"' || c == '\\') {
            rf_buf_putc(out, '\\');
            rf_buf_putc(out, (char)c);
        } else if (is_control(c) || misleads(c)) {
            rf_buf_printf(out, "\\u%04x", (unsigned)c);
        } else {
            rf_buf_append(out, text + at, used);
        }
        at += used;
    }
}

void rf_log_text_terminal(struct rf_buf *out, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        uint32_t c = 0;
        size_t used = read_character(text + at, len - at, &c);
        if (used == 0) {
            rf_buf_puts(out, REPLACEMENT);
            at++;
            continue;
        }
        if (is_control(c))
            rf_buf_printf(out, "\\x%02x", (unsigned)c);
        else if (misleads(c))
            rf_buf_printf(out, "\\u{%04x}", (unsigned)c);
        else
            rf_buf_append(out, text + at, used);
        at += used;
    }
}

size_t rf_log_text_cut(const char *text, size_t len, size_t max)
{
    if (len <= max)
        return len;
    size_t cut = max;
    while (cut > 0 && max - cut < 3 && ((unsigned char)text[cut] & 0xC0) == 0x80)
        cut--;
    return cut;
}
