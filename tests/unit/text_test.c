/* The functions that read and write text: formats, quotes, numbers, JSON, signal names, plans. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../ending.h"
#include "../../fds.h"
#include "../../format.h"
#include "../../names.h"
#include "../../options.h"
#include "../../report.h"

static int passed, failed;

static void check(bool ok, const char *what)
{
	passed += ok;
	failed += !ok;
	if (!ok)
		fprintf(stderr, "# failed: %s\n", what);
}

static void formats(void)
{
	char buf[80];
	char small[4];

	size_t n = format(buf, sizeof buf, "%s|%d|%u|%x|%o|%lld|%llu|%llx", "a", -1, 4000000000u,
			  255u, 8u, -9223372036854775807LL - 1, ~0ull, 16ull);
	check(strcmp(buf, "a|-1|4000000000|ff|10|-9223372036854775808|18446744073709551615|10") ==
			      0 &&
		      n == strlen(buf),
	      buf);
	n = format(small, sizeof small, "%s", "abcdef");
	check(strcmp(small, "abc") == 0 && n == 3, "a text is cut to fit");
	const char *volatile nothing = NULL;
	format(buf, sizeof buf, "[%s]", nothing);
	check(strcmp(buf, "[]") == 0, "no text is nothing");
	check(strcmp(errno_name(ENOENT), "ENOENT") == 0, "errno name");
	check(strcmp(errno_name(200), "errno 200") == 0, "errno without a name");
}

static void quotes(void)
{
	char buf[1000], much[1000];

	format(buf, sizeof buf, "%s '%s' %s", "\n", "a\nb\x7f\x1b", "\n");
	check(strcmp(buf, "\n 'a?b\?\?' \n") == 0, "control characters");
	memset(much, 'x', sizeof much - 1);
	much[sizeof much - 1] = 0;
	format(buf, sizeof buf, "'%s'", much);
	check(strlen(buf) == QUOTE_MAX + strlen("'...'") && strstr(buf, "x...'"), "a long text");
	much[QUOTE_MAX] = 0;
	format(buf, sizeof buf, "'%s'", much);
	check(strlen(buf) == QUOTE_MAX + strlen("''"), "a text that is just not too long");
}

static void numbers(void)
{
	const char *s = "12,3";

	check(number_at(&s, 256) == 12 && *s == ',', "a number, and what follows it");
	s = "256";
	check(number_at(&s, 256) == -1, "a number that is not below the limit");
	s = "99999999999999999999999";
	check(number_at(&s, 256) == -1, "a number that no type holds");
	s = "x";
	check(number_at(&s, 256) == -1 && *s == 'x', "no number");
	check(time_ms("5") == 5000 && time_ms("5s") == 5000 && time_ms("5ms") == 5, "s, ms");
	check(time_ms("2m") == 120000 && time_ms("1h") == 3600000 && time_ms("24h") == TIME_MAX_MS,
	      "m, h");
	check(time_ms("25h") < 0 && time_ms("1d") < 0 && time_ms("") < 0 && time_ms("-1") < 0 &&
		      time_ms("1.5") < 0,
	      "no times");
}

/* The read end of the pipe that events go to: there may be two such files, for ever. */
static int events(void)
{
	static int fds[2];

	if (!fds[1] && pipe(fds) == 0)
		report_events_to(fds[1]);
	return fds[0];
}

static void event(const char *text, const char *expected)
{
	char buf[4097], whole[200];
	int fd = events();

	report_exec_failed("exec", ENOENT, text);
	ssize_t n = read(fd, buf, sizeof buf - 1);
	buf[n > 0 ? n : 0] = 0;
	snprintf(whole, sizeof whole,
		 "{\"event\":\"exec_failed\",\"step\":\"exec\",\"errno\":\"ENOENT\","
		 "\"message\":%s}\n",
		 expected);
	check(strcmp(buf, whole) == 0, buf);
}

