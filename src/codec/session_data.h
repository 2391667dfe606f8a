/* session_data.h - "sessionData": what the feed sent, passed on as it came, with the few members clients rely
 * on. */
#ifndef CODEC_SESSION_DATA_H
#define CODEC_SESSION_DATA_H

#include "racefacer/codec/json_write.h"
#include "racefacer/engine/session.h"

enum rf_session_data_runs {
    RF_RUNS_OF_FRAME,   /* the newest frame's rows, ghosts included */
    RF_RUNS_OF_SESSION, /* every run of the session as last seen, in the order of session->runs */
};

void rf_session_data_write(
    struct rf_json *json, const char *key, const struct rf_session *session, enum rf_session_data_runs which);

#endif
