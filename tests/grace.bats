# Every test is a subshell.
# shellcheck disable=SC2030,SC2031
load helper

cleans_up() {
	assert_status 7
	assert_line 'cleaned up'
	told
	assert_line "$(stage grace 1 SIGTERM)"
	refute_line "$(stage grace 2 SIGKILL)"
	assert_line --regexp '^reaped pid=[0-9]+ code=3$'
}

@test "who is left behind gets SIGTERM, and cinit ends when it is gone" {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" --status-fd=2 sh -c 'end_daemon -c; exit 7'
		cleans_up
		run "$mode" --status-fd=2 --grace=TERM:1m,KILL sh -c 'end_daemon -c; exit 7'
		cleans_up
	done
}

# How long cinit waits in the stage that it comes to: its timeout, as the kernel is told. A signal that
# is nobody's now ends the wait, so that strace shows it.
assert_waits() {
	traced - start_pid1 "${@:2}" sh -c 'end_daemon -i; read line'
	await '^daemon'
	tell end
	await '^ignored TERM$'
	waits() {
		outside USR2
		grep -qE "rt_sigtimedwait.*tv_sec=($(($1 - 1)), |$1, tv_nsec=0)" "$trace"
	}
	eventually waits "$1"
	forget
}

@test "the default is TERM:3s,KILL" {
	assert_waits 3
	start_pid1 --status-fd=2 sh -c 'end_daemon -i; exit 7'
	await '^ignored TERM$'
	await_end
	told
	assert_line "$(stage grace 1 SIGTERM)"
	assert_line "$(stage grace 2 SIGKILL)"
	refute_line --partial stage=3
}

@test "TIME is in seconds, or ms, s, m, h" {
	assert_waits 5 --grace=TERM:5000ms
	assert_waits 5 --grace=TERM:5
	assert_waits 5 --grace=TERM:5s
	assert_waits 300 --grace=TERM:5m
	assert_waits 7200 --grace=TERM:2h
}

assert_killed() {
	assert_status 7
	told
	assert_line "$(stage grace 1 SIGTERM)"
	assert_line "$(stage grace 2 SIGKILL)"
	assert_line --regexp '^reaped pid=[0-9]+ signal=SIGKILL$'
	assert_line 'done status=7'
}

is_killed() {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" --status-fd=2 "$@"
		assert_killed
	done
}

@test "a bare TIME is TERM:TIME,KILL" {
	is_killed --grace=50ms sh -c 'end_daemon -i; exit 7'
}

@test "0 and none send nothing and do not wait" {
	local mode plan
	for mode in "${modes[@]}"; do
		for plan in 0 none; do
			run "$mode" --status-fd=2 --grace=$plan sh -c 'end_daemon -c; exit 7'
			assert_status 7
			refute_line 'cleaned up'
			told
			assert_line 'left count=1'
			refute_line --partial stage
		done
	done
}

@test "a last wait has no end: cinit ends when the last one does" {
	local start plan
	for start in "${starts[@]}"; do
		for plan in wait TERM,wait; do
			"$start" --status-fd=2 --grace=$plan sh -c 'end_daemon -i; exit 7'
			await '"signal":null'
			kill -KILL "$(payload_pid)"
			await_end
			assert_status 7
			told
			assert_line --regexp '^reaped pid=[0-9]+ signal=SIGKILL$'
		done
	done
}

@test "nobody left: no plan, no event" {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" --status-fd=2 sh -c 'true & wait; exit 7'
		assert_status 7
		told
		refute_line --partial left
		refute_line --partial stage
	done
}

@test "a bad plan is 125 and one line" {
	local option plan nine=TERM,TERM,TERM,TERM,TERM,TERM,TERM,TERM,TERM
	for option in grace stop; do
		for plan in '' ',' TERM: TERM:3x TERM:-1 TERM:1.5 TERM:1:2 NOSUCH:1 wait,KILL 0:1s 65:1s 'TERM,,KILL' \
			,TERM 'TERM,' :3 3s,KILL 25h 1d 2000000s 99999999999999999999 'TERM: 1' wait:x $nine; do
			refuses "--$option=.*takes PLAN" "--$option=$plan" echo started
		done
	done
}

