#include "format.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* A text under construction; one byte stays free for the null byte at its end. */
struct text {
	char *at;
	size_t size, length;
};

static void put_char(struct text *t, char c)
{
	if (t->length + 1 < t->size)
		t->at[t->length++] = c;
}

static void put(struct text *t, const char *s)
{
	while (s && *s)
		put_char(t, *s++);
}

/* ---- numbers ---- */

static char *backwards(char *end, unsigned long long n, unsigned base)
{
	*end = 0;
	do
		*--end = "0123456789abcdef"[n % base];
	while (n /= base);
	return end;
}

char *format_dec(char buf[static DEC_SIZE], long long n)
{
	unsigned long long magnitude = n < 0 ? 0 - (unsigned long long)n : (unsigned long long)n;
	char *p = backwards(&buf[DEC_SIZE - 1], magnitude, 10);

	if (n < 0)
		*--p = '-';
	return p;
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

/* ---- formats ---- */

static void put_unsigned(struct text *t, unsigned base, int longs, va_list *args)
{
	char buf[DEC_SIZE];
	unsigned long long n = longs > 1 ? va_arg(*args, unsigned long long)
			       : longs   ? va_arg(*args, unsigned long)
					 : va_arg(*args, unsigned);

	put(t, backwards(buf + DEC_SIZE - 1, n, base));
}

static void put_signed(struct text *t, int longs, va_list *args)
{
	char buf[DEC_SIZE];
	long long n = longs > 1 ? va_arg(*args, long long)
		      : longs   ? va_arg(*args, long)
				: va_arg(*args, int);

	put(t, format_dec(buf, n));
}

void format_args(char *buf, size_t size, const char *text, va_list args)
{
	struct text t = {.at = buf, .size = size};
	va_list copy; /* a va_list that is a parameter may be an array: no pointer to it */

	va_copy(copy, args);
	for (; *text; text++) {
		int longs = 0;
		if (*text != '%') {
			put_char(&t, *text);
			continue;
		}
		while (*++text == 'l')
			longs++;
		switch (*text) {
		case 's':
			put(&t, va_arg(copy, const char *));
			break;
		case 'c':
			put_char(&t, (char)va_arg(copy, int));
			break;
		case 'd':
			put_signed(&t, longs, &copy);
			break;
		case 'u':
			put_unsigned(&t, 10, longs, &copy);
			break;
		case 'x':
			put_unsigned(&t, 16, longs, &copy);
			break;
		case 'o':
			put_unsigned(&t, 8, longs, &copy);
			break;
		default:
			put_char(&t, *text);
		}
	}
	va_end(copy);
	if (size > 0)
		buf[t.length] = 0;
}

void format(char *buf, size_t size, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	format_args(buf, size, text, args);
	va_end(args);
}

char *format_quote(char buf[static QUOTE_SIZE], const char *text)
{
	struct text t = {.at = buf, .size = QUOTE_SIZE - sizeof "...'"};

	put_char(&t, '\'');
	for (; *text && t.length + 1 < t.size; text++)
		put_char(&t, (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
	t.size = QUOTE_SIZE;
	put(&t, *text ? "...'" : "'");
	buf[t.length] = 0;
	return buf;
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
