/* test_demo.c - the demo: a race that is under way, then goes on in real time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "racefacer/base/clock.h"
#include "unit/feed/play.h"

static void the_first_minutes_come_at_once(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct heard heard = {0};
    struct rf_source_callbacks callbacks = heard_callbacks(&heard);
    int64_t before = rf_clock_wall_ms();
    heard.source = rf_demo_create(&stage.loop, NULL, "venue", &callbacks);
    rf_source_start(heard.source);
    assert_int_equal(heard.count, 0);
    while (heard.count < 300)
        uv_run(&stage.loop, UV_RUN_ONCE);
    assert_int_equal(heard.states, 1);
    /* The first frame is three minutes old, under the channel's name; its own time says so as well. */
    char *rest;
    int64_t first = strtoll(heard.lines.data, &rest, 10);
    assert_in_range(first, before - 180000, rf_clock_wall_ms() - 180000 + 1000);
    assert_memory_equal(rest, " venue {\"data\":{", 16);
    char made[64];
    snprintf(made, sizeof made, "\"timestamp\":%lld,", (long long)(first / 1000));
    assert_non_null(strstr(heard.lines.data, made));
    assert_non_null(strstr(heard.lines.data, "\"slug\":\"venue\""));
    assert_true(rf_source_now_ms(heard.source) >= before);
    struct rf_feed_status status;
    rf_source_status(heard.source, &status);
    assert_string_equal(status.source, "demo");
    assert_string_equal(status.state, "joined");
    assert_true(status.connected);
    assert_int_equal(status.messages, heard.count);
    rf_source_close(heard.source, heard_closed, &heard);
    assert_int_equal(heard.closes, 0);
    uv_run(&stage.loop, UV_RUN_DEFAULT);
    assert_int_equal(heard.closes, 1);
    rf_buf_finish(&heard.lines);
    stage_finish(&stage);
}

static void it_can_be_closed_at_any_time(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    for (int when = 0; when < 3; when++) { /* before the start, after it, inside a callback */
        struct heard heard = {.close_after = when == 2 ? 5 : 0};
        struct rf_source_callbacks callbacks = heard_callbacks(&heard);
        heard.source = rf_demo_create(&stage.loop, NULL, "venue", &callbacks);
        if (when > 0)
            rf_source_start(heard.source);
        if (when < 2)
            rf_source_close(heard.source, heard_closed, &heard);
        uv_run(&stage.loop, UV_RUN_DEFAULT);
        assert_int_equal(heard.closes, 1);
        assert_int_equal(heard.count, heard.close_after);
        rf_buf_finish(&heard.lines);
    }
    stage_finish(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_minutes_come_at_once),
        cmocka_unit_test(it_can_be_closed_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
