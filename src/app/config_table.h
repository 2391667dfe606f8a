/* config_table.h - one row for each setting: all that is known of it. */
#ifndef RACEFACER_SRC_APP_CONFIG_TABLE_H
#define RACEFACER_SRC_APP_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "racefacer/base/buf.h"

enum setting_kind {
    SETTING_TEXT,   /* char * */
    SETTING_NUMBER, /* int64_t, from min to max */
    SETTING_CHOICE, /* int64_t, one of the words */
    SETTING_SWITCH, /* bool, one of the words */
};

struct setting_choice {
    const char *word;
    int64_t value;
    bool alias; /* understood, but not shown */
};

struct setting {
    const char *group; /* the heading it comes under; NULL: as the row before */
    const char *name;
    enum setting_kind kind;
    size_t offset; /* into struct rf_config */
    const char *fallback;
    const char *shown; /* the default as people are told it, where `fallback` does not say it; or NULL */
    const char *help;
    int64_t min, max;
    const struct setting_choice *choices; /* ended by a NULL word */
    /* For texts: appends the value as it is kept. False where it is wrong, with what is allowed in *allowed.
     */
    bool (*read)(const char *value, struct rf_buf *kept, const char **allowed);
    bool secret; /* shown nowhere */
};

extern const struct setting rf_settings[];
extern const size_t rf_settings_count;

const struct setting *rf_setting_find(const char *name); /* NULL: no setting of ours */

/* What a value must be, appended as text: "a whole number from 1 to 65535". For numbers and choices. */
void rf_setting_allowed(const struct setting *setting, struct rf_buf *out);

#endif
