/* fuzz_packet.c - any text as a Socket.IO packet: slices stay inside it, and what we answer is a packet
 * again. */
#include <stdbool.h>
#include <string.h>

#include "expect.h"
#include "racefacer/codec/json_slice.h"
#include "racefacer/codec/packet.h"

static bool inside(struct rf_slice slice, const char *text, size_t len)
{
    return slice.data != NULL && (slice.len == 0 || (slice.data >= text && slice.len <= len &&
                                                        slice.data + slice.len <= text + len));
}

static void check_answer(const struct rf_packet *event)
{
    struct rf_buf out = RF_BUF_INIT;
    struct rf_packet back;
    rf_packet_format_ack(&out, event);
    rf_packet_parse(out.data, out.len, &back);
    expect(back.type == RF_PACKET_IGNORED && back.main_namespace == event->main_namespace);
    rf_buf_finish(&out);
}

static void check_join(const char *text, size_t len)
{
    char channel[65] = "";
    struct rf_buf out = RF_BUF_INIT;
    struct rf_packet back;
    memcpy(channel, text, len < sizeof(channel) ? len : sizeof(channel) - 1);
    rf_packet_format_join(&out, channel);
    rf_packet_parse(out.data, out.len, &back);
    expect(back.type == RF_PACKET_EVENT && rf_slice_is(back.name, "join") && back.ack_id == -1);
    expect(rf_json_valid(back.payload.data, back.payload.len));
    expect(rf_utf8_valid(out.data, out.len));
    rf_buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct rf_packet packet;
    rf_packet_parse(text, size, &packet);
    expect(inside(packet.name, text, size));
    expect(inside(packet.payload, text, size));
    expect(inside(packet.reply_namespace, text, size));
    expect(packet.attachments >= 0 && packet.ack_id >= -1);
    if (packet.type == RF_PACKET_OPEN)
        expect(packet.ping_interval_ms >= 100 && packet.ping_interval_ms <= 300000 &&
               packet.ping_timeout_ms >= 100 && packet.ping_timeout_ms <= 300000);
    if (packet.type == RF_PACKET_EVENT && packet.ack_id >= 0)
        check_answer(&packet);
    check_join(text, size);
    return 0;
}
