#!/usr/bin/env bats
# --user by names, --chdir and the files of the payload, in an image FROM scratch that holds cinit,
# a payload, passwd and group: no shell, no libc, no directory.

load helper.bash

# shellcheck disable=SC2034 # bats reads it
BATS_TEST_NAME_PREFIX='users: '

# who [CODE]: tells whose it is, where it is, and what it reads from a file; ends with CODE.
make_who() {
	musl-gcc -std=c11 -Os -static -s -o who -x c - <<-'END'
		#define _GNU_SOURCE
		#include <errno.h>
		#include <fcntl.h>
		#include <limits.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		#include <unistd.h>

		int main(int argc, char **argv)
		{
			uid_t u[3];
			gid_t g[3], groups[64];
			char dir[PATH_MAX] = "?", text[64] = "";
			int n = getgroups(64, groups);

			getresuid(&u[0], &u[1], &u[2]);
			getresgid(&g[0], &g[1], &g[2]);
			printf("uid %d %d %d\ngid %d %d %d\ngroups", u[0], u[1], u[2], g[0], g[1], g[2]);
			for (int i = 0; i < n; i++)
				printf(" %d", groups[i]);
			printf("\nHOME=%s\ndirectory %s\n", getenv("HOME"), getcwd(dir, sizeof dir));
			printf("/dev/stdout: %s\n", strerror(open("/dev/stdout", O_WRONLY) < 0 ? errno : 0));
			if (lseek(0, 0, SEEK_CUR) == 0 && scanf("%63[^\n]", text) == 1)
				printf("read %s\n", text);
			return argc > 1 ? atoi(argv[1]) : 0;
		}
	END
}

setup_file() {
	mkdir "$BATS_FILE_TMPDIR/context"
	cd "$BATS_FILE_TMPDIR/context"
	make_who
	cp "$CINIT" cinit
	printf '%s\n' root:x:0:0:root:/root:/bin/sh app:x:1000:1001:App:/home/app:/bin/sh >passwd
	printf '%s\n' root:x:0: web:x:50:app,root log:x:51:root,app own:x:1001: >group
	docker build --network none --tag nameless --file - . <<-'END'
		FROM scratch
		COPY cinit who /
		ENTRYPOINT ["/cinit"]
	END
	docker build --network none --tag users --file - . <<-'END'
		FROM nameless
		COPY passwd group /etc/
	END
}

teardown_file() {
	docker image rm users nameless
}

# assert_who UID GID GROUPS HOME [DIRECTORY]: what the payload has told; nothing else was said.
assert_who() {
	assert_output - <<-END
		uid $1 $1 $1
		gid $2 $2 $2
		groups${3:+ $3}
		HOME=$4
		directory ${5:-/}
		/dev/stdout: No error information
	END
}

# identity [OPTION-OF-DOCKER]... IMAGE COMMAND...: as id(1) has it, the own group among the groups.
identity() {
	run -0 docker_run "$@"
	grep -E '^(uid|gid|HOME)' <<<"$output"
	sed -n 's/^g[a-z]* //p' <<<"$output" | tr ' ' '\n' | sort -n -u | paste -s -d ' '
}

assert_refused() { # assert_refused TEXT: one line
	assert_output --regexp "^cinit: [^"$'\n'"]*$1[^"$'\n'"]*$"
}

# shared_dir: a directory of the user app for /dir
shared_dir() {
	mkdir "$BATS_TEST_TMPDIR/dir"
	chown 1000:1001 "$BATS_TEST_TMPDIR/dir"
	shared=(--volume "$BATS_TEST_TMPDIR/dir:/dir")
}

@test "the image holds four files, and no shell" {
	docker save --output "$BATS_TEST_TMPDIR/image.tar" users
	run -0 bash -c 'tar -xOf "$1" --ignore-zeros --wildcards "*/layer.tar" |
		tar -t --ignore-zeros | sort' - "$BATS_TEST_TMPDIR/image.tar"
	assert_output $'cinit\netc/\netc/group\netc/passwd\nwho'
}

@test "-u app: the user's groups, and HOME" {
	run -7 docker_run users -u app /who 7
	assert_who 1000 1001 '50 51' /home/app
}

@test "-u app:web: that group alone" {
	run -0 docker_run users -u app:web /who
	assert_who 1000 50 '' /home/app
}

@test "-u with numbers" {
	run -0 docker_run users -u 1000 /who
	assert_who 1000 1001 '50 51' /home/app
	run -0 docker_run users -u 2000:3000 /who
	assert_who 2000 3000 '' /
	run -0 docker_run users -u app:3000 /who
	assert_who 1000 3000 '' /home/app
}

