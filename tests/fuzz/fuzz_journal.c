/* fuzz_journal.c - a journal of any bytes: whole records are found whatever lies between them, applying them
 * once more changes nothing, and a restart between any two of them is survived.
 * A line of the input becomes a record with the sum it needs, so that what is behind the sum is reached; one
 * that begins with "!" is damage and stands as it is, and so does what has no newline behind it. */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <xxhash.h>

#include "check.h"
#include "expect.h"
#include "racefacer/codec/journal.h"
#include "racefacer/codec/json_slice.h"
#include "racefacer/codec/session_file.h"

#define MAX_LAPS 5 /* few, so that laps get dropped */
#define SUM 16     /* digits */

static const struct rf_analysis_options options = {.limits = {5000, 0}, .min_laps = 3};

/* ---- the frame around a record */

static void put_line(struct rf_buf *journal, const char *line, size_t len)
{
    if (len > 0 && line[0] == '!')
        rf_buf_append(journal, line + 1, len - 1);
    else {
        rf_buf_printf(journal, "%016" PRIx64 " ", (uint64_t)XXH3_64bits(line, len));
        rf_buf_append(journal, line, len);
    }
    rf_buf_putc(journal, '\n');
}

static void make_journal(struct rf_buf *journal, const char *text, size_t size)
{
    const char *end = text + size, *newline;
    for (; text < end && (newline = memchr(text, '\n', (size_t)(end - text))) != NULL; text = newline + 1)
        put_line(journal, text, (size_t)(newline - text));
    rf_buf_append(journal, text, (size_t)(end - text));
}

static bool is_record(const char *line, size_t len)
{
    char sum[SUM + 1];
    if (len < SUM + 2 || line[SUM] != ' ')
        return false;
    (void)snprintf(sum, sizeof sum, "%016" PRIx64, (uint64_t)XXH3_64bits(line + SUM + 1, len - SUM - 1));
    return memcmp(sum, line, SUM) == 0;
}

/* Walks line by line, and holds the journal's own walk against it. */
static void check_walk(const struct rf_buf *journal)
{
    const char *at = rf_buf_str(journal), *end = at + journal->len, *damage = at, *newline;
    struct rf_journal_walk walk = {at, end};
    struct rf_slice json;
    for (; at < end && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL; at = newline + 1) {
        size_t len = (size_t)(newline - at);
        if (!is_record(at, len))
            continue;
        if (damage < at) {
            expect(rf_journal_next(&walk, &json) == RF_JOURNAL_DAMAGED);
            expect(json.data == damage && json.data + json.len == at);
        }
        expect(rf_journal_next(&walk, &json) == RF_JOURNAL_RECORD);
        expect(json.data == at + SUM + 1 && json.len == len - SUM - 1);
        damage = newline + 1;
    }
    if (damage < end) {
        expect(rf_journal_next(&walk, &json) == RF_JOURNAL_TORN);
        expect(json.data == damage && json.data + json.len == end);
    }
    expect(
        rf_journal_next(&walk, &json) == RF_JOURNAL_END && rf_journal_next(&walk, &json) == RF_JOURNAL_END);
}

/* ---- what records make of a session */

static bool next_record(struct rf_journal_walk *walk, struct rf_journal_record *record)
{
    struct rf_slice json;
    for (;;) {
        enum rf_journal_step step = rf_journal_next(walk, &json);
        if (step == RF_JOURNAL_END)
            return false;
        if (step == RF_JOURNAL_RECORD && rf_journal_parse(record, json.data, json.len) == 0)
            return true;
    }
}

static void check_record(const struct rf_journal_record *record)
{
    expect(record->session_id[0] != '\0' && rf_utf8_valid(record->session_id, strlen(record->session_id)));
    expect(record->version <= INT64_MAX / 2);
    expect(rf_utf8_valid(record->json.data, record->json.len));
}

/* Applies all records as if they were of one session; begins it with the first where it is NULL. Returns how
 * many changed it. With `restarts`, it is saved and read again before each. */
static int apply_all(struct rf_session **session, const struct rf_buf *journal, bool restarts)
{
    struct rf_journal_walk walk = {rf_buf_str(journal), rf_buf_str(journal) + journal->len};
    struct rf_journal_record record;
    int changed = 0;
    while (next_record(&walk, &record)) {
        check_record(&record);
        if (*session == NULL)
            *session = rf_journal_begin(&record, MAX_LAPS);
        if (restarts) {
            struct rf_buf file = RF_BUF_INIT;
            const char *error = NULL;
            rf_session_restored(*session);
            rf_session_file_write(&file, *session, &options);
            struct rf_session *read =
                rf_session_file_read((*session)->id, file.data, file.len, MAX_LAPS, &error);
            expect(read != NULL);
            rf_session_destroy(*session);
            *session = read;
            rf_buf_finish(&file);
        }
        uint64_t before = (*session)->laps_version;
        bool applied = rf_journal_apply(*session, &record);
        expect(applied == (record.version > before));
        expect((*session)->laps_version == (applied ? record.version : before));
        changed += applied;
        rf_journal_record_finish(&record);
    }
    if (*session != NULL)
        rf_session_restored(*session);
    return changed;
}

static void write_file(struct rf_buf *out, const struct rf_session *session)
{
    check_session(session, &options);
    rf_session_file_write(out, session, &options);
    check_json(out);
}

static void check_records(const struct rf_buf *journal)
{
    struct rf_session *session = NULL, *restarted = NULL;
    struct rf_buf once = RF_BUF_INIT, twice = RF_BUF_INIT;
    (void)apply_all(&session, journal, false); /* how many is of no interest */
    if (session == NULL)
        return;
    write_file(&once, session);
    expect(apply_all(&session, journal, false) == 0);
    write_file(&twice, session);
    expect(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
    (void)apply_all(&restarted, journal, true);
    check_session(restarted, &options);
    expect(restarted->laps_version == session->laps_version && restarted->ended == session->ended);
    rf_session_destroy(restarted);
    rf_session_destroy(session);
    rf_buf_finish(&twice);
    rf_buf_finish(&once);
}

/* An id that a deletion is written for is read again as it was. */
static void check_deletion(const char *text, size_t size)
{
    char id[65] = "";
    memcpy(id, text, size < sizeof id ? size : sizeof id - 1);
    if (id[0] == '\0' || !rf_utf8_valid(id, strlen(id)))
        return;
    struct rf_buf journal = RF_BUF_INIT;
    rf_journal_write_deleted(&journal, id);
    check_walk(&journal);
    struct rf_journal_walk walk = {journal.data, journal.data + journal.len};
    struct rf_journal_record record;
    expect(next_record(&walk, &record));
    expect(record.deleted && record.version == 0 && strcmp(record.session_id, id) == 0);
    rf_journal_record_finish(&record);
    rf_buf_finish(&journal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct rf_buf raw = {.data = (char *)data, .len = size};
    struct rf_buf journal = RF_BUF_INIT;
    check_walk(&raw);
    make_journal(&journal, (const char *)data, size);
    check_walk(&journal);
    check_records(&journal);
    check_deletion((const char *)data, size);
    rf_buf_finish(&journal);
    return 0;
}
