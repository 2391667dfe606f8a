/* disk_calls.h - how the simulated disk behaves just now. */
#ifndef RACEFACER_TESTS_SIMULATION_DISK_CALLS_H
#define RACEFACER_TESTS_SIMULATION_DISK_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk_mood {
    double fails;    /* of all calls that write, so many */
    double misreads; /* of those that read */
    bool full;       /* no room for anything new */
    double hangs;    /* seconds to minutes */
    int64_t sync_us; /* how long one takes, about */
};

extern struct disk_mood disk_mood;

void disk_calls_begin(void);  /* of a life: no file is open */
uint64_t disk_misreads(void); /* since then */
uint64_t disk_failures(void); /* of any kind since then */

/* ---- what the calls share */

struct inode;
struct stat;

struct open_file {
    struct inode *inode; /* held; NULL: free */
    size_t at;
    int flags;
    bool locks;
};

enum disk_call { READS, WRITES, SYNCS, GROWS /* needs room */, NAMES, CLOSES };

/* Waits as long as the call takes, and decides. False with errno set: it fails. */
bool disk_call_go_on(const char *call, const char *what, enum disk_call kind);
/* In a crash: whether the call was still carried out. */
bool disk_call_carried_out(void);
/* The last thing in every call: in a crash nobody is there any more to return to. */
void disk_call_finish(void);
int disk_call_fail(int error); /* the same; -1 with errno set */

struct open_file *disk_call_file(int fd);
int disk_call_open(struct inode *inode, int flags); /* a file descriptor */
int disk_call_status(const struct inode *inode, struct stat *out);

#endif
