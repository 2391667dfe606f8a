/* test_buf.c - the growing buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "racefacer/base/buf.h"

static void test_empty(void **state)
{
    (void)state;
    struct rf_buf buf = RF_BUF_INIT;
    assert_string_equal(rf_buf_str(&buf), "");
    rf_buf_clear(&buf);
    rf_buf_append(&buf, NULL, 0);
    assert_string_equal(rf_buf_str(&buf), "");
    assert_int_equal(buf.len, 0);
    char *taken = rf_buf_take(&buf);
    assert_string_equal(taken, "");
    free(taken);
    rf_buf_finish(&buf);
    rf_buf_finish(&buf);
}

static void test_grows(void **state)
{
    (void)state;
    struct rf_buf buf = RF_BUF_INIT;
    for (int i = 0; i < 1000; i++)
        rf_buf_printf(&buf, "%03d", i);
    assert_int_equal(buf.len, 3000);
    assert_memory_equal(buf.data, "000001002", 9);
    assert_string_equal(buf.data + 2994, "998999");
    rf_buf_finish(&buf);
    assert_null(buf.data);
}

static void test_every_length_is_terminated(void **state)
{
    (void)state;
    struct rf_buf buf = RF_BUF_INIT;
    for (size_t i = 1; i <= 300; i++) { /* over several growths */
        rf_buf_putc(&buf, 'x');
        assert_int_equal(strlen(rf_buf_str(&buf)), i);
    }
    rf_buf_clear(&buf);
    assert_string_equal(rf_buf_str(&buf), "");
    size_t cap = buf.cap;
    rf_buf_puts(&buf, "again");
    assert_int_equal(buf.cap, cap); /* the memory was kept */
    rf_buf_finish(&buf);
}

static void test_bytes_with_nul(void **state)
{
    (void)state;
    struct rf_buf buf = RF_BUF_INIT;
    rf_buf_append(&buf, "a\0b", 3);
    assert_int_equal(buf.len, 3);
    assert_memory_equal(buf.data, "a\0b\0", 4);
    rf_buf_finish(&buf);
}

static void test_take_leaves_it_empty(void **state)
{
    (void)state;
    struct rf_buf buf = RF_BUF_INIT;
    rf_buf_puts(&buf, "mine");
    char *taken = rf_buf_take(&buf);
    assert_string_equal(taken, "mine");
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
    rf_buf_puts(&buf, "next");
    assert_string_equal(taken, "mine");
    free(taken);
    rf_buf_finish(&buf);
}

static void test_printf_longer_than_reserved(void **state)
{
    (void)state;
    struct rf_buf buf = RF_BUF_INIT;
    rf_buf_puts(&buf, "<");
    rf_buf_printf(&buf, "%0500d", 7);
    rf_buf_printf(&buf, "%s", "");
    assert_int_equal(buf.len, 501);
    assert_int_equal(buf.data[0], '<');
    assert_int_equal(buf.data[500], '7');
    assert_int_equal(buf.data[499], '0');
    rf_buf_finish(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_every_length_is_terminated),
        cmocka_unit_test(test_bytes_with_nul),
        cmocka_unit_test(test_take_leaves_it_empty),
        cmocka_unit_test(test_printf_longer_than_reserved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
