/* saver.h - the queue of saves: for each file the newest state that is to go to disk, tried until it is
 * there. */
#ifndef RF_STORE_SAVER_H
#define RF_STORE_SAVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/histogram.h"
#include "racefacer/base/log.h"
#include "store/blob.h"
#include "store/disk.h"

struct uv_loop_s;
struct rf_saver;

struct rf_saver_options {
    struct uv_loop_s *loop;
    struct rf_log *log;
    const struct rf_disk *disk; /* borrowed */
    int64_t retry_min_ms, retry_max_ms, patience_ms;
    void (*saved)(void *ctx, const char *id, uint64_t version); /* this state of a session is on disk */
    void (*landed)(void *ctx);                                  /* a save has ended, well or not */
    void *ctx;
};

struct rf_saver *rf_saver_create(const struct rf_saver_options *options);

/* From here on each state still unsaved gets one more try, at once; what fails then is given up. */
void rf_saver_last_call(struct rf_saver *saver);

/* Once rf_saver_quiet: says what was given up, and frees; calls `closed` later. */
void rf_saver_close(struct rf_saver *saver, void (*closed)(void *ctx));

/* Saves this state soon; takes the reference over. It replaces one that waits. `current`: it is to go to
 * current/session.json too, once its own file is written. `doomed`: the session is being deleted; the state
 * is kept only for the case that this fails. */
void rf_saver_put(struct rf_saver *saver, struct rf_blob *blob, bool current, bool doomed);

/* The newest state not known to be on disk, borrowed; NULL where the file has it. */
struct rf_blob *rf_saver_newest(struct rf_saver *saver, const char *id);

/* ---- removing a session. While it is held no save of it begins, nor one of current/session.json, and what
 * waited is set aside. */

void rf_saver_hold(struct rf_saver *saver, const char *id);
bool rf_saver_flying(const struct rf_saver *saver, const char *id); /* a save of either is still under way */
void rf_saver_release(
    struct rf_saver *saver, const char *id, bool removed); /* removed: what was set aside goes */

/* ---- state */

struct rf_saver_state {
    uint64_t saves, failures;
    struct rf_histogram times; /* of both */
    uint64_t unsaved; /* sessions */
    uint64_t unsaved_bytes; /* what is kept for that, the copies for current/ included */
    bool room_known; /* see rf_store_status */
    uint64_t room;
    bool failing; /* or under way for too long */
    const char *error; /* "" */
};

void rf_saver_state(const struct rf_saver *saver, struct rf_saver_state *out);
bool rf_saver_quiet(const struct rf_saver *saver);   /* nothing is waiting, under way or held */
bool rf_saver_settled(const struct rf_saver *saver); /* what is not on disk has failed at least once */

#endif
