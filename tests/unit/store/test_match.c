/* test_match.c - case folding and the search for parts of names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/match.h"

static void assert_folds(const char *text, const char *wanted)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    assert_true(utf8 != (locale_t)0);
    char *folded = rf_match_fold(utf8, text);
    assert_string_equal(folded, wanted);
    free(folded);
    freelocale(utf8);
}

static void test_folds_every_script_with_case(void **state)
{
    (void)state;
    assert_folds("", "");
    assert_folds("Heat #12 A", "heat #12 a");
    assert_folds("ÉMILE Ångström", "émile ångström");
    assert_folds("ИВАН", "иван");
    assert_folds("ΝΙΚΟΣ", "νικοσ");
    assert_folds("山田 🏁", "山田 🏁");
}

static void test_broken_utf8_stays(void **state)
{
    (void)state;
    assert_folds("A\xff"
                 "B\xc3",
        "a\xff"
        "b\xc3");
}

static void test_without_a_locale_ascii_folds(void **state)
{
    (void)state;
    char *folded = rf_match_fold((locale_t)0, "ABC É");
    assert_string_equal(folded, "abc É");
    free(folded);
}

static void test_parts_stay_within_a_line(void **state)
{
    (void)state;
    assert_true(rf_match_part("ana\nben\n", "ben"));
    assert_true(rf_match_part("ana\nben\n", "en"));
    assert_false(rf_match_part("ana\nben\n", "cy"));
    assert_false(rf_match_part("ana\nben\n", "a\nb"));
}

static void test_a_number_is_matched_whole(void **state)
{
    (void)state;
    assert_true(rf_match_name("track 1", "1"));
    assert_false(rf_match_name("track 12", "1"));
    assert_false(rf_match_name("track 21", "1"));
    assert_true(rf_match_name("track 12 and 1b", "1")); /* the second one counts */
    assert_true(rf_match_name("track 12", "ck 1"));     /* not digits only: any part */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folds_every_script_with_case),
        cmocka_unit_test(test_broken_utf8_stays),
        cmocka_unit_test(test_without_a_locale_ascii_folds),
        cmocka_unit_test(test_parts_stay_within_a_line),
        cmocka_unit_test(test_a_number_is_matched_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
