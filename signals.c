#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>

#include "proc.h"
#include "report.h"

#define BIT(sig) (1ull << ((sig)-1))

/* Signals that a fault in our own code raises, and that end us when it does. */
static const uint64_t faults = BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGFPE);

/* /proc/PID/status; the part that grows with the machine is one bit a CPU, and one a node. */
#define STATUS_SIZE 8192

/* By number; what the default action does to a process stands in harmless below. */
static const char names[][8] = {
	[SIGHUP] = "HUP",       [SIGINT] = "INT",   [SIGQUIT] = "QUIT",   [SIGILL] = "ILL",
	[SIGTRAP] = "TRAP",     [SIGABRT] = "ABRT", [SIGBUS] = "BUS",     [SIGFPE] = "FPE",
	[SIGKILL] = "KILL",     [SIGUSR1] = "USR1", [SIGSEGV] = "SEGV",   [SIGUSR2] = "USR2",
	[SIGPIPE] = "PIPE",     [SIGALRM] = "ALRM", [SIGTERM] = "TERM",   [SIGCHLD] = "CHLD",
	[SIGCONT] = "CONT",     [SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",   [SIGTTIN] = "TTIN",
	[SIGTTOU] = "TTOU",     [SIGURG] = "URG",   [SIGXCPU] = "XCPU",   [SIGXFSZ] = "XFSZ",
	[SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH", [SIGPOLL] = "POLL",
	[SIGPWR] = "PWR",       [SIGSYS] = "SYS",
#ifdef SIGSTKFLT
	[SIGSTKFLT] = "STKFLT",
#endif
};
#define NAMED ((int)(sizeof names / sizeof *names))

/* Ignored or continued by default (signal(7)): never an end or a stop. */
static const uint64_t harmless = BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH);

/* ---- names ---- */

static char *append(char *to, const char *from)
{
	while ((*to = *from++))
		to++;
	return to;
}

const char *signals_name(int sig)
{
	static char name[16];
	char *p = append(name, "SIG");

	if (sig > 0 && sig < NAMED && *names[sig])
		append(p, names[sig]);
	else if (sig > RT_FIRST && sig <= SIGNAL_MAX)
		append(append(p, "RTMIN+"), DEC(sig - RT_FIRST));
	else
		append(p, sig == RT_FIRST ? "RTMIN" : DEC(sig));
	return name;
}

bool signals_is_stop_key(int sig)
{
	return sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

int number_at(const char **s, int limit)
{
	int n = -1;

	for (; **s >= '0' && **s <= '9'; ++*s) {
		n = (n < 0 ? 0 : n * 10) + (**s - '0');
		if (n >= limit)
			return -1;
	}
	return n;
}

/* The number that is all of s, of at most SIGNAL_MAX; -1 otherwise. */
static int whole(const char *s)
{
	int n = number_at(&s, SIGNAL_MAX + 1);

	return *s ? -1 : n;
}

/* What follows RTMIN or RTMAX: nothing, or that sign and a number. */
static int realtime(const char *s, char sign)
{
	int n = *s == sign ? whole(s + 1) : *s ? -1 : 0;

	if (n < 0 || n > SIGNAL_MAX - RT_FIRST)
		return -1;
	return sign == '+' ? RT_FIRST + n : SIGNAL_MAX - n;
}

int signals_number(const char *name)
{
	static const struct {
		char name[5];
		unsigned char sig;
	} aliases[] = {{"IOT", SIGABRT}, {"CLD", SIGCHLD}, {"IO", SIGPOLL}};
	char upper[16];
	size_t n = 0;

	for (; *name && n < sizeof upper - 1; name++)
		upper[n++] = (char)(*name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name);
	if (*name)
		return -1;
	upper[n] = 0;
	name = strncmp(upper, "SIG", 3) == 0 ? upper + 3 : upper;
	if (strncmp(name, "RTMIN", 5) == 0)
		return realtime(name + 5, '+');
	if (strncmp(name, "RTMAX", 5) == 0)
		return realtime(name + 5, '-');
	for (int sig = 1; sig < NAMED; sig++)
		if (strcmp(name, names[sig]) == 0 && *name)
			return sig;
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (strcmp(name, aliases[i].name) == 0)
			return aliases[i].sig;
	return name == upper ? whole(name) : -1;
}

const char *signals_valid(char buf[static SIGNALS_VALID_SIZE])
{
	char *p = buf;

	for (int sig = 1; sig < NAMED; sig++)
		if (*names[sig])
			p = append(append(p, names[sig]), " ");
	append(p, "RTMIN[+n] RTMAX[-n] 1-64");
	return buf;
}

/* ---- taking them in ---- */

static void set_mask(int how, uint64_t set, uint64_t *old)
{
	sys(SYS_rt_sigprocmask, how, &set, old, sizeof set);
}

void signals_capture(struct inherited *was)
{
	set_mask(SIG_SETMASK, UINT64_MAX, &was->mask);
	sys_set_action(SIGCHLD, &(struct sys_sigaction){.handler = SIG_DFL}, &was->child);
}

void signals_restore(const struct inherited *was)
{
	sys_set_action(SIGCHLD, &was->child, NULL);
	set_mask(SIG_SETMASK, was->mask, NULL);
}

/* A fault has a positive si_code. Returning with the default action set runs into it again, which
 * is the one death that PID 1 cannot survive. A signal that somebody sent goes back into the
 * queue as it came, blocked, for signals_take. */
static void on_fault(int sig, siginfo_t *si, void *context)
{
	if (si->si_code > 0) {
		report("%s in init itself, at address 0x%lx: a bug of cinit", signals_name(sig),
		       (unsigned long)si->si_addr);
		sys_set_default(sig);
	} else {
		ucontext_t *resumed = context;
		*(unsigned long *)&resumed->uc_sigmask |= (unsigned long)BIT(sig);
		set_mask(SIG_BLOCK, BIT(sig), NULL);
		sys(SYS_rt_sigqueueinfo, sys_getpid(), sig, si);
	}
}

void signals_guard_faults(void)
{
	struct sys_sigaction guard = {.handler_info = on_fault, .flags = SA_SIGINFO | SA_RESTART};

	for (int sig = 1; sig < NAMED; sig++)
		if (faults & BIT(sig))
			sys_set_action(sig, &guard, NULL);
	set_mask(SIG_UNBLOCK, faults, NULL);
}

/* The limit counts what is pending for all processes of a user, but each is held to its own: with a
 * lower one than the payload's there is room left to hand on what we have taken. */
static void leave_room_in_queue(void)
{
	struct rlimit limit;

	if (sys(SYS_prlimit64, 0, RLIMIT_SIGPENDING, NULL, &limit) < 0)
		return;
	limit.rlim_cur -= limit.rlim_cur / 8;
	sys(SYS_prlimit64, 0, RLIMIT_SIGPENDING, &limit, NULL);
}

int signals_fd(void)
{
	uint64_t all = UINT64_MAX;

	leave_room_in_queue();
	return (int)sys(SYS_signalfd4, -1, &all, sizeof all, O_CLOEXEC | O_NONBLOCK);
}

static int take(uint64_t set, siginfo_t *si, int timeout_ms)
{
	struct sys_time t = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};

	return (int)sys(SYS_rt_sigtimedwait, &set, si, timeout_ms < 0 ? NULL : &t, sizeof set);
}

bool signals_take(siginfo_t *si, int timeout_ms)
{
	int sig = take(UINT64_MAX, si, timeout_ms);

	/* on_fault has blocked it to put it into the queue. */
	if (sig > 0 && (faults & BIT(sig)))
		set_mask(SIG_UNBLOCK, faults, NULL);
	return sig > 0;
}

void signals_act_on(int sig)
{
	sys_set_default(sig);
	set_mask(SIG_UNBLOCK, BIT(sig), NULL);
	set_mask(SIG_BLOCK, BIT(sig), NULL);
}

bool signals_forget(int sig)
{
	return take(BIT(sig), NULL, 0) == sig;
}

/* ---- where they came from ---- */

enum origin signals_origin(const siginfo_t *si, bool pid1)
{
	bool plain = si->si_code == SI_USER || si->si_code == SI_TKILL;

	if (si->si_code > 0)
		return ORIGIN_KERNEL;
	if (plain && si->si_pid == sys_getpid())
		return ORIGIN_SELF;
	/* A sender that has no pid in our namespace is in one above it. */
	if (!pid1 || (plain && si->si_pid == 0))
		return ORIGIN_OUTSIDE;
	return ORIGIN_INSIDE;
}

const char *signals_origin_name(enum origin o)
{
	static const char text[][8] = {"kernel", "outside", "inside", "self"};

	return text[o];
}

/* ---- what the payload would make of them ---- */

struct threads {
	pid_t payload;
	uint64_t bit;
	bool suffers;
	bool handled; /* for good: it need not be looked at again */
	int pauses;   /* made, for all threads */
};

/* Tries to queue a signal with its value; some milliseconds in all. */
#define QUEUE_TRIES 10000

/* Looks at threads that change meanwhile, and the pauses in between, in all. */
#define LOOKS   32
#define LOOK_MS 4

enum verdict { BLOCKS, WAITS, LEAVES };

/* On 32-bit machines there are two, and x86-64 runs programs of such a one. */
static bool is_sigwait(unsigned long long call)
{
#ifdef __x86_64__
	if (call == 177 || call == 421)
		return true;
#endif
#ifdef SYS_rt_sigtimedwait_time64
	if (call == SYS_rt_sigtimedwait_time64)
		return true;
#endif
	return call == SYS_rt_sigtimedwait;
}

/* What a thread does with the signal: blocks it, waits for it (also where /proc does not tell), or
 * leaves it to the default action. One that sits in sigwait shows what it waits for as not blocked
 * (the kernel keeps that in real_blocked), and while it has been woken but not run, so does a
 * signal that is pending for it. So it must show the same, with nothing pending and without having
 * slept, before and after it was seen elsewhere; or be seen elsewhere again and again. Shells and
 * posix_spawn block signals until a new process runs: who blocks one for good does so for longer.
 */
static enum verdict look_at_thread(struct threads *t, pid_t tid)
{
	char buf[STATUS_SIZE];
	unsigned long long call, pending, blocked, slept, before = ULLONG_MAX;
	int open = 0; /* looks that saw it neither block nor wait */

	while (open < LOOKS) {
		if (!proc_read(buf, sizeof buf, "/proc/%d/task/%d/status", t->payload, tid))
			return BLOCKS; /* it has ended */
		if (!proc_number(buf, "ShdPnd", 16, &pending) ||
		    !proc_number(buf, "SigBlk", 16, &blocked) ||
		    !proc_number(buf, "voluntary_ctxt_switches", 10, &slept))
			return WAITS;
		if ((blocked & t->bit) || (pending & ~blocked)) {
			if (t->pauses == LOOKS)
				break;
			t->pauses++;
			sys_poll(NULL, 0, LOOK_MS);
			continue;
		}
		if (slept == before)
			return LEAVES;
		before = slept;
		if (!proc_read(buf, sizeof buf, "/proc/%d/task/%d/syscall", t->payload, tid))
			return WAITS;
		if (proc_number(buf, "", 10, &call) && is_sigwait(call)) {
			t->handled = true;
			return WAITS;
		}
		open++;
	}
	if (open > 1)
		return LEAVES;
	t->handled = true;
	return BLOCKS;
}

static bool add_thread(pid_t tid, void *arg)
{
	struct threads *t = arg;
	enum verdict v = look_at_thread(t, tid);

	t->suffers = v == LEAVES || (v == BLOCKS && t->suffers);
	return v != WAITS;
}

bool signals_default_harms(pid_t payload, int sig)
{
	char buf[STATUS_SIZE];
	unsigned long long parent, caught, ignored;
	struct threads t = {.payload = payload, .bit = BIT(sig)};
	static uint64_t handled; /* signals that it has been seen to block or await for good */

	if (((harmless | handled) & BIT(sig)) || !proc_is_ours())
		return false;
	if (!proc_read(buf, sizeof buf, "/proc/%d/status", payload) ||
	    !proc_number(buf, "PPid", 10, &parent) || parent != (unsigned long long)sys_getpid() ||
	    !proc_number(buf, "SigIgn", 16, &ignored) || !proc_number(buf, "SigCgt", 16, &caught) ||
	    ((ignored | caught) & BIT(sig)))
		return false;
	report_format(buf, sizeof buf, "/proc/%d/task", payload);
	bool harms = proc_each(buf, add_thread, &t) && t.suffers;
	if (!harms && t.handled)
		handled |= BIT(sig);
	return harms;
}

/* ---- handing them on ---- */

/* The kernel lets a siginfo through as it is when its code is negative and not SI_TKILL
 * (rt_sigqueueinfo(2)). There is no form of that for a process group. */
static bool goes_on_whole(const struct payload *p, const siginfo_t *si)
{
	return si && !p->group && si->si_code < 0 && si->si_code != SI_TKILL;
}

int signals_send(struct payload *p, int sig, const siginfo_t *si)
{
	siginfo_t copy;
	siginfo_t *info = NULL;
	int err;

	p->kill_sent |= sig == SIGKILL;
	if (goes_on_whole(p, si)) {
		copy = *si;
		copy.si_signo = sig;
		info = &copy;
	}
	/* A full queue may be one that we, or the payload, are about to make room in. */
	for (int i = 0; i < QUEUE_TRIES; i++) {
		err = -ENOSYS;
		/* The pidfd cannot hit a stranger that has got the pid meanwhile. */
		if (!p->group && p->pidfd >= 0)
			err = (int)sys(SYS_pidfd_send_signal, p->pidfd, sig, info, 0);
		if (info && err != 0 && err != -ESRCH)
			err = (int)sys(SYS_rt_sigqueueinfo, p->pid, sig, info);
		if (err == 0 || err == -ESRCH)
			return -err;
		if (err != -EAGAIN)
			break;
		sys(SYS_sched_yield);
	}
	/* The queue stays full or the value is refused: at least the signal itself arrives. */
	if (p->group && sys_kill(-p->pid, sig) == 0)
		return 0;
	return -sys_kill(p->pid, sig);
}