@test "the payload's status stays, whatever those left behind do" {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" --grace=50ms sh -c 'end_daemon -i; kill -TERM $$'
		assert_status 143
	done
}

@test "cinit waits for the last one" {
	start_cinit --status-fd=2 --grace=TERM:1m,KILL sh -c 'end_daemon -i; end_daemon -c; cat'
	await '^daemon ([0-9]+)'
	local last=${BASH_REMATCH[1]}
	await '^daemon'
	hang_up
	await '"reaped".*"code":3'
	kill -KILL "$last"
	await_end
	told
	assert_line "reaped pid=$last signal=SIGKILL"
	refute_line --partial stage=2
}

@test "one that dies while cinit looks who is left is reaped and told of" {
	local start
	for start in "${starts[@]}"; do
		traced wait4:delay_exit=100000 "$start" --status-fd=2 --grace=TERM:1m sh -c \
			'(trap "sleep 0.03; exit 3" TERM; echo ready; while :; do sleep 1; done) & read line; exit 7'
		await ready
		tell end
		await_end
		assert_status 7
		told
		assert_line --regexp '^reaped pid=[0-9]+ code=3$'
	done
}

@test "a plan without KILL ends too" {
	local mode plan
	for mode in "${modes[@]}"; do
		for plan in TERM:50ms TERM; do
			run "$mode" --status-fd=2 --grace=$plan sh -c 'end_daemon -i; exit 7'
			assert_status 7
			told
			assert_line 'done status=7'
			refute_line --partial KILL
		done
	done
}

@test "the signals of a grace plan come in its order" {
	start_pid1 --status-fd=2 --grace=USR1:50ms,HUP:1h,KILL sh -c 'sigreport & cat'
	await ready
	hang_up
	await_all '^got 10 ' '^got 1 '
	pass_guard
	outside TERM
	await_end
	told
	assert_equal "$(grep '^stage' <<<"$output")" "$(stage grace 1 SIGUSR1
		stage grace 2 SIGHUP
		stage grace 3 SIGKILL)"
}

@test "a further TERM, INT or QUIT from outside goes on with the grace plan at once" {
	local sig
	for sig in TERM INT QUIT; do
		start_pid1 --status-fd=2 --grace=TERM:1m,KILL sh -c 'end_daemon -i; exit 7'
		await '^ignored'
		pass_guard
		outside $sig
		await_end
		assert_killed
	done
}

@test "not PID 1: a further TERM goes on with the grace plan at once" {
	start_cinit --status-fd=2 --grace=TERM:1m,KILL sh -c 'end_daemon -i; exit 7'
	await '^ignored'
	pass_guard
	outside TERM
	await_end
	assert_killed
}

@test "a further signal of --stop-on goes on with the grace plan at once" {
	start_pid1 --status-fd=2 --stop-on=USR1 --grace=TERM:1m,KILL sh -c 'end_daemon -i; exit 7'
	await '^ignored'
	pass_guard
	outside USR1
	await_end
	assert_killed
}

# still_in_first_stage: the plan has not gone on, and goes on by its own time only.
still_in_first_stage() {
	outside USR2
	await '"SIGUSR2".*"dropped"'
	refute [ -n "$(grep '"stage":2' <<<"$output")" ]
}

leave_and_stop() {
	"$start" --status-fd=2 --grace=TERM:1m,KILL sh -c 'end_daemon -i; exit 7'
	guard_begins
	await '"stage":1'
	outside TERM
	await '"SIGTERM".*"action"'
}

@test "a SIGTERM within the first second of a stage does not go on with the grace plan" {
	local start
	for start in "${starts[@]}"; do
		within_guard leave_and_stop
		still_in_first_stage
	done
}

# Nobody has been told to stop yet: it is no copy.
stop_twice() {
	start_pid1 --status-fd=2 --grace=wait sh -c 'end_daemon -i & trap "exit 7" TERM; echo set; while :; do sleep 0.01; done'
	await_all '^daemon' '^set$'
	guard_begins
	outside TERM
	await '"stage":1'
	outside TERM
	await '"SIGTERM".*"action"'
}

