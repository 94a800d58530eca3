/*
 * bench: measures container inits against each other and against their payload alone.
 *
 *	bench [-r ROUNDS] [-o ORPHANS] PAYLOAD TRUE [NAME=PATH[,ARG...]]... > raw.csv
 *
 * Every init runs as PID 1 of a PID namespace of its own, as PATH ARG... -- PAYLOAD. A round takes
 * each init once, in a random order, so that whatever else the machine does falls on all alike.
 * There are two passes: unpinned, and with harness, init and payload pinned to one CPU. Every value
 * is a line of the output, `pass,figure,init,round,value`; nothing is averaged over rounds here.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"

#define ROUNDS         201
#define ORPHANS        20000
#define WARM_UP_ROUNDS 2

/* What takes longer is done in fewer rounds: one for this many rounds of the times, but never less
 * than three, so that quartiles mean something. */
#define ROUNDS_PER_MEMORY  10
#define ROUNDS_PER_SYSCALL 20
#define ROUNDS_PER_STORM   15
#define ROUNDS_PER_LIMIT   40
#define ROUNDS_PER_IDLE    60
#define ROUNDS_LEAST       3

#define LATER_SIGNALS     9                          /* of a trial, after the first */
#define REST_NS           (100 * (int64_t)NS_PER_MS) /* from start to idle */
#define IDLE_NS           (3000 * (int64_t)NS_PER_MS)
#define ANSWER_TIMEOUT_MS 10000
#define STORM_TIMEOUT_MS  120000
#define CHILDREN_PAUSE_NS (2 * NS_PER_MS)
#define HANG_TIMEOUT_S    300 /* for all of one round */

#define INITS_MAX 32
#define WORDS_MAX 16
#define ARGV_MAX  (WORDS_MAX + 3) /* with "--", the payload and NULL */

struct init {
	const char *name;
	char *argv[ARGV_MAX];       /* with the payload */
	char *short_argv[ARGV_MAX]; /* with the short command */
};

static struct init inits[INITS_MAX];
static int init_count;
static int64_t orphans = ORPHANS;
static const char *pass;

static void print(const struct init *init, const char *figure, int round, double value)
{
	printf("%s,%s,%s,%d,%.10g\n", pass, figure, init->name, round, value);
}

static double us(int64_t ns)
{
	return (double)ns / NS_PER_US;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof *values, compare);
	return values[count / 2];
}

static void start(struct trial *trial, const struct init *init)
{
	trial_start(trial, init->argv, (struct preparation){0});
	if (!trial_ready(trial, ANSWER_TIMEOUT_MS))
		fail("%s does not start the payload", init->name);
}

/* From kill to the payload's answer, of an init that sleeps. */
static double signal_us(const struct trial *trial, const struct init *init)
{
	trial_settle(trial);
	int64_t sent = now_ns();
	kill(trial->pid, SIGUSR1);
	if (!trial_ready(trial, ANSWER_TIMEOUT_MS))
		fail("%s does not deliver SIGUSR1", init->name);
	return us(now_ns() - sent);
}

static void measure_start_and_signals(const struct init *init, int round)
{
	struct trial trial;
	double later[LATER_SIGNALS];
	start(&trial, init);
	print(init, "start_us", round, us(trial.shared->start_ns - trial.cloned_ns));
	print(init, "first_signal_us", round, signal_us(&trial, init));
	for (int i = 0; i < LATER_SIGNALS; i++)
		later[i] = signal_us(&trial, init);
	print(init, "signal_us", round, median(later, LATER_SIGNALS));
	trial_finish(&trial, init->name);
}

static double life_us(const struct init *init)
{
	struct trial trial;
	trial_start(&trial, init->short_argv, (struct preparation){0});
	return us(trial_wait(&trial, init->name) - trial.cloned_ns);
}

static void measure_life(const struct init *init, int round)
{
	print(init, "life_us", round, life_us(init));
}

static void warm_up(const struct init *init, int round)
{
	(void)round;
	life_us(init);
}

