/* config.h - the settings: one table row each, from which they are read, checked, printed and documented. */
#ifndef RACEFACER_APP_CONFIG_H
#define RACEFACER_APP_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "racefacer/base/buf.h"

/* The effective values, in the units of their names. Texts are owned by the config, never NULL. */
struct rf_config {
    char *host;
    int64_t port;
    bool production; /* NODE_ENV */
    char *ws_host;
    bool ws_host_set; /* somebody configured WS_HOST */
    int64_t ws_port;
    int64_t ws_protocol; /* 0 ws, 1 wss (http and https are read as these) */
    char *ws_channel;
    int64_t ws_dialect;  /* enum rf_dialect of feed/source.h */
    char *ws_path;
    int64_t ws_reconnect_min_ms, ws_reconnect_max_ms;
    char *ws_ca_file;
    char *storage_path;
    int64_t max_sessions, max_laps_per_session, session_gap_minutes, stale_after_seconds, min_laps_for_analysis;
    int64_t lap_time_min_ms, lap_time_max_ms;
    int64_t log_level; /* enum rf_log_level */
    char *log_file;
    char *allowed_origins;
    int64_t rate_limit_window, rate_limit_max_requests, rate_limit_live_per_second;
    char *api_token;
    int64_t trust_proxy, max_connections, max_connections_per_address;
    int64_t http_idle_seconds, http_request_seconds, max_header_bytes;
};

/* Reads environment, then `env_file` (missing: none), then defaults. Every fault goes to `faults`, a line each with
 * name, value and what is allowed; every warning (a name in the file that is no setting, with the nearest one) to
 * `warnings`. 0; -1 where there are faults, and the config is then not to be used, only finished. */
int rf_config_load(struct rf_config *config, const char *env_file, struct rf_buf *faults, struct rf_buf *warnings)
    __attribute__((warn_unused_result));
void rf_config_finish(struct rf_config *config);

void rf_config_print(const struct rf_config *config, struct rf_buf *out);      /* NAME=value, the token masked */
void rf_config_print_help(struct rf_buf *out);    /* the settings' part of --help */
void rf_config_print_example(struct rf_buf *out); /* .env.example */

#endif
