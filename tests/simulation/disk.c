/* disk.c - the simulated medium: names and bytes as programs see them, and as they would be after a power
 * cut. */
#include "disk.h"

#include <string.h>

#include "simulation.h"

#define SECTOR 512

/* A change of names that is not known to be on the medium; a rename is one, also from folder to folder. */
struct change {
    struct inode *from, *to, *inode; /* from or to may be NULL; held, all three */
    char *old_name, *new_name;       /* owned */
};

static struct inode *root;
static struct change *changes; /* in the order they were made */
static size_t change_count, change_cap;

/* ---- inodes and names */

static void clear_names(struct disk_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        sim_free(names->at[i].name);
        disk_drop(names->at[i].inode);
    }
    sim_free(names->at);
    *names = (struct disk_names){0};
}

struct inode *disk_hold(struct inode *inode)
{
    if (inode != NULL)
        inode->refs++;
    return inode;
}

void disk_drop(struct inode *inode)
{
    if (inode == NULL || --inode->refs > 0)
        return;
    clear_names(&inode->names);
    clear_names(&inode->synced_names);
    sim_free(inode->bytes);
    sim_free(inode->synced);
    sim_free(inode);
}

static struct inode *new_inode(bool folder)
{
    struct inode *inode = sim_alloc(sizeof *inode);
    inode->folder = folder;
    inode->refs = 1;
    inode->changed_ms = sim_wall_ms();
    return inode;
}

static struct disk_name *find_name(const struct disk_names *names, const char *name, size_t len)
{
    for (size_t i = 0; i < names->count; i++)
        if (strncmp(names->at[i].name, name, len) == 0 && names->at[i].name[len] == '\0')
            return &names->at[i];
    return NULL;
}

static void set_name(struct disk_names *names, const char *name, struct inode *inode)
{
    struct disk_name *found = find_name(names, name, strlen(name));
    disk_hold(inode);
    if (found != NULL) {
        disk_drop(found->inode);
        found->inode = inode;
        return;
    }
    if (names->count == names->cap) {
        names->cap = names->cap == 0 ? 8 : 2 * names->cap;
        names->at = sim_resize(names->at, names->cap * sizeof *names->at);
    }
    names->at[names->count++] = (struct disk_name){sim_copy(name), inode};
}

static void remove_name(struct disk_names *names, const char *name)
{
    struct disk_name *found = find_name(names, name, strlen(name));
    if (found == NULL)
        return;
    sim_free(found->name);
    disk_drop(found->inode);
    *found = names->at[--names->count];
}

static void copy_names(struct disk_names *to, const struct disk_names *from)
{
    clear_names(to);
    for (size_t i = 0; i < from->count; i++)
        set_name(to, from->at[i].name, from->at[i].inode);
}

struct inode *disk_find(const char *path, struct inode **parent, const char **name)
{
    struct inode *at = root;
    *parent = NULL;
    *name = path;
    while (*path == '/')
        path++;
    while (*path != '\0') {
        size_t len = strcspn(path, "/");
        bool last = path[len + strspn(path + len, "/")] == '\0';
        struct disk_name *found = at->folder ? find_name(&at->names, path, len) : NULL;
        if (last) {
            *parent = at->folder ? at : NULL;
            *name = path;
            return found == NULL ? NULL : found->inode;
        }
        if (found == NULL)
            return NULL;
        at = found->inode;
        path += len + strspn(path + len, "/");
    }
    return at;
}

/* ---- changes of names */

static void free_change(struct change *change)
{
    disk_drop(change->from);
    disk_drop(change->to);
    disk_drop(change->inode);
    sim_free(change->old_name);
    sim_free(change->new_name);
}

static void add_change(
    struct inode *from, const char *old_name, struct inode *to, const char *new_name, struct inode *inode)
{
    if (change_count == change_cap) {
        change_cap = change_cap == 0 ? 16 : 2 * change_cap;
        changes = sim_resize(changes, change_cap * sizeof *changes);
    }
    changes[change_count++] = (struct change){disk_hold(from), disk_hold(to), disk_hold(inode),
        old_name == NULL ? NULL : sim_copy(old_name), new_name == NULL ? NULL : sim_copy(new_name)};
}

static void land(const struct change *change)
{
    if (change->from != NULL)
        remove_name(&change->from->synced_names, change->old_name);
    if (change->to != NULL)
        set_name(&change->to->synced_names, change->new_name, change->inode);
}

struct inode *disk_make(struct inode *parent, const char *name, bool folder)
{
    struct inode *inode = new_inode(folder);
    set_name(&parent->names, name, inode);
    add_change(NULL, NULL, parent, name, inode);
    disk_drop(inode);
    return inode;
}

