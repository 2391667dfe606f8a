/* The files in the binary: the page, and whatever it names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "racefacer/dashboard/dashboard.h"

static void test_page(void **state)
{
    (void)state;
    const struct rf_asset *page = rf_dashboard_find("/", 1);
    assert_non_null(page);
    assert_false(page->immutable);
    assert_string_equal(page->type, "text/html; charset=utf-8");
    assert_int_equal(page->gzip.data[0], 0x1f);
    assert_int_equal(page->gzip.data[1], 0x8b);
    assert_string_not_equal(page->plain.etag, page->gzip.etag);
    assert_null(rf_dashboard_find("/assets/", 8));
    assert_null(rf_dashboard_find("/index.html", 11));
}

static void test_what_it_names(void **state)
{
    (void)state;
    const struct rf_asset *page = rf_dashboard_find("/", 1);
    char *html = calloc(1, page->plain.len + 1);
    int count = 0;
    assert_non_null(html);
    memcpy(html, page->plain.data, page->plain.len);
    for (const char *at = strstr(html, "\"/assets/"); at != NULL;
         at = strstr(at + 1, "\"/assets/"), count++) {
        const struct rf_asset *asset = rf_dashboard_find(at + 1, strcspn(at + 1, "\""));
        assert_non_null(asset);
        assert_true(asset->immutable);
        assert_true(asset->plain.len > 0);
    }
    assert_true(count >= 3); /* a script, a sheet, an icon */
    free(html);
}

static void test_the_document_of_the_api(void **state)
{
    (void)state;
    const struct rf_asset *document = rf_dashboard_find("/api/openapi.json", 17);
    assert_non_null(document);
    assert_false(document->immutable);
    assert_string_equal(document->type, "application/json; charset=utf-8");
    assert_int_equal(document->plain.data[0], '{');
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_page), cmocka_unit_test(test_what_it_names),
        cmocka_unit_test(test_the_document_of_the_api)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
