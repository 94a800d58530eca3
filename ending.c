#include "ending.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "proc.h"
#include "report.h"
#include "signals.h"
#include "sys.h"

/* How long the last ones may take to die of SIGKILL: one in an uninterruptible sleep must not
 * keep us for ever. */
#define KILL_MS 2000

/* Generations that are followed from a process up to us. */
#define DEPTH_MAX 1024

/* ---- plans ---- */

/* A number and its unit up to the end of s; -1 if it is none. */
static int time_ms(const char *s)
{
	static const struct {
		char unit[3];
		int ms;
	} units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}};
	long long n = number_at(&s, STAGE_MAX_MS + 1);

	for (size_t i = 0; n >= 0 && i < sizeof units / sizeof *units; i++)
		if (strcmp(s, units[i].unit) == 0 && n * units[i].ms <= STAGE_MAX_MS)
			return (int)n * units[i].ms;
	return -1;
}

static bool stage_parse(char *text, struct stage *out)
{
	char *time = strchr(text, ':');

	if (time)
		*time++ = 0;
	out->ms = time ? time_ms(time) : -1;
	if (time && out->ms < 0)
		return false;
	if (strcmp(text, "wait") == 0) {
		out->sig = 0;
		return time != NULL;
	}
	out->sig = signals_number(text);
	return out->sig > 0;
}

bool plan_parse(const char *text, struct plan *out)
{
	char copy[256];
	char *next = copy;
	int ms = time_ms(text);

	*out = (struct plan){0};
	if (ms == 0)
		return true;
	if (ms > 0) {
		*out = (struct plan){2, {{SIGTERM, ms}, {SIGKILL, -1}}};
		return true;
	}
	if (strlen(text) >= sizeof copy)
		return false;
	memcpy(copy, text, strlen(text) + 1);
	while (next) {
		char *stage = next;
		next = strchr(stage, ',');
		if (next)
			*next++ = 0;
		if (out->count == PLAN_MAX || !stage_parse(stage, &out->stages[out->count++]))
			return false;
	}
	return true;
}

/* ---- who gets it ---- */

struct sweep {
	int sig; /* 0: only count */
	int count;
	bool all; /* everyone counts, not only our descendants */
};

/* A parent that ends while we look has handed its children on: look again from the child. */
static bool descends_from_us(pid_t pid)
{
	struct proc_stat stat;
	pid_t at = pid;

	for (int i = 0; i < DEPTH_MAX && at > 0; i++) {
		bool there = proc_stat(at, &stat);
		if (at == pid && (!there || stat.state == 'Z'))
			return false;
		at = there ? stat.ppid : pid;
		if (at == sys_getpid())
			return true;
	}
	return false;
}

/* The pidfd is opened before we look whose child it is: should the pid be given to a stranger
 * meanwhile, then the signal does not reach him. */
static bool sweep_one(pid_t pid, void *arg)
{
	struct sweep *s = arg;
	struct proc_stat stat;

	if (pid == sys_getpid())
		return true;
	int fd = (int)sys(SYS_pidfd_open, pid, 0);
	if (s->all ? proc_stat(pid, &stat) && stat.state != 'Z' : descends_from_us(pid)) {
		s->count++;
		if (s->sig && fd >= 0)
			sys(SYS_pidfd_send_signal, fd, s->sig, NULL, 0);
		else if (s->sig && fd != -ESRCH) /* before Linux 5.3, or no fd to be had */
			sys_kill(pid, s->sig);
	}
	if (fd >= 0)
		sys_close(fd);
	return true;
}

static void send(const struct ending *e, int sig)
{
	struct sweep s = {.sig = sig};

	switch (e->audience) {
	case TO_PAYLOAD:
		signals_send(e->payload, sig, NULL);
		break;
	case TO_NAMESPACE:
		sys_kill(-1, sig);
		break;
	case TO_TREE:
		/* Without /proc at least the payload's group can be named. */
		if ((!proc_is_ours() || !proc_each("/proc", sweep_one, &s)) &&
		    e->payload->own_group)
			sys_kill(-e->payload->pid, sig);
		break;
	case TO_GROUP:
		sys_kill(-e->payload->pid, sig);
		break;
	}
}

int ending_left(enum audience who)
{
	struct sweep s = {.all = who == TO_NAMESPACE};

	return proc_is_ours() && proc_each("/proc", sweep_one, &s) ? s.count : -1;
}

/* ---- the run of a plan ---- */

static long long now_ms(void)
{
	struct sys_time t;

	sys(SYS_CLOCK, CLOCK_MONOTONIC, &t);
	return t.s * 1000LL + t.ns / 1000000;
}

/* A signal without a time is passed at once, but for a last SIGKILL to those left behind, and the
 * last signal to the payload, whose end is waited for in any case. */
static int stage_ms(const struct ending *e, const struct stage *s)
{
	bool last = e->stage == e->plan->count - 1;

	if (s->ms >= 0)
		return s->ms;
	if (last && e->audience == TO_PAYLOAD)
		return -1;
	return last && s->sig == SIGKILL ? KILL_MS : 0;
}

static void run_stage(struct ending *e)
{
	const struct stage *s = &e->plan->stages[e->stage];
	int ms = stage_ms(e, s);

	report_event("'event':'stage','plan':%s,'stage':%d,'signal':%s", e->name, e->stage + 1,
		     s->sig ? signals_name(s->sig) : NULL);
	if (e->verbose)
		report("%s plan: %s", e->name, s->sig ? signals_name(s->sig) : "wait");
	e->deadline = ms < 0 ? -1 : now_ms() + ms;
	if (s->sig) {
		send(e, s->sig);
		/* A stopped process acts on it only when it runs again. */
		if (s->sig != SIGKILL && s->sig != SIGCONT && s->sig != SIGSTOP)
			send(e, SIGCONT);
	}
}

void ending_begin(struct ending *e, const char *name, const struct plan *plan, enum audience to)
{
	e->name = name;
	e->plan = plan;
	e->audience = to;
	e->stage = -1;
	ending_next(e);
}

void ending_next(struct ending *e)
{
	do {
		if (++e->stage == e->plan->count) {
			e->plan = NULL;
			return;
		}
		run_stage(e);
	} while (ending_timeout(e) == 0);
}

int ending_timeout(const struct ending *e)
{
	if (!e->plan || e->deadline < 0)
		return -1;
	long long left = e->deadline - now_ms();
	return left < 0 ? 0 : (int)left;
}

void ending_again(const struct ending *e)
{
	if (e->plan && e->audience == TO_TREE && e->plan->stages[e->stage].sig == SIGKILL)
		send(e, SIGKILL);
}