static void json(void)
{
	char much[6000], buf[4097];

	event("a\"b\\c", "\"a\\\"b\\\\c\"");
	event(NULL, "null");
	event("\n\x7f", "\"\\u000a\\u007f\"");
	event("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
	event("\xff\xc3", "\"\\udcff\\udcc3\"");
	event("\xc0\x80", "\"\\udcc0\\udc80\"");            /* overlong */
	event("\xed\xa0\x80", "\"\\udced\\udca0\\udc80\""); /* a surrogate */
	event("\xf4\x90\x80\x80", "\"\\udcf4\\udc90\\udc80\\udc80\"");
	memset(much, 'x', sizeof much - 1);
	much[sizeof much - 1] = 0;
	report_spawned(1, 2, (const char *[3]){much, much, much});
	ssize_t n = read(events(), buf, sizeof buf);
	check(n > 3600 && n <= 4096 && memcmp(buf + n - 5, "x\"]}\n", 5) == 0,
	      "long texts stay JSON");
}

/* Fds that came closed are null, and a payload that has ended already began at no known time. */
static void spawned(void)
{
	struct options o = {.files = {NULL, "file", NULL}};
	char buf[4097];
	int fd = events();

	fds_tell_spawned(&(struct fds){.closed = 5}, &o, 0x7fffffff);
	ssize_t n = read(fd, buf, sizeof buf - 1);
	buf[n > 0 ? n : 0] = 0;
	check(strcmp(buf, "{\"event\":\"spawned\",\"pid\":2147483647,\"start_time\":0,"
			  "\"fds\":[null,\"file\",null]}\n") == 0,
	      buf);
}

static void names(void)
{
	static const struct {
		const char *name;
		int sig;
	} rows[] = {
		{"TERM", 15},     {"SIGTERM", 15},     {"sigterm", 15},  {"15", 15},
		{"0", 0},         {"64", 64},          {"65", -1},       {"RTMIN", 34},
		{"RTMIN+3", 37},  {"RTMAX", 64},       {"RTMAX-30", 34}, {"RTMAX-31", -1},
		{"RTMIN+31", -1}, {"RTMIN-1", -1},     {"SIG15", -1},    {"", -1},
		{"SIG", -1},      {"IOT", 6},          {"CLD", 17},      {"IO", 29},
		{"TERMX", -1},    {"99999999999", -1}, {"1x", -1},       {"RTMIN+", -1},
		{"STKFLT", 16},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(signal_number(rows[i].name) == (rows[i].sig < 0 ? -EINVAL : rows[i].sig),
		      rows[i].name);
	for (int sig = 1; sig <= SIGNAL_MAX; sig++)
		if (sig != 32 && sig != 33)
			check(signal_number(signal_name(sig)) == sig, signal_name(sig));
	check(strcmp(signal_name(33), "SIG33") == 0, "a signal without a name");
}

static void plans(void)
{
	static const char *const bad[] = {
		"",
		"TERM:",
		"TERM:3d",
		"wait,KILL",
		"FOO",
		"TERM,,KILL",
		",",
		"0:1s",
		"1x",
		"TERM:-1",
		"86401",
		"1441m",
		"wait:x",
		"25h",
		"TERM:999999999999",
		"A,B,C,D,E,F",
		"3s,KILL",
		"TERM:1.5",
	};
	struct plan p;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check(plan_parse(bad[i], &p) == -EINVAL, bad[i]);
	check(plan_parse("0", &p) == 0 && p.count == 0, "0");
	check(plan_parse("none", &p) == 0 && p.count == 0, "none");
	check(plan_parse("5", &p) == 0 && p.count == 2 && p.stages[0].sig == SIGTERM &&
		      p.stages[0].ms == 5000 && p.stages[1].sig == SIGKILL && p.stages[1].ms == -1,
	      "5");
	check(plan_parse("2h", &p) == 0 && p.stages[0].ms == 7200000, "2h");
	check(plan_parse("wait:1m,9:10ms,int", &p) == 0 && p.count == 3 && p.stages[0].sig == 0 &&
		      p.stages[0].ms == 60000 && p.stages[1].sig == 9 && p.stages[1].ms == 10 &&
		      p.stages[2].sig == SIGINT && p.stages[2].ms == -1,
	      "wait:1m,9:10ms,int");
	check(plan_parse("TERM,wait", &p) == 0 && p.count == 2 && p.stages[1].sig == 0 &&
		      p.stages[1].ms == -1,
	      "TERM,wait");
	check(plan_parse("HUP,HUP,HUP,HUP,HUP,HUP,HUP,HUP", &p) == 0 && p.count == STAGES_MAX,
	      "8 stages");
	check(plan_parse("HUP,HUP,HUP,HUP,HUP,HUP,HUP,HUP,HUP", &p) == -EINVAL, "9 stages");
}

int main(void)
{
	formats();
	quotes();
	numbers();
	json();
	spawned();
	names();
	plans();
	fprintf(stderr, "# text: %d checks passed, %d failed\n", passed, failed);
	return failed != 0;
}
