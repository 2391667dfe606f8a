/* metrics.c - the body of /metrics. Names and units follow Prometheus's conventions. */
#include "racefacer/codec/metrics.h"

#include <stdio.h>

#include "codec/metric_text.h"

static void gauge(struct rf_buf *out, const char *name, const char *help, uint64_t value)
{
    rf_metric_begin(out, name, "gauge", help);
    rf_metric_count(out, name, "", value);
}

static void counter(struct rf_buf *out, const char *name, const char *help, uint64_t value)
{
    rf_metric_begin(out, name, "counter", help);
    rf_metric_count(out, name, "", value);
}

static void seconds(struct rf_buf *out, const char *name, const char *type, const char *help, int64_t us)
{
    rf_metric_begin(out, name, type, help);
    rf_metric_seconds(out, name, us);
}

static void histogram(
    struct rf_buf *out, const char *name, const char *help, const struct rf_histogram *times)
{
    rf_metric_begin(out, name, "histogram", help);
    rf_metric_histogram(out, name, "", times);
}

static void by_cause(struct rf_buf *out, const char *name, const char *help, const char *label,
    const struct rf_cause_metric *causes, size_t count)
{
    struct rf_buf labels = RF_BUF_INIT;
    rf_metric_begin(out, name, "counter", help);
    for (size_t i = 0; i < count; i++) {
        rf_buf_clear(&labels);
        rf_metric_label(&labels, label, causes[i].cause);
        rf_metric_count(out, name, rf_buf_str(&labels), causes[i].count);
    }
    rf_buf_finish(&labels);
}

/* ---- the parts of the server */

static void write_process(struct rf_buf *out, const struct rf_server_status *status)
{
    struct rf_buf labels = RF_BUF_INIT;
    rf_metric_label(&labels, "version", status->version);
    rf_metric_begin(out, "racefacer_build_info", "gauge", "Always 1; its label tells what is running.");
    rf_metric_count(out, "racefacer_build_info", rf_buf_str(&labels), 1);
    rf_buf_finish(&labels);
    gauge(out, "process_resident_memory_bytes", "Resident memory.", (uint64_t)status->rss_bytes);
    seconds(out, "process_cpu_seconds_total", "counter", "User and system time.", status->cpu_us);
    seconds(out, "process_start_time_seconds", "gauge", "When the process was started, since 1970.",
        (status->now_ms - status->uptime_ms) * 1000);
}

static void write_feed(struct rf_buf *out, const struct rf_feed_status *feed)
{
    gauge(out, "racefacer_feed_connected", "Whether frames can come: joined, or a replay or the demo.",
        feed->connected);
    counter(out, "racefacer_feed_connections_total", "Connections that were joined.", feed->connects);
    counter(out, "racefacer_feed_connection_attempts_total", "Connections tried.", feed->attempts);
    counter(out, "racefacer_feed_messages_total", "Messages received.", feed->messages);
    counter(out, "racefacer_feed_received_bytes_total", "Bytes of these messages.", feed->bytes);
}

static void write_frames(struct rf_buf *out, const struct rf_server_status *status)
{
    const struct rf_frame_counts *frames = &status->frames;
    const struct rf_cause_metric refused[] = {
        {"too_large", status->feed.too_large},
        {"bad_packet", status->feed.bad_packets},
        {"utf8", frames->decoded[RF_DECODED_UTF8]},
        {"json", frames->decoded[RF_DECODED_JSON]},
        {"too_many_runs", frames->decoded[RF_DECODED_TOO_MANY_RUNS]},
        {"too_many_values", frames->decoded[RF_DECODED_TOO_MANY_VALUES]},
        {"cached", frames->applied[RF_APPLIED_CACHED]},
        {"old", frames->applied[RF_APPLIED_OLD]},
        {"no_runs", frames->applied[RF_APPLIED_NO_RUNS]},
        {"no_kart", frames->applied[RF_APPLIED_NO_KART]},
        {"too_many_sessions", frames->applied[RF_APPLIED_TOO_MANY_SESSIONS]},
    };
    counter(out, "racefacer_frames_total", "Frames and single laps that could be read.", frames->frames);
    counter(out, "racefacer_frames_applied_total", "Those that were taken in.", frames->applied[RF_APPLIED]);
    by_cause(out, "racefacer_frames_refused_total", "Messages and frames that were not, and why.", "cause",
        refused, sizeof refused / sizeof refused[0]);
    if (frames->newest_frame_ms != 0)
        seconds(out, "racefacer_feed_newest_frame_timestamp_seconds", "gauge",
            "When the newest frame came, since 1970.", frames->newest_frame_ms * 1000);
    histogram(out, "racefacer_frame_to_published_seconds",
        "From the receipt of a frame until its laps are on disk and served.", &frames->published);
}

static void write_laps(
    struct rf_buf *out, const struct rf_engine *engine, const struct rf_server_status *status)
{
    uint64_t missed = 0, live = 0;
    for (size_t i = 0; i < rf_engine_session_count(engine); i++) {
        const struct rf_session *session = rf_engine_session_at(engine, i);
        live += rf_engine_live(engine, session);
        for (size_t run = 0; run < session->run_count; run++)
            missed += (uint64_t)session->runs[run]->missed_laps;
    }
    counter(out, "racefacer_laps_total", "Laps recorded.", status->frames.laps);
    counter(out, "racefacer_laps_corrected_total", "Laps whose time the timing system changed.",
        status->frames.laps_corrected);
    gauge(out, "racefacer_laps_missed",
        "Laps that were driven, by the feed's counters, and never told; of the newest session of each track.",
        missed);
    counter(out, "racefacer_sessions_begun_total", "Sessions begun.", status->frames.sessions_begun);
    gauge(out, "racefacer_sessions_live", "Sessions that go on now.", live);
    gauge(out, "racefacer_sessions_stored", "Sessions in the listing, live ones included.",
        status->store.sessions);
    gauge(out, "racefacer_sessions_unindexed", "Stored sessions that are still to be read for the listing.",
        status->store.unindexed);
}

