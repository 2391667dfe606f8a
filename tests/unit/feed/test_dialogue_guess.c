/* The conversation with a plain WebSocket, and with a server whose dialect is only guessed. */
#include "dialogue_talk.h"

static void raw_as_configured_delivers_everything_and_sends_nothing(void **state)
{
    struct fixture *f = *state;
    open_at(f, RF_DIALECT_RAW, true);
    assert_said(f, "joined\n");
    assert_int_equal(rf_dialogue_next_ms(&f->dialogue), INT64_MAX);
    hear(f, "{\"data\":{}}", 100100);
    hear(f, "nonsense", 100100); /* for the decoder to refuse */
    hear_binary(f, " {\"b\":1}", 100100);
    assert_said(f, "={\"data\":{}}\n=nonsense\n= {\"b\":1}\n");
    hear_binary(f, "\x01\x02", 100100);
    assert_int_equal(f->dialogue.bad, 1);
    assert_said(f, "");
}

static void plain_json_where_socketio_is_configured(void **state)
{
    struct fixture *f = *state;
    open_at(f, RF_DIALECT_SOCKETIO, true);
    hear(f, "{\"data\":{}}", 100100);
    assert_said(f, "closed: the server sends plain JSON, no Socket.IO: set WS_DIALECT to raw or auto\n");
}

static void guessing_plain_json_at_the_socketio_path_is_raw(void **state)
{
    struct fixture *f = *state;
    open_at(f, RF_DIALECT_SOCKETIO, false);
    hear(f, "\n{\"data\":{}}", 100100);
    assert_said(f, "joined\n=\n{\"data\":{}}\n");
    assert_int_equal(f->dialogue.spoken, RF_DIALECT_RAW);
    assert_true(f->dialogue.proven);
}

static void guessing_an_open_packet_at_the_raw_path_is_socketio(void **state)
{
    struct fixture *f = *state;
    open_at(f, RF_DIALECT_RAW, false);
    hear(f, OPEN4, 100100);
    hear(f, "40{\"sid\":\"b\"}", 100200);
    assert_said(f, ">40\n" JOIN "joined\n");
}

static void guessing_silence_is_raw_but_not_proven(void **state)
{
    struct fixture *f = *state;
    open_at(f, RF_DIALECT_RAW, false);
    assert_said(f, "");
    rf_dialogue_tick(&f->dialogue, 101000);
    assert_said(f, "joined\n");
    assert_false(f->dialogue.proven);
    rf_dialogue_tick(&f->dialogue, 900000); /* a quiet feed is no fault */
    assert_said(f, "");
    hear(f, "[1]", 900001);
    assert_said(f, "=[1]\n");
    assert_true(f->dialogue.proven);
}

static void a_late_open_packet_corrects_the_guess(void **state)
{
    struct fixture *f = *state;
    open_at(f, RF_DIALECT_RAW, false);
    rf_dialogue_tick(&f->dialogue, 101000);
    hear(f, OPEN4, 200000);
    assert_said(f, "joined\n>40\n");
    assert_int_equal(rf_dialogue_next_ms(&f->dialogue), 210000); /* a time of its own for the handshake */
    hear(f, "40{\"sid\":\"b\"}", 200100);
    assert_said(f, JOIN "joined\n");
}

static void guessing_at_the_socketio_path_does_not_take_silence(void **state)
{
    struct fixture *f = *state;
    open_at(f, RF_DIALECT_SOCKETIO, false);
    rf_dialogue_tick(&f->dialogue, 105000);
    assert_said(f, "");
    rf_dialogue_tick(&f->dialogue, 110000);
    assert_said(f, "closed: the server says nothing: no Engine.IO open packet\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(raw_as_configured_delivers_everything_and_sends_nothing),
        TEST(plain_json_where_socketio_is_configured),
        TEST(guessing_plain_json_at_the_socketio_path_is_raw),
        TEST(guessing_an_open_packet_at_the_raw_path_is_socketio),
        TEST(guessing_silence_is_raw_but_not_proven),
        TEST(a_late_open_packet_corrects_the_guess),
        TEST(guessing_at_the_socketio_path_does_not_take_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
