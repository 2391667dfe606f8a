/* fuzz_decode.c - any bytes as a payload: what is decoded keeps its promises, and what is passed on is JSON.
 */
#include <stdbool.h>
#include <string.h>

#include "expect.h"
#include "racefacer/codec/decode.h"
#include "racefacer/codec/json_slice.h"
#include "racefacer/codec/json_write.h"

static void check_text(const char *text)
{
    expect(text != NULL);
    size_t len = strlen(text);
    expect(rf_utf8_valid(text, len));
    struct rf_buf out = RF_BUF_INIT;
    struct rf_json json;
    rf_json_init(&json, &out);
    rf_json_string(&json, NULL, text);
    expect(rf_json_valid(out.data, out.len));
    rf_buf_finish(&out);
}

static void check_row(const struct rf_row *row, struct rf_slice whole)
{
    check_text(row->kart);
    check_text(row->kart_number);
    check_text(row->driver);
    expect(!row->has_id || row->id > 0);
    expect(!row->has_kart_id || row->kart_id > 0);
    expect(row->position >= 0 && row->total_laps >= RF_NO_COUNT);
    expect(row->last_ms >= 0 && row->prev_ms >= 0 && row->last_passing_ms >= 0 && row->lap_started_s >= 0);
    if (row->raw.len == 0) { /* too large to be kept */
        expect(whole.len > RF_MAX_ROW_BYTES);
        return;
    }
    expect(row->raw.data > whole.data && row->raw.data + row->raw.len < whole.data + whole.len);
    expect(row->raw.data[0] == '{' && rf_json_valid(row->raw.data, row->raw.len));
}

static void check_frame(const struct rf_frame *frame)
{
    check_text(frame->event_name);
    check_text(frame->track_name);
    expect(!frame->has_track || frame->track >= 0);
    expect(frame->made_s >= 0 && frame->sent_s >= 0);
    expect(frame->raw.len >= 2);
    expect(rf_json_valid(frame->raw.data, frame->raw.len) && rf_utf8_valid(frame->raw.data, frame->raw.len));
    for (size_t i = 0; i < frame->row_count; i++)
        check_row(&frame->rows[i], frame->raw);
}

/* The walk, on a text that nobody has looked at. */
static void check_walk(struct rf_slice text)
{
    struct rf_json_walk walk;
    struct rf_slice key, value;
    if (!rf_json_walk_begin(&walk, text))
        return;
    const char *last = text.data;
    while (rf_json_walk_next(&walk, &key, &value)) {
        expect(value.len > 0 && value.data > last && value.data + value.len <= text.data + text.len);
        expect(key.len == 0 || (key.data > last && key.data + key.len < value.data));
        last = value.data;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rf_decoder
        *decoder; /* one for all inputs: what an input leaves behind must not harm the next */
    if (decoder == NULL)
        decoder = rf_decoder_create();
    check_walk((struct rf_slice){.data = (const char *)data, .len = size});
    enum rf_decoded decoded = rf_decode(decoder, size % 2 == 0 ? "" : "lap-data", (const char *)data, size);
    expect(*rf_decoded_name(decoded) != '\0');
    if (decoded == RF_DECODED_FRAME)
        check_frame(rf_decoder_frame(decoder));
    else
        expect(rf_decoder_frame(decoder)->row_count == 0);
    if (decoded == RF_DECODED_LAP) {
        const struct rf_lap_data *lap = rf_decoder_lap(decoder);
        check_text(lap->kart_number);
        expect(*lap->kart_number != '\0' && lap->lap_num >= 1 && lap->time_ms > 0 && lap->timestamp_ms >= 0);
    }
    return 0;
}
