/* settings_fixture.h - a test's own environment and folder for the settings. */
#ifndef RACEFACER_TESTS_SETTINGS_FIXTURE_H
#define RACEFACER_TESTS_SETTINGS_FIXTURE_H

#include "app/config_table.h"
#include "racefacer/app/config.h"
#include "support/temp_folder.h"

struct settings_fixture {
    struct temp_folder folder;
    struct rf_config config;
    struct rf_buf faults, warnings;
};

/* What the shell that runs the tests has set must not count. */
static inline int settings_set_up(void **state)
{
    for (size_t i = 0; i < rf_settings_count; i++) {
        if (unsetenv(rf_settings[i].name) != 0)
            return -1;
    }
    struct settings_fixture *fixture = calloc(1, sizeof *fixture);
    if (fixture == NULL)
        return -1;
    temp_folder_make(&fixture->folder);
    *state = fixture;
    return 0;
}

static inline void settings_forget(struct settings_fixture *fixture)
{
    rf_config_finish(&fixture->config);
    rf_buf_clear(&fixture->faults);
    rf_buf_clear(&fixture->warnings);
}

static inline int settings_tear_down(void **state)
{
    struct settings_fixture *fixture = *state;
    rf_config_finish(&fixture->config);
    rf_buf_finish(&fixture->faults);
    rf_buf_finish(&fixture->warnings);
    temp_folder_remove(&fixture->folder);
    free(fixture);
    return 0;
}

/* Loads with that text as .env; NULL: there is none. */
static inline int settings_load(struct settings_fixture *fixture, const char *text)
{
    settings_forget(fixture);
    const char *path = temp_path(&fixture->folder, ".env");
    if (text != NULL)
        path = temp_write(&fixture->folder, ".env", text);
    return rf_config_load(&fixture->config, path, &fixture->faults, &fixture->warnings);
}

#endif
