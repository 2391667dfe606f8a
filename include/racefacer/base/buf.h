/* buf.h - a growing byte buffer, always NUL-terminated once something was written. */
#ifndef RACEFACER_BASE_BUF_H
#define RACEFACER_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct rf_buf {
    char *data; /* owned; NULL while nothing was ever written */
    size_t len; /* bytes in use, the NUL not counted */
    size_t cap;
};

#define RF_BUF_INIT {0}

/* A slice of somebody else's bytes; not NUL-terminated. */
struct rf_slice {
    const char *data;
    size_t len;
};

void rf_buf_finish(struct rf_buf *buf); /* frees; the buffer may be used again */
void rf_buf_clear(struct rf_buf *buf);  /* forgets the content, keeps the memory */
void rf_buf_reserve(struct rf_buf *buf, size_t more);
void rf_buf_append(struct rf_buf *buf, const void *data, size_t len);
void rf_buf_puts(struct rf_buf *buf, const char *text);
void rf_buf_putc(struct rf_buf *buf, char c);
void rf_buf_printf(struct rf_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void rf_buf_vprintf(struct rf_buf *buf, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* The content as a string the caller frees; the buffer is empty afterwards. Never NULL. */
char *rf_buf_take(struct rf_buf *buf);

/* The content as a string; "" while empty. Valid until the next write. */
const char *rf_buf_str(const struct rf_buf *buf);

#endif
