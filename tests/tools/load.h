/* load.h - what the load generators share: the clock, connections to this machine, and the times they measure. */
#ifndef RF_TESTS_TOOLS_LOAD_H
#define RF_TESTS_TOOLS_LOAD_H

#include <stddef.h>
#include <stdint.h>

struct load_times {
    double *ms;
    size_t count, cap;
};

/* Monotonic; the clock that Node's process.hrtime reads too. */
int64_t load_now_us(void);

/* A connected TCP socket; ends the program where there is none. */
int load_connect(int port);

/* Writes all of it to a socket; ends the program where that fails. */
void load_send(int fd, const char *bytes, size_t len);

void load_times_add(struct load_times *times, double ms);
void load_times_finish(struct load_times *times);

/* Prints "median_ms":…,"p99_ms":…,"worst_ms":… of them, -1 where there are none. Sorts them. */
void load_times_print(struct load_times *times);

#endif
