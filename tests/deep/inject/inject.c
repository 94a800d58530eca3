/* inject [OPTION]... CINIT DIRECTORY: runs cinit through the scenarios of scenarios.c again and
 * again, each time with another fault, and judges the outcome by these rules:
 *
 * 1. Before the payload is started: 125 (126, 127), one line, and nothing is left.
 * 2. After it: the payload's status, and all that the payload is to see; or a line that says what
 * is missing.
 * 3. Never a hang, a busy loop, a crash, a process left behind.
 *
 * The faults: each call of cinit, and of its child before the exec, fails once or from then on,
 * with each error that its manual page lists; all calls of a kind fail as by a seccomp filter, and
 * by one of the kernel (filter.c); a read or write is short; a call begins late.
 * Signals: SIGKILL, SIGTERM, and SIGSTOP with SIGCONT after it, come before each call.
 *
 *   -s         some of the cases, for CI
 *   -j N       that many at a time
 *   -f TEXT    only cases whose name begins with it
 *   -k HOW     only that kind of fault: once, for-good, filter, seccomp, short, delay, signal
 *   -c NAME    one case, with its calls
 *   -a FILE    outcomes that are accepted, each with its reason
 *   -o FILE    write the table of all outcomes to it
 *
 * The name of a case: SCENARIO:pid1|wrapper:PROCESS:CALL:NTH:HOW:ERRNO. Process 0 is cinit, those
 * that it forks follow. `accepted` has a line per accepted outcome: patterns of outcome, of case,
 * reason. */
#define _GNU_SOURCE
#include "inject.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	SLOTS = 64,
	JOBS = 5,   /* a CPU: they wait more than they work */
	LATER = 4,  /* patience of a second look, where the first has found that something takes
			long */
	FIRST = 10, /* of the calls with the same number, the first and the last get a fault */
	LAST = 3,
	SHORT_FORM = 29, /* one case of so many */
};

const char *const how_names[] = {
	[HOW_NONE] = "none",     [HOW_ONCE] = "once",       [HOW_FOR_GOOD] = "for-good",
	[HOW_FILTER] = "filter", [HOW_SECCOMP] = "seccomp", [HOW_SHORT] = "short",
	[HOW_DELAY] = "delay",   [HOW_SIGNAL] = "signal",
};

static struct {
	struct place place;
	int jobs;
	bool some;
	const char *filter, *kind, *only, *table;
} opt;

static struct result *results; /* one a slot, shared */
static struct job slots[SLOTS];
static pid_t pids[SLOTS];
static int passed, failed, slow;