@test "the first SIGTERM ends a wait for those left behind at once, a copy of an earlier one does not" {
	local start
	for start in "${starts[@]}"; do
		"$start" --status-fd=2 --grace=wait sh -c 'end_daemon -c; exit 7'
		await '"stage":1'
		outside TERM
		await_end
		assert_status 7
		assert_line 'cleaned up'
	done
	within_guard stop_twice
	assert_regex "$line" '"dropped"'
}

@test "a SIGTERM from inside does not go on with the grace plan" {
	start_pid1 --status-fd=2 --grace=TERM:1m,KILL sh -c 'end_daemon -i; exit 7'
	await '^ignored'
	pass_guard
	inside TERM
	await '"SIGTERM","origin":"inside".*"dropped"'
	still_in_first_stage
}

end_and_stop() {
	"$start" --status-fd=2 --grace=TERM:1m,KILL sh -c 'end_daemon -i; read line; exit 7'
	await '^daemon'
	kill -STOP "$init"
	eventually is_stopped "$init"
	payload=$(payload_pid)
	tell end
	eventually gone "$payload"
	guard_begins
	outside TERM
	kill -CONT "$init"
	await_all '"SIGTERM".*"action"' '"stage":1'
}

@test "a SIGTERM that was pending when the payload ended does not go on with the grace plan" {
	local start
	for start in "${starts[@]}"; do
		within_guard end_and_stop
		still_in_first_stage
	done
}

@test "a stopped process is continued, so that it sees SIGTERM" {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" --status-fd=2 sh -c 'end_daemon -s; exit 7'
		assert_status 7
		told
		assert_line --regexp '^reaped pid=[0-9]+ signal=SIGTERM$'
		refute_line --partial stage=2
	done
}

@test "a stopped process that ignores SIGTERM is killed" {
	is_killed --grace=50ms sh -c 'end_daemon -is; exit 7'
}

@test "who forks instead of ending is killed" {
	is_killed --grace=TERM:50ms,KILL sh -c 'end_daemon -n 3; exit 7'
}

@test "a fork bomb is ended" {
	local mode
	with=(-k)
	for mode in "${modes[@]}"; do
		run "$mode" --grace=50ms sh -c 'end_bomb 5 5000 2; exit 7'
		assert_status 7
		assert_line bomb
		run ! pgrep -g 0 -x end_bomb
	done
}

@test "an uninterruptible process does not hang the end" {
	local mode child
	for mode in "${modes[@]}"; do
		run "$mode" --status-fd=2 --grace=50ms sh -c 'end_vfork; exit 7'
		assert_status 7
		[[ $output =~ vfork\ [0-9]+\ ([0-9]+) ]]
		child=${BASH_REMATCH[1]}
		told
		assert_line "reaped pid=$child signal=SIGKILL"
	done
}

# A process in the namespace that is none of cinit's children, as of docker exec.
start_helper() {
	exec {helper}< <(enter sh -c 'echo $$; exec sigreport' 2>&1)
	read -r -t "$AWAIT_SECONDS" -u "$helper" helper_pid
	read -r -t "$AWAIT_SECONDS" -u "$helper" line
	assert_equal "$line" ready
}

helper_gets() {
	until [[ $line == "got $1 "* ]]; do
		read -r -t "$AWAIT_SECONDS" -u "$helper" line
	done
}

@test "PID 1: a process that entered the namespace gets the grace plan too" {
	start_pid1 --status-fd=2 --grace=TERM:1h,KILL sh -c 'end_daemon -i; read line'
	await '^daemon'
	start_helper
	tell end
	helper_gets 15
	pass_guard
	outside TERM
	await_end
	told
	assert_line 'left count=2'
	assert_line "$(stage grace 2 SIGKILL)"
	# Its end.
	run -1 timeout "$AWAIT_SECONDS" grep -q never <&"$helper"
}

@test "PID 1: a process that entered the namespace gets its time, though nobody else is left" {
	start_pid1 --status-fd=2 --grace=TERM:1m,KILL sh -c 'echo ready; read line; exit 7'
	await ready
	start_helper
	tell end
	helper_gets 15
	still_in_first_stage
	enter bash -c "kill -KILL $helper_pid"
	await_end
	assert_status 7
	told
	assert_line 'left count=1'
	refute_line "$(stage grace 2 SIGKILL)"
}

