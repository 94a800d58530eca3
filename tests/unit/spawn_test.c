/* spawn(): each file action with the error pipe on every fd in question, each failing step, and
 * what the child gets. Runs itself as the program that is spawned, which reports its fds. */
#include "../../spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FDS 8 /* that the pipe may lie on and that actions name; all others are above */
enum { REPORT_TO = 20, NULL_FD, OTHER_FD, REPORT_FROM, LOG };

/* Not by its pathname, whose directories another user may not be allowed to search. */
static const char self[] = "/proc/self/exe";
static int passed, failed;
static struct inherited inherited;
static ino_t null_inode, other_inode; /* of /dev/null and of /, which OTHER_FD leads to */

/* What the spawned program finds; the inode of a closed fd is 0. */
struct seen {
	ino_t inode[FDS];
	ino_t cwd;
	pid_t pid, group, session;
	int parent_death; /* its signal */
	uid_t uid;
	gid_t gid;
	int groups;
	bool others_open;
};

static int reporter(void)
{
	struct seen seen = {
		.pid = getpid(),
		.group = getpgrp(),
		.session = getsid(0),
		.uid = getuid(),
		.gid = getgid(),
		.groups = getgroups(0, NULL),
	};
	struct stat st;

	for (int fd = 0; fd < FDS; fd++)
		seen.inode[fd] = fstat(fd, &st) == 0 ? st.st_ino : 0;
	for (int fd = FDS; fd < 64; fd++)
		seen.others_open |= fd != REPORT_TO && fcntl(fd, F_GETFD) >= 0;
	seen.cwd = stat(".", &st) == 0 ? st.st_ino : 0;
	prctl(PR_GET_PDEATHSIG, &seen.parent_death);
	return write(REPORT_TO, &seen, sizeof seen) == sizeof seen ? 0 : 1;
}

static void check(bool ok, const char *what, int reader, int writer, int fd)
{
	passed += ok;
	failed += !ok;
	if (!ok)
		dprintf(LOG, "# %s: pipe on %d and %d, fd %d\n", what, reader, writer, fd);
}

/* Opens /dev/null on all fds below FDS but two: those are what pipe2 will give. */
static void leave_free(int reader, int writer)
{
	for (int fd = 0; fd < FDS; fd++)
		if (fd == reader || fd == writer)
			close(fd);
		else
			dup2(NULL_FD, fd);
}

static int spawn_reporter(const struct spawn_action *action, size_t count, struct seen *seen,
			  struct spawned *out)
{
	int result = spawn(&(struct spawn){.argv = (char *[]){(char *)self, (char *)"report", NULL},
					   .envp = environ,
					   .actions = action,
					   .count = count,
					   .signals = &inherited,
					   .deadline = NEVER},
			   out);

	*seen = (struct seen){0};
	if (result == 0) {
		if (read(REPORT_FROM, seen, sizeof *seen) != sizeof *seen)
			abort();
		waitpid(out->pid, NULL, 0);
	}
	return result;
}

/* Does the action with the pipe on those fds, and checks that fd has that inode then and all others
 * are as they were. */
static void try(const char *what, struct spawn_action action, int reader, int writer, ino_t inode)
{
	struct seen seen;
	struct spawned out;

	leave_free(reader, writer);
	bool ok = spawn_reporter(&action, 1, &seen, &out) == 0 && !seen.others_open;
	for (int fd = 0; fd < FDS; fd++) {
		ino_t before = fd == reader || fd == writer ? 0 : null_inode;
		ok = ok && seen.inode[fd] == (fd == action.fd ? inode : before);
	}
	check(ok, what, reader, writer, action.fd);
}

/* Tries an action that must fail with that errno. */
static void try_failure(const char *what, struct spawn_action action, int reader, int writer,
			int err)
{
	struct seen seen;
	struct spawned out;

	leave_free(reader, writer);
	bool ok = spawn_reporter(&action, 1, &seen, &out) < 0;
	check(ok && out.step == action.step && out.err == err, what, reader, writer, action.fd);
	check(waitpid(-1, NULL, 0) < 0 && errno == ECHILD, "no child left", reader, writer, 0);
}

