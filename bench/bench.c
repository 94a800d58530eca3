/*
 * bench: measures container inits against each other and against the payload alone.
 *
 *	bench [-t] [-r ROUNDS] [-o ORPHANS] PAYLOAD [NAME=PATH[,ARG...]]... > raw.csv
 *
 * Every init runs as PID 1 of a PID namespace of its own, as PATH ARG... -- PAYLOAD. A round takes
 * each init once, and each round begins with another one, so that whatever else the machine does at
 * the time falls on all alike. What costs seconds is done in fewer rounds. Every single figure is
 * one line of the output, `init,figure,round,value`; nothing is averaged here. -t: the times alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure.h"

#define ROUNDS             201
#define ORPHANS            20000
#define MEMORY_ROUNDS_MAX  11
#define SYSCALL_ROUNDS_MAX 11
#define IDLE_ROUNDS_MAX    3
#define STORM_ROUNDS_MAX   5
#define LIMIT_ROUNDS_MAX   5
#define WARM_UP_ROUNDS     2

#define IDLE_NS            (3000 * (int64_t)NS_PER_MS)
#define ANSWER_TIMEOUT_MS  10000
#define STORM_TIMEOUT_NS   (120000 * (int64_t)NS_PER_MS)
#define SAMPLE_INTERVAL_MS 2
#define HANG_TIMEOUT_S     300 /* for all of one round */

#define INITS_MAX 32
#define WORDS_MAX 16

struct init {
	const char *name;
	char *argv[WORDS_MAX + 3]; /* with "--", the payload and NULL */
};

static struct init inits[INITS_MAX];
static int init_count;
static int64_t orphans = ORPHANS;
static char end_of_options[] = "--";

static void print(const struct init *init, const char *figure, int round, double value)
{
	printf("%s,%s,%d,%.10g\n", init->name, figure, round, value);
}

static void start(struct trial *trial, const struct init *init)
{
	trial_start(trial, init->argv, (struct preparation){0});
	if (!trial_ready(trial, ANSWER_TIMEOUT_MS))
		fail("%s does not start the payload", init->name);
}

static double us(int64_t ns)
{
	return (double)ns / NS_PER_US;
}

/* The times: clone to payload, kill to handler, the payload's exit to init's end. */
static void measure_times(const struct init *init, int round)
{
	struct trial trial;
	start(&trial, init);
	int64_t started = trial.stamps->start - trial.cloned;
	trial_settle(&trial);

	int64_t sent = now_ns();
	kill(trial.pid, SIGUSR1);
	if (!trial_ready(&trial, ANSWER_TIMEOUT_MS))
		fail("%s does not deliver SIGUSR1", init->name);
	int64_t handled = trial.stamps->handled - sent;
	trial_settle(&trial);

	int64_t ended = trial_finish(&trial, init->name);
	if (round < 0)
		return;
	print(init, "start_us", round, us(started));
	print(init, "signal_us", round, us(handled));
	print(init, "end_us", round, us(ended));
}

static void warm_up(const struct init *init, int round)
{
	(void)round;
	measure_times(init, -1);
}

static void measure_size(const struct init *init, int round)
{
	struct stat status;
	if (stat(init->argv[0], &status) < 0)
		fail("unable to stat %s: %s", init->argv[0], strerror(errno));
	print(init, "size_bytes", round, (double)status.st_size);
}