@test "processes that may not be signalled are not waited for, and told of" {
	((EUID == 0)) || skip 'needs a second user'
	local mode
	for mode in '' -p; do
		run launch -s $mode -- setpriv --bounding-set=-kill --inh-caps=-kill \
			"$CINIT" --status-fd=2 --grace=TERM:1m,KILL sh -c \
			"setpriv --reuid=1000 --clear-groups $(type -P end_daemon) -i; exit 7"
		assert_status 7
		assert_line --regexp '^cinit: left behind, as they may not be signalled: 1; needs CAP_KILL$'
		refute_output --partial 'stage":2'
	done
}

# without_proc COMMAND…: with a directory of no processes over /proc.
without_proc() {
	local user=(--map-root-user) pid=()
	((EUID == 0)) && user=()
	[[ $mode == pid1 ]] && pid=(--pid --fork)
	run launch -s -- unshare "${user[@]}" --mount "${pid[@]}" sh -c \
		'mount -t tmpfs none /proc && exec "$@"' - "$@"
}

@test "without /proc PID 1 ends its namespace as ever" {
	mode=pid1 without_proc "$CINIT" --status-fd=2 sh -c 'end_daemon -c; exit 7'
	assert_status 7
	assert_line 'cleaned up'
	told
	assert_line 'left count=-1'
	refute_line "$(stage grace 2 SIGKILL)"
}

@test "without /proc, not PID 1: the payload's group gets the plan" {
	mode=cinit without_proc "$CINIT" --status-fd=2 --grace=TERM:1m,KILL sh -c 'sleep 1000 & exit 7'
	assert_status 7
	told
	assert_line --regexp '^reaped pid=[0-9]+ signal=SIGTERM$'
	refute_line "$(stage grace 2 SIGKILL)"
}

@test "without /proc, not PID 1, in cinit's group: the plan is skipped at once, and a line says so" {
	mode=cinit without_proc tty_pty "$CINIT" --status-fd=2 --grace=TERM:1m,KILL \
		sh -c 'trap "" HUP; end_daemon -i; exit 7'
	assert_status 7
	assert_line --regexp '^cinit: .*without /proc'
	told
	assert_line 'left count=-1'
	refute_line --partial stage
}

@test "without /proc, not PID 1, its group empty: the plan is skipped at once, and a line says so" {
	mkfifo "$BATS_TEST_TMPDIR/away"
	mode=cinit without_proc "$CINIT" --status-fd=2 --grace=TERM:1m,KILL \
		sh -c 'setsid sh -c "echo away >$1; exec sleep 5" & read -r line <"$1"' - "$BATS_TEST_TMPDIR/away"
	assert_status 0
	assert_line --regexp '^cinit: .*without /proc'
	told
	assert_line 'left count=-1'
	refute_line --partial stage
}

@test "where /proc fails, a line says that nobody knows who is left behind" {
	traced getdents64:error=EIO start_cinit --grace=TERM:50ms sh -c 'end_daemon -i; exit 7'
	await_end
	assert_status 7
	assert_line 'cinit: unable to find out who is left behind: EIO'
	# The group can be named without /proc, the daemon is in none of ours.
	traced readlinkat:error=ENOENT start_cinit --grace=TERM:50ms sh -c 'end_daemon -i; sleep 1000 & exit 7'
	await_end
	assert_status 7
	assert_line 'cinit: without /proc nobody knows who is left behind'
}

@test "leftovers that /proc hides are not said to be gone" {
	((EUID == 0)) || skip 'a second user is needed'
	run unshare --mount --pid --fork sh -c 'mount -t proc -o hidepid=2,gid=65533 proc /proc
		setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace "$@"; exit $?' - \
		"$CINIT" --user=65534 --grace=TERM:50ms sh -c 'trap "" TERM; sleep 10 & exit 7'
	assert_status 7
	assert_output 'cinit: unable to find out who is left behind: EACCES'
}

@test "a plan that is over at once ends cinit, whatever comes after" {
	local round
	with=(-a dumb-init)
	for round in {1..40}; do
		run -7 cinit sh -c 'sleep 0.01 & exit 7'
		assert_output ''
	done
	with=()
	run -7 cinit --grace=TERM sh -c 'sleep 0.01 & exit 7'
}

