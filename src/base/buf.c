/* buf.c - a growing byte buffer. */
#include "racefacer/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"

void rf_buf_finish(struct rf_buf *buf)
{
    free(buf->data);
    *buf = (struct rf_buf)RF_BUF_INIT;
}

void rf_buf_clear(struct rf_buf *buf)
{
    buf->len = 0;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

void rf_buf_reserve(struct rf_buf *buf, size_t more)
{
    size_t need = buf->len + more + 1;
    if (need <= buf->cap)
        return;
    size_t cap = buf->cap < 64 ? 64 : buf->cap;
    while (cap < need)
        cap *= 2;
    buf->data = rf_resize_array(buf->data, cap, 1);
    buf->cap = cap;
}

void rf_buf_append(struct rf_buf *buf, const void *data, size_t len)
{
    rf_buf_reserve(buf, len);
    if (len > 0)
        memcpy(buf->data + buf->len, data, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void rf_buf_puts(struct rf_buf *buf, const char *text)
{
    rf_buf_append(buf, text, strlen(text));
}

void rf_buf_putc(struct rf_buf *buf, char c)
{
    rf_buf_append(buf, &c, 1);
}

void rf_buf_vprintf(struct rf_buf *buf, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, format, args);
    if (need > 0) {
        rf_buf_reserve(buf, (size_t)need);
        vsnprintf(buf->data + buf->len, (size_t)need + 1, format, again);
        buf->len += (size_t)need;
    }
    va_end(again);
}

void rf_buf_printf(struct rf_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    rf_buf_vprintf(buf, format, args);
    va_end(args);
}

char *rf_buf_take(struct rf_buf *buf)
{
    rf_buf_reserve(buf, 0);
    buf->data[buf->len] = '\0';
    char *data = buf->data;
    *buf = (struct rf_buf)RF_BUF_INIT;
    return data;
}

const char *rf_buf_str(const struct rf_buf *buf)
{
    return buf->len == 0 ? "" : buf->data;
}
