/* config_check.h - the texts among the settings: which ones are allowed, and how they are kept. */
#ifndef RACEFACER_SRC_APP_CONFIG_CHECK_H
#define RACEFACER_SRC_APP_CONFIG_CHECK_H

#include <stdbool.h>

#include "racefacer/base/buf.h"

/* Each appends the value as it is kept to `kept`; false where it is wrong, with what is allowed in *allowed
 * (static). */
bool rf_check_listen_host(const char *value, struct rf_buf *kept, const char **allowed);
bool rf_check_host(const char *value, struct rf_buf *kept, const char **allowed);
bool rf_check_channel(const char *value, struct rf_buf *kept, const char **allowed);
bool rf_check_url_path(const char *value, struct rf_buf *kept, const char **allowed);
bool rf_check_path(const char *value, struct rf_buf *kept, const char **allowed);
bool rf_check_readable_file(const char *value, struct rf_buf *kept, const char **allowed);
bool rf_check_origins(const char *value, struct rf_buf *kept, const char **allowed);
bool rf_check_token(const char *value, struct rf_buf *kept, const char **allowed);

#endif
