/* config_print.c - the settings shown: --print-config, the settings' part of --help, .env.example. */
#include <inttypes.h>
#include <string.h>

#include "app/config_table.h"
#include "racefacer/app/config.h"

static const void *field(const struct rf_config *config, const struct setting *setting)
{
    return (const char *)config + setting->offset;
}

/* In quotes where .env needs them, so that what is printed can be read back. */
static void print_text(struct rf_buf *out, const char *value)
{
    if (strpbrk(value, " #'\"\\") == NULL) {
        rf_buf_puts(out, value);
        return;
    }
    rf_buf_putc(out, '"');
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\')
            rf_buf_putc(out, '\\');
        rf_buf_putc(out, *value);
    }
    rf_buf_putc(out, '"');
}

static void print_value(const struct rf_config *config, const struct setting *setting, struct rf_buf *out)
{
    const void *at = field(config, setting);
    if (setting->kind == SETTING_TEXT) {
        const char *text = *(char *const *)at;
        print_text(out, setting->secret && text[0] != '\0' ? "********" : text);
    } else if (setting->kind == SETTING_NUMBER) {
        rf_buf_printf(out, "%" PRId64, *(const int64_t *)at);
    } else {
        int64_t value = setting->kind == SETTING_SWITCH ? *(const bool *)at : *(const int64_t *)at;
        const struct setting_choice *choice = setting->choices;
        while (choice->word != NULL && choice->value != value)
            choice++;
        rf_buf_puts(out, choice->word == NULL ? "?" : choice->word);
    }
}

void rf_config_print(const struct rf_config *config, struct rf_buf *out)
{
    for (size_t i = 0; i < rf_settings_count; i++) {
        const struct setting *setting = &rf_settings[i];
        if (strcmp(setting->name, "WS_HOST") == 0 && !config->ws_host_set)
            rf_buf_puts(out, "# WS_HOST is the default: nobody has set it\n");
        rf_buf_printf(out, "%s=", setting->name);
        print_value(config, setting, out);
        rf_buf_putc(out, '\n');
    }
}

/* What is allowed, after the help: "1 to 65535." or "It is one of ws, wss, http, https." */
static void print_range(const struct setting *setting, struct rf_buf *out)
{
    if (setting->kind == SETTING_NUMBER) {
        rf_buf_printf(out, " %" PRId64 " to %" PRId64 ".", setting->min, setting->max);
    } else if (setting->choices != NULL) {
        rf_buf_puts(out, " It is ");
        rf_setting_allowed(setting, out);
        rf_buf_putc(out, '.');
    }
}

/* Words up to a width, each line begun with `indent`. */
static void print_wrapped(struct rf_buf *out, const char *indent, size_t width, const char *text)
{
    size_t column = 0;
    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        if (column > 0 && column + 1 + word > width) {
            rf_buf_putc(out, '\n');
            column = 0;
        }
        if (column == 0) {
            rf_buf_puts(out, indent);
            column = strlen(indent);
        } else {
            rf_buf_putc(out, ' ');
            column++;
        }
        rf_buf_append(out, text, word);
        column += word;
        text += word;
        text += strspn(text, " ");
    }
    rf_buf_putc(out, '\n');
}

static void print_help_text(
    const struct setting *setting, const char *indent, size_t width, struct rf_buf *out)
{
    struct rf_buf text = RF_BUF_INIT;
    rf_buf_puts(&text, setting->help);
    print_range(setting, &text);
    print_wrapped(out, indent, width, rf_buf_str(&text));
    rf_buf_finish(&text);
}

static const char *told_default(const struct setting *setting)
{
    return setting->shown != NULL ? setting->shown : setting->fallback;
}

void rf_config_print_help(struct rf_buf *out)
{
    for (size_t i = 0; i < rf_settings_count; i++) {
        const struct setting *setting = &rf_settings[i];
        if (setting->group != NULL)
            rf_buf_printf(out, "%s%s:\n", i == 0 ? "" : "\n", setting->group);
        rf_buf_printf(out, "  %-28s %s\n", setting->name, told_default(setting));
        print_help_text(setting, "      ", 96, out);
    }
}

void rf_config_print_example(struct rf_buf *out)
{
    rf_buf_puts(out, "# Settings of racefacer-analysis. Copy this file to .env and take the # off the lines "
                     "you want to change.\n"
                     "# What the environment says comes first, then .env, then the default, which is what "
                     "each line shows.\n"
                     "# `racefacer-analysis --check-config` tells whether all is well.\n");
    for (size_t i = 0; i < rf_settings_count; i++) {
        const struct setting *setting = &rf_settings[i];
        if (setting->group != NULL)
            rf_buf_printf(out, "\n# ---- %s\n", setting->group);
        rf_buf_putc(out, '\n');
        print_help_text(setting, "# ", 108, out);
        if (setting->shown != NULL)
            rf_buf_printf(out, "# Default: %s\n", setting->shown);
        rf_buf_printf(out, "#%s=%s\n", setting->name, setting->fallback);
    }
}