static void measure_memory(const struct init *init, int round)
{
	struct trial trial;
	start(&trial, init);
	sleep_ns(REST_NS);
	trial_settle(&trial);
	print(init, "rss_kb", round, proc_field(trial.pid, "smaps_rollup", "Rss"));
	print(init, "pss_kb", round, proc_field(trial.pid, "smaps_rollup", "Pss"));
	print(init, "dirty_kb", round, proc_field(trial.pid, "smaps_rollup", "Private_Dirty"));
	print(init, "pte_kb", round, proc_field(trial.pid, "status", "VmPTE"));
	trial_finish(&trial, init->name);
}

static void measure_syscalls(const struct init *init, int round)
{
	print(init, "syscalls", round, count_syscalls(init->argv));
}

/* All at once: three seconds are long. */
static void measure_idle(int round)
{
	struct trial trials[INITS_MAX];
	double before[INITS_MAX] = {0};
	alarm(HANG_TIMEOUT_S);
	for (int i = 0; i < init_count; i++)
		start(&trials[i], &inits[i]);
	sleep_ns(REST_NS);
	for (int i = 0; i < init_count; i++)
		before[i] = proc_wakeups(trials[i].pid);
	sleep_ns(IDLE_NS);
	for (int i = 0; i < init_count; i++)
		print(&inits[i], "idle_wakeups", round, proc_wakeups(trials[i].pid) - before[i]);
	for (int i = 0; i < init_count; i++)
		trial_finish(&trials[i], inits[i].name);
}

static void measure_storm(const struct init *init, int round)
{
	struct trial trial;
	start(&trial, init);
	trial_settle(&trial);
	trial.shared->orphans = orphans;
	double wakeups = proc_wakeups(trial.pid);
	int64_t cpu_ns = proc_cpu_ns(trial.pid);

	if (!trial_order(&trial, ORDER_STORM) || !trial_ready(&trial, STORM_TIMEOUT_MS))
		fail("the storm behind %s does not end", init->name);
	/* Orphans not reaped yet are part of the work; at last there is only the payload. */
	while (proc_children(trial.pid) > 1)
		sleep_ns(CHILDREN_PAUSE_NS);
	trial_settle(&trial);
	print(init, "storm_wakeups", round, proc_wakeups(trial.pid) - wakeups);
	print(init, "storm_cpu_us", round, us(proc_cpu_ns(trial.pid) - cpu_ns));
	trial_finish(&trial, init->name);
}

static void measure_limit(const struct init *init, int round)
{
	print(init, "limit_kb", round, least_memory_limit(init->argv));
}

static void shuffle(int *numbers, int count)
{
	for (int i = count - 1; i > 0; i--) {
		int j = rand() % (i + 1);
		int kept = numbers[i];
		numbers[i] = numbers[j];
		numbers[j] = kept;
	}
}

/* Each init once a round; first is 1 to leave out the payload alone. In an order of its own each
 * time: which CPU is idle, and how deeply, depends on who came before. */
static void interleave(const char *what, void (*measure)(const struct init *, int), int rounds,
		       int first)
{
	int order[INITS_MAX];
	int count = init_count - first;

	for (int i = 0; i < count; i++)
		order[i] = first + i;
	fprintf(stderr, "bench: %s: %s, rounds: %d\n", pass, what, rounds);
	for (int round = 0; round < rounds; round++) {
		alarm(HANG_TIMEOUT_S);
		shuffle(order, count);
		for (int i = 0; i < count; i++)
			measure(&inits[order[i]], round);
	}
}

static int fewer(int rounds, int divisor)
{
	int quotient = rounds / divisor;
	return quotient > ROUNDS_LEAST ? quotient : ROUNDS_LEAST;
}

static void measure_times(int rounds)
{
	interleave("warm up", warm_up, WARM_UP_ROUNDS, 0);
	interleave("start and signals", measure_start_and_signals, rounds, 0);
	interleave("short command", measure_life, rounds, 0);
	interleave("orphan storm", measure_storm, fewer(rounds, ROUNDS_PER_STORM), 1);
}

