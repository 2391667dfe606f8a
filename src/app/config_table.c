/* config_table.c - every setting, a row each. Reading, checking, --help, --print-config and .env.example go
 * by it. */
#include "app/config_table.h"

#include <inttypes.h>
#include <string.h>

#include "app/config_check.h"
#include "racefacer/app/config.h"
#include "racefacer/base/log.h"
#include "racefacer/feed/source.h"

static const struct setting_choice modes[] = {
    {"development", false, false}, {"production", true, false}, {"test", false, true}, {0}};
static const struct setting_choice protocols[] = {
    {"ws", 0, false}, {"wss", 1, false}, {"http", 0, false}, {"https", 1, false}, {0}};
static const struct setting_choice dialects[] = {{"auto", RF_DIALECT_AUTO, false},
    {"socketio", RF_DIALECT_SOCKETIO, false}, {"socketio-v2", RF_DIALECT_SOCKETIO_V2, false},
    {"raw", RF_DIALECT_RAW, false}, {0}};
static const struct setting_choice log_levels[] = {{"error", RF_LOG_ERROR, false},
    {"warn", RF_LOG_WARN, false}, {"info", RF_LOG_INFO, false}, {"debug", RF_LOG_DEBUG, false}, {0}};

#define AT(field) .offset = offsetof(struct rf_config, field)
#define TEXT(field, check) .kind = SETTING_TEXT, AT(field), .read = (check)
#define NUMBER(field, from, to) .kind = SETTING_NUMBER, AT(field), .min = (from), .max = (to)
#define CHOICE(field, words) .kind = SETTING_CHOICE, AT(field), .choices = (words)

