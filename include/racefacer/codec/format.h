/* format.h - times and numbers as people read them. */
#ifndef RACEFACER_CODEC_FORMAT_H
#define RACEFACER_CODEC_FORMAT_H

#include <stdint.h>

#define RF_FORMAT_SIZE 32

/* "26.521"; from a minute "1:02.711"; "--.-" for 0 and below. */
const char *rf_format_lap(int64_t ms, char out[RF_FORMAT_SIZE]);

/* "0.481s"; "--" where `seconds` is below 0. */
const char *rf_format_consistency(double seconds, char out[RF_FORMAT_SIZE]);

#endif