@test "-u makes what Docker's own --user makes" {
	local user
	for user in app app:web app:51 1000 1000:own root root:web 2000:3000 2000:web; do
		assert_equal "$user: $(identity users --user="$user" /who)" \
			"$user: $(identity --user "$user" --entrypoint /who users)"
	done
}

@test "CINIT_OPTIONS=-uapp" {
	run -0 docker_run --env CINIT_OPTIONS=-uapp users /who
	assert_who 1000 1001 '50 51' /home/app
}

@test "-u app on a terminal: it is the user's" {
	run -0 docker_run --tty users -u app /who </dev/null
	assert_line --partial '/dev/stdout: No error'
}

@test "an unknown user or group is 125 and a line" {
	run -125 docker_run users -u nosuch /who
	assert_refused "'nosuch' in /etc/passwd: no such entry"
	run -125 docker_run users -u app:nosuch /who
	assert_refused "'nosuch' in /etc/group: no such entry"
}

@test "without passwd and group a name is 125 and a line, numbers are enough" {
	run -125 docker_run nameless -u app /who
	assert_refused "'app' in /etc/passwd: ENOENT"
	run -125 docker_run nameless -u 1000:web /who
	assert_refused "'web' in /etc/group: ENOENT"
	run -0 docker_run nameless -u 1000:50 /who
	assert_who 1000 50 '' /
	run -0 docker_run nameless -u 1000 /who
	assert_who 1000 0 '' /
}

@test "-u app needs two capabilities, and no more" {
	run -0 docker_run --cap-drop ALL --cap-add SETUID --cap-add SETGID --cap-add CHOWN --read-only \
		--security-opt no-new-privileges users -u app /who
	assert_who 1000 1001 '50 51' /home/app
	run -125 docker_run --cap-drop ALL users -u app /who
	assert_refused 'needs CAP_SETGID'
	run -125 docker_run --cap-drop ALL --cap-add SETGID users -u app /who
	assert_refused 'needs CAP_SETUID'
}

@test "a payload of another user is stopped by docker stop" {
	ENGINE='docker-entrypoint'
	coproc { docker_run --volume "$WORK/witness:/witness:ro" users -u app /witness; }
	listen
	docker stop "$BOX"
	assert_box_status 42
}

@test "-C /dir" {
	shared_dir
	chmod 700 "$BATS_TEST_TMPDIR/dir"
	run -0 docker_run "${shared[@]}" users -u app -C /dir /who
	assert_who 1000 1001 '50 51' /home/app /dir
	run -125 docker_run "${shared[@]}" users -u 2000 -C /dir /who
	assert_refused "chdir '/dir': EACCES"
	run -125 docker_run users -C /dir /who
	assert_refused "chdir '/dir': ENOENT"
}

@test "--stdout=/file: made, and appended to" {
	run -0 docker run --network none --name "$BOX" users --stdout=/file /who
	assert_output ''
	docker start --attach "$BOX"
	docker cp "$BOX:/file" "$BATS_TEST_TMPDIR"
	docker rm "$BOX"
	assert_equal "$(stat -c '%u %g %a' "$BATS_TEST_TMPDIR/file")" '0 0 644'
	assert_equal "$(grep -c '^uid 0 0 0$' "$BATS_TEST_TMPDIR/file")" 2
}

@test "-u app with -C and files: opened there, as the user" {
	shared_dir
	echo words >"$BATS_TEST_TMPDIR/dir/in"
	run -3 docker_run "${shared[@]}" users -u app -C /dir --stdin=in --stdout=out --stderr=@stdout /who 3
	assert_output ''
	assert_equal "$(stat -c '%u %g %a' "$BATS_TEST_TMPDIR/dir/out")" '1000 1001 644'
	run -0 cat "$BATS_TEST_TMPDIR/dir/out"
	assert_line 'directory /dir'
	assert_line 'read words'
}

@test "-u app --stdout=/file, which only root could make, is 125 and a line" {
	run -125 docker_run users -u app --stdout=/file /who
	assert_refused "open '/file': EACCES"
}

@test "a script in an image without a shell is 126 or 127 and a line" {
	echo 'exit 3' >"$BATS_TEST_TMPDIR/text"
	printf '#!/bin/sh\nexit 3\n' >"$BATS_TEST_TMPDIR/script"
	chmod 755 "$BATS_TEST_TMPDIR"/{text,script}
	run -126 docker_run --volume "$BATS_TEST_TMPDIR/text:/text:ro" users -u app /text
	assert_refused "'/text'"
	run -127 docker_run --volume "$BATS_TEST_TMPDIR/script:/script:ro" users -u app /script
	assert_refused "'/bin/sh'"
}
