/* websocket_log.c - the one place where libwebsockets' messages arrive: it has a single sink a process, with
 * no room for a pointer of ours, so what belongs to it is static here. */
#include "websocket_log.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <string.h>

#include "racefacer/base/clock.h"

/* A bad server makes the library complain at each attempt. */
#define CHANGED_MS 1000
#define SAME_MS 60000

static struct {
    struct rf_log *log;
    char complaint[160];               /* its newest error that was logged */
    struct rf_log_limit same, changed; /* the same one again, another one */
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

static void complain(const char *line, int len)
{
    char text[sizeof sink.complaint];
    unsigned long held;
    int64_t now_ms = rf_clock_mono_ms();
    snprintf(text, sizeof text, "%.*s", len, line);
    bool changed = strcmp(text, sink.complaint) != 0;
    if (!rf_log_allow(changed ? &sink.changed : &sink.same, now_ms, changed ? CHANGED_MS : SAME_MS, &held))
        return;
    memcpy(sink.complaint, text, sizeof text);
    sink.same = (struct rf_log_limit){.next_ms = now_ms + SAME_MS};
    if (held > 0)
        rf_log_warn(sink.log, "lws", "%.*s (%lu more like it not logged)", len, line, held);
    else
        rf_log_warn(sink.log, "lws", "%.*s", len, line);
}

static void emit(int level, const char *line)
{
    int len = (int)strcspn(line, "\r\n");
    bool told = keep(line, len);
    if (level == LLL_ERR && !told)
        complain(line, len);
    else
        rf_log_write(sink.log, RF_LOG_DEBUG, "lws", "%.*s", len, line);
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
