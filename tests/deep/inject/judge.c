/* What the outcome of a case is called, whether it is good, and the table of all outcomes. The
 * rules are those of inject.c. */
#define _GNU_SOURCE
#include "inject.h"

#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum {
	ACCEPTED = 200,
	OUTCOMES = 4000,
};

static struct {
	char outcome[64], name[200], reason[300];
	int used;
} accepted[ACCEPTED];
static int accepted_count;

/* A row of the table. */
static struct {
	char call[40], how[16], error[20], outcome[64];
	int reason; /* the line of an accepted one */
	int count;
} outcomes[OUTCOMES];
static int outcomes_count;

struct result base;

/* ---- judging ---- */

/* Those of the first that are not in the second. */
static int new_lines(const char *log, const char *known)
{
	int n = 0;
	char line[600];

	for (const char *at = log; *at; at += strcspn(at, "\n"), at += *at != 0) {
		snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
		n += strncmp(line, "cinit: ", 7) == 0 && !strstr(known, line);
	}
	return n;
}

static int events_of(const char *log)
{
	int n = 0;

	for (const char *at = log; (at = strstr(at, "{\"event\":")); at++)
		n++;
	return n;
}

static int by_char(const void *a, const void *b)
{
	return *(const char *)a - *(const char *)b;
}

bool has_events(const struct result *r, const char *wanted, const char *more)
{
	char a[130], b[130];

	snprintf(a, sizeof a, "%s", r->events);
	snprintf(b, sizeof b, "%s%s", wanted, more);
	qsort(a, strlen(a), 1, by_char);
	qsort(b, strlen(b), 1, by_char);
	return strcmp(a, b) == 0;
}

static bool refused(int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;

	return code >= 125 && code <= 127;
}

/* Where the payload was to be started, and was not. */
static const char *judge_refusal(const struct result *r)
{
	int lines = new_lines(r->log, base.log);

	/* One that could not be started without a fault either is refused in the same words. */
	if (lines == 0 && !strchr(base.events, 'S'))
		lines = strstr(r->log, "cinit: ") != NULL;
	if (!refused(r->status))
		return lines > 0 ? "not started, told, another status" : "not started, silent";
	if (r->cgroup_left)
		return lines > 0 ? "refused, cgroup left" : "refused, cgroup left, silent";
	return lines == 1 ? "refused" : lines > 1 ? "refused in several lines" : "refused, silent";
}

static const char *judge_signal(const struct job *j, const struct result *r)
{
	int sig = j->f.value;
	bool ended = WIFSIGNALED(r->status) && WTERMSIG(r->status) == sig;
	bool same = r->status == base.status;

	if (!r->fired)
		return NULL;
	if (sig == SIGKILL && j->f.proc == 0)
		return !ended ? "survived SIGKILL" : r->left ? "killed, left behind" : "killed";
	if (sig == SIGKILL)
		return r->status == base.status          ? "as if nothing"
		       : new_lines(r->log, base.log) > 0 ? "child killed, told"
							 : "child killed, silent";
	if (sig == SIGSTOP || same)
		return NULL;
	/* The payload was executed with it, or it came before cinit blocked it. */
	if ((ended || r->status == (SIGNALLED + sig) << 8) && !r->fired_late)
		return "ended by SIGTERM";
	if (strstr(r->log, "ended before it could be executed"))
		return "ended before the exec, told";
	return NULL;
}

const char *judge(const struct job *j, const struct result *r)
{
	bool term = j->f.how == HOW_SIGNAL && j->f.value == SIGTERM && r->fired;
	const char *said;
	bool told = new_lines(r->log, base.log) > 0;
	bool crashed = WIFSIGNALED(r->status) && !WIFSIGNALED(base.status);

	if (!r->complete)
		return "no result";
	if (r->unfiltered)
		return "not filtered";
	if (r->busy)
		return "busy";
	if (r->hung)
		return told ? "hang, told" : "hang";
	if (j->f.how == HOW_SIGNAL && (said = judge_signal(j, r)))
		return said;
	if (r->left)
		return told ? "left behind, told" : "left behind";
	if (crashed)
		return "crash";
	if (*j->s->command && !strchr(r->events, 'S') &&
	    (r->status != base.status || refused(r->status)))
		return judge_refusal(r);
	if (r->cgroup_left)
		return told ? "cgroup left, told" : "cgroup left, silent";
	if (r->status != base.status)
		return told ? "another status, told" : "another status, silent";
	if (term && has_events(r, base.events, "T"))
		return "SIGTERM delivered";
	if (term && has_events(r, base.events, ""))
		return r->missed ? "SIGTERM lost" : "SIGTERM after the end";
	if (!has_events(r, base.events, ""))
		return told ? "less seen, told" : "less seen, silent";
	if (events_of(r->log) < events_of(base.log) && !told)
		return "less status events, silent";
	if (!told && new_lines(base.log, r->log) > 0)
		return "less said";
	return told ? "told" : "as if nothing";
}

