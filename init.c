/* cinit: the life of PID 1. See cinit(8).
 *
 * What PID 1 must do, and no more: start the payload, hand signals on to it, reap every child, and
 * end with the payload's status when nobody is left. One loop, one call that waits
 * (rt_sigtimedwait), one way to learn of a death (waitpid). */
#include <errno.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "cgroup.h"
#include "ending.h"
#include "fds.h"
#include "forward.h"
#include "namespace.h"
#include "options.h"
#include "payload.h"
#include "reaper.h"
#include "report.h"
#include "signals.h"
#include "sys.h"
#include "terminal.h"

/* A payload that lives shorter than this is not worth the reading of the cgroup's count of OOM
 * kills. Milliseconds. */
#define SHORT_LIFE_MS 20

/* How often to ask again for what the kernel refuses to tell, in milliseconds. */
#define RETRY_MS 100

enum phase {
	PHASE_PAYLOAD,   /* it runs */
	PHASE_PAUSE,     /* there is none (--pause) */
	PHASE_LEFTOVERS, /* it has ended: the grace plan is for those that it left behind */
	PHASE_DONE,
};

struct init {
	enum phase phase;
	bool pid1;
	bool abandoned; /* --parent-death, and the parent died before the kernel watched it */
	bool timed_out; /* --time-limit is up */
	pid_t parent;
	enum reaped children; /* as of the last look */
	int64_t retry;        /* a look at the children that failed */
	int64_t time_limit;
	int64_t settled;     /* then the count of OOM kills is read */
	long long oom_kills; /* while the payload began to run; -1: unknown */
	struct turns turns;
	int death; /* --namespace: the signal that we are to die by; 0: none */
	struct namespace namespace;
	struct fds fds;
	struct options opt;
	struct inherited inherited;
	struct payload payload;
	struct terminal terminal;
	struct ending ending;
	struct forward forward;
};

/* ---- before the payload ---- */

static void watch_parent(struct init *in)
{
	int sig = forward_parent_signal(in->opt.parent_death, in->pid1);
	int err;

	if (!sig)
		return;
	err = (int)sys(SYS_prctl, PR_SET_PDEATHSIG, sig);
	if (err < 0) {
		report_error("unable to watch the parent for --parent-death: %s", errno_name(-err));
		sys_exit(EXIT_CINIT);
	}
	in->abandoned = (pid_t)sys(SYS_getppid) != in->parent;
}

static void enter_namespace(struct init *in)
{
	namespace_split(&in->namespace, &in->opt, &in->payload, &in->terminal);
	in->pid1 = in->namespace.side == SIDE_INNER;
	if (in->pid1)
		in->parent = 0; /* outside */
}

