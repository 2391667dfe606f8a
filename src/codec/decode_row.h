/* decode_row.h - one row of a frame. */
#ifndef CODEC_DECODE_ROW_H
#define CODEC_DECODE_ROW_H

#include <cjson/cJSON.h>
#include <utarray.h>

#include "racefacer/engine/frame.h"

/* Reads a row object. Its texts live in the object, which is changed for them, or in `pool`. `raw` is left
 * alone. */
void rf_decode_row(const cJSON *object, UT_array *pool, struct rf_row *out);

#endif
