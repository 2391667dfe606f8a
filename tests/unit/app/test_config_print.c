/* test_config_print.c - the settings as they are shown, and .env.example of the repository. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/app/settings_fixture.h"

static void test_example_of_the_repository_is_up_to_date(void **state)
{
    (void)state;
    char *committed = temp_read(RF_SOURCE_DIR "/.env.example");
    assert_non_null(committed);
    struct rf_buf out = RF_BUF_INIT;
    rf_config_print_example(&out);
    /* Not so? `racefacer-analysis --print-env-example > .env.example` */
    assert_string_equal(committed, rf_buf_str(&out));
    rf_buf_finish(&out);
    free(committed);
}

/* With every # taken off, it is a .env that says the defaults: no fault, no warning. */
static void test_example_is_a_good_env_file(void **state)
{
    struct settings_fixture *f = *state;
    struct rf_buf out = RF_BUF_INIT;
    rf_config_print_example(&out);
    size_t settings = 0;
    for (char *at = out.data; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (at[0] == '#' && at[1] >= 'A' && at[1] <= 'Z') {
            at[0] = ' ';
            settings++;
        }
    }
    assert_int_equal(settings, rf_settings_count);
    assert_int_equal(settings_load(f, out.data), 0);
    assert_string_equal(rf_buf_str(&f->warnings), "");
    assert_int_equal(f->config.max_header_bytes, 8192);
    rf_buf_finish(&out);
}

static void test_print_masks_the_token(void **state)
{
    struct settings_fixture *f = *state;
    assert_int_equal(
        settings_load(f, "API_TOKEN=0123456789abcdef\nNODE_ENV=production\nWS_PROTOCOL=https\n"), 0);
    struct rf_buf out = RF_BUF_INIT;
    rf_config_print(&f->config, &out);
    assert_null(strstr(out.data, "0123456789abcdef"));
    assert_non_null(strstr(out.data, "\nAPI_TOKEN=********\n"));
    assert_non_null(strstr(out.data, "\nNODE_ENV=production\n"));
    assert_non_null(strstr(out.data, "\nWS_PROTOCOL=wss\n"));
    assert_non_null(strstr(out.data, "\nPORT=3001\n"));
    rf_buf_finish(&out);
}

static void test_print_tells_of_the_default_host(void **state)
{
    struct settings_fixture *f = *state;
    struct rf_buf out = RF_BUF_INIT;
    assert_int_equal(settings_load(f, NULL), 0);
    rf_config_print(&f->config, &out);
    assert_non_null(
        strstr(out.data, "\n# WS_HOST is the default: nobody has set it\nWS_HOST=lemansentertainment.loc\n"));
    rf_buf_clear(&out);
    assert_int_equal(settings_load(f, "WS_HOST=venue.loc\n"), 0);
    rf_config_print(&f->config, &out);
    assert_null(strstr(out.data, "# WS_HOST"));
    assert_non_null(strstr(out.data, "\nWS_HOST=venue.loc\n"));
    rf_buf_finish(&out);
}

static void test_print_can_be_read_back(void **state)
{
    struct settings_fixture *f = *state;
    const char *channel = "a \"b\" #c \\ 'd'";
    setenv("WS_CHANNEL", channel, 1);
    setenv("STORAGE_PATH", "/tmp/x#y", 1);
    assert_int_equal(settings_load(f, NULL), 0);
    struct rf_buf out = RF_BUF_INIT;
    rf_config_print(&f->config, &out);
    unsetenv("WS_CHANNEL");
    unsetenv("STORAGE_PATH");
    assert_int_equal(settings_load(f, out.data), 0);
    assert_string_equal(f->config.ws_channel, channel);
    assert_string_equal(f->config.storage_path, "/tmp/x#y");
    rf_buf_finish(&out);
}

static void test_help_names_every_setting_in_narrow_lines(void **state)
{
    (void)state;
    struct rf_buf out = RF_BUF_INIT;
    rf_config_print_help(&out);
    for (size_t i = 0; i < rf_settings_count; i++) {
        char line[128];
        const struct setting *s = &rf_settings[i];
        snprintf(line, sizeof line, "\n  %-28s %s\n", s->name, s->shown != NULL ? s->shown : s->fallback);
        assert_non_null(strstr(out.data, line));
    }
    for (char *line = strtok(out.data, "\n"); line != NULL; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 96);
    rf_buf_finish(&out);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, settings_set_up, settings_tear_down)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_example_of_the_repository_is_up_to_date),
        IN_FOLDER(test_example_is_a_good_env_file),
        IN_FOLDER(test_print_masks_the_token),
        IN_FOLDER(test_print_tells_of_the_default_host),
        IN_FOLDER(test_print_can_be_read_back),
        IN_FOLDER(test_help_names_every_setting_in_narrow_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
