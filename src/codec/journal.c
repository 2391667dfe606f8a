/* journal.c - records of what happened to a session's laps: written from events, framed, walked. */
#include "racefacer/codec/journal.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "codec/analysis_write.h"
#include "racefacer/codec/json_write.h"

#define SUM_DIGITS 16
#define FRAME (SUM_DIGITS + 1) /* the digits and a space stand before the JSON */

/* ---- framing */

static void format_sum(char out[SUM_DIGITS + 1], const char *json, size_t len)
{
    (void)snprintf(out, SUM_DIGITS + 1, "%016" PRIx64, (uint64_t)XXH3_64bits(json, len)); /* it fits */
}

/* Frames what `json` holds behind `start`, where room for the sum was left. */
static void finish_record(struct rf_buf *out, size_t start)
{
    char sum[SUM_DIGITS + 1];
    format_sum(sum, out->data + start + FRAME, out->len - start - FRAME);
    memcpy(out->data + start, sum, SUM_DIGITS);
    rf_buf_putc(out, '\n');
}

static size_t begin_record(struct rf_buf *out)
{
    size_t start = out->len;
    rf_buf_append(out, "                 ", FRAME);
    return start;
}

static bool is_sound(const char *line, size_t len)
{
    char sum[SUM_DIGITS + 1];
    if (len <= FRAME || line[SUM_DIGITS] != ' ')
        return false;
    format_sum(sum, line + FRAME, len - FRAME);
    return memcmp(sum, line, SUM_DIGITS) == 0;
}

enum rf_journal_step rf_journal_next(struct rf_journal_walk *walk, struct rf_slice *json)
{
    const char *start = walk->at;
    if (start == walk->end)
        return RF_JOURNAL_END;
    for (const char *at = start; at < walk->end;) {
        const char *newline = memchr(at, '\n', (size_t)(walk->end - at));
        if (newline == NULL)
            break;
        size_t len = (size_t)(newline - at);
        if (is_sound(at, len) &&
            at > start) { /* what lies before it is damaged; it comes with the next step */
            *json = (struct rf_slice){start, (size_t)(at - start)};
            walk->at = at;
            return RF_JOURNAL_DAMAGED;
        }
        walk->at = newline + 1;
        if (is_sound(at, len)) {
            *json = (struct rf_slice){at + FRAME, len - FRAME};
            return RF_JOURNAL_RECORD;
        }
        at = newline + 1;
    }
    *json = (struct rf_slice){start, (size_t)(walk->end - start)};
    walk->at = walk->end;
    return RF_JOURNAL_TORN;
}

/* ---- records */

/* The stint that a lap number belongs to: the last that begins at or before it. */
struct stint_search {
    int lap, first;
};

static void find_stint(void *ctx, int first_lap)
{
    struct stint_search *search = ctx;
    if (first_lap <= search->lap)
        search->first = first_lap;
}

static void write_run(struct rf_json *json, const struct rf_event *event)
{
    const struct rf_run *run = event->run;
    /* Where laps were taken back, the stint that goes on is meant: it may begin with the next lap. */
    bool removed = event->type == RF_EVENT_LAPS_REMOVED;
    struct stint_search search = {.lap = removed ? INT_MAX : event->lap.num, .first = 1};
    rf_session_each_stint(event->session, run, find_stint, &search);
    rf_json_object(json, "run");
    rf_run_names_write(json, run);
    rf_json_string(json, "competitor", rf_session_run_key(run));
    rf_json_int(json, "position", run->position);
    rf_json_int(json, "totalLaps", run->total_laps);
    rf_json_int(json, "firstLap", search.first);
    rf_json_int(json, "lastLapAt", run->last_lap_ms);
    rf_json_object_end(json);
}

static void write_lap(struct rf_json *json, const struct rf_lap *lap)
{
    rf_json_object(json, "lap");
    rf_json_int(json, "lapNum", lap->num);
    rf_json_int(json, "timeRaw", lap->time_ms);
    rf_json_int(json, "position", lap->position);
    rf_json_int(json, "timestamp", lap->at_ms);
    rf_json_object_end(json);
}

static const char *event_name(enum rf_event_type type)
{
    switch (type) {
    case RF_EVENT_SESSION_BEGAN: return "began";
    case RF_EVENT_SESSION_ENDED: return "ended";
    case RF_EVENT_LAP: return "lap";
    case RF_EVENT_LAP_CORRECTED: return "corrected";
    case RF_EVENT_LAPS_REMOVED: return "removed";
    case RF_EVENT_SESSION_LEFT:
    case RF_EVENT_POSITION:
    case RF_EVENT_CLOCK_RESET: break;
    }
    return NULL;
}

void rf_journal_write_event(struct rf_buf *out, const struct rf_event *event)
{
    const struct rf_session *session = event->session;
    const char *name = event_name(event->type);
    if (name == NULL)
        return;
    size_t start = begin_record(out);
    struct rf_json json;
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    rf_json_string(&json, "sessionId", session->id);
    rf_json_int(&json, "version", (int64_t)session->laps_version);
    rf_json_string(&json, "what", name);
    rf_json_string(&json, "eventName", session->event_name);
    rf_json_int_if(&json, "trackConfigId", session->has_track, session->track);
    rf_json_string(&json, "trackName", session->track_name);
    rf_json_int(&json, "startedAt", session->started_ms);
    rf_json_int(&json, "lastFrameAt", session->last_frame_ms);
    rf_json_int(&json, "frameMadeAt", 1000 * session->made_s);
    if (event->run != NULL) {
        write_run(&json, event);
        write_lap(&json, &event->lap);
    }
    rf_json_object_end(&json);
    finish_record(out, start);
}

void rf_journal_write_deleted(struct rf_buf *out, const char *session_id)
{
    size_t start = begin_record(out);
    struct rf_json json;
    rf_json_init(&json, out);
    rf_json_object(&json, NULL);
    rf_json_string(&json, "sessionId", session_id);
    rf_json_string(&json, "what", "deleted");
    rf_json_object_end(&json);
    finish_record(out, start);
}
