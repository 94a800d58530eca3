/* cinit: the life of PID 1. See cinit(8). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "ending.h"
#include "explain.h"
#include "options.h"
#include "proc.h"
#include "reaper.h"
#include "report.h"
#include "signals.h"
#include "spawn.h"
#include "sys.h"
#include "terminal.h"

/* execvp's PATH where the environment has none (musl, execvp.c). */
#define DEFAULT_PATH "/usr/local/bin:/bin:/usr/bin"

/* Where close_range(2) is missing (before Linux 5.9), fds are closed up to this one at most. */
#define CLOSE_MAX 65536

/* An environment variable that names a pid. */
#define VARIABLE_SIZE (16 + DEC_SIZE)

#define PAGE       ((uintptr_t)4096)
#define STACK_USED (16 * PAGE)    /* what starting up may have touched below the loop */
extern const char __ehdr_start[]; /* by the linker: our file's first byte */
#define IN_ONE_PAGE __attribute__((__section__(".text.hot"), __aligned__(128), __noinline__))

/* Small members first: they are in reach of short instructions then. */
struct init {
	struct payload payload;
	struct terminal terminal;
	pid_t parent;
	int signal_fd; /* negative: there is none, sigtimedwait alone waits */
	bool pid1;
	bool kernel_reaps;
	bool settled;     /* has waited, and only reaped since: few pages are in use */
	bool abandoned;   /* --parent-death, and the parent died before the kernel watched it */
	bool job;         /* our group had the terminal until the payload got it */
	enum reaped left; /* children, as of the last look */
	unsigned closed;  /* of fds 0 to 2, those that came closed; a bit each */
	struct ending ending;
	char **envp;
	long long oom_kills;       /* before the payload ran; -1: unknown */
	unsigned long long warned; /* signals of which a drop has been told; bit n-1 */
	struct options opt;
	struct inherited inherited;
};

enum event { EVENT_SIGNAL, EVENT_EXIT, EVENT_TIME, EVENT_NOTHING };

/* ---- before the payload ---- */

/* So that no fd of ours lands on 0 to 2, where others write. An O_PATH fd answers all reads and
 * writes as a closed one does, and close-on-exec gives the payload its closed one back. */
static void fill_standard_fds(struct init *in)
{
	struct pollfd fds[] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};

	if (sys_poll(fds, 3, 0) <= 0)
		return;
	for (int fd = 0; fd < 3; fd++)
		if (fds[fd].revents & POLLNVAL && sys_open("/", O_PATH | O_CLOEXEC, 0) == fd)
			in->closed |= 1u << fd;
}

/* Ends cinit if reaping cannot be left to the kernel, though that was asked for. */
static void require_kernel_reaping(const struct init *in)
{
	int self = in->pid1 ? (int)sys(SYS_pidfd_open, sys_getpid(), 0) : -1;

	if (!in->pid1)
		report("--reap=kernel needs PID 1; use --reap=auto");
	else if (!reaper_kernel_can(self))
		report("--reap=kernel needs Linux 6.16 (PIDFD_GET_INFO); use --reap=auto");
	else if (sys_close(self) == 0)
		return;
	sys_exit(EXIT_CINIT);
}

