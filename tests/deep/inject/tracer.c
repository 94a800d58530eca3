/* One case: a scenario under ptrace(2), with one fault. The process that runs it is PID 1 of a
 * namespace, so all pids are the same in each run, and nothing outlives it. */
#define _GNU_SOURCE
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds, times the patience. */
enum { EVENT_MS = 600, END_MS = 2500, LEFT_MS = 300, DELAY_MS = 25 };

/* Calls after which cinit is said to be busy. The longest scenario makes about 500. */
enum { CALLS_MAX = 6000 };

enum { COMMANDS = 8, REPORT = 9, FILES = 64 };

struct proc {
	pid_t pid;
	bool active;  /* it is cinit: it has been executed, and its child has not */
	bool calling; /* between entry and exit of a call */
	bool stopped;
	int number; /* of that call */
	bool spoil; /* the exit answers: */
	long answer;
	bool filtered;    /* the kernel answers with the error */
	bool continue_it; /* once it has been stopped */
};

struct run {
	const struct scenario *s;
	const struct fault *f;
	const struct place *place;
	struct result *out;
	bool pid1;
	struct proc procs[PROCS];
	int count;
	pid_t init, parent;
	bool ended, told, injected;
	int report, commands, log, master, child_events;
	int seen[256]; /* events that were waited for */
	size_t length;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

/* ---- starting ---- */

/* Where a case is, all of its files are. */
static void make_command(struct run *r, char **argv)
{
	static char cgroup[64];
	int n = 0;

	argv[n++] = (char *)(uintptr_t)r->place->cinit;
	for (const char *const *o = r->s->options; *o; o++) {
		argv[n++] = (char *)(uintptr_t)*o;
		if (strcmp(*o, "--cgroup=@") == 0) {
			snprintf(cgroup, sizeof cgroup, "--cgroup=cinit-inject-%d-%d",
				 r->place->run, r->place->slot);
			argv[n - 1] = cgroup;
		}
	}
	for (const char *const *c = r->s->command; *c; c++)
		argv[n++] = (char *)(uintptr_t)*c;
	argv[n] = NULL;
}

static void set_fds(struct run *r, int report, int commands, int log, int slave)
{
	/* Nobody else's: when lseek(2) says ESPIPE, --user gives it away. */
	int empty = memfd_create("stdin", MFD_CLOEXEC);

	dup2(slave >= 0 ? slave : empty, 0);
	dup2(slave >= 0 ? slave : log, 1);
	dup2(slave >= 0 ? slave : log, 2);
	dup2(report, REPORT);
	dup2(commands, COMMANDS);
	close(r->commands);
}

_Noreturn static void launch(struct run *r, int gate, int slave)
{
	char path[4096];
	char *argv[16], *envp[] = {path, "HOME=/", NULL};
	sigset_t none;

	if (r->pid1 && mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		die("mount");
	if (slave < 0 || r->pid1) {
		setsid();
		if (slave >= 0 && ioctl(slave, TIOCSCTTY, 0) < 0)
			die("terminal");
	} else {
		setpgid(0, 0);
		tcsetpgrp(0, getpid()); /* SIGTTOU is blocked */
	}
	if (chdir(r->place->directory) < 0 || read(gate, &(char){0}, 1) != 1)
		_exit(1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Where close_range(2) fails, each fd is closed. */
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){FILES, FILES});
	make_command(r, argv);
	snprintf(path, sizeof path, "PATH=/nowhere:%s:/bin", r->place->directory);
	if (r->f->how == HOW_SECCOMP)
		refuse_by_filter(argv[0], r->f);
	execve(argv[0], argv, envp);
	die(argv[0]);
}

static pid_t fork_launcher(struct run *r, int gate, int slave)
{
	unsigned long flags = SIGCHLD | (r->pid1 ? CLONE_NEWPID | CLONE_NEWNS : 0);
	pid_t pid = (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);

	if (pid == 0)
		launch(r, gate, slave);
	return pid;
}

/* What a shell is to its job. */
_Noreturn static void be_parent(struct run *r, int gate, int slave, int tell)
{
	pid_t pid;

	setsid();
	if (slave >= 0)
		ioctl(slave, TIOCSCTTY, 0);
	pid = fork_launcher(r, gate, slave);
	if (write(tell, &pid, sizeof pid) != sizeof pid)
		_exit(1);
	for (int fd = 0; fd < 32; fd++)
		close(fd);
	for (;;)
		pause();
}

static int make_pipe(int *near, int far)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		die("pipe");
	*near = ends[!far];
	return ends[far];
}

