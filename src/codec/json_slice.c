/* json_slice.c - finds the parts of a JSON text without changing a byte. */
#include "racefacer/codec/json_slice.h"

#include <stdint.h>
#include <string.h>

#include "codec/utf8.h"

size_t rf_utf8_sequence(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    if (len == 0)
        return 0;
    if (s[0] < 0x80)
        return 1;
    size_t need = s[0] >= 0xc2 && s[0] <= 0xdf   ? 2
                  : s[0] >= 0xe0 && s[0] <= 0xef ? 3
                  : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
                                                 : 0;
    if (need == 0 || need > len)
        return 0;
    for (size_t i = 1; i < need; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    /* Overlong forms, surrogates, and what lies above U+10FFFF. */
    bool bad = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
               (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f);
    return bad ? 0 : need;
}

bool rf_utf8_valid(const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        uint64_t eight; /* bytes at once: most of a frame is ASCII */
        if (len - at >= sizeof(eight)) {
            memcpy(&eight, text + at, sizeof(eight));
            if ((eight & 0x8080808080808080u) == 0) {
                at += sizeof(eight);
                continue;
            }
        }
        size_t sequence = rf_utf8_sequence(text + at, len - at);
        if (sequence == 0)
            return false;
        at += sequence;
    }
    return true;
}

/* The value of a \uXXXX escape at `at`, or -1. */
static long unicode_escape(const char *at, const char *end)
{
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return -1;
    long value = 0;
    for (int i = 2; i < 6; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Mends the escape at `at` and returns where to go on. */
static char *repair_escape(char *at, const char *end)
{
    long code = unicode_escape(at, end);
    if (code < 0)
        return end - at < 2 ? at + 1 : at + 2;
    bool high = code >= 0xd800 && code <= 0xdbff;
    if (high) {
        long other = unicode_escape(at + 6, end);
        if (other >= 0xdc00 && other <= 0xdfff)
            return at + 12;
    }
    if (high || code == 0 || (code >= 0xdc00 && code <= 0xdfff))
        memcpy(at + 2, "fffd", 4);
    return at + 6;
}

void rf_json_repair(char *text, size_t len)
{
    char *end = text + len;
    bool quoted = false;
    for (char *at = text; at < end;) {
        unsigned char c = (unsigned char)*at;
        if (quoted && c == '\\') {
            at = repair_escape(at, end);
            continue;
        }
        if (c == '"')
            quoted = !quoted;
        else if (c < 0x20 && (quoted || (c != '\t' && c != '\n' && c != '\r')))
            *at = ' ';
        at++;
    }
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && is_space(*at))
        at++;
    return at;
}

/* `at` is on the opening quote; returns what follows the closing one, or `end`. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        if (*at == '"')
            return at + 1;
        if (*at == '\\' && end - at > 1)
            at++;
    }
    return end;
}

/* Brackets are only counted, not matched: the text is known to be valid. */
static const char *skip_value(const char *at, const char *end)
{
    size_t depth = 0;
    while (at < end) {
        char c = *at;
        if (c == '"') {
            at = skip_string(at, end);
            if (depth == 0)
                return at;
            continue;
        }
        if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                return at;
            if (--depth == 0)
                return at + 1;
        } else if (depth == 0 && (c == ',' || is_space(c))) {
            return at;
        }
        at++;
    }
    return end;
}

bool rf_json_walk_begin(struct rf_json_walk *walk, struct rf_slice value)
{
    *walk = (struct rf_json_walk){0};
    if (value.len == 0)
        return false;
    const char *end = value.data + value.len, *at = skip_space(value.data, end);
    if (at == end || (*at != '{' && *at != '['))
        return false;
    *walk = (struct rf_json_walk){.at = at + 1, .end = end, .object = *at == '{'};
    return true;
}

static bool read_key(struct rf_json_walk *walk, struct rf_slice *key)
{
    const char *at = walk->at, *end = walk->end;
    if (at == end || *at != '"')
        return false;
    const char *after = skip_string(at, end);
    if (after - at < 2 || after[-1] != '"')
        return false;
    *key = (struct rf_slice){.data = at + 1, .len = (size_t)(after - at - 2)};
    at = skip_space(after, end);
    if (at == end || *at != ':')
        return false;
    walk->at = skip_space(at + 1, end);
    return true;
}

bool rf_json_walk_next(struct rf_json_walk *walk, struct rf_slice *key, struct rf_slice *value)
{
    if (walk->at == walk->end)
        return false;
    walk->at = skip_space(walk->at, walk->end);
    if (walk->at < walk->end && *walk->at == ',')
        walk->at = skip_space(walk->at + 1, walk->end);
    *key = (struct rf_slice){.data = "", .len = 0};
    if (!walk->object || read_key(walk, key)) {
        const char *after = skip_value(walk->at, walk->end);
        if (after > walk->at) {
            *value = (struct rf_slice){.data = walk->at, .len = (size_t)(after - walk->at)};
            walk->at = after;
            return true;
        }
    }
    walk->at = walk->end;
    return false;
}

bool rf_json_member(struct rf_slice object, const char *key, struct rf_slice *value)
{
    struct rf_json_walk walk;
    struct rf_slice name, found;
    if (!rf_json_walk_begin(&walk, object) || !walk.object)
        return false;
    while (rf_json_walk_next(&walk, &name, &found)) {
        if (rf_slice_is(name, key)) {
            *value = found;
            return true;
        }
    }
    return false;
}

bool rf_slice_is(struct rf_slice slice, const char *text)
{
    size_t len = strlen(text);
    return slice.len == len && (len == 0 || memcmp(slice.data, text, len) == 0);
}
