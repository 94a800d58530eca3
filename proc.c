#include "proc.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "report.h"
#include "sys.h"

/* The kernel's struct linux_dirent64 (getdents64(2)). */
struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

/* Digits up to the first other character, which *end gets; value 0 where there is none. */
static unsigned long long number(const char *s, unsigned base, const char **end)
{
	unsigned long long n = 0;

	for (;; s++) {
		unsigned digit = *s >= 'a' ? (unsigned)(*s - 'a' + 10) : (unsigned)(*s - '0');
		if (digit >= base)
			break;
		n = n * base + digit;
	}
	*end = s;
	return n;
}

bool proc_is_ours(void)
{
	char target[DEC_SIZE];

	return sys_readlink("/proc/self", target, sizeof target) &&
	       strcmp(target, DEC(sys_getpid())) == 0;
}

bool proc_read(char *buf, size_t size, const char *format, ...)
{
	char path[1024];
	size_t len = 0;
	long n;
	va_list args;

	va_start(args, format);
	report_vformat(path, sizeof path, format, args);
	va_end(args);
	int fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
	if (fd < 0)
		return false;
	while (len < size - 1 && (n = sys_read(fd, buf + len, size - 1 - len)) > 0)
		len += (size_t)n;
	sys_close(fd);
	buf[len] = 0;
	return len > 0;
}

bool proc_number(const char *text, const char *key, unsigned base, unsigned long long *n)
{
	size_t len = strlen(key);
	const char *end;

	while (text && strncmp(text, key, len) != 0) {
		text = strchr(text, '\n');
		text += text != NULL;
	}
	if (!text)
		return false;
	for (text += len; *text == ' ' || *text == '\t' || *text == ':'; text++)
		;
	*n = number(text, base, &end);
	return end > text;
}

bool proc_stat(pid_t pid, struct proc_stat *out)
{
	char buf[1024];

	if (!proc_read(buf, sizeof buf, "/proc/%d/stat", pid))
		return false;
	/* The command name, in parentheses, may hold spaces and parentheses itself. */
	const char *s = NULL;
	for (const char *p = buf; (p = strchr(p, ')')); p++)
		s = p;
	if (!s || s[1] != ' ' || !s[2])
		return false;
	out->state = s[2];
	s += 3;
	for (int field = 4; field <= 22; field++) {
		s += *s == ' ';
		s += *s == '-';
		unsigned long long n = number(s, 10, &s);
		if (field == 4)
			out->ppid = (pid_t)n;
		out->start_time = n;
	}
	return *s == ' ';
}

bool proc_each(const char *dir, bool (*each)(pid_t, void *), void *arg)
{
	_Alignas(struct entry) char buf[1024];
	int fd = sys_open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	long n = fd;
	bool more = true;

	while (fd >= 0 && more && (n = sys(SYS_getdents64, fd, buf, sizeof buf)) > 0) {
		for (long at = 0; more && at < n;) {
			const struct entry *e = (const void *)(buf + at);
			const char *end;
			pid_t pid = (pid_t)number(e->name, 10, &end);
			if (end > e->name && !*end)
				more = each(pid, arg);
			at += e->length;
		}
	}
	if (fd >= 0)
		sys_close(fd);
	return n >= 0;
}
