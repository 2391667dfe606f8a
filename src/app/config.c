/* config.c - the settings: environment over .env over default, all faults told at once. */
#include "racefacer/app/config.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/config_table.h"
#include "app/env_file.h"
#include "app/nearest.h"
#include "racefacer/base/memory.h"

#define SHOWN_MAX 200

static void *field(struct rf_config *config, const struct setting *setting)
{
    return (char *)config + setting->offset;
}

/* A value as it may be shown: one line, nothing that a terminal would obey. */
static void show(struct rf_buf *out, const char *value)
{
    size_t len = strlen(value), shown = len < SHOWN_MAX ? len : SHOWN_MAX;
    for (size_t i = 0; i < shown; i++)
        rf_buf_putc(out, iscntrl((unsigned char)value[i]) ? '?' : value[i]);
    if (shown < len)
        rf_buf_puts(out, "...");
}

static bool read_number(const struct setting *setting, const char *value, int64_t *out)
{
    size_t len = strlen(value);
    if (len == 0 || len > 18 || strspn(value, "0123456789") != len)
        return false;
    *out = strtoll(value, NULL, 10);
    return *out >= setting->min && *out <= setting->max;
}

static bool read_choice(const struct setting *setting, const char *value, int64_t *out)
{
    for (const struct setting_choice *choice = setting->choices; choice->word != NULL; choice++) {
        if (strcmp(choice->word, value) == 0) {
            *out = choice->value;
            return true;
        }
    }
    return false;
}

/* Takes the value over; false where it is not allowed. */
static bool set(
    struct rf_config *config, const struct setting *setting, const char *value, const char **allowed)
{
    int64_t number = 0;
    bool good = true;
    switch (setting->kind) {
    case SETTING_TEXT: {
        struct rf_buf kept = RF_BUF_INIT;
        if (value[0] != '\0')
            good = setting->read(value, &kept, allowed);
        if (good)
            (void)rf_strset(
                field(config, setting), rf_buf_str(&kept)); /* whether it changed is of no interest */
        rf_buf_finish(&kept);
        break;
    }
    case SETTING_NUMBER:
        good = read_number(setting, value, &number);
        if (good)
            *(int64_t *)field(config, setting) = number;
        break;
    case SETTING_CHOICE:
    case SETTING_SWITCH:
        good = read_choice(setting, value, &number);
        if (good && setting->kind == SETTING_SWITCH)
            *(bool *)field(config, setting) = number != 0;
        else if (good)
            *(int64_t *)field(config, setting) = number;
        break;
    }
    return good;
}

/* The value somebody gave it, blanks around it taken off, owned by the caller; NULL where nobody did. */
static char *given(const struct setting *setting, const struct env_file *file, const struct env_entry **entry)
{
    const char *value = getenv(setting->name);
    *entry = NULL;
    for (int source = 0; source < 2; source++) {
        if (source == 1) {
            *entry = rf_env_file_find(file, setting->name);
            value = *entry == NULL ? NULL : (*entry)->value;
        }
        if (value == NULL)
            continue;
        while (isspace((unsigned char)*value))
            value++;
        size_t len = strlen(value);
        while (len > 0 && isspace((unsigned char)value[len - 1]))
            len--;
        if (len > 0)
            return rf_strndup(value, len);
    }
    return NULL;
}

static void tell_fault(const struct setting *setting, const char *value, const char *path,
    const struct env_entry *entry, const char *allowed, struct rf_buf *faults)
{
    rf_buf_printf(faults, "%s", setting->name);
    if (entry != NULL)
        rf_buf_printf(faults, " (%s, line %d)", path, entry->line);
    rf_buf_puts(faults, ": \"");
    if (setting->secret)
        rf_buf_puts(faults, "********");
    else
        show(faults, value);
    rf_buf_puts(faults, "\" is not allowed; it must be ");
    if (allowed != NULL)
        rf_buf_puts(faults, allowed);
    else
        rf_setting_allowed(setting, faults);
    rf_buf_putc(faults, '\n');
}

