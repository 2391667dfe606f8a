/* decode_value.c - tolerant reading of single values. */
#include "codec/decode_value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/number.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/decode.h"

#define EXACT 9007199254740992.0 /* 2^53: whole numbers up to here are exact in a double */
#define COUNT_MAX 1000000000     /* beyond it a counter is noise */
#define POSITION_MAX 100000
#define MS_FROM 100000000000.0        /* an epoch as large as this is in milliseconds */
#define SECONDS_MAX 7258118400.0      /* the year 2200 */
#define PLAUSIBLE_MIN 946684800000.0  /* the year 2000, in ms */
#define PLAUSIBLE_MAX 4102444800000.0 /* the year 2100, in ms */

static const char spaces[] = " \t\n\r\v\f";

static void free_text(void *slot)
{
    free(*(char **)slot);
}

UT_array *rf_pool_create(void)
{
    static const UT_icd owned_text = {sizeof(char *), NULL, NULL, free_text};
    UT_array *pool;
    utarray_new(pool, &owned_text);
    return pool;
}

const char *rf_pool_keep(UT_array *pool, char *text)
{
    utarray_push_back(pool, &text);
    return text;
}

/* The item's string without white space in front, its length without that behind; NULL where it is no string.
 */
static const char *trimmed(const cJSON *item, size_t *len)
{
    if (!cJSON_IsString(item) || item->valuestring == NULL)
        return NULL;
    const char *text = item->valuestring + strspn(item->valuestring, spaces);
    *len = strlen(text);
    while (*len > 0 && strchr(spaces, text[*len - 1]) != NULL)
        --*len;
    return text;
}

bool rf_value_number(const cJSON *item, double *out)
{
    double value = NAN;
    size_t len;
    const char *text = trimmed(item, &len);
    if (text != NULL) {
        /* strtod() alone would also take "inf", "nan" and hexadecimal numbers. */
        if (len == 0 || strspn(text, "0123456789+-.eE") != len)
            return false;
        char *end;
        value = strtod(text, &end);
        if (end != text + len)
            return false;
    } else if (cJSON_IsNumber(item)) {
        value = item->valuedouble;
    }
    if (!isfinite(value))
        return false;
    *out = value;
    return true;
}

bool rf_value_integer(const cJSON *item, int64_t *out)
{
    size_t len;
    const char *text = trimmed(item, &len);
    if (text != NULL && len > 0) {
        char *end;
        errno = 0;
        long long value = strtoll(text, &end, 10);
        if (end == text + len && errno == 0) {
            *out = value;
            return true;
        }
    }
    double value;
    if (!rf_value_number(item, &value) || fabs(value) > EXACT || trunc(value) != value)
        return false;
    *out = (int64_t)value;
    return true;
}

static int32_t lap_of(double ms)
{
    double rounded = round(ms);
    return rounded > 0 && rounded <= INT32_MAX ? (int32_t)rounded : RF_NO_TIME;
}

int32_t rf_value_lap_ms(const cJSON *item)
{
    double value;
    return rf_value_number(item, &value) ? lap_of(value) : RF_NO_TIME;
}

int32_t rf_value_lap_text(const cJSON *item)
{
    size_t len;
    const char *text = trimmed(item, &len);
    if (text == NULL || len == 0 || strspn(text, "0123456789:.") != len)
        return RF_NO_TIME;
    const char *end = text + len;
    double larger = 0; /* hours and minutes read so far, in seconds */
    for (const char *colon; (colon = memchr(text, ':', (size_t)(end - text))) != NULL; text = colon + 1) {
        char *after;
        long part = strtol(text, &after, 10);
        if (colon == text || after != colon || part > 1000000)
            return RF_NO_TIME;
        larger = (larger + (double)part) * 60;
    }
    char *after;
    double seconds = strtod(text, &after);
    if (after != end || after == text || (larger > 0 && seconds >= 60))
        return RF_NO_TIME;
    return lap_of((larger + seconds) * 1000);
}

int rf_value_count(const cJSON *item)
{
    int64_t value;
    return rf_value_integer(item, &value) && value >= 0 && value <= COUNT_MAX ? (int)value : RF_NO_COUNT;
}

int rf_value_position(const cJSON *item)
{
    int64_t value;
    return rf_value_integer(item, &value) && value >= 1 && value <= POSITION_MAX ? (int)value : 0;
}

int64_t rf_value_epoch_ms(const cJSON *item)
{
    double value;
    int64_t ms;
    if (rf_value_number(item, &value))
        value = value < MS_FROM ? value * 1000 : value;
    else if (cJSON_IsString(item) && rf_time_parse(item->valuestring, &ms))
        value = (double)ms;
    else
        return 0;
    return value > 0 && value <= SECONDS_MAX * 1000 ? (int64_t)value : 0;
}

int64_t rf_value_epoch_s(const cJSON *item)
{
    double value;
    return rf_value_number(item, &value) ? rf_value_epoch_ms(item) / 1000 : 0;
}

bool rf_epoch_plausible(double ms)
{
    return ms >= PLAUSIBLE_MIN && ms < PLAUSIBLE_MAX;
}

/* Digits of a number that stands where a text should; NULL where it is too large to be a label. */
static const char *number_text(double value, UT_array *pool)
{
    if (!isfinite(value) || fabs(value) > EXACT)
        return NULL;
    char text[RF_NUMBER_SIZE];
    size_t len = rf_number_fixed(value, 3, text);
    while (text[len - 1] == '0')
        len--;
    if (text[len - 1] == '.')
        len--;
    return rf_pool_keep(pool, rf_strndup(text, len));
}

const char *rf_value_title(cJSON *item, UT_array *pool)
{
    size_t len;
    const char *text = trimmed(item, &len);
    if (text == NULL)
        return cJSON_IsNumber(item) ? number_text(item->valuedouble, pool) : NULL;
    if (len == 4 && memcmp(text, "null", 4) == 0)
        return NULL;
    if (len > RF_MAX_TEXT_BYTES)
        for (len = RF_MAX_TEXT_BYTES; ((unsigned char)text[len] & 0xc0) == 0x80;)
            len--; /* not in the middle of a character */
    item->valuestring[(size_t)(text - item->valuestring) + len] = '\0';
    return text;
}

const char *rf_value_text(cJSON *item, UT_array *pool)
{
    const char *text = rf_value_title(item, pool);
    return text == NULL || strcmp(text, "-") == 0 ? "" : text;
}

static int compare_name(const void *key, const void *entry)
{
    return strcmp(key, *(const char *const *)entry);
}

void rf_fields_collect(const cJSON *object, const char *const *names, size_t count, cJSON **fields)
{
    for (size_t i = 0; i < count; i++)
        fields[i] = NULL;
    for (cJSON *child = object->child; child != NULL; child = child->next) {
        const char *const *name = bsearch(child->string, names, count, sizeof(*names), compare_name);
        if (name != NULL && fields[name - names] == NULL)
            fields[name - names] = child;
    }
}
