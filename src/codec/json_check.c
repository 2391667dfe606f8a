/* json_check.c - whether a text is JSON by the letter, so that slices of it can be passed on without a worry.
 */
#include "racefacer/codec/json_slice.h"

#include <string.h>

struct cursor {
    const char *at, *end;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool take(struct cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static void take_space(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
        c->at++;
}

static bool take_digits(struct cursor *c)
{
    const char *from = c->at;
    while (c->at < c->end && is_digit(*c->at))
        c->at++;
    return c->at > from;
}

static bool take_number(struct cursor *c)
{
    (void)take(c, '-'); /* may be there or not */
    if (!take(c, '0') && !take_digits(c))
        return false;
    if (take(c, '.') && !take_digits(c))
        return false;
    if (!take(c, 'e') && !take(c, 'E'))
        return true;
    if (!take(c, '+'))
        (void)take(c, '-'); /* may be there or not */
    return take_digits(c);
}

static bool take_escape(struct cursor *c)
{
    if (c->at == c->end)
        return false;
    char kind = *c->at++;
    if (kind != 'u')
        return kind != '\0' && strchr("\"\\/bfnrt", kind) != NULL;
    for (int i = 0; i < 4; i++, c->at++)
        if (c->at == c->end || !is_hex(*c->at))
            return false;
    return true;
}

static bool take_string(struct cursor *c)
{
    if (!take(c, '"'))
        return false;
    while (c->at < c->end) {
        unsigned char byte = (unsigned char)*c->at++;
        if (byte == '"')
            return true;
        if (byte < 0x20 || (byte == '\\' && !take_escape(c)))
            return false;
    }
    return false;
}

static bool take_word(struct cursor *c, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
        return false;
    c->at += len;
    return true;
}

static bool take_scalar(struct cursor *c)
{
    if (c->at == c->end)
        return false;
    switch (*c->at) {
    case '"': return take_string(c);
    case 't': return take_word(c, "true");
    case 'f': return take_word(c, "false");
    case 'n': return take_word(c, "null");
    default: return take_number(c);
    }
}

static bool take_key(struct cursor *c)
{
    take_space(c);
    if (!take_string(c))
        return false;
    take_space(c);
    return take(c, ':');
}

bool rf_json_valid(const char *text, size_t len)
{
    size_t unused;
    return rf_json_count(text, len, &unused);
}

bool rf_json_count(const char *text, size_t len, size_t *values)
{
    struct cursor c = {.at = text, .end = text + len};
    char closers[RF_JSON_MAX_DEPTH]; /* the bracket that closes each open one: no recursion, no limit of the
                                        stack */
    size_t depth = 0;
    for (*values = 0;;) {
        take_space(&c);
        ++*values;
        bool object = take(&c, '{');
        if (object || take(&c, '[')) {
            if (depth == RF_JSON_MAX_DEPTH)
                return false;
            closers[depth++] = object ? '}' : ']';
            take_space(&c);
            if (c.at == c.end)
                return false;
            if (*c.at != closers[depth - 1]) {
                if (object && !take_key(&c))
                    return false;
                continue;
            }
        } else if (!take_scalar(&c)) {
            return false;
        }
        /* A value is complete, or an empty container is about to be: close what ends here. */
        take_space(&c);
        while (depth > 0 && take(&c, closers[depth - 1])) {
            depth--;
            take_space(&c);
        }
        if (depth == 0)
            return c.at == c.end;
        if (!take(&c, ',') || (closers[depth - 1] == '}' && !take_key(&c)))
            return false;
    }
}
