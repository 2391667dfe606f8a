/* journal.h - records of what happened to a session's laps, to go on with after a crash.
 * A record is one line: 16 hex digits of XXH3 over the JSON, a space, the JSON, a newline. */
#ifndef RACEFACER_CODEC_JOURNAL_H
#define RACEFACER_CODEC_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/buf.h"
#include "racefacer/engine/engine.h"

/* Appends the record of an event; nothing where the event changes no laps (a position, a clock). */
void rf_journal_write_event(struct rf_buf *out, const struct rf_event *event);

/* Appends a record that says the session was deleted on request. */
void rf_journal_write_deleted(struct rf_buf *out, const char *session_id);

/* Walks the records of a file. */
enum rf_journal_step {
    RF_JOURNAL_RECORD,  /* *json is one record's JSON */
    RF_JOURNAL_DAMAGED, /* bytes that are no record, with sound ones behind them: *json is what was skipped */
    RF_JOURNAL_TORN,    /* the last bytes are no whole record: dropped */
    RF_JOURNAL_END
};
struct rf_journal_walk {
    const char *at, *end;
};
enum rf_journal_step rf_journal_next(struct rf_journal_walk *walk, struct rf_slice *json);

/* What a record is about. Texts are owned; finish frees them. */
struct rf_journal_record {
    char *session_id;
    uint64_t version; /* the session's laps_version with it; 0 for a deletion */
    bool deleted;
    struct rf_buf json; /* the record itself, for rf_journal_apply */
};

/* 0; -1 where the JSON is no record. */
int rf_journal_parse(struct rf_journal_record *out, const char *json, size_t len)
    __attribute__((warn_unused_result));
void rf_journal_record_finish(struct rf_journal_record *record);

/* A session without laps, as the record describes it. */
struct rf_session *rf_journal_begin(const struct rf_journal_record *record, size_t max_laps);

/* Brings the session up to the record; one that it has already (version not above its laps_version) changes
 * nothing. True where it changed anything. Call rf_session_restored when all are applied. */
bool rf_journal_apply(struct rf_session *session, const struct rf_journal_record *record);

#endif
