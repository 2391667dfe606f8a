/* The Socket.IO conversation, 4 and 2, with a clock of the test's own: handshake, heartbeat, events. */
#include "dialogue_talk.h"

static void join_v4(struct fixture *f)
{
    open_at(f, RF_DIALECT_SOCKETIO, true);
    hear(f, OPEN4, 100100);
    hear(f, "40{\"sid\":\"b\"}", 100200);
    assert_said(f, ">40\n" JOIN "joined\n");
}

static void join_v2(struct fixture *f)
{
    open_at(f, RF_DIALECT_SOCKETIO, true);
    hear(f, OPEN3, 100000);
    hear(f, "40", 100001);
    assert_said(f, JOIN "joined\n");
}

static void v4_handshake_step_by_step(void **state)
{
    struct fixture *f = *state;
    open_at(f, RF_DIALECT_SOCKETIO, true);
    assert_said(f, "");
    assert_int_equal(rf_dialogue_next_ms(&f->dialogue), 110000);
    hear(f, OPEN4, 100100);
    assert_said(f, ">40\n");
    hear(f, "40{\"sid\":\"b\"}", 100200);
    assert_said(f, JOIN "joined\n");
    assert_int_equal(f->dialogue.spoken, RF_DIALECT_SOCKETIO);
    hear(f, "40{\"sid\":\"b\"}", 100300); /* twice is once */
    assert_said(f, "");
}

static void v4_answers_pings_and_dies_without(void **state)
{
    struct fixture *f = *state;
    join_v4(f);
    assert_int_equal(rf_dialogue_next_ms(&f->dialogue), 145200); /* 100200 + 25000 + 20000 */
    hear(f, "2", 125000);
    assert_said(f, ">3\n");
    assert_int_equal(rf_dialogue_next_ms(&f->dialogue), 170000);
    rf_dialogue_tick(&f->dialogue, 169999);
    assert_said(f, "");
    rf_dialogue_tick(&f->dialogue, 170000);
    assert_said(f, "closed: the connection is dead: nothing has come for 45 s\n");
    assert_int_equal(rf_dialogue_next_ms(&f->dialogue), INT64_MAX);
    hear(f, "2", 170001); /* nothing after the end */
    assert_said(f, "");
}

static void v2_pings_by_itself_and_dies_unanswered(void **state)
{
    struct fixture *f = *state;
    join_v2(f);
    assert_int_equal(f->dialogue.spoken, RF_DIALECT_SOCKETIO_V2);
    assert_int_equal(rf_dialogue_next_ms(&f->dialogue), 125000);
    rf_dialogue_tick(&f->dialogue, 125000);
    assert_said(f, ">2\n");
    assert_int_equal(rf_dialogue_next_ms(&f->dialogue), 130000); /* pingTimeout */
    hear(f, "3", 125010);
    assert_int_equal(rf_dialogue_next_ms(&f->dialogue), 150000);
    rf_dialogue_tick(&f->dialogue, 150000);
    assert_said(f, ">2\n");
    rf_dialogue_tick(&f->dialogue, 154999);
    assert_said(f, "");
    rf_dialogue_tick(&f->dialogue, 155000);
    assert_said(f, "closed: the connection is dead: a ping was not answered\n");
}

static void v2_timeout_longer_than_the_interval_still_ends(void **state)
{
    struct fixture *f = *state;
    open_at(f, RF_DIALECT_SOCKETIO, true);
    hear(f, "0{\"sid\":\"a\",\"pingInterval\":10000,\"pingTimeout\":25000}", 100000);
    hear(f, "40", 100000);
    rf_dialogue_tick(&f->dialogue, 110000);
    rf_dialogue_tick(&f->dialogue, 120000);
    rf_dialogue_tick(&f->dialogue, 130000);
    assert_said(f, JOIN "joined\n>2\n>2\n>2\n");
    rf_dialogue_tick(&f->dialogue, 135000); /* 25 s after the first ping */
    assert_said(f, "closed: the connection is dead: a ping was not answered\n");
}

