/* The page and its files: who gets it, in which encoding, and what browsers are told about it. */
#include "server_fixture.h"

static struct fixture *start_usual(void)
{
    struct rf_http_options options = usual_options();
    return start(&options);
}

static void assert_header(const char *answer, const char *name, const char *value)
{
    char got[256];
    assert_true(header_of(answer, name, got));
    assert_string_equal(got, value);
}

static void assert_page(const char *answer)
{
    assert_int_equal(status_of(answer), 200);
    assert_header(answer, "Content-Type", "text/html; charset=utf-8");
    assert_header(answer, "Vary", "Accept, Accept-Encoding");
    assert_header(answer, "Cache-Control", "no-cache");
    assert_header(answer, "X-Content-Type-Options", "nosniff");
}

static void assert_welcome(const char *answer)
{
    assert_int_equal(status_of(answer), 200);
    assert_header(answer, "Content-Type", "application/json; charset=utf-8");
    assert_header(answer, "Vary", "Accept");
    assert_non_null(strstr(body_of(answer), "\"endpoints\""));
}

static void test_who_gets_it(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    assert_page(ask(f, "GET", "/", "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n"));
    assert_string_equal(body_of(rf_buf_str(&f->answer)), "<p>");
    assert_page(ask(f, "GET", "/?view=tv", "Accept: image/png , TEXT/HTML;level=1\r\n"));
    assert_welcome(ask(f, "GET", "/", ""));
    assert_welcome(ask(f, "GET", "/", "Accept: */*\r\n"));
    assert_welcome(ask(f, "GET", "/", "Accept: application/json\r\n"));
    assert_welcome(ask(f, "GET", "/", "Accept: text/html;q=0.0, */*\r\n"));
    assert_welcome(ask(f, "GET", "/", "Accept: text/html5\r\n"));
    finish(f, 1000);
}

static void test_encodings(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    char etag[256];
    const char *answer = ask(f, "GET", "/", "Accept: text/html\r\nAccept-Encoding: br, gzip;q=0.5\r\n");
    assert_page(answer);
    assert_header(answer, "Content-Encoding", "gzip");
    assert_header(answer, "ETag", "\"pz\"");
    assert_string_equal(body_of(answer), "gz");
    answer = ask(f, "GET", "/", "Accept: text/html\r\nAccept-Encoding: gzip;q=0, br\r\n");
    assert_false(header_of(answer, "Content-Encoding", etag));
    assert_header(answer, "ETag", "\"p\"");
    answer = ask(f, "GET", "/", "Accept: text/html\r\nIf-None-Match: \"p\"\r\n");
    assert_int_equal(status_of(answer), 304);
    answer = ask(f, "GET", "/", "Accept: text/html\r\nAccept-Encoding: gzip\r\nIf-None-Match: \"p\"\r\n");
    assert_int_equal(status_of(answer), 200); /* what it has is another encoding */
    finish(f, 1000);
}

static void test_files(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    const char *answer = ask(f, "GET", "/assets/a-1.js?x=1", "");
    assert_int_equal(status_of(answer), 200);
    assert_header(answer, "Content-Type", "text/javascript");
    assert_header(answer, "Cache-Control", "public, max-age=31536000, immutable");
    assert_string_equal(body_of(answer), "run()");
    assert_string_equal(body_of(ask(f, "HEAD", "/assets/a-1.js", "")), "");
    assert_int_equal(status_of(rf_buf_str(&f->answer)), 200);
    static const char *const missing[] = {
        "/assets/a-2.js", "/assets/", "/assets/..%2fa-1.js", "/assets/a-1.jsx"};
    for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
        assert_int_equal(status_of(ask(f, "GET", missing[i], "Accept: text/html\r\n")), 404);
    assert_int_equal(status_of(ask(f, "DELETE", "/assets/a-1.js", "")), 405);
    finish(f, 1000);
}

static void test_policy(void **state)
{
    (void)state;
    struct fixture *f = start_usual();
    char policy[256];
    assert_true(header_of(ask(f, "GET", "/", "Accept: text/html\r\n"), "Content-Security-Policy", policy));
    assert_non_null(strstr(policy, "default-src 'none'; script-src 'self'; style-src 'self';"));
    assert_null(strstr(policy, "unsafe"));
    finish(f, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_who_gets_it), cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_files), cmocka_unit_test(test_policy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
