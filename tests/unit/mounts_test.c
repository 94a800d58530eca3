/* mounts.c: the lines of /proc/mounts. What it does with them at the end of a machine is for
 * tests/engines/qemu.bats. */
#include "../../mounts.c"

#include <stdio.h>
#include <stdlib.h>

static int passed, failed;

static void check(bool ok, const char *what)
{
	passed += ok;
	failed += !ok;
	if (!ok)
		fprintf(stderr, "# failed: %s\n", what);
}

static void fields(void)
{
	char line[] = "/dev/sda /a\\040b\\134c\\011d ext4 \\04";
	char *rest = line;

	check(strcmp(take_field(&rest), "/dev/sda") == 0, "the first field");
	check(strcmp(take_field(&rest), "/a b\\c\td") == 0, "blanks, tabs and backslashes in it");
	check(strcmp(take_field(&rest), "ext4") == 0, "the next");
	check(strcmp(take_field(&rest), "\\04") == 0, "an escape that is cut stays");
	check(*take_field(&rest) == 0, "behind the last");
	check(*take_field(&rest) == 0, "and again");
}

static int remember(char *line, const void *lines)
{
	strcat((char *)lines, take_field(&line));
	return 1;
}

static void lines(void)
{
	char seen[64] = "";
	char name[] = "/tmp/mounts_test.XXXXXX";
	int fd = mkstemp(name);

	check(fd >= 0 && write(fd, "a x\nb y\n\nc z\n", 13) == 13, "a file");
	check(each_line(name, remember, seen) == 4 && strcmp(seen, "cba") == 0,
	      "from the last line to the first, the empty one too");
	check(ftruncate(fd, 0) == 0 && each_line(name, remember, seen) == 0, "no line");
	close(fd);
	unlink(name);
	check(each_line(name, remember, seen) == -ENOENT, "no file");
	check(mounts_has("/proc") && !mounts_has("/pro") && !mounts_has(""), "what is mounted");
}

static int count(char *line, const void *unused)
{
	(void)unused;
	return strcmp(take_field(&line), "overlay") == 0;
}

/* What a machine with a thousand containers has mounted. */
static void many(void)
{
	char name[] = "/tmp/mounts_test.XXXXXX";
	int fd = mkstemp(name);

	for (int i = 0; i < 1000; i++)
		dprintf(fd, "overlay /run/%d overlay rw,lowerdir=%0200d 0 0\n", i, i);
	check(each_line(name, count, NULL) == 1000, "every line of a long file");
	close(fd);
	unlink(name);
}

int main(void)
{
	fields();
	lines();
	many();
	printf("# mounts: %d checks passed, %d failed\n", passed, failed);
	return failed != 0;
}
