/* percent.h - percent-decoding, once, with everything refused that no honest client sends. Pure. */
#ifndef RF_HTTP_PERCENT_H
#define RF_HTTP_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

/* Decodes `len` bytes into `out`, which needs room for len + 1, and NUL-terminates it. `plus_is_space` as in
 * query strings. NULL; or a static reason: an invalid escape, a control character (NUL too), or what is not
 * UTF-8. */
const char *rf_percent_decode(char *out, const char *text, size_t len, bool plus_is_space);

#endif