static void become_init(struct init *in)
{
	/* Out there SIGKILL would take us without a chance to take our tree along. */
	bool carried = in->opt.parent_death == SIGKILL && !in->pid1;

	if (in->opt.status_fd >= 0)
		report_status_fd(in->opt.status_fd);
	if (in->opt.status_fd > STDERR_FILENO)
		sys(SYS_FCNTL, in->opt.status_fd, F_SETFD, FD_CLOEXEC);
	if (in->opt.reap == REAP_KERNEL)
		require_kernel_reaping(in);
	if (!in->pid1)
		sys(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (in->opt.parent_death)
		sys(SYS_prctl, PR_SET_PDEATHSIG, carried ? SIGTERM : in->opt.parent_death, 0, 0, 0);
	in->abandoned = in->opt.parent_death && (pid_t)sys(SYS_getppid) != in->parent;
	terminal_find(&in->terminal);
}

/* The variables of sd_listen_fds(3) and sd_watchdog_enabled(3) name the process that is meant by
 * its pid: where that is us, the payload is meant. LISTEN_PIDFDID cannot be made to name it. */
static void rename_in_environment(char **envp, char variables[2][VARIABLE_SIZE], char *pid_text[2])
{
	static const char names[2][16] = {"LISTEN_PID=", "WATCHDOG_PID="};
	const char *self = DEC(sys_getpid());
	char **to = envp;

	for (char **from = envp; *from; from++) {
		if (strncmp(*from, "LISTEN_PIDFDID=", 15) == 0)
			continue;
		*to = *from;
		for (int i = 0; i < 2; i++) {
			size_t n = strlen(names[i]);
			if (strncmp(*from, names[i], n) == 0 && strcmp(*from + n, self) == 0) {
				*to = memcpy(variables[i], names[i], n);
				pid_text[i] = variables[i] + n;
			}
		}
		to++;
	}
	*to = NULL;
}

/* ---- the payload ---- */

/* Says why, and ends. */
static _Noreturn void not_started(struct init *in, const struct spawned *made,
				  const struct exec_failure *f)
{
	char why[EXPLAIN_SIZE];
	const char *step = spawn_step_name(made->step);
	int code = EXIT_CINIT;

	in->payload.pid = made->pid; /* it had the terminal before it failed */
	terminal_take_back(&in->terminal, &in->payload);
	if (made->step == SPAWN_EXEC)
		code = explain_exec(f, why);
	else if (made->err == EAGAIN || made->err == ENOMEM)
		explain_exec(f, why);
	else
		report_format(why, sizeof why, "unable to start %s: %s: %s", f->file, step,
			      report_errno(made->err));
	report("%s", why);
	report_event("'event':'exec_failed','step':%s,'errno':%s,'message':%s", step,
		     report_errno(made->err), why);
	report_event("'event':'done','status':%d", code);
	sys_exit(code);
}

/* Starts it, through /bin/sh if it turns out to be a script without "#!". */
static void spawn_or_end(struct init *in, const struct spawn *s, struct spawned *made)
{
	char script[PATH_MAX];
	char **argv = in->opt.command;
	struct exec_failure f = {.file = argv[0], .path = s->path, .argv = argv, .envp = s->envp};
	struct spawn shell = *s;

	if (spawn(s, made) == 0)
		return;
	f.err = made->err;
	f.element = made->element;
	if (made->step == SPAWN_EXEC && f.err == ENOEXEC && explain_is_script(&f, script)) {
		/* There is a word before the command: at least our own name. */
		shell.argv = --argv;
		argv[0] = (char *)"/bin/sh";
		argv[1] = script;
		shell.path = NULL;
		if (spawn(&shell, made) == 0)
			return;
	}
	not_started(in, made, &f);
}

/* In a session of its own, or in a group of its own where signals go to the group, where job
 * control needs it, and under PID 1: "kill 0" by the payload is not meant for init. Where our own
 * group is one of a namespace above (unshare -pf at a terminal), whose number is 0 to us, the
 * terminal could not be taken back: then the payload stays in it. */
static size_t actions_for(struct init *in, struct spawn_action actions[static 2])
{
	struct winsize size;
	size_t n = 0;

	if (in->opt.setsid) {
		int fd = in->terminal.fd;
		for (int i = STDIN_FILENO; fd < 0 && i <= STDERR_FILENO; i++)
			fd = sys(SYS_ioctl, i, TIOCGWINSZ, &size) == 0 ? i : fd;
		terminal_let_go(&in->terminal);
		actions[n++] = (struct spawn_action){.step = SPAWN_SETSID};
		if (fd >= 0)
			actions[n++] = (struct spawn_action){.step = SPAWN_TERMINAL, .fd = fd};
	} else if (in->terminal.fd >= 0 ? sys(SYS_getpgid, 0) > 0
					: in->pid1 || in->opt.group || in->opt.own_group) {
		actions[n++] = (struct spawn_action){.step = SPAWN_SETPGID};
		in->job = terminal_is_ours(&in->terminal);
		if (in->job)
			actions[n++] = (struct spawn_action){.step = SPAWN_FOREGROUND,
							     .fd = in->terminal.fd};
	}
	return n;
}

static void start_payload(struct init *in)
{
	struct spawn_action actions[2];
	struct spawned made;
	char variables[2][VARIABLE_SIZE];
	const char *path = options_variable(in->envp, "PATH");
	struct spawn s = {
		.argv = in->opt.command,
		.envp = in->envp,
		.actions = actions,
		.count = actions_for(in, actions),
		.signals = &in->inherited,
	};

	rename_in_environment(in->envp, variables, s.pid_text);
	if (*s.argv[0] && !strchr(s.argv[0], '/'))
		s.path = path ? path : DEFAULT_PATH;
	in->payload.own_group = s.count > 0;
	spawn_or_end(in, &s, &made);
	in->payload.pid = made.pid;
	in->payload.pidfd = made.pidfd;
	in->payload.group = in->opt.group && in->payload.own_group;
}

/* Where fd leads, or NULL if it came closed. */
static const char *target(const struct init *in, int fd, char link[static PATH_MAX])
{
	char path[] = "/proc/self/fd/0";

	path[sizeof path - 2] = (char)('0' + fd);
	return !(in->closed & 1u << fd) && sys_readlink(path, link, PATH_MAX) ? link : NULL;
}

static void tell_spawned(const struct init *in)
{
	char links[3][PATH_MAX];
	struct proc_stat stat = {0};

	if (proc_is_ours())
		proc_stat(in->payload.pid, &stat);
	report_event("'event':'spawned','pid':%d,'start_time':%lld,'fds':[%s,%s,%s]",
		     in->payload.pid, (long long)stat.start_time, target(in, 0, links[0]),
		     target(in, 1, links[1]), target(in, 2, links[2]));
}

/* ---- after that nothing is fatal ---- */

static void close_range_or_each(unsigned first, unsigned last)
{
	struct rlimit limit = {.rlim_cur = CLOSE_MAX};

	if (first > last || sys(SYS_close_range, first, last, 0) == 0)
		return;
	sys(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
	for (unsigned fd = first; fd <= last && fd < limit.rlim_cur && fd < CLOSE_MAX; fd++)
		sys_close((int)fd);
}

/* What the payload has inherited must not stay open because of us: a pipe's reader waits for its
 * last writer. */
static void close_others(const struct init *in)
{
	const int keep[] = {in->payload.pidfd, in->opt.status_fd, in->signal_fd};
	unsigned first = STDERR_FILENO + 1;

	for (;;) {
		unsigned next = UINT_MAX;
		for (size_t i = 0; i < sizeof keep / sizeof *keep; i++)
			if (keep[i] >= (int)first && (unsigned)keep[i] < next)
				next = (unsigned)keep[i];
		if (next == UINT_MAX)
			break;
		close_range_or_each(first, next - 1);
		first = next + 1;
	}
	close_range_or_each(first, UINT_MAX);
}

static void collect(struct init *in)
{
	if (in->kernel_reaps)
		return;
	in->left = reaper_collect(&in->payload, !in->pid1, in->opt.warn_orphans);
	/* It was the kernel that reaped the payload. */
	if (in->left == REAPED_NONE && in->payload.pid && !in->payload.gone)
		reaper_read_pidfd(&in->payload);
	if (in->payload.stop_signal)
		terminal_stop_with(&in->terminal, &in->payload);
	if (in->left != REAPED_MORE)
		ending_again(&in->ending);
}

static void reap_ourselves(struct init *in)
{
	if (in->kernel_reaps)
		reaper_take_back();
	in->kernel_reaps = false;
	collect(in); /* who died in between is no event any more */
}

/* Waits as poll does, for as long as it takes. While nothing happens the page that this function
 * lies in is all the code that is needed, and the stack below has served its purpose: the rest is
 * given back. What is needed later comes again from the page cache. */
IN_ONE_PAGE static int wait_in_one_page(struct pollfd fds[2])
{
	const ElfW(Ehdr) *file = (const void *)__ehdr_start;
	const ElfW(Phdr) *code = (const void *)(__ehdr_start + file->e_phoff); /* first segment */
	uintptr_t start = (uintptr_t)__ehdr_start;
	uintptr_t here = (uintptr_t)wait_in_one_page & -PAGE;
	/* Our frame may reach below file, and a call that is not inline has one of its own. */
	uintptr_t stack = (((uintptr_t)&file - SYS_STACK) & -PAGE) - STACK_USED;

	sys(SYS_madvise, stack, STACK_USED, MADV_DONTNEED);
	sys(SYS_madvise, here + PAGE, start + code->p_memsz - here - PAGE, MADV_DONTNEED);
	sys(SYS_madvise, start, here - start, MADV_DONTNEED);
	return (int)sys(SYS_ppoll, fds, 2, NULL, NULL, 0);
}

static enum event next_event(struct init *in, siginfo_t *si)
{
	/* Of the pidfd only POLLHUP counts: POLLIN comes before there is a status. */
	struct pollfd fds[] = {
		{.fd = in->kernel_reaps ? in->payload.pidfd : -1},
		{.fd = in->signal_fd, .events = POLLIN},
	};
	int timeout = in->left == REAPED_MORE ? 0 : ending_timeout(&in->ending);
	int n;

	if (in->signal_fd < 0)
		return signals_take(si, timeout) ? EVENT_SIGNAL : EVENT_TIME;
	bool look = timeout < 0 && !in->settled;
	n = sys_poll(fds, 2, look ? 0 : timeout);
	if (n == 0 && look) {
		in->settled = true;
		n = wait_in_one_page(fds);
	}
	/* Should poll be refused for good (a seccomp filter), then sigtimedwait alone has to do. */
	if (n < 0 && n != -EINTR) {
		in->signal_fd = -1;
		reap_ourselves(in);
	}
	if (n == 0)
		return EVENT_TIME;
	if (n < 0)
		return EVENT_NOTHING;
	if (fds[0].revents)
		return EVENT_EXIT;
	return signals_take(si, 0) ? EVENT_SIGNAL : EVENT_NOTHING;
}

static void settle(struct init *in)
{
	in->ending.payload = &in->payload;
	in->ending.verbose = in->opt.verbosity > 0;
	signals_guard_faults();
	in->signal_fd = signals_fd();
	close_others(in);
	sys(SYS_chdir, "/"); /* a filesystem that we stay on could not be unmounted */
	if (in->opt.status_fd >= 0 && in->payload.pid)
		tell_spawned(in);
	if (in->pid1 && in->opt.reap != REAP_INIT && in->signal_fd >= 0)
		in->kernel_reaps = reaper_leave_to_kernel(&in->payload);
	in->oom_kills = in->payload.pid ? cgroup_oom_kills() : -1;
	collect(in); /* who was dead before we came raises no SIGCHLD any more */
}

/* ---- signals ---- */

static void tell_drop(struct init *in, int sig, pid_t sender)
{
	if (in->warned & 1ull << (sig - 1))
		return;
	in->warned |= 1ull << (sig - 1);
	report("dropped %s from pid %d inside: the command does not handle it;"
	       " --inside=forward delivers it",
	       signals_name(sig), sender);
}

/* From the keyboard the payload has got it already, if it is in our group. */
static bool sent_by_terminal_to_group(const struct init *in, int sig, const siginfo_t *si)
{
	return si->si_code == SI_KERNEL && !in->payload.own_group &&
	       (sig == SIGINT || sig == SIGQUIT || sig == SIGWINCH || signals_is_stop_key(sig));
}

static bool inside_rule_drops(struct init *in, int sig, enum origin from, pid_t sender)
{
	if (from != ORIGIN_INSIDE || in->opt.inside == INSIDE_FORWARD)
		return false;
	if (in->opt.inside == INSIDE_DROP)
		return true;
	if (!signals_default_harms(in->payload.pid, sig))
		return false;
	tell_drop(in, sig, sender);
	return true;
}

/* Hands sig to the payload; returns what became of it, in the word of the status event. */
static const char *deliver(struct init *in, int sig, enum origin from, const siginfo_t *si)
{
	if (sent_by_terminal_to_group(in, sig, si) || inside_rule_drops(in, sig, from, si->si_pid))
		return "dropped";
	if (sig == SIGTERM && from != ORIGIN_INSIDE && in->opt.stop.count) {
		if (in->ending.plan)
			ending_next(&in->ending);
		if (!in->ending.plan) /* there was none, or that was its last stage */
			ending_begin(&in->ending, "stop", &in->opt.stop, TO_PAYLOAD);
		return "stage";
	}
	if (sig == SIGCONT)
		terminal_hand_over(&in->terminal, &in->payload);
	int err = signals_send(&in->payload, sig, si);
	if (sig == SIGTERM) /* a stopped payload ends only when it runs again */
		signals_send(&in->payload, SIGCONT, NULL);
	return err ? "failed" : "delivered";
}

/* Without a payload: nobody to forward to, but the end can be asked for. */
static const char *without_payload(struct init *in, int sig)
{
	if (in->opt.pause && !in->payload.gone && (sig == SIGTERM || sig == SIGINT))
		in->payload.gone = true;
	else if (sig == SIGTERM && in->ending.plan)
		ending_next(&in->ending);
	else
		return "dropped";
	return "stage";
}

static void tell_signal(const struct init *in, const siginfo_t *si, enum origin from,
			const char *action)
{
	const char *name = signals_name(si->si_signo);

	report_event("'event':'signal','name':%s,'origin':%s,'sender':%d,'action':%s", name,
		     signals_origin_name(from), si->si_pid, action);
	if (in->opt.verbosity > 0)
		report("%s from %s, pid %d: %s", name, signals_origin_name(from), si->si_pid,
		       action);
}

static void on_signal(struct init *in, const siginfo_t *si)
{
	enum origin from = signals_origin(si, in->pid1);
	int sig = in->opt.rewrite[si->si_signo];
	const char *action = "dropped";

	if (si->si_signo == SIGCHLD) {
		collect(in);
		return;
	}
	in->settled = false;
	/* Another process of our job wants the terminal: we took it away by handing it over. */
	if ((sig == SIGTTIN || sig == SIGTTOU) && from == ORIGIN_KERNEL && !in->pid1 &&
	    terminal_take_back(&in->terminal, &in->payload))
		return;
	if (from == ORIGIN_SELF)
		return;
	/* See become_init: the SIGTERM that stands for a SIGKILL. A parent above our namespace is 0
	 * before and after. */
	if (in->opt.parent_death == SIGKILL && si->si_signo == SIGTERM && !in->pid1 &&
	    ((pid_t)sys(SYS_getppid) != in->parent || (si->si_pid | in->parent) == 0))
		sig = SIGKILL;
	if (sig && (in->payload.gone || !in->payload.pid))
		action = without_payload(in, sig);
	else if (sig)
		action = deliver(in, sig, from, si);
	if (in->opt.verbosity > 0 || in->opt.status_fd >= 0)
		tell_signal(in, si, from, action);
	if (in->opt.stop_self && signals_is_stop_key(si->si_signo) && !in->pid1)
		sys_kill(sys_getpid(), SIGSTOP);
}

static void on_parent_death(struct init *in)
{
	siginfo_t si = {.si_signo = in->opt.parent_death};

	on_signal(in, &si);
}

static void handle_event(struct init *in)
{
	siginfo_t si;

	switch (next_event(in, &si)) {
	case EVENT_SIGNAL:
		on_signal(in, &si);
		break;
	case EVENT_EXIT:
		reaper_read_pidfd(&in->payload);
		break;
	case EVENT_TIME:
	case EVENT_NOTHING:
		collect(in);
		break;
	}
	/* At each event, lest a flood of signals hold up a plan. */
	if (ending_timeout(&in->ending) == 0)
		ending_next(&in->ending);
}

/* ---- the end ---- */

/* A clean exit needs no word. */
static void tell_exit(const struct init *in)
{
	int status = in->payload.status;
	const char *signal = WIFSIGNALED(status) ? signals_name(WTERMSIG(status)) : NULL;
	long long kills = signal ? cgroup_oom_kills() : -1;
	bool oom = WTERMSIG(status) == SIGKILL && !in->payload.kill_sent && in->oom_kills >= 0 &&
		   kills > in->oom_kills;

	if (!in->payload.pid)
		return;
	if (oom)
		report("the command was killed for want of memory (oom_kill rose from %lld to %lld);"
		       " raise the memory limit",
		       in->oom_kills, kills);
	else if (signal && WTERMSIG(status) == SIGKILL && !in->payload.kill_sent)
		report("the command was killed by a SIGKILL that cinit did not send");
	if (signal && WCOREDUMP(status))
		report("the command was killed by %s and dumped core", signal);
	if (signal)
		report_event("'event':'exited','signal':%s,'core':%i,'oom':%i", signal,
			     !!WCOREDUMP(status), oom);
	else
		report_event("'event':'exited','code':%d,'core':%i,'oom':%i", WEXITSTATUS(status),
			     0, 0);
}

/* The grace plan for those that the payload has left behind. */
static void end_those_left(struct init *in)
{
	enum audience who = in->opt.group_only && in->payload.pid ? TO_GROUP
			    : in->pid1                            ? TO_NAMESPACE
								  : TO_TREE;

	in->ending.plan = NULL;
	reap_ourselves(in);
	if (in->left == REAPED_NONE)
		return;
	if (in->opt.status_fd >= 0)
		report_event("'event':'left','count':%d", ending_left(who));
	if (in->opt.grace.count)
		ending_begin(&in->ending, "grace", &in->opt.grace, who);
	while (in->ending.plan && in->left != REAPED_NONE)
		handle_event(in);
}

/* Our parent sees what became of the payload. The stop and quit keys would have reached our whole
 * group, had the payload not been moved out of it: a script's loop ends with the payload. */
static void die_by(int sig, bool tell_group)
{
	sys(SYS_prlimit64, 0, RLIMIT_CORE, &(struct rlimit){0}, NULL);
	/* A pipe in core_pattern does not ask for the limit. */
	sys(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
	sys_kill(tell_group ? 0 : sys_getpid(), sig);
	signals_act_on(sig);
}

static _Noreturn void finish(struct init *in, bool had_terminal)
{
	int status = in->payload.status;
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	int code = options_expect(&in->opt, sig ? EXIT_SIGNALLED + sig : WEXITSTATUS(status));

	report_event("'event':'done','status':%d", code);
	if (sig && code && !in->pid1 && in->opt.die_by_signal)
		die_by(sig, had_terminal && in->job && (sig == SIGINT || sig == SIGQUIT));
	sys_exit(code);
}

int main(int argc, char **argv, char **envp)
{
	struct init in = {.envp = envp, .payload = {.pidfd = -1}};

	signals_capture(&in.inherited);
	in.parent = (pid_t)sys(SYS_getppid);
	in.pid1 = sys_getpid() == 1;
	options_read(&in.opt, argc, argv, envp);
	fill_standard_fds(&in);
	become_init(&in);
	if (!in.opt.pause)
		start_payload(&in);

	/* From here on nothing is fatal: no failed call ends us before the payload has ended. */
	settle(&in);
	if (in.abandoned)
		on_parent_death(&in);
	while (!in.payload.gone)
		handle_event(&in);
	bool had_terminal = !in.pid1 && terminal_take_back(&in.terminal, &in.payload);
	tell_exit(&in);
	end_those_left(&in);
	finish(&in, had_terminal);
}
