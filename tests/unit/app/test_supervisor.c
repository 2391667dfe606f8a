/* test_supervisor.c - what systemd is told, with a socket of ours in systemd's place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "app/supervisor.h"
#include "support/temp_folder.h"

static struct temp_folder folder;
static int listener;
static uv_loop_t loop;
static struct rf_supervisor *supervisor; /* closed at the end of each test */

static void listen_at(const char *path, size_t len)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, len);
    listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address,
                         (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
        0);
}

static int set_up(void **state)
{
    (void)state;
    temp_folder_make(&folder);
    const char *path = temp_path(&folder, "notify");
    listen_at(path, strlen(path));
    assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
    assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);
    assert_int_equal(unsetenv("WATCHDOG_PID"), 0);
    assert_int_equal(uv_loop_init(&loop), 0);
    return 0;
}

static void end_supervisor(void)
{
    rf_supervisor_close(supervisor);
    supervisor = NULL;
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
}

static int tear_down(void **state)
{
    (void)state;
    end_supervisor();
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(close(listener), 0);
    temp_folder_remove(&folder);
    return 0;
}

/* The next datagram; "" where there is none. */
static const char *told(void)
{
    static char text[1024];
    ssize_t got = recv(listener, text, sizeof text - 1, 0);
    text[got < 0 ? 0 : got] = '\0';
    return text;
}

static void test_nobody_asks(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    supervisor = rf_supervisor_create(&loop, NULL);
    assert_null(supervisor);
    rf_supervisor_ready(supervisor);
    rf_supervisor_status(supervisor, "joined");
    rf_supervisor_stopping(supervisor);
    rf_supervisor_close(supervisor);
    assert_string_equal(told(), "");
}

static void test_a_life(void **state)
{
    (void)state;
    supervisor = rf_supervisor_create(&loop, NULL);
    assert_string_equal(told(), ""); /* not before it is ready */
    rf_supervisor_ready(supervisor);
    assert_string_equal(told(), "READY=1\n");
    rf_supervisor_status(supervisor, "feed: waiting");
    assert_string_equal(told(), "STATUS=feed: waiting\n");
    rf_supervisor_status(supervisor, "feed: waiting");
    assert_string_equal(told(), "");
    rf_supervisor_status(supervisor, "feed: joined");
    assert_string_equal(told(), "STATUS=feed: joined\n");
    rf_supervisor_stopping(supervisor);
    assert_string_equal(told(), "STOPPING=1\n");
}

static void test_a_status_is_one_line(void **state)
{
    (void)state;
    supervisor = rf_supervisor_create(&loop, NULL);
    for (int i = 0; i < 2; i++)
        rf_supervisor_status(supervisor, "refused\nMAINPID=1\r\nERRNO=5");
    assert_string_equal(told(), "STATUS=refused MAINPID=1  ERRNO=5\n");
    assert_string_equal(told(), ""); /* the second is no news */
}

static void test_a_name_without_a_file(void **state)
{
    (void)state;
    char name[64];
    snprintf(name, sizeof name, "@rf-test-supervisor-%d", (int)getpid());
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    assert_int_equal(close(listener), 0);
    size_t len = strlen(name);
    name[0] = '\0';
    listen_at(name, len);
    supervisor = rf_supervisor_create(&loop, NULL);
    rf_supervisor_ready(supervisor);
    assert_string_equal(told(), "READY=1\n");
}

static void test_addresses_that_are_none(void **state)
{
    (void)state;
    char longer[200] = "/";
    memset(longer + 1, 'x', sizeof longer - 2);
    const char *wrong[] = {"", "/", "@", "notify", "vsock:2:1234", longer};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(setenv("NOTIFY_SOCKET", wrong[i], 1), 0);
        assert_null(rf_supervisor_create(&loop, NULL));
    }
}

/* Nobody takes the datagrams away: whoever tells must not wait, and tells what is new once there is room. */
static void test_a_full_queue(void **state)
{
    (void)state;
    supervisor = rf_supervisor_create(&loop, NULL);
    char text[32];
    for (int i = 0; i < 2000; i++) {
        snprintf(text, sizeof text, "%d", i);
        rf_supervisor_status(supervisor, text);
    }
    rf_supervisor_ready(supervisor);
    int count = 0;
    for (const char *got = told(); got[0] != '\0'; got = told()) {
        assert_null(strstr(got, "READY"));
        count++;
    }
    assert_in_range(count, 1, 1999);
    rf_supervisor_status(supervisor, text);
    assert_string_equal(told(), "READY=1\nSTATUS=1999\n");
}

static void test_a_listener_that_comes_late(void **state)
{
    (void)state;
    const char *path = temp_path(&folder, "notify");
    assert_int_equal(close(listener), 0);
    assert_int_equal(unlink(path), 0);
    supervisor = rf_supervisor_create(&loop, NULL);
    rf_supervisor_ready(supervisor);
    listen_at(path, strlen(path));
    rf_supervisor_status(supervisor, "joined");
    assert_string_equal(told(), "READY=1\nSTATUS=joined\n");
}

static void ask_for_pings(const char *usec)
{
    char pid[32];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    assert_int_equal(setenv("WATCHDOG_USEC", usec, 1), 0);
    assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
}

static void test_pings_come_from_the_loop(void **state)
{
    (void)state;
    ask_for_pings("20000");
    supervisor = rf_supervisor_create(&loop, NULL);
    (void)usleep(50000); /* however late: a loop that does not turn tells nothing */
    assert_string_equal(told(), "");
    for (int i = 0; i < 3; i++) {
        assert_int_not_equal(uv_run(&loop, UV_RUN_ONCE), 0);
        assert_string_equal(told(), "WATCHDOG=1\n");
    }
}

static void note_timer(uv_handle_t *handle, void *every_ms)
{
    if (uv_handle_get_type(handle) == UV_TIMER && uv_is_active(handle))
        *(uint64_t *)every_ms = uv_timer_get_repeat((uv_timer_t *)handle);
}

/* Half the time that is allowed, and no timer where there is none, or it is meant for another process. */
static void test_how_often(void **state)
{
    (void)state;
    static const struct {
        const char *usec, *pid;
        uint64_t every_ms; /* 0: no timer */
    } cases[] = {{"30000000", NULL, 15000}, {"1000", NULL, 1}, {"0", NULL, 0}, {"x", NULL, 0},
        {"18446744073709551615", NULL, 0}, {"30000000", "1", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ask_for_pings(cases[i].usec);
        if (cases[i].pid != NULL)
            assert_int_equal(setenv("WATCHDOG_PID", cases[i].pid, 1), 0);
        supervisor = rf_supervisor_create(&loop, NULL);
        uint64_t every_ms = 0;
        uv_walk(&loop, note_timer, &every_ms);
        assert_int_equal(every_ms, cases[i].every_ms);
        end_supervisor();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nobody_asks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_life, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_status_is_one_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_name_without_a_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_addresses_that_are_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_queue, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_listener_that_comes_late, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pings_come_from_the_loop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_how_often, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
