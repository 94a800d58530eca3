#include "plan.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "names.h"

static int parse_stage(char *text, bool last, struct stage *out)
{
	char *time = strchr(text, ':');

	if (time)
		*time++ = 0;
	out->ms = time ? time_ms(time) : -1;
	if (time && out->ms < 0)
		return -EINVAL;
	if (strcmp(text, "wait") == 0) {
		out->sig = 0;
		return time || last ? 0 : -EINVAL;
	}
	out->sig = signal_number(text);
	return out->sig > 0 ? 0 : -EINVAL;
}

int plan_parse(const char *text, struct plan *out)
{
	char copy[PLAN_MAX + 1];
	int ms = time_ms(text);

	*out = (struct plan){0};
	if (ms == 0 || strcmp(text, "none") == 0)
		return 0;
	if (ms > 0) {
		*out = (struct plan){2, {{SIGTERM, ms}, {SIGKILL, -1}}};
		return 0;
	}
	if (strlen(text) > PLAN_MAX)
		return -EINVAL;
	memcpy(copy, text, strlen(text) + 1);
	for (char *stage = copy, *next; stage; stage = next) {
		next = strchr(stage, ',');
		if (next)
			*next++ = 0;
		if (out->count == STAGES_MAX ||
		    parse_stage(stage, !next, &out->stages[out->count++]) < 0)
			return -EINVAL;
	}
	return 0;
}
