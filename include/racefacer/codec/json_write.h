/* json_write.h - writes JSON into a buffer, one call a value, with no tree in between. */
#ifndef RACEFACER_CODEC_JSON_WRITE_H
#define RACEFACER_CODEC_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/buf.h"

struct rf_json {
    struct rf_buf *out; /* borrowed */
    bool comma;         /* a value stands before the next one */
};

void rf_json_init(struct rf_json *json, struct rf_buf *out);

/* `key` is NULL in an array and at the top. Keys are ASCII constants or any text: they are escaped. */
void rf_json_object(struct rf_json *json, const char *key);
void rf_json_object_end(struct rf_json *json);
void rf_json_array(struct rf_json *json, const char *key);
void rf_json_array_end(struct rf_json *json);
void rf_json_string(struct rf_json *json, const char *key, const char *value); /* NULL value: null */
void rf_json_int(struct rf_json *json, const char *key, int64_t value);
/* Shortest of at most `decimals` digits after the point, trailing zeros dropped; not finite: null. */
void rf_json_double(struct rf_json *json, const char *key, double value, int decimals);
void rf_json_bool(struct rf_json *json, const char *key, bool value);
void rf_json_null(struct rf_json *json, const char *key);
void rf_json_iso(struct rf_json *json, const char *key, int64_t ms);             /* a wall time as ISO 8601 */
void rf_json_raw(struct rf_json *json, const char *key, const char *data, size_t len); /* JSON as it is */
/* As above, for a key that is JSON-escaped already. */
void rf_json_raw_member(struct rf_json *json, struct rf_slice key, struct rf_slice value);

#endif
