#include "signals.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* Signals that a fault in our own code raises, and that end us when it does. */
#define FAULTS    (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGFPE))
#define FAULT_MAX 11 /* the last of them */

/* How long a full queue is tried again, in milliseconds. */
#define QUEUE_MS 3

/* Signals taken in a row before those that were not among them get their turn: a look of its own.
 */
#define ROW_MAX 4

/* How often to look for signals where the kernel does not let us wait for them, in milliseconds. */
#define POLL_MS 50

/* linux/pidfd.h, Linux 6.9; distributions' headers are older. */
#ifndef PIDFD_SIGNAL_PROCESS_GROUP
#define PIDFD_SIGNAL_PROCESS_GROUP (1u << 2)
#endif

static void set_mask(int how, uint64_t set, uint64_t *old)
{
	sys(SYS_rt_sigprocmask, how, &set, old, sizeof set);
}

/* ---- taking them in ---- */

void signals_capture(struct inherited *was)
{
	set_mask(SIG_SETMASK, UINT64_MAX, &was->mask);
	sys_set_action(SIGCHLD, &(struct sys_sigaction){.handler = SIG_DFL}, &was->child);
	was->pid = sys_getpid();
	was->parent = (pid_t)sys(SYS_getppid);
}

void signals_restore(const struct inherited *was)
{
	sys_set_action(SIGCHLD, &was->child, NULL);
	set_mask(SIG_SETMASK, was->mask, NULL);
}

/* Two cases:
 * 1. A positive si_code is a fault of ours. Returning under the default action runs into it again,
 *    which is the one death that PID 1 cannot survive.
 * 2. Any other was sent by somebody. It goes back into the queue as it came, and signals_take finds
 *    it there like all others. All of them stay blocked until then: of several handlers one inside
 *    the other, each would undo what the one before has blocked. */
static void on_fault(int sig, siginfo_t *si, void *context)
{
	if (si->si_code > 0) {
		report_error("%s in init itself, at address 0x%llx: a bug of cinit",
			     signal_name(sig), (unsigned long long)(uintptr_t)si->si_addr);
		sys_set_default(sig);
	} else {
		ucontext_t *resumed = context;
		*(unsigned long *)&resumed->uc_sigmask |= (unsigned long)FAULTS;
		sys(SYS_rt_sigqueueinfo, sys_getpid(), sig, si);
	}
}

void signals_guard_faults(void)
{
	struct sys_sigaction guard = {.handler_info = on_fault, .flags = SA_SIGINFO | SA_RESTART};

	for (int sig = 1; sig <= FAULT_MAX; sig++)
		if (FAULTS & BIT(sig))
			sys_set_action(sig, &guard, NULL);
	set_mask(SIG_UNBLOCK, FAULTS, NULL);
}

/* Takes the lowest signal that is pending without rt_sigtimedwait, by setting it to be ignored, or
 * SIGCHLD to its default: the kernel then discards it. Who sent it is lost. Waits a moment if there
 * is none. */
static int take_by_polling(siginfo_t *si, uint64_t except, int ms)
{
	uint64_t pending = signals_pending() & ~except;

	for (int sig = 1; sig <= SIGNAL_MAX; sig++) {
		if (!(pending & BIT(sig)))
			continue;
		if (sig != SIGCHLD)
			sys_set_action(sig, &(struct sys_sigaction){.handler = SIG_IGN}, NULL);
		sys_set_default(sig);
		*si = (siginfo_t){.si_signo = sig, .si_code = SI_USER};
		return sig;
	}
	sys_poll(NULL, 0, ms >= 0 && ms < POLL_MS ? ms : POLL_MS);
	return -EAGAIN;
}

static int take(siginfo_t *si, uint64_t except, int ms)
{
	static bool told;
	int sig = sys_sigtimedwait(~except, si, ms);

	if (sig >= 0 || sig == -EAGAIN || sig == -EINTR)
		return sig;
	if (!told)
		report_failure(IS_ERROR, sig, "; looking for them at short intervals",
			       "wait for signals");
	told = true;
	return take_by_polling(si, except, ms);
}

