/* format.c - times and numbers as people read them. */
#include "racefacer/codec/format.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "codec/number.h"

size_t rf_number_fixed(double value, int decimals, char out[RF_NUMBER_SIZE])
{
    char text[RF_NUMBER_SIZE];
    if (decimals < 0)
        decimals = 0;
    if (decimals > RF_NUMBER_MAX_DECIMALS)
        decimals = RF_NUMBER_MAX_DECIMALS;
    int written = snprintf(text, sizeof(text), "%.*f", decimals, value);
    size_t len = written < 0 ? 0 : (size_t)written;
    size_t whole = strspn(text, "-0123456789");
    if (decimals == 0 || len < whole + (size_t)decimals) {
        memcpy(out, text, whole);
        out[whole] = '\0';
        return whole;
    }
    /* The locale's decimal mark may be a comma, or several bytes: only the digits on either side are taken.
     */
    memcpy(out, text, whole);
    out[whole] = '.';
    memcpy(out + whole + 1, text + len - (size_t)decimals, (size_t)decimals);
    out[whole + 1 + (size_t)decimals] = '\0';
    return whole + 1 + (size_t)decimals;
}

char *rf_number_int(char *at, int64_t value)
{
    char digits[RF_INT_SIZE];
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    size_t first = sizeof(digits);
    if (value < 0)
        *at++ = '-';
    do {
        digits[--first] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    memcpy(at, digits + first, sizeof(digits) - first);
    return at + (sizeof(digits) - first);
}

/* `value`, below 10 to the power of `count`, with zeros in front. */
static char *put_digits(char *at, unsigned value, int count)
{
    for (int i = count; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + count;
}

char *rf_number_lap(char *at, int64_t ms)
{
    if (ms <= 0) {
        memcpy(at, "--.-", 4);
        return at + 4;
    }
    unsigned seconds = (unsigned)(ms / 1000 % 60);
    if (ms < 60000) {
        at = rf_number_int(at, seconds);
    } else {
        at = rf_number_int(at, ms / 60000);
        *at++ = ':';
        at = put_digits(at, seconds, 2);
    }
    *at++ = '.';
    return put_digits(at, (unsigned)(ms % 1000), 3);
}

const char *rf_format_lap(int64_t ms, char out[RF_FORMAT_SIZE])
{
    *rf_number_lap(out, ms) = '\0';
    return out;
}

const char *rf_format_consistency(double seconds, char out[RF_FORMAT_SIZE])
{
    char number[RF_NUMBER_SIZE];
    size_t len = 0;
    if (isfinite(seconds) && seconds >= 0)
        len = rf_number_fixed(seconds, 3, number);
    if (len == 0 || len + 2 > RF_FORMAT_SIZE)
        (void)snprintf(out, RF_FORMAT_SIZE, "--");
    else
        (void)snprintf(out, RF_FORMAT_SIZE, "%.*ss", (int)len, number);
    return out;
}
