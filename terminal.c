#include "terminal.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "signals.h"
#include "sys.h"

/* The foreground group; -1 when fd is not our controlling terminal. */
static pid_t foreground(int fd)
{
	pid_t group;

	return fd >= 0 && sys(SYS_ioctl, fd, TIOCGPGRP, &group) == 0 ? group : -1;
}

static pid_t own_group(void)
{
	return (pid_t)sys(SYS_getpgid, 0);
}

void terminal_find(struct terminal *t)
{
	for (t->fd = STDIN_FILENO; t->fd <= STDERR_FILENO; t->fd++)
		if (foreground(t->fd) >= 0)
			return;
	t->fd = -1;
}

bool terminal_is_ours(const struct terminal *t)
{
	return foreground(t->fd) == own_group();
}

void terminal_let_go(struct terminal *t)
{
	if (t->fd >= 0 && sys(SYS_getsid, 0) == sys_getpid()) {
		sys(SYS_ioctl, t->fd, TIOCNOTTY, 0);
		/* Were they left pending, then a real one would get lost in them. */
		signals_forget(SIGHUP);
		signals_forget(SIGCONT);
	}
	t->fd = -1;
}

/* From a background group TIOCSPGRP raises SIGTTOU, which init blocks. */
void terminal_hand_over(const struct terminal *t, const struct payload *p)
{
	if (p->own_group && terminal_is_ours(t))
		sys(SYS_ioctl, t->fd, TIOCSPGRP, &p->pid);
}

bool terminal_take_back(const struct terminal *t, const struct payload *p)
{
	pid_t group = own_group();

	return p->own_group && foreground(t->fd) == p->pid &&
	       sys(SYS_ioctl, t->fd, TIOCSPGRP, &group) == 0 && sys_kill(0, SIGCONT) == 0;
}

static void resume(const struct terminal *t, const struct payload *p)
{
	terminal_hand_over(t, p);
	sys_kill(p->own_group ? -p->pid : p->pid, SIGCONT);
}

/* The stop key would have stopped our whole group (a script that runs us, the rest of a pipeline),
 * had the payload not been moved out of it, so all of it gets the signal. SIGTSTP and not SIGSTOP:
 * a group that nobody could continue is not stopped by it (setpgid(2), orphaned process group);
 * then the payload goes on at once, as it would have without us. */
void terminal_stop_with(const struct terminal *t, struct payload *p)
{
	int by = p->stop_signal;

	p->stop_signal = 0;
	if (by == SIGSTOP && t->fd < 0)
		return; /* no shell's job */
	/* "fg" of a job that runs gives us the terminal without a word. */
	if ((by == SIGTTIN || by == SIGTTOU) && terminal_is_ours(t)) {
		resume(t, p);
		return;
	}
	terminal_take_back(t, p);
	sys_kill(t->fd >= 0 ? 0 : sys_getpid(), SIGTSTP);
	signals_act_on(SIGTSTP);
	bool continued = signals_forget(SIGCONT);
	if (continued || by != SIGSTOP)
		resume(t, p);
	else
		terminal_hand_over(t, p);
}
