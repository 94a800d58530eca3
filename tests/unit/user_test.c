/* user_find(): what passwd(5) and group(5) may hold, and what they should not. */
#include "../../user.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int passed, failed;
static struct user u;
static char why[USER_WHY_SIZE];
static int fds[2];
static char passwd[32], group[32];
static struct user_files files = {passwd, group};

static void check(bool ok, const char *what)
{
	passed += ok;
	failed += !ok;
	if (!ok)
		fprintf(stderr, "# %s: uid %u gid %u count %u %s, %s\n", what, u.uid, u.gid,
			u.count, u.home, why);
}

static void fill(int fd, const char *text, size_t size)
{
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, size, 0) != (ssize_t)size)
		abort();
}

static void set_passwd(const char *text)
{
	fill(fds[0], text, strlen(text));
}

static void set_group(const char *text)
{
	fill(fds[1], text, strlen(text));
}

static int find(const char *wish)
{
	*why = 0;
	return user_find(&u, wish, &files, why);
}

static bool is(unsigned uid, unsigned gid, unsigned count, const char *home)
{
	return u.uid == uid && u.gid == gid && u.count == count &&
	       strncmp(u.home, "HOME=", 5) == 0 && strcmp(u.home + 5, home) == 0;
}

static bool refused(const char *wish, int err, const char *file)
{
	return find(wish) == -err && strstr(why, file) && strstr(why, wish) && !strchr(why, '\n');
}

static void all_forms(void)
{
	set_passwd("root:x:0:0:root:/root:/bin/sh\n"
		   "app:x:1000:1001:App,,,:/home/app:/bin/sh\n"
		   "7:x:77:77::/seven:\n"
		   "app:x:1:1::/second:\n");
	set_group("root:x:0:\nweb:x:50:app\nlog:x:51:root,app,ap\nno:x:52:apps,xapp,ap\n");
	check(find("app") == 0 && is(1000, 1001, 2, "/home/app"), "name");
	check(u.groups[0] == 50 && u.groups[1] == 51, "memberships");
	check(find("app:") == 0 && is(1000, 1001, 2, "/home/app"), "name with a colon");
	check(find("1000") == 0 && is(1000, 1001, 2, "/home/app"), "number with an entry");
	check(find("app:web") == 0 && is(1000, 50, 0, "/home/app"), "name and group");
	check(find("app:9") == 0 && is(1000, 9, 0, "/home/app"), "name and number");
	check(find("1000:web") == 0 && is(1000, 50, 0, "/home/app"), "number and group");
	check(find("2000") == 0 && is(2000, getgid(), 0, "/"), "number without an entry");
	check(find("2000:3000") == 0 && is(2000, 3000, 0, "/"), "two numbers");
	check(find(":web") == 0 && u.uid == getuid() && u.gid == 50, "only a group");
	check(find("7") == 0 && is(7, getgid(), 0, "/"), "digits are a number");
	check(find("4294967294") == 0 && is(4294967294u, getgid(), 0, "/"), "highest number");
}

static void unknown(void)
{
	static const char *const users[] = {"App",        "ap",         "apps",
					    "-1",         "+5",         "0x10",
					    "4294967295", "4294967296", "18446744073709551616",
					    " 5",         "x"};

	for (size_t i = 0; i < sizeof users / sizeof *users; i++)
		check(refused(users[i], ESRCH, passwd), users[i]);
	check(refused("app:nosuch", ESRCH, group), "group");
	check(refused("app:4294967295", ESRCH, group), "group out of range");
	check(refused("app:web:x", ESRCH, group), "two colons");
	char longest[5000];
	memset(longest, 'a', sizeof longest);
	longest[sizeof longest - 1] = 0;
	check(find(longest) == -ESRCH && strlen(why) > 20, "endless name");
}

static void malformed_entry(const char *text, const char *what)
{
	set_passwd(text);
	check(refused("app", EINVAL, passwd), what);
}

