/* The controlling terminal and job control (credentials(7), termios(3), tty_jobctrl.c).
 *
 * Where the payload leads a process group of its own, what the keyboard sends reaches it once,
 * from the kernel. An init in the foreground makes that group the foreground. Under a shell the
 * payload is the job: when it stops, init gives the terminal back and stops as well. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>

#include "reaper.h"

struct terminal {
	int fd; /* of 0 to 2, the first that is our controlling terminal; -1: none is */
};

/* Looks for it. */
void terminal_find(struct terminal *t);

/* True when our own process group is the foreground. */
bool terminal_is_ours(const struct terminal *t);

/* A session leader lets the terminal go, so that the payload's session can take it. The SIGHUP
 * and SIGCONT that this sends to the foreground group come from ourselves. */
void terminal_let_go(struct terminal *t);

/* Makes the payload's group the foreground if ours is. */
void terminal_hand_over(const struct terminal *t, const struct payload *p);

/* Makes our group the foreground if the payload's is; true if that was done. Continues our group:
 * one of it (less, behind us in a pipeline) may have been stopped when it asked for the terminal.
 */
bool terminal_take_back(const struct terminal *t, const struct payload *p);

/* Not PID 1, and the payload has stopped: stops our group as well, for the shell whose job we are
 * to see, and continues the payload when we are continued. */
void terminal_stop_with(const struct terminal *t, struct payload *p);

#endif