static void read_setting(struct rf_config *config, const struct setting *setting, const char *path,
    const struct env_file *file, struct rf_buf *faults)
{
    const char *allowed = NULL;
    /* The default first: a wrong value must not leave a hole, the checks that follow look at all of them. */
    if (!set(config, setting, setting->fallback, &allowed))
        rf_buf_printf(
            faults, "%s: its own default is not allowed\n", setting->name); /* a unit test sees to that */
    const struct env_entry *entry;
    char *value = given(setting, file, &entry);
    allowed = NULL;
    if (value != NULL && !set(config, setting, value, &allowed))
        tell_fault(setting, value, path, entry, allowed, faults);
    if (value != NULL && strcmp(setting->name, "WS_HOST") == 0)
        config->ws_host_set = true;
    free(value);
}

static void check_together(const struct rf_config *config, struct rf_buf *faults, struct rf_buf *warnings)
{
    if (config->ws_reconnect_min_ms > config->ws_reconnect_max_ms)
        rf_buf_printf(faults,
            "WS_RECONNECT_MIN_MS: \"%" PRId64
            "\" is not allowed; it must not be above WS_RECONNECT_MAX_MS, which is %" PRId64 "\n",
            config->ws_reconnect_min_ms, config->ws_reconnect_max_ms);
    if (config->lap_time_max_ms != 0 && config->lap_time_min_ms > config->lap_time_max_ms)
        rf_buf_printf(faults,
            "LAP_TIME_MIN_MS: \"%" PRId64
            "\" is not allowed; it must not be above LAP_TIME_MAX_MS, which is %" PRId64 "\n",
            config->lap_time_min_ms, config->lap_time_max_ms);
    if (config->http_idle_seconds < config->http_request_seconds)
        rf_buf_puts(warnings,
            "HTTP_IDLE_SECONDS is below HTTP_REQUEST_SECONDS: a request that stalls is cut off "
            "without being told that it was late\n");
    size_t token = strlen(config->api_token);
    if (token > 0 && token < 16)
        rf_buf_printf(warnings, "API_TOKEN has only %zu characters: 16 or more are hard to guess\n", token);
    if (config->ws_ca_file[0] != '\0' && config->ws_protocol == 0)
        rf_buf_puts(warnings, "WS_CA_FILE is not used: WS_PROTOCOL is not wss\n");
}

static void warn_of_strangers(const struct env_file *file, const char *path, struct rf_buf *warnings)
{
    for (size_t i = 0; i < file->count; i++) {
        const struct env_entry *entry = &file->entries[i];
        const struct setting *setting = rf_setting_find(entry->name);
        if (setting != NULL && rf_env_file_find(file, entry->name) != entry)
            rf_buf_printf(warnings, "%s, line %d: %s is set again further down, where it counts\n", path,
                entry->line, entry->name);
        if (setting != NULL)
            continue;
        const char *best = NULL;
        size_t distance = 0;
        for (size_t j = 0; j < rf_settings_count; j++)
            rf_nearest(entry->name, rf_settings[j].name, &best, &distance);
        rf_buf_printf(warnings, "%s, line %d: ", path, entry->line);
        show(warnings, entry->name);
        rf_buf_puts(warnings, " is no setting of this server");
        if (best != NULL)
            rf_buf_printf(warnings, "; did you mean %s?", best);
        rf_buf_putc(warnings, '\n');
    }
}

int rf_config_load(
    struct rf_config *config, const char *env_file, struct rf_buf *faults, struct rf_buf *warnings)
{
    *config = (struct rf_config){0};
    size_t before = faults->len;
    struct env_file file;
    if (rf_env_file_load(&file, env_file, warnings) != 0)
        rf_buf_printf(faults, "%s: cannot be read: %s\n", env_file,
            errno == EFBIG ? "it is larger than 64 kB" : strerror(errno));
    for (size_t i = 0; i < rf_settings_count; i++)
        read_setting(config, &rf_settings[i], env_file, &file, faults);
    check_together(config, faults, warnings);
    warn_of_strangers(&file, env_file, warnings);
    rf_env_file_finish(&file);
    return faults->len == before ? 0 : -1;
}

void rf_config_finish(struct rf_config *config)
{
    for (size_t i = 0; i < rf_settings_count; i++) {
        if (rf_settings[i].kind == SETTING_TEXT)
            free(*(char **)field(config, &rf_settings[i]));
    }
    *config = (struct rf_config){0};
}
