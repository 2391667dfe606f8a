/* compare.h - whether what is stored at the end is exactly what was driven. */
#ifndef RACEFACER_TESTS_SIMULATION_COMPARE_H
#define RACEFACER_TESTS_SIMULATION_COMPARE_H

#include "witness.h"

void compare_begin(int max_laps, int max_sessions); /* of a world */
void compare_session(const struct served *served);
void compare_all(void); /* after each session that is there: nothing is missing */

#endif
