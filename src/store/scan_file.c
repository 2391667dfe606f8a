/* scan_file.c - what one session's file has for the index. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/codec/json_slice.h"
#include "store/scan.h"
#include "store/store_impl.h"

#define NAMED_AT_MOST 10 /* unreadable files that get a line of their own */

bool rf_scan_is_damaged(struct rf_buf *json)
{
    if (json->len == 0)
        return true;
    rf_json_repair(json->data, json->len);
    return !rf_utf8_valid(json->data, json->len) || !rf_json_valid(json->data, json->len);
}

/* The disk, and not what somebody has put there. */
static bool is_fault(int error)
{
    return error == EIO || error == ESTALE || error == ETIMEDOUT || error == EBADMSG || error == EUCLEAN;
}

void rf_scan_tell_fault(struct rf_store *store, const char *id, const char *path, int error)
{
    if (!is_fault(error))
        return;
    rf_store_tell_unread(store, path, error);
    rf_need_raise(&store->unread_files, id, 1);
}

void rf_scan_read(const struct rf_disk *disk, const char *id, struct rf_scanned *out)
{
    *out = (struct rf_scanned){0};
    struct rf_buf json = RF_BUF_INIT;
    char *path = rf_disk_path(disk, id);
    out->error = rf_disk_load(path, &json);
    out->bytes = json.len;
    if (out->error != 0)
        out->reason = out->error == EFBIG ? "larger than any session" : strerror(out->error);
    else if (rf_summary_of_file(&out->summary, id, rf_buf_str(&json), json.len, &out->reason) != 0)
        out->damaged = rf_scan_is_damaged(&json);
    if (out->damaged)
        out->aside_error = rf_disk_put_aside(disk, path, NULL, &out->aside);
    rf_buf_finish(&json);
    free(path);
}

void rf_scan_take(struct rf_store *store, const char *id, struct rf_scanned *scanned)
{
    if (scanned->reason == NULL) {
        uint64_t version = scanned->summary.version;
        rf_index_put(&store->index, &scanned->summary, scanned->bytes)->saved_version = version;
        return;
    }
    char *path = rf_disk_path(&store->disk, id);
    rf_scan_tell_fault(store, id, path, scanned->error);
    if (scanned->damaged)
        rf_store_tell_aside(store, path, false, scanned->reason, scanned->aside_error, scanned->aside);
    if ((!scanned->damaged || scanned->aside_error != 0) && ++store->unreadable <= NAMED_AT_MOST)
        rf_log_warn(store->log, "store", "%s is not listed: %s%s", path, scanned->reason,
            store->unreadable == NAMED_AT_MOST ? ". Of more such files, only the number is told: see /health"
                                               : "");
    free(path);
}

void rf_scanned_finish(struct rf_scanned *scanned)
{
    rf_summary_finish(&scanned->summary);
    free(scanned->aside);
}
