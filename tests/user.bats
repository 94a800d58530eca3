load helper

# bats' own directories are closed to other users.
setup() {
	((EUID == 0)) || skip 'needs root'
	dir=$(mktemp -d /tmp/cinit-user.XXXXXX)
	chmod 755 "$dir"
	# Where other users may execute them, wherever this tree lies.
	cp "$tests"/payloads/bin/* "$dir"
	PATH=$tests/peers:$dir:$PATH
	cd "$dir"
	printf '%s\n' root:x:0:0:root:/root:/bin/sh app:x:1000:1001:App:/home/app:/bin/sh \
		lone:x:1002:1002::/home/lone:/bin/sh 55:x:66:66::/digits: >passwd
	printf '%s\n' root:x:0: web:x:50:app,root log:x:51:root,app own:x:1001: 77:x:88: >group
}

teardown() {
	forget
	rm -rf "$dir"
}

# with_users COMMAND…: COMMAND sees our passwd and group.
with_users() {
	unshare --mount sh -ec 'mount --bind passwd /etc/passwd
		mount --bind group /etc/group
		exec "$@"' - "$@"
}

# identity COMMAND…: what a payload of `COMMAND… sh -c` is, in one line.
identity() {
	run with_users "$@" sh -c 'grep -E "^(Uid|Gid|Groups):" /proc/self/status; echo "$HOME"'
	# Blanks and the order of groups are of no meaning.
	echo "$status $(tr '\n\t' '  ' <<<"$output" | tr -s ' ')"
}

@test "--user: uid, gid, groups and HOME are those that gosu gives" {
	local wish mine
	for wish in app root lone 1000 app: app:web app:51 1000:web 1000:7 2000 2000:3000 lone:root :web 55 app:77; do
		mine=$(identity launch -s -- "$CINIT" --user="$wish")
		assert_equal "$wish: $mine" "$wish: $(identity gosu "$wish")"
		[[ $mine == 0\ * ]] || fail "$wish: $mine"
		assert_equal "$wish: $(identity launch -p -- "$CINIT" -u "$wish")" "$wish: $mine"
	done
}

@test "--user: ids are those of setpriv --init-groups" {
	run with_users setpriv --reuid=app --regid=own --init-groups sh -c 'id -u; id -g; id -G | tr " " "\n" | sort'
	local theirs=$output
	run with_users "$CINIT" --user=app sh -c 'id -u; id -g; id -G | tr " " "\n" | sort'
	assert_equal "$output" "$theirs"
}

@test "--user: HOME is replaced, or added where it is missing; USER, LOGNAME and SHELL stay" {
	HOME=/before USER=u LOGNAME=l SHELL=/s run with_users "$CINIT" --user=app env
	assert_line HOME=/home/app
	refute_line HOME=/before
	assert_line USER=u
	assert_line LOGNAME=l
	assert_line SHELL=/s
	run with_users env -i A=1 B=2 "$CINIT" --user=app /usr/bin/env
	assert_output $'A=1\nB=2\nHOME=/home/app'
	run with_users env -i CINIT_OPTIONS=-uapp "$CINIT" /usr/bin/env
	assert_output HOME=/home/app
}

@test "--user: an unknown user or group is 125 and a line, and nothing is started" {
	local mode wish
	for mode in "${modes[@]}"; do
		for wish in nosuch ap 4294967295 4294967296 18446744073709551616 -1; do
			run "$mode" --user="$wish" echo started
			assert_refused "'$wish' in /etc/passwd: no such entry"
		done
		run "$mode" --user=root:nosuch echo started
		assert_refused "'nosuch' in /etc/group: no such entry"
	done
}

@test "--user: a failure is an event" {
	run cinit --status-fd=2 --user=nosuch echo started
	told
	assert_line --regexp '^exec_failed step=user errno=ESRCH '
}

@test "--user: without a name is 125" {
	run cinit --user= true
	assert_refused 'takes USER'
	run cinit --user=: true
	assert_refused 'takes USER'
}

@test "--user: a malformed entry is 125, malformed others do not matter" {
	echo 'bad:x::0::/:' >passwd
	echo 'app:x:1:2::/h:' >>passwd
	run with_users "$CINIT" --user=bad echo started
	assert_refused "'bad' in /etc/passwd: its line is malformed"
	run with_users "$CINIT" --user=app id -u
	assert_output 1
}

@test "--user: a FIFO in the place of passwd does not hang" {
	rm passwd
	mkfifo passwd
	run timeout "$AWAIT_SECONDS" unshare --mount sh -ec 'mount --bind passwd /etc/passwd; exec "$@"' - "$CINIT" --user=app true
	assert_refused 'no such entry'
}

@test "--user: a user without the right to change is 125 and a remedy" {
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$CINIT" --user=root echo started
	assert_refused 'setgroups: EPERM, needs CAP_SETGID, and setgroups allowed in the user namespace$'
	run setpriv --bounding-set=-setuid --inh-caps=-setuid "$CINIT" --user=65534 echo started
	assert_refused 'setuid: EPERM, needs CAP_SETUID$'
}

@test "--user: an id that the user namespace does not map is 125 and a cause" {
	run unshare --user --map-root-user sh -c 'exec "$@"' - "$CINIT" --user=65000 echo started
	assert_status 125
	refute_line started
}

@test "--user: a change that fails, or that only seems to succeed, is 125" {
	local fault
	for fault in setgroups:error=EINVAL setresgid:error=EAGAIN setresuid:error=EAGAIN \
		setresgid:retval=0 setresuid:retval=0; do
		run strace -f -o trace -e inject=$fault "$CINIT" --user=65534:65534 echo started
		assert_status 125
		refute_line started
		assert_output --partial "${fault/:*/}" || assert_output --regexp 'set[gu]id: '
	done
}

