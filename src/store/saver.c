/* saver.c - the queue of saves.
 * One slot a file, and one save of it at a time; saves of different files run side by side on the thread
 * pool. A slot lives while there is something to do for its file. */
#include "store/saver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <uv.h>

#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"
#include "store/pool.h"

#define MAX_FLYING 2 /* of the pool's four threads: reads and name look-ups must not wait for a slow disk */
#define TELL_EVERY_MS 60000 /* a disk that stays full is told of this often */

struct slot {
    char *id;                                  /* or RF_STORE_CURRENT */
    struct rf_blob *waiting, *parked, *flying; /* parked: set aside while the session is being removed */
    unsigned holds;
    int64_t retry_wait_ms; /* the wait after the last failure; 0: it did not fail */
    int64_t retry_at_ms;   /* monotonic; 0: now */
    int64_t begun_us;      /* of the save under way; monotonic */
    bool last_try;         /* the save under way began after the last call */
    UT_hash_handle hh;
};

struct rf_saver {
    struct rf_saver_options options;
    struct slot *slots; /* in the order in which they came */
    char *current;      /* whose state goes to current/session.json, too; NULL: nobody's */
    size_t flying;
    uint64_t saves, failures;
    struct rf_histogram times;
    bool room_known;
    uint64_t room; /* at the last save, or at the start */
    char *error;   /* of the last failure; owned, never NULL */
    bool told;     /* a failure was logged, and no recovery since */
    struct rf_log_limit limit;
    bool last_call;
    struct rf_buf given_up; /* names, for the last line */
    uv_timer_t timer;
    void (*closed)(void *ctx);
};

struct flight {
    uv_work_t work;
    struct rf_saver *saver;
    struct slot *slot;
    struct rf_blob *blob;
    char *path;
    int error;
    bool room_known;
    uint64_t room; /* after it */
};

static void launch_due(struct rf_saver *saver);

static void replace(struct rf_blob **place, struct rf_blob *blob)
{
    rf_blob_drop(*place);
    *place = blob;
}

/* ---- slots */

static struct slot *find_slot(const struct rf_saver *saver, const char *id)
{
    struct slot *slot;
    HASH_FIND_STR(saver->slots, id, slot);
    return slot;
}

static struct slot *need_slot(struct rf_saver *saver, const char *id)
{
    struct slot *slot = find_slot(saver, id);
    if (slot == NULL) {
        slot = rf_new(sizeof *slot);
        slot->id = rf_strdup(id);
        HASH_ADD_KEYPTR(hh, saver->slots, slot->id, strlen(slot->id), slot);
    }
    return slot;
}

static void sweep(struct rf_saver *saver, struct slot *slot)
{
    if (slot->waiting != NULL || slot->parked != NULL || slot->flying != NULL || slot->holds > 0)
        return;
    HASH_DELETE(hh, saver->slots, slot);
    free(slot->id);
    free(slot);
}

static const char *name_of(const struct slot *slot)
{
    return slot->id[0] == '\0' ? "current/session.json" : slot->id;
}

static bool any_failing(const struct rf_saver *saver)
{
    for (const struct slot *slot = saver->slots; slot != NULL; slot = slot->hh.next) {
        if (slot->retry_wait_ms > 0)
            return true;
    }
    return false;
}

/* ---- one save */

static void on_pool(uv_work_t *work)
{
    struct flight *flight = work->data;
    flight->error = rf_disk_save(flight->path, flight->blob->data, flight->blob->len);
    flight->room_known = rf_disk_room(flight->saver->options.disk->root, &flight->room);
}

static void save_worked(struct rf_saver *saver, struct slot *slot, struct rf_blob *blob)
{
    saver->saves++;
    slot->retry_wait_ms = slot->retry_at_ms = 0;
    if (slot->id[0] != '\0')
        saver->options.saved(saver->options.ctx, slot->id, blob->version);
    if (saver->current != NULL && strcmp(saver->current, slot->id) == 0)
        replace(&need_slot(saver, RF_STORE_CURRENT)->waiting, rf_blob_hold(blob));
    if (any_failing(saver))
        return;
    (void)rf_strset(&saver->error, ""); /* whether it was that before does not matter */
    if (saver->told)
        rf_log_info(saver->options.log, "store", "saving works again: %s is on disk", name_of(slot));
    saver->told = false;
}

