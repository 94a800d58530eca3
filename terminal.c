#include "terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "signals.h"
#include "sys.h"

/* How long a program may take at a stop key to put the terminal in order, before it stops itself.
 * In milliseconds. */
#define ANSWER_MS 10000

/* The foreground group of fd 0; 0 for one outside our PID namespace, -errno when fd 0 is not our
 * controlling terminal. */
static pid_t foreground(void)
{
	pid_t group = 0;
	int err = (int)sys(SYS_ioctl, STDIN_FILENO, TIOCGPGRP, &group);

	return err < 0 ? err : group;
}

static int set_foreground(pid_t group)
{
	/* From a background group this raises SIGTTOU, which init blocks. */
	return (int)sys(SYS_ioctl, STDIN_FILENO, TIOCSPGRP, &group);
}

static pid_t own_group(void)
{
	return (pid_t)sys(SYS_getpgid, 0);
}

static bool has_controlling_terminal(void)
{
	int fd = sys_open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0);

	if (fd >= 0)
		sys_close(fd);
	return fd >= 0;
}

static bool leads_session(void)
{
	return sys(SYS_getsid, 0) == sys_getpid();
}

static enum standing stand_as_without_init(const struct terminal *t, bool group, bool pid1)
{
	/* In a session from outside, whose number is 0 to us. Its foreground could not be given
	 * back to a group there, so even --group stays in it. */
	bool foreign = pid1 && t->on_stdin && sys(SYS_getsid, 0) == 0;

	if (pid1)
		return foreign ? STANDS_IN_OUR_GROUP : STANDS_IN_OWN_SESSION;
	return t->controlling && !group ? STANDS_IN_OUR_GROUP : STANDS_IN_OWN_GROUP;
}

void terminal_stand(struct terminal *t, enum standing wish, bool group, bool pid1)
{
	t->on_stdin = foreground() >= 0;
	t->controlling = t->on_stdin || (!pid1 && has_controlling_terminal());
	t->standing = wish != STANDS_AS_WITHOUT_INIT ? wish : stand_as_without_init(t, group, pid1);
	if (t->standing == STANDS_IN_OWN_GROUP && t->on_stdin && own_group() == 0)
		t->standing = STANDS_IN_OUR_GROUP;
	/* With its parent in the same session ^Z would stop it, and nobody is there to continue it.
	 */
	if (t->standing == STANDS_IN_OWN_GROUP && t->on_stdin && pid1)
		t->standing = STANDS_IN_OWN_SESSION;
	t->job = t->controlling && !pid1;
}

/* The terminal's hangup of its session's foreground group reaches ourselves. Discard it: a pending
 * copy would swallow the next real SIGHUP. */
bool terminal_let_go(struct terminal *t)
{
	uint64_t before;

	if (!t->on_stdin || !leads_session())
		return false;
	before = signals_pending();
	if (sys(SYS_ioctl, STDIN_FILENO, TIOCNOTTY, 0) < 0)
		return false;
	signals_discard((BIT(SIGHUP) | BIT(SIGCONT)) & ~before);
	t->controlling = false;
	t->on_stdin = false;
	t->job = false;
	return true;
}

bool terminal_to_give(const struct terminal *t)
{
	return t->standing == STANDS_IN_OWN_GROUP && t->on_stdin && foreground() == own_group();
}

bool terminal_give(const struct terminal *t, const struct payload *p)
{
	return terminal_to_give(t) && p->pid && !p->ended && set_foreground(p->pid) == 0;
}

void terminal_take_back(const struct terminal *t, const struct payload *p)
{
	if (t->standing == STANDS_IN_OWN_GROUP && t->on_stdin && foreground() == p->pid &&
	    set_foreground(own_group()) == 0)
		sys_kill(0, SIGCONT);
}

/* By SIGSTOP, as top(1) does. Our copy of the key's signal may be pending still. */
static bool answers_stop_key(const struct terminal *t, int sig)
{
	return sig == SIGSTOP &&
	       (signals_pending() & BIT(SIGTSTP) || deadline_left(t->answers) > 0);
}

/* Init stops only when a stop key was pressed: whoever else sends SIGSTOP to the payload continues
 * it again, and would not know of us. In a group that nobody could continue (setpgid(2), orphaned
 * process group) the kernel does not let the signal act, and we go on.
 *
 * The payload in a group of its own: the keys would have stopped our whole group (the rest of a
 * pipeline, a script that runs us), so that gets the signal. A payload that asked for the terminal
 * while our group has it ("fg" of a job that runs) gets it, and goes on. */
void terminal_payload_stopped(struct terminal *t, const struct payload *p, int sig)
{
	bool asks = sig == SIGTTIN || sig == SIGTTOU;

	if (answers_stop_key(t, sig))
		sig = SIGTSTP;
	t->answers = 0; /* a key has one answer */
	if (!t->job || p->ended || !signals_is_stop_key(sig) ||
	    t->standing == STANDS_IN_OWN_SESSION)
		return;
	if (t->standing == STANDS_IN_OUR_GROUP) {
		/* "fg" came already: to stop now would stop the job once more. */
		if (!(signals_pending() & BIT(SIGCONT)))
			signals_act(sig);
	} else if (asks && terminal_give(t, p)) {
		sys_kill(-p->pid, SIGCONT);
	} else {
		terminal_take_back(t, p);
		sys_kill(0, sig);
		signals_act(sig);
	}
}

/* A hangup of the terminal goes to the leader of its session alone. */
bool terminal_sent_to_both(struct terminal *t, const siginfo_t *si)
{
	int sig = si->si_signo;

	if (si->si_code != SI_KERNEL || !t->controlling || t->standing != STANDS_IN_OUR_GROUP)
		return false;
	if (sig == SIGTSTP)
		t->answers = deadline_in(ANSWER_MS);
	return sig == SIGINT || sig == SIGQUIT || sig == SIGWINCH || signals_is_stop_key(sig) ||
	       ((sig == SIGHUP || sig == SIGCONT) && !leads_session());
}
