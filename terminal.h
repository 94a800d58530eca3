/* Where the payload stands: session, process group, controlling terminal (credentials(7),
 * tty_jobctrl.c, kernel/signal.c). As without cinit, as far as that can be had:
 *
 * 1. PID 1: the payload leads a session of its own, and gets init's controlling terminal if that is
 *    fd 0. What the keys do is then the kernel's business alone.
 * 2. PID 1 in a session from outside, on that session's terminal (unshare -pf): as 3.
 * 3. Not PID 1, at a terminal: the payload stays in init's session and group, and keys reach both.
 *    When a stop key stops the payload, or makes it stop itself, init stops as well, for the shell
 *    to see.
 * 4. Not PID 1, without a terminal (CI, cron, agents): a process group of its own, so that a signal
 *    to the whole group of init, as timeout(1) sends it, reaches the payload once.
 *
 * A group of its own at a terminal (--group) is the one case that moves the foreground. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

#include "payload.h"

enum standing {
	STANDS_AS_WITHOUT_INIT, /* for terminal_stand to decide, as above */
	STANDS_IN_OUR_GROUP,
	STANDS_IN_OWN_GROUP,
	STANDS_IN_OWN_SESSION,
};

struct terminal {
	enum standing standing; /* of the payload; never STANDS_AS_WITHOUT_INIT */
	bool controlling;       /* we have a controlling terminal */
	bool on_stdin;          /* and it is fd 0 */
	bool job;               /* not PID 1, at a terminal: we stop when the payload does */
	int64_t answers;        /* until then a SIGSTOP is its own answer to a stop key */
};

/* Decides where the payload is to stand. wish: what the options ask for. group: signals go to the
 * payload's process group, so it needs one of its own. */
void terminal_stand(struct terminal *t, enum standing wish, bool group, bool pid1);

/* Before a payload is started that will lead a session: a session leader lets its terminal go, so
 * that the payload's session can have it. True if it has. */
bool terminal_let_go(struct terminal *t);

/* True when our process group is the foreground, and the payload's is to be. */
bool terminal_to_give(const struct terminal *t);

/* Makes the payload's group the foreground if ours is; true if that was done. */
bool terminal_give(const struct terminal *t, const struct payload *p);

/* Makes our group the foreground if the payload's is. Continues our group then: one of it (a pager
 * behind us in a pipeline) may have been stopped when it asked for the terminal. */
void terminal_take_back(const struct terminal *t, const struct payload *p);

/* The payload was stopped by sig. */
void terminal_payload_stopped(struct terminal *t, const struct payload *p, int sig);

/* True for a signal that the terminal has sent to our whole process group, the payload included. */
bool terminal_sent_to_both(struct terminal *t, const siginfo_t *si);

#endif
