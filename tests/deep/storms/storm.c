/* Payloads and senders of the storms. A payload stamps FILE with the time at which it takes
 * SIGTERM.
 *
 * - storm orphans FILE COUNT: makes COUNT orphans, in batches that die at once. Exits with 7 when
 * its parent has reaped all of them, with 1 if it has not within 20 s.
 * - storm take FILE: takes all signals, SIGTERM in a thread of its own, and exits with 7 at
 * signal 64.
 * - storm exec FILE: executes itself over and over, by turns from its first thread and from
 * another.
 * - storm bomb: forks, and so does each that it has made; none heeds SIGTERM.
 * - storm send PID COUNT: sends that many signals of all kinds but TERM, STOP, KILL and 64.
 * - storm probe PID FILE TIMES MS: sends SIGTERM, waits until FILE is stamped, and again after MS
 * ms, TIMES times or until PID is gone. Prints how long it took, and how long PID ran meanwhile: on
 * a busy machine the first is the scheduler's affair. Fails if one took 10 s, or the longest had
 * PID run for half a second. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "../../payloads/raw.h"

enum {
	BATCH = 200,
	LAST = 64,
	DONE = 7,
	LIMIT_S = 20,
	PROBE_LIMIT_S = 10,
	CPU_LIMIT_NS = 500000000
};
/* A machine that stands still for a while, or has no CPU for us, does not use up the limit: a
 * longer step of a wait counts as this. */
#define STEP_MAX_NS 10000000LL
/* Between two execs, so that who looks at the payload finds it in a quiet moment now and then. */
#define EXEC_NS  300000LL
#define NS_PER_S 1000000000LL

static _Atomic int64_t *stamp;

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static void pause_ns(int64_t ns)
{
	nanosleep(&(struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S}, NULL);
}

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static void map(const char *file)
{
	FILE *f = fopen(file, "r+e");

	if (!f)
		die(file);
	stamp = mmap(NULL, sizeof *stamp, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(f), 0);
	fclose(f);
	if (stamp == MAP_FAILED)
		die("mmap");
}

/* One thread is for SIGTERM alone, so that what it waits for is init and not the other signals. */
static void *take_terms(void *unused)
{
	uint64_t set = raw_bit(SIGTERM);

	raw_mask(SIG_SETMASK, ALL_SIGNALS);
	for (;;)
		if (syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, sizeof set) == SIGTERM)
			atomic_store(stamp, now());
	return unused;
}

static void stamp_terms(void)
{
	pthread_t thread;

	raw_mask(SIG_SETMASK, ALL_SIGNALS);
	for (int sig = 32; sig <= 34; sig++) /* the C library lets them through for a moment */
		raw_disposition(sig, SIG_IGN);
	if (pthread_create(&thread, NULL, take_terms, NULL))
		die("thread");
	raw_mask(SIG_SETMASK, ALL_SIGNALS);
	puts("ready");
	fflush(stdout);
}

/* ---- payloads ---- */

static void make_batch(long count)
{
	pid_t parent = fork();

	if (parent == 0) {
		for (long i = 0; i < count; i++) {
			pid_t orphan;
			while ((orphan = fork()) < 0)
				sched_yield();
			if (orphan == 0)
				_exit(0);
		}
		_exit(0);
	}
	while (parent > 0 && waitpid(parent, NULL, 0) < 0)
		;
}

/* Our parent has no child but us. */
static bool is_only_child(void)
{
	char path[64];
	int pids = 0, pid;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", getppid(), getppid());
	f = fopen(path, "re");
	while (f && fscanf(f, "%d", &pid) == 1)
		pids++;
	if (f)
		fclose(f);
	return pids == 1;
}

static int orphans(long count)
{
	int64_t end;

	stamp_terms();
	for (long made = 0; made < count; made += BATCH)
		make_batch(BATCH);
	for (end = now() + LIMIT_S * NS_PER_S; now() < end; pause_ns(1000000))
		if (is_only_child())
			return DONE;
	return 1;
}

static int take_all(void)
{
	uint64_t set = ALL_SIGNALS & ~raw_bit(SIGTERM);

	stamp_terms();
	while (syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, sizeof set) != LAST)
		;
	return DONE;
}

static char **again;

static void *exec_again(void *unused)
{
	pause_ns(EXEC_NS);
	execv("/proc/self/exe", again);
	return unused;
}