static void actions_with_pipe_on(int reader, int writer)
{
	for (int fd = 0; fd < FDS; fd++) {
		try("close", (struct spawn_action){.step = SPAWN_CLOSE, .fd = fd}, reader, writer,
		    0);
		try("dup2", (struct spawn_action){.step = SPAWN_DUP2, .from = OTHER_FD, .fd = fd},
		    reader, writer, other_inode);
		try("open",
		    (struct spawn_action){
			    .step = SPAWN_OPEN, .path = "/", .fd = fd, .flags = O_RDONLY},
		    reader, writer, other_inode);
		if (fd == reader || fd == writer) {
			try_failure("dup2 from the pipe",
				    (struct spawn_action){.step = SPAWN_DUP2, .from = fd, .fd = 0},
				    reader, writer, EBADF);
			try_failure("dup2 from the pipe onto itself",
				    (struct spawn_action){.step = SPAWN_DUP2, .from = fd, .fd = fd},
				    reader, writer, EBADF);
			try_failure("fchdir to the pipe",
				    (struct spawn_action){.step = SPAWN_FCHDIR, .fd = fd}, reader,
				    writer, EBADF);
		}
	}
}

static void dup2_onto_itself(void)
{
	struct spawn_action action = {.step = SPAWN_DUP2, .from = 2, .fd = 2};
	struct seen seen;
	struct spawned out;

	leave_free(FDS, FDS);
	fcntl(2, F_SETFD, FD_CLOEXEC);
	spawn_reporter(&action, 0, &seen, &out);
	check(seen.inode[2] == 0, "close-on-exec", -1, -1, 2);
	spawn_reporter(&action, 1, &seen, &out);
	check(seen.inode[2] == null_inode, "dup2 onto itself clears close-on-exec", -1, -1, 2);
}

/* What the kernel would give for a plain open(2) without the pipe in the way. */
static void open_finds_lowest_free(int reader, int writer)
{
	struct spawn_action two[] = {
		{.step = SPAWN_OPEN, .path = "/", .fd = reader, .flags = O_RDONLY},
		{.step = SPAWN_OPEN, .path = "/", .fd = writer, .flags = O_RDONLY},
	};
	struct seen seen;
	struct spawned out;

	leave_free(reader, writer);
	bool ok = spawn_reporter(two, 2, &seen, &out) == 0;
	check(ok && seen.inode[reader] == other_inode && seen.inode[writer] == other_inode &&
		      !seen.others_open,
	      "two opens", reader, writer, -1);
}

/* The writer's fd is the lowest free one for the second open, so the pipe has left it. */
static void pipe_makes_way(int reader, int writer)
{
	char path[32];
	struct spawn_action two[] = {
		{.step = SPAWN_OPEN, .path = "/", .fd = reader, .flags = O_RDONLY},
		{.step = SPAWN_OPEN, .path = path, .fd = writer ? 0 : 1, .flags = O_WRONLY},
	};
	struct seen seen;
	struct spawned out;

	leave_free(reader, writer);
	snprintf(path, sizeof path, "/proc/self/fd/%d", writer);
	check(spawn_reporter(two, 2, &seen, &out) < 0 && out.step == SPAWN_OPEN &&
		      out.action == 1 && out.err == ENOENT,
	      "an open by the pipe's number", reader, writer, two[1].fd);
}

static void other_actions(void)
{
	struct seen seen;
	struct spawned out;

	leave_free(FDS, FDS);
	spawn_reporter(&(struct spawn_action){.step = SPAWN_CHDIR, .path = "/"}, 1, &seen, &out);
	check(seen.cwd == other_inode, "chdir", -1, -1, -1);
	spawn_reporter(&(struct spawn_action){.step = SPAWN_FCHDIR, .fd = OTHER_FD}, 1, &seen,
		       &out);
	check(seen.cwd == other_inode, "fchdir", -1, -1, -1);
	spawn_reporter(&(struct spawn_action){.step = SPAWN_SETPGID}, 1, &seen, &out);
	check(seen.group == seen.pid && seen.session != seen.pid, "setpgid", -1, -1, -1);
	spawn_reporter(&(struct spawn_action){.step = SPAWN_SETSID}, 1, &seen, &out);
	check(seen.group == seen.pid && seen.session == seen.pid, "setsid", -1, -1, -1);
	check(seen.parent_death == 0, "outlives its parent", -1, -1, -1);
	spawn_reporter(&(struct spawn_action){.step = SPAWN_PARENT_DEATH}, 1, &seen, &out);
	check(seen.parent_death == SIGKILL, "dies with its parent", -1, -1, -1);
	/* There is no terminal to be had, which is no failure. */
	struct spawn_action refused[] = {{.step = SPAWN_TERMINAL, .fd = 60},
					 {.step = SPAWN_FOREGROUND, .fd = 60}};
	check(spawn_reporter(refused, 2, &seen, &out) == 0, "refused terminal", -1, -1, -1);
	try_failure("chdir fails", (struct spawn_action){.step = SPAWN_CHDIR, .path = "/none"}, FDS,
		    FDS, ENOENT);
	try_failure("open fails",
		    (struct spawn_action){.step = SPAWN_OPEN, .path = "/none", .fd = 3}, FDS, FDS,
		    ENOENT);
	try_failure("dup2 fails", (struct spawn_action){.step = SPAWN_DUP2, .from = 60, .fd = 3},
		    FDS, FDS, EBADF);
}

