/* websocket_log.c - the one place where libwebsockets' messages arrive: it has a single sink a process, with
 * no room for a pointer of ours, so what belongs to it is static here. */
#include "websocket_log.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <string.h>

static struct {
    struct rf_log *log;
    char certificate[160];
    bool ca_refused;
} sink;

/* "SSL error: self-signed certificate (preverify_ok=0;err=18;depth=0)" */
static bool keep(const char *line, int len)
{
    static const char refused[] = "SSL error: ", no_ca[] = "Unable to load SSL Client certs file";
    if (strncmp(line, no_ca, sizeof no_ca - 1) == 0) {
        sink.ca_refused = true;
        return true;
    }
    if (strncmp(line, refused, sizeof refused - 1) != 0)
        return false;
    line += sizeof refused - 1;
    len -= (int)sizeof refused - 1;
    const char *detail = strstr(line, " (preverify");
    if (detail != NULL)
        len = (int)(detail - line);
    snprintf(sink.certificate, sizeof sink.certificate, "%.*s", len, line);
    return true;
}

static void emit(int level, const char *line)
{
    int len = (int)strcspn(line, "\r\n");
    bool told = keep(line, len);
    rf_log_write(sink.log, level == LLL_ERR && !told ? RF_LOG_WARN : RF_LOG_DEBUG, "lws", "%.*s", len, line);
}

void rf_websocket_log_to(struct rf_log *log)
{
    sink.log = log;
    lws_set_log_level(LLL_ERR | LLL_WARN | LLL_NOTICE, emit);
}

void rf_websocket_log_clear(void)
{
    sink.certificate[0] = '\0';
    sink.ca_refused = false;
}

const char *rf_websocket_log_certificate(void)
{
    return sink.certificate;
}

bool rf_websocket_log_ca_refused(void)
{
    return sink.ca_refused;
}