@test "a look that fails is made again, so that all get SIGTERM" {
	with=(-t 100) # each look at the machine's processes is thousands of calls, each of them traced
	traced 'readlinkat:error=ENOMEM:when=1..4' start_cinit sh -c 'end_daemon -c; exit 3'
	await_end
	assert_status 3
	assert_line 'cleaned up'
}

@test "one whose first thread has ended gets the grace plan like others" {
	start_cinit --status-fd=1 --grace=TERM:10s,KILL sh -c \
		'setsid sig_disposition leaderless 10 & echo "left $!"; read -r _; exit 7'
	await_all '^left' '^ready'
	local leftover
	leftover=$(sed -n 's/^left //p' <<<"$output")
	tell go
	await "\"reaped\",\"pid\":$leftover,\"signal\":\"SIGTERM\""
	await_end
	assert_status 7
}

# faulty_parent INJECTION COUNT: a process, a later one, and a child of the first, in the order of their pids: cinit
# looks at the first once more to see whose the child is, and that fails. So many are left, as it knows.
faulty_parent() {
	local gate=$BATS_TEST_TMPDIR/gate trace=$BATS_TEST_TMPDIR/trace parent
	[[ -p $gate ]] || mkfifo "$gate"
	start_cinit --status-fd=2 --grace=TERM:1m sh -c '
		(sh -c "echo parent \$\$; read -r line <\"$0\"; sleep 1000 & wait" &)
		read -r line
		sleep 1000 &
		echo other; read -r line; exit 7' "$gate"
	await '^parent ([0-9]+)$'
	parent=${BASH_REMATCH[1]}
	tell go
	await '^other$'
	echo >"$gate"
	eventually grep -q . "/proc/$parent/task/$parent/children"
	attach_tracer -o "$trace" -P "/proc/$parent/stat" -e "inject=$1"
	tell end
	await_end
	assert_status 7
	told
	assert_line "left count=$2"
	grep -q INJECTED "$trace"
}

@test "a parent that is gone when cinit looks at it hides no child" {
	faulty_parent openat:error=ENOENT:when=2 3
	faulty_parent openat:error=EIO:when=2+ -1
}

# It begins to while SIGTERM goes on to so many others that /proc is not read at once.
@test "what a daemon starts to clean up does not get SIGTERM as well" {
	traced pidfd_send_signal:delay_exit=500000:when=1 start_cinit --grace=TERM:30s,KILL sh -c '
		(setsid "$@" &)
		read -r _
		for _ in $(seq 100); do sleep 1000 & done' - sh -c \
		'trap "sleep 1 && echo cleaned up; exit" TERM; echo up; while :; do sleep 0.01; done'
	await '^up$'
	tell go
	await '^cleaned up$'
	await_end
}

@test "a long chain of processes gets SIGTERM in time, down to the last" {
	run -0 cinit --grace=TERM:2s,KILL deep 900
	assert_output ''
}

# ---- warnings ----

@test "leftovers that had to be killed are one warning with their number" {
	run cinit --grace=TERM:50ms,KILL sh -c 'end_daemon -i; end_daemon -i; exit 7'
	assert_status 7
	assert_line 'cinit: left behind and ended by SIGKILL: 2'
	assert_equal "$(grep -c '^cinit' <<<"$output")" 1
}

@test "leftovers that end by SIGTERM are no warning" {
	run cinit --grace=TERM:10s,KILL sh -c 'end_daemon -c; exit 7'
	assert_status 7
	refute_line --partial cinit:
}

@test "leftovers that outlive a plan without SIGKILL are one warning with their number" {
	run cinit --grace=TERM:50ms sh -c 'end_daemon -i; exit 7'
	assert_status 7
	assert_line 'cinit: left behind and not ended: 1'
}

@test "where SIGKILL was all that was asked for, and where nothing was, there is no warning" {
	local plan
	for plan in KILL none; do
		run cinit --grace=$plan sh -c 'end_daemon -i; exit 7'
		assert_status 7
		refute_line --partial cinit:
	done
}
