#include "ending.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "cgroup_payload.h"
#include "names.h"
#include "proc.h"
#include "sys.h"

/* How long the last ones may take to die of SIGKILL: one in an uninterruptible sleep must not keep
 * us for ever. Milliseconds. */
#define KILL_MS 2000

/* Copies of a stop signal come within this time of each other. Milliseconds. */
#define GUARD_MS 1000

/* How long leftovers that were waited for without end get after SIGTERM, in milliseconds. */
#define GRACE_MS 3000

/* Processes that are no children of ours send no SIGCHLD: how often to look, in milliseconds. */
#define LOOK_MS 50

/* Generations that are followed from a process up to us, and how often to begin again. */
#define DEPTH_MAX    1024
#define RESTARTS_MAX 3

/* ---- leftovers, by /proc ---- */

struct sweep {
	enum audience who;
	pid_t self;
	pid_t known; /* the last one found to descend from us: often the parent of the next */
	int sig;     /* 0: only look */
	int count;   /* living processes that may be signalled */
	int refused; /* those that may not */
	int zombies; /* children of ours that have ended, for reaper_collect to reap */
	int error;   /* -errno of a look that failed; 0: all were seen */
	bool begun;  /* somebody was looked at */
	struct proc_moment since; /* those born after it are spared */
};

/* True for an error of proc_stat that says that the process is gone, or hidden from us (hidepid):
 * then it is another user's. */
static bool is_absent(int err)
{
	return err == -ENOENT || err == -ESRCH || err == -EPERM || err == -EACCES;
}

/* 1 if pid descends from us, 0 if not, -errno if that cannot be seen. A parent that ends while we
 * look has handed its children on: again from pid. */
static int descends(const struct sweep *s, pid_t pid, struct proc_stat stat)
{
	int restarts = 0;

	for (int i = 0; i < DEPTH_MAX && stat.ppid > 0; i++) {
		if (stat.ppid == s->self || stat.ppid == s->known)
			return 1;
		int err = proc_stat(stat.ppid, &stat);
		if (err < 0 && ++restarts <= RESTARTS_MAX)
			err = proc_stat(pid, &stat);
		if (err < 0)
			return is_absent(err) ? 0 : err;
	}
	return 0;
}

/* 1 if pid is a living process that the sweep is for, 0 if not, -errno if that cannot be seen. The
 * leader of a process may be a zombie while its other threads live. */
static int is_meant(struct sweep *s, pid_t pid)
{
	struct proc_stat stat;
	int err = proc_stat(pid, &stat);

	if (err < 0)
		return is_absent(err) ? 0 : err;
	if (stat.kernel)
		return 0;
	if (stat.state == 'Z' && stat.threads <= 1) {
		s->zombies += stat.ppid == s->self;
		return 0;
	}
	return s->who == TO_NAMESPACE ? 1 : descends(s, pid, stat);
}

/* Signals by pidfd, which cannot hit a stranger who has got the pid since it was opened; by the pid
 * where the kernel knows or allows no pidfds. */
static int send_to(pid_t pid, int fd, int sig)
{
	int err = fd >= 0 ? (int)sys(SYS_pidfd_send_signal, fd, sig, NULL, 0) : -ENOSYS;

	return err == 0 || err == -ESRCH ? err : sys_kill(pid, sig);
}

/* The pidfd is opened before the look at whose descendant the process is. */
static bool sweep_one(pid_t pid, void *arg)
{
	struct sweep *s = arg;
	int fd, meant, err;

	s->begun = true;
	if (pid == s->self || proc_born_after(&s->since, pid))
		return true;
	fd = (int)sys(SYS_pidfd_open, pid, 0);
	meant = is_meant(s, pid);
	if (meant > 0) {
		s->known = pid;
		err = send_to(pid, fd, s->sig);
		if (err == -EPERM)
			s->refused++;
		else if (err == 0)
			s->count++;
	} else if (meant < 0) {
		s->error = meant;
	}
	if (fd >= 0)
		sys_close(fd);
	return true;
}