static void tell_failure(struct rf_saver *saver, const struct flight *flight)
{
    /* Without the path: clients are shown it. The same as before or not, this is the last one. */
    (void)rf_strset(&saver->error, strerror(flight->error));
    unsigned long held = 0;
    char more[64] = "";
    if (!rf_log_allow(&saver->limit, rf_clock_mono_ms(), TELL_EVERY_MS, &held))
        return;
    if (held > 0)
        (void)snprintf(more, sizeof more, " (%lu such lines held back)", held); /* it fits */
    rf_log_error(saver->options.log, "store", "%s cannot be saved: %s%s. %s", flight->path, saver->error,
        more, flight->slot->last_try ? "This was the last try" : "It stays in memory and is tried again");
    saver->told = true;
}

static void save_failed(struct rf_saver *saver, struct flight *flight)
{
    const struct rf_saver_options *options = &saver->options;
    struct slot *slot = flight->slot;
    saver->failures++;
    tell_failure(saver, flight);
    if (slot->last_try && slot->waiting == NULL) {
        rf_buf_printf(&saver->given_up, "%s%s", saver->given_up.len > 0 ? ", " : "", name_of(slot));
        return;
    }
    int64_t wait = slot->retry_wait_ms == 0 ? options->retry_min_ms : slot->retry_wait_ms * 2;
    slot->retry_wait_ms = wait < options->retry_max_ms ? wait : options->retry_max_ms;
    slot->retry_at_ms = saver->last_call ? 0 : rf_clock_mono_ms() + slot->retry_wait_ms;
    /* A newer state that came meanwhile takes this one's place. */
    bool set_aside = slot->holds > 0 && slot->id[0] != '\0';
    struct rf_blob **place = set_aside ? &slot->parked : &slot->waiting;
    if (*place == NULL)
        *place = rf_blob_hold(flight->blob);
}

static void landed(uv_work_t *work, int status)
{
    struct flight *flight = work->data;
    struct rf_saver *saver = flight->saver;
    struct slot *slot = flight->slot;
    if (status != 0)
        flight->error = ECANCELED;
    saver->flying--;
    saver->room_known = flight->room_known;
    saver->room = flight->room;
    slot->flying = NULL;
    rf_histogram_add(&saver->times, rf_clock_mono_us() - slot->begun_us);
    if (flight->error == 0)
        save_worked(saver, slot, flight->blob);
    else
        save_failed(saver, flight);
    sweep(saver, slot);
    rf_blob_drop(flight->blob);
    free(flight->path);
    free(flight);
    launch_due(saver);
    saver->options.landed(saver->options.ctx);
}

static void launch(struct rf_saver *saver, struct slot *slot)
{
    struct flight *flight = rf_new(sizeof *flight);
    flight->work.data = flight;
    flight->saver = saver;
    flight->slot = slot;
    flight->blob = slot->flying = slot->waiting; /* the flight's reference; the slot's is a borrowed one */
    flight->path = rf_disk_path(saver->options.disk, slot->id);
    slot->waiting = NULL;
    slot->begun_us = rf_clock_mono_us();
    slot->last_try = saver->last_call;
    saver->flying++;
    rf_pool_run(saver->options.loop, &flight->work, on_pool, landed);
}

/* ---- the queue */

static void on_timer(uv_timer_t *timer)
{
    launch_due(timer->data);
}

static void launch_due(struct rf_saver *saver)
{
    int64_t now = rf_clock_mono_ms(), next = INT64_MAX;
    for (struct slot *slot = saver->slots; slot != NULL; slot = slot->hh.next) {
        if (slot->waiting == NULL || slot->flying != NULL || slot->holds > 0)
            continue;
        if (slot->retry_at_ms > now)
            next = slot->retry_at_ms < next ? slot->retry_at_ms : next;
        else if (saver->flying < MAX_FLYING) /* the others go when one lands */
            launch(saver, slot);
    }
    /* Both fail on a closing timer only, and then there are no slots left. */
    if (next == INT64_MAX)
        (void)uv_timer_stop(&saver->timer);
    else
        (void)uv_timer_start(&saver->timer, on_timer, (uint64_t)(next - now), 0);
}

void rf_saver_put(struct rf_saver *saver, struct rf_blob *blob, bool current, bool doomed)
{
    struct slot *slot = need_slot(saver, blob->id);
    bool was_current = saver->current != NULL && strcmp(saver->current, blob->id) == 0;
    if (current != was_current) {
        free(saver->current);
        saver->current = current ? rf_strdup(blob->id) : NULL;
    }
    replace(doomed && slot->holds > 0 ? &slot->parked : &slot->waiting, blob);
    launch_due(saver);
}

