#include "ending.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "names.h"
#include "proc.h"
#include "sys.h"

/* How long the last ones may take to die of SIGKILL: one in an uninterruptible sleep must not keep
 * us for ever. Milliseconds. */
#define KILL_MS 2000

/* Copies of a stop signal come within this time of each other. Milliseconds. */
#define GUARD_MS 1000

/* Processes that are no children of ours send no SIGCHLD: how often to look, in milliseconds. */
#define LOOK_MS 50

/* Generations that are followed from a process up to us. */
#define DEPTH_MAX 1024

/* ---- plans ---- */

static int parse_stage(char *text, bool last, struct stage *out)
{
	char *time = strchr(text, ':');

	if (time)
		*time++ = 0;
	out->ms = time ? time_ms(time) : -1;
	if (time && out->ms < 0)
		return -EINVAL;
	if (strcmp(text, "wait") == 0) {
		out->sig = 0;
		return time || last ? 0 : -EINVAL;
	}
	out->sig = signal_number(text);
	return out->sig > 0 ? 0 : -EINVAL;
}

int plan_parse(const char *text, struct plan *out)
{
	char copy[PLAN_MAX + 1];
	int ms = time_ms(text);

	*out = (struct plan){0};
	if (ms == 0 || strcmp(text, "none") == 0)
		return 0;
	if (ms > 0) {
		*out = (struct plan){2, {{SIGTERM, ms}, {SIGKILL, -1}}};
		return 0;
	}
	if (strlen(text) > PLAN_MAX)
		return -EINVAL;
	memcpy(copy, text, strlen(text) + 1);
	for (char *stage = copy, *next; stage; stage = next) {
		next = strchr(stage, ',');
		if (next)
			*next++ = 0;
		if (out->count == STAGES_MAX ||
		    parse_stage(stage, !next, &out->stages[out->count++]) < 0)
			return -EINVAL;
	}
	return 0;
}

/* ---- leftovers, by /proc ---- */

struct sweep {
	pid_t self;
	int sig;     /* 0: only look */
	bool all;    /* everybody counts, not only our descendants */
	int count;   /* living processes that may be signalled */
	int refused; /* those that may not */
	int zombies; /* children of ours that have ended, for reaper_collect to reap */
	int error;   /* -errno of a look that failed; 0: all were seen */
};

/* 1 if pid is a living process that the sweep is for, 0 if not, -errno if that cannot be seen. */
static int is_meant(struct sweep *s, pid_t pid)
{
	struct proc_stat stat;
	int err = proc_stat(pid, &stat);

	if (err == -ENOENT || err == -ESRCH)
		return 0;
	if (err < 0)
		return err;
	if (stat.state == 'Z') {
		s->zombies += stat.ppid == s->self;
		return 0;
	}
	if (s->all)
		return 1;
	for (int i = 0; i < DEPTH_MAX && stat.ppid > 0; i++) {
		if (stat.ppid == s->self)
			return 1;
		/* A parent that ends while we look has handed its children on: again from pid. */
		if (proc_stat(stat.ppid, &stat) < 0 && proc_stat(pid, &stat) < 0)
			return 0;
	}
	return 0;
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

	if (pid == s->self)
		return true;
	fd = (int)sys(SYS_pidfd_open, pid, 0);
	meant = is_meant(s, pid);
	if (meant > 0) {
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

	s->self = sys_getpid();
	err = proc_is_ours() ? proc_each("/proc", sweep_one, s) : -ENOENT;
	return err < 0 ? err : s->error;
}

int ending_count(enum audience who)
{
	struct sweep s = {.all = who == TO_NAMESPACE};

	return sweep(&s) < 0 ? -1 : s.count + s.refused;
}

bool ending_has_leftovers(enum audience who, enum reaped children)
{
	/* Not only children, but those that the engine has executed in the namespace, too. */
	if (who == TO_NAMESPACE)
		return sys_kill(-1, 0) != -ESRCH;
	return children != REAPED_NONE;
}

bool ending_can_reach(enum audience who, const struct payload *p)
{
	return who != TO_TREE || p->leads || proc_is_ours();
}

/* ---- sending ---- */

static void send_to_tree(struct ending *e, int sig)
{
	struct sweep s = {.sig = sig};

	/* Without /proc at least the payload's group can be named. */
	e->error = sweep(&s);
	if (e->error < 0 && e->payload->leads)
		sys_kill(-e->payload->pid, sig);
	e->refused = s.refused;
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
		send_to_tree(e, sig);
		break;
	case TO_GROUP:
		sys_kill(-e->payload->pid, sig);
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

static void run_stage(struct ending *e)
{
	const struct stage *s = &e->plan->stages[e->stage];

	report_stage(e->kind, e->stage + 1, s->sig);
	e->until = deadline_in(stage_ms(e, s));
	e->guarded = deadline_in(GUARD_MS);
	if (s->sig) {
		send(e, s->sig);
		if (e->continues && s->sig != SIGKILL && s->sig != SIGCONT && s->sig != SIGSTOP)
			send(e, SIGCONT);
	}
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

void ending_further(struct ending *e)
{
	if (deadline_left(e->guarded) == 0)
		next_stage(e);
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
 * 2. it failed: then the signal of the stage goes out again. */
bool ending_waits(struct ending *e, enum reaped children)
{
	int sig = e->plan->stages[e->stage].sig;
	struct sweep s = {
		.all = e->audience == TO_NAMESPACE,
		.sig = sig == SIGKILL || e->error < 0 ? sig : 0,
	};

	if (!ending_has_leftovers(e->audience, children))
		return false;
	if (sig != SIGKILL && deadline_left(e->look) != 0)
		return true;
	e->error = sweep(&s);
	e->refused = s.refused;
	if (e->error == 0 && s.count + s.zombies == 0)
		return false;
	e->look =
		children != REAPED_LEFT || s.refused || e->error < 0 ? deadline_in(LOOK_MS) : NEVER;
	return true;
}
