/* decode_value.h - tolerant reading of single values: a number may come as a string, a null as the string
 * "null". Every function takes NULL for a field that is absent. */
#ifndef CODEC_DECODE_VALUE_H
#define CODEC_DECODE_VALUE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <utarray.h>

/* Texts made while decoding: owned strings, freed when the pool is cleared or freed. */
UT_array *rf_pool_create(void);
/* Hands an owned string over to the pool, and returns it. */
const char *rf_pool_keep(UT_array *pool, char *text);

/* Reads a number, also out of a string with white space around it. False for anything else, infinities
 * included. */
bool rf_value_number(const cJSON *item, double *out);

/* The same, of whole numbers alone; exact for all of int64_t in a string, up to 2^53 as a JSON number. */
bool rf_value_integer(const cJSON *item, int64_t *out);

/* A lap time in ms, fractions rounded; RF_NO_TIME where it is none. */
int32_t rf_value_lap_ms(const cJSON *item);

/* A lap time as people write it, "33.604" or "1:02.711", in ms; RF_NO_TIME where it is none. */
int32_t rf_value_lap_text(const cJSON *item);

/* A counter from 0 to 1e9; RF_NO_COUNT where it is none. */
int rf_value_count(const cJSON *item);

/* A position from 1 to 100000; 0 where it is none. */
int rf_value_position(const cJSON *item);

/* Epoch seconds from a time in seconds or milliseconds, 1970 to 2200; 0 where it is none. */
int64_t rf_value_epoch_s(const cJSON *item);
/* The same in milliseconds, also from an ISO 8601 text. */
int64_t rf_value_epoch_ms(const cJSON *item);
/* Whether a time in milliseconds lies in the years 2000 to 2099: what counts as an epoch at all. */
bool rf_epoch_plausible(double ms);

/* A text without white space around it, a number as its digits; "" where there is none, and for "-" and
 * "null". Cut to RF_MAX_TEXT_BYTES. It lives in the item, which is changed for it, or in `pool`. Never NULL.
 */
const char *rf_value_text(cJSON *item, UT_array *pool);

/* As above, but "-" and "" are texts like any other: NULL is "there is none". */
const char *rf_value_title(cJSON *item, UT_array *pool);

/* Sorts an object's members into `fields`, an entry for each of `count` names, which are in strcmp order; of
 * several with one name the first. Entries without a member become NULL. */
void rf_fields_collect(const cJSON *object, const char *const *names, size_t count, cJSON **fields);

#endif
