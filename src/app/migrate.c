/* migrate.c - --migrate-from: the first server's sessions come over, and what was done is told. */
#include "racefacer/app/migrate.h"

#include <stdlib.h>

#include "racefacer/store/import.h"

static void sum_up(struct rf_buf *out, const struct rf_import_result *result, const char *to, int64_t keep)
{
    rf_buf_printf(out, "%s%zu taken, %zu brought on, %zu there already, %zu other files left",
        rf_buf_str(&result->lines), result->taken, result->updated, result->there_already, result->left);
    if (result->unreadable > 0)
        rf_buf_printf(out, ", %zu NOT TAKEN", result->unreadable);
    if (result->failed > 0)
        rf_buf_printf(out, ", %zu NOT WRITTEN", result->failed);
    rf_buf_printf(out, "; %s has %zu sessions now\n", to, result->sessions);
    if (keep > 0 && result->sessions > (size_t)keep)
        rf_buf_printf(out,
            "MAX_SESSIONS is %lld: as soon as a session ends, the oldest go. Raise it before you start the "
            "server if they are to stay\n",
            (long long)keep);
}

int rf_migrate(const struct rf_config *config, const char *from, struct rf_log *log, struct rf_buf *out,
    struct rf_buf *fault)
{
    struct rf_import_result result;
    char *error;
    if (rf_store_import(from, config->storage_path, log, &result, &error) != 0) {
        rf_buf_printf(fault, "--migrate-from: %s\n", error);
        free(error);
        return EXIT_FAILURE;
    }
    sum_up(out, &result, config->storage_path, config->max_sessions);
    rf_buf_finish(&result.lines);
    if (result.failed > 0)
        return EXIT_FAILURE;
    return result.unreadable > 0 ? RF_EXIT_NOT_TAKEN : EXIT_SUCCESS;
}
