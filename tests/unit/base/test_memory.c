/* test_memory.c - what is large goes back to the system. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "racefacer/base/memory.h"

static void large_blocks_are_mappings_of_their_own(void **state)
{
    (void)state;
#if !defined(__GLIBC__) || defined(__SANITIZE_ADDRESS__)
    skip();
#else
    rf_memory_setup();
    free(rf_new(8 << 20)); /* after this, glibc would by itself take up to 8 MB from the heap */
    size_t before = mallinfo2().hblks;
    char *volatile block = rf_new(1 << 20);
    assert_int_equal(mallinfo2().hblks, before + 1);
    free(block);
    assert_int_equal(mallinfo2().hblks, before);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_blocks_are_mappings_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
