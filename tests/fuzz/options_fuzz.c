/* Any command line and any CINIT_OPTIONS: either options within their bounds, or one line and 125
 * (0 for
 * --help and the like). The first line of the input is the name that cinit is called by, the second
 * CINIT_OPTIONS, and each other line a word; a first word that begins with "+" stands for a machine
 * whose PID 1 cinit is. */
#include <signal.h>
#include <string.h>

#include "../../options.h"
#include "../../report.h"
#include "kernel.h"

#define WORDS_MAX 40
#define WORD_SIZE 512

static struct options o;

static bool comes(int sig)
{
	return sig > 0 && sig <= SIGNAL_MAX && sig != SIGKILL && sig != SIGSTOP && sig != SIGCHLD;
}

static void check_plan(const struct plan *p)
{
	ASSERT(p->count >= 0 && p->count <= STAGES_MAX);
	for (int i = 0; i < p->count; i++) {
		ASSERT(p->stages[i].sig >= 0 && p->stages[i].sig <= SIGNAL_MAX);
		ASSERT(p->stages[i].ms >= -1 && p->stages[i].ms <= TIME_MAX_MS);
		ASSERT(p->stages[i].sig || p->stages[i].ms >= 0 || i == p->count - 1);
	}
}

static void check_options(void)
{
	check_plan(&o.grace);
	check_plan(&o.stop);
	ASSERT(comes(o.stop_signal) && (o.stop_on >> (o.stop_signal - 1) & 1));
	for (int sig = 1; sig <= SIGNAL_MAX; sig++) {
		ASSERT(comes(sig) || !(o.stop_on >> (sig - 1) & 1));
		ASSERT(o.rewrite[sig] <= SIGNAL_MAX);
		ASSERT(comes(sig) || o.rewrite[sig] == sig);
	}
	ASSERT(o.parent_death == 0 || o.parent_death == SIGKILL || comes(o.parent_death));
	ASSERT(o.time_limit == -1 || (o.time_limit > 0 && o.time_limit <= TIME_MAX_MS));
	ASSERT(o.status_fd >= -1 && o.inside <= INSIDE_DROP && o.level >= -1 && o.level <= 1);
	ASSERT(o.cgroup_sets <= CGROUP_SETS_MAX && (!o.cgroup_sets || o.cgroup));
	for (int i = 0; i < o.cgroup_sets; i++)
		ASSERT(strchr(o.cgroup_set[i], '='));
	ASSERT(o.pause ? !*o.command : *o.command != NULL);
	ASSERT(!options_variable(o.envp, "CINIT_OPTIONS"));
	for (int code = 0; code < 256; code++)
		ASSERT(options_expect(&o, code) == code || options_expect(&o, code) == 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const char variable[] = "CINIT_OPTIONS=";
	static char words[WORDS_MAX][WORD_SIZE], options[sizeof variable + WORD_SIZE];
	char *argv[WORDS_MAX + 1];
	char *envp[] = {(char *)"A=b", options, (char *)"TINI_VERBOSITY=3", NULL};
	int argc = 0;

	memcpy(options, variable, sizeof variable - 1);
	for (int line = 0; argc < WORDS_MAX && size > 0; line++) {
		const unsigned char *end = memchr(data, '\n', size);
		size_t n = end ? (size_t)(end - data) : size;
		if (line == 1)
			kernel_text(options + sizeof variable - 1, WORD_SIZE, data, n);
		else
			argv[argc] = kernel_text(words[argc], WORD_SIZE, data, n), argc++;
		data += n + (end != NULL);
		size -= n + (end != NULL);
	}
	if (argc == 0)
		return 0;
	argv[argc] = NULL;
	kernel_is_machine = argc > 1 && *argv[1] == '+';
	kernel_messages = 0;
	o = (struct options){0};
	if (setjmp(kernel_exit) == 0) {
		options_read(&o, argc, argv, envp);
		check_options();
		ASSERT(kernel_messages == 0);
	} else if (kernel_exit_code == EXIT_CINIT) {
		ASSERT(kernel_messages == 1);
	} else {
		ASSERT(kernel_exit_code == 0 && kernel_messages == 0);
	}
	return 0;
}
