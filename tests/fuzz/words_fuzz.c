/* Any text as a plan, a signal's name, a time and a number: what is taken lies within its bounds
 * and is what the name of the result says; and in a message no text does harm. */
#include <errno.h>
#include <string.h>

#include "../../format.h"
#include "../../names.h"
#include "../../plan.h"
#include "kernel.h"

static void check_plan(const char *text)
{
	struct plan p;

	if (plan_parse(text, &p) < 0)
		return;
	ASSERT(p.count >= 0 && p.count <= STAGES_MAX);
	for (int i = 0; i < p.count; i++) {
		const struct stage *s = &p.stages[i];
		ASSERT(s->sig >= 0 && s->sig <= SIGNAL_MAX);
		ASSERT(s->ms >= -1 && s->ms <= TIME_MAX_MS);
		ASSERT(s->sig || s->ms >= 0 || i == p.count - 1);
	}
}

static void check_signal(const char *text)
{
	int sig = signal_number(text);

	ASSERT(sig == -EINVAL || (sig >= 0 && sig <= SIGNAL_MAX));
	/* 32 and 33 have a number for a name only. */
	if (sig > 0 && (sig <= STANDARD_MAX || sig >= RT_FIRST))
		ASSERT(signal_number(signal_name(sig)) == sig);
}

static void check_number(const char *text)
{
	const char *end = text;
	long long n = number_at(&end, 1000);

	ASSERT(n >= -1 && n < 1000);
	ASSERT(end >= text && end <= text + strlen(text));
	if (n >= 0)
		for (; text < end; text++)
			ASSERT(*text >= '0' && *text <= '9');
}

static void check_message(const char *text)
{
	static char line[400];
	size_t size = strlen(text) % (sizeof line - 1) + 1;
	size_t n = format(line, size, "unable to run '%s': %s, %d", text, "why", 7);

	ASSERT(n < size && n == strlen(line));
	for (size_t i = 0; i < n; i++)
		ASSERT((unsigned char)line[i] >= ' ' && line[i] != 127);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static char text[1024];
	int ms;

	kernel_text(text, sizeof text, data, size);
	check_plan(text);
	check_signal(text);
	check_number(text);
	check_message(text);
	ms = time_ms(text);
	ASSERT(ms == -EINVAL || (ms >= 0 && ms <= TIME_MAX_MS));
	return 0;
}