/* clang-format off: a row reads best as a row */
const struct setting rf_settings[] = {
    {.group = "Web server",
        .name = "HOST",
        TEXT(host, rf_check_listen_host),
        .fallback = "",
        .shown = "all addresses, IPv6 and IPv4",
        .help = "The address to listen on."},
    {.name = "PORT", NUMBER(port, 1, 65535), .fallback = "3001", .help = "The port to listen on."},
    {.name = "NODE_ENV",
        .kind = SETTING_SWITCH,
        AT(production),
        .choices = modes,
        .fallback = "development",
        .help = "development: readable logs on the terminal. production: JSON lines."},

    {.group = "Timing feed",
        .name = "WS_HOST",
        TEXT(ws_host, rf_check_host),
        .fallback = "lemansentertainment.loc",
        .help = "Name or address of the timing system: a venue's own, or live.racefacer.com."},
    {.name = "WS_PORT",
        NUMBER(ws_port, 1, 65535),
        .fallback = "8131",
        .help = "Its port: 8131 in a venue, 3123 at live.racefacer.com."},
    {.name = "WS_PROTOCOL",
        CHOICE(ws_protocol, protocols),
        .fallback = "ws",
        .help = "wss for TLS. http and https are taken as ws and wss."},
    {.name = "WS_CHANNEL",
        TEXT(ws_channel, rf_check_channel),
        .fallback = "lemansentertainment",
        .help = "The venue's channel, which is joined after each connect."},
    {.name = "WS_DIALECT",
        CHOICE(ws_dialect, dialects),
        .fallback = "auto",
        .help =
            "What the timing system speaks: Socket.IO 4, Socket.IO 2, a plain WebSocket. auto finds out."},
    {.name = "WS_PATH",
        TEXT(ws_path, rf_check_url_path),
        .fallback = "",
        .shown = "/socket.io/ (raw: /)",
        .help = "The path of the WebSocket on that host."},
    {.name = "WS_RECONNECT_MIN_MS",
        NUMBER(ws_reconnect_min_ms, 10, 600000),
        .fallback = "1000",
        .help = "The first wait before a lost feed is tried again, in milliseconds; it doubles with each "
                "failure."},
    {.name = "WS_RECONNECT_MAX_MS",
        NUMBER(ws_reconnect_max_ms, 10, 600000),
        .fallback = "30000",
        .help = "The longest such wait, in milliseconds."},
    {.name = "WS_CA_FILE",
        TEXT(ws_ca_file, rf_check_readable_file),
        .fallback = "",
        .shown = "none",
        .help = "A PEM file with the venue's own certificate authority, for wss. The system's are used "
                "without it."},

    {.group = "Sessions and analysis",
        .name = "SESSION_GAP_MINUTES",
        NUMBER(session_gap_minutes, 1, 1440),
        .fallback = "60",
        .help = "A track that was silent for so long begins a new session."},
    {.name = "STALE_AFTER_SECONDS",
        NUMBER(stale_after_seconds, 1, 86400),
        .fallback = "300",
        .help =
            "Frames older than this are cached ones and not applied; a kart in a lap for longer is stale."},
    {.name = "MIN_LAPS_FOR_ANALYSIS",
        NUMBER(min_laps_for_analysis, 1, 1000),
        .fallback = "3",
        .help = "Valid laps a kart needs to be ranked."},
    {.name = "LAP_TIME_MIN_MS",
        NUMBER(lap_time_min_ms, 0, 3600000),
        .fallback = "5000",
        .help = "A shorter lap is not valid. Milliseconds."},
    {.name = "LAP_TIME_MAX_MS",
        NUMBER(lap_time_max_ms, 0, 86400000),
        .fallback = "0",
        .shown = "0: automatic",
        .help = "A longer lap is not valid. Milliseconds; 0 goes by the other laps of the session."},
    {.name = "MAX_LAPS_PER_SESSION",
        NUMBER(max_laps_per_session, 1, 100000),
        .fallback = "1000",
        .help = "Laps kept of each kart's run; the statistics go on over all."},

    {.group = "Storage",
        .name = "STORAGE_PATH",
        TEXT(storage_path, rf_check_path),
        .fallback = "./storage",
        .help = "The folder for the session files. It is made where it does not exist."},
    {.name = "MAX_SESSIONS",
        NUMBER(max_sessions, 1, 100000),
        .fallback = "50",
        .help = "Completed sessions kept; beyond that the oldest are deleted."},

    {.group = "Logs",
        .name = "LOG_LEVEL",
        CHOICE(log_level, log_levels),
        .fallback = "info",
        .help = "How much is logged."},
    {.name = "LOG_FILE",
        TEXT(log_file, rf_check_path),
        .fallback = "./logs/server.log",
        .help = "JSON lines; rotated at 5 MB, five kept. Errors also go to server.error.log beside it. "
                "/dev/null: none."},

    {.group = "Access and limits",
        .name = "API_TOKEN",
        TEXT(api_token, rf_check_token),
        .fallback = "",
        .shown = "none",
        .secret = true,
        .help = "What \"Authorization: Bearer ...\" must carry to delete sessions. Without it only this "
                "machine may."},
    {.name = "ALLOWED_ORIGINS",
        TEXT(allowed_origins, rf_check_origins),
        .fallback = "*",
        .help = "Web pages that may read the API: * for all, or origins such as https://race.example, "
                "comma-separated."},
    {.name = "RATE_LIMIT_WINDOW",
        NUMBER(rate_limit_window, 1, 1440),
        .fallback = "15",
        .help = "Minutes over which requests for stored sessions are counted, for each address."},
    {.name = "RATE_LIMIT_MAX_REQUESTS",
        NUMBER(rate_limit_max_requests, 1, 1000000),
        .fallback = "100",
        .help = "Openings, exports and deletions of stored sessions allowed in that time."},
    {.name = "RATE_LIMIT_LIVE_PER_SECOND",
        NUMBER(rate_limit_live_per_second, 0, 100000),
        .fallback = "50",
        .help = "Live requests a second allowed for each address; 0: no limit."},
    {.name = "TRUST_PROXY",
        NUMBER(trust_proxy, 0, 16),
        .fallback = "0",
        .help = "The number of proxies in front whose X-Forwarded-For is believed."},
    {.name = "MAX_CONNECTIONS",
        NUMBER(max_connections, 1, 1000000),
        .fallback = "12000",
        .help = "Connections open at once."},
    {.name = "MAX_CONNECTIONS_PER_ADDRESS",
        NUMBER(max_connections_per_address, 0, 1000000),
        .fallback = "0",
        .help = "The same for each address; 0: no limit."},
    {.name = "HTTP_IDLE_SECONDS",
        NUMBER(http_idle_seconds, 1, 3600),
        .fallback = "30",
        .help = "A connection on which nothing happens for so long is closed."},
    {.name = "HTTP_REQUEST_SECONDS",
        NUMBER(http_request_seconds, 1, 3600),
        .fallback = "10",
        .help = "A request must have arrived in whole within this time."},
    {.name = "MAX_HEADER_BYTES",
        NUMBER(max_header_bytes, 1024, 65536),
        .fallback = "8192",
        .help = "The longest head of a request."},
};
/* clang-format on */

const size_t rf_settings_count = sizeof rf_settings / sizeof *rf_settings;

const struct setting *rf_setting_find(const char *name)
{
    for (size_t i = 0; i < rf_settings_count; i++) {
        if (strcmp(rf_settings[i].name, name) == 0)
            return &rf_settings[i];
    }
    return NULL;
}

void rf_setting_allowed(const struct setting *setting, struct rf_buf *out)
{
    if (setting->kind == SETTING_NUMBER) {
        rf_buf_printf(out, "a whole number from %" PRId64 " to %" PRId64, setting->min, setting->max);
        return;
    }
    if (setting->choices == NULL)
        return;
    rf_buf_puts(out, "one of ");
    for (const struct setting_choice *choice = setting->choices; choice->word != NULL; choice++) {
        if (!choice->alias)
            rf_buf_printf(out, "%s%s", choice == setting->choices ? "" : ", ", choice->word);
    }
}
