/* expect.h - a check that a fuzzer reports, in every kind of build. */
#ifndef FUZZ_EXPECT_H
#define FUZZ_EXPECT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void expect_at(int holds, const char *what, const char *file, int line)
{
    if (holds)
        return;
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

#define expect(condition) expect_at((condition) ? 1 : 0, #condition, __FILE__, __LINE__)

#endif
