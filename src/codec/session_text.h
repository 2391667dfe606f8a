/* session_text.h - a stored session's text, parsed twice: as a tree to look things up in, and as slices of
 * its bytes to keep what must stay as it came. */
#ifndef CODEC_SESSION_TEXT_H
#define CODEC_SESSION_TEXT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/buf.h"

struct rf_session_text {
    char *copy;            /* owned, repaired */
    cJSON *root;           /* owned; an object. Of files of ours without analysis, lapHistory and sessionData's runs */
    struct rf_slice whole; /* of the copy */
};

/* 0; -1 where the text is no JSON object, with *error a static reason and nothing to finish. */
int rf_session_text_init(struct rf_session_text *out, const char *text, size_t len, const char **error);
void rf_session_text_finish(struct rf_session_text *text);

/* Looked up from `object`, NULL included, through the names up to a NULL. NULL where one is missing or JSON's
 * null. */
const cJSON *rf_json_path(const cJSON *object, ...) __attribute__((sentinel));
struct rf_slice rf_slice_path(struct rf_slice object, ...)
    __attribute__((sentinel)); /* empty where missing */

/* Integers as numbers or as numeric strings, cut off at the point; false, and *out untouched, for all else
 * and outside `min` … `max`. */
bool rf_json_get_int(const cJSON *item, int64_t min, int64_t max, int64_t *out);

/* As above from the bytes, exact to 64 bits; a plain integer without quotes only. */
bool rf_slice_get_int(struct rf_slice value, int64_t *out);

/* A string's text, or NULL; also for an empty one. */
const char *rf_json_get_text(const cJSON *item);

/* A moment as ISO text, or as a number or numeric text of epoch milliseconds or seconds. */
bool rf_json_get_time(const cJSON *item, int64_t *ms);

/* Adds a name and a newline to a summary's drivers; nothing where they have become too many. */
#define RF_MAX_DRIVERS_BYTES 131072
void rf_summary_add_driver(struct rf_buf *drivers, const char *name);

#endif
