load helper

# -N: cinit as PID 1 of a PID namespace that it makes itself. $init is the outer process.

inner() {
	payload_pid
}

@test "-N: the command runs in a PID namespace of its own, with its own /proc" {
	run -0 cinit -N sh -c 'echo $$; ls -d /proc/[0-9]*'
	assert_line 2
	assert_line /proc/1
	refute_line "/proc/$BASHPID"
}

@test "-N: whoever may not make PID namespaces makes a user namespace as well, and is there who he is" {
	local user=()
	((EUID != 0)) || user=(setpriv --reuid=65534 --regid=65533 --clear-groups)
	run -0 "${user[@]}" "$CINIT" -N sh -c 'echo $$; id -u; id -g'
	if ((EUID == 0)); then
		assert_output $'2\n65534\n65533'
	else
		assert_output "2"$'\n'"$EUID"$'\n'"$(id -g)"
	fi
}

@test "-N: the status is the command's" {
	run -7 cinit -N exitwith 7
	with=(-r)
	run cinit -N sh -c 'kill -TERM $$'
	assert_line 'killed 15'
	run cinit -N sh -c 'exit 143'
	assert_line 'exited 143'
	run -127 cinit -N no-such-command
	assert_output --partial 'not found'
}

@test "-N: --expect, --time-limit and --stop work inside" {
	run -0 cinit -N --expect=3 exitwith 3
	run -124 cinit -N --time-limit=100ms sleep 100
	start_cinit -N --stop=INT:10s,KILL sh -c 'trap "exit 9" INT; echo ready; while :; do sleep 0.01; done'
	await ready
	outside TERM
	await_end
	assert_status 9
}

@test "-N: signals from outside reach the command, real-time ones with their value" {
	start_cinit -N sigreport
	await ready
	outside USR1
	await '^got 10 '
	sig_send queue "$init" 40 -1 0 7
	await '^got 40 .*value 7'
	tell 'exit 42'
	await_end
	assert_status 42
}

# Queued, it would come from inside for the inner process, which drops what the command does not handle.
@test "-N: a stop signal of sigqueue(3) acts like any other" {
	start_cinit -N sig_disposition default 15
	await '^ready$'
	sig_send queue "$init" 15 -1 0 7
	ended_by 15
	start_cinit -N --status-fd=2 --stop-on=USR1 --stop=KILL sleep 1000
	await '"spawned"'
	sig_send queue "$init" 10 -1 0 7
	ended_by 9
}

@test "-N: SIGKILL of cinit takes all along, also what has a session of its own" {
	start_cinit -N sh -c 'setsid sleep 1000 & echo left $!; exec sleep 1000'
	await '^left'
	local all
	mapfile -t all < <(pgrep --nslist pid --ns "$(inner)" sleep)
	((${#all[@]} == 2))
	kill -KILL "$init"
	local pid
	for pid in "${all[@]}"; do
		eventually gone "$pid"
	done
}

@test "-N -p KILL: the death of the parent takes all along" {
	start -- bash -c '"$@" & echo init $!; read -r _' - "$CINIT" -N -p KILL sh -c 'setsid sleep 1000 & exec sleep 1000'
	await '^init ([0-9]+)'
	local outer=${BASH_REMATCH[1]} inner
	eventually pgrep -P "$outer"
	inner=$(pgrep -P "$outer")
	hang_up
	eventually gone "$outer"
	eventually gone "$inner"
}

@test "-N: what the command leaves behind gets the grace plan" {
	run -0 cinit -N sh -c '(trap "echo got TERM; exit" TERM; : >"$0"; while :; do sleep 0.01; done) &
		until [ -e "$0" ]; do sleep 0.01; done' "$BATS_TEST_TMPDIR/ready"
	assert_line 'got TERM'
}

@test "-N: status events come from inside, once" {
	start_cinit -N --status-fd=2 exitwith 5
	await_end
	told
	assert_line --regexp '^hello version=.* pid=1 pid1=true'
	assert_equal "$(grep -c '^hello' <<<"$output")" 1
	assert_line 'done status=5'
}

@test "-N as PID 1 is PID 1 already" {
	run -0 pid1 -N sh -c 'echo $PPID'
	assert_output 1
}

@test "-N refused is 125 and the reason" {
	((EUID == 0)) || skip "needs a user who may set limits on namespaces"
	run -125 unshare --user --map-root-user bash -c \
		'echo 0 >/proc/sys/user/max_pid_namespaces; exec "$@"' - "$CINIT" -N true
	assert_output --regexp '^cinit: unable to make a PID namespace for --namespace: ENOSPC; needs '
}

@test "-N in a chroot whose root is no mount point is 125 and the reason" {
	((EUID == 0)) || skip 'needs root'
	mkdir "$BATS_TEST_TMPDIR/proc"
	cp "$CINIT" "$BATS_TEST_TMPDIR/cinit"
	run chroot "$BATS_TEST_TMPDIR" /cinit -N -- /cinit --help
	assert_refused 'mount /proc for --namespace: EINVAL; / is no mount point$'
}

# fails_inside MESSAGE STRACE-OPTION…
fails_inside() {
	run strace -f -o "$BATS_TEST_TMPDIR/trace" "${@:2}" "$CINIT" -N echo started
	assert_status 125
	assert_line "cinit: unable to $1"
	refute_line started
}

@test "-N: each step that fails is 125 and the reason" {
	fails_inside 'make a pipe for --namespace: EMFILE' -e inject=pipe2:error=EMFILE:when=1
	fails_inside 'watch the outer process for --namespace: EPERM' -e inject=prctl:error=EPERM:when=1
	fails_inside 'mount /proc for --namespace: EPERM; in a container its masked files forbid that' \
		-e inject=mount:error=EPERM:when=2
	fails_inside 'mount /proc for --namespace: ENODEV' -e inject=mount:error=ENODEV:when=2
	fails_inside 'map the user for --namespace: EACCES' \
		-e inject=clone:error=EPERM:when=1 -e inject=openat:error=EACCES:when=2
}

@test "-N: LISTEN_PID that named cinit names the payload" {
	run sh -c 'export LISTEN_PID=$$; exec "$@"' - "$CINIT" -N sh -c 'echo "$LISTEN_PID $$"'
	assert_output '2 2'
}

# By SIGIO the inner cinit tells the outer one of stops.
@test "-N: a SIGIO that somebody sends reaches the command" {
	start_cinit -N sigreport
	await ready
	outside IO
	await '^got 29 '
	tell 'exit 0'
	await_end
}
