/* app_impl.h - the daemon's state, shared by the files of this folder and by nobody else. */
#ifndef RACEFACER_APP_APP_IMPL_H
#define RACEFACER_APP_APP_IMPL_H

#include <uv.h>

#include "app/supervisor.h"
#include "racefacer/app/app.h"
#include "racefacer/app/log_compress.h"
#include "racefacer/codec/decode.h"
#include "racefacer/codec/status.h"
#include "racefacer/engine/engine.h"
#include "racefacer/feed/recorder.h"
#include "racefacer/feed/source.h"
#include "racefacer/http/server.h"
#include "racefacer/store/store.h"

#define RF_SIGNALS 3 /* SIGTERM, SIGINT, SIGHUP */

/* Which state of a session was handed to the store last. */
struct rf_kept {
    char id[160];
    uint64_t version, laps_version;
    uint64_t listed; /* the laps_version that the listing tells of: that one, or a newer */
    bool as_current;
    int64_t due_ms; /* not saved again before, by the steady clock */
};

/* A payload that came while a commit was under way. */
struct rf_waiting {
    struct rf_waiting *next, *prev;
    char *event; /* owned */
    size_t len;
    int64_t received_ms;
    int64_t arrived_us;
    char json[];
};

struct rf_app {
    const struct rf_app_options *options;
    const struct rf_config *config;
    struct rf_log *log;
    uv_loop_t loop;
    uv_signal_t signals[RF_SIGNALS];
    uv_timer_t tick;     /* once a second: time passes in the engine */
    uv_timer_t patience; /* a commit that takes too long is not waited for */
    uv_timer_t save;     /* some time after a lap: the sessions that changed go to the store */
    uv_timer_t deadline; /* a stop that takes too long is cut short */
    int64_t started_mono_ms;
    int64_t clock_offset_ms; /* of the wall clock to one that nobody sets */

    struct rf_engine *engine;
    struct rf_decoder *decoder;
    struct rf_frame_counts counts;
    struct rf_log_limit refused_log[RF_DECODED_COUNT], left_out_log[RF_APPLIED_COUNT];
    struct rf_log_limit bound_log[RF_BOUND_COUNT]; /* one for each cause: none hides another */
    uint64_t given_up[RF_BOUND_COUNT];             /* as told of */

    struct rf_store *store;
    struct rf_kept *kept; /* one for each session handed to the store that the engine still has */
    size_t kept_count;
    int64_t save_due_ms; /* of the timer, while it is active; by the steady clock */
    bool first_lap; /* a session has got one: it is to be listed with the next answer */

    /* gate.c: nothing is served before it is on disk */
    struct rf_buf record;
    size_t appended; /* bytes of records that wait for a commit */
    bool committing;
    struct rf_waiting *waiting; /* a list */
    size_t waiting_count, waiting_bytes;
    int64_t *unpublished_us; /* arrivals of the frames taken in whose laps are not served yet */
    size_t unpublished_count, unpublished_cap;
    const char *not_durable; /* why it does not hold now; NULL: it does */
    bool ended_later;        /* the source is over; what waits comes first */
    bool stop_later;

    struct rf_source *source;
    struct rf_recorder *recorder;
    struct rf_server *server;
    struct rf_supervisor *supervisor; /* NULL: nobody wants to be told */

    bool stopping;
};

/* ---- pipeline.c: payloads from the source, through the decoder, into the engine */

/* `received_ms` is by the source's clock, `arrived_us` by the steady one. */
void rf_app_take_payload(struct rf_app *app, const char *event, const char *json, size_t len,
    int64_t received_ms, int64_t arrived_us);
void rf_app_on_event(void *ctx, const struct rf_event *event);

/* ---- gate.c: a change of a lap is on disk before anybody is served it */

void rf_app_on_payload(void *ctx, const char *event, const char *json, size_t len, int64_t received_ms);
/* An event of the engine, to be journaled. */
void rf_app_journal(struct rf_app *app, const struct rf_event *event);
/* After the engine took something in: begins a commit where there is something to commit. */
void rf_app_settle(struct rf_app *app);
/* What is served may not last; until whole saves of everything have caught up. */
void rf_app_set_not_durable(struct rf_app *app, const char *why);
/* Once a second: back to normal where the disk is. */
void rf_app_check_durable(struct rf_app *app);
/* Takes in all that waits, without waiting for the disk: for the stop. */
void rf_app_take_waiting(struct rf_app *app);
/* The source is over. */
void rf_app_on_source_end(void *ctx);

/* ---- latency.c: from a frame's receipt to when its laps may be served */

void rf_app_note_taken(struct rf_app *app, int64_t arrived_us);
void rf_app_note_published(struct rf_app *app);

/* ---- keeper.c: what the engine holds goes to the store */

/* A lap was recorded: soon, or once a long session is due; the first of a session, with the frame it came in. */
void rf_app_keep_lap(struct rf_app *app, const struct rf_session *session);
void rf_app_keep_first_laps(struct rf_app *app);
/* In a moment: every session that is due, which all are while laps are not durable. */
void rf_app_keep_soon(struct rf_app *app);
/* In a moment: every session, whatever it was saved with. */
void rf_app_keep_anew(struct rf_app *app);
/* Now: one session; the same where it has unsaved laps; or every one of which anything is unsaved. */
void rf_app_keep(struct rf_app *app, const struct rf_session *session);
void rf_app_keep_changes(struct rf_app *app, const struct rf_session *session);
void rf_app_keep_all(struct rf_app *app);
/* Now: the listing tells of every lap, whether it is saved or not. */
void rf_app_list_changed(struct rf_app *app);
/* Milliseconds for which a session is not saved again, after so many bytes. */
int64_t rf_app_pause_after(size_t bytes);
/* No session begins while too much waits to be saved. Also once a second. */
void rf_app_watch_unsaved(struct rf_app *app);

/* ---- recovery.c: at the start, from session files and the journal */

/* The sessions that were not over go on; in a replay or the demo they are closed. */
void rf_app_restore(struct rf_app *app);

/* ---- backend.c: what the HTTP server asks of the house */

struct rf_http_backend rf_app_backend(struct rf_app *app);

/* ---- stop.c: no new requests, no new frames, then what is unsaved; the loop runs empty */

void rf_app_stop(struct rf_app *app);

/* ---- clock.c: what time it is, and that somebody set the clock */

/* Neither a replay nor the demo. */
bool rf_app_is_live_feed(const struct rf_app *app);

/* By the source's clock: the recording's in a replay. Before this time is passed on, all that lasts was told of a clock
 * that was set meanwhile. */
int64_t rf_app_now_ms(struct rf_app *app);

/* The same for a time that the source told. */
void rf_app_follow_clock(struct rf_app *app, int64_t now_ms);

#endif
