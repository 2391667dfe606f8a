/* test_descriptors.c - room for connections among the descriptors the process may open. Lowers its own limits
 * for good: hence a program of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "http/descriptors.h"

static void set(rlim_t soft, rlim_t hard)
{
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static rlim_t soft_limit(void)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit.rlim_cur;
}

static void test_room(void **state)
{
    (void)state;
    set(300, 1000);
    assert_int_equal(rf_descriptors_for(20), 20);
    assert_int_equal(soft_limit(), 300); /* enough as it is */
    assert_int_equal(rf_descriptors_for(500), 500);
    assert_int_equal(soft_limit(), 756); /* raised no further than needed */
    assert_int_equal(rf_descriptors_for(12000), 744);
    assert_int_equal(soft_limit(), 1000); /* all there is, 256 of it for files */
}

static void test_little_room(void **state)
{
    (void)state;
    set(300, 300);
    assert_int_equal(rf_descriptors_for(12000), 151); /* half of it, where 256 would leave too little */
    assert_int_equal(rf_descriptors_for(30), 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_room), cmocka_unit_test(test_little_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
