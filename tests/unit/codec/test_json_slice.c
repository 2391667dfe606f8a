/* test_json_slice.c - repairing, checking and slicing JSON texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/memory.h"
#include "racefacer/codec/json_slice.h"

static struct rf_slice slice(const char *text)
{
    return (struct rf_slice){.data = text, .len = strlen(text)};
}

static void check_repair(const char *text, const char *expected)
{
    char *copy = rf_strdup(text);
    rf_json_repair(copy, strlen(copy));
    assert_string_equal(copy, expected);
    free(copy);
}

static void lone_surrogates_are_mended(void **state)
{
    (void)state;
    check_repair("\"A\\ud83d\"", "\"A\\ufffd\"");
    check_repair("\"\\uDE00x\"", "\"\\ufffdx\"");
    check_repair("\"\\ud83d\\ud83d\\ude00\"", "\"\\ufffd\\ud83d\\ude00\"");
    check_repair("\"\\ude00\\ud83d\"", "\"\\ufffd\\ufffd\"");
    check_repair("\"\\ud83d\\n\"", "\"\\ufffd\\n\"");
    check_repair("\"\\ud83d", "\"\\ufffd");
}

static void nul_and_control_characters_are_mended(void **state)
{
    (void)state;
    check_repair("\"a\\u0000b\"", "\"a\\ufffdb\"");
    check_repair("{\n\t\"a\nb\":\r1\x01}", "{\n\t\"a b\":\r1 }");
    char text[] = "\"a\0b\"";
    rf_json_repair(text, sizeof(text) - 1);
    assert_memory_equal(text, "\"a b\"", 6);
}

static void good_text_is_left_alone(void **state)
{
    (void)state;
    check_repair(
        "\"\\ud83d\\ude00 \\u00e9 \\\\ud83d \\\"\\\\\"", "\"\\ud83d\\ude00 \\u00e9 \\\\ud83d \\\"\\\\\"");
    check_repair("\"\\u12", "\"\\u12");
    check_repair("\"\\", "\"\\");
    check_repair("", "");
}

static void utf8(void **state)
{
    (void)state;
    assert_true(rf_utf8_valid("", 0));
    assert_true(rf_utf8_valid("a\0b", 3));
    assert_true(rf_utf8_valid("é李😀\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80", 19));
    const char *bad[] = {"\x80", "\xc3", "\xc3(", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xe6\x9d", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "ok\xf0\x9f\x98"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(rf_utf8_valid(bad[i], strlen(bad[i])));
}

static void valid_json(void **state)
{
    (void)state;
    const char *good[] = {"0", "-0", "10.5e-3", "1E+9", "\"\"", "\"\\u12aF\\\"\\/\"", " [ ] ", "{}",
        "[1,[2,{}],\"a\"]", "{\"a\":{\"b\":[null,true,false]},\"\":1}\n", "[[[]]]", "\"é\x7f\""};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (!rf_json_valid(good[i], strlen(good[i])))
            fail_msg("refused: %s", good[i]);
    const char *bad[] = {"", " ", "01", "-", "1.", ".5", "+1", "1e", "0x10", "nul", "nullx", "tru", "\"",
        "\"\\\"", "\"\\x\"", "\"\\u12g4\"", "\"a\nb\"", "[", "]", "[1", "[1,]", "[,1]", "[1 2]", "[1}",
        "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{,}", "{\"a\":1]", "1 2", "{} x", "{\"a\" 1}", "NaN"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (rf_json_valid(bad[i], strlen(bad[i])))
            fail_msg("accepted: %s", bad[i]);
    assert_false(rf_json_valid("1\0", 2));
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    size_t depth = RF_JSON_MAX_DEPTH;
    char *text = rf_new(2 * depth + 3);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    assert_true(rf_json_valid(text, 2 * depth));
    memset(text, '[', depth + 1);
    memset(text + depth + 1, ']', depth + 1);
    assert_false(rf_json_valid(text, 2 * depth + 2));
    free(text);
}

static void check_next(struct rf_json_walk *walk, const char *key, const char *value)
{
    struct rf_slice k, v;
    assert_true(rf_json_walk_next(walk, &k, &v));
    if (!rf_slice_is(k, key) || !rf_slice_is(v, value))
        fail_msg("wanted %s %s, got %.*s %.*s", key, value, (int)k.len, k.data, (int)v.len, v.data);
}

static void walk_an_object(void **state)
{
    (void)state;
    struct rf_json_walk walk;
    struct rf_slice key, value;
    assert_true(
        rf_json_walk_begin(&walk, slice(" { \"a\" : 1.50 , \"b\\\"c\":\"x,}\\\"]\",\"d\":[1,{\"e\":\"]\"}] "
                                        ",\"f\":{\"g\":{}},\"h\":null } ")));
    assert_true(walk.object);
    check_next(&walk, "a", "1.50");
    check_next(&walk, "b\\\"c", "\"x,}\\\"]\"");
    check_next(&walk, "d", "[1,{\"e\":\"]\"}]");
    check_next(&walk, "f", "{\"g\":{}}");
    check_next(&walk, "h", "null");
    assert_false(rf_json_walk_next(&walk, &key, &value));
    assert_false(rf_json_walk_next(&walk, &key, &value));
}

static void walk_an_array(void **state)
{
    (void)state;
    struct rf_json_walk walk;
    struct rf_slice key, value;
    assert_true(rf_json_walk_begin(&walk, slice("[ 1 ,[2,3],\"\", true]")));
    assert_false(walk.object);
    check_next(&walk, "", "1");
    check_next(&walk, "", "[2,3]");
    check_next(&walk, "", "\"\"");
    check_next(&walk, "", "true");
    assert_false(rf_json_walk_next(&walk, &key, &value));
    assert_true(rf_json_walk_begin(&walk, slice("[]")));
    assert_false(rf_json_walk_next(&walk, &key, &value));
    assert_false(rf_json_walk_begin(&walk, slice("\"[]\"")));
    assert_false(rf_json_walk_next(&walk, &key, &value));
    assert_false(rf_json_walk_begin(&walk, slice("")));
}

static void broken_texts_end_the_walk(void **state)
{
    (void)state;
    const char *bad[] = {"{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":,", "{a:1}", "[", "[,,", "[1,,", "[\"\\",
        "[\"\\\"", "{\"a\\\"", "[[[", "[}", "{]", "[{\"a\":[}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        size_t len = strlen(bad[i]);
        char *copy = malloc(len); /* no NUL behind it: a sanitizer sees a step too far */
        assert_non_null(copy);
        memcpy(copy, bad[i], len);
        struct rf_json_walk walk;
        struct rf_slice key, value;
        assert_true(rf_json_walk_begin(&walk, (struct rf_slice){.data = copy, .len = len}));
        int steps = 0;
        while (rf_json_walk_next(&walk, &key, &value))
            steps++;
        assert_true(steps <= 1);
        free(copy);
    }
}

static void members(void **state)
{
    (void)state;
    struct rf_slice object = slice("{\"a\":{\"b\":0},\"b\":1,\"b\":2,\"\":3}"), value;
    assert_true(rf_json_member(object, "b", &value));
    assert_true(rf_slice_is(value, "1"));
    assert_true(rf_json_member(object, "", &value));
    assert_true(rf_slice_is(value, "3"));
    assert_false(rf_json_member(object, "c", &value));
    assert_false(rf_json_member(slice("[\"b\",1]"), "", &value));
    assert_true(rf_slice_is(slice("ab"), "ab"));
    assert_false(rf_slice_is(slice("ab"), "abc"));
    assert_false(rf_slice_is(slice("abc"), "ab"));
    assert_true(rf_slice_is((struct rf_slice){0}, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lone_surrogates_are_mended),
        cmocka_unit_test(nul_and_control_characters_are_mended), cmocka_unit_test(good_text_is_left_alone),
        cmocka_unit_test(utf8), cmocka_unit_test(valid_json), cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(walk_an_object), cmocka_unit_test(walk_an_array),
        cmocka_unit_test(broken_texts_end_the_walk), cmocka_unit_test(members)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