static void write_bounds(struct rf_buf *out, const struct rf_engine *engine)
{
    const struct rf_cause_metric bounds[] = {
        {"rows_refused", rf_engine_given_up(engine, RF_BOUND_RUNS)},
        {"drivers_without_laps", rf_engine_given_up(engine, RF_BOUND_STRANGERS)},
        {"kart_changes", rf_engine_given_up(engine, RF_BOUND_KART_CHANGES)},
        {"sessions_ended", rf_engine_given_up(engine, RF_BOUND_SESSIONS)},
        {"frames_let_go", rf_engine_given_up(engine, RF_BOUND_RAW)},
    };
    by_cause(out, "racefacer_given_up_total", "What was given up for a bound on memory.", "bound", bounds,
        sizeof bounds / sizeof bounds[0]);
}

static void write_store(struct rf_buf *out, const struct rf_server_status *status)
{
    const struct rf_store_status *store = &status->store;
    gauge(out, "racefacer_durable", "Whether every lap that is served is on disk.",
        status->not_durable == NULL);
    gauge(out, "racefacer_storage_failing", "Whether the last save failed, or one hangs.", store->failing);
    gauge(out, "racefacer_storage_bytes", "Size of the sessions' files in sum.", store->bytes);
    if (store->room_known)
        gauge(out, "racefacer_storage_available_bytes",
            "Room for more on its file system, at the last save or at the start.", store->room);
    gauge(out, "racefacer_storage_unsaved_sessions",
        "Sessions whose save is under way or waits for the disk.", store->unsaved);
    gauge(out, "racefacer_storage_unsaved_bytes", "What is kept in memory for them.", store->unsaved_bytes);
    gauge(out, "racefacer_storage_unread_files", "Files found at the start that the disk does not give.",
        store->unread);
    gauge(out, "racefacer_storage_unreadable_files", "Files found at the start that are no sessions.",
        store->unreadable);
    gauge(out, "racefacer_storage_quarantined_files", "Damaged files put aside.", store->quarantined);
    counter(out, "racefacer_saves_total", "Files saved.", store->saves);
    counter(out, "racefacer_save_failures_total", "Saves that failed.", store->failures);
    histogram(
        out, "racefacer_save_duration_seconds", "How long saves took, failed ones too.", &store->save_times);
    counter(out, "racefacer_journal_syncs_total", "Commits of the journal, each a write and a sync.",
        store->commits);
    counter(out, "racefacer_journal_sync_failures_total", "Commits that failed.", store->commit_failures);
    histogram(out, "racefacer_journal_sync_duration_seconds", "How long commits took, failed ones too.",
        &store->commit_times);
}

/* ---- HTTP */

static void label_route(struct rf_buf *labels, const struct rf_route_metric *route)
{
    char status[16] = "other";
    if (route->status != 0)
        (void)snprintf(status, sizeof status, "%u", route->status); /* it fits */
    rf_buf_clear(labels);
    rf_metric_label(labels, "route", route->route);
    rf_metric_label(labels, "status", status);
}

static void write_routes(struct rf_buf *out, const struct rf_http_metrics *http)
{
    static const char requests[] = "racefacer_http_requests_total",
                      times[] = "racefacer_http_request_duration_seconds";
    struct rf_buf labels = RF_BUF_INIT;
    rf_metric_begin(out, requests, "counter", "Requests answered, by route and status.");
    for (size_t i = 0; i < http->route_count; i++) {
        label_route(&labels, &http->routes[i]);
        rf_metric_count(out, requests, rf_buf_str(&labels), rf_histogram_count(&http->routes[i].times));
    }
    rf_metric_begin(
        out, times, "histogram", "From a request's first line until its answer is ready to be sent.");
    for (size_t i = 0; i < http->route_count; i++) {
        label_route(&labels, &http->routes[i]);
        rf_metric_histogram(out, times, rf_buf_str(&labels), &http->routes[i].times);
    }
    rf_buf_finish(&labels);
}

static void write_http(struct rf_buf *out, const struct rf_http_metrics *http)
{
    write_routes(out, http);
    gauge(out, "racefacer_http_connections", "Open connections.", http->connections);
    by_cause(out, "racefacer_http_connections_refused_total",
        "Connections and requests refused before they were looked at, and why.", "cause", http->refused,
        http->refused_count);
    counter(out, "racefacer_http_busy_total", "Requests refused since too many answers were on their way.",
        http->busy);
    gauge(out, "racefacer_stream_clients", "Clients of the push stream.", http->stream_clients);
    counter(out, "racefacer_stream_connections_total", "Clients that came to the push stream.",
        http->stream_connections);
    gauge(out, "racefacer_stream_lag_bytes", "How far the slowest client is behind.", http->stream_lag_bytes);
    counter(out, "racefacer_stream_cut_off_total", "Clients that read too slowly.", http->stream_cut_off);
}

void rf_metrics_write(struct rf_buf *out, const struct rf_engine *engine,
    const struct rf_server_status *status, const struct rf_http_metrics *http)
{
    write_process(out, status);
    write_feed(out, &status->feed);
    write_frames(out, status);
    write_laps(out, engine, status);
    write_bounds(out, engine);
    write_store(out, status);
    write_http(out, http);
}
