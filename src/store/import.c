/* import.c - sessions of another storage folder, copied into ours. */
#include "racefacer/store/import.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "racefacer/codec/json_slice.h"
#include "racefacer/codec/session_file.h"
#include "store/disk.h"

struct import {
    struct rf_disk from; /* never opened: its paths alone are used */
    struct rf_disk to;
    struct rf_import_result *result;
};

/* ---- telling */

/* Names in somebody else's folder may hold anything, and this goes to a terminal. */
static void tell(struct import *import, const char *what, const char *name, const char *why)
{
    struct rf_buf *lines = &import->result->lines;
    rf_buf_printf(lines, "%-14s ", what);
    for (; *name != '\0'; name++)
        rf_buf_putc(lines, (unsigned char)*name < 0x20 || *name == 0x7f ? '?' : *name);
    if (why != NULL)
        rf_buf_printf(lines, ": %s", why);
    rf_buf_putc(lines, '\n');
}

static void leave(struct import *import, const char *name, const char *why)
{
    import->result->unreadable++;
    tell(import, "NOT TAKEN", name, why);
}

static void tell_session(
    struct import *import, const char *what, const struct rf_summary *summary, bool went_on)
{
    char began[RF_ISO_SIZE];
    struct rf_buf about = RF_BUF_INIT;
    rf_buf_printf(&about, "begun %s, %d karts, %d laps%s", rf_time_iso(summary->started_ms, began),
        summary->karts, summary->laps, went_on ? "; it was going on there, and is over here" : "");
    tell(import, what, summary->id, rf_buf_str(&about));
    rf_buf_finish(&about);
}

/* An operator may do this as root: what root makes in the folder of the server's user has to be that user's.
 */
static void give(struct import *import, const char *path)
{
    struct stat folder;
    if (geteuid() != 0 || stat(import->to.root, &folder) != 0 || folder.st_uid == 0)
        return;
    if (lchown(path, folder.st_uid, folder.st_gid) != 0 && errno != ENOENT)
        tell(import, "NOT GIVEN", path, strerror(errno));
}

/* ---- one session */

struct text {
    struct rf_buf json;
    struct rf_summary summary;
};

static void text_finish(struct text *text)
{
    rf_buf_finish(&text->json);
    rf_summary_finish(&text->summary);
}

/* NULL; or why it is no session, and there is nothing in `text`. */
static const char *load(struct text *text, const char *path, const char *id)
{
    const char *reason = NULL;
    *text = (struct text){0};
    int error = rf_disk_load(path, &text->json);
    if (error == EFBIG)
        reason = "larger than any session";
    else if (error != 0)
        reason = strerror(error);
    else if (rf_summary_of_file(&text->summary, id, rf_buf_str(&text->json), text->json.len, &reason) == 0)
        return NULL;
    rf_buf_finish(&text->json);
    return reason;
}

/* "isComplete": false becomes true, in the bytes that are there. */
static bool end_session(struct rf_buf *json)
{
    struct rf_slice value;
    if (!rf_json_member((struct rf_slice){json->data, json->len}, "isComplete", &value) ||
        !rf_slice_is(value, "false"))
        return false;
    memcpy(json->data + (value.data - json->data), "true ", 5);
    return true;
}

/* Files of ours tell how often their laps have changed. */
static bool is_followed_here(const struct rf_summary *summary)
{
    return summary->version > 0;
}

static void put(struct import *import, const char *path, struct text *text, size_t *count, const char *what)
{
    bool went_on = end_session(&text->json);
    int error = rf_disk_save(path, text->json.data, text->json.len);
    if (error == 0) {
        give(import, path);
        ++*count;
        tell_session(import, what, &text->summary, went_on);
    } else {
        import->result->failed++;
        tell(import, "NOT WRITTEN", text->summary.id, strerror(error));
    }
}

/* Of a session that is there already. */
static void compare(struct import *import, const char *path, const char *name, struct text *theirs)
{
    struct text ours;
    const char *reason = load(&ours, path, theirs->summary.id);
    if (reason != NULL) {
        leave(import, name, "our storage has a file of that name, which is no session or cannot be read");
        return;
    }
    if (!is_followed_here(&ours.summary) && theirs->summary.changed_ms > ours.summary.changed_ms)
        put(import, path, theirs, &import->result->updated, "brought on");
    else
        import->result->there_already++;
    text_finish(&ours);
}

static void take(struct import *import, const char *id, const char *file, const char *name)
{
    struct text theirs;
    const char *reason = load(&theirs, file, id);
    if (reason != NULL) {
        leave(import, name, reason);
        return;
    }
    char *path = rf_disk_path(&import->to, id);
    if (access(path, F_OK) != 0 && errno == ENOENT)
        put(import, path, &theirs, &import->result->taken, "taken");
    else
        compare(import, path, name, &theirs);
    free(path);
    text_finish(&theirs);
}

/* ---- what is there */

static void take_listed(void *ctx, const char *id)
{
    struct import *import = ctx;
    char *path = rf_disk_path(&import->from, id);
    take(import, id, path, path + strlen(import->from.root) + 1);
    free(path);
}

