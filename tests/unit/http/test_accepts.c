/* test_accepts.c - what Accept and Accept-Encoding take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/accepts.h"

static bool takes_gzip(const char *list)
{
    return rf_accepts((struct rf_slice){list, strlen(list)}, "gzip");
}

static void test_accepts(void **state)
{
    (void)state;
    static const char *const yes[] = {
        "gzip", "GZIP", "br, gzip", "gzip;q=0.5", "deflate ,\tgzip ; q=1.0, br", "gzip;q=0.001", "gzip;x=0"};
    static const char *const no[] = {"", "br", "gzip;q=0", "gzip;q=0.000", "gzip ; Q=0.0", "*", "xgzip",
        "gzipx", "identity;q=1, gzip;q=0", ",;,", "q=gzip"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (!takes_gzip(yes[i]))
            fail_msg("\"%s\" takes it", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (takes_gzip(no[i]))
            fail_msg("\"%s\" does not take it", no[i]);
    assert_false(rf_accepts((struct rf_slice){NULL, 0}, "gzip"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_accepts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
