/* websocket_log.h - libwebsockets' messages: into our log, and kept for the reasons that are told nowhere
 * else. */
#ifndef RF_FEED_WEBSOCKET_LOG_H
#define RF_FEED_WEBSOCKET_LOG_H

#include <stdbool.h>

#include "racefacer/base/log.h"

/* From here on messages go to this log; NULL: nowhere. */
void rf_websocket_log_to(struct rf_log *log);
/* Forgets what was kept. */
void rf_websocket_log_clear(void);
/* Why a certificate was refused since then, "" where none was. */
const char *rf_websocket_log_certificate(void);
/* Whether the file of CA certificates was refused since then. */
bool rf_websocket_log_ca_refused(void);

#endif
