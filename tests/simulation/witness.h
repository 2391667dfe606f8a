/* witness.h - remembers what clients were served, and holds all that is served against it and against the
 * truth. */
#ifndef RACEFACER_TESTS_SIMULATION_WITNESS_H
#define RACEFACER_TESTS_SIMULATION_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/engine/session.h"

struct served_lap {
    int num;
    int32_t time_ms;
};

struct served_run {
    int64_t id, kart_id;
    int total_laps;
    struct served_lap *laps; /* owned, by number */
    size_t count, cap;
};

/* A session as it was served; texts are owned. */
struct served {
    char *id, *event;
    bool has_track, complete;
    int64_t track;
    struct served_run *runs; /* owned */
    size_t run_count;
};

void served_of_session(struct served *out, const struct rf_session *session);
void served_of_text(struct served *out, const char *json, size_t len);
void served_finish(struct served *served);

void witness_begin(int max_laps);
void witness_end(void);

/* In this life files could not be read at the start: what was in them cannot be there now. */
void witness_taint(bool is);

/* All of it has to be true, and all that was ever served durably of the session has to be in it. With
 * `durable` all of it is remembered. */
void witness_see(const struct served *served, bool durable);
void witness_see_listed(const char *id, bool durable); /* a listing has it */

void witness_deletion_asked(const char *id);
void witness_deletion_refused(const char *id);    /* it lives, or there is none */
void witness_cleaned(const char *id, size_t len); /* the log says so */
void witness_deleted(const char *id);             /* confirmed */

/* Calls `each` for all sessions that have to be there. */
void witness_each_due(void (*each)(const char *id));
/* A session that has to be there is not listed: well, if it was cleaned away. */
void witness_missing(const char *id);
bool witness_is_deleted(const char *id); /* that is confirmed */
bool witness_is_asked(const char *id);   /* its deletion was asked for */
/* Somebody asked for its deletion, or the venue could not tell all of it again: nothing of it has to be there
 * but what was served. */
bool witness_is_waived(const char *event);
void witness_waive(int session); /* the number in its name */

size_t witness_count_gone(void); /* sessions that were deleted, cleaned away or asked to be deleted */

#endif
