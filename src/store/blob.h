/* blob.h - one state of a session as it goes to disk. */
#ifndef RF_STORE_BLOB_H
#define RF_STORE_BLOB_H

#include <stddef.h>
#include <stdint.h>

/* Counted references, on the loop's thread only; the thread pool reads what cannot change any more. */
struct rf_blob {
    size_t refs;
    char *id;
    char *data;
    size_t len;
    uint64_t version; /* the session's laps_version in it */
};

/* Takes `data` over. */
struct rf_blob *rf_blob_create(const char *id, uint64_t version, char *data, size_t len);
struct rf_blob *rf_blob_hold(struct rf_blob *blob);
void rf_blob_drop(struct rf_blob *blob); /* takes NULL */

#endif
