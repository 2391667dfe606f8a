/* session_file_text.c - a stored session's text, taken apart without trust in it. */
#include "codec/session_text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/json_slice.h"

/* A tree takes twenty times as much memory as its text, and more. Of a file of ours most need not become one:
 * what says again what "runs" says, and rows as the feed sent them, which are passed on as text. */
static void blank_at(char *text, struct rf_slice value, const char *with)
{
    if (value.len < 2)
        return;
    char *at = text + (value.data - text);
    memset(at, ' ', value.len);
    memcpy(at, with, 2);
}

static cJSON *parse(const char *json, size_t len)
{
    char *text = rf_strndup(json, len);
    const struct rf_slice whole = {text, len};
    struct rf_slice member;
    if (rf_json_member(whole, "storageVersion", &member) && rf_json_member(whole, "runs", &member)) {
        blank_at(text, rf_slice_path(whole, "analysis", NULL), "{}");
        blank_at(text, rf_slice_path(whole, "lapHistory", NULL), "{}");
        blank_at(text, rf_slice_path(whole, "sessionData", "runs", NULL), "[]");
    }
    /* The NUL after the copy counts, so that the parser can find the text's end at it. */
    cJSON *root = cJSON_ParseWithLengthOpts(text, len + 1, NULL, true);
    free(text);
    return root;
}

int rf_session_text_init(struct rf_session_text *out, const char *text, size_t len, const char **error)
{
    *out = (struct rf_session_text){0};
    if (!rf_utf8_valid(text, len)) {
        *error = "not UTF-8";
        return -1;
    }
    out->copy = rf_strndup(text, len);
    rf_json_repair(out->copy, len);
    if (rf_json_valid(out->copy, len))
        out->root = parse(out->copy, len);
    if (!cJSON_IsObject(out->root)) {
        *error = out->root == NULL ? "not JSON, or cut off" : "not a JSON object";
        rf_session_text_finish(out);
        return -1;
    }
    out->whole = (struct rf_slice){out->copy, len};
    return 0;
}

void rf_session_text_finish(struct rf_session_text *text)
{
    cJSON_Delete(text->root);
    free(text->copy);
    *text = (struct rf_session_text){0};
}

const cJSON *rf_json_path(const cJSON *object, ...)
{
    va_list names;
    const char *name;
    va_start(names, object);
    while (object != NULL && (name = va_arg(names, const char *)) != NULL)
        object = cJSON_GetObjectItemCaseSensitive(object, name);
    va_end(names);
    return cJSON_IsNull(object) ? NULL : object;
}

struct rf_slice rf_slice_path(struct rf_slice object, ...)
{
    va_list names;
    const char *name;
    va_start(names, object);
    while ((name = va_arg(names, const char *)) != NULL) {
        struct rf_slice value;
        if (!rf_json_member(object, name, &value)) {
            object = (struct rf_slice){0};
            break;
        }
        object = value;
    }
    va_end(names);
    return object;
}

static bool get_number(const cJSON *item, double *out)
{
    if (cJSON_IsNumber(item)) {
        *out = item->valuedouble;
    } else if (cJSON_IsString(item)) {
        char *end;
        *out = strtod(item->valuestring, &end);
        if (end == item->valuestring || *end != '\0')
            return false;
    } else {
        return false;
    }
    return isfinite(*out);
}

bool rf_json_get_int(const cJSON *item, int64_t min, int64_t max, int64_t *out)
{
    double number;
    if (!get_number(item, &number) || fabs(number) > 9007199254740992.0)
        return false;
    int64_t whole = (int64_t)number;
    if (whole < min || whole > max)
        return false;
    *out = whole;
    return true;
}

bool rf_slice_get_int(struct rf_slice value, int64_t *out)
{
    char digits[24], *end;
    if (value.len == 0 || value.len >= sizeof(digits))
        return false;
    memcpy(digits, value.data, value.len);
    digits[value.len] = '\0';
    if (digits[0] != '-' && (digits[0] < '0' || digits[0] > '9'))
        return false;
    errno = 0;
    long long number = strtoll(digits, &end, 10);
    if (errno != 0 || end == digits || *end != '\0')
        return false;
    *out = number;
    return true;
}

const char *rf_json_get_text(const cJSON *item)
{
    return cJSON_IsString(item) && item->valuestring[0] != '\0' ? item->valuestring : NULL;
}

/* Below this a number is taken for seconds: as seconds the year 5138, as milliseconds 1973. */
#define SECONDS_BELOW 100000000000

bool rf_json_get_time(const cJSON *item, int64_t *ms)
{
    int64_t number;
    if (cJSON_IsString(item) && rf_time_parse(item->valuestring, ms))
        return true;
    if (!rf_json_get_int(item, 100000000, 253402300799999, &number)) /* to the end of the year 9999 */
        return false;
    *ms = number < SECONDS_BELOW ? number * 1000 : number;
    return true;
}

void rf_summary_add_driver(struct rf_buf *drivers, const char *name)
{
    if (name == NULL || name[0] == '\0' || drivers->len + strlen(name) >= RF_MAX_DRIVERS_BYTES)
        return;
    size_t start = drivers->len;
    rf_buf_puts(drivers, name);
    for (size_t i = start; i < drivers->len; i++) {
        if (drivers->data[i] == '\n')
            drivers->data[i] = ' ';
    }
    rf_buf_putc(drivers, '\n');
}
