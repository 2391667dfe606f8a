/* WS_DIALECT=auto: which dialect is asked for next, and when without the long wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "feed/websocket_detect.h"

static struct rf_detect detect;

static int set_up(void **state)
{
    (void)state;
    rf_detect_init(&detect, RF_DIALECT_AUTO);
    return 0;
}

static void a_refusal_leads_to_raw_at_once_and_back_slowly(void **state)
{
    (void)state;
    assert_false(rf_detect_sure(&detect));
    assert_int_equal(rf_detect_asked(&detect), RF_DIALECT_SOCKETIO);
    assert_true(rf_detect_fail(&detect, RF_DETECT_REFUSED));
    assert_int_equal(rf_detect_asked(&detect), RF_DIALECT_RAW);
    assert_false(rf_detect_fail(&detect, RF_DETECT_REFUSED));
    assert_int_equal(rf_detect_asked(&detect), RF_DIALECT_SOCKETIO);
}

static void an_absent_server_tells_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_false(rf_detect_fail(&detect, RF_DETECT_ABSENT));
    assert_int_equal(rf_detect_asked(&detect), RF_DIALECT_SOCKETIO);
}

static void trouble_changes_the_dialect_but_not_the_wait(void **state)
{
    (void)state;
    assert_false(rf_detect_fail(&detect, RF_DETECT_UNSURE));
    assert_int_equal(rf_detect_asked(&detect), RF_DIALECT_RAW);
}

static void what_was_learned_survives_one_miss_not_two(void **state)
{
    (void)state;
    rf_detect_learn(&detect, RF_DIALECT_SOCKETIO);
    assert_false(rf_detect_fail(&detect, RF_DETECT_REFUSED));
    assert_int_equal(detect.known, RF_DIALECT_SOCKETIO);
    assert_int_equal(rf_detect_asked(&detect), RF_DIALECT_SOCKETIO);
    rf_detect_learn(&detect, RF_DIALECT_SOCKETIO); /* joined again: counted anew */
    assert_false(rf_detect_fail(&detect, RF_DETECT_REFUSED));
    assert_false(rf_detect_fail(&detect, RF_DETECT_REFUSED));
    assert_int_equal(detect.known, RF_DIALECT_AUTO);
    assert_int_equal(rf_detect_asked(&detect), RF_DIALECT_RAW);
}

static void what_was_learned_survives_a_proxy_in_trouble(void **state)
{
    (void)state;
    rf_detect_learn(&detect, RF_DIALECT_SOCKETIO_V2);
    for (int i = 0; i < 10; i++)
        assert_false(rf_detect_fail(&detect, RF_DETECT_UNSURE));
    assert_int_equal(detect.known, RF_DIALECT_SOCKETIO_V2);
}

static void raw_may_live_where_socketio_was_asked_for(void **state)
{
    (void)state;
    rf_detect_learn(&detect, RF_DIALECT_RAW);
    assert_int_equal(detect.route, RF_DIALECT_SOCKETIO);
    assert_int_equal(rf_detect_asked(&detect), RF_DIALECT_RAW); /* so its silence is no fault */
}

static void v2_is_asked_as_v4_was(void **state)
{
    (void)state;
    rf_detect_learn(&detect, RF_DIALECT_SOCKETIO_V2);
    assert_int_equal(rf_detect_asked(&detect), RF_DIALECT_SOCKETIO);
}

static void what_is_configured_stays(void **state)
{
    (void)state;
    rf_detect_init(&detect, RF_DIALECT_SOCKETIO_V2);
    assert_true(rf_detect_sure(&detect));
    for (int i = 0; i < 5; i++)
        assert_false(rf_detect_fail(&detect, RF_DETECT_REFUSED));
    rf_detect_learn(&detect, RF_DIALECT_RAW);
    assert_int_equal(rf_detect_asked(&detect), RF_DIALECT_SOCKETIO_V2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_refusal_leads_to_raw_at_once_and_back_slowly, set_up),
        cmocka_unit_test_setup(an_absent_server_tells_nothing, set_up),
        cmocka_unit_test_setup(trouble_changes_the_dialect_but_not_the_wait, set_up),
        cmocka_unit_test_setup(what_was_learned_survives_one_miss_not_two, set_up),
        cmocka_unit_test_setup(what_was_learned_survives_a_proxy_in_trouble, set_up),
        cmocka_unit_test_setup(raw_may_live_where_socketio_was_asked_for, set_up),
        cmocka_unit_test_setup(v2_is_asked_as_v4_was, set_up),
        cmocka_unit_test_setup(what_is_configured_stays, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
