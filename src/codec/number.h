/* number.h - numbers as JSON and people want them, whatever the process's locale. */
#ifndef CODEC_NUMBER_H
#define CODEC_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define RF_NUMBER_SIZE 360 /* the longest double in full, with its decimals */
#define RF_NUMBER_MAX_DECIMALS 17

/* `value`, which must be finite, with exactly `decimals` (0 … RF_NUMBER_MAX_DECIMALS) digits after a point.
 * Returns the length. */
size_t rf_number_fixed(double value, int decimals, char out[RF_NUMBER_SIZE]);

/* Digits from `at` on, of RF_INT_SIZE bytes at most; returns their end. No NUL follows. */
#define RF_INT_SIZE 20
char *rf_number_int(char *at, int64_t value);

/* A lap's time as rf_format_lap has it, in the same way: RF_LAP_SIZE bytes at most. */
#define RF_LAP_SIZE 25
char *rf_number_lap(char *at, int64_t ms);

#endif
