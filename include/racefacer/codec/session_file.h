/* session_file.h - a session as the JSON file that keeps it, and back.
 * The file is also the body of GET /api/sessions/:id. Files of the first server lack most fields and are read all the
 * same; what they hold is served as it is. */
#ifndef RACEFACER_CODEC_SESSION_FILE_H
#define RACEFACER_CODEC_SESSION_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/engine/analysis.h"
#include "racefacer/engine/session.h"

#define RF_SESSION_FILE_VERSION 1 /* "storageVersion" in the file */

/* What a listing says of a session. */
struct rf_summary {
    char *id;         /* owned, as all texts here */
    char *id_json;    /* the id as JSON: a string; a number in files of the first server */
    char *event_name;
    bool has_track;
    int64_t track;
    char *track_name;
    int64_t started_ms, changed_ms, duration_ms;
    int karts;        /* runs with a lap */
    int laps;         /* sum of their total_laps */
    char *winner;     /* JSON: the winner object of the analysis, or "null" */
    char *drivers;    /* every driver's name, each followed by a newline: for the search by driver */
    bool complete;
    uint64_t version; /* laps_version; 0 in files that do not tell */
};

void rf_summary_finish(struct rf_summary *summary);

/* Writes the file's text: all of it each time, 0.2 ms and 230 kB for each 1000 laps. */
void rf_session_file_write(
    struct rf_buf *out, const struct rf_session *session, const struct rf_analysis_options *options);

/* What a listing says of a session the engine holds. */
void rf_summary_of_session(
    struct rf_summary *out, const struct rf_session *session, const struct rf_analysis_options *options);

/* What a listing says of a stored file; `id` is the one in the file's name. 0; -1 where the text is no session,
 * with *error a static reason. */
int rf_summary_of_file(struct rf_summary *out, const char *id, const char *text, size_t len, const char **error);

/* Restores a session so that the engine can go on with it. NULL where the text is not a session of ours, with *error
 * a static reason. The caller owns it. */
struct rf_session *rf_session_file_read(const char *id, const char *text, size_t len, size_t max_laps, const char **error);

#endif
