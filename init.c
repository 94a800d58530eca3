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

#include "boot.h"
#include "cgroup_payload.h"
#include "death.h"
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
	bool abandoned;       /* --parent-death, and the parent died before the kernel watched it */
	bool timed_out;       /* --time-limit is up */
	enum reaped children; /* as of the last look */
	int64_t retry;        /* a look at the children that failed */
	int64_t time_limit;   /* then it is up */
	struct death death;
	struct turns turns;
	int told_death; /* --namespace: the signal that we are to die by; 0: none */
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

	if (!sig || in->namespace.side == SIDE_INNER) /* the outer one tells it */
		return;
	err = (int)sys(SYS_prctl, PR_SET_PDEATHSIG, sig);
	if (err < 0) {
		report_failure(IS_ERROR, err, NULL, "watch the parent for --parent-death");
		boot_exit(&in->opt, EXIT_CINIT);
	}
	in->abandoned = (pid_t)sys(SYS_getppid) != in->inherited.parent;
}

static void enter_namespace(struct init *in)
{
	namespace_split(&in->namespace, &in->opt, &in->payload, &in->terminal);
	in->pid1 = in->namespace.side == SIDE_INNER;
	if (in->pid1)
		in->inherited.parent = 0; /* outside */
}

/* The inner process of --namespace shares the terminal that the outer one has found. */
static void stand(struct init *in)
{
	struct terminal *t = &in->terminal;

	if (in->namespace.side == SIDE_OUTER)
		return;
	if (t->standing == STANDS_IN_OUR_GROUP && t->controlling &&
	    in->opt.standing == STANDS_AS_WITHOUT_INIT)
		t->job = false; /* PID 1 cannot stop */
	else
		terminal_stand(t, in->opt.standing, in->opt.group, in->pid1);
}

/* The time limit begins before the payload, whose start may take long. */
static void start_clock(struct init *in)
{
	in->opt.deadline = deadline_in(in->opt.time_limit);
	in->time_limit = in->opt.deadline;
	if (in->time_limit == 0) {
		report_error("unable to tell the time for --time-limit");
		boot_exit(&in->opt, EXIT_CINIT);
	}
}

static void become_init(struct init *in)
{
	int err;

	fds_open_status(&in->fds, &in->opt);
	in->fds.kept[2] = in->namespace.side == SIDE_ONLY ? -1 : in->namespace.fd;
	report_hello(in->pid1, VERSION);
	watch_parent(in);
	err = in->pid1 ? 0 : (int)sys(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1);
	if (err < 0)
		report_failure(IS_WARNING, err, "; orphans of the command escape",
			       "become a subreaper");
	stand(in);
	in->forward.opt = &in->opt;
	in->forward.payload = &in->payload;
	in->forward.ending = &in->ending;
	in->forward.terminal = &in->terminal;
	in->forward.parent = in->inherited.parent;
	in->forward.self = sys_getpid();
	in->ending.payload = &in->payload;
	in->ending.continues = in->opt.continues;
	start_clock(in);
}

static NOINLINE void start_payload(struct init *in)
{
	const struct options *shell;
	int code = payload_start(&in->payload, &in->opt, &in->inherited, &in->terminal, in->pid1);

	if (code && (shell = boot_rescue(&in->opt, code)) != NULL)
		code = payload_start(&in->payload, shell, &in->inherited, &in->terminal, in->pid1);
	if (code) {
		report_done(code);
		boot_exit(&in->opt, code);
	}
	in->timed_out = in->payload.kill_sent && deadline_left(in->time_limit) == 0;
}

/* ---- after the start of the payload nothing is fatal ---- */

/* The inner process of --namespace has told something. */
static void hear_inner(struct init *in)
{
	int told;

	while ((told = namespace_told(&in->namespace)) != 0) {
		if (told < 0)
			in->told_death = -told;
		else
			terminal_payload_stopped(&in->terminal, &in->payload, told);
	}
}

static void settle(struct init *in)
{
	signals_guard_faults();
	if (in->payload.pid && report_has_events())
		fds_tell_spawned(&in->fds, &in->opt, in->payload.pid);
	if (in->timed_out) { /* before it could be executed */
		in->time_limit = NEVER;
		report_time_limit(SIGKILL);
	}
	fds_close_others(&in->fds);
	sys(SYS_chdir, "/"); /* a filesystem that we stay on could not be unmounted */
	in->phase = in->payload.pid ? PHASE_PAYLOAD : PHASE_PAUSE;
	in->retry = NEVER;
	death_expect(&in->death);
	if (in->namespace.side == SIDE_OUTER) {
		in->death.due = NEVER; /* the inner one sees to it */
		hear_inner(in);        /* what it told before we listened raised no signal */
	}
}

/* ---- the end ---- */

static enum audience leftovers(const struct init *in)
{
	if (in->opt.group_only && in->payload.pid)
		return TO_GROUP;
	/* As PID 1 those outside the cgroup end with us as well, and deserve a SIGTERM. */
	if (in->pid1)
		return TO_NAMESPACE;
	return cgroup_is_ours() ? TO_CGROUP : TO_TREE;
}