/* The session that was going on may be in current/ alone. */
static void take_current(struct import *import)
{
    static const char name[] = "current/session.json";
    char *path = rf_disk_path(&import->from, RF_STORE_CURRENT);
    struct rf_buf json = RF_BUF_INIT;
    int error = rf_disk_load(path, &json);
    char *id = error == 0 ? rf_disk_id_in(&json) : NULL;
    char *listed = id != NULL ? rf_disk_path(&import->from, id) : NULL;
    if (error != 0 && error != ENOENT)
        leave(import, name, strerror(error));
    else if (error == 0 && id == NULL)
        leave(import, name, "it names no session");
    else if (id != NULL && access(listed, F_OK) != 0)
        take(import, id, path, name);
    rf_buf_finish(&json);
    free(listed);
    free(id);
    free(path);
}

static bool is_session_file(const char *name)
{
    size_t len = strlen(name);
    if (len <= 13 || strncmp(name, "session-", 8) != 0 || strcmp(name + len - 5, ".json") != 0)
        return false;
    char *id = rf_strndup(name + 8, len - 13);
    bool safe = rf_disk_id_safe(id);
    free(id);
    return safe;
}

static bool is_current_file(const char *name)
{
    return strcmp(name, "session.json") == 0;
}

static bool is_known(const char *name)
{
    static const char *const known[] = {"sessions", "current", "version"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(name, known[i]) == 0)
            return true;
    return false;
}

/* Everything else is named, so that nobody has to wonder. */
static void tell_others(
    struct import *import, const char *path, const char *prefix, bool (*known)(const char *name))
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return; /* current/ need not be there; the others were read before */
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.' || known(entry->d_name))
            continue;
        struct rf_buf name = RF_BUF_INIT;
        rf_buf_printf(&name, "%s%s", prefix, entry->d_name);
        import->result->left++;
        tell(import, "left", rf_buf_str(&name), "not named as a session is");
        rf_buf_finish(&name);
    }
    (void)closedir(folder); /* only read from */
}

static void count(void *ctx, const char *id)
{
    size_t *sessions = ctx;
    (void)id;
    ++*sessions;
}

/* ---- both folders */

static char *join(const char *folder, const char *name)
{
    struct rf_buf path = RF_BUF_INIT;
    rf_buf_printf(&path, "%s/%s", folder, name);
    return rf_buf_take(&path);
}

static void name_folders(struct rf_disk *disk, const char *root)
{
    *disk = (struct rf_disk){.root = rf_strdup(root), .lock = -1};
    disk->sessions = join(root, "sessions");
    disk->current = join(root, "current");
}

static void give_folders(struct import *import)
{
    const struct rf_disk *to = &import->to;
    const char *const folders[] = {to->sessions, to->current, to->journal};
    static const char *const files[] = {"version", ".lock"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        give(import, folders[i]);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char *path = join(to->root, files[i]);
        give(import, path);
        free(path);
    }
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool same_folder(const char *a, const char *b)
{
    struct stat left, right;
    return stat(a, &left) == 0 && stat(b, &right) == 0 && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

static int find_source(struct rf_disk *from, const char *path, char **error)
{
    struct rf_buf line = RF_BUF_INIT;
    unsigned long version;
    name_folders(from, path);
    if (!is_folder(from->sessions) && !is_folder(from->current)) {
        char *below = join(path, "storage");
        rf_disk_close(from);
        name_folders(from, below);
        free(below);
    }
    if (!is_folder(from->sessions) && !is_folder(from->current))
        rf_buf_printf(&line,
            "%s is no storage folder: there is neither sessions/ nor current/ in it, nor in %s/storage. Name "
            "the "
            "folder that the first server had as its storage",
            path, path);
    else if (is_folder(from->sessions) && access(from->sessions, R_OK | X_OK) != 0)
        rf_buf_printf(&line, "%s cannot be read: %s", from->sessions, strerror(errno));
    if (line.len > 0) {
        *error = rf_buf_take(&line);
        return -1;
    }
    if (rf_disk_read_version(from->root, &version) == 0 && version > RF_STORE_VERSION) {
        *error = rf_disk_too_new(from->root, version);
        return -1;
    }
    return 0;
}

static int open_target(struct import *import, const char *to, struct rf_log *log, char **error)
{
    if (!same_folder(import->from.root, to))
        return rf_disk_open(&import->to, log, to, error);
    *error = rf_strdup(
        "that is the storage folder itself: what the first server left in it is listed and served as "
        "it is, and nothing has to be imported");
    return -1;
}

int rf_store_import(
    const char *from, const char *to, struct rf_log *log, struct rf_import_result *out, char **error)
{
    struct import import = {.result = out};
    *out = (struct rf_import_result){0};
    *error = NULL;
    int result = find_source(&import.from, from, error);
    if (result == 0)
        result = open_target(&import, to, log, error);
    if (result == 0) {
        if (is_folder(import.from.sessions) && rf_disk_each(&import.from, take_listed, &import) != 0)
            leave(&import, "sessions", strerror(errno));
        take_current(&import);
        tell_others(&import, import.from.sessions, "sessions/", is_session_file);
        tell_others(&import, import.from.current, "current/", is_current_file);
        tell_others(&import, import.from.root, "", is_known);
        give_folders(&import);
        if (rf_disk_each(&import.to, count, &out->sessions) != 0)
            out->failed++; /* it was written to a moment ago */
        rf_disk_close(&import.to);
    }
    rf_disk_close(&import.from);
    return result;
}