static void old_v4_without_max_payload_is_told_by_its_silence(void **state)
{
    struct fixture *f = *state;
    open_at(f, RF_DIALECT_SOCKETIO, true);
    hear(f, OPEN3, 100000);
    assert_said(f, "");
    assert_int_equal(rf_dialogue_next_ms(&f->dialogue), 101000);
    rf_dialogue_tick(&f->dialogue, 101000);
    assert_said(f, ">40\n");
    hear(f, "40{\"sid\":\"b\"}", 101010);
    assert_said(f, JOIN "joined\n");
    assert_int_equal(f->dialogue.spoken, RF_DIALECT_SOCKETIO);
}

static void old_v4_without_max_payload_is_told_by_its_ping(void **state)
{
    struct fixture *f = *state;
    open_at(f, RF_DIALECT_SOCKETIO, true);
    hear(f, OPEN3, 100000);
    hear(f, "2", 100300);
    assert_said(f, ">40\n>3\n");
}

static void configured_v2_stays_v2_where_max_payload_is_told(void **state)
{
    struct fixture *f = *state;
    open_at(f, RF_DIALECT_SOCKETIO_V2, true);
    hear(f, OPEN4, 100000);
    assert_said(f, "");
    hear(f, "40", 100001);
    assert_said(f, JOIN "joined\n");
    rf_dialogue_tick(&f->dialogue, 125000);
    assert_said(f, ">2\n");
}

static void no_open_packet_in_time(void **state)
{
    struct fixture *f = *state;
    open_at(f, RF_DIALECT_SOCKETIO, true);
    rf_dialogue_tick(&f->dialogue, 109999);
    assert_said(f, "");
    rf_dialogue_tick(&f->dialogue, 110000);
    assert_said(f, "closed: the server says nothing: no Engine.IO open packet\n");
}

static void no_connect_answer_in_time(void **state)
{
    struct fixture *f = *state;
    open_at(f, RF_DIALECT_SOCKETIO, true);
    hear(f, OPEN4, 100100);
    rf_dialogue_tick(&f->dialogue, 110000);
    assert_said(f, ">40\nclosed: the server does not answer the Socket.IO connect\n");
}

static void refusal_disconnect_and_close_end_it(void **state)
{
    struct fixture *f = *state;
    open_at(f, RF_DIALECT_SOCKETIO, true);
    hear(f, OPEN4, 100100);
    hear(f, "44{\"message\":\"not\nyou\"}", 100200);
    assert_said(f, ">40\nclosed: the server refuses the connection: \"not you\"\n");
    join_v4(f);
    hear(f, "41", 100300);
    assert_said(f, "closed: the server has disconnected us\n");
    join_v4(f);
    hear(f, "1", 100300);
    assert_said(f, "closed: the server has closed the session\n");
}

static void events_of_the_channel_and_the_known_ones_are_delivered(void **state)
{
    struct fixture *f = *state;
    join_v4(f);
    hear(f, "42[\"venue\",{\"data\":{}}]", 100300);
    hear(f, "42[\"timing-data\",{\"a\":1}]", 100300);
    hear(f, "42[\"session-data\",{\"b\":1}]", 100300);
    hear(f, "42[\"lap-data\",{\"c\":1}]", 100300);
    assert_said(
        f, "venue={\"data\":{}}\ntiming-data={\"a\":1}\nsession-data={\"b\":1}\nlap-data={\"c\":1}\n");
    hear(f, "42[\"venues\",{\"a\":1}]", 100300);
    hear(f, "42[\"chat\",\"hello\"]", 100300);
    hear(f, "42[\"venue\"]", 100300);
    assert_said(f, "");
    assert_int_equal(f->dialogue.bad, 0);
}