static void malformed(void)
{
	malformed_entry("app\n", "no number");
	malformed_entry("app", "no number, no newline");
	malformed_entry("app:x::\n", "empty numbers");
	malformed_entry("app:x:1000:\n", "no group");
	malformed_entry("app:x:abc:1:::\n", "letters");
	malformed_entry("app:x:4294967296:1:::\n", "number out of range");
	malformed_entry("app:x:4294967295:1:::\n", "no uid of anybody");
	malformed_entry("app:x:1000:-1:::\n", "negative group");
	malformed_entry("app:x:1000 :1:::\n", "blank");
	set_passwd("garbage\n\n:::\n:x:0:0:::\n# comment\n+::::::\napp:x:5:6::/h:\n");
	check(find("app") == 0 && is(5, 6, 2, "/h"), "other lines are passed over");
	check(find("0") == 0 && is(0, getgid(), 0, "/"), "an entry without a name is none");
	set_group("web:x:bad:app\nweb\nlog:x:60:app\n");
	check(find("app") == 0 && is(5, 6, 1, "/h") && u.groups[0] == 60, "bad group lines");
	check(refused("app:web", EINVAL, group), "bad group");
	set_passwd("app:x:5:6::/h");
	check(find("app") == 0 && is(5, 6, 1, "/h"), "no last newline");
	set_passwd("app:x:5:6");
	check(find("app") == 0 && is(5, 6, 1, "/"), "no home");
	set_passwd("app:x:5:6::");
	check(find("app") == 0 && is(5, 6, 1, "/"), "empty home");
	set_passwd("app:x:5:6::/h\r\n");
	set_group("log:x:60:root,app\r\nweb:x:61:app\r");
	check(find("app") == 0 && is(5, 6, 2, "/h"), "carriage returns");
	set_passwd("");
	check(refused("app", ESRCH, passwd), "empty file");
	check(find("9") == 0 && is(9, getgid(), 0, "/"), "number in an empty file");
}

static void null_bytes(void)
{
	static const char text[] = "app\0:x:0:0::/bad:\napp:x:0\0:0::/bad:\n";

	fill(fds[0], text, sizeof text - 1);
	check(refused("app", EINVAL, passwd), "null bytes in name and number");
}

/* Lines of 64 kB, files of 1 MB. */
static void large(void)
{
	static char text[2 << 20];
	size_t n = 0;

	while (n < 1 << 20) {
		n += (size_t)sprintf(text + n, "user%zu:x:1:1:", n);
		memset(text + n, 'c', 65536);
		n += 65536;
		n += (size_t)sprintf(text + n, ":/home/%zu:/bin/sh\n", n);
	}
	n += (size_t)sprintf(text + n, "app:x:5:6::/h:\n");
	fill(fds[0], text, n);
	n = (size_t)sprintf(text, "big:x:70:");
	while (n < 1 << 20)
		n += (size_t)sprintf(text + n, "member%zu,", n);
	n += (size_t)sprintf(text + n, "app\nlast:x:71:app\n");
	fill(fds[1], text, n);
	check(find("app") == 0 && is(5, 6, 2, "/h"), "large files");
	check(find("app:last") == 0 && is(5, 71, 0, "/h"), "group behind a long line");
	n = 0;
	for (int i = 0; i < 1025; i++)
		n += (size_t)sprintf(text + n, "g%d:x:%d:app,app\n", i, i);
	fill(fds[1], text, n);
	check(refused("app", E2BIG, group), "1025 groups");
}

static void other_files(void)
{
	char dir[] = "/tmp/cinit-user-XXXXXX", fifo[64];
	struct user_files others = {"/nonexistent", "/nonexistent"};

	set_passwd("app:x:5:6::/h:\n");
	check(user_find(&u, "app", &others, why) == -ENOENT, "no passwd");
	check(user_find(&u, "5", &others, why) == 0 && is(5, getgid(), 0, "/"),
	      "number needs none");
	others.passwd = passwd;
	check(user_find(&u, "app", &others, why) == 0 && is(5, 6, 0, "/h"), "no group file");
	check(user_find(&u, "app:web", &others, why) == -ENOENT, "a group needs it");
	others.passwd = "/";
	check(user_find(&u, "5", &others, why) == -EISDIR, "directory");
	others.passwd = "/dev/zero";
	check(user_find(&u, "app", &others, why) == -EFBIG, "endless device");
	if (!mkdtemp(dir))
		abort();
	snprintf(fifo, sizeof fifo, "%s/fifo", dir);
	mkfifo(fifo, 0600);
	others.passwd = fifo;
	check(user_find(&u, "app", &others, why) == -ESRCH, "FIFO");
	unlink(fifo);
	rmdir(dir);
}

int main(void)
{
	for (int i = 0; i < 2; i++) {
		fds[i] = memfd_create("file", MFD_CLOEXEC);
		snprintf(i ? group : passwd, sizeof passwd, "/proc/self/fd/%d", fds[i]);
	}
	all_forms();
	unknown();
	malformed();
	null_bytes();
	large();
	other_files();
	fprintf(stderr, "# user: %d checks passed, %d failed\n", passed, failed);
	return failed != 0;
}
