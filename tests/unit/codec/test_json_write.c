/* test_json_write.c - JSON written value by value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/codec/json_slice.h"
#include "racefacer/codec/json_write.h"

static struct rf_slice slice(const char *text)
{
    return (struct rf_slice){.data = text, .len = strlen(text)};
}

static void check_string(const char *value, const char *expected)
{
    struct rf_buf out = RF_BUF_INIT;
    struct rf_json json;
    rf_json_init(&json, &out);
    rf_json_string(&json, NULL, value);
    assert_string_equal(rf_buf_str(&out), expected);
    rf_buf_finish(&out);
}

static void check_double(double value, int decimals, const char *expected)
{
    struct rf_buf out = RF_BUF_INIT;
    struct rf_json json;
    rf_json_init(&json, &out);
    rf_json_double(&json, NULL, value, decimals);
    assert_string_equal(rf_buf_str(&out), expected);
    rf_buf_finish(&out);
}

static void a_document(void **state)
{
    (void)state;
    struct rf_buf out = RF_BUF_INIT;
    struct rf_json json;
    rf_json_init(&json, &out);
    rf_json_object(&json, NULL);
    rf_json_array(&json, "empty");
    rf_json_array_end(&json);
    rf_json_object(&json, "none");
    rf_json_object_end(&json);
    rf_json_array(&json, "list");
    rf_json_int(&json, NULL, 1);
    rf_json_object(&json, NULL);
    rf_json_bool(&json, "yes", true);
    rf_json_bool(&json, "no", false);
    rf_json_object_end(&json);
    rf_json_null(&json, NULL);
    rf_json_array_end(&json);
    rf_json_string(&json, "name", NULL);
    rf_json_int(&json, "least", INT64_MIN);
    rf_json_iso(&json, "at", 1767261600000);
    rf_json_raw(&json, "raw", "{\"a\": 1}", 8);
    rf_json_raw_member(&json, slice("k\\u0041"), slice("[2]"));
    rf_json_object_end(&json);
    assert_string_equal(rf_buf_str(&out),
        "{\"empty\":[],\"none\":{},\"list\":[1,{\"yes\":true,\"no\":false},null],\"name\":null,"
        "\"least\":-9223372036854775808,\"at\":\"2026-01-01T10:00:00.000Z\",\"raw\":{\"a\": "
        "1},\"k\\u0041\":[2]}");
    assert_true(rf_json_valid(out.data, out.len));
    rf_buf_finish(&out);
}

static void escaped_strings(void **state)
{
    (void)state;
    check_string("", "\"\"");
    check_string("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
    check_string("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
    check_string("\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\"");
    check_string("<Zoë 李 😀>", "\"<Zoë 李 😀>\"");
}

static void malformed_utf8_is_replaced(void **state)
{
    (void)state;
    check_string("a\xff"
                 "b",
        "\"a\xef\xbf\xbd"
        "b\"");
    check_string("\xc3", "\"\xef\xbf\xbd\"");                                 /* cut in the middle */
    check_string("\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\"");                 /* overlong */
    check_string("\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* a surrogate */
    check_string(
        "\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* above U+10FFFF */
}

static void keys_are_escaped(void **state)
{
    (void)state;
    struct rf_buf out = RF_BUF_INIT;
    struct rf_json json;
    rf_json_init(&json, &out);
    rf_json_object(&json, NULL);
    rf_json_int(&json, "a\"b", 1);
    rf_json_object_end(&json);
    assert_string_equal(rf_buf_str(&out), "{\"a\\\"b\":1}");
    rf_buf_finish(&out);
}

static void doubles(void **state)
{
    (void)state;
    check_double(27010.4, 1, "27010.4");
    check_double(97, 1, "97");
    check_double(100, 0, "100");
    check_double(0.481, 3, "0.481");
    check_double(0.4800004, 3, "0.48");
    check_double(26600.0 + 1.0 / 3, 1, "26600.3");
    check_double(-1.5, 1, "-1.5");
    check_double(0, 3, "0");
    check_double(-0.0001, 3, "0");
    check_double(-0.0, 0, "0");
    check_double(1e20, 1, "100000000000000000000");
    check_double(NAN, 1, "null");
    check_double(-INFINITY, 1, "null");
}

static void doubles_in_a_locale_with_commas(void **state)
{
    (void)state;
    const char *names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "es_ES.UTF-8"};
    const char *found = NULL;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && found == NULL; i++)
        found = setlocale(LC_NUMERIC, names[i]);
    if (found == NULL) {
        print_message("no locale with decimal commas is installed\n");
        skip();
    }
    check_double(0.481, 3, "0.481");
    check_double(1234567.5, 1, "1234567.5");
    assert_non_null(setlocale(LC_NUMERIC, "C"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_document), cmocka_unit_test(escaped_strings),
        cmocka_unit_test(malformed_utf8_is_replaced), cmocka_unit_test(keys_are_escaped),
        cmocka_unit_test(doubles), cmocka_unit_test(doubles_in_a_locale_with_commas)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
