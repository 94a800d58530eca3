/* Users and groups by the files of passwd(5) and group(5), without the C library's NSS. */
#ifndef USER_H
#define USER_H

#include <limits.h>

/* Numbers are below this: (uid_t)-1 means "unchanged" to the kernel. */
#define ID_MAX 0xffffffffll

#define USER_GROUPS_MAX 1024

/* What a process needs to be a user's. */
struct user {
	unsigned uid, gid;
	unsigned count; /* of supplementary groups */
	unsigned groups[USER_GROUPS_MAX];
	char home[sizeof "HOME=" + PATH_MAX]; /* the environment variable */
};

/* Files to look in. */
struct user_files {
	const char *passwd, *group;
};

/* The longest message. */
enum { USER_WHY_SIZE = 1024 };

/* Finds "USER", "USER:" (the same), "USER:GROUP" and ":GROUP" (with our own uid). Text of digits
 * below ID_MAX is a number, any other a name.
 *
 * 1. uid: the number, or that of USER's entry in passwd.
 * 2. gid: GROUP's; without GROUP that of USER's entry; for a number without an entry our own, as
 *    with gosu and container engines.
 * 3. Supplementary groups: without GROUP those of which the entry's name is a member; with GROUP
 *    none.
 * 4. Home: the entry's, "/" without one.
 *
 * The first entry that fits counts. Lines that cannot be read are passed over; the entry that is
 * meant must have valid numbers. A number needs no passwd, and nobody needs a group file but a
 * GROUP by name.
 *
 * Returns 0, or -errno with a line in why: -ESRCH for no such entry, -EINVAL for a malformed one,
 * -E2BIG for too many groups, others from opening and reading the files. */
int user_find(struct user *u, const char *wish, const struct user_files *files,
	      char why[static USER_WHY_SIZE]);

#endif
