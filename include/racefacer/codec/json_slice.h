/* json_slice.h - finds the parts of a JSON text without changing a byte, to pass on what the feed sent as it came. */
#ifndef RACEFACER_CODEC_JSON_SLICE_H
#define RACEFACER_CODEC_JSON_SLICE_H

#include <stdbool.h>
#include <stddef.h>

#include "racefacer/base/buf.h"

/* Makes a text cJSON can be trusted with, in place and of the same length: escapes of lone surrogates and of NUL
 * (\ud800 … \udfff without their other half, \u0000) become \ufffd, and bare control characters a space. */
void rf_json_repair(char *text, size_t len);

/* True for well-formed UTF-8. */
bool rf_utf8_valid(const char *text, size_t len);

/* True where the text is one JSON value by the letter of RFC 8259, nested at most RF_JSON_MAX_DEPTH deep; string
 * bytes above 0x7f are not looked at. cJSON takes more than JSON ("01", "1."), which must not be passed on. */
#define RF_JSON_MAX_DEPTH 1000
bool rf_json_valid(const char *text, size_t len);
/* The same, and how many values it holds, each container as one more: what a tree of it costs. */
bool rf_json_count(const char *text, size_t len, size_t *values);

/* Walks an object's members, or an array's elements (key is then empty). The text must be valid JSON; on a text
 * that is not the walk ends early, within bounds. */
struct rf_json_walk {
    const char *at, *end;
    bool object;
};
bool rf_json_walk_begin(struct rf_json_walk *walk, struct rf_slice value); /* false: neither object nor array */
/* `key` is without quotes, escapes as they came; `value` without white space around it. False at the end. */
bool rf_json_walk_next(struct rf_json_walk *walk, struct rf_slice *key, struct rf_slice *value);

/* The member's value, first of that name; false where there is none. */
bool rf_json_member(struct rf_slice object, const char *key, struct rf_slice *value);

bool rf_slice_is(struct rf_slice slice, const char *text);

#endif