/* 0, or -errno where not everybody was seen. */
static int sweep(struct sweep *s)
{
	int err;

	if (s->who == TO_CGROUP)
		return cgroup_signal(s->sig, &s->count, &s->refused);
	s->self = sys_getpid();
	err = proc_is_ours();
	if (err == 0)
		err = -ENOENT;
	if (err > 0)
		err = proc_each("/proc", sweep_one, s);
	return err < 0 ? err : s->error;
}

int ending_count(enum audience who)
{
	struct sweep s = {.who = who};

	return sweep(&s) < 0 ? -1 : s.count + s.refused;
}

bool ending_has_leftovers(enum audience who, enum reaped children)
{
	/* Not only children, but those that the engine has executed in the namespace, too. */
	if (who == TO_NAMESPACE)
		return sys_kill(-1, 0) != -ESRCH;
	/* Where it cannot be told, there may be some. */
	if (who == TO_CGROUP)
		return ending_count(who) != 0;
	return children != REAPED_NONE;
}

bool ending_can_reach(enum audience who, const struct payload *p)
{
	return who != TO_TREE || proc_is_ours() != 0 ||
	       (p->leads && sys_kill(-p->pid, 0) != -ESRCH);
}

/* ---- sending ---- */

/* To what is left of the payload's group. Once that is empty, its number may be given to strangers.
 */
static void send_to_group(struct payload *p, int sig)
{
	if (p->leads && sys_kill(-p->pid, sig) == -ESRCH)
		p->leads = false;
}

/* To a tree or a cgroup. A sweep that failed before it looked at anybody is missed: it is to be
 * made again. Later ones would signal some twice. */
static void send_to_each(struct ending *e, int sig)
{
	struct sweep s = {.who = e->audience, .sig = sig};
	int err;

	/* What a process does at a signal, it may let a child do, which is not to get it as well.
	 * A cgroup tells its members at once. */
	if (sig != SIGKILL)
		proc_now(&s.since);
	err = sweep(&s);
	if (err < 0) {
		e->error = err;
		e->missed = e->missed || !s.begun;
		send_to_group(e->payload, sig); /* which can be named without /proc */
	}
	e->refused = s.refused;
	if (sig == SIGKILL && e->stage > 0)
		e->killed += s.count;
}

static void send(struct ending *e, int sig)
{
	switch (e->audience) {
	case TO_PAYLOAD:
		payload_send(e->payload, sig, NULL);
		break;
	case TO_NAMESPACE:
		sys_kill(-1, sig);
		break;
	case TO_TREE:
	case TO_CGROUP:
		send_to_each(e, sig);
		break;
	case TO_GROUP:
		send_to_group(e->payload, sig);
		break;
	}
}

/* ---- the run of a plan ---- */

/* Without a time: the payload's end is waited for after its last signal in any case, leftovers get
 * a moment to die of a last SIGKILL, "wait" is for ever, and any other signal is passed at once. */
static int stage_ms(const struct ending *e, const struct stage *s)
{
	bool last = e->stage == e->plan->count - 1;

	if (s->ms >= 0)
		return s->ms;
	if (last && (e->audience == TO_PAYLOAD || s->sig == 0))
		return -1;
	return last && s->sig == SIGKILL ? KILL_MS : 0;
}

static void send_stage(struct ending *e, int sig)
{
	e->error = 0;
	e->missed = false;
	if (!sig)
		return;
	send(e, sig);
	if (e->continues && sig != SIGKILL && sig != SIGCONT && sig != SIGSTOP)
		send(e, SIGCONT);
}

void ending_guard(struct ending *e)
{
	e->guarded = deadline_in(GUARD_MS);
}

static void run_stage(struct ending *e)
{
	const struct stage *s = &e->plan->stages[e->stage];

	report_stage(e->kind, e->stage + 1, s->sig);
	send_stage(e, s->sig);
	/* Sending to many takes its time: theirs begins when all have got the signal. */
	e->until = deadline_in(stage_ms(e, s));
	/* Who waits for leftovers has told nobody to stop: the first stop signal is no copy. */
	if (s->sig || e->audience == TO_PAYLOAD)
		ending_guard(e);
}

