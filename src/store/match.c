/* match.c - searching names without regard to case, in any script. */
#include "store/match.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "racefacer/base/buf.h"

char *rf_match_fold(locale_t utf8, const char *text)
{
    struct rf_buf out = RF_BUF_INIT;
    locale_t before = utf8 != (locale_t)0 ? uselocale(utf8) : (locale_t)0;
    mbstate_t in_state = {0}, out_state = {0};
    for (size_t left = strlen(text); left > 0;) {
        wchar_t wide;
        char bytes[MB_LEN_MAX];
        size_t used = mbrtowc(&wide, text, left, &in_state);
        size_t made = used <= left ? wcrtomb(bytes, (wchar_t)towlower((wint_t)wide), &out_state) : 0;
        if (used > left || made > sizeof bytes) {
            in_state = out_state = (mbstate_t){0};
            used = made = 1;
            bytes[0] = text[0];
        }
        rf_buf_append(&out, bytes, made);
        text += used;
        left -= used;
    }
    if (utf8 != (locale_t)0)
        (void)uselocale(before); /* it was in use a moment ago */
    return rf_buf_take(&out);
}

bool rf_match_part(const char *text, const char *needle)
{
    return strchr(needle, '\n') == NULL && strstr(text, needle) != NULL;
}

static bool digit_at(const char *at)
{
    return isdigit((unsigned char)*at) != 0;
}

bool rf_match_name(const char *text, const char *needle)
{
    size_t len = strlen(needle);
    if (len == 0 || strspn(needle, "0123456789") != len)
        return rf_match_part(text, needle);
    for (const char *at = text; (at = strstr(at, needle)) != NULL; at++) {
        if ((at == text || !digit_at(at - 1)) && !digit_at(at + len))
            return true;
    }
    return false;
}
