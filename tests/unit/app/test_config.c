/* test_config.c - settings from the environment, .env and the defaults; every fault told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "racefacer/base/log.h"
#include "racefacer/feed/source.h"
#include "unit/app/settings_fixture.h"

static void test_defaults_of_the_contract(void **state)
{
    struct settings_fixture *f = *state;
    assert_int_equal(settings_load(f, NULL), 0);
    assert_string_equal(rf_buf_str(&f->warnings), "");
    const struct rf_config *c = &f->config;
    assert_string_equal(c->host, "");
    assert_int_equal(c->port, 3001);
    assert_false(c->production);
    assert_string_equal(c->ws_host, "lemansentertainment.loc");
    assert_false(c->ws_host_set);
    assert_int_equal(c->ws_port, 8131);
    assert_int_equal(c->ws_protocol, 0);
    assert_string_equal(c->ws_channel, "lemansentertainment");
    assert_int_equal(c->ws_dialect, RF_DIALECT_AUTO);
    assert_string_equal(c->ws_path, "");
    assert_int_equal(c->ws_reconnect_min_ms, 1000);
    assert_int_equal(c->ws_reconnect_max_ms, 30000);
    assert_string_equal(c->ws_ca_file, "");
    assert_string_equal(c->storage_path, "./storage");
    assert_int_equal(c->max_sessions, 50);
    assert_int_equal(c->max_laps_per_session, 1000);
    assert_int_equal(c->session_gap_minutes, 60);
    assert_int_equal(c->stale_after_seconds, 300);
    assert_int_equal(c->min_laps_for_analysis, 3);
    assert_int_equal(c->lap_time_min_ms, 5000);
    assert_int_equal(c->lap_time_max_ms, 0);
    assert_int_equal(c->log_level, RF_LOG_INFO);
    assert_string_equal(c->log_file, "./logs/server.log");
    assert_string_equal(c->allowed_origins, "*");
    assert_int_equal(c->rate_limit_window, 15);
    assert_int_equal(c->rate_limit_max_requests, 100);
    assert_int_equal(c->rate_limit_live_per_second, 50);
    assert_string_equal(c->api_token, "");
    assert_int_equal(c->trust_proxy, 0);
    assert_int_equal(c->max_connections, 12000);
    assert_int_equal(c->max_connections_per_address, 0);
    assert_int_equal(c->http_idle_seconds, 30);
    assert_int_equal(c->http_request_seconds, 10);
    assert_int_equal(c->max_header_bytes, 8192);
}

static void test_environment_over_file_over_default(void **state)
{
    struct settings_fixture *f = *state;
    setenv("PORT", "4001", 1);
    assert_int_equal(settings_load(f, "PORT=4002\nMAX_SESSIONS=7\n"), 0);
    assert_int_equal(f->config.port, 4001);
    assert_int_equal(f->config.max_sessions, 7);
    assert_int_equal(f->config.ws_port, 8131);
}

static void test_empty_is_unset(void **state)
{
    struct settings_fixture *f = *state;
    setenv("PORT", "", 1);
    setenv("WS_HOST", "  ", 1);
    setenv("MAX_SESSIONS", "", 1);
    assert_int_equal(settings_load(f, "PORT=4002\nWS_HOST=\nMAX_SESSIONS=''\n"), 0);
    assert_int_equal(f->config.port, 4002);
    assert_string_equal(f->config.ws_host, "lemansentertainment.loc");
    assert_false(f->config.ws_host_set);
    assert_int_equal(f->config.max_sessions, 50);
}

static void test_ws_host_set(void **state)
{
    struct settings_fixture *f = *state;
    assert_int_equal(settings_load(f, "WS_HOST=lemansentertainment.loc\n"), 0);
    assert_true(f->config.ws_host_set);
}

static void test_words(void **state)
{
    struct settings_fixture *f = *state;
    assert_int_equal(
        settings_load(f, "NODE_ENV=production\nWS_PROTOCOL=https\nWS_DIALECT=socketio-v2\nLOG_LEVEL=debug\n"),
        0);
    assert_true(f->config.production);
    assert_int_equal(f->config.ws_protocol, 1);
    assert_int_equal(f->config.ws_dialect, RF_DIALECT_SOCKETIO_V2);
    assert_int_equal(f->config.log_level, RF_LOG_DEBUG);
    assert_int_equal(settings_load(f, "NODE_ENV=test\nWS_PROTOCOL=http\n"), 0);
    assert_false(f->config.production);
    assert_int_equal(f->config.ws_protocol, 0);
}

static void test_all_faults_at_once(void **state)
{
    struct settings_fixture *f = *state;
    setenv("PORT", "70000", 1);
    assert_int_equal(settings_load(f, "# faults\nLOG_LEVEL=loud\nMAX_SESSIONS=ten\n"), -1);
    const char *told = rf_buf_str(&f->faults);
    assert_non_null(
        strstr(told, "PORT: \"70000\" is not allowed; it must be a whole number from 1 to 65535\n"));
    assert_non_null(strstr(told, "LOG_LEVEL ("));
    assert_non_null(
        strstr(told, ".env, line 2): \"loud\" is not allowed; it must be one of error, warn, info, debug\n"));
    assert_non_null(
        strstr(told, ".env, line 3): \"ten\" is not allowed; it must be a whole number from 1 to 100000\n"));
}

/* Loads NAME=value from the environment alone. */
static int load_one(struct settings_fixture *f, const char *name, const char *value)
{
    setenv(name, value, 1);
    int result = settings_load(f, NULL);
    unsetenv(name);
    return result;
}