static void become_init(struct init *in)
{
	int err;

	report_level(in->opt.level);
	fds_open_status(&in->fds, &in->opt);
	in->fds.kept[2] = in->namespace.side == SIDE_ONLY ? -1 : in->namespace.fd;
	report_hello(in->pid1, VERSION);
	watch_parent(in);
	err = in->pid1 ? 0 : (int)sys(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
	if (err < 0)
		report_warning("unable to become a subreaper: %s; orphans of the command escape",
			       errno_name(-err));
	if (in->namespace.side != SIDE_OUTER)
		terminal_stand(&in->terminal, in->opt.standing, in->opt.group, in->pid1);
	in->forward.opt = &in->opt;
	in->forward.payload = &in->payload;
	in->forward.ending = &in->ending;
	in->forward.terminal = &in->terminal;
	in->forward.parent = in->parent;
	in->forward.pid1 = in->pid1;
	in->ending.payload = &in->payload;
	in->ending.continues = in->opt.continues;
}

/* ---- after the start of the payload nothing is fatal ---- */

/* Children from before cinit, and a payload that has ended already, may have sent their SIGCHLD
 * before it could be taken: the loop begins with a look at the children. */
static void settle(struct init *in)
{
	signals_guard_faults();
	if (in->payload.pid && report_has_events())
		fds_tell_spawned(&in->fds, in->payload.pid);
	fds_close_others(&in->fds);
	sys(SYS_chdir, "/"); /* a filesystem that we stay on could not be unmounted */
	in->phase = in->payload.pid ? PHASE_PAYLOAD : PHASE_PAUSE;
	in->retry = NEVER;
	in->oom_kills = -1;
	in->settled = in->namespace.side == SIDE_OUTER ? NEVER : deadline_in(SHORT_LIFE_MS);
	in->time_limit = deadline_in(in->opt.time_limit);
}

/* ---- the end ---- */

/* A clean end needs no word. */
static void tell_exit(const struct init *in)
{
	int status = in->payload.status;
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !in->payload.kill_sent;
	long long kills = in->oom_kills < 0 ? -1 : cgroup_oom_kills();
	bool oom = kills > in->oom_kills;

	if (oom)
		report_warning("%s was killed for want of memory (oom_kill rose from %lld to %lld);"
			       " raise the memory limit",
			       killed ? "the command" : "a process below the command",
			       in->oom_kills, kills);
	else if (killed)
		report_warning("the command was killed by a SIGKILL that cinit did not send");
	if (WIFSIGNALED(status) && WCOREDUMP(status))
		report_warning("the command was killed by %s and dumped core",
			       signal_name(WTERMSIG(status)));
	report_exited(status, oom);
}

static enum audience leftovers(const struct init *in)
{
	if (in->opt.group_only && in->payload.pid)
		return TO_GROUP;
	return in->pid1 ? TO_NAMESPACE : TO_TREE;
}

/* The payload has ended, or there was none. */
static void begin_grace(struct init *in)
{
	enum audience who = leftovers(in);

	in->phase = PHASE_DONE;
	in->ending.plan = NULL;
	if (in->payload.pid) {
		terminal_take_back(&in->terminal, &in->payload);
		tell_exit(in);
	}
	if (!ending_has_leftovers(who, in->children))
		return;
	if (report_has_events())
		report_left(ending_count(who));
	if (!in->opt.grace.count)
		return;
	if (!ending_can_reach(who, &in->payload)) {
		report_warning("processes are left behind, and without /proc they cannot be found");
		return;
	}
	in->phase = PHASE_LEFTOVERS;
	ending_begin(&in->ending, PLAN_GRACE, &in->opt.grace, who);
}

static void tell_left(const struct init *in)
{
	if (in->ending.refused)
		report_warning(
			"left behind: %d processes that may not be signalled; needs CAP_KILL",
			in->ending.refused);
	if (in->ending.error < 0)
		report_warning("unable to find out who is left behind: %s",
			       errno_name(-in->ending.error));
}

/* Our parent is to see what became of the payload. */
static void die_by(int sig)
{
	sys(SYS_prlimit64, 0, RLIMIT_CORE, &(struct rlimit){0}, NULL);
	/* A pipe in core_pattern does not ask for the limit. */
	sys(SYS_prctl, PR_SET_DUMPABLE, 0);
	signals_act(sig);
}

static void lose_parent(struct init *in)
{
	report_warning("the parent of cinit had died before the kernel watched it");
	if (in->payload.pid)
		forward_parent_death(&in->forward);
	else
		begin_grace(in);
}

/* ---- events: a signal, a child, a deadline ---- */

static void collect(struct init *in)
{
	int stop_signal = 0;
	bool asks = in->terminal.job || in->namespace.side == SIDE_INNER;

	in->children =
		reaper_collect(&in->payload, in->opt.warn_orphans, asks ? &stop_signal : NULL);
	in->retry = in->children == REAPED_ERROR ? deadline_in(RETRY_MS) : NEVER;
	if (stop_signal && in->namespace.side == SIDE_INNER)
		namespace_tell_stop(&in->namespace, stop_signal);
	else if (stop_signal)
		terminal_payload_stopped(&in->terminal, &in->payload, stop_signal);
	if (in->phase == PHASE_PAYLOAD && in->payload.ended)
		begin_grace(in);
	else if (in->phase == PHASE_LEFTOVERS && !ending_waits(&in->ending, in->children))
		in->phase = PHASE_DONE;
}

/* The inner process of --namespace has told something. */
static void hear_inner(struct init *in)
{
	int told;

	while ((told = namespace_told(&in->namespace)) != 0) {
		if (told < 0)
			in->death = -told;
		else
			terminal_payload_stopped(&in->terminal, &in->payload, told);
	}
}

static void on_signal(struct init *in, const siginfo_t *si)
{
	if (si->si_signo == SIGCHLD) {
		collect(in);
	} else if (in->namespace.side == SIDE_OUTER && si->si_signo == SIGIO) {
		hear_inner(in);
	} else if (in->phase == PHASE_PAYLOAD) {
		if (si->si_signo == SIGCONT)
			terminal_give(&in->terminal, &in->payload);
		forward_to_payload(&in->forward, si);
	} else if (in->phase == PHASE_LEFTOVERS) {
		forward_to_plan(&in->forward, si);
	} else if (forward_asks_to_end(&in->forward, si)) {
		begin_grace(in);
	}
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When the loop is to go on although no signal comes. */
static int64_t next_deadline(const struct init *in)
{
	int64_t at = earliest(in->retry, ending_deadline(&in->ending));

	if (in->phase == PHASE_PAYLOAD) {
		at = earliest(at, forward_deadline(&in->forward));
		at = earliest(at, earliest(in->time_limit, in->settled));
	}
	return at;
}

static void on_time_limit(struct init *in)
{
	in->time_limit = NEVER;
	in->timed_out = true;
	report_time_limit(in->opt.stop_signal);
	forward_stop(&in->forward);
}

/* Does what is due. At each event, lest a flood of signals put it off. */
static void on_deadlines(struct init *in)
{
	if (in->phase == PHASE_PAYLOAD) {
		forward_look(&in->forward);
		if (deadline_left(in->time_limit) == 0)
			on_time_limit(in);
		if (deadline_left(in->settled) == 0) {
			in->settled = NEVER;
			in->oom_kills = cgroup_oom_kills();
		}
	}
	ending_step(&in->ending);
	if (in->phase == PHASE_LEFTOVERS && !in->ending.plan)
		in->phase = PHASE_DONE;
	else if (in->children == REAPED_MORE || deadline_left(in->retry) == 0 ||
		 (in->phase == PHASE_LEFTOVERS && deadline_left(in->ending.look) == 0))
		collect(in);
}

static void handle_event(struct init *in)
{
	siginfo_t si;
	int ms = in->children == REAPED_MORE ? 0 : deadline_left(next_deadline(in));

	if (signals_take(&in->turns, &si, in->forward.waiting, ms) > 0)
		on_signal(in, &si);
	on_deadlines(in);
}

/* The signal that killed the payload; 0: none did. */
static int deadly_signal(const struct init *in)
{
	if (in->death)
		return in->death;
	return WIFSIGNALED(in->payload.status) ? WTERMSIG(in->payload.status) : 0;
}

static int finish(struct init *in)
{
	int sig, code;

	if (in->namespace.side == SIDE_OUTER)
		hear_inner(in);
	sig = deadly_signal(in);
	code = sig ? EXIT_SIGNALLED + sig : WEXITSTATUS(in->payload.status);
	code = in->timed_out ? EXIT_TIME_LIMIT : options_expect(&in->opt, code);
	tell_left(in);
	report_done(code);
	if (!sig || code != EXIT_SIGNALLED + sig || !in->opt.die_by_signal)
		return code;
	if (in->namespace.side == SIDE_INNER)
		namespace_tell_death(&in->namespace, sig);
	else if (!in->pid1)
		die_by(sig);
	return code;
}

int main(int argc, char **argv, char **envp)
{
	static struct init in;

	signals_capture(&in.inherited);
	in.parent = (pid_t)sys(SYS_getppid);
	in.pid1 = sys_getpid() == 1;
	options_read(&in.opt, argc, argv, envp);
	fds_fill_standard(&in.fds);
	if (in.opt.namespace && !in.pid1)
		enter_namespace(&in);
	become_init(&in);
	if (!in.opt.pause && !in.payload.pid) {
		int code =
			payload_start(&in.payload, &in.opt, &in.inherited, &in.terminal, in.pid1);
		if (code)
			return code;
	}

	/* From here on nothing is fatal: no failed call ends us before the payload has ended. */
	settle(&in);
	if (in.abandoned)
		lose_parent(&in);
	collect(&in); /* who has ended already may have sent its SIGCHLD before we could take it */
	while (in.phase != PHASE_DONE)
		handle_event(&in);
	return finish(&in);
}
