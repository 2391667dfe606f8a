/* faulty_disk_shadow.h - what a power cut would leave of a folder, kept while a server writes to it.
 *
 * The shadow is a folder on the same file system as the root, but not below it. It has at any moment what was
 * made to last: files/INODE, the bytes at the last sync of that file, and folders/INODE, the names at the
 * last sync of that folder, a line "f|d INODE NAME" each. What is there when the shadow is made counts as
 * lasting. kept/INODE is the file itself, so that no number is used twice. A file whose sync has failed gets
 * nothing more into the shadow: a later sync says 0 on Linux, and has lost what the failed one should have
 * written. Renaming of folders is not followed. Calls must not run side by side, but for shadow_keep. */
#ifndef FAULTY_DISK_SHADOW_H
#define FAULTY_DISK_SHADOW_H

struct shadow {
    const char *folder; /* NULL: there is none */
};

/* Makes it, or goes on with the one that is there. */
void shadow_begin(struct shadow *shadow, const char *folder, const char *root);

/* A file that was just made. */
void shadow_keep(const struct shadow *shadow, const char *path, int fd);

/* Called before the sync itself: what comes while that runs need not be in it. Leaves errno as it is. */
void shadow_sync(const struct shadow *shadow, int fd, const char *path);

/* The sync of this one fails. */
void shadow_spoil(const struct shadow *shadow, int fd);

/* Ends the process: a test must not go on without what it relies on. */
void faulty_disk_give_up(const char *what) __attribute__((noreturn));

#endif
