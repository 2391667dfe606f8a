/* config_check.c - the texts among the settings: which ones are allowed, and how they are kept. */
#include "app/config_check.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "racefacer/base/memory.h"

#include <stdlib.h>

static bool keep(const char *value, struct rf_buf *kept)
{
    rf_buf_puts(kept, value);
    return true;
}

static bool has_control(const char *value)
{
    for (; *value != '\0'; value++) {
        if (iscntrl((unsigned char)*value))
            return true;
    }
    return false;
}

static bool is_address(const char *value)
{
    unsigned char room[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, value, room) == 1 || inet_pton(AF_INET6, value, room) == 1;
}

/* Letters, digits, dots, hyphens, and the underscores that names inside a venue have. */
static bool is_name(const char *value, size_t len)
{
    if (len == 0 || len > 253 || value[0] == '.' || value[0] == '-')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)value[i]) && strchr(".-_", value[i]) == NULL)
            return false;
        if (i > 0 && value[i] == '.' && value[i - 1] == '.')
            return false;
    }
    return true;
}

bool rf_check_listen_host(const char *value, struct rf_buf *kept, const char **allowed)
{
    *allowed = "an address of this machine such as 127.0.0.1 or ::1, localhost, or nothing for all addresses";
    return (is_address(value) || strcmp(value, "localhost") == 0) && keep(value, kept);
}

bool rf_check_host(const char *value, struct rf_buf *kept, const char **allowed)
{
    *allowed = "a host name or an address alone: no scheme, no port, no path (WS_PROTOCOL, WS_PORT and "
               "WS_PATH say those)";
    return (is_address(value) || is_name(value, strlen(value))) && keep(value, kept);
}

bool rf_check_channel(const char *value, struct rf_buf *kept, const char **allowed)
{
    *allowed = "a channel's name of up to 200 bytes without control characters";
    return strlen(value) <= 200 && !has_control(value) && keep(value, kept);
}

bool rf_check_url_path(const char *value, struct rf_buf *kept, const char **allowed)
{
    *allowed = "a path that begins with / and has no blanks, up to 500 bytes";
    if (value[0] != '/' || strlen(value) > 500)
        return false;
    for (const char *at = value; *at != '\0'; at++) {
        if (*at <= ' ' || *at >= 0x7F ||
            *at == '#') /* `char` may be signed: bytes above 0x7F are refused either way */
            return false;
    }
    return keep(value, kept);
}

bool rf_check_path(const char *value, struct rf_buf *kept, const char **allowed)
{
    *allowed = "a path of up to 1000 bytes without control characters";
    return strlen(value) <= 1000 && !has_control(value) && keep(value, kept);
}

bool rf_check_readable_file(const char *value, struct rf_buf *kept, const char **allowed)
{
    *allowed = "a file that exists and that this user may read";
    struct stat status;
    return stat(value, &status) == 0 && S_ISREG(status.st_mode) && access(value, R_OK) == 0 &&
           keep(value, kept);
}

/* ---- origins */

static bool is_port(const char *text)
{
    size_t len = strlen(text);
    long port = strtol(text, NULL, 10);
    return len >= 1 && len <= 5 && strspn(text, "0123456789") == len && port >= 1 && port <= 65535;
}

/* "https://race.example:8443", in lower case already. */
static bool is_origin(char *text)
{
    char *host = strstr(text, "://");
    if (host == NULL || host == text)
        return false;
    for (const char *at = text; at < host; at++) {
        if (!isalnum((unsigned char)*at) && strchr("+-.", *at) == NULL)
            return false;
    }
    host += 3;
    char *end;
    bool good;
    if (host[0] == '[') {
        end = strchr(host, ']');
        if (end == NULL)
            return false;
        unsigned char room[sizeof(struct in6_addr)];
        *end = '\0';
        good = inet_pton(AF_INET6, host + 1, room) == 1;
        *end++ = ']';
    } else {
        end = host + strcspn(host, ":");
        good = is_name(host, (size_t)(end - host));
    }
    return good && (*end == '\0' || (*end == ':' && is_port(end + 1)));
}

/* Kept in lower case, as browsers send them, and without the blanks around the commas. */
bool rf_check_origins(const char *value, struct rf_buf *kept, const char **allowed)
{
    *allowed = "* alone, or a comma-separated list of origins such as https://race.example or "
               "http://10.0.0.5:8080, without a path";
    if (strcmp(value, "*") == 0)
        return keep(value, kept);
    char *copy = rf_strdup(value), *rest = copy;
    bool good = strlen(value) <= 8000;
    for (char *entry = strsep(&rest, ","); good && entry != NULL; entry = strsep(&rest, ",")) {
        while (isblank((unsigned char)*entry))
            entry++;
        size_t len = strlen(entry);
        while (len > 0 && isblank((unsigned char)entry[len - 1]))
            entry[--len] = '\0';
        for (char *at = entry; *at != '\0'; at++)
            *at = (char)tolower((unsigned char)*at);
        good = is_origin(entry);
        if (good)
            rf_buf_printf(kept, "%s%s", kept->len > 0 ? "," : "", entry);
    }
    free(copy);
    return good;
}

bool rf_check_token(const char *value, struct rf_buf *kept, const char **allowed)
{
    *allowed = "up to 500 printable ASCII characters without blanks";
    if (strlen(value) > 500)
        return false;
    for (const char *at = value; *at != '\0'; at++) {
        if (*at <= ' ' || *at >= 0x7F)
            return false;
    }
    return keep(value, kept);
}