void disk_unlink(struct inode *parent, const char *name)
{
    struct inode *inode = find_name(&parent->names, name, strlen(name))->inode;
    add_change(parent, name, NULL, NULL, inode);
    remove_name(&parent->names, name);
}

void disk_rename(struct inode *from, const char *old_name, struct inode *to, const char *new_name)
{
    struct inode *inode = disk_hold(find_name(&from->names, old_name, strlen(old_name))->inode);
    add_change(from, old_name, to, new_name, inode);
    remove_name(&from->names, old_name);
    set_name(&to->names, new_name, inode);
    disk_drop(inode);
}

/* ---- bytes */

void disk_write(struct inode *inode, size_t at, const void *data, size_t len)
{
    if (at + len > inode->cap) {
        inode->cap = 2 * (at + len);
        inode->bytes = sim_resize(inode->bytes, inode->cap);
    }
    if (len > 0)
        memcpy(inode->bytes + at, data, len);
    if (at + len > inode->len)
        inode->len = at + len;
    inode->changed_ms = sim_wall_ms();
}

void disk_truncate(struct inode *inode, size_t len)
{
    if (len < inode->len)
        inode->len = len;
}

static void set_synced(struct inode *inode, const char *bytes, size_t len)
{
    inode->synced = sim_resize(inode->synced, len + 1);
    if (len > 0)
        memcpy(inode->synced, bytes, len);
    inode->synced_len = len;
}

void disk_sync(struct inode *inode)
{
    if (!inode->folder) {
        if (!inode->spoilt)
            set_synced(inode, inode->bytes, inode->len);
        return;
    }
    size_t left = 0;
    for (size_t i = 0; i < change_count; i++) {
        if (changes[i].from == inode || changes[i].to == inode) {
            land(&changes[i]);
            free_change(&changes[i]);
        } else {
            changes[left++] = changes[i];
        }
    }
    change_count = left;
}

void disk_spoil(struct inode *inode)
{
    if (inode->folder)
        return; /* its changes are still waiting */
    if (sim_chance(0.5))
        disk_sync(inode);
    else
        inode->spoilt = true;
}

/* ---- the power cut */

static void cut_file(struct inode *inode)
{
    size_t kept = inode->synced_len < inode->len ? inode->synced_len : inode->len;
    bool grown =
        inode->len >= inode->synced_len && memcmp(inode->bytes == NULL ? "" : inode->bytes,
                                               inode->synced == NULL ? "" : inode->synced, kept) == 0;
    if (grown && inode->len > kept && sim_chance(0.7)) {
        size_t len = (size_t)sim_between((int64_t)kept, (int64_t)inode->len);
        int how = (int)sim_between(0, 3);
        char *bytes = sim_alloc(len + 1);
        if (len > 0)
            memcpy(bytes, inode->bytes, len);
        /* 0: a part of it; 1: its length alone; 2 and 3: some sectors, and of the others zeros or what was
         * there. */
        for (size_t at = kept; at < len && how > 0; at = (at / SECTOR + 1) * SECTOR) {
            size_t end = (at / SECTOR + 1) * SECTOR < len ? (at / SECTOR + 1) * SECTOR : len;
            if (how == 1 || sim_chance(0.4))
                memset(bytes + at, how == 3 ? (int)sim_between(0, 255) : 0, end - at);
        }
        set_synced(inode, bytes, len);
        sim_free(bytes);
    }
    disk_truncate(inode, 0);
    disk_write(inode, 0, inode->synced == NULL ? "" : inode->synced, inode->synced_len);
    inode->spoilt = false;
    if (inode->synced == NULL)
        set_synced(inode, "", 0);
}

static void cut_folder(struct inode *folder)
{
    copy_names(&folder->names, &folder->synced_names);
    for (size_t i = 0; i < folder->names.count; i++) {
        struct inode *inode = folder->names.at[i].inode;
        if (inode->folder)
            cut_folder(inode);
        else
            cut_file(inode);
    }
}

void disk_power_cut(void)
{
    /* None of the changes of names, all, the first so many, or any of them. */
    int how = (int)sim_between(0, 3);
    size_t first = (size_t)sim_between(0, (int64_t)change_count);
    for (size_t i = 0; i < change_count; i++) {
        if (how == 1 || (how == 2 && i < first) || (how == 3 && sim_chance(0.5)))
            land(&changes[i]);
        free_change(&changes[i]);
    }
    change_count = 0;
    cut_folder(root);
}

void disk_begin(void)
{
    for (size_t i = 0; i < change_count; i++)
        free_change(&changes[i]);
    change_count = 0;
    disk_drop(root);
    root = new_inode(true);
}
