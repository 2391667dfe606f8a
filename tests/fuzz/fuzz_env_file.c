/* fuzz_env_file.c - any bytes as a .env file: what is read of it keeps within the settings' table, what is
 * said of it can be shown on a terminal, and settings that are printed are read again as they were. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/config_table.h"
#include "app/env_file.h"
#include "expect.h"
#include "racefacer/app/config.h"

/* The bytes as a file without a disk. */
struct file {
    int fd;
    char path[32];
};

static struct file file_of(const void *data, size_t size)
{
    struct file file = {.fd = memfd_create("env", MFD_CLOEXEC)};
    expect(file.fd >= 0 && write(file.fd, data, size) == (ssize_t)size);
    (void)snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.fd); /* it fits */
    return file;
}

static void check_entries(const char *path)
{
    struct env_file file;
    struct rf_buf warnings = RF_BUF_INIT;
    expect(rf_env_file_load(&file, path, &warnings) == 0);
    int line = 0;
    for (size_t i = 0; i < file.count; i++) {
        const struct env_entry *entry = &file.entries[i];
        expect(entry->line > line && entry->name[0] != '\0');
        expect(strpbrk(entry->name, "=\n") == NULL && strchr(entry->value, '\n') == NULL);
        const struct env_entry *last = rf_env_file_find(&file, entry->name);
        expect(last != NULL && last >= entry && strcmp(last->name, entry->name) == 0);
        line = entry->line;
    }
    rf_env_file_finish(&file);
    rf_buf_finish(&warnings);
}

/* Lines for people: no byte that a terminal would obey. */
static void check_lines(const struct rf_buf *lines)
{
    expect(strlen(rf_buf_str(lines)) == lines->len);
    expect(lines->len == 0 || lines->data[lines->len - 1] == '\n');
    for (size_t i = 0; i < lines->len; i++)
        expect(lines->data[i] == '\n' || !iscntrl((unsigned char)lines->data[i]));
}

static void check_values(const struct rf_config *config)
{
    for (size_t i = 0; i < rf_settings_count; i++) {
        const struct setting *setting = &rf_settings[i];
        const void *at = (const char *)config + setting->offset;
        if (setting->kind == SETTING_NUMBER)
            expect(*(const int64_t *)at >= setting->min && *(const int64_t *)at <= setting->max);
        if (setting->kind == SETTING_TEXT)
            expect(*(char *const *)at != NULL && strchr(*(char *const *)at, '\n') == NULL);
    }
}

/* Printing, reading and printing again: nothing changes. Of the token only stars are printed, as many as
 * ever. */
static void check_printed(const struct rf_config *config)
{
    struct rf_buf first = RF_BUF_INIT, second = RF_BUF_INIT, faults = RF_BUF_INIT, warnings = RF_BUF_INIT;
    struct rf_config again;
    rf_config_print(config, &first);
    struct file file = file_of(first.data, first.len);
    expect(rf_config_load(&again, file.path, &faults, &warnings) == 0);
    again.ws_host_set = config->ws_host_set; /* printed, a default is a setting like any other */
    rf_config_print(&again, &second);
    expect(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    expect(config->api_token[0] == '\0' || strcmp(again.api_token, "********") == 0);
    rf_config_finish(&again);
    close(file.fd);
    rf_buf_finish(&first);
    rf_buf_finish(&second);
    rf_buf_finish(&faults);
    rf_buf_finish(&warnings);
}

int LLVMFuzzerInitialize(int *argc, char ***argv); /* the library calls it first */
/* NOLINTNEXTLINE(readability-non-const-parameter): the library says what it is */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < rf_settings_count; i++)
        unsetenv(rf_settings[i].name); /* the environment would count more than the file */
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct file file = file_of(data, size);
    struct rf_config config;
    struct rf_buf faults = RF_BUF_INIT, warnings = RF_BUF_INIT;
    check_entries(file.path);
    int loaded = rf_config_load(&config, file.path, &faults, &warnings);
    expect((loaded == 0) == (faults.len == 0));
    check_lines(&faults);
    check_lines(&warnings);
    check_values(&config);
    if (loaded == 0)
        check_printed(&config);
    rf_config_finish(&config);
    rf_buf_finish(&faults);
    rf_buf_finish(&warnings);
    close(file.fd);
    return 0;
}
