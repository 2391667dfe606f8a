/* Client addresses, origins, entity tags and who may delete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/address.h"
#include "http/cors.h"
#include "http/etag.h"
#include "http/permission.h"

static struct rf_slice slice(const char *text)
{
    return (struct rf_slice){text, text != NULL ? strlen(text) : 0};
}

static struct rf_address address(const char *text)
{
    struct rf_address out;
    assert_true(rf_address_parse(&out, text, strlen(text)));
    return out;
}

static void assert_same(struct rf_address a, const char *b)
{
    struct rf_address other = address(b);
    assert_memory_equal(a.bytes, other.bytes, 16);
}

static void test_addresses(void **state)
{
    (void)state;
    struct rf_address out;
    assert_same(address("192.0.2.1:8080"), "192.0.2.1");
    assert_same(address(" ::ffff:192.0.2.1 "), "192.0.2.1");
    assert_same(address("[2001:db8::1]:80"), "2001:db8::1");
    assert_same(address("[2001:db8::1]"), "2001:db8:0::1");
    static const char *bad[] = {
        "", "unknown", "192.0.2", "192.0.2.1x", "[::1", "[::1]x", "fe80::1%eth0", "_hidden"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(rf_address_parse(&out, bad[i], strlen(bad[i])));
    static const char *here[] = {"127.0.0.1", "127.9.8.7", "::1", "::ffff:127.0.0.1"};
    for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
        out = address(here[i]);
        assert_true(rf_address_is_loopback(&out));
    }
    static const char *elsewhere[] = {"128.0.0.1", "::2", "::7f00:1", "fe80::1", "0.0.0.0", "::"};
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
        out = address(elsewhere[i]);
        assert_false(rf_address_is_loopback(&out));
    }
}

static void test_groups(void **state)
{
    (void)state;
    struct rf_address a = address("2001:db8:1:2:3:4:5:6"), b = address("192.0.2.77");
    assert_same(rf_address_group(&a), "2001:db8:1:2::");
    assert_same(rf_address_group(&b), "192.0.2.77");
}

static void test_proxies(void **state)
{
    (void)state;
    struct rf_address peer = address("10.0.0.1");
    struct rf_slice list = slice("1.1.1.1, 2.2.2.2,3.3.3.3");
    assert_same(rf_address_client(&peer, list, 0), "10.0.0.1");
    assert_same(rf_address_client(&peer, list, 1), "3.3.3.3");
    assert_same(rf_address_client(&peer, list, 2), "2.2.2.2");
    assert_same(rf_address_client(&peer, list, 9), "1.1.1.1");
    assert_same(rf_address_client(&peer, slice(""), 1), "10.0.0.1");
    assert_same(rf_address_client(&peer, slice("4.4.4.4, nonsense"), 2), "10.0.0.1");
    assert_same(rf_address_client(&peer, slice("4.4.4.4, x, 5.5.5.5"), 3), "5.5.5.5");
}

static void test_origins(void **state)
{
    (void)state;
    struct rf_cors cors;
    rf_cors_init(&cors, "*");
    assert_int_equal(rf_cors_variants(&cors), 1);
    assert_int_equal(rf_cors_variant(&cors, slice("http://a")), 0);
    assert_string_equal(rf_cors_allowed(&cors, 0), "*");
    rf_cors_finish(&cors);
    rf_cors_init(&cors, " http://a , ,https://b:8443/ ");
    assert_int_equal(rf_cors_variants(&cors), 3);
    assert_int_equal(rf_cors_variant(&cors, slice(NULL)), 0);
    assert_int_equal(rf_cors_variant(&cors, slice("http://a")), 1);
    assert_int_equal(rf_cors_variant(&cors, slice("https://b:8443")), 2);
    assert_int_equal(rf_cors_variant(&cors, slice("https://b")), 0);
    assert_int_equal(rf_cors_variant(&cors, slice("http://a.b")), 0);
    assert_int_equal(rf_cors_variant(&cors, slice("null")), 0);
    assert_null(rf_cors_allowed(&cors, 0));
    assert_string_equal(rf_cors_allowed(&cors, 2), "https://b:8443");
    rf_cors_finish(&cors);
}

static void test_etags(void **state)
{
    (void)state;
    char etag[RF_ETAG_SIZE], other[RF_ETAG_SIZE];
    rf_etag_make(etag, "", 0);
    assert_string_equal(
        etag, "\"2d06800538d394c2\""); /* XXH3's value of nothing: it must not change by itself */
    rf_etag_make(etag, "a", 1);
    rf_etag_make(other, "b", 1);
    assert_string_not_equal(etag, other);
    assert_true(rf_etag_listed(slice("*"), "\"1\""));
    assert_true(rf_etag_listed(slice("\"1\""), "\"1\""));
    assert_true(rf_etag_listed(slice("\"0\", W/\"1\""), "\"1\""));
    assert_true(rf_etag_listed(slice(" ,\"a,b\",\"1\""), "\"1\""));
    assert_false(rf_etag_listed(slice("\"10\""), "\"1\""));
    assert_false(rf_etag_listed(slice("1"), "\"1\""));
    assert_false(rf_etag_listed(slice("\"1"), "\"1\""));
    assert_false(rf_etag_listed(slice("W/"), "\"1\""));
    assert_false(rf_etag_listed(slice(""), "\"1\""));
}