static void next_stage(struct ending *e)
{
	do {
		if (++e->stage == e->plan->count) {
			e->plan = NULL;
			return;
		}
		run_stage(e);
	} while (deadline_left(e->until) == 0);
}

void ending_begin(struct ending *e, enum plan_kind kind, const struct plan *plan, enum audience to)
{
	e->kind = kind;
	e->plan = plan;
	e->audience = to;
	e->stage = -1;
	e->look = to == TO_PAYLOAD ? NEVER : deadline_in(0);
	next_stage(e);
}

/* Whoever waits without end and is told to stop tells the leftovers so. */
static bool waits_for_ever(const struct ending *e)
{
	const struct stage *s = &e->plan->stages[e->stage];

	return e->audience != TO_PAYLOAD && !s->sig && s->ms < 0;
}

bool ending_further(struct ending *e)
{
	static const struct plan to_end = {2, {{SIGTERM, GRACE_MS}, {SIGKILL, -1}}};

	if (deadline_left(e->guarded) != 0)
		return false;
	ending_guard(e);
	if (waits_for_ever(e))
		ending_begin(e, e->kind, &to_end, e->audience);
	else
		next_stage(e);
	return true;
}

void ending_step(struct ending *e)
{
	if (e->plan && deadline_left(e->until) == 0)
		next_stage(e);
}

int64_t ending_deadline(const struct ending *e)
{
	if (!e->plan)
		return NEVER;
	return e->until < e->look ? e->until : e->look;
}

/* A look is worth another one while
 * 1. some send no SIGCHLD: others' children, and children of those that may not be signalled;
 * 2. it failed. */
bool ending_waits(struct ending *e, enum reaped children)
{
	struct sweep s = {.who = e->audience};
	int sig;

	if (!e->plan)
		return false;
	if (e->audience != TO_CGROUP && !ending_has_leftovers(e->audience, children)) {
		e->error = 0;
		e->refused = 0;
		return false;
	}
	sig = e->plan->stages[e->stage].sig;
	if (sig != SIGKILL && deadline_left(e->look) != 0 &&
	    !((s.who == TO_CGROUP || e->look == NEVER) && children == REAPED_NONE))
		return true;
	if (e->missed)
		send_stage(e, sig);
	s.sig = sig == SIGKILL ? sig : 0;
	e->error = sweep(&s);
	e->refused = s.refused;
	if (e->error == 0 && s.count + s.zombies == 0)
		return false;
	e->look = children != REAPED_LEFT || s.refused || e->error < 0 || s.who == TO_CGROUP
			  ? deadline_in(LOOK_MS)
			  : NEVER;
	return true;
}

/* ---- the end ---- */

/* 0, or -errno where not everybody was seen: -EACCES for children that were not found, as /proc may
 * hide other users' (hidepid). */
static int tell_survivors(const struct ending *e, enum reaped children)
{
	struct sweep s = {.who = e->audience};
	bool tree = e->audience == TO_TREE;
	int err = 0;

	if (!tree && e->audience != TO_CGROUP)
		return 0;
	if (tree && children == REAPED_NONE)
		s.zombies = 1; /* nobody is looked for */
	else
		err = sweep(&s);
	if (e->killed > s.count)
		report_warning("left behind and ended by SIGKILL: %d", e->killed - s.count);
	if (s.count > 0)
		report_warning("left behind and not ended: %d", s.count);
	if (tree && err == 0 && e->killed + s.count + s.refused + s.zombies == 0)
		err = -EACCES;
	return err;
}

void ending_tell_left(const struct ending *e, enum reaped children)
{
	int hidden = tell_survivors(e, children);
	int err = e->error ? e->error : hidden;

	if (e->refused)
		report_warning("left behind, as they may not be signalled: %d; needs CAP_KILL",
			       e->refused);
	if (e->audience == TO_NAMESPACE) /* who is left has got all signals, and ends with us */
		return;
	if (err == -ENOENT)
		report_warning("without /proc nobody knows who is left behind");
	else if (err < 0)
		report_failure(IS_WARNING, err, NULL, "find out who is left behind");
}
