#include "report.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sys.h"

/* musl's headers leave out the flag of linux/fs.h. */
#define NOWAIT 0x00000008 /* RWF_NOWAIT */

/* Longest text member of an event: three of them and the rest stay within PIPE_BUF. */
#define TEXT_MAX 1200

/* One more than the status fd, so that 0, as all begins, is none. */
static int status_fd_after;

struct line {
	char *text;
	size_t size;
	size_t len;
};

/* An inherited fd's O_NONBLOCK is shared with others, so it is left alone. pwritev2 asks for one
 * call; where the kernel or the file cannot (before Linux 6.4, terminals), poll tells first. Then
 * a writer that fills the pipe in between can still make us wait, or a terminal with room for a
 * part of the line only. */
static void write_line(int fd, const struct line *l)
{
	struct iovec v = {.iov_base = l->text, .iov_len = l->len};

	struct pollfd p = {.fd = fd, .events = POLLOUT};

	/* Should the write fail too, then the line is lost, as said in report.h. */
	if (sys(SYS_pwritev2, fd, &v, 1, -1, -1, NOWAIT) < 0 && sys_poll(&p, 1, 0) == 1 &&
	    (p.revents & POLLOUT))
		sys_write(fd, l->text, l->len);
}

/* One byte stays free, for the newline or null byte at the end. */
static void put_char(struct line *l, char c)
{
	if (l->len < l->size - 1)
		l->text[l->len++] = c;
}

static void put(struct line *l, const char *s)
{
	while (*s)
		put_char(l, *s++);
}

/* ---- numbers and errors ---- */

static const char digits[] = "0123456789abcdef";

static char *backwards(char *end, unsigned long long n, unsigned base)
{
	*end = 0;
	do
		*--end = digits[n % base];
	while (n /= base);
	return end;
}

char *report_dec(char buf[static DEC_SIZE], long long n)
{
	unsigned long long u = n < 0 ? 0 - (unsigned long long)n : (unsigned long long)n;
	char *p = backwards(buf + DEC_SIZE - 1, u, 10);

	if (n < 0)
		*--p = '-';
	return p;
}

/* Those that a call here may end in. */
static const struct {
	unsigned char err;
	char name[13];
} errors[] = {
	{E2BIG, "E2BIG"},   {EACCES, "EACCES"},   {EAGAIN, "EAGAIN"},
	{EINVAL, "EINVAL"}, {EIO, "EIO"},         {ELIBBAD, "ELIBBAD"},
	{ELOOP, "ELOOP"},   {EMFILE, "EMFILE"},   {ENAMETOOLONG, "ENAMETOOLONG"},
	{ENFILE, "ENFILE"}, {ENOENT, "ENOENT"},   {ENOEXEC, "ENOEXEC"},
	{ENOMEM, "ENOMEM"}, {ENOSYS, "ENOSYS"},   {ENOTDIR, "ENOTDIR"},
	{EPERM, "EPERM"},   {ETXTBSY, "ETXTBSY"},
};

const char *report_errno(int err)
{
	static char other[12];

	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].err == err)
			return errors[i].name;
	report_format(other, sizeof other, "errno %d", err);
	return other;
}

/* ---- JSON ---- */

/* Length of the UTF-8 sequence at s (RFC 3629: no overlong form, no surrogate), or 0. */
static size_t utf8_sequence(const unsigned char *s)
{
	static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	unsigned point = s[0] & (0xffu >> (n + 1));

	if (n == 1)
		return 1;
	if (s[0] < 0xc0 || s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3f);
	}
	return point < least[n] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000) ? 0 : n;
}

static void put_escape(struct line *l, unsigned n)
{
	put(l, "\\u");
	for (int shift = 12; shift >= 0; shift -= 4)
		put_char(l, digits[n >> shift & 15]);
}

static void put_json(struct line *l, const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t end = l->len + TEXT_MAX;

	put_char(l, '"');
	while (*u && l->len < end) {
		size_t n = utf8_sequence(u);
		if (n == 0) {
			put_escape(l, 0xdc00u + *u++);
		} else if (*u < 0x20 || *u == 0x7f) {
			put_escape(l, *u++);
		} else {
			if (*u == '"' || *u == '\\')
				put_char(l, '\\');
			while (n-- > 0)
				put_char(l, (char)*u++);
		}
	}
	put_char(l, '"');
}

/* ---- formats ---- */

static void put_number(struct line *l, char conversion, int longs, long long n)
{
	char buf[DEC_SIZE];
	unsigned base = conversion == 'x' ? 16 : conversion == 'o' ? 8 : 10;

	if (conversion == 'd')
		put(l, report_dec(buf, n));
	else
		put(l, backwards(buf + DEC_SIZE - 1, longs ? (unsigned long long)n : (unsigned)n,
				 base));
}

static void put_text(struct line *l, const char *s, bool json)
{
	if (json && s)
		put_json(l, s);
	else
		put(l, s ? s : json ? "null" : "");
}

static void put_format(struct line *l, bool json, const char *format, va_list args)
{
	for (; *format; format++) {
		int longs = 0;
		if (*format != '%') {
			put_char(l, json && *format == '\'' ? '"' : *format);
			continue;
		}
		while (*++format == 'l')
			longs++;
		if (*format == 's')
			put_text(l, va_arg(args, const char *), json);
		else if (*format == 'c')
			put_char(l, (char)va_arg(args, int));
		else if (*format == 'i')
			put(l, va_arg(args, int) ? "true" : "false");
		else
			put_number(l, *format, longs,
				   longs > 1 ? va_arg(args, long long)
				   : longs   ? va_arg(args, long)
					     : va_arg(args, int));
	}
}

void report_vformat(char *buf, size_t size, const char *format, va_list args)
{
	struct line l = {.text = buf, .size = size};

	put_format(&l, false, format, args);
	buf[l.len] = 0;
}

void report_format(char *buf, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_vformat(buf, size, format, args);
	va_end(args);
}

/* One line: what stands before it, the format, a "}" for JSON. */
static void write_format(int fd, const char *before, bool json, const char *format, va_list args)
{
	char text[PIPE_BUF];
	struct line l = {.text = text, .size = sizeof text};

	put(&l, before);
	put_format(&l, json, format, args);
	if (json)
		put_char(&l, '}');
	text[l.len++] = '\n';
	write_line(fd, &l);
}

void report(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_format(STDERR_FILENO, "cinit: ", false, format, args);
	va_end(args);
}

void report_event(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (status_fd_after)
		write_format(status_fd_after - 1, "{", true, format, args);
	va_end(args);
}

void report_status_fd(int fd)
{
	status_fd_after = fd + 1;
}

void report_print(const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		long n = sys_write(STDOUT_FILENO, text, left);
		if (n < 0)
			sys_exit(EXIT_CINIT);
		text += n;
		left -= (size_t)n;
	}
}
