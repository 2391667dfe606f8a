/* test_packet.c - Engine.IO and Socket.IO packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "racefacer/codec/json_slice.h"
#include "racefacer/codec/packet.h"

static struct rf_packet parse(const char *text)
{
    struct rf_packet packet;
    rf_packet_parse(text, strlen(text), &packet);
    return packet;
}

static void check_type(const char *text, enum rf_packet_type type)
{
    struct rf_packet packet = parse(text);
    if (packet.type != type)
        fail_msg("%s is a packet of type %d, not %d", text, (int)packet.type, (int)type);
}

static void open_v4(void **state)
{
    (void)state;
    struct rf_packet packet = parse("0{\"sid\":\"x\",\"upgrades\":[],\"pingInterval\":26000,\"pingTimeout\":"
                                    "21000,\"maxPayload\":1000000}");
    assert_int_equal(packet.type, RF_PACKET_OPEN);
    assert_int_equal(packet.ping_interval_ms, 26000);
    assert_int_equal(packet.ping_timeout_ms, 21000);
    assert_true(packet.v4);
}

static void open_v2(void **state)
{
    (void)state;
    struct rf_packet packet =
        parse("0{\"sid\":\"x\",\"upgrades\":[],\"pingInterval\":\"26000\",\"pingTimeout\":5000}");
    assert_int_equal(packet.type, RF_PACKET_OPEN);
    assert_int_equal(packet.ping_interval_ms, 26000);
    assert_int_equal(packet.ping_timeout_ms, 5000);
    assert_false(packet.v4);
}

static void open_with_odd_settings(void **state)
{
    (void)state;
    struct rf_packet packet = parse("0{\"sid\":\"x\"}");
    assert_int_equal(packet.ping_interval_ms, 25000);
    assert_int_equal(packet.ping_timeout_ms, 20000);
    packet = parse("0{\"pingInterval\":1,\"pingTimeout\":99999999}");
    assert_int_equal(packet.ping_interval_ms, 100);
    assert_int_equal(packet.ping_timeout_ms, 300000);
    packet = parse("0{\"pingInterval\":-5,\"pingTimeout\":null}");
    assert_int_equal(packet.ping_interval_ms, 25000);
    assert_int_equal(packet.ping_timeout_ms, 20000);
    packet = parse("0{\"pingInterval\":0,\"pingTimeout\":99999999999999999999}");
    assert_int_equal(packet.ping_interval_ms, 25000);
    assert_int_equal(packet.ping_timeout_ms, 20000);
    check_type("0", RF_PACKET_BAD);
    check_type("0[]", RF_PACKET_BAD);
}

static void plain_types(void **state)
{
    (void)state;
    check_type("1", RF_PACKET_CLOSE);
    check_type("2", RF_PACKET_PING);
    check_type("2probe", RF_PACKET_PING);
    check_type("3", RF_PACKET_PONG);
    check_type("3probe", RF_PACKET_PONG);
    check_type("5", RF_PACKET_IGNORED);
    check_type("6", RF_PACKET_IGNORED);
    check_type("40", RF_PACKET_CONNECT);
    check_type("40{\"sid\":\"y\"}", RF_PACKET_CONNECT);
    check_type("41", RF_PACKET_DISCONNECT);
    check_type("4317[]", RF_PACKET_IGNORED);
    const char *bad[] = {"", "7", "4", "49", "1{}", "{\"data\":{}}", "[]", "x", "-1", "42", "42{}", "42[]",
        "42[1]", "42[\"a\"", "42[\"a\",{\"b\":1", "42[\"a", "42\"a\"", "421234567890123456[\"a\"]",
        "42/ns[\"a\",1]", "45", "451", "45-[]", "451[\"a\"]", "4599999-[]"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        check_type(bad[i], RF_PACKET_BAD);
}

static void an_event(void **state)
{
    (void)state;
    struct rf_packet packet = parse("42[\"lemansentertainment\", {\"data\":{\"a\":[1,\"]\"]}} ,\"more\"]");
    assert_int_equal(packet.type, RF_PACKET_EVENT);
    assert_true(rf_slice_is(packet.name, "lemansentertainment"));
    assert_true(rf_slice_is(packet.payload, "{\"data\":{\"a\":[1,\"]\"]}}"));
    assert_int_equal(packet.ack_id, -1);
    assert_true(packet.main_namespace);
    assert_true(rf_slice_is(packet.reply_namespace, ""));
    packet = parse("42[\"a\\\"b\"]\n");
    assert_int_equal(packet.type, RF_PACKET_EVENT);
    assert_true(rf_slice_is(packet.name, "a\\\"b"));
    assert_int_equal(packet.payload.len, 0);
}

static void an_event_with_namespace_and_ack(void **state)
{
    (void)state;
    struct rf_buf out = RF_BUF_INIT;
    struct rf_packet packet = parse("42/ns,17[\"e\",{}]");
    assert_int_equal(packet.type, RF_PACKET_EVENT);
    assert_false(packet.main_namespace);
    assert_int_equal(packet.ack_id, 17);
    assert_true(rf_slice_is(packet.name, "e"));
    assert_true(rf_slice_is(packet.payload, "{}"));
    rf_packet_format_ack(&out, &packet);
    assert_string_equal(rf_buf_str(&out), "43/ns,17[]");
    rf_buf_clear(&out);

    packet = parse("4217[\"e\",{}]");
    assert_int_equal(packet.type, RF_PACKET_EVENT);
    assert_true(packet.main_namespace);
    rf_packet_format_ack(&out, &packet);
    assert_string_equal(rf_buf_str(&out), "4317[]");
    rf_buf_finish(&out);

    packet = parse("42/,[\"e\",1]");
    assert_int_equal(packet.type, RF_PACKET_EVENT);
    assert_true(packet.main_namespace);
    assert_int_equal(packet.ack_id, -1);
}

static void namespaces_of_other_packets(void **state)
{
    (void)state;
    assert_true(parse("40").main_namespace);
    assert_false(parse("40/admin,{\"sid\":\"y\"}").main_namespace);
    assert_false(parse("40/admin").main_namespace);
    assert_true(parse("40/?token=1").main_namespace);
    assert_false(parse("41/admin,").main_namespace);
    assert_true(parse("41").main_namespace);
}

static void connect_errors(void **state)
{
    (void)state;
    struct rf_packet packet = parse("44{\"message\":\"Invalid\"}");
    assert_int_equal(packet.type, RF_PACKET_CONNECT_ERROR);
    assert_true(rf_slice_is(packet.payload, "{\"message\":\"Invalid\"}"));
    packet = parse("44/ns,\"no such namespace\"");
    assert_int_equal(packet.type, RF_PACKET_CONNECT_ERROR);
    assert_false(packet.main_namespace);
    assert_true(rf_slice_is(packet.payload, "\"no such namespace\""));
}

static void binary_events(void **state)
{
    (void)state;
    struct rf_packet packet = parse("451-[\"e\",{\"_placeholder\":true,\"num\":0}]");
    assert_int_equal(packet.type, RF_PACKET_IGNORED);
    assert_int_equal(packet.attachments, 1);
    packet = parse("4612-/ns,3[]");
    assert_int_equal(packet.type, RF_PACKET_IGNORED);
    assert_int_equal(packet.attachments, 12);
    assert_false(packet.main_namespace);
}

static void a_join(void **state)
{
    (void)state;
    struct rf_buf out = RF_BUF_INIT;
    rf_packet_format_join(&out, "lemansentertainment");
    assert_string_equal(rf_buf_str(&out), "42[\"join\",\"lemansentertainment\"]");
    rf_buf_clear(&out);
    rf_packet_format_join(&out, "a\"b");
    assert_string_equal(rf_buf_str(&out), "42[\"join\",\"a\\\"b\"]");
    rf_buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(open_v4), cmocka_unit_test(open_v2),
        cmocka_unit_test(open_with_odd_settings), cmocka_unit_test(plain_types), cmocka_unit_test(an_event),
        cmocka_unit_test(an_event_with_namespace_and_ack), cmocka_unit_test(namespaces_of_other_packets),
        cmocka_unit_test(connect_errors), cmocka_unit_test(binary_events), cmocka_unit_test(a_join)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
