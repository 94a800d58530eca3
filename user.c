#include "user.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "format.h"
#include "stream.h"
#include "sys.h"

/* Bytes of a user's or group's name; useradd(8) allows 256 at most. */
#define NAME_SIZE 257

#ifdef SYS_getuid32
#define SYS_GETUID SYS_getuid32
#define SYS_GETGID SYS_getgid32
#else
#define SYS_GETUID SYS_getuid
#define SYS_GETGID SYS_getgid
#endif

/* The entry that is looked for: by its number, or by its name if that is negative. */
struct wanted {
	const char *name;
	long long id;
};

/* -1 if the text is no number of a user or group. */
static long long id_of(const char *text)
{
	long long id = number_at(&text, ID_MAX);

	return *text ? -1 : id;
}

static struct wanted wanted(const char *text)
{
	return (struct wanted){text, id_of(text)};
}

static bool is_meant(const struct wanted *w, const char *name, long long id)
{
	return w->id >= 0 ? id == w->id && *name : strcmp(name, w->name) == 0;
}

/* ---- passwd ---- */

/* Fills in the user from his entry "name:password:uid:gid:comment:home:shell", and his name. */
static int find_in_passwd(struct user *u, const struct wanted *w, const char *file,
			  char name[static NAME_SIZE])
{
	static RARE struct stream s;
	char uid[DEC_SIZE], gid[DEC_SIZE];
	int err = stream_open(&s, file);
	bool found = false;

	if (err < 0)
		return err;
	while (!found && stream_line(&s)) {
		stream_field(&s, ':', name, NAME_SIZE);
		stream_field(&s, ':', NULL, 0);
		stream_field(&s, ':', uid, sizeof uid);
		stream_field(&s, ':', gid, sizeof gid);
		found = is_meant(w, name, id_of(uid));
	}
	if (found) {
		long long ids[] = {id_of(uid), id_of(gid)};
		char *home = u->home + strlen("HOME=");
		stream_field(&s, ':', NULL, 0);
		stream_field(&s, ':', home, PATH_MAX);
		if (!*home)
			memcpy(home, "/", 2);
		u->uid = (unsigned)ids[0];
		u->gid = (unsigned)ids[1];
		err = ids[0] < 0 || ids[1] < 0 ? -EINVAL : 0;
	}
	stream_close(&s);
	return s.err < 0 ? s.err : found ? err : -ESRCH;
}

/* ---- group ---- */

/* Goes to the next entry "name:password:gid:member,member..."; gid is -1 for a bad one. False after
 * the last. */
static bool next_group(struct stream *s, char name[static NAME_SIZE], long long *gid)
{
	char number[DEC_SIZE];

	if (!stream_line(s))
		return false;
	stream_field(s, ':', name, NAME_SIZE);
	stream_field(s, ':', NULL, 0);
	stream_field(s, ':', number, sizeof number);
	*gid = id_of(number);
	return true;
}

static int find_in_group(struct user *u, const struct wanted *w, const char *file)
{
	static RARE struct stream s;
	char name[NAME_SIZE];
	long long gid = -1;
	int err = stream_open(&s, file);
	bool found = false;

	if (err < 0)
		return err;
	while (!found && next_group(&s, name, &gid))
		found = is_meant(w, name, gid);
	u->gid = (unsigned)gid;
	stream_close(&s);
	return s.err < 0 ? s.err : !found ? -ESRCH : gid < 0 ? -EINVAL : 0;
}

/* The groups that have the user among their members. */
static int find_memberships(struct user *u, const char *user, const char *file)
{
	static RARE struct stream s;
	char name[NAME_SIZE];
	long long gid;
	int err = stream_open(&s, file);

	if (err < 0)
		return err == -ENOENT ? 0 : err;
	while (err == 0 && next_group(&s, name, &gid))
		while (gid >= 0 && stream_field(&s, ',', name, sizeof name)) {
			if (strcmp(name, user) != 0)
				continue;
			if (u->count == USER_GROUPS_MAX)
				err = -E2BIG;
			else
				u->groups[u->count++] = (unsigned)gid;
			break;
		}
	stream_close(&s);
	return err < 0 ? err : s.err;
}

/* ---- both ---- */

static int fail(char *why, const char *wish, const char *name, const char *file, int err)
{
	const char *reason = err == -ESRCH    ? "no such entry"
			     : err == -EINVAL ? "its line is malformed"
			     : err == -E2BIG  ? "in more than 1024 groups"
					      : errno_name(-err);

	format(why, USER_WHY_SIZE, "--user='%s': unable to find '%s' in %s: %s", wish, name, file,
	       reason);
	return err;
}

int user_find(struct user *u, const char *wish, const struct user_files *files,
	      char why[static USER_WHY_SIZE])
{
	const char *colon = strchr(wish, ':');
	const char *group = colon && colon[1] ? colon + 1 : NULL;
	size_t length = colon ? (size_t)(colon - wish) : strlen(wish);
	char user[NAME_SIZE], name[NAME_SIZE];
	struct wanted w;
	int err;

	if (length >= sizeof user)
		return fail(why, wish, wish, files->passwd, -ESRCH);
	memcpy(user, wish, length);
	user[length] = 0;
	if (length == 0)
		format(user, sizeof user, "%u", (unsigned)sys(SYS_GETUID));
	w = wanted(user);
	memcpy(u->home, "HOME=/", sizeof "HOME=/");
	u->uid = (unsigned)w.id;
	u->gid = (unsigned)sys(SYS_GETGID);
	u->count = 0;
	err = find_in_passwd(u, &w, files->passwd, name);
	if (err < 0 && (w.id < 0 || (err != -ESRCH && err != -ENOENT)))
		return fail(why, wish, user, files->passwd, err);
	if (!group) {
		err = err == 0 ? find_memberships(u, name, files->group) : 0;
		return err < 0 ? fail(why, wish, name, files->group, err) : 0;
	}
	w = wanted(group);
	u->gid = (unsigned)w.id;
	err = w.id < 0 ? find_in_group(u, &w, files->group) : 0;
	return err < 0 ? fail(why, wish, group, files->group, err) : 0;
}
