/*
 * The payload of bench/boot, without libc. Its first instructions write a line to the kernel's log.
 * Then it prints how many microseconds of that log's clock lie between the line in which the kernel
 * hands over to its init and this one, and ends the machine.
 */
#include <asm/ioctls.h>
#include <linux/fcntl.h>
#include <linux/reboot.h>

#include "system_call.h"

#define MARK        "the payload's first instruction"
#define HANDED_OVER " as init process"
#define LINE_BYTES  512

static long length(const char *s)
{
	long n = 0;
	while (s[n])
		n++;
	return n;
}

static int holds(const char *line, const char *text)
{
	for (; *line; line++) {
		long i = 0;
		while (text[i] && line[i] == text[i])
			i++;
		if (!text[i])
			return 1;
	}
	return 0;
}

/* The third number of "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;TEXT". */
static long stamp(const char *line)
{
	long us = 0;
	for (int commas = 0; commas < 2; line++)
		commas += *line == ',';
	for (; *line >= '0' && *line <= '9'; line++)
		us = us * 10 + *line - '0';
	return us;
}

static void print(const char *text, long number)
{
	char digits[24], *at = digits + sizeof digits - 1;
	long console = system_call(__NR_openat, AT_FDCWD, (long)"/dev/console", O_WRONLY, 0, 0, 0);

	*at = 0;
	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	system_call(__NR_write, console, (long)text, length(text), 0, 0, 0);
	system_call(__NR_write, console, (long)at, length(at), 0, 0, 0);
	system_call(__NR_write, console, (long)"\n", 1, 0, 0, 0);
	system_call(__NR_ioctl, console, TCSBRK, 1, 0, 0, 0); /* until it has been sent */
}

void _start(void) __attribute__((noreturn));

void _start(void)
{
	static char line[LINE_BYTES];
	long log =
		system_call(__NR_openat, AT_FDCWD, (long)"/dev/kmsg", O_RDWR | O_NONBLOCK, 0, 0, 0);
	long begin = 0, end = 0, got;

	system_call(__NR_write, log, (long)MARK "\n", sizeof MARK, 0, 0, 0);
	while ((got = system_call(__NR_read, log, (long)line, sizeof line - 1, 0, 0, 0)) > 0) {
		line[got] = 0;
		if (holds(line, HANDED_OVER))
			begin = stamp(line);
		if (holds(line, MARK))
			end = stamp(line);
	}
	print("microseconds: ", end - begin);
	system_call(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		    LINUX_REBOOT_CMD_POWER_OFF, 0, 0, 0);
	leave(1);
}