static const char *const good[] = {
	"as if nothing",
	"told",
	"refused",
	"killed",
	"SIGTERM delivered",
	"SIGTERM after the end",
	"ended by SIGTERM",
	"child killed, told",
	"ended before the exec, told",
	"less seen, told",
	"cgroup left, told",
};

bool is_good(const char *outcome)
{
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (strcmp(good[i], outcome) == 0)
			return true;
	return false;
}

int find_accepted(const char *outcome, const char *name)
{
	for (int i = 0; i < accepted_count; i++)
		if (fnmatch(accepted[i].outcome, outcome, FNM_EXTMATCH) == 0 &&
		    fnmatch(accepted[i].name, name, FNM_EXTMATCH) == 0) {
			accepted[i].used++;
			return i + 1;
		}
	return 0;
}

void read_accepted(const char *file)
{
	char line[512];
	FILE *f = fopen(file, "re");

	if (!f)
		die(file);
	while (fgets(line, sizeof line, f)) {
		if (*line == '#' || *line == '\n')
			continue;
		if (accepted_count == ACCEPTED ||
		    sscanf(line, "%63[^;]; %199s ; %299[^\n]", accepted[accepted_count].outcome,
			   accepted[accepted_count].name, accepted[accepted_count].reason) != 3) {
			errno = EINVAL;
			die(line);
		}
		char *end = strchr(accepted[accepted_count].outcome, 0);
		while (end > accepted[accepted_count].outcome && end[-1] == ' ')
			*--end = 0;
		accepted_count++;
	}
	fclose(f);
}

const char *call_name(int number)
{
	const struct call *c = call_of(number);
	static char text[16];

	if (c)
		return c->name;
	snprintf(text, sizeof text, "%d", number);
	return text;
}

const char *value_name(const struct fault *f)
{
	return f->how == HOW_SIGNAL ? sigabbrev_np(f->value)
	       : f->value           ? error_name(f->value)
				    : "-";
}

void count_outcome(const struct job *j, const char *outcome, int reason)
{
	char call[40];
	int i;

	snprintf(call, sizeof call, "%s%s", j->f.how == HOW_SIGNAL ? "any" : call_name(j->f.call),
		 j->f.proc && j->f.how != HOW_FILTER ? " (child)" : "");
	for (i = 0; i < outcomes_count; i++)
		if (strcmp(outcomes[i].call, call) == 0 &&
		    strcmp(outcomes[i].how, how_names[j->f.how]) == 0 &&
		    strcmp(outcomes[i].error, value_name(&j->f)) == 0 &&
		    strcmp(outcomes[i].outcome, outcome) == 0 && outcomes[i].reason == reason)
			break;
	if (i == OUTCOMES)
		return;
	if (i == outcomes_count) {
		outcomes_count++;
		snprintf(outcomes[i].call, sizeof outcomes[i].call, "%s", call);
		snprintf(outcomes[i].how, sizeof outcomes[i].how, "%s", how_names[j->f.how]);
		snprintf(outcomes[i].error, sizeof outcomes[i].error, "%s", value_name(&j->f));
		snprintf(outcomes[i].outcome, sizeof outcomes[i].outcome, "%s", outcome);
		outcomes[i].reason = reason;
	}
	outcomes[i].count++;
}

void show(const struct job *j, const struct result *r, const char *outcome)
{
	printf("not ok %s: %s\n#   status 0x%x, events '%s' (without a fault 0x%x, '%s'), %ld calls\n",
	       j->name, outcome, (unsigned)r->status, r->events, (unsigned)base.status, base.events,
	       r->total);
	if (*r->log)
		printf("#   %s%s", r->log, strchr(r->log, 0)[-1] == '\n' ? "" : "\n");
}

bool is_slow(const char *outcome)
{
	return strncmp(outcome, "hang", 4) == 0 || strncmp(outcome, "less", 4) == 0 ||
	       strncmp(outcome, "left", 4) == 0 || strcmp(outcome, "SIGTERM lost") == 0 ||
	       strncmp(outcome, "another", 7) == 0 || strcmp(outcome, "busy") == 0;
}

/* ---- the table ---- */

static int by_row(const void *a, const void *b)
{
	return strcmp(a, b);
}

void write_table(const char *file)
{
	FILE *f = fopen(file, "we");

	if (!f)
		die(file);
	qsort(outcomes, (size_t)outcomes_count, sizeof *outcomes, by_row);
	for (int i = 0; i < outcomes_count; i++)
		fprintf(f, "%s\t%s\t%s\t%s\t%d\t%d\n", outcomes[i].call, outcomes[i].how,
			outcomes[i].error, outcomes[i].outcome, outcomes[i].reason,
			outcomes[i].count);
	for (size_t i = 0; i < scenarios_count; i++)
		fprintf(f, "scenario\t%s\n", scenarios[i].name);
	for (int i = 0; i < accepted_count; i++)
		fprintf(f, "accepted\t%d\t%d\t%s\n", i + 1, accepted[i].used, accepted[i].reason);
	fclose(f);
}
