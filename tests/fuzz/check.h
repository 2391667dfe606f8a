/* check.h - what must hold of every text we write and every session we keep, whatever came in. */
#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H

#include "racefacer/base/buf.h"
#include "racefacer/engine/engine.h"

/* Texts that clients and files get: UTF-8, and JSON by the letter. */
void check_json(const struct rf_buf *text);

/* Laps in order, counts and sums that fit each other, statistics of the laps that are there. */
void check_session(const struct rf_session *session, const struct rf_analysis_options *options);

#endif
