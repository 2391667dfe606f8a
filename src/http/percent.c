/* percent.c - percent-decoding. */
#include "percent.h"

#include "racefacer/codec/json_slice.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const char *rf_percent_decode(char *out, const char *text, size_t len, bool plus_is_space)
{
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '%') {
            int high = i + 2 < len ? hex(text[i + 1]) : -1, low = i + 2 < len ? hex(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return "a % must be followed by two hexadecimal digits";
            c = (unsigned char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c < 0x20 || c == 0x7f)
            return "control characters are not allowed";
        out[used++] = (char)c;
    }
    out[used] = '\0';
    return rf_utf8_valid(out, used) ? NULL : "the text is not UTF-8";
}