static int exec_for_ever(char **argv)
{
	static char words[2][2] = {"0", "1"};
	bool by_thread = argv[3] && *argv[3] == '1';
	pthread_t thread;

	if (!argv[3]) {
		puts("ready");
		fflush(stdout);
	}
	again = (char *[]){argv[0], argv[1], argv[2], words[!by_thread], NULL};
	if (by_thread && pthread_create(&thread, NULL, exec_again, NULL) == 0)
		for (;;)
			pause();
	exec_again(NULL);
	return 1;
}

_Noreturn static void bomb(void)
{
	signal(SIGTERM, SIG_IGN);
	puts("ready");
	fflush(stdout);
	for (;;)
		if (fork() < 0)
			sched_yield();
}

/* ---- senders ---- */

static int send_signals(pid_t pid, long count)
{
	uint64_t random = (uint64_t)now() | 1;

	for (long i = 0; i < count; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		int sig = (int)(random >> 20) % (SIGNALS - 1) + 1;
		if (sig == SIGTERM || sig == SIGKILL || sig == SIGSTOP)
			sig = SIGUSR1;
		if (random & 1 && sig > 34)
			sigqueue(pid, sig, (union sigval){.sival_int = (int)i});
		else if (kill(pid, sig) < 0 && errno == ESRCH)
			return 1;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Nanoseconds on a CPU up to now. */
static int64_t ran(pid_t pid)
{
	char path[64];
	long long ns = 0;

	snprintf(path, sizeof path, "/proc/%d/schedstat", pid);
	FILE *f = fopen(path, "re");
	if (f) {
		if (fscanf(f, "%lld", &ns) != 1)
			ns = 0;
		fclose(f);
	}
	return ns;
}

/* The time until the payload has it; 0: it has gone; -1: it did not come. */
static int64_t probe_once(pid_t pid, int64_t *cpu)
{
	int64_t before = ran(pid), sent = now(), last = sent, waited = 0, at;

	if (kill(pid, SIGTERM) < 0)
		return 0;
	while ((at = atomic_load(stamp)) < sent) {
		if (kill(pid, 0) < 0)
			return 0;
		if (waited > PROBE_LIMIT_S * NS_PER_S)
			return -1;
		pause_ns(20000);
		at = now();
		waited += at - last < STEP_MAX_NS ? at - last : STEP_MAX_NS;
		last = at;
	}
	*cpu = ran(pid) - before;
	return at - sent;
}

static void print(const char *what, int64_t *ns, int n)
{
	qsort(ns, (size_t)n, sizeof *ns, compare);
	printf("%s %lld us (median), %lld us (99 of 100), %lld us (worst)", what,
	       (long long)ns[n / 2] / 1000, (long long)ns[n * 99 / 100] / 1000,
	       (long long)ns[n - 1] / 1000);
}

/* Where a signal that did not arrive may be. */
static void tell_state(pid_t pid)
{
	static const char *const fields[] = {"State", "SigQ", "SigPnd", "ShdPnd"};
	char path[64], line[256];

	snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
			if (strncmp(line, fields[i], strlen(fields[i])) == 0)
				printf("# %d: %s", pid, line);
	if (f)
		fclose(f);
}

static int probe(pid_t pid, int times, int ms)
{
	int64_t *took = calloc((size_t)times, sizeof *took);
	int64_t *cpu = calloc((size_t)times, sizeof *took);
	int n = 0;

	while (took && cpu && n < times) {
		took[n] = probe_once(pid, &cpu[n]);
		if (took[n] < 0) {
			printf("SIGTERM number %d did not arrive\n", n + 1);
			tell_state(pid);
			return 1;
		}
		if (took[n] == 0)
			break;
		n++;
		pause_ns(ms * 1000000LL);
	}
	if (n == 0) {
		puts("no SIGTERM was sent");
		return 1;
	}
	printf("%d SIGTERMs acted on", n);
	print(" after", took, n);
	print(", of which init ran", cpu, n);
	puts("");
	return cpu[n - 1] > CPU_LIMIT_NS;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "bomb") == 0)
		bomb();
	if (strcmp(what, "send") == 0 && argc == 4)
		return send_signals(atoi(argv[2]), atol(argv[3]));
	if (strcmp(what, "probe") == 0 && argc == 6) {
		map(argv[3]);
		return probe(atoi(argv[2]), atoi(argv[4]), atoi(argv[5]));
	}
	if (argc < 3)
		return 125;
	map(argv[2]);
	if (strcmp(what, "orphans") == 0 && argc == 4)
		return orphans(atol(argv[3]));
	if (strcmp(what, "take") == 0)
		return take_all();
	if (strcmp(what, "exec") == 0)
		return exec_for_ever(argv);
	return 125;
}