/* What is the same on one CPU and on many. */
static void measure_the_rest(int rounds)
{
	interleave("memory", measure_memory, fewer(rounds, ROUNDS_PER_MEMORY), 1);
	interleave("system calls", measure_syscalls, fewer(rounds, ROUNDS_PER_SYSCALL), 1);
	fprintf(stderr, "bench: %s: idle\n", pass);
	for (int round = 0; round < fewer(rounds, ROUNDS_PER_IDLE); round++)
		measure_idle(round);
	if (can_limit_memory())
		interleave("memory limit", measure_limit, fewer(rounds, ROUNDS_PER_LIMIT), 0);
	else
		fprintf(stderr, "bench: no memory cgroup can be made here\n");
}

/* To the last CPU that is allowed: the first ones serve most interrupts. Children inherit it. */
static void pin(void)
{
	cpu_set_t allowed, pinned;
	CPU_ZERO(&allowed);
	CPU_ZERO(&pinned);
	if (sched_getaffinity(0, sizeof allowed, &allowed) < 0)
		fail("unable to read the CPU affinity: %s", strerror(errno));
	size_t last = CPU_SETSIZE - 1;
	while (!CPU_ISSET(last, &allowed))
		last--;
	CPU_SET(last, &pinned);
	if (sched_setaffinity(0, sizeof pinned, &pinned) < 0)
		fail("unable to pin to CPU %zu: %s", last, strerror(errno));
}

/* argv of an init is its words, "--" and the payload. */
static void complete_argv(char **argv, char *const *words, int count, char *payload)
{
	static char end_of_options[] = "--";
	for (int i = 0; i < count; i++)
		argv[i] = words[i];
	argv[count] = end_of_options;
	argv[count + 1] = payload;
}

static void add_init(char *argument, char *payload, char *short_command)
{
	char *words[WORDS_MAX];
	int count = 0;
	char *rest = strstr(argument, "=/"); /* a name may have a "=" of its own */
	if (!rest || init_count == INITS_MAX)
		fail("not NAME=PATH[,ARG...], or too many: %s", argument);
	*rest++ = '\0';
	for (char *word; (word = strsep(&rest, ","));) {
		if (count == WORDS_MAX)
			fail("too many arguments for %s", argument);
		words[count++] = word;
	}
	struct init *init = &inits[init_count++];
	init->name = argument;
	complete_argv(init->argv, words, count, payload);
	complete_argv(init->short_argv, words, count, short_command);
}

static void leave(int number)
{
	static const char text[] = "bench: cut short\n";
	write(STDERR_FILENO, text, sizeof text - 1);
	kill_trials();
	remove_cgroup();
	_exit(128 + number);
}

static void at_exit(void)
{
	kill_trials();
	remove_cgroup();
}

static void do_nothing(int number)
{
	(void)number;
}

static void clean_up_whatever_comes(void)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGALRM, SIGTERM};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		signal(numbers[i], leave);
	/* A payload killed within a memory limit breaks its pipe; SIG_IGN would reach the inits. */
	signal(SIGPIPE, do_nothing);
	atexit(at_exit);
}

int main(int argc, char **argv)
{
	int rounds = ROUNDS;
	for (int option; (option = getopt(argc, argv, "r:o:")) != -1;) {
		if (option == 'r')
			rounds = atoi(optarg);
		else if (option == 'o')
			orphans = atoll(optarg);
		else
			return 2;
	}
	if (argc - optind < 2 || rounds < 1 || orphans < 1)
		fail("usage: bench [-r ROUNDS] [-o ORPHANS] PAYLOAD TRUE [NAME=PATH[,ARG...]]...");

	char *payload = argv[optind++];
	char *short_command = argv[optind++];
	inits[init_count++] =
		(struct init){.name = "bare", .argv = {payload}, .short_argv = {short_command}};
	while (optind < argc)
		add_init(argv[optind++], payload, short_command);
	clean_up_whatever_comes();
	setvbuf(stdout, NULL, _IOLBF, 0);
	srand((unsigned)now_ns());

	pass = "unpinned";
	measure_times(rounds);
	measure_the_rest(rounds);
	pass = "pinned";
	pin();
	measure_times(rounds);
	return 0;
}
