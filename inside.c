#include "inside.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>

#include "proc.h"
#include "signals.h"
#include "sys.h"

/* /proc/PID/status. The supplementary groups, up to 11 bytes each, stand before the masks of
 * signals and would push them out: this has room for 1024. The rest grows by a bit a CPU and a
 * node. */
#define STATUS_SIZE 20480

/* Threads that one look reads; a look at one takes about 30 us, and the loop stands still
 * meanwhile. Of a payload with more nobody can tell. */
#define THREADS_MAX 100

/* Ignored or continued by default (signal(7)): never an end or a stop. */
#define HARMLESS (BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH))

/* What a thread shows in its status. */
struct thread {
	char state;
	unsigned long long parent, pending, blocked, ignored, caught, slept;
};

struct look {
	pid_t payload;
	uint64_t bit;
	enum disposition found; /* of the threads seen up to now */
	int seen;               /* threads */
};

/* 0, or -errno: -ENOENT or -ESRCH for a thread that has ended, -EINVAL for a status that misses a
 * line. */
static int read_status(const struct look *l, pid_t tid, struct thread *t)
{
	static RARE char buf[STATUS_SIZE]; /* not on the stack, which the limit may keep small */
	unsigned long long own;
	int result = proc_read(buf, sizeof buf, "/proc/%d/task/%d/status", l->payload, tid);
	const char *state = result < 0 ? NULL : proc_field(buf, "State");

	if (result < 0)
		return result;
	if (!state || !proc_number(buf, "PPid", 10, &t->parent) ||
	    !proc_number(buf, "SigPnd", 16, &own) || !proc_number(buf, "ShdPnd", 16, &t->pending) ||
	    !proc_number(buf, "SigBlk", 16, &t->blocked) ||
	    !proc_number(buf, "SigIgn", 16, &t->ignored) ||
	    !proc_number(buf, "SigCgt", 16, &t->caught) ||
	    !proc_number(buf, "voluntary_ctxt_switches", 10, &t->slept))
		return -EINVAL;
	t->pending |= own;
	t->state = *state;
	return 0;
}

/* The number of rt_sigtimedwait, or that of another size of long that runs here as well. */
static bool is_sigwait(unsigned long long call)
{
#ifdef NARROW_RT_SIGTIMEDWAIT
	if (call == NARROW_RT_SIGTIMEDWAIT || call == NARROW_RT_SIGTIMEDWAIT_TIME64)
		return true;
#endif
#ifdef SYS_rt_sigtimedwait_time64
	if (call == SYS_rt_sigtimedwait_time64)
		return true;
#endif
	return call == SYS_rt_sigtimedwait;
}

enum call { CALL_SIGWAIT, CALL_OTHER, CALL_RUNNING, CALL_UNREADABLE };

/* What call the thread sits in. Needs the right to trace the payload. */
static enum call read_call(const struct look *l, pid_t tid)
{
	char buf[256];
	unsigned long long n;

	if (proc_read(buf, sizeof buf, "/proc/%d/task/%d/syscall", l->payload, tid) < 0)
		return CALL_UNREADABLE;
	if (!proc_number(buf, "", 10, &n))
		return CALL_RUNNING;
	return is_sigwait(n) ? CALL_SIGWAIT : CALL_OTHER;
}

static bool is_open(const struct look *l, const struct thread *t)
{
	return !(t->blocked & l->bit) && !(t->pending & ~t->blocked);
}

/* One that sleeps or is stopped may be so for long, any other is in the middle of something: also
 * one that its tracer has stopped, as strace(1) does at each call ('t'). */
static enum disposition blocked(const struct thread *t)
{
	return t->state == 'S' || t->state == 'T' ? DISPOSITION_BLOCKED : DISPOSITION_BUSY;
}

/* A thread that sits in sigwait shows the awaited signals as not blocked: the kernel keeps the true
 * mask aside (real_blocked). Its call tells. It shows the same for a moment after it was woken,
 * until it runs; the signal that woke it may be pending still. So a thread leaves the signal to its
 * default only if it
 * 1. does not block it, with nothing pending that it could take,
 * 2. sits in another call,
 * 3. shows the first still, and has not slept in between: the two looks are then of one sleep. */
static enum disposition look_at_open(const struct look *l, pid_t tid, const struct thread *before)
{
	enum call call = read_call(l, tid);
	struct thread after = {0};
	int err;

	if (call == CALL_SIGWAIT)
		return DISPOSITION_HANDLED;
	err = read_status(l, tid, &after);
	if (err < 0) /* it has ended: its call could not be read for that reason */
		return DISPOSITION_UNSEEN;
	if (call == CALL_UNREADABLE)
		return DISPOSITION_HANDLED;
	if (!is_open(l, &after))
		return blocked(&after);
	return call == CALL_OTHER && after.slept == before->slept ? DISPOSITION_HARMS
								  : DISPOSITION_OPEN;
}

/* A thread that has ended takes no signal: it is no longer there, or in state Z or X (a leader that
 * called pthread_exit). */
static bool has_ended(int err, const struct thread *t)
{
	return err == -ENOENT || err == -ESRCH ||
	       (err == 0 && (t->state == 'Z' || t->state == 'X'));
}

static bool add_thread(pid_t tid, void *arg)
{
	struct look *l = arg;
	struct thread t = {0};
	enum disposition d;
	int err = read_status(l, tid, &t);

	if (has_ended(err, &t))
		return true;
	l->seen++;
	if (proc_error_passes(err))
		d = DISPOSITION_UNSEEN;
	else if (err < 0 || t.parent != (unsigned long long)sys_getpid() ||
		 ((t.ignored | t.caught) & l->bit) || l->seen > THREADS_MAX)
		d = DISPOSITION_HANDLED;
	else
		d = is_open(l, &t) ? look_at_open(l, tid, &t) : blocked(&t);
	if (d > l->found)
		l->found = d;
	return d != DISPOSITION_HANDLED;
}

enum disposition inside_look(pid_t payload, int sig)
{
	struct look l = {
		.payload = payload,
		.bit = BIT(sig),
	};
	char dir[sizeof "/proc//task" + DEC_SIZE];
	int err;

	if (HARMLESS & l.bit)
		return DISPOSITION_HANDLED;
	err = proc_is_ours();
	if (err <= 0)
		return err ? DISPOSITION_UNSEEN : DISPOSITION_HANDLED;
	format(dir, sizeof dir, "/proc/%d/task", payload);
	err = proc_each(dir, add_thread, &l);
	if (err < 0)
		return proc_error_passes(err) ? DISPOSITION_UNSEEN : DISPOSITION_HANDLED;
	/* An exec by another thread than the first leaves a moment in which there is none. */
	return l.seen ? l.found : DISPOSITION_UNSEEN;
}