static void assert_all(struct settings_fixture *f, const char *name, const char *const *values, int expected)
{
    for (; *values != NULL; values++) {
        if (load_one(f, name, *values) != expected)
            fail_msg("%s=\"%s\": %s", name, *values, expected == 0 ? rf_buf_str(&f->faults) : "was taken");
        if (expected != 0)
            assert_memory_equal(rf_buf_str(&f->faults), name, strlen(name));
    }
}
#define GOOD(name, ...) assert_all(f, name, (const char *const[]){__VA_ARGS__, NULL}, 0)
#define WRONG(name, ...) assert_all(f, name, (const char *const[]){__VA_ARGS__, NULL}, -1)

static void test_numbers(void **state)
{
    struct settings_fixture *f = *state;
    GOOD("PORT", "1", "65535", " 80 ");
    WRONG("PORT", "0", "65536", "-1", "+1", "80x", "8e1", "0x50", "80.0", "99999999999999999999");
    GOOD("WS_RECONNECT_MIN_MS", "10");
    GOOD("WS_RECONNECT_MAX_MS", "600000");
    WRONG("WS_RECONNECT_MIN_MS", "9");
    WRONG("WS_RECONNECT_MAX_MS", "600001");
    GOOD("RATE_LIMIT_LIVE_PER_SECOND", "0");
    GOOD("MAX_CONNECTIONS_PER_ADDRESS", "0");
    GOOD("LAP_TIME_MAX_MS", "0", "60000");
}

static void test_hosts(void **state)
{
    struct settings_fixture *f = *state;
    GOOD("WS_HOST", "live.racefacer.com", "venue_1.loc", "10.0.0.5", "::1", "localhost");
    WRONG("WS_HOST", "ws://venue.loc", "venue.loc:8131", "venue.loc/socket.io", "a b", "a..b", "[::1]", "-a",
        "a\nb");
    GOOD("HOST", "127.0.0.1", "::", "0.0.0.0", "::1", "localhost");
    WRONG("HOST", "venue.loc", "*", "127.0.0.1:80");
}

static void test_paths(void **state)
{
    struct settings_fixture *f = *state;
    GOOD("WS_PATH", "/", "/socket.io/", "/a?b=c");
    WRONG("WS_PATH", "socket.io", "/a b", "/a#b", "/\xC5\xBC");
    GOOD("STORAGE_PATH", "/var/lib/with a blank");
    WRONG("STORAGE_PATH", "/var/\033[2J");
    const char *ca = temp_write(&f->folder, "ca.pem", "x");
    GOOD("WS_CA_FILE", ca);
    WRONG("WS_CA_FILE", "/nowhere/ca.pem", f->folder.path);
}

static void test_origins(void **state)
{
    struct settings_fixture *f = *state;
    GOOD("ALLOWED_ORIGINS", "*", "https://race.example", "http://10.0.0.5:8080,http://[::1]:3000",
        "capacitor://localhost");
    WRONG("ALLOWED_ORIGINS", "race.example", "https://race.example/", "https://race.example/app", "https://",
        "*,https://a.b", "https://a.b,", "https://a.b:0", "https://a.b:99999", "https://u@a.b", "://a.b",
        "http://[::1", "https://*.a.b");
    assert_int_equal(load_one(f, "ALLOWED_ORIGINS", " HTTPS://Race.Example , http://b:81 "), 0);
    assert_string_equal(f->config.allowed_origins, "https://race.example,http://b:81");
}

static void test_token_is_never_shown(void **state)
{
    struct settings_fixture *f = *state;
    WRONG("API_TOKEN", "two words", "ctrl\001", "ż");
    assert_int_equal(load_one(f, "API_TOKEN", "hush hush"), -1);
    assert_null(strstr(rf_buf_str(&f->faults), "hush"));
    assert_non_null(strstr(rf_buf_str(&f->faults), "API_TOKEN: \"********\""));
    assert_int_equal(load_one(f, "API_TOKEN", "short"), 0);
    assert_string_equal(f->config.api_token, "short");
    assert_non_null(strstr(rf_buf_str(&f->warnings), "API_TOKEN has only 5 characters"));
    assert_null(strstr(rf_buf_str(&f->warnings), "short"));
    assert_int_equal(load_one(f, "API_TOKEN", "0123456789abcdef"), 0);
    assert_string_equal(rf_buf_str(&f->warnings), "");
}

