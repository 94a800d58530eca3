/* The functions that read and write text: formats, JSON, signal names, plans. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../ending.h"
#include "../../report.h"
#include "../../signals.h"

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
	char buf[64];
	char small[4];

	report_format(buf, sizeof buf, "%s|%d|%u|%x|%o|%c|%ld|%lld|%lx", "a", -1, 4000000000u, 255u,
		      8u, 'c', -5L, -9223372036854775807LL - 1, 16UL);
	check(strcmp(buf, "a|-1|4000000000|ff|10|c|-5|-9223372036854775808|10") == 0, buf);
	report_format(small, sizeof small, "%s", "abcdef");
	check(strcmp(small, "abc") == 0, "a text is cut to fit");
	const char *volatile nothing = NULL;
	report_format(buf, sizeof buf, "[%s]", nothing);
	check(strcmp(buf, "[]") == 0, "no text is nothing");
	check(strcmp(report_errno(ENOENT), "ENOENT") == 0, "errno name");
	check(strcmp(report_errno(120), "errno 120") == 0, "errno without a name");
}

static void event(const char *text, const char *expected)
{
	char buf[4096];
	int fds[2];

	if (pipe(fds) < 0)
		return;
	report_status_fd(fds[1]);
	report_event("'t':%s,'b':%i", text, 1);
	ssize_t n = read(fds[0], buf, sizeof buf - 1);
	buf[n > 0 ? n : 0] = 0;
	check(strcmp(buf, expected) == 0, buf);
	close(fds[0]);
	close(fds[1]);
	report_status_fd(-1);
}

static void json(void)
{
	char much[6000];

	event("a\"b\\c", "{\"t\":\"a\\\"b\\\\c\",\"b\":true}\n");
	event(NULL, "{\"t\":null,\"b\":true}\n");
	event("\n\x7f", "{\"t\":\"\\u000a\\u007f\",\"b\":true}\n");
	event("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
	      "{\"t\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\",\"b\":true}\n");
	event("\xff\xc3", "{\"t\":\"\\udcff\\udcc3\",\"b\":true}\n");
	event("\xc0\x80", "{\"t\":\"\\udcc0\\udc80\",\"b\":true}\n");            /* overlong */
	event("\xed\xa0\x80", "{\"t\":\"\\udced\\udca0\\udc80\",\"b\":true}\n"); /* a surrogate */
	event("\xf4\x90\x80\x80", "{\"t\":\"\\udcf4\\udc90\\udc80\\udc80\",\"b\":true}\n");
	memset(much, 'x', sizeof much - 1);
	much[sizeof much - 1] = 0;
	int fds[2];
	if (pipe(fds) == 0) {
		char buf[4096];
		report_status_fd(fds[1]);
		report_event("'a':%s,'b':%s,'c':%s", much, much, much);
		ssize_t n = read(fds[0], buf, sizeof buf);
		check(n > 3600 && memcmp(buf + n - 4, "x\"}\n", 4) == 0, "long texts stay JSON");
		report_status_fd(-1);
	}
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
		check(signals_number(rows[i].name) == rows[i].sig, rows[i].name);
	for (int sig = 1; sig <= SIGNAL_MAX; sig++)
		if (sig != 32 && sig != 33)
			check(signals_number(signals_name(sig)) == sig, signals_name(sig));
	check(strcmp(signals_name(33), "SIG33") == 0, "a signal without a name");
}

static void plans(void)
{
	static const char *const bad[] = {"",
					  "TERM:",
					  "TERM:3h",
					  "wait",
					  "FOO",
					  "TERM,,KILL",
					  ",",
					  "TERM:-1",
					  "0:1s",
					  "1x",
					  "TERM:1.5",
					  "86401",
					  "1441m",
					  "A,B,C,D,E,F,G,H,I",
					  "TERM:999999999999",
					  "3s,KILL"};
	struct plan p;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check(!plan_parse(bad[i], &p), bad[i]);
	check(plan_parse("0", &p) && p.count == 0, "0");
	check(plan_parse("5", &p) && p.count == 2 && p.stages[0].sig == SIGTERM &&
		      p.stages[0].ms == 5000 && p.stages[1].sig == SIGKILL && p.stages[1].ms == -1,
	      "5");
	check(plan_parse("wait:1m,9:10ms,int", &p) && p.count == 3 && p.stages[0].sig == 0 &&
		      p.stages[0].ms == 60000 && p.stages[1].sig == 9 && p.stages[1].ms == 10 &&
		      p.stages[2].sig == SIGINT && p.stages[2].ms == -1,
	      "wait:1m,9:10ms,int");
	check(plan_parse("HUP,HUP,HUP,HUP,HUP,HUP,HUP,HUP", &p) && p.count == PLAN_MAX, "8 stages");
	check(!plan_parse("HUP,HUP,HUP,HUP,HUP,HUP,HUP,HUP,HUP", &p), "9 stages");
}

int main(void)
{
	formats();
	json();
	names();
	plans();
	fprintf(stderr, "# text: %d checks passed, %d failed\n", passed, failed);
	return failed != 0;
}
