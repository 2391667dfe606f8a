/* session_file_data.c - "sessionData": the feed's own members as they came, rows with their kart_number
 * filled in. */
#include "codec/session_data.h"

#include <string.h>

#include "codec/analysis_write.h"
#include "racefacer/codec/json_slice.h"

/* Members written by us, whatever the feed calls so. */
static bool is_ours(struct rf_slice key)
{
    static const char *const ours[] = {
        "runs", "sessionId", "track_name", "eventName", "trackConfig", "currentLap", "totalLaps"};
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (rf_slice_is(key, ours[i]))
            return true;
    }
    return false;
}

/* What a label or number says, without quotes and space around it: empty for null, "null" and "-", as the
 * decoder takes them. */
static struct rf_slice said(struct rf_slice value)
{
    if (value.len >= 2 && value.data[0] == '"')
        value = (struct rf_slice){value.data + 1, value.len - 2};
    else if (value.len == 0 || (value.data[0] != '-' && (value.data[0] < '0' || value.data[0] > '9')))
        return (struct rf_slice){0}; /* neither a string nor a number */
    while (value.len > 0 && value.data[0] == ' ')
        value = (struct rf_slice){value.data + 1, value.len - 1};
    while (value.len > 0 && value.data[value.len - 1] == ' ')
        value.len--;
    if (rf_slice_is(value, "null") || rf_slice_is(value, "-"))
        return (struct rf_slice){0};
    return value;
}

/* A kart number is a string to every client, since they filter on it: a number becomes one, none becomes the
 * label. */
static void write_kart_number(struct rf_json *json, struct rf_slice number, struct rf_slice label)
{
    struct rf_slice text = said(number);
    if (text.len == 0)
        text = said(label);
    struct rf_buf quoted = RF_BUF_INIT;
    rf_buf_putc(&quoted, '"');
    rf_buf_append(&quoted, text.data, text.len); /* escaped as it came */
    rf_buf_putc(&quoted, '"');
    rf_json_raw(json, "kart_number", quoted.data, quoted.len);
    rf_buf_finish(&quoted);
}

static void write_row(struct rf_json *json, struct rf_slice row)
{
    struct rf_json_walk walk;
    struct rf_slice key, value, label = {0};
    if (!rf_json_walk_begin(&walk, row) || !walk.object) {
        rf_json_raw(json, NULL, row.data,
            row.len); /* no row at all; clients skip it as they would in the feed's own */
        return;
    }
    (void)rf_json_member(row, "kart", &label); /* absent: stays empty */
    bool written = false;
    rf_json_object(json, NULL);
    while (rf_json_walk_next(&walk, &key, &value)) {
        if (!rf_slice_is(key, "kart_number")) {
            rf_json_raw_member(json, key, value);
        } else if (!written) {
            write_kart_number(json, value, label);
            written = true;
        }
    }
    if (!written)
        write_kart_number(json, (struct rf_slice){0}, label);
    rf_json_object_end(json);
}

/* For a run whose row is not known: what a client needs to tell whose it is. */
static void write_made_row(struct rf_json *json, const struct rf_run *run)
{
    rf_json_object(json, NULL);
    rf_json_int_if(json, "id", run->has_id, run->id);
    rf_json_string(json, "name", run->driver);
    rf_json_string(json, "kart", run->kart);
    rf_json_string(json, "kart_number", rf_run_number(run));
    rf_json_int_if(json, "kart_id", run->has_kart_id, run->kart_id);
    rf_json_int(json, "total_laps", run->total_laps);
    rf_json_object_end(json);
}

static void write_run_of_session(struct rf_json *json, const struct rf_run *run)
{
    if (run->row.len > 0)
        write_row(json, (struct rf_slice){run->row.data, run->row.len});
    else
        write_made_row(json, run);
}

static void write_runs_of_session(struct rf_json *json, const struct rf_session *session)
{
    for (size_t i = 0; i < session->run_count; i++)
        write_run_of_session(json, session->runs[i]);
}

static void write_runs_of_frame(struct rf_json *json, const struct rf_session *session, struct rf_slice data)
{
    struct rf_json_walk walk;
    struct rf_slice runs, key, row;
    for (size_t i = 0; data.len == 0 && i < session->run_count; i++) /* the frame was let go */
        if (session->runs[i]->in_frame)
            write_run_of_session(json, session->runs[i]);
    if (!rf_json_member(data, "runs", &runs) || !rf_json_walk_begin(&walk, runs))
        return;
    while (rf_json_walk_next(&walk, &key, &row))
        write_row(json, row);
}

void rf_session_data_write(
    struct rf_json *json, const char *key, const struct rf_session *session, enum rf_session_data_runs which)
{
    struct rf_slice data = {rf_buf_str(&session->data), session->data.len}, name, value;
    struct rf_json_walk walk;
    char room[RF_TRACK_NAME_SIZE];

    rf_json_object(json, key);
    if (rf_json_walk_begin(&walk, data) && walk.object) {
        while (rf_json_walk_next(&walk, &name, &value)) {
            if (!is_ours(name))
                rf_json_raw_member(json, name, value);
        }
    }
    rf_json_array(json, "runs");
    if (which == RF_RUNS_OF_SESSION)
        write_runs_of_session(json, session);
    else
        write_runs_of_frame(json, session, data);
    rf_json_array_end(json);
    rf_json_string(json, "sessionId", session->id);
    rf_json_string(json, "track_name", rf_session_track_name(session, room));
    rf_json_string(json, "eventName", session->event_name);
    rf_json_int_if(json, "trackConfig", session->has_track, session->track);
    rf_json_int_if(json, "currentLap", session->current_lap != RF_NO_COUNT, session->current_lap);
    rf_json_int_if(json, "totalLaps", session->total_laps != RF_NO_COUNT, session->total_laps);
    rf_json_object_end(json);
}