static void a_channel_that_needs_escapes(void **state)
{
    struct fixture *f = *state;
    rf_dialogue_finish(&f->dialogue);
    rf_dialogue_init(&f->dialogue, &ops, f, "a\"b\\c");
    open_at(f, RF_DIALECT_SOCKETIO, true);
    hear(f, OPEN4, 100100);
    hear(f, "40{\"sid\":\"b\"}", 100200);
    assert_said(f, ">40\n>42[\"join\",\"a\\\"b\\\\c\"]\njoined\n");
    hear(f, "42[\"a\\\"b\\\\c\",{\"x\":1}]", 100300);
    assert_said(f, "a\"b\\c={\"x\":1}\n");
}

static void other_namespaces_are_acknowledged_only(void **state)
{
    struct fixture *f = *state;
    join_v4(f);
    hear(f, "42/other,17[\"venue\",{\"a\":1}]", 100300);
    assert_said(f, ">43/other,17[]\n");
    hear(f, "4218[\"venue\",{\"a\":1}]", 100300);
    assert_said(f, ">4318[]\nvenue={\"a\":1}\n");
    hear(f, "41/other,", 100300);
    hear(f, "44/other,{\"message\":\"no\"}", 100300);
    assert_said(f, "");
}

static void attachments_are_skipped_and_other_binary_counted(void **state)
{
    struct fixture *f = *state;
    join_v4(f);
    hear(f, "452-[\"venue\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]", 100300);
    hear_binary(f, "{\"x\":1}", 100301);
    hear_binary(f, "{\"x\":2}", 100302);
    assert_int_equal(f->dialogue.bad, 0);
    hear_binary(f, "{\"x\":3}", 100303);
    assert_int_equal(f->dialogue.bad, 1);
    hear(f, "42[\"venue\",{\"a\":1}]", 100304);
    assert_said(f, "venue={\"a\":1}\n");
}

static void what_is_no_packet_is_counted_and_survived(void **state)
{
    struct fixture *f = *state;
    join_v4(f);
    hear(f, "", 100300);
    hear(f, "hello", 100300);
    hear(f, "42[", 100300);
    assert_int_equal(f->dialogue.bad, 3);
    hear(f, "42[\"venue\",{\"a\":1}]", 100304);
    assert_said(f, "venue={\"a\":1}\n");
}

static void a_reset_forgets_all_but_the_count(void **state)
{
    struct fixture *f = *state;
    join_v2(f);
    hear(f, "x", 100300);
    hear(f, "451-[\"venue\",{}]", 100300);
    rf_dialogue_tick(&f->dialogue, 125000);
    assert_said(f, ">2\n");
    rf_dialogue_reset(&f->dialogue);
    assert_int_equal(rf_dialogue_next_ms(&f->dialogue), INT64_MAX);
    assert_int_equal(f->dialogue.bad, 1);
    hear(f, OPEN4, 130000);
    rf_dialogue_tick(&f->dialogue, 190000);
    assert_said(f, "");
    join_v4(f);
    hear_binary(f, "x", 100400); /* not an attachment of the last connection's */
    assert_int_equal(f->dialogue.bad, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(v4_handshake_step_by_step),
        TEST(v4_answers_pings_and_dies_without),
        TEST(v2_pings_by_itself_and_dies_unanswered),
        TEST(v2_timeout_longer_than_the_interval_still_ends),
        TEST(old_v4_without_max_payload_is_told_by_its_silence),
        TEST(old_v4_without_max_payload_is_told_by_its_ping),
        TEST(configured_v2_stays_v2_where_max_payload_is_told),
        TEST(no_open_packet_in_time),
        TEST(no_connect_answer_in_time),
        TEST(refusal_disconnect_and_close_end_it),
        TEST(events_of_the_channel_and_the_known_ones_are_delivered),
        TEST(a_channel_that_needs_escapes),
        TEST(other_namespaces_are_acknowledged_only),
        TEST(attachments_are_skipped_and_other_binary_counted),
        TEST(what_is_no_packet_is_counted_and_survived),
        TEST(a_reset_forgets_all_but_the_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