struct rf_blob *rf_saver_newest(struct rf_saver *saver, const char *id)
{
    const struct slot *slot = find_slot(saver, id);
    if (slot == NULL)
        return NULL;
    if (slot->waiting != NULL)
        return slot->waiting;
    return slot->parked != NULL ? slot->parked : slot->flying;
}

/* ---- removing */

void rf_saver_hold(struct rf_saver *saver, const char *id)
{
    struct slot *slot = need_slot(saver, id);
    slot->holds++;
    if (slot->waiting != NULL) {
        replace(&slot->parked, slot->waiting);
        slot->waiting = NULL;
    }
    need_slot(saver, RF_STORE_CURRENT)->holds++;
}

bool rf_saver_flying(const struct rf_saver *saver, const char *id)
{
    const struct slot *slot = find_slot(saver, id), *current = find_slot(saver, RF_STORE_CURRENT);
    return (slot != NULL && slot->flying != NULL) || (current != NULL && current->flying != NULL);
}

void rf_saver_release(struct rf_saver *saver, const char *id, bool removed)
{
    struct slot *slot = need_slot(saver, id), *current = need_slot(saver, RF_STORE_CURRENT);
    slot->holds--;
    current->holds--;
    if (!removed && slot->waiting == NULL) {
        slot->waiting = slot->parked;
        slot->parked = NULL;
    }
    replace(&slot->parked, NULL);
    if (removed && slot->waiting == NULL)
        slot->retry_wait_ms = slot->retry_at_ms = 0;
    if (removed && current->waiting != NULL && strcmp(current->waiting->id, id) == 0)
        replace(&current->waiting, NULL);
    sweep(saver, slot);
    sweep(saver, current);
    launch_due(saver);
}

/* ---- state */

bool rf_saver_quiet(const struct rf_saver *saver)
{
    return saver->slots == NULL;
}

bool rf_saver_settled(const struct rf_saver *saver)
{
    for (const struct slot *slot = saver->slots; slot != NULL; slot = slot->hh.next) {
        if (slot->flying != NULL || slot->holds > 0 || (slot->waiting != NULL && slot->retry_wait_ms == 0))
            return false;
    }
    return true;
}

static uint64_t bytes_of(const struct rf_blob *blob)
{
    return blob == NULL ? 0 : blob->len;
}

void rf_saver_state(const struct rf_saver *saver, struct rf_saver_state *out)
{
    int64_t now = rf_clock_mono_us();
    *out = (struct rf_saver_state){.saves = saver->saves,
        .failures = saver->failures,
        .times = saver->times,
        .room_known = saver->room_known,
        .room = saver->room,
        .failing = any_failing(saver),
        .error = saver->error};
    for (const struct slot *slot = saver->slots; slot != NULL; slot = slot->hh.next) {
        bool has_state = slot->waiting != NULL || slot->parked != NULL || slot->flying != NULL;
        out->unsaved += has_state && slot->id[0] != '\0';
        out->unsaved_bytes += bytes_of(slot->waiting) + bytes_of(slot->parked) + bytes_of(slot->flying);
        if (slot->flying == NULL || now - slot->begun_us < saver->options.patience_ms * 1000)
            continue;
        out->failing = true;
        if (out->error[0] == '\0')
            out->error = "the disk takes very long";
    }
}

/* ---- begin and end */

struct rf_saver *rf_saver_create(const struct rf_saver_options *options)
{
    struct rf_saver *saver = rf_new(sizeof *saver);
    saver->options = *options;
    saver->error = rf_strdup("");
    saver->room_known = rf_disk_room(options->disk->root, &saver->room);
    (void)uv_timer_init(options->loop, &saver->timer); /* cannot fail */
    saver->timer.data = saver;
    return saver;
}

void rf_saver_last_call(struct rf_saver *saver)
{
    saver->last_call = true;
    for (struct slot *slot = saver->slots; slot != NULL; slot = slot->hh.next)
        slot->retry_at_ms = 0;
    launch_due(saver);
}

static void on_closed(uv_handle_t *handle)
{
    struct rf_saver *saver = handle->data;
    void (*closed)(void *ctx) = saver->closed;
    void *ctx = saver->options.ctx;
    rf_buf_finish(&saver->given_up);
    free(saver->current);
    free(saver->error);
    free(saver);
    closed(ctx);
}

void rf_saver_close(struct rf_saver *saver, void (*closed)(void *ctx))
{
    if (saver->given_up.len > 0)
        rf_log_error(saver->options.log, "store", "the newest laps of these were not saved: %s (%s)",
            saver->given_up.data, saver->error);
    saver->closed = closed;
    uv_close((uv_handle_t *)&saver->timer, on_closed);
}
