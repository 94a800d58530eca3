# Every test is a subshell; CINIT_FLAGS is a list of words.
# shellcheck disable=SC2030,SC2031,SC2086
load helper

# Both ways of use. Events come on stderr, among all else that is printed.
modes=(pid1 cinit)
starts=(start_pid1 start_cinit)

stage() {
	echo "stage plan=$1 stage=$2 signal=$3"
}

# ---- grace ----

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

# How long cinit waits in the stage that it comes to: its timeout, as the kernel is told.
assert_waits() {
	traced - start_pid1 "${@:2}" sh -c 'end_daemon -i; read line'
	await '^daemon'
	tell end
	await '^ignored TERM$'
	waits() {
		grep -qE "poll.*( ($1)\)|tv_sec=.*)\$" "$trace"
	}
	eventually waits "$1"
	forget
}

@test "the default is TERM:3s,KILL" {
	assert_waits '2[89][0-9]{2}|3000'
	start_pid1 --status-fd=2 sh -c 'end_daemon -i; exit 7'
	await '^ignored TERM$'
	outside TERM
	await_end
	told
	assert_line "$(stage grace 1 SIGTERM)"
	assert_line "$(stage grace 2 SIGKILL)"
	refute_line --partial stage=3
}

@test "TIME is in seconds, or ms, s, m" {
	assert_waits '4[89][0-9]{2}|5000' --grace=TERM:5000ms
	assert_waits '4[89][0-9]{2}|5000' --grace=TERM:5
	assert_waits '4[89][0-9]{2}|5000' --grace=TERM:5s
	assert_waits '29[89][0-9]{3}|300000' --grace=TERM:5m
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

@test "0 sends nothing and does not wait" {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" --status-fd=2 --grace=0 sh -c 'end_daemon -c; exit 7'
		assert_status 7
		refute_line 'cleaned up'
		told
		assert_line 'left count=1'
		refute_line --partial stage
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
		for plan in '' ',' TERM: TERM:3x TERM:-1 TERM:1.5 TERM:1:2 NOSUCH:1 wait 0:1s 65:1s 'TERM,,KILL' ,TERM \
			'TERM,' :3 3s,KILL 1h 2000000s 99999999999999999999 'TERM: 1' $nine; do
			run --separate-stderr cinit "--$option=$plan" echo started
			assert_status 125
			assert_equal "$output" ''
			[[ $stderr =~ ^cinit:\ [^$'\n']*plan[^$'\n']*$ ]] || fail "'$plan': $stderr"
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
	start_pid1 --status-fd=2 --grace=USR1:50ms,HUP:50ms,KILL sh -c 'sigreport & cat'
	await ready
	hang_up
	await_end
	assert_equal "$(grep -Eo '^got (1|10) |"stage":.' <<<"$output" | xargs)" \
		'stage:1 got 10 stage:2 got 1 stage:3'
}

@test "a further SIGTERM goes on with the grace plan at once" {
	local start
	for start in "${starts[@]}"; do
		"$start" --status-fd=2 --grace=TERM:1m,KILL sh -c 'end_daemon -i; exit 7'
		await '^ignored'
		outside TERM
		await_end
		assert_killed
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
		assert_output bomb
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
	local user=()
	((EUID == 0)) || user=(--user --preserve-credentials)
	exec {helper}< <(exec nsenter "${user[@]}" --pid --target "$init" sigreport 2>&1)
	read -r -t 10 -u "$helper" line
	assert_equal "$line" ready
}

@test "PID 1: a process that entered the namespace gets the grace plan too" {
	start_pid1 --status-fd=2 --grace=1m sh -c 'end_daemon -i; read line'
	await '^daemon'
	start_helper
	tell end
	until [[ $line == 'got 15 '* ]]; do
		read -r -t 10 -u "$helper" line
	done
	outside TERM
	await_end
	told
	assert_line 'left count=2'
	assert_line "$(stage grace 2 SIGKILL)"
	# Its end.
	run -1 timeout 10 grep -q never <&"$helper"
}

@test "PID 1: processes that entered the namespace do not delay the end by themselves" {
	start_pid1 --status-fd=2 --grace=1m sh -c 'echo ready; read line'
	await ready
	start_helper
	tell end
	await_end
	told
	refute_line --partial left
	refute_line --partial stage
	assert_line 'done status=0'
}

# A directory of no processes over /proc.
without_proc() {
	local user=(--map-root-user)
	((EUID == 0)) && user=()
	run launch -t 10 -- unshare "${user[@]}" --mount "$@" sh -c \
		'mount -t tmpfs none /proc && exec "$@"' - "$CINIT" $CINIT_FLAGS "${words[@]}"
	echo "$output"
}

@test "without /proc PID 1 ends its namespace as ever" {
	words=(--status-fd=2 sh -c 'end_daemon -c; exit 7')
	without_proc --pid --fork
	assert_status 7
	assert_line 'cleaned up'
	told
	assert_line 'left count=-1'
	refute_line "$(stage grace 2 SIGKILL)"
}

@test "without /proc a wrapper ends too, and the payload's group gets the plan" {
	words=(--status-fd=2 --grace=TERM:50ms sh -c 'end_daemon -i; exit 7')
	without_proc
	assert_status 7
	words=(--status-fd=2 --group sh -c 'sleep 1000 & exit 7')
	without_proc
	assert_status 7
	told
	assert_line --regexp '^reaped pid=[0-9]+ signal=SIGTERM$'
	refute_line "$(stage grace 2 SIGKILL)"
}

# ---- stop ----

@test "--stop: the stages come one after the other, each with its signal" {
	local start
	for start in "${starts[@]}"; do
		"$start" --status-fd=2 --stop=USR1:50ms,SIGINT:50ms,1:50ms,kill sigreport
		await ready
		outside TERM
		await_end
		assert_status 137
		assert_equal "$(grep -Eo '^got (1|2|10) |"stage":.' <<<"$output" | xargs)" \
			'stage:1 got 10 stage:2 got 2 stage:3 got 1 stage:4'
	done
}

@test "--stop: SIGCONT follows each signal" {
	local start
	for start in "${starts[@]}"; do
		"$start" --stop=USR1:50ms,INT:1m sigreport
		await ready
		outside TERM
		await '^got 10 '
		await '^got 18 '
		await '^got 2 '
		await '^got 18 '
	done
}

@test "--stop: wait:TIME sends nothing" {
	local start
	for start in "${starts[@]}"; do
		"$start" --status-fd=2 --stop=wait:50ms,TERM:1m sigreport
		await ready
		outside TERM
		await '^got '
		[[ $line == 'got 15 '* ]] || fail "$line"
		told
		assert_line "$(stage stop 1 null)"
		assert_line "$(stage stop 2 SIGTERM)"
	done
}

@test "--stop: a further SIGTERM goes on at once" {
	local start
	for start in "${starts[@]}"; do
		"$start" --status-fd=2 --stop=wait:1m,INT:1m,KILL sigreport
		await ready
		outside TERM
		await '"stage":1,'
		outside TERM
		await '^got 2 '
		outside TERM
		await_end
		assert_status 137
	done
}

@test "--stop: a bare TIME is TERM:TIME,KILL" {
	local start
	for start in "${starts[@]}"; do
		"$start" --status-fd=2 --stop=50ms sigreport
		await ready
		outside TERM
		await '^got 15 '
		await_end
		assert_status 137
		told
		assert_line "$(stage stop 2 SIGKILL)"
	done
}

@test "--stop: a payload that ends in time ends the plan" {
	local start
	for start in "${starts[@]}"; do
		"$start" --status-fd=2 --stop=TERM:1m,KILL sigreport
		await ready
		outside TERM
		await '^got 15 '
		tell 'exit 4'
		await_end
		assert_status 4
		told
		refute_line --partial stage=2
	done
}

@test "--stop: a plan that is over leaves the payload to end by itself" {
	start_pid1 --status-fd=2 --stop=USR2:20ms,INT sigreport
	await ready
	outside TERM
	await '^got 2 '
	outside USR1
	await '^got 10 '
	tell 'exit 4'
	await_end
	assert_status 4
}

@test "--stop: other signals go on as ever" {
	start_pid1 --status-fd=2 --stop=wait:1m,TERM sigreport
	await ready
	outside TERM
	await '"stage":1'
	outside USR1
	await '^got 10 '
}

@test "a flood of signals does not put off a stage" {
	start_pid1 --stop=wait:200ms,KILL bash -c 'trap "" RTMIN+6; echo ready; while :; do sleep 1; done'
	await ready
	read -r -t 10 < <(end_flood "$init" 40 40 40)
	outside TERM
	await_end
	assert_status 137
}

@test "--stop: SIGTERM from inside does not begin it" {
	start_pid1 --status-fd=2 --stop=INT:1m sigreport
	await ready
	inside TERM
	await '^got 15 '
	refute [ -n "$(grep '"stage":' <<<"$output")" ]
}

@test "--stop with --group: the plan is for the whole group" {
	local start
	for start in "${starts[@]}"; do
		"$start" --group --stop=INT:1m sh -c 'sigreport & exec sigreport'
		await ready
		await ready
		outside TERM
		await '^got 2 '
		await '^got 2 '
	done
}

@test "--stop: the deadline has passed after a freeze and a thaw" {
	start_pid1 --status-fd=2 --stop=USR1:300ms,HUP:1m sigreport
	await ready
	outside TERM
	await '^got 10 '
	outside STOP
	sleep 0.5
	outside CONT
	await '^got 1 '
	await '^got 18 '
}

wake_ups() {
	sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/$init/status"
}

@test "nothing wakes cinit while nothing happens" {
	local start before
	for start in "${starts[@]}"; do
		"$start" --stop=TERM:10ms,KILL --grace=10ms sigreport
		await ready
		# It may have something to do still, if the payload was faster.
		sleep 0.1
		before=$(wake_ups)
		sleep 0.4
		assert_equal "$(wake_ups)" "$before"
	done
}

# ---- exit codes ----

# expected CODE OPTION… exit 0, and 143 by TERM too.
expected() {
	local code=$1 mode
	shift
	for mode in "${modes[@]}"; do
		run "$mode" "$@" exitwith "$code"
		assert_status 0
	done
}

@test "--expect: codes that count as 0" {
	expected 3 --expect=3
	expected 3 --expect 3
	expected 3 -e3
	expected 3 -e 5 -e 3
	expected 5 -e 5 -e 3
	expected 5 -e 2,3,5
	expected 255 --expect=0,255
	expected 0 --expect=0
	expected 0 --expect=3
	run cinit --expect=3 exitwith 4
	assert_status 4
}

@test "--expect: a bad code is 125 and one line" {
	local codes
	for codes in '' 256 -1 '3,' ,3 3,,4 3x x TERM 0x3 ' 3' 99999999999; do
		run --separate-stderr cinit --expect="$codes" true
		assert_status 125
		[[ $stderr =~ ^cinit:\ [^$'\n']*$ ]] || fail "'$codes': $stderr"
	done
}

@test "--expect: 128+n is death by signal n, in wrapper use too" {
	local mode
	with=(-r)
	for mode in "${modes[@]}"; do
		run "$mode" --expect=143 sh -c 'kill -TERM $$'
		assert_output 'exited 0'
		run "$mode" --expect=1,143 exitwith 143
		assert_output 'exited 0'
		run "$mode" --expect=143 sh -c 'kill -INT $$'
		assert_status 130
	done
}

@test "--expect does not hide cinit's own failures" {
	run -127 cinit --expect=127 no-such-command
}

# ---- pause ----

@test "--pause: exit 0 on TERM and on INT" {
	local sig start
	# Blocked from before cinit: it may come at any moment of its start.
	with=(-b 15 -b 2)
	for sig in TERM INT; do
		for start in "${starts[@]}"; do
			"$start" --pause
			outside $sig
			await_end
			assert_status 0
			assert_output ''
		done
	done
}

@test "--pause: other signals and the end of stdin do not end it" {
	with=(-b 1)
	start_pid1 --pause --status-fd=2
	hang_up
	outside HUP
	await '"SIGHUP".*"dropped"'
	outside USR1
	await '"SIGUSR1".*"dropped"'
	outside TERM
	await_end
	assert_status 0
}

@test "--pause: orphans are reaped" {
	start -p -- bash -c 'exitwith 1 & exitwith 2 & exec "$@"' - "$CINIT" $CINIT_FLAGS --pause
	inside_orphans() {
		local user=()
		((EUID == 0)) || user=(--user --preserve-credentials)
		nsenter "${user[@]}" --pid --target "$init" bash -c '(exitwith 3 &); (sleep 0.01 &)'
	}
	inside_orphans
	childless() {
		[[ ! $(payload_pid) ]]
	}
	eventually childless
	outside TERM
	await_end
	assert_status 0
}

@test "--pause: who is there at the end gets the grace plan" {
	start -p -b 15 -- bash -c 'end_daemon -c; exec "$@"' - "$CINIT" $CINIT_FLAGS --pause
	await '^daemon'
	outside TERM
	await '^cleaned up$'
	await_end
	assert_status 0
}

@test "--pause takes no command" {
	run cinit --pause true
	assert_status 125
}

# ---- why it ended ----

@test "a death by SIGKILL that cinit did not send is one line" {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" sh -c 'kill -KILL $$'
		assert_output --regexp '^cinit: [^'$'\n'']*SIGKILL[^'$'\n'']*cinit did not send$'
	done
}

@test "a death by SIGKILL that cinit did send is none" {
	local start option
	for start in "${starts[@]}"; do
		for option in --stop=KILL --rewrite=TERM:KILL; do
			"$start" $option sigreport
			await ready
			outside TERM
			await_end
			assert_status 137
			assert_output ready
		done
	done
}

@test "an end by oneself or by another signal is no line" {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" sh -c 'exit 3'
		assert_output ''
		run "$mode" sh -c 'kill -TERM $$'
		assert_output ''
	done
}

# A cgroup's counter in place of the real one: any user can test this then.
@test "a rise of the cgroup's oom_kill count is told with the counts" {
	start -p -- sh -c 'mount -t tmpfs none /sys/fs/cgroup && cd /sys/fs/cgroup && mkdir memory &&
		echo "oom_kill 4" | tee memory.events >memory/memory.oom_control && exec "$@"' - \
		"$CINIT" $CINIT_FLAGS --status-fd=2 sh -c 'echo ready; read line
		echo "oom_kill 6" | tee memory.events >memory/memory.oom_control; kill -KILL $$'
	await ready
	tell go
	await_end
	assert_status 137
	assert_line --regexp '^cinit: .*memory.* 4 to 6'
	told
	assert_line 'exited signal=SIGKILL core=false oom=true'
}

# Whether a core is dumped at all is the system's affair (core_pattern).
@test "a core dump is told" {
	cd "$BATS_TEST_TMPDIR"
	local dumps mode
	dumps=$(python3 -c 'import os, resource
resource.setrlimit(resource.RLIMIT_CORE, [resource.getrlimit(resource.RLIMIT_CORE)[1]] * 2)
pid = os.fork()
if pid == 0:
    os.abort()
print(str(os.WCOREDUMP(os.waitpid(pid, 0)[1])).lower())')
	with=(-l core=100000000)
	for mode in "${modes[@]}"; do
		run "$mode" --status-fd=2 sh -c 'kill -ABRT $$'
		assert_status 134
		assert_equal "$(grep -c 'dumped core' <<<"$output")" "$([[ $dumps == true ]] && echo 1 || echo 0)"
		told
		assert_line "exited signal=SIGABRT core=$dumps oom=false"
	done
}