static void measure_memory(const struct init *init, int round)
{
	struct trial trial;
	start(&trial, init);
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
	for (int i = 0; i < init_count; i++) {
		start(&trials[i], &inits[i]);
		trial_settle(&trials[i]);
	}
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
	trial.stamps->orphans = orphans;
	double wakeups = proc_wakeups(trial.pid);
	int64_t cpu = proc_cpu_ns(trial.pid);
	int64_t latest = now_ns() + STORM_TIMEOUT_NS;
	long zombies_most = 0;

	if (!trial_order(&trial, ORDER_STORM))
		fail("the payload behind %s is gone", init->name);
	while (!trial_ready(&trial, SAMPLE_INTERVAL_MS)) {
		long zombies = proc_zombies(trial.pid);
		zombies_most = zombies > zombies_most ? zombies : zombies_most;
		if (now_ns() > latest || kill(trial.pid, 0) < 0)
			fail("the storm behind %s does not end", init->name);
	}
	/* What has piled up is part of the work. */
	while (proc_zombies(trial.pid) > 0)
		sleep_ns(SAMPLE_INTERVAL_MS * NS_PER_MS);
	trial_settle(&trial);
	print(init, "storm_wakeups", round, proc_wakeups(trial.pid) - wakeups);
	print(init, "storm_cpu_us", round, us(proc_cpu_ns(trial.pid) - cpu));
	print(init, "storm_zombies", round, (double)zombies_most);
	print(init, "storm_ms", round,
	      (double)(trial.stamps->storm_end - trial.stamps->storm_begin) / NS_PER_MS);
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
	fprintf(stderr, "bench: %s, rounds: %d\n", what, rounds);
	for (int round = 0; round < rounds; round++) {
		alarm(HANG_TIMEOUT_S);
		shuffle(order, count);
		for (int i = 0; i < count; i++)
			measure(&inits[order[i]], round);
	}
}

static int at_most(int rounds, int most)
{
	return rounds < most ? rounds : most;
}

static void measure_quick(int rounds)
{
	interleave("warm up", warm_up, WARM_UP_ROUNDS, 0);
	interleave("times", measure_times, rounds, 0);
}

static void measure_slow(int rounds)
{
	interleave("size", measure_size, 1, 0);
	interleave("memory", measure_memory, at_most(rounds, MEMORY_ROUNDS_MAX), 0);
	interleave("system calls", measure_syscalls, at_most(rounds, SYSCALL_ROUNDS_MAX), 1);
	fprintf(stderr, "bench: idle\n");
	for (int round = 0; round < at_most(rounds, IDLE_ROUNDS_MAX); round++)
		measure_idle(round);
	interleave("orphan storm", measure_storm, at_most(rounds, STORM_ROUNDS_MAX), 1);
	if (can_limit_memory())
		interleave("memory limit", measure_limit, at_most(rounds, LIMIT_ROUNDS_MAX), 0);
	else
		fprintf(stderr, "bench: no memory cgroup can be made here\n");
}

static void add_init(char *argument, char *payload)
{
	int words = 0;
	char *rest = strstr(argument, "=/"); /* a name may have a "=" of its own */
	if (!rest || init_count == INITS_MAX)
		fail("not NAME=PATH[,ARG...], or too many: %s", argument);
	*rest++ = '\0';
	struct init *init = &inits[init_count++];
	init->name = argument;
	for (char *word; (word = strsep(&rest, ","));) {
		if (words == WORDS_MAX)
			fail("too many arguments for %s", argument);
		init->argv[words++] = word;
	}
	init->argv[words++] = end_of_options;
	init->argv[words] = payload;
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
	bool times_alone = false;
	for (int option; (option = getopt(argc, argv, "tr:o:")) != -1;) {
		if (option == 't')
			times_alone = true;
		else if (option == 'r')
			rounds = atoi(optarg);
		else if (option == 'o')
			orphans = atoll(optarg);
		else
			return 2;
	}
	if (optind == argc || rounds < 1 || orphans < 1)
		fail("usage: bench [-t] [-r ROUNDS] [-o ORPHANS] PAYLOAD [NAME=PATH[,ARG...]]...");

	char *payload = argv[optind++];
	inits[init_count++] = (struct init){.name = "bare", .argv = {payload}};
	while (optind < argc)
		add_init(argv[optind++], payload);
	clean_up_whatever_comes();
	setvbuf(stdout, NULL, _IOLBF, 0);
	measure_quick(rounds);
	if (!times_alone)
		measure_slow(rounds);
	return 0;
}