/* The payload has ended, or there was none. */
static void begin_grace(struct init *in)
{
	enum audience who = leftovers(in);

	in->phase = PHASE_DONE;
	in->ending.plan = NULL;
	forward_let_all_go(&in->forward);
	if (in->payload.pid) {
		terminal_take_back(&in->terminal, &in->payload);
		death_tell(&in->death, &in->payload);
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
	ending_begin(&in->ending, PLAN_GRACE, &in->opt.grace, who);
	if (in->ending.plan) /* not every stage has passed at once */
		in->phase = PHASE_LEFTOVERS;
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
	if (in->phase == PHASE_PAYLOAD)
		forward_parent_death(&in->forward);
	else if (in->phase == PHASE_PAUSE)
		begin_grace(in);
	else if (in->phase == PHASE_LEFTOVERS)
		ending_further(&in->ending);
}

/* ---- events: a signal, a child, a deadline ---- */

static void collect(struct init *in)
{
	int stop_signal = 0;
	bool asks = in->terminal.job || in->namespace.side == SIDE_INNER;

	in->children =
		reaper_collect(&in->payload, in->opt.warn_orphans, asks ? &stop_signal : NULL);
	in->retry = in->children == REAPED_ERROR ? deadline_in(RETRY_MS) : NEVER;
	if (stop_signal && in->namespace.side == SIDE_INNER && !in->payload.ended)
		namespace_tell_stop(&in->namespace, stop_signal);
	else if (stop_signal)
		terminal_payload_stopped(&in->terminal, &in->payload, stop_signal);
	if (in->phase == PHASE_PAYLOAD && in->payload.ended)
		begin_grace(in);
	else if (in->phase == PHASE_LEFTOVERS && !ending_waits(&in->ending, in->children))
		in->phase = PHASE_DONE;
}

static void on_signal(struct init *in, const siginfo_t *si)
{
	bool pipe = in->namespace.side == SIDE_OUTER && si->si_signo == SIGIO;

	if (pipe)
		hear_inner(in); /* one that somebody sent may have taken the pipe's along */
	if (si->si_signo == SIGCHLD) {
		collect(in);
	} else if (pipe && si->si_code > 0) {
		return;
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

	if (in->phase == PHASE_PAYLOAD)
		at = earliest(at, earliest(forward_deadline(&in->forward), in->death.due));
	return earliest(at, in->time_limit);
}

static void on_time_limit(struct init *in)
{
	in->time_limit = NEVER;
	in->timed_out = true;
	report_time_limit(in->opt.stop_signal);
	in->ending.guarded = 0; /* no copy of a stop signal */
	if (in->phase == PHASE_PAYLOAD) {
		forward_stop(&in->forward);
	} else if (in->phase == PHASE_PAUSE) {
		begin_grace(in);
	} else {
		ending_further(&in->ending);
	}
}

/* Does what is due. At each event, lest a flood of signals put it off. */
static void on_deadlines(struct init *in)
{
	if (deadline_left(in->time_limit) == 0) {
		collect(in); /* who has ended in time has ended in time */
		if (in->phase != PHASE_DONE)
			on_time_limit(in);
	}
	if (in->phase == PHASE_PAYLOAD) {
		forward_look(&in->forward);
		death_look(&in->death);
	}
	ending_step(&in->ending);
	if (in->phase == PHASE_LEFTOVERS && !in->ending.plan)
		in->phase = PHASE_DONE;
	else if (in->children == REAPED_MORE || deadline_left(in->retry) == 0 ||
		 (in->phase == PHASE_LEFTOVERS && deadline_left(in->ending.look) == 0))
		collect(in);
}

/* A deadline of 0 has been set without a clock: what is to be done then is tried at intervals. */
static void handle_event(struct init *in)
{
	siginfo_t si;
	int64_t next = next_deadline(in);
	int ms = in->children == REAPED_MORE ? 0 : next == 0 ? RETRY_MS : deadline_left(next);

	if (signals_take(&in->turns, &si, forward_waiting(&in->forward), ms) > 0) {
		boot_turn(&in->opt, &si);
		on_signal(in, &si);
	}
	on_deadlines(in);
}

/* The signal that killed the payload; 0: none did. */
static int deadly_signal(const struct init *in)
{
	if (in->told_death)
		return in->told_death;
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
	ending_tell_left(&in->ending, in->children);
	if (in->opt.cgroup)
		cgroup_remove();
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
	in.pid1 = sys_getpid() == 1;
	options_read(&in.opt, argc, argv, envp);
	report_level(in.opt.level);
	boot_begin(&in.opt);
	fds_fill_standard(&in.fds);
	if (in.opt.namespace && !in.pid1)
		enter_namespace(&in);
	become_init(&in);
	if (!in.opt.pause && !in.payload.pid)
		start_payload(&in);

	/* From here on nothing is fatal: no failed call ends us before the payload has ended. */
	settle(&in);
	collect(&in); /* who has ended already may have sent its SIGCHLD before we could take it */
	if (in.abandoned)
		lose_parent(&in);
	while (in.phase != PHASE_DONE)
		handle_event(&in);
	boot_exit(&in.opt, finish(&in));
}