static struct rf_asker local(void)
{
    return (struct rf_asker){
        .peer = address("127.0.0.1"), .client = address("127.0.0.1"), .host = slice("localhost:3001")};
}

static void test_deleting_with_a_token(void **state)
{
    (void)state;
    struct rf_asker asker = local();
    assert_non_null(rf_permission_refusal("secret", &asker)); /* being local is not enough then */
    static const char *bad[] = {"Bearer", "Bearer ", "Bearer secre", "Bearer secrets", "Bearer Secret",
        "Basic secret", "secret", "Bearer secret secret"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        asker.authorization = slice(bad[i]);
        assert_non_null(rf_permission_refusal("secret", &asker));
    }
    asker.peer = asker.client = address("192.0.2.1");
    asker.origin = slice("http://elsewhere");
    asker.authorization = slice("bearer  secret ");
    assert_null(rf_permission_refusal("secret", &asker));
}

static void test_deleting_without_a_token(void **state)
{
    (void)state;
    struct rf_asker asker = local();
    assert_null(rf_permission_refusal("", &asker));
    asker.authorization = slice("Bearer anything");
    assert_null(rf_permission_refusal("", &asker));
    asker.peer = address("192.0.2.1");
    assert_non_null(rf_permission_refusal("", &asker));
    asker = local();
    asker.client = address("192.0.2.1"); /* a trusted proxy here says it is for somebody elsewhere */
    asker.trust_proxy = asker.forwarded = true;
    assert_non_null(rf_permission_refusal("", &asker));
    asker.client = address("::1");
    assert_null(rf_permission_refusal("", &asker));
    asker.trust_proxy = false; /* a proxy nobody told us of */
    assert_non_null(rf_permission_refusal("", &asker));
}

static void test_deleting_from_pages(void **state)
{
    (void)state;
    static const struct {
        const char *origin, *host, *site;
        bool allowed;
    } cases[] = {{"http://localhost:3001", "localhost:3001", "same-origin", true},
        {"http://127.0.0.1:3001", "127.0.0.1:3001", NULL, true},
        {"http://[::1]:3001", "[::1]:3001", NULL, true}, {NULL, "anything", "none", true},
        {"http://localhost:3000", "localhost:3001", NULL, false},
        {"http://evil.example:3001", "localhost:3001", NULL, false},
        /* a stranger's name that resolves to 127.0.0.1 */
        {"http://evil.example:3001", "evil.example:3001", "same-origin", false},
        {"http://localhost.evil.example", "localhost.evil.example", NULL, false},
        {"http://192.0.2.1:3001", "192.0.2.1:3001", NULL, false}, {"null", "localhost:3001", NULL, false},
        {"http://localhost:3001", NULL, NULL, false}, {NULL, "localhost:3001", "cross-site", false},
        {NULL, "localhost:3001", "same-site", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rf_asker asker = local();
        asker.origin = slice(cases[i].origin);
        asker.host = slice(cases[i].host);
        asker.fetch_site = slice(cases[i].site);
        if ((rf_permission_refusal("", &asker) == NULL) != cases[i].allowed)
            print_error("case %zu\n", i);
        assert_int_equal(rf_permission_refusal("", &asker) == NULL, cases[i].allowed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_addresses), cmocka_unit_test(test_groups),
        cmocka_unit_test(test_proxies), cmocka_unit_test(test_origins), cmocka_unit_test(test_etags),
        cmocka_unit_test(test_deleting_with_a_token), cmocka_unit_test(test_deleting_without_a_token),
        cmocka_unit_test(test_deleting_from_pages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
