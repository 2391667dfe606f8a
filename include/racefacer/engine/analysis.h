/* analysis.h - the results of a session, computed on demand from its laps.
 * Cost: one pass over every lap kept, plus a sort of the runs. The definitions are in docs/analysis.md. */
#ifndef RACEFACER_ENGINE_ANALYSIS_H
#define RACEFACER_ENGINE_ANALYSIS_H

#include <stdbool.h>
#include <stddef.h>

#include "racefacer/engine/lap_history.h"
#include "racefacer/engine/session.h"

struct rf_analysis_options {
    struct rf_lap_limits limits;
    int min_laps; /* valid laps a run needs to be ranked */
};

struct rf_result {
    const struct rf_run *run;
    struct rf_lap_stats stats;
    int index; /* normalizedIndex 0 … 100; ranked runs only */
};

/* A named driver with ranked runs on two or more karts. */
struct rf_cross_driver {
    const char *name; /* the run's own text */
    size_t *results;  /* indices into ranked, by best lap */
    size_t count;
};

struct rf_analysis {
    struct rf_result *ranked; /* by best lap; the first is the winner */
    size_t ranked_count;
    struct rf_result *unranked; /* all other runs, in order of appearance */
    size_t unranked_count;
    struct rf_cross_driver *cross;
    size_t cross_count;
    int64_t total_laps;  /* sum of the ranked runs' total_laps */
    size_t *cross_order; /* private: what the cross drivers' results point into */
};

/* Fills `out`, which borrows from the session: use it before the session changes. */
void rf_analysis_init(
    struct rf_analysis *out, const struct rf_session *session, const struct rf_analysis_options *options);
void rf_analysis_finish(struct rf_analysis *analysis);

/* One run's result as it stands in the analysis, or NULL; *ranked tells in which list. */
const struct rf_result *rf_analysis_find(
    const struct rf_analysis *analysis, const struct rf_run *run, bool *ranked);

#endif
