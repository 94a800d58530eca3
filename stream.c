#include "stream.h"

#include <errno.h>
#include <fcntl.h>

#include "sys.h"

int stream_open(struct stream *s, const char *path)
{
	s->err = s->total = 0;
	s->begun = false;
	s->at = s->end = 0;
	s->fd = sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
	return s->fd < 0 ? s->fd : 0;
}

int stream_close(struct stream *s)
{
	sys_close(s->fd);
	s->fd = -1; /* for one that is closed twice */
	return s->err;
}

/* The character at hand; -1 at the end of the file or after an error. */
static int peek(struct stream *s)
{
	long n;

	if (s->at < s->end)
		return s->buf[s->at];
	if (s->err < 0)
		return -1;
	n = s->total > STREAM_MAX ? -EFBIG : sys_read(s->fd, s->buf, sizeof s->buf);
	if (n <= 0) {
		s->err = (int)n;
		return -1;
	}
	s->total += (int)n;
	s->at = 0;
	s->end = (size_t)n;
	return s->buf[0];
}

static bool at_end_of_line(struct stream *s)
{
	int c = peek(s);

	return c < 0 || c == '\n';
}

bool stream_line(struct stream *s)
{
	if (s->begun) {
		while (!at_end_of_line(s))
			s->at++;
		s->at += peek(s) == '\n';
	}
	s->begun = true;
	return peek(s) >= 0;
}

bool stream_field(struct stream *s, char stop, char *buf, size_t size)
{
	bool fits = true;
	bool any = !at_end_of_line(s);
	size_t n = 0;
	char c = 0;

	while (!at_end_of_line(s)) {
		c = (char)s->buf[s->at++];
		if (c == stop)
			break;
		if (c == 0 || n + 1 >= size)
			fits = false;
		else
			buf[n++] = c;
	}
	if (c == '\r' && n > 0 && fits)
		n--;
	if (size > 0)
		buf[fits ? n : 0] = 0;
	return any;
}