_Noreturn void die(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- running ---- */

static void run_in(int slot)
{
	struct place place = opt.place;
	const struct job *j = &slots[slot];

	memset(&results[slot], 0, sizeof *results);
	fflush(stdout);
	pids[slot] = (pid_t)syscall(SYS_clone, SIGCHLD | CLONE_NEWPID | CLONE_NEWNS, 0, 0, 0, 0);
	if (pids[slot] < 0)
		die("clone");
	if (pids[slot] > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	place.slot = slot;
	place.patience = j->again ? LATER : 1;
	place.verbose = opt.only != NULL;
	run_case(j->s, j->pid1, &j->f, &place, &results[slot]);
	_exit(0);
}

/* Waits for one to end, and judges it. */
static void take_one(void)
{
	int slot = 0, status;
	pid_t pid = wait(&status);
	const char *outcome;
	int reason = 0;

	if (pid < 0)
		die("wait");
	while (pids[slot] != pid)
		slot++;
	pids[slot] = 0;
	outcome = judge(&slots[slot], &results[slot]);
	if (!is_good(outcome) && !(reason = find_accepted(outcome, slots[slot].name))) {
		if ((is_slow(outcome) || results[slot].late) && !slots[slot].again) {
			slots[slot].again = true;
			slow++;
			run_in(slot);
			return;
		}
		show(&slots[slot], &results[slot], outcome);
		failed++;
	} else {
		passed++;
	}
	if (opt.only)
		printf("%s: %s\n%s", slots[slot].name, outcome, results[slot].log);
	count_outcome(&slots[slot], outcome, reason);
}

static bool is_running(void)
{
	for (int i = 0; i < opt.jobs; i++)
		if (pids[i])
			return true;
	return false;
}

static void run_job(const struct job *j)
{
	static unsigned n;
	int slot = 0;

	if (opt.filter && strncmp(j->name, opt.filter, strlen(opt.filter)) != 0)
		return;
	if (opt.only && strcmp(j->name, opt.only) != 0)
		return;
	if (opt.kind && strcmp(how_names[j->f.how], opt.kind) != 0)
		return;
	if (opt.some && n++ % SHORT_FORM)
		return;
	for (;;) {
		for (slot = 0; slot < opt.jobs && pids[slot]; slot++)
			;
		if (slot < opt.jobs)
			break;
		take_one();
	}
	slots[slot] = *j;
	run_in(slot);
}

static void name_job(struct job *j)
{
	snprintf(j->name, NAME, "%s:%s:%d:%s:%d:%s:%s", j->s->name, j->pid1 ? "pid1" : "wrapper",
		 j->f.proc, j->f.how == HOW_SIGNAL ? "any" : call_name(j->f.call), j->f.nth,
		 how_names[j->f.how], value_name(&j->f));
}

static void add(struct job *j, struct fault f)
{
	j->f = f;
	name_job(j);
	run_job(j);
}

/* ---- the faults of a scenario ---- */

/* Calls add for each error of the list. */
static void each_error(struct job *j, const struct call *c, struct fault f)
{
	for (const char *e = c->errors; *e;) {
		size_t n = strcspn(e, " ");
		f.value = n ? error_number(e, n) : 0;
		if (f.value)
			add(j, f);
		e += n + (e[n] != 0);
	}
}

static bool has_error(const struct call *c, const char *name)
{
	char padded[24];

	snprintf(padded, sizeof padded, " %s ", name);
	return strstr(c->errors, padded) != NULL;
}

static void faults_of(struct job *j, int proc, int number, int count)
{
	const struct call *c = call_of(number);

	if (!c) {
		printf("not ok %s: no row in errnos.c for system call %d\n", j->s->name, number);
		failed++;
		return;
	}
	for (int nth = 1; nth <= count; nth++) {
		struct fault f = {HOW_ONCE, proc, number, nth, 0};
		if (nth > FIRST && nth <= count - LAST)
			continue;
		each_error(j, c, f);
		if (!has_error(c, "EINTR")) {
			f.value = EINTR;
			add(j, f);
		}
		f.how = HOW_FOR_GOOD;
		each_error(j, c, f);
		f.value = 0;
		if (number == SYS_read || number == SYS_write) {
			f.how = HOW_SHORT;
			add(j, f);
		}
		f.how = HOW_DELAY;
		add(j, f);
	}
}

static void filters_of(struct job *j, const struct result *b)
{
	for (int number = 0; number < CALLS; number++) {
		int count = 0;
		for (int proc = 0; proc < PROCS; proc++)
			count += b->counts[proc][number];
		if (!count || number == SYS_exit_group)
			continue;
		for (enum how how = HOW_FILTER; how <= HOW_SECCOMP; how++) {
			add(j, (struct fault){how, 0, number, 0, EPERM});
			add(j, (struct fault){how, 0, number, 0, ENOSYS});
		}
	}
}

static void signals_of(struct job *j, const struct result *b)
{
	for (int proc = 0; proc < PROCS; proc++)
		for (int nth = 1; nth <= b->sequence[proc]; nth++) {
			add(j, (struct fault){HOW_SIGNAL, proc, 0, nth, SIGKILL});
			add(j, (struct fault){HOW_SIGNAL, proc, 0, nth, SIGSTOP});
			if (proc == 0)
				add(j, (struct fault){HOW_SIGNAL, proc, 0, nth, SIGTERM});
		}
}

static int expected_status(const struct job *j)
{
	int status = j->s->status;

	if (status >= 0)
		return status << 8;
	return j->pid1 ? (SIGNALLED - status) << 8 : -status;
}

/* Without a fault. False where it is not as it is to be. */
static bool find_base(struct job *j)
{
	struct fault none = {.how = HOW_NONE};
	int status;

	j->f = none;
	name_job(j);
	slots[0] = *j;
	slots[0].again = true;
	run_in(0);
	waitpid(pids[0], &status, 0);
	pids[0] = 0;
	base = results[0];
	if (base.complete && base.status == expected_status(j) && !base.left && !base.hung &&
	    !base.busy && !base.cgroup_left && has_events(&base, j->s->events, ""))
		return true;
	show(j, &base, "wrong without a fault");
	failed++;
	return false;
}

static void run_scenario(const struct scenario *s, bool pid1)
{
	struct job j = {.s = s, .pid1 = pid1};
	const char *mode = pid1 ? "pid1" : "wrapper";
	int before = passed, bad = failed;
	char prefix[NAME];
	const char *wanted = opt.only ? opt.only : opt.filter;

	snprintf(prefix, sizeof prefix, "%s:%s:", s->name, mode);
	if (wanted &&
	    strncmp(prefix, wanted,
		    strlen(wanted) < strlen(prefix) ? strlen(wanted) : strlen(prefix)) != 0)
		return;
	if (!find_base(&j))
		return;
	for (int proc = 0; proc < PROCS; proc++)
		for (int number = 0; number < CALLS; number++)
			if (base.counts[proc][number] && number != SYS_exit_group)
				faults_of(&j, proc, number, base.counts[proc][number]);
	filters_of(&j, &base);
	if (s->traits & POINTS)
		signals_of(&j, &base);
	while (is_running())
		take_one();
	printf("%s %s: %ld calls; %d passed, %d failed\n", s->name, mode, base.total,
	       passed - before, failed - bad);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	opt.place.run = getpid();
	opt.jobs = JOBS * (int)sysconf(_SC_NPROCESSORS_ONLN);
	for (int c; (c = getopt(argc, argv, "sj:f:k:c:a:o:")) != -1;)
		switch (c) {
		case 's':
			opt.some = true;
			break;
		case 'j':
			opt.jobs = atoi(optarg);
			break;
		case 'f':
			opt.filter = optarg;
			break;
		case 'k':
			opt.kind = optarg;
			break;
		case 'c':
			opt.only = optarg;
			break;
		case 'a':
			read_accepted(optarg);
			break;
		case 'o':
			opt.table = optarg;
			break;
		default:
			return 1;
		}
	if (argc - optind != 2 || opt.jobs < 1 || opt.jobs > SLOTS) {
		fputs("usage: inject [OPTION]... CINIT DIRECTORY\n", stderr);
		return 1;
	}
	opt.place.cinit = realpath(argv[optind], NULL);
	opt.place.directory = realpath(argv[optind + 1], NULL);
	if (!opt.place.cinit || !opt.place.directory)
		die(argv[optind]);
	results = mmap(NULL, SLOTS * sizeof *results, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (results == MAP_FAILED)
		die("mmap");
	for (size_t i = 0; i < scenarios_count; i++) {
		if (scenarios[i].traits & AS_PID1)
			run_scenario(&scenarios[i], true);
		if (scenarios[i].traits & AS_WRAPPER)
			run_scenario(&scenarios[i], false);
	}
	if (opt.table)
		write_table(opt.table);
	printf("%d cases took a second look\n%d passed, %d failed\n", slow, passed, failed);
	return failed != 0 || passed == 0;
}