/* What the kernel refuses is told; what it allows is done before the exec, in the child alone. */
static void users_and_files(void)
{
	static const unsigned groups[] = {5, 6};
	char path[] = "/tmp/cinit-spawn-XXXXXX", text[8] = "";
	int dir = open("/tmp", O_PATH | O_CLOEXEC), fd = mkostemp(path, O_CLOEXEC);
	struct spawn_action write_it = {
		.step = SPAWN_WRITE, .fd = dir, .path = path + 5, .text = "text"};
	struct spawn_action ids[] = {
		{.step = SPAWN_SETGROUPS, .from = 2, .groups = groups},
		{.step = SPAWN_SETGID, .id = 7},
		{.step = SPAWN_SETUID, .id = 8},
		{.step = SPAWN_SETUID, .id = 0},
	};
	struct seen seen;
	struct spawned out;

	leave_free(FDS, FDS);
	check(spawn_reporter(&write_it, 1, &seen, &out) == 0 && pread(fd, text, 7, 0) == 4 &&
		      strcmp(text, "text") == 0 && !seen.others_open,
	      "write", -1, -1, -1);
	unlink(path);
	try_failure("write fails", write_it, FDS, FDS, ENOENT);
	check(spawn_reporter(&(struct spawn_action){.step = SPAWN_CHOWN, .fd = 60, .id = 8}, 1,
			     &seen, &out) == 0,
	      "refused chown", -1, -1, -1);
	if (geteuid() == 0) {
		check(spawn_reporter(ids, 3, &seen, &out) == 0 && seen.uid == 8 && seen.gid == 7 &&
			      seen.groups == 2 && geteuid() == 0,
		      "change of user", -1, -1, -1);
		check(spawn_reporter(ids, 4, &seen, &out) < 0 && out.step == SPAWN_SETUID &&
			      out.action == 3 && out.err == EPERM,
		      "no way back", -1, -1, -1);
	}
	try_failure("setgid fails", (struct spawn_action){.step = SPAWN_SETGID, .id = -1u}, FDS,
		    FDS, EPERM);
	close(fd);
	close(dir);
}

/* Where no fd is left the pipe cannot be made; where one is left it cannot be moved. */
static void out_of_fds(void)
{
	struct rlimit before, limit;
	struct seen seen;
	struct spawned out;
	struct spawn_action action = {.step = SPAWN_CLOSE, .fd = FDS - 1};

	getrlimit(RLIMIT_NOFILE, &before);
	limit = before;
	limit.rlim_cur = FDS;
	leave_free(FDS - 1, FDS - 1);
	setrlimit(RLIMIT_NOFILE, &limit);
	int result = spawn_reporter(&action, 1, &seen, &out);
	check(result < 0 && out.step == SPAWN_PIPE && out.err == EMFILE, "no pipe", -1, -1, -1);
	setrlimit(RLIMIT_NOFILE, &before);
	leave_free(FDS - 2, FDS - 1);
	setrlimit(RLIMIT_NOFILE, &limit);
	/* The reader's fd is free again in the child, so the pipe moves there: no failure. */
	result = spawn(&(struct spawn){.argv = (char *[]){(char *)"/none", NULL},
				       .envp = environ,
				       .actions = &action,
				       .count = 1,
				       .signals = &inherited,
				       .deadline = NEVER},
		       &out);
	check(result < 0 && out.step == SPAWN_EXEC && out.err == ENOENT, "pipe moves", -1, -1, -1);
	struct spawn_action open_last = {.step = SPAWN_OPEN, .path = "/", .fd = FDS - 1};
	result = spawn_reporter(&open_last, 1, &seen, &out);
	check(result < 0 && out.step == SPAWN_PIPE && out.err == EMFILE, "pipe cannot move", -1, -1,
	      -1);
	setrlimit(RLIMIT_NOFILE, &before);
}

/* ---- refused by a filter ---- */

enum { PATIENCE = 10 }; /* seconds */

/* From now on that call is refused, for us and all below us. musl's headers know no filters: see
 * linux/filter.h, linux/seccomp.h. */
