/* utf8.h - the one place that knows what a well-formed UTF-8 sequence is. */
#ifndef CODEC_UTF8_H
#define CODEC_UTF8_H

#include <stddef.h>

/* Length of the sequence `text` begins with, at most `len` bytes of it looked at; 0 where it is malformed. */
size_t rf_utf8_sequence(const char *text, size_t len);

#endif
