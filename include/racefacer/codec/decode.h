/* decode.h - the feed's payloads into frames. Takes every shape a venue has been seen to send; one bad row or field
 * never fails a frame. */
#ifndef RACEFACER_CODEC_DECODE_H
#define RACEFACER_CODEC_DECODE_H

#include <stddef.h>

#include "racefacer/engine/frame.h"

enum rf_decoded {
    RF_DECODED_FRAME,
    RF_DECODED_LAP,     /* a lap-data event */
    RF_DECODED_OTHER,   /* valid JSON that is neither: a chat message, an empty object */
    RF_DECODED_UTF8,    /* refused: not UTF-8 */
    RF_DECODED_JSON,    /* refused: not JSON, nested too deep, or more text after it */
    RF_DECODED_TOO_MANY_RUNS, /* refused: more rows than RF_MAX_ROWS */
    RF_DECODED_TOO_MANY_VALUES, /* refused: more values in all than RF_MAX_VALUES */
    RF_DECODED_COUNT
};

#define RF_MAX_ROWS 2000
/* Twice what so many rows of a real feed hold; a tree of them takes some 25 MB. */
#define RF_MAX_VALUES 250000
/* A row that is larger is followed like any other, but its `raw` is empty: it is not to be kept as it came. Rows of a
 * real feed have about 1 kB. */
#define RF_MAX_ROW_BYTES 16384
/* Texts of a frame and of its rows are cut to this many bytes, between two characters. */
#define RF_MAX_TEXT_BYTES 512

/* Short names of the above for counters: "frame", "lap", "other", "utf8", "json", "runs", "values". */
const char *rf_decoded_name(enum rf_decoded decoded);

struct rf_decoder; /* holds the memory of the newest frame, to be used again for the next */

struct rf_decoder *rf_decoder_create(void);
void rf_decoder_destroy(struct rf_decoder *decoder);

/* Decodes one payload: a channel's frame ({"data":{…}}), a `session-data` one (the same without the outer data) or
 * `lap-data`, told apart by `event` (the event's name, "" on a plain WebSocket) and, where the name tells nothing, by
 * their shape. The result is the decoder's, valid until the next call. */
enum rf_decoded rf_decode(struct rf_decoder *decoder, const char *event, const char *json, size_t len);
const struct rf_frame *rf_decoder_frame(const struct rf_decoder *decoder);
const struct rf_lap_data *rf_decoder_lap(const struct rf_decoder *decoder);

#endif