static bool refuse(unsigned number)
{
	enum { LOAD = 0x20, JUMP_IF_EQUAL = 0x15, RETURN = 0x06, FILTER = 2 };
	enum { ANSWER_ERRNO = 0x50000, ALLOW = 0x7fff0000 };
	struct instruction {
		uint16_t code;
		uint8_t if_true, if_false;
		uint32_t k;
	} code[] = {
		{LOAD, 0, 0, 0}, /* the number of the call */
		{JUMP_IF_EQUAL, 0, 1, number},
		{RETURN, 0, 0, ANSWER_ERRNO | EPERM},
		{RETURN, 0, 0, ALLOW},
	};
	struct {
		unsigned short length;
		struct instruction *code;
	} filter = {sizeof code / sizeof *code, code};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, FILTER, &filter) == 0;
}

/* The action (NULL: none), then an exec of path, in a process that may not make that call. */
static void try_refused(const char *what, unsigned number, const char *path, bool apart,
			const struct spawn_action *action, struct spawned wanted)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct spawned out;
		sigset_t all;
		sigemptyset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		alarm(PATIENCE); /* ends us where spawn() hangs */
		if (!refuse(number))
			_exit(2);
		int result = spawn(
			&(struct spawn){.argv = (char *[]){(char *)path, (char *)"report", NULL},
					.envp = environ,
					.actions = action,
					.count = action != NULL,
					.apart = apart,
					.signals = &inherited,
					.deadline = NEVER},
			&out);
		_exit(result != -wanted.err || out.err != wanted.err ||
		      (wanted.err && out.step != wanted.step) || out.outlives != wanted.outlives);
	}
	check(waitpid(pid, &status, 0) == pid && status == 0, what, apart, -1, -1);
}

static void refused_by_filter(void)
{
	struct spawn_action parent_death = {.step = SPAWN_PARENT_DEATH};
	struct spawned good = {0}, missing = {.step = SPAWN_EXEC, .err = ENOENT};

	leave_free(FDS, FDS);
	for (int apart = 0; apart < 2; apart++) {
		try_refused("refused close", SYS_close, self, apart, NULL, good);
		try_refused("refused close, no file", SYS_close, "/none", apart, NULL, missing);
		try_refused("refused write", SYS_write, "/none", apart, NULL, missing);
		try_refused("refused prctl", SYS_prctl, self, apart, &parent_death,
			    (struct spawned){.outlives = -EPERM});
		try_refused("watched", SYS_fchdir, self, apart, &parent_death, good);
	}
}

/* A start that waits, here for the writer of a FIFO, is ended when the time is up. */
static void too_long(void)
{
	char dir[] = "/tmp/cinit-spawn-XXXXXX", fifo[sizeof dir + 5];
	struct spawn_action action = {.step = SPAWN_OPEN, .path = fifo, .fd = 0};
	struct spawned out;
	int status = 0;

	if (!mkdtemp(dir))
		abort();
	snprintf(fifo, sizeof fifo, "%s/fifo", dir);
	mkfifo(fifo, 0600);
	leave_free(FDS, FDS);
	int result = spawn(&(struct spawn){.argv = (char *[]){(char *)self, (char *)"report", NULL},
					   .envp = environ,
					   .actions = &action,
					   .count = 1,
					   .signals = &inherited,
					   .deadline = deadline_in(0)},
			   &out);
	check(result == 0 && out.killed && waitpid(out.pid, &status, 0) == out.pid &&
		      WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
	      "too long", -1, -1, -1);
	unlink(fifo);
	rmdir(dir);
}

static void prepare(void)
{
	int pipe_fds[2];
	struct stat st;

	fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, LOG);
	if (pipe(pipe_fds) < 0 || dup2(pipe_fds[1], REPORT_TO) < 0 ||
	    dup3(pipe_fds[0], REPORT_FROM, O_CLOEXEC) < 0 ||
	    dup3(open("/dev/null", O_RDWR), NULL_FD, O_CLOEXEC) < 0 ||
	    dup3(open("/", O_RDONLY), OTHER_FD, O_CLOEXEC) < 0)
		abort();
	for (int fd = FDS; fd < REPORT_TO; fd++)
		close(fd);
	null_inode = fstat(NULL_FD, &st) == 0 ? st.st_ino : 0;
	other_inode = fstat(OTHER_FD, &st) == 0 ? st.st_ino : 0;
	signals_capture(&inherited);
}

int main(int argc, char **argv)
{
	if (argc > 1 && argv[1])
		return reporter();
	prepare();
	for (int writer = 1; writer < FDS; writer++)
		for (int reader = 0; reader < writer; reader++) {
			actions_with_pipe_on(reader, writer);
			open_finds_lowest_free(reader, writer);
			pipe_makes_way(reader, writer);
		}
	other_actions();
	users_and_files();
	dup2_onto_itself();
	out_of_fds();
	refused_by_filter();
	too_long();
	dprintf(LOG, "# spawn: %d checks passed, %d failed\n", passed, failed);
	return failed != 0;
}
