/* decode_row.c - one row of a frame. */
#include "codec/decode_row.h"

#include "codec/decode_value.h"

/* In the order of row_fields, which is strcmp order. */
enum row_field {
    LAP_START,
    MONITOR_NAME,
    FIRST_NAME,
    ID,
    KART,
    KART_ID,
    KART_NUMBER,
    LAST_NAME,
    LAST_PASSING,
    LAST_TIME,
    LAST_TIME_RAW,
    NAME,
    POS,
    PREV_TIME_RAW,
    TEAM,
    TOTAL_LAPS,
    ROW_FIELDS
};

static const char *const row_fields[ROW_FIELDS] = {"current_lap_start_timestamp", "driver_monitor_name",
    "first_name", "id", "kart", "kart_id", "kart_number", "last_name", "last_passing", "last_time",
    "last_time_raw", "name", "pos", "prev_time_raw", "team", "total_laps"};

static bool read_id(const cJSON *item, int64_t *out)
{
    int64_t value;
    if (!rf_value_integer(item, &value) || value <= 0)
        return false;
    *out = value;
    return true;
}

static const char *full_name(cJSON *first_item, cJSON *last_item, UT_array *pool)
{
    const char *first = rf_value_text(first_item, pool), *last = rf_value_text(last_item, pool);
    if (*first == '\0' || *last == '\0')
        return *first == '\0' ? last : first;
    struct rf_buf both = RF_BUF_INIT;
    rf_buf_printf(&both, "%s %s", first, last);
    return rf_pool_keep(pool, rf_buf_take(&both));
}

static const char *driver_name(cJSON *const *fields, UT_array *pool)
{
    const char *name = rf_value_text(fields[NAME], pool);
    if (*name == '\0')
        name = full_name(fields[FIRST_NAME], fields[LAST_NAME], pool);
    if (*name == '\0')
        name = rf_value_text(fields[MONITOR_NAME], pool);
    return *name == '\0' ? rf_value_text(fields[TEAM], pool) : name;
}

void rf_decode_row(const cJSON *object, UT_array *pool, struct rf_row *out)
{
    cJSON *fields[ROW_FIELDS];
    rf_fields_collect(object, row_fields, ROW_FIELDS, fields);
    *out = (struct rf_row){.kart = rf_value_text(fields[KART], pool),
        .kart_number = rf_value_text(fields[KART_NUMBER], pool),
        .driver = driver_name(fields, pool),
        .position = rf_value_position(fields[POS]),
        .total_laps = rf_value_count(fields[TOTAL_LAPS]),
        .last_ms = rf_value_lap_ms(fields[LAST_TIME_RAW]),
        .prev_ms = rf_value_lap_ms(fields[PREV_TIME_RAW])};
    out->has_id = read_id(fields[ID], &out->id);
    out->has_kart_id = read_id(fields[KART_ID], &out->kart_id);
    /* Older venues send the text alone. A raw field that is there and says "none" is believed. */
    if (fields[LAST_TIME_RAW] == NULL)
        out->last_ms = rf_value_lap_text(fields[LAST_TIME]);
    double ms;
    if (rf_value_number(fields[LAST_PASSING], &ms) && rf_epoch_plausible(ms))
        out->last_passing_ms = (int64_t)ms;
    int64_t seconds = rf_value_epoch_s(fields[LAP_START]);
    if (rf_epoch_plausible((double)seconds * 1000))
        out->lap_started_s = seconds;
}
