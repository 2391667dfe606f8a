/* analysis_write.h - the parts that API views and session files share, so that both say the same in the same
 * words. */
#ifndef CODEC_ANALYSIS_WRITE_H
#define CODEC_ANALYSIS_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "racefacer/codec/json_write.h"
#include "racefacer/engine/analysis.h"
#include "racefacer/engine/session.h"

#define RF_TRACK_NAME_SIZE 32

/* The number a run is shown under: the feed's, or its label where the feed has none. Never NULL. */
const char *rf_run_number(const struct rf_run *run);

/* The session's track name; "Track 3" where the feed never told one; NULL where there is no track either. The
 * text is the session's or stands in `room`. */
const char *rf_session_track_name(const struct rf_session *session, char room[RF_TRACK_NAME_SIZE]);

/* {"summary","karts","unranked","crossKartDrivers","winner"} */
void rf_analysis_write(struct rf_json *json, const char *key, const struct rf_session *session,
    const struct rf_analysis *analysis, struct rf_lap_limits limits);

/* The winner's object, or null. */
void rf_winner_write(struct rf_json *json, const char *key, const struct rf_analysis *analysis);

/* Every member of a kart of the analysis, without the braces; an unranked one has no normalizedIndex. */
void rf_kart_members_write(
    struct rf_json *json, const struct rf_result *result, bool ranked, struct rf_lap_limits limits);

/* runId, kartId, kart, kartNumber and driverName. */
void rf_run_names_write(struct rf_json *json, const struct rf_run *run);

/* Where a value stands in the buffer that it was written to. */
struct rf_written {
    size_t at, len;
};

/* All kept laps of a run as an array: [{"lapNum","timeRaw","position","timestamp","valid"}]. */
struct rf_written rf_laps_write(
    struct rf_json *json, const char *key, const struct rf_lap_history *history, struct rf_lap_limits limits);

/* The valid ones of them: [{"lapNum","time","timeFormatted","position"}]. */
void rf_valid_laps_write(
    struct rf_json *json, const char *key, const struct rf_lap_history *history, struct rf_lap_limits limits);

/* An integer, or null where it is not told. */
void rf_json_int_if(struct rf_json *json, const char *key, bool told, int64_t value);

#endif
