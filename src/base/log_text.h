/* log_text.h - foreign text made safe for a line of a log. Names and URLs come from strangers. */
#ifndef RACEFACER_SRC_BASE_LOG_TEXT_H
#define RACEFACER_SRC_BASE_LOG_TEXT_H

#include <stddef.h>

#include "racefacer/base/buf.h"

/* The inside of a JSON string: quotes, backslashes and control characters escaped, bytes that are no UTF-8
 * replaced by U+FFFD. */
void rf_log_text_json(struct rf_buf *out, const char *text, size_t len);

/* For a terminal: what could move its cursor, colour it or turn its reading direction is shown as \xNN or
 * \u{NNNN}. */
void rf_log_text_terminal(struct rf_buf *out, const char *text, size_t len);

/* How many of the first `max` bytes may be kept without cutting a character. */
size_t rf_log_text_cut(const char *text, size_t len, size_t max);

#endif
