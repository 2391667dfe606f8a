/* number.h - numbers as JSON and people want them, whatever the process's locale. */
#ifndef CODEC_NUMBER_H
#define CODEC_NUMBER_H

#include <stddef.h>

#define RF_NUMBER_SIZE 360 /* the longest double in full, with its decimals */
#define RF_NUMBER_MAX_DECIMALS 17

/* `value`, which must be finite, with exactly `decimals` (0 … RF_NUMBER_MAX_DECIMALS) digits after a point.
 * Returns the length. */
size_t rf_number_fixed(double value, int decimals, char out[RF_NUMBER_SIZE]);

#endif
