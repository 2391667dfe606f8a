/* blob.c - one state of a session as it goes to disk. */
#include "store/blob.h"

#include <stdlib.h>

#include "racefacer/base/memory.h"

/* NOLINTNEXTLINE(readability-non-const-parameter): `data` is kept, to be freed */
struct rf_blob *rf_blob_create(const char *id, uint64_t version, char *data, size_t len)
{
    struct rf_blob *blob = rf_new(sizeof *blob);
    *blob = (struct rf_blob){.refs = 1, .id = rf_strdup(id), .data = data, .len = len, .version = version};
    return blob;
}

struct rf_blob *rf_blob_hold(struct rf_blob *blob)
{
    blob->refs++;
    return blob;
}

void rf_blob_drop(struct rf_blob *blob)
{
    if (blob == NULL || --blob->refs > 0)
        return;
    free(blob->id);
    free(blob->data);
    free(blob);
}
