/* supervisor.h - what systemd is told: that the server is up, what it does, that it lives, that it stops.
 *
 * This speaks the protocol of sd_notify(3), lines of NAME=value in a datagram, and not through libsystemd: its call
 * waits while the queue of whoever listens is full, and the loop must not stand still because PID 1 does. What finds no
 * room here is told with the next line. */
#ifndef RACEFACER_SRC_APP_SUPERVISOR_H
#define RACEFACER_SRC_APP_SUPERVISOR_H

#include "racefacer/base/log.h"

struct uv_loop_s;
struct rf_supervisor;

/* NULL where nobody wants to be told (no NOTIFY_SOCKET), and the calls below do nothing then. Where WATCHDOG_USEC says
 * so, a timer on the loop tells twice in that time that the server lives: a loop that hangs is noticed. */
struct rf_supervisor *rf_supervisor_create(struct uv_loop_s *loop, struct rf_log *log);

void rf_supervisor_ready(struct rf_supervisor *supervisor);    /* it answers */
void rf_supervisor_stopping(struct rf_supervisor *supervisor); /* it was asked to end */

/* One line for who looks at `systemctl status`. The same as before is not told again. */
void rf_supervisor_status(struct rf_supervisor *supervisor, const char *text);

/* The last call: lets go of the loop, which frees it. */
void rf_supervisor_close(struct rf_supervisor *supervisor);

#endif
