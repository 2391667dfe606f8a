/* supervisor.c - tells systemd, over the socket that NOTIFY_SOCKET names. */
#include "app/supervisor.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "racefacer/base/buf.h"
#include "racefacer/base/clock.h"
#include "racefacer/base/memory.h"

#define FAULT_EVERY_MS 60000

struct rf_supervisor {
    uv_timer_t watchdog;
    struct rf_log *log; /* borrowed */
    struct rf_log_limit fault_log;
    int fd;
    struct sockaddr_un address;
    socklen_t address_len;
    const char *state;          /* "READY=1", "STOPPING=1"; NULL: it starts */
    char *status;               /* owned */
    bool state_due, status_due; /* not told yet */
};

/* ---- what the environment says */

/* A path, or "@name" for a socket that has a name and no file. */
static bool read_address(const char *text, struct rf_supervisor *supervisor)
{
    struct sockaddr_un *address = &supervisor->address;
    size_t len = strlen(text);
    if ((text[0] != '/' && text[0] != '@') || len < 2 || len >= sizeof address->sun_path)
        return false;
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, text, len);
    if (text[0] == '@')
        address->sun_path[0] = '\0';
    supervisor->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    return true;
}

/* How often to tell that the server lives, in milliseconds; 0: nobody asks. */
static uint64_t watchdog_ms(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    if (usec == NULL || (pid != NULL && strtoll(pid, NULL, 10) != getpid()))
        return 0;
    uint64_t limit = strtoull(usec, NULL, 10);
    if (limit == 0 || limit == UINT64_MAX)
        return 0;
    return limit < 2000 ? 1 : limit / 2000;
}

/* ---- telling */

/* All that is due, in one datagram. */
static void tell(struct rf_supervisor *supervisor, bool alive)
{
    struct rf_buf text = RF_BUF_INIT;
    if (supervisor->state_due)
        rf_buf_printf(&text, "%s\n", supervisor->state);
    if (supervisor->status_due)
        rf_buf_printf(&text, "STATUS=%s\n", supervisor->status);
    if (alive)
        rf_buf_puts(&text, "WATCHDOG=1\n");
    if (text.len > 0 && sendto(supervisor->fd, text.data, text.len, MSG_NOSIGNAL | MSG_DONTWAIT,
                            (const struct sockaddr *)&supervisor->address, supervisor->address_len) >= 0) {
        supervisor->state_due = supervisor->status_due = false;
    } else if (text.len > 0) {
        unsigned long held;
        const char *why = strerror(errno);
        if (rf_log_allow(&supervisor->fault_log, rf_clock_mono_ms(), FAULT_EVERY_MS, &held))
            rf_log_warn(supervisor->log, "app", "systemd cannot be told how the server is: %s", why);
    }
    rf_buf_finish(&text);
}

static void tell_state(struct rf_supervisor *supervisor, const char *state)
{
    if (supervisor == NULL)
        return;
    supervisor->state = state;
    supervisor->state_due = true;
    tell(supervisor, false);
}

void rf_supervisor_ready(struct rf_supervisor *supervisor)
{
    tell_state(supervisor, "READY=1");
}

void rf_supervisor_stopping(struct rf_supervisor *supervisor)
{
    tell_state(supervisor, "STOPPING=1");
}

void rf_supervisor_status(struct rf_supervisor *supervisor, const char *text)
{
    if (supervisor == NULL)
        return;
    char *line = rf_strdup(text);
    for (char *at = line; *at != '\0'; at++) {
        if (iscntrl((unsigned char)*at))
            *at = ' '; /* what follows a line's end would be an order of its own, and the feed may have worded
                          it */
    }
    supervisor->status_due |= rf_strset(&supervisor->status, line);
    free(line);
    tell(supervisor, false);
}

static void on_watchdog(uv_timer_t *timer)
{
    tell(timer->data, true);
}

/* ---- its life */

struct rf_supervisor *rf_supervisor_create(struct uv_loop_s *loop, struct rf_log *log)
{
    const char *path = getenv("NOTIFY_SOCKET");
    if (path == NULL || path[0] == '\0')
        return NULL;
    struct rf_supervisor *supervisor = rf_new(sizeof *supervisor);
    supervisor->log = log;
    supervisor->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (supervisor->fd < 0 || !read_address(path, supervisor)) {
        rf_log_warn(log, "app", "NOTIFY_SOCKET=%s: %s; systemd is told nothing", path,
            supervisor->fd < 0 ? strerror(errno) : "neither a path nor an @name");
        if (supervisor->fd >= 0)
            (void)close(supervisor->fd); /* nothing was written to it */
        free(supervisor);
        return NULL;
    }
    uint64_t every_ms = watchdog_ms();
    /* Neither fails: the loop is there, and so is the callback. */
    (void)uv_timer_init(loop, &supervisor->watchdog);
    supervisor->watchdog.data = supervisor;
    if (every_ms > 0)
        (void)uv_timer_start(&supervisor->watchdog, on_watchdog, every_ms, every_ms);
    return supervisor;
}

static void on_closed(uv_handle_t *handle)
{
    struct rf_supervisor *supervisor = handle->data;
    (void)close(supervisor->fd); /* datagrams are gone or refused: nothing waits in it */
    free(supervisor->status);
    free(supervisor);
}

void rf_supervisor_close(struct rf_supervisor *supervisor)
{
    if (supervisor != NULL)
        uv_close((uv_handle_t *)&supervisor->watchdog, on_closed);
}
