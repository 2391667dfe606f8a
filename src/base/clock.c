/* clock.c - the clocks of the system, and times of day as text. */
#include "racefacer/base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MS_MIN (-62167219200000) /* year 0 */
#define MS_MAX 253402300799999   /* year 9999 */

static int64_t read_clock_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t read_clock(clockid_t id)
{
    return read_clock_us(id) / 1000;
}

int64_t rf_clock_wall_ms(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t rf_clock_mono_ms(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t rf_clock_mono_us(void)
{
    return read_clock_us(CLOCK_MONOTONIC);
}

int64_t rf_clock_boot_ms(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

static int split(int64_t ms, struct tm *out)
{
    ms = ms < MS_MIN ? MS_MIN : ms > MS_MAX ? MS_MAX : ms;
    int64_t rest = ((ms % 1000) + 1000) % 1000;
    time_t seconds = (time_t)((ms - rest) / 1000);
    gmtime_r(&seconds, out);
    return (int)rest;
}

const char *rf_time_iso(int64_t ms, char out[RF_ISO_SIZE])
{
    struct tm t;
    int rest = split(ms, &t);
    size_t len = strftime(out, RF_ISO_SIZE, "%Y-%m-%dT%H:%M:%S", &t);
    snprintf(out + len, RF_ISO_SIZE - len, ".%03dZ", rest);
    return out;
}

const char *rf_time_compact(int64_t ms, char out[RF_ISO_SIZE])
{
    struct tm t;
    split(ms, &t);
    strftime(out, RF_ISO_SIZE, "%Y%m%dT%H%M%SZ", &t);
    return out;
}

/* Reads exactly `width` digits; -1 where they are not there. */
static int digits(const char **at, int width)
{
    int value = 0;
    for (int i = 0; i < width; i++) {
        if (!isdigit((unsigned char)(*at)[i]))
            return -1;
        value = value * 10 + ((*at)[i] - '0');
    }
    *at += width;
    return value;
}

static bool skip(const char **at, char c)
{
    if (**at != c)
        return false;
    ++*at;
    return true;
}

static bool parse_zone(const char **at, int64_t *offset_ms)
{
    *offset_ms = 0;
    if (skip(at, 'Z') || **at == '\0')
        return true;
    int sign = **at == '-' ? -1 : 1;
    if (!skip(at, '+') && !skip(at, '-'))
        return false;
    int hours = digits(at, 2);
    skip(at, ':');
    int minutes = digits(at, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *offset_ms = sign * (hours * 60LL + minutes) * 60000;
    return true;
}

bool rf_time_parse(const char *text, int64_t *ms)
{
    const char *at = text;
    struct tm t = {0};
    int year = digits(&at, 4), fraction = 0;
    bool date = year >= 0 && skip(&at, '-') && (t.tm_mon = digits(&at, 2) - 1) >= 0 && t.tm_mon < 12 &&
                skip(&at, '-') && (t.tm_mday = digits(&at, 2)) >= 1 && t.tm_mday <= 31;
    if (!date)
        return false;
    t.tm_year = year - 1900;
    struct tm day = t;
    timegm(&day); /* moves a day the month does not have into the next one */
    if (day.tm_mday != t.tm_mday)
        return false;
    int64_t offset = 0;
    if (*at != '\0') {
        if (!skip(&at, 'T') && !skip(&at, ' '))
            return false;
        t.tm_hour = digits(&at, 2);
        if (t.tm_hour < 0 || t.tm_hour > 23 || !skip(&at, ':'))
            return false;
        t.tm_min = digits(&at, 2);
        if (t.tm_min < 0 || t.tm_min > 59)
            return false;
        if (skip(&at, ':')) {
            t.tm_sec = digits(&at, 2);
            if (t.tm_sec < 0 || t.tm_sec > 60)
                return false;
            if (skip(&at, '.')) {
                int scale = 100;
                if (!isdigit((unsigned char)*at))
                    return false;
                for (; isdigit((unsigned char)*at); at++, scale /= 10)
                    fraction += (*at - '0') * scale;
            }
        }
        if (!parse_zone(&at, &offset) || *at != '\0')
            return false;
    }
    *ms = (int64_t)timegm(&t) * 1000 + fraction - offset;
    return true;
}
