/* etag.h - strong entity tags. Pure. */
#ifndef RF_HTTP_ETAG_H
#define RF_HTTP_ETAG_H

#include <stdbool.h>
#include <stddef.h>

#include "racefacer/base/buf.h"

#define RF_ETAG_SIZE 22 /* 16 hexadecimal digits, "-gz", two quotes, NUL */

/* The tag of these bytes: the same bytes, the same tag, also after a restart. */
void rf_etag_make(char out[RF_ETAG_SIZE], const void *data, size_t len);

/* Makes the tag of bytes that of their gzip: a strong tag tells the two apart. */
void rf_etag_of_gzip(char etag[RF_ETAG_SIZE]);

/* Whether an If-None-Match header (`list`) names the tag: "*", or a list; W/ before a tag is ignored, as RFC
 * 9110 has it for this header. */
bool rf_etag_listed(struct rf_slice list, const char *etag);

#endif