@test "--user: the directory and the files are opened as the user" {
	mkdir -m 700 closed
	mkdir -m 777 open
	run cinit -u 65534 -C closed echo started
	assert_refused "chdir 'closed': EACCES"
	run cinit -u 65534 --stdout=closed/out echo started
	assert_refused "open 'closed/out': EACCES"
	run cinit -u 65534 -C open --stdout=out sh -c 'echo text; echo more >>out'
	assert_success
	assert_equal "$(<open/out)" $'text\nmore'
	assert_equal "$(stat -c %u open/out)" 65534
}

@test "--user: the payload may open the pipes on its fds 0 to 2 again" {
	local as
	for as in -p -s; do
		run bash -c '"$@" 2>&1 | cat' - launch "$as" -- \
			"$CINIT" -u 65534 sh -c 'echo out >/dev/stdout; echo err >/dev/stderr'
		assert_output $'out\nerr'
	done
}

@test "--user: a file on fds 0 to 2 is not given to the user" {
	echo >file
	"$CINIT" -u 65534 true <file >>file 2>/dev/null
	assert_equal "$(stat -c %u file /dev/null)" $'0\n0'
}

@test "--user: a container's terminal on fds 0 to 2 becomes the user's, that of a session outside not" {
	local init
	for init in "$CINIT" "$CINIT -N" "unshare --pid --fork --mount-proc $CINIT"; do
		# shellcheck disable=SC2086
		run tty_pty $init -u 65534 sh -c 'stat -L -c %u /dev/stdin /dev/stdout; echo out >/dev/tty'
		assert_output $'0\n0\nout'
	done
	run tty_pty unshare --pid --fork --mount-proc setsid -c "$CINIT" -u 65534 sh -c 'stat -L -c %u /dev/stdin; echo out >/dev/tty'
	assert_output $'65534\nout'
}

# A pidfd stands for the devices that cannot seek, which not every machine has.
@test "--user: what is no file, pipe, socket or terminal is not given to the user" {
	run -0 python3 -SI -c 'import os, sys
os.dup2(os.pidfd_open(os.getpid()), 0)
os.execvp(sys.argv[1], sys.argv[1:])' strace -f -o trace -e trace=fchown "$CINIT" -u 65534 cat /dev/null
	assert_equal "$(grep -o 'fchown([0-9]' trace)" $'fchown(1\nfchown(2'
}

@test "--user: at a terminal the payload's group gets the foreground" {
	run tty_pty "$CINIT" -g -u 65534 sh -c 'ps -o pgid=,tpgid= -p $$'
	read -r group foreground <<<"$output"
	assert_equal "$group" "$foreground"
}

@test "--user: --stdin=FILE leaves the payload its controlling terminal" {
	echo text >file
	run tty_pty setsid -w -c "$CINIT" -S -u 65534 --stdin=file --stdout=/dev/tty cat
	assert_output text
}

@test "--user: cinit keeps its rights, and its signals reach the payload" {
	local start
	for start in "${starts[@]}"; do
		"$start" -u 65534 sig_disposition default 15
		await '^ready'
		outside TERM
		ended_by 15
	done
}

@test "--user: leftovers of the user get the grace plan" {
	start_cinit --status-fd=2 --grace=TERM:1m,KILL -u 65534 sh -c 'end_daemon -c; exit 7'
	await_end
	assert_status 7
	assert_line 'cleaned up'
}

@test "--user: the payload dies with cinit" {
	with=(-k)
	start_cinit -u 65534 sh -c 'echo pid $$; exec sleep 30'
	await '^pid ([0-9]+)$'
	local payload=${BASH_REMATCH[1]}
	outside KILL
	eventually gone "$payload"
}

@test "--user: a failed exec is explained from where the user stands" {
	printf '#!/bin/sh\n' >prog
	chmod 700 prog
	run cinit -u 65534 ./prog
	assert_status 126
	assert_line --regexp "^cinit: unable to run './prog': .*permission"
	mkdir -m 700 closed
	cp prog closed
	run cinit -u 65534 closed/prog
	assert_status 126
	assert_line --partial "'closed'"
}

@test "-C: a text without #! is run by /bin/sh, in a relative directory, as a user" {
	mkdir sub
	echo 'pwd; id -u' >sub/text
	chmod 755 sub sub/text
	run cinit -u 65534 -C sub ./text
	assert_output "$dir/sub"$'\n65534'
	run cinit -C sub ./text
	assert_output "$dir/sub"$'\n0'
}

@test "without --user the groups and ids stay as they are, and no call is about them" {
	run strace -f -o trace setpriv --groups=5,6 "$CINIT" "$(type -P id)" -G
	assert_output '0 5 6'
	sed -n '/execve("[^"]*cinit[^"/]*"/,/execve("[^"]*\/id"/p' trace >calls
	grep -q 'clone' calls
	run -1 grep -E 'get[ug]id|setgroups|setres[ug]id|chown|passwd|mounts|cgroup' calls
}
