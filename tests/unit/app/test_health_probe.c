/* test_health_probe.c - the health check against small servers that answer what the test tells them to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "racefacer/app/health_probe.h"

struct server {
    int listener, port;
    const char *first, *second; /* two writes; NULL: none */
    char request[1024];
    pthread_t thread;
};

static void *serve(void *arg)
{
    struct server *server = arg;
    int fd = accept(server->listener, NULL, NULL);
    size_t len = 0;
    while (len + 1 < sizeof server->request && strstr(server->request, "\r\n\r\n") == NULL) {
        ssize_t got = read(fd, server->request + len, sizeof server->request - 1 - len);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    const char *parts[] = {server->first, server->second};
    for (int i = 0; i < 2; i++) {
        if (parts[i] != NULL && send(fd, parts[i], strlen(parts[i]), MSG_NOSIGNAL) < 0)
            break; /* the client knew enough */
    }
    close(fd);
    return NULL;
}

static void listen_on(struct server *server, const char *first, const char *second)
{
    *server = (struct server){.first = first, .second = second};
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listener, 4), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
    server->port = ntohs(address.sin_port);
}

static int probe(struct server *server, const char *host, struct rf_buf *why)
{
    rf_buf_clear(why);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
    int result = rf_health_probe(host, server->port, 5000, why);
    assert_int_equal(pthread_join(server->thread, NULL), 0);
    close(server->listener);
    return result;
}

static void test_200(void **state)
{
    (void)state;
    struct server server;
    struct rf_buf why = RF_BUF_INIT;
    listen_on(&server, "HTTP/1.1 200 OK\r\n", "Content-Length: 2\r\n\r\n{}");
    assert_int_equal(probe(&server, "127.0.0.1", &why), 0);
    assert_string_equal(rf_buf_str(&why), "");
    assert_memory_equal(server.request, "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n", 39);
    rf_buf_finish(&why);
}

static void test_all_addresses_mean_loopback(void **state)
{
    (void)state;
    static const char *const hosts[] = {"", "0.0.0.0", "::", "localhost"};
    struct rf_buf why = RF_BUF_INIT;
    for (size_t i = 0; i < 4; i++) {
        struct server server;
        listen_on(&server, "HTTP/1.1 2", "00 OK\r\n\r\n"); /* in two pieces */
        assert_int_equal(probe(&server, hosts[i], &why), 0);
    }
    rf_buf_finish(&why);
}

static void test_other_answers(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *why;
    } cases[] = {
        {"HTTP/1.1 503 Service Unavailable\r\n\r\n", "the answer was 503, not 200"},
        {"HTTP/1.1 2000 No\r\n\r\n", "the answer was no HTTP"},
        {"SSH-2.0-OpenSSH_9.2\r\n", "the answer was no HTTP"},
        {"HTTP/\r\n", "the answer was no HTTP"},
        {NULL, "the connection was closed"},
    };
    struct rf_buf why = RF_BUF_INIT;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct server server;
        listen_on(&server, cases[i].answer, NULL);
        assert_int_equal(probe(&server, "127.0.0.1", &why), -1);
        if (strstr(rf_buf_str(&why), cases[i].why) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", rf_buf_str(&why), cases[i].why);
        assert_ptr_equal(strchr(why.data, '\n'), why.data + why.len - 1); /* one line */
    }
    rf_buf_finish(&why);
}

static void test_nobody_there(void **state)
{
    (void)state;
    struct server server;
    struct rf_buf why = RF_BUF_INIT;
    listen_on(&server, NULL, NULL);
    close(server.listener);
    assert_int_equal(rf_health_probe("127.0.0.1", server.port, 5000, &why), -1);
    assert_non_null(strstr(rf_buf_str(&why), "connecting: Connection refused\n"));
    rf_buf_finish(&why);
}

/* The system takes the connection, nobody answers: the deadline ends it. */
static void test_silent_server(void **state)
{
    (void)state;
    struct server server;
    struct rf_buf why = RF_BUF_INIT;
    listen_on(&server, NULL, NULL);
    assert_int_equal(rf_health_probe("127.0.0.1", server.port, 50, &why), -1);
    assert_non_null(strstr(rf_buf_str(&why), "awaiting the answer: Connection timed out\n"));
    close(server.listener);
    rf_buf_finish(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_200),
        cmocka_unit_test(test_all_addresses_mean_loopback),
        cmocka_unit_test(test_other_answers),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_silent_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