int signals_take(struct turns *turns, siginfo_t *si, uint64_t except, int ms)
{
	int sig = -EAGAIN;

	if (turns->row == ROW_MAX) {
		sig = take(si, except | turns->had, 0);
		/* A real-time signal comes only when no standard one is left whose turn it is. */
		if (sig < 0 || sig > STANDARD_MAX)
			*turns = (struct turns){0};
	}
	if (sig < 0) {
		sig = take(si, except, ms);
		turns->row++;
	}
	if (sig > 0 && sig <= STANDARD_MAX)
		turns->had |= BIT(sig);
	if (sig > 0 && (FAULTS & BIT(sig)))
		set_mask(SIG_UNBLOCK, FAULTS, NULL); /* on_fault has blocked them */
	return sig;
}

uint64_t signals_pending(void)
{
	uint64_t set = 0;

	sys(SYS_rt_sigpending, &set, sizeof set);
	return set;
}

bool signals_would_act(uint64_t set)
{
	for (int sig = 1; sig <= SIGNAL_MAX; sig++) {
		struct sys_sigaction action = {.handler = SIG_DFL};
		if (!(set & BIT(sig)))
			continue;
		sys_get_action(sig, &action);
		if (action.handler != SIG_IGN)
			return true;
	}
	return false;
}

void signals_discard(uint64_t set)
{
	while (sys_sigtimedwait(set, NULL, 0) > 0)
		;
}

void signals_act(int sig)
{
	sys_set_default(sig);
	sys_kill(sys_getpid(), sig);
	set_mask(SIG_UNBLOCK, BIT(sig), NULL);
	set_mask(SIG_BLOCK, BIT(sig), NULL);
}

bool signals_is_stop_key(int sig)
{
	return sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

/* ---- where they came from ---- */

enum origin signals_origin(const siginfo_t *si, pid_t self)
{
	bool plain = si->si_code == SI_USER || si->si_code == SI_TKILL;

	if (si->si_code > 0)
		return ORIGIN_KERNEL;
	if (plain && si->si_pid == self)
		return ORIGIN_SELF;
	/* A sender that has no pid in our namespace is in one above it. */
	if (self != 1 || (plain && si->si_pid == 0))
		return ORIGIN_OUTSIDE;
	return ORIGIN_INSIDE;
}

/* ---- sending ---- */

/* To a group by the pidfd of its leader (Linux 6.9). -ENOSYS where that cannot be had. */
static int queue_to_group(pid_t pid, int sig, const siginfo_t *si)
{
	int fd = (int)sys(SYS_pidfd_open, pid, 0);
	int err;

	if (fd < 0)
		return -ENOSYS;
	err = (int)sys(SYS_pidfd_send_signal, fd, sig, si, PIDFD_SIGNAL_PROCESS_GROUP);
	sys_close(fd);
	return err;
}

static int queue(pid_t pid, bool to_group, int sig, const siginfo_t *si)
{
	siginfo_t copy = *si;
	int64_t until = 0;
	int err;

	copy.si_signo = sig;
	for (;;) {
		err = to_group ? queue_to_group(pid, sig, &copy)
			       : (int)sys(SYS_rt_sigqueueinfo, pid, sig, &copy);
		if (err != -EAGAIN)
			return err;
		if (!until)
			until = deadline_in(QUEUE_MS);
		if (deadline_left(until) == 0)
			return err;
		sys(SYS_sched_yield); /* the receiver may make room */
	}
}

int signals_send(pid_t pid, bool to_group, int sig, const siginfo_t *si)
{
	int err = -ENOSYS;

	if (si && si->si_code < 0 && si->si_code != SI_TKILL)
		err = queue(pid, to_group, sig, si);
	if (err < 0 && err != -ESRCH)
		err = sys_kill(to_group ? -pid : pid, sig);
	/* The payload has moved to another group, and its own is empty. */
	if (err == -ESRCH && to_group)
		err = sys_kill(pid, sig);
	return err;
}

void signals_leave_room(void)
{
	struct rlimit limit;

	if (sys(SYS_prlimit64, 0, RLIMIT_SIGPENDING, NULL, &limit) < 0)
		return;
	limit.rlim_cur -= limit.rlim_cur / 8;
	sys(SYS_prlimit64, 0, RLIMIT_SIGPENDING, &limit, NULL);
}
