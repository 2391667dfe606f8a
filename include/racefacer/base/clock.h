/* clock.h - what time it is, and times of day as text. Times are milliseconds; wall times since 1970, UTC. */
#ifndef RACEFACER_BASE_CLOCK_H
#define RACEFACER_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int64_t rf_clock_wall_ms(void);
int64_t rf_clock_mono_ms(void); /* never jumps; counts from no particular moment */
int64_t rf_clock_mono_us(void); /* the same in microseconds, for what is too short for the others */
int64_t rf_clock_boot_ms(void); /* the same, and counts the time that the machine sleeps */

#define RF_ISO_SIZE 32     /* room for any of the texts below */

/* "2026-01-01T10:00:00.000Z". Times outside the years 0 … 9999 are clamped. */
const char *rf_time_iso(int64_t ms, char out[RF_ISO_SIZE]);

/* "20260101T100000Z", for ids and file names. */
const char *rf_time_compact(int64_t ms, char out[RF_ISO_SIZE]);

/* Reads "2026-01-01", "2026-01-01T10:00[:00[.000]][Z|±hh:mm]"; without a zone it is UTC.
 * False, and *ms untouched, where the text is no such time. */
bool rf_time_parse(const char *text, int64_t *ms);

#endif