static void start(struct run *r)
{
	int report = make_pipe(&r->report, 1), log = make_pipe(&r->log, 1);
	int commands = make_pipe(&r->commands, 0);
	int gate[2], pids[2], slave = -1;
	struct termios mode;
	bool parent = r->s->traits & PARENT || (r->s->traits & TERMINAL && !r->pid1);
	pid_t pid;

	r->master = -1;
	if (r->s->traits & TERMINAL) {
		r->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
		grantpt(r->master);
		unlockpt(r->master);
		slave = open(ptsname(r->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (slave < 0 || tcgetattr(slave, &mode) < 0)
			die("terminal");
		mode.c_lflag &= (tcflag_t)~ECHO;
		mode.c_oflag &= (tcflag_t)~OPOST;
		tcsetattr(slave, TCSANOW, &mode);
	}
	if (pipe2(gate, O_CLOEXEC) < 0 || pipe2(pids, O_CLOEXEC) < 0)
		die("pipe");
	pid = fork();
	if (pid == 0) {
		/* The parent has no part in it, but where there is none its fork is the one. */
		set_fds(r, report, commands, log, slave);
		if (!parent) {
			pid = fork_launcher(r, gate[0], slave < 0 ? -1 : 0);
			if (write(pids[1], &pid, sizeof pid) != sizeof pid)
				_exit(1);
			_exit(0);
		}
		be_parent(r, gate[0], slave < 0 ? -1 : 0, pids[1]);
	}
	if (parent)
		r->parent = pid;
	else
		waitpid(pid, NULL, 0); /* what it started is ours now */
	if (read(pids[0], &r->init, sizeof r->init) != sizeof r->init || r->init < 0)
		die("start");
	close(report);
	close(commands);
	close(log);
	close(slave);
	close(pids[0]);
	close(pids[1]);
	if (ptrace(PTRACE_SEIZE, r->init, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
			   PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) < 0)
		die("ptrace");
	r->procs[r->count++] = (struct proc){.pid = r->init};
	if (write(gate[1], "", 1) != 1)
		die("gate");
	close(gate[0]);
	close(gate[1]);
	fcntl(r->report, F_SETFL, O_NONBLOCK);
	fcntl(r->log, F_SETFL, O_NONBLOCK);
	if (r->master >= 0)
		fcntl(r->master, F_SETFL, O_NONBLOCK);
}

/* ---- one call ---- */

/* Must not happen, whatever a fault makes of cinit: it would hit the machine, or the root that it
 * shares with others. */
static bool is_forbidden(int number, const uint64_t *args)
{
	switch (number) {
	case SYS_reboot:
		return args[2] != RB_DISABLE_CAD;
	case SYS_swapoff:
	case SYS_umount2:
	case SYS_sync:
		return true;
	case SYS_mount:
		return args[3] & MS_REMOUNT;
	default:
		return false;
	}
}

static void print_call(const struct run *r, const struct proc *p, const char *what, long value)
{
	const struct call *c = call_of(p->number);

	if (r->place->verbose)
		fprintf(stderr, "%8lld %d#%d %s(%d) %s %ld\n", (long long)(now_ms() % 1000000),
			(int)(p - r->procs), r->out->counts[p - r->procs][p->number],
			c ? c->name : "?", p->number, what, value);
}

static void skip_call(struct proc *p, long answer)
{
	ptrace(PTRACE_POKEUSER, p->pid, offsetof(struct user_regs_struct, orig_rax), -1L);
	p->spoil = true;
	p->answer = answer;
}

/* Linux closes the file all the same. */
static bool is_done_nevertheless(const struct fault *f)
{
	return f->call == SYS_close && f->value != EBADF && f->how != HOW_FILTER;
}

static bool is_meant(const struct run *r, int proc, int number)
{
	const struct fault *f = r->f;
	int count = r->out->counts[proc][number];

	if (f->how == HOW_NONE)
		return false;
	if (f->how == HOW_FILTER || f->how == HOW_SECCOMP)
		return number == f->call;
	if (f->how == HOW_SIGNAL)
		return proc == f->proc && r->out->sequence[proc] == f->nth && !r->out->fired;
	return proc == f->proc && number == f->call &&
	       (count == f->nth || (f->how == HOW_FOR_GOOD && count > f->nth));
}

static void inject(struct run *r, struct proc *p)
{
	const struct fault *f = r->f;

	print_call(r, p, "fault", f->value);
	r->out->fired_late |= !r->out->fired && r->told;
	r->out->fired = true;
	switch (f->how) {
	case HOW_DELAY:
		nanosleep(&(struct timespec){.tv_nsec = DELAY_MS * 1000000L}, NULL);
		break;
	case HOW_SECCOMP:
		p->filtered = true;
		break;
	case HOW_SHORT:
		ptrace(PTRACE_POKEUSER, p->pid, offsetof(struct user_regs_struct, rdx), 1L);
		break;
	case HOW_SIGNAL:
		kill(p->pid, f->value);
		p->continue_it = f->value == SIGSTOP;
		break;
	default:
		if (is_done_nevertheless(f)) {
			p->spoil = true;
			p->answer = -f->value;
		} else {
			skip_call(p, -f->value);
		}
	}
}

static void enter(struct run *r, struct proc *p)
{
	struct user_regs_struct regs;
	int proc = (int)(p - r->procs);

	ptrace(PTRACE_GETREGS, p->pid, 0, &regs);
	p->calling = true;
	p->number = (int)regs.orig_rax;
	if (p->number < 0 || p->number >= CALLS)
		return;
	if (is_forbidden(p->number,
			 (uint64_t[]){regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8})) {
		skip_call(p, p->number == SYS_sync ? 0 : -EPERM);
	}
	if (!p->active)
		return;
	r->out->counts[proc][p->number]++;
	r->out->sequence[proc]++;
	r->out->total++;
	print_call(r, p, "begins", 0);
	if (is_meant(r, proc, p->number))
		inject(r, p);
}

static void leave(struct run *r, struct proc *p)
{
	long result;

	errno = 0; /* and stays so but where it has been killed */
	result = ptrace(PTRACE_PEEKUSER, p->pid, offsetof(struct user_regs_struct, rax), 0);
	p->calling = false;
	r->out->unfiltered |= p->filtered && !p->spoil && !errno && result != -r->f->value;
	p->filtered = false;
	if (p->spoil)
		ptrace(PTRACE_POKEUSER, p->pid, offsetof(struct user_regs_struct, rax), p->answer);
	p->spoil = false;
	if (r->place->verbose && p->active && p->number >= 0)
		print_call(r, p, "returns", result);
}

/* ---- its processes ---- */

static struct proc *proc_of(struct run *r, pid_t pid)
{
	for (int i = 0; i < r->count; i++)
		if (r->procs[i].pid == pid)
			return &r->procs[i];
	if (r->count == PROCS)
		return NULL;
	r->procs[r->count] = (struct proc){.pid = pid, .active = true};
	return &r->procs[r->count++];
}

static void on_exec(struct run *r, struct proc *p)
{
	if (p == r->procs) {
		p->active = true;
		p->calling = true; /* of execve; its exit comes */
		p->number = -1;
		ptrace(PTRACE_SYSCALL, p->pid, 0, 0);
	} else {
		p->active = false;
		ptrace(PTRACE_DETACH, p->pid, 0, 0);
		if (p->continue_it)
			kill(p->pid, SIGCONT);
	}
}

static void on_stop(struct run *r, struct proc *p, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	p->stopped = false;
	if (event == PTRACE_EVENT_EXEC) {
		on_exec(r, p);
		return;
	}
	if (event == PTRACE_EVENT_STOP && sig != SIGTRAP) {
		if (r->place->verbose)
			fprintf(stderr, "stopped: %d\n", (int)(p - r->procs));
		p->stopped = !p->continue_it;
		ptrace(PTRACE_LISTEN, p->pid, 0, 0);
		if (p->continue_it)
			kill(p->pid, SIGCONT);
		p->continue_it = false;
		return;
	}
	if (sig == (SIGTRAP | 0x80)) {
		if (p->calling)
			leave(r, p);
		else
			enter(r, p);
		sig = 0;
	} else if (event) {
		sig = 0;
	}
	ptrace(PTRACE_SYSCALL, p->pid, 0, sig);
}

static void on_child(struct run *r, pid_t pid, int status)
{
	struct proc *p;

	if (WIFSTOPPED(status)) {
		p = proc_of(r, pid);
		if (p)
			on_stop(r, p, status);
		else
			ptrace(PTRACE_DETACH, pid, 0, 0);
	} else if (pid == r->init) {
		r->ended = true;
		r->out->status = status;
	} else if (pid == r->parent) {
		r->parent = 0;
	}
}

/* ---- waiting ---- */

static void take_events(struct run *r)
{
	char *events = r->out->events;
	size_t n = strlen(events);
	ssize_t got = read(r->report, events + n, sizeof r->out->events - 1 - n);

	if (got > 0 && r->place->verbose)
		fprintf(stderr, "events: %s\n", events);
}

static void take_log(struct run *r, int fd)
{
	ssize_t got = fd < 0 ? 0 : read(fd, r->out->log + r->length, TEXT - 1 - r->length);

	if (got > 0)
		r->length += (size_t)got;
}

static bool is_over(const struct run *r)
{
	return r->ended || r->out->busy;
}

/* Lets cinit run until something has happened, at most until then. */
static void pump(struct run *r, int64_t until)
{
	struct pollfd fds[] = {{.fd = r->child_events, .events = POLLIN},
			       {.fd = r->report, .events = POLLIN},
			       {.fd = r->log, .events = POLLIN},
			       {.fd = r->master, .events = POLLIN}};
	int64_t left = until - now_ms();
	struct signalfd_siginfo si;
	int status;
	pid_t pid;

	poll(fds, 4, left > 0 ? (int)left : 0);
	for (int i = 1; i < 4; i++)
		if ((fds[i].revents & (POLLHUP | POLLERR)) && !(fds[i].revents & POLLIN))
			*(i == 1 ? &r->report : i == 2 ? &r->log : &r->master) = -1;
	while (read(r->child_events, &si, sizeof si) > 0)
		;
	while (!is_over(r) && (pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		on_child(r, pid, status);
		if (r->out->total > CALLS_MAX)
			r->out->busy = true;
	}
	take_events(r);
	take_log(r, r->log);
	take_log(r, r->master);
}

static int64_t patience(const struct run *r, int ms)
{
	return now_ms() + (int64_t)ms * r->place->patience;
}

static int told_of(const struct run *r, char event)
{
	int n = 0;

	for (const char *e = r->out->events; *e; e++)
		n += *e == event;
	return n;
}

bool await(struct run *r, char event)
{
	int64_t until = patience(r, EVENT_MS);
	int wanted = ++r->seen[(unsigned char)event];

	while (told_of(r, event) < wanted && !is_over(r) && now_ms() < until)
		pump(r, until);
	r->out->late |= now_ms() >= until;
	return told_of(r, event) >= wanted;
}

void await_idle(struct run *r)
{
	const struct proc *p = r->procs;
	int64_t until = patience(r, EVENT_MS);

	while (!(p->calling && p->number == SYS_rt_sigtimedwait && r->out->sequence[0] > 10) &&
	       !is_over(r) && now_ms() < until)
		pump(r, until);
}

void await_stop(struct run *r)
{
	int64_t until = patience(r, EVENT_MS);

	while (!r->pid1 && !r->procs->stopped && !is_over(r) && now_ms() < until)
		pump(r, until);
}

void await_injected(struct run *r)
{
	if (r->f->how == HOW_SIGNAL && r->f->value == SIGTERM && r->out->fired)
		r->out->missed = !await(r, 'T');
}

void await_close(struct run *r)
{
	int64_t until = patience(r, EVENT_MS);

	while (!is_over(r) && now_ms() < until)
		pump(r, until);
}

/* ---- acting ---- */

void outside(struct run *r, int sig)
{
	if (!r->ended)
		kill(r->init, sig);
}

void outside_queue(struct run *r, int sig, int value)
{
	if (!r->ended)
		sigqueue(r->init, sig, (union sigval){.sival_int = value});
}

void type(struct run *r, char key)
{
	char c = (char)(key & 31);

	if (write(r->master, &c, 1) < 0 && r->place->verbose)
		perror("type"); /* nobody has the terminal any more */
}

void continue_job(struct run *r)
{
	if (!r->ended && !r->pid1)
		kill(-r->init, SIGCONT);
}

void kill_parent(struct run *r)
{
	kill(r->parent, SIGKILL);
}

void tell(struct run *r, char command)
{
	r->told |= command == 'x';
	if (write(r->commands, &command, 1) < 0)
		r->told = true;
}

/* ---- the end ---- */

static void await_end(struct run *r)
{
	int64_t until = patience(r, END_MS);

	close(r->commands);
	while (!is_over(r) && now_ms() < until)
		pump(r, until);
	if (!r->ended && !r->out->busy)
		r->out->hung = true;
}

/* Does anybody live on? Those of a PID namespace end with its init. */
static void count_left(struct run *r)
{
	int64_t until = patience(r, LEFT_MS);
	int status;
	pid_t pid;

	if (r->parent)
		kill(r->parent, SIGKILL);
	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) >= 0 && now_ms() < until) {
		if (pid == 0)
			poll(&(struct pollfd){.fd = r->child_events, .events = POLLIN}, 1, 5);
		else if (WIFSTOPPED(status))
			on_child(r, pid, status);
	}
	r->out->left = pid >= 0;
	take_events(r);
	take_log(r, r->log);
	take_log(r, r->master);
}

static void remove_cgroup(struct run *r)
{
	char path[64];

	snprintf(path, sizeof path, "/sys/fs/cgroup/%scinit-inject-%d-%d",
		 access("/sys/fs/cgroup/unified", F_OK) == 0 ? "unified/" : "", r->place->run,
		 r->place->slot);
	r->out->cgroup_left = access(path, F_OK) == 0;
	while (r->out->cgroup_left && rmdir(path) < 0 && errno == EBUSY) {
		kill(-1, SIGKILL);
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			;
	}
}

void run_case(const struct scenario *s, bool pid1, const struct fault *f, const struct place *place,
	      struct result *out)
{
	struct run r = {.s = s, .f = f, .place = place, .out = out, .pid1 = pid1};
	sigset_t set;

	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0)
		die("mount");
	/* Not SIGTERM: it is to end us. */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTTOU);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigdelset(&set, SIGTTOU);
	sigdelset(&set, SIGPIPE);
	/* Those that the payload knows by number are free. */
	for (int fd = 3; fd <= REPORT; fd++)
		dup3(0, fd, O_CLOEXEC);
	r.child_events = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	start(&r);
	s->story(&r);
	await_end(&r);
	if (r.ended)
		count_left(&r);
	remove_cgroup(&r);
	out->complete = true;
}
