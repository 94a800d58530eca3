#include "proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "sys.h"

/* One refusal may be an accident: out of memory, a signal, a full file table. */
#define TRIES 4

/* The longest name of a file that is read: that of a cgroup's. */
#define NAME_SIZE 1024

#define TICK_MS 10 /* of a start time: USER_HZ is 100 on all machines but Alpha and Itanium */

#define PF_KTHREAD 0x00200000 /* among the flags of a process (include/linux/sched.h) */

/* The kernel's struct linux_dirent64 (getdents64(2)). */
struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

/* The number at the start of s; *end is then behind its digits. 0 where there is none. */
static unsigned long long number(const char *s, unsigned base, const char **end)
{
	unsigned long long n = 0;

	for (;; s++) {
		unsigned digit = *s >= '0' && *s <= '9'   ? (unsigned)(*s - '0')
				 : *s >= 'a' && *s <= 'f' ? (unsigned)(*s - 'a' + 10)
							  : base;
		if (digit >= base)
			break;
		n = n * base + digit;
	}
	*end = s;
	return n;
}

bool proc_error_passes(int err)
{
	return err == -EINTR || err == -EAGAIN || err == -EIO || err == -EMFILE || err == -ENFILE ||
	       err == -ENOMEM || err == -ENOBUFS;
}

int proc_is_ours(void)
{
	char target[DEC_SIZE];
	int err = 0;

	for (int i = 0; i < TRIES; i++) {
		err = sys_readlink("/proc/self", target, sizeof target);
		if (err >= 0)
			return number(target, 10, &(const char *){0}) == (unsigned)sys_getpid();
		if (!proc_error_passes(err))
			return 0;
	}
	return err;
}

/* Reads the file to its end, or what fits. */
static int read_once(char *buf, size_t size, const char *path)
{
	size_t length = 0;
	long n = 1;
	int fd = sys_open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);

	if (fd < 0)
		return fd;
	while (length < size - 1 && n > 0) {
		n = sys_read(fd, buf + length, size - 1 - length);
		if (n > 0)
			length += (size_t)n;
	}
	sys_close(fd);
	buf[length] = 0;
	return n < 0 ? (int)n : (int)length;
}

int proc_read(char *buf, size_t size, const char *name, ...)
{
	char path[NAME_SIZE];
	int result = 0;
	va_list args;

	va_start(args, name);
	format_args(path, sizeof path, name, args);
	va_end(args);
	for (int i = 0; i < TRIES; i++) {
		result = read_once(buf, size, path);
		if (result >= 0 || !proc_error_passes(result))
			break;
	}
	return result;
}

const char *proc_field(const char *text, const char *key)
{
	const char *value;

	while (!(value = text_after(text, key))) {
		const char *newline = strchr(text, '\n');
		if (!newline)
			return NULL;
		text = newline + 1;
	}
	while (*value == ' ' || *value == '\t' || *value == ':')
		value++;
	return value;
}

bool proc_number(const char *text, const char *key, unsigned base, unsigned long long *n)
{
	const char *field = proc_field(text, key);
	const char *end;

	if (!field)
		return false;
	*n = number(field, base, &end);
	return end > field;
}

/* Where the field behind the command name begins. The name stands in parentheses and may hold
 * blanks and parentheses itself, so the last ")" ends it. */
static const char *behind_name(const char *stat)
{
	const char *last = NULL;

	for (const char *p = stat; (p = strchr(p, ')')); p++)
		last = p;
	return last && last[1] == ' ' && last[2] ? last + 2 : NULL;
}

int proc_stat(pid_t pid, struct proc_stat *out)
{
	char buf[1024];
	int result = proc_read(buf, sizeof buf, "/proc/%d/stat", pid);
	const char *field = result < 0 ? NULL : behind_name(buf);

	if (result < 0)
		return result;
	if (!field)
		return -EINVAL;
	out->state = *field++;
	for (int i = 4; i <= 22; i++) {
		field += *field == ' ';
		field += *field == '-';
		unsigned long long n = number(field, 10, &field);
		if (i == 4)
			out->ppid = (pid_t)n;
		else if (i == 9)
			out->kernel = n & PF_KTHREAD;
		else if (i == 20)
			out->threads = (int)n;
		else if (i == 22)
			out->start_time = n;
	}
	return *field == ' ' ? 0 : -EINVAL;
}

void proc_now(struct proc_moment *now)
{
	char buf[128];
	const char *last = buf;

	now->last = 0;
	/* Start times go on while the machine is suspended, this clock does not: it is not ahead.
	 */
	now->start_time = (unsigned long long)deadline_in(0) / TICK_MS;
	if (proc_read(buf, sizeof buf, "/proc/loadavg") < 0)
		return;
	while ((last = strchr(last, ' ')))
		now->last = (pid_t)number(++last, 10, &(const char *){0});
}

bool proc_born_after(const struct proc_moment *m, pid_t pid)
{
	struct proc_stat stat;

	return m->last && pid > m->last && proc_stat(pid, &stat) == 0 &&
	       stat.start_time >= m->start_time && stat.ppid != sys_getpid();
}

/* One getdents64(2), again where its error may pass. */
static long next_entries(int fd, void *buf, size_t size)
{
	long n = 0;

	for (int i = 0; i < TRIES; i++) {
		n = sys(SYS_getdents64, fd, buf, size);
		if (n >= 0 || !proc_error_passes((int)n))
			break;
	}
	return n;
}

static int open_directory(const char *dir)
{
	int fd = 0;

	for (int i = 0; i < TRIES; i++) {
		fd = sys_open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
		if (fd >= 0 || !proc_error_passes(fd))
			break;
	}
	return fd;
}

int proc_entries(const char *dir, bool (*each)(const char *, bool, void *), void *arg)
{
	_Alignas(struct entry) char buf[1024];
	int fd = open_directory(dir);
	bool more = true;
	long n = 0;

	if (fd < 0)
		return fd;
	while (more && (n = next_entries(fd, buf, sizeof buf)) > 0) {
		for (long at = 0; more && at < n;) {
			const struct entry *e = (const void *)(buf + at);
			more = each(e->name, e->type == DT_DIR, arg);
			at += e->length;
		}
	}
	sys_close(fd);
	return n < 0 ? (int)n : 0;
}

struct numbers {
	bool (*each)(pid_t, void *);
	void *arg;
};

static bool only_number(const char *name, bool is_directory, void *arg)
{
	const struct numbers *n = arg;
	const char *end;
	pid_t pid = (pid_t)number(name, 10, &end);

	(void)is_directory;
	return end == name || *end || n->each(pid, n->arg);
}

int proc_each(const char *dir, bool (*each)(pid_t, void *), void *arg)
{
	return proc_entries(dir, only_number, &(struct numbers){each, arg});
}