static void test_values_that_must_fit_together(void **state)
{
    struct settings_fixture *f = *state;
    assert_int_equal(settings_load(f, "WS_RECONNECT_MIN_MS=200\nWS_RECONNECT_MAX_MS=200\n"), 0);
    assert_int_equal(settings_load(f, "WS_RECONNECT_MIN_MS=201\nWS_RECONNECT_MAX_MS=200\n"), -1);
    assert_non_null(strstr(rf_buf_str(&f->faults), "WS_RECONNECT_MIN_MS: \"201\""));
    assert_non_null(strstr(rf_buf_str(&f->faults), "WS_RECONNECT_MAX_MS, which is 200\n"));
    assert_int_equal(settings_load(f, "HTTP_IDLE_SECONDS=10\nHTTP_REQUEST_SECONDS=10\n"), 0);
    assert_string_equal(rf_buf_str(&f->warnings), "");
    assert_int_equal(settings_load(f, "HTTP_IDLE_SECONDS=9\nHTTP_REQUEST_SECONDS=10\n"), 0);
    assert_non_null(strstr(rf_buf_str(&f->warnings), "HTTP_IDLE_SECONDS is below HTTP_REQUEST_SECONDS"));
    assert_int_equal(settings_load(f, "LAP_TIME_MIN_MS=9000\nLAP_TIME_MAX_MS=8999\n"), -1);
    assert_non_null(strstr(rf_buf_str(&f->faults), "LAP_TIME_MIN_MS: \"9000\""));
    assert_int_equal(settings_load(f, "LAP_TIME_MIN_MS=9000\nLAP_TIME_MAX_MS=0\n"), 0);
}

static void test_hostile_value_in_a_fault(void **state)
{
    struct settings_fixture *f = *state;
    assert_int_equal(load_one(f, "LOG_LEVEL", "a\033[31m\nPORT"), -1);
    assert_non_null(strstr(rf_buf_str(&f->faults), "LOG_LEVEL: \"a?[31m?PORT\""));
}

static void test_strangers_in_the_file(void **state)
{
    struct settings_fixture *f = *state;
    assert_int_equal(
        settings_load(f, "WS_HSOT=a\nport=1\nCOMPOSE_PROJECT_NAME=x\nPORT=3002\nPORT=3003\n"), 0);
    assert_int_equal(f->config.port, 3003);
    const char *told = rf_buf_str(&f->warnings);
    assert_non_null(strstr(told, "line 1: WS_HSOT is no setting of this server; did you mean WS_HOST?\n"));
    assert_non_null(strstr(told, "line 2: port is no setting of this server; did you mean PORT?\n"));
    assert_non_null(strstr(told, "line 3: COMPOSE_PROJECT_NAME is no setting of this server\n"));
    assert_non_null(strstr(told, "line 4: PORT is set again further down"));
}

static void test_file_that_cannot_be_read(void **state)
{
    struct settings_fixture *f = *state;
    const char *path = temp_path(&f->folder, ".env");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(rf_config_load(&f->config, path, &f->faults, &f->warnings), -1);
    assert_non_null(strstr(rf_buf_str(&f->faults), ".env: cannot be read: Is a directory\n"));
}

static void test_every_row_is_whole(void **state)
{
    struct settings_fixture *f = *state;
    (void)f;
    for (size_t i = 0; i < rf_settings_count; i++) {
        const struct setting *s = &rf_settings[i];
        assert_ptr_equal(rf_setting_find(s->name), s); /* no name twice */
        assert_true(strlen(s->help) > 10);
        assert_true(s->kind != SETTING_TEXT || s->read != NULL);
        assert_true(s->kind == SETTING_TEXT || s->fallback[0] != '\0');
        assert_true(s->fallback[0] != '\0' || s->shown != NULL);
    }
    assert_int_equal(rf_settings_count, 33); /* as many as the contract lists */
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, settings_set_up, settings_tear_down)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_defaults_of_the_contract),
        IN_FOLDER(test_environment_over_file_over_default),
        IN_FOLDER(test_empty_is_unset),
        IN_FOLDER(test_ws_host_set),
        IN_FOLDER(test_words),
        IN_FOLDER(test_all_faults_at_once),
        IN_FOLDER(test_numbers),
        IN_FOLDER(test_hosts),
        IN_FOLDER(test_paths),
        IN_FOLDER(test_origins),
        IN_FOLDER(test_token_is_never_shown),
        IN_FOLDER(test_values_that_must_fit_together),
        IN_FOLDER(test_hostile_value_in_a_fault),
        IN_FOLDER(test_strangers_in_the_file),
        IN_FOLDER(test_file_that_cannot_be_read),
        IN_FOLDER(test_every_row_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
