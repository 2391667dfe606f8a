/* disk.h - a small file system in memory, with what a power cut would leave of it. */
#ifndef RACEFACER_TESTS_SIMULATION_DISK_H
#define RACEFACER_TESTS_SIMULATION_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk_name {
    char *name; /* owned */
    struct inode *inode;
};

struct disk_names {
    struct disk_name *at;
    size_t count, cap;
};

/* Every inode has what programs see and what the medium has. */
struct inode {
    bool folder, locked;
    int refs;
    int64_t changed_ms;
    char *bytes;
    size_t len, cap;
    char *synced; /* owned */
    size_t synced_len;
    bool spoilt; /* a sync has failed: nobody knows what later ones are worth */
    struct disk_names names, synced_names;
};

void disk_begin(void); /* an empty one, for a world */

/* The file or folder of that absolute path, or NULL. *parent and *name (within `path`): where it is, or would
 * be; NULL where there is no such folder. */
struct inode *disk_find(const char *path, struct inode **parent, const char **name);

struct inode *disk_hold(struct inode *inode);
void disk_drop(struct inode *inode); /* takes NULL */

struct inode *disk_make(struct inode *parent, const char *name, bool folder);
void disk_unlink(struct inode *parent, const char *name);
void disk_rename(struct inode *from, const char *old_name, struct inode *to, const char *new_name);
void disk_write(struct inode *inode, size_t at, const void *data, size_t len);
void disk_truncate(struct inode *inode, size_t len);
void disk_sync(struct inode *inode);
void disk_spoil(struct inode *inode); /* a sync has failed: what was not on the medium is, or is not */

/* The power goes and comes back: of what was not synced some is there. */
void disk_power_cut(void);

#endif
