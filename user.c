#include "user.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "format.h"
#include "stream.h"
#include "sys.h"

/* Bytes of a user's or group's name; useradd(8) allows 256 at most. */
#define NAME_SIZE 257

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

/* ---- the entries of both files: "name:password:number:..." ---- */

/* One at a time is open. */
static RARE struct stream file;

/* The number is -1 where it is malformed. False after the last entry. */
static bool next_entry(char name[static NAME_SIZE], long long *id)
{
	char number[DEC_SIZE];

	if (!stream_line(&file))
		return false;
	stream_field(&file, ':', name, NAME_SIZE);
	stream_field(&file, ':', NULL, 0);
	stream_field(&file, ':', number, sizeof number);
	*id = id_of(number);
	return true;
}

/* Opens a file and goes to the first entry that is meant. */
static int find_entry(const char *path, const struct wanted *w, char name[static NAME_SIZE],
		      unsigned *id)
{
	int err = stream_open(&file, path);
	long long n = -1;
	bool found = false;

	if (err < 0)
		return err;
	while (!found && next_entry(name, &n))
		found = is_meant(w, name, n);
	*id = (unsigned)n;
	return file.err < 0 ? file.err : !found ? -ESRCH : n < 0 ? -EINVAL : 0;
}

/* What follows in passwd: "gid:comment:home:shell". */
static int read_user(struct user *u)
{
	char number[DEC_SIZE];
	char *home = u->home + sizeof "HOME=" - 1;
	long long gid;

	stream_field(&file, ':', number, sizeof number);
	stream_field(&file, ':', NULL, 0);
	stream_field(&file, ':', home, PATH_MAX);
	if (!*home)
		memcpy(home, "/", 2);
	gid = id_of(number);
	u->gid = (unsigned)gid;
	return file.err < 0 ? file.err : gid < 0 ? -EINVAL : 0;
}

/* What follows in group: "member,member...". */
static bool has_member(const char *user)
{
	char name[NAME_SIZE];

	while (stream_field(&file, ',', name, sizeof name))
		if (strcmp(name, user) == 0)
			return true;
	return false;
}

/* The groups that have the user among their members. */
static int find_memberships(struct user *u, const char *user, const char *path)
{
	char name[NAME_SIZE];
	long long gid;
	int err = stream_open(&file, path);

	if (err < 0)
		return err == -ENOENT ? 0 : err;
	while (next_entry(name, &gid)) {
		if (gid < 0 || !has_member(user))
			continue;
		if (u->count == USER_GROUPS_MAX)
			return -E2BIG;
		u->groups[u->count++] = (unsigned)gid;
	}
	return file.err;
}

/* ---- both ---- */

static int fail(char *why, const char *wish, const char *name, const char *path, int err)
{
	const char *reason = err == -ESRCH    ? "no such entry"
			     : err == -EINVAL ? "its line is malformed"
			     : err == -E2BIG  ? "in more than 1024 groups"
					      : errno_name(-err);

	format(why, USER_WHY_SIZE, "--user='%s': unable to find '%s' in %s: %s", wish, name, path,
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
	u->gid = (unsigned)sys(SYS_GETGID);
	u->count = 0;
	err = find_entry(files->passwd, &w, name, &u->uid);
	if (err == 0)
		err = read_user(u);
	stream_close(&file);
	if (err < 0 && (w.id < 0 || (err != -ESRCH && err != -ENOENT)))
		return fail(why, wish, user, files->passwd, err);
	if (w.id >= 0)
		u->uid = (unsigned)w.id;
	if (!group) {
		err = err == 0 ? find_memberships(u, name, files->group) : 0;
		group = name;
	} else {
		w = wanted(group);
		u->gid = (unsigned)w.id;
		err = w.id < 0 ? find_entry(files->group, &w, name, &u->gid) : 0;
	}
	stream_close(&file);
	return err < 0 ? fail(why, wish, group, files->group, err) : 0;
}
