/* format.c - times and numbers as people read them. */
#include "racefacer/codec/format.h"

#include <inttypes.h>
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

const char *rf_format_lap(int64_t ms, char out[RF_FORMAT_SIZE])
{
    if (ms <= 0)
        (void)snprintf(out, RF_FORMAT_SIZE, "--.-");
    else if (ms < 60000)
        (void)snprintf(out, RF_FORMAT_SIZE, "%d.%03d", (int)(ms / 1000), (int)(ms % 1000));
    else
        (void)snprintf(out, RF_FORMAT_SIZE, "%" PRId64 ":%02d.%03d", ms / 60000, (int)(ms / 1000 % 60),
            (int)(ms % 1000));
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
