#include "format.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

void text_put_char(struct text *t, char c)
{
	if (t->length + 1 < t->size)
		t->at[t->length++] = c;
}

void text_put(struct text *t, const char *s)
{
	while (s && *s)
		text_put_char(t, *s++);
}

static void put_from_outside(struct text *t, const char *s)
{
	size_t n = 0;

	for (; n < QUOTE_MAX && s[n]; n++)
		text_put_char(t, (unsigned char)s[n] < ' ' || s[n] == 0x7f ? '?' : s[n]);
	text_put(t, s[n] ? "..." : "");
}

static void put_digits(struct text *t, unsigned long long n, unsigned base)
{
	if (n >= base)
		put_digits(t, n / base, base);
	text_put_char(t, "0123456789abcdef"[n % base]);
}

void text_put_number(struct text *t, long long n)
{
	unsigned long long magnitude = (unsigned long long)n;

	if (n < 0) {
		text_put_char(t, '-');
		magnitude = 0 - magnitude;
	}
	put_digits(t, magnitude, 10);
}

/* The type is that of the format: d, u, x or o. */
static void put_typed(struct text *t, char type, bool wide, long long n)
{
	unsigned long long positive = wide ? (unsigned long long)n : (unsigned)n;

	if (type == 'd')
		text_put_number(t, n);
	else
		put_digits(t, positive, type == 'x' ? 16 : type == 'o' ? 8 : 10);
}

size_t format_args(char *buf, size_t size, const char *text, va_list args)
{
	struct text t = {.at = buf, .size = size};
	va_list copy; /* a va_list that is a parameter may be an array: no pointer to it */

	va_copy(copy, args);
	for (char before = 0; *text; before = *text++) {
		if (*text != '%') {
			text_put_char(&t, *text);
			continue;
		}
		bool wide = text[1] == 'l';
		text += wide ? 3 : 1;
		if (*text == 's') {
			const char *s = va_arg(copy, const char *);
			if (before == '\'')
				put_from_outside(&t, s);
			else
				text_put(&t, s);
		} else {
			put_typed(&t, *text, wide,
				  wide ? va_arg(copy, long long) : va_arg(copy, int));
		}
	}
	va_end(copy);
	buf[t.length] = 0;
	return t.length;
}

size_t format(char *buf, size_t size, const char *text, ...)
{
	va_list args;
	size_t length;

	va_start(args, text);
	length = format_args(buf, size, text, args);
	va_end(args);
	return length;
}

char *text_after(const char *text, const char *prefix)
{
	while (*prefix)
		if (*text++ != *prefix++)
			return NULL;
	return (char *)text;
}

long long number_at(const char **s, long long limit)
{
	long long n = -1;

	for (; **s >= '0' && **s <= '9'; ++*s) {
		n = (n < 0 ? 0 : n * 10) + (**s - '0');
		if (n >= limit)
			return -1;
	}
	return n;
}

/* ---- errors ---- */

/* What the calls of cinit may end in, by their man pages. */
#define NAME(err)         \
	{                 \
		err, #err \
	}
static const struct {
	unsigned char err;
	char name[13];
} errors[] = {
	NAME(E2BIG),      NAME(EACCES), NAME(EAGAIN),  NAME(EBADF),        NAME(EBUSY),
	NAME(ECHILD),     NAME(EEXIST), NAME(EFAULT),  NAME(EFBIG),        NAME(EDQUOT),
	NAME(EINTR),      NAME(EINVAL), NAME(EIO),     NAME(EISDIR),       NAME(ELIBBAD),
	NAME(ELOOP),      NAME(EMFILE), NAME(EMLINK),  NAME(ENAMETOOLONG), NAME(ENFILE),
	NAME(ENOBUFS),    NAME(ENODEV), NAME(ENOENT),  NAME(ENOEXEC),      NAME(ENOMEM),
	NAME(ENOSPC),     NAME(ENOSYS), NAME(ENOTDIR), NAME(ENOTTY),       NAME(ENXIO),
	NAME(EOPNOTSUPP), NAME(EPERM),  NAME(EPIPE),   NAME(ERANGE),       NAME(EROFS),
	NAME(ESRCH),      NAME(ESTALE), NAME(ETXTBSY), NAME(EUSERS),       NAME(EXDEV),
};

const char *errno_name(int err)
{
	static char other[sizeof "errno " + DEC_SIZE];

	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].err == err)
			return errors[i].name;
	format(other, sizeof other, "errno %d", err);
	return other;
}
