/* env_file.c - the .env file: lines of NAME=value, with comments, quotes and `export`, as shells and Node
 * read them. */
#include "app/env_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/file.h"
#include "racefacer/base/memory.h"

#define FILE_MAX ((size_t)64 * 1024)

static char *skip_blanks(char *at)
{
    while (isblank((unsigned char)*at))
        at++;
    return at;
}

static void cut_blanks_at_end(char *text)
{
    size_t len = strlen(text);
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        text[--len] = '\0';
}

/* 'as it is', or "with \" and \\": the text between the quotes. False where the closing one is missing. */
static bool read_quoted(const char *at, struct rf_buf *out)
{
    char quote = *at++;
    for (; *at != '\0' && *at != quote; at++) {
        if (quote == '"' && *at == '\\' && (at[1] == '"' || at[1] == '\\'))
            at++;
        rf_buf_putc(out, *at);
    }
    if (*at != quote)
        return false;
    at++;
    while (isspace((unsigned char)*at))
        at++;
    return *at == '\0' || *at == '#';
}

static char *read_value(char *at)
{
    at = skip_blanks(at);
    struct rf_buf value = RF_BUF_INIT;
    if ((*at == '"' || *at == '\'') && read_quoted(at, &value))
        return rf_buf_take(&value);
    rf_buf_finish(&value);
    /* Without quotes, or with some that are part of the text: up to a # that follows a blank. */
    for (char *hash = strchr(at, '#'); hash != NULL; hash = strchr(hash + 1, '#')) {
        if (hash == at || isblank((unsigned char)hash[-1])) {
            *hash = '\0';
            break;
        }
    }
    cut_blanks_at_end(at);
    return rf_strdup(at);
}

static void read_line(
    struct env_file *file, char *line, int number, const char *path, struct rf_buf *warnings)
{
    char *name = skip_blanks(line);
    cut_blanks_at_end(name);
    if (*name == '\0' || *name == '#')
        return;
    if (strncmp(name, "export", 6) == 0 && isblank((unsigned char)name[6]))
        name = skip_blanks(name + 6);
    char *equals = strchr(name, '=');
    if (equals != NULL) {
        *equals = '\0';
        cut_blanks_at_end(name);
    }
    if (equals == NULL || *name == '\0') {
        rf_buf_printf(warnings, "%s, line %d: not of the form NAME=value, ignored\n", path, number);
        return;
    }
    file->entries = rf_resize_array(file->entries, file->count + 1, sizeof *file->entries);
    file->entries[file->count++] =
        (struct env_entry){.name = rf_strdup(name), .value = read_value(equals + 1), .line = number};
}

int rf_env_file_load(struct env_file *file, const char *path, struct rf_buf *warnings)
{
    *file = (struct env_file){0};
    struct rf_buf text = RF_BUF_INIT;
    if (rf_file_load(path, FILE_MAX, &text) != 0) {
        int kept = errno;
        rf_buf_finish(&text);
        errno = kept;
        return kept == ENOENT ? 0 : -1;
    }
    char *rest = text.len == 0 ? NULL : text.data;
    if (rest != NULL && memchr(rest, '\0', text.len) != NULL)
        rf_buf_printf(warnings, "%s holds a NUL byte; what follows it is ignored\n", path);
    if (rest != NULL && strncmp(rest, "\xEF\xBB\xBF", 3) == 0)
        rest += 3; /* the mark some Windows editors put in front */
    int number = 0;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n"))
        read_line(file, line, ++number, path, warnings);
    rf_buf_finish(&text);
    return 0;
}

void rf_env_file_finish(struct env_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        free(file->entries[i].name);
        free(file->entries[i].value);
    }
    free(file->entries);
    *file = (struct env_file){0};
}

const struct env_entry *rf_env_file_find(const struct env_file *file, const char *name)
{
    for (size_t i = file->count; i > 0; i--) {
        if (strcmp(file->entries[i - 1].name, name) == 0)
            return &file->entries[i - 1];
    }
    return NULL;
}
