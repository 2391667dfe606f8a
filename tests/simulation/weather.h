/* weather.h - how a life's disk, network and clock fare. */
#ifndef RACEFACER_TESTS_SIMULATION_WEATHER_H
#define RACEFACER_TESTS_SIMULATION_WEATHER_H

#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

void weather_begin(const struct world *world); /* of a life: the disk is calm, the network as it will be */
/* From here on the disk and the clock change; without `gently`, the disk may be in trouble at once. */
void weather_changes(bool gently);
void weather_calms_down(void);       /* for good */
int64_t weather_calm_since_us(void); /* the disk; INT64_MAX: it is in trouble */

#endif
