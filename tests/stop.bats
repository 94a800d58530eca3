# Every test is a subshell.
# shellcheck disable=SC2030,SC2031
load helper

@test "--stop: the stages come one after the other, each with its signal" {
	local start
	for start in "${starts[@]}"; do
		"$start" --status-fd=2 --stop=USR1:50ms,SIGINT:50ms,1:1h,kill sigreport
		await ready
		outside TERM
		await_all '^got 10 ' '^got 2 ' '^got 1 '
		pass_guard
		outside TERM
		await_end
		assert_status 137
		told
		assert_equal "$(grep '^stage' <<<"$output")" "$(stage stop 1 SIGUSR1
			stage stop 2 SIGINT
			stage stop 3 SIGHUP
			stage stop 4 SIGKILL)"
	done
}

@test "--stop: SIGCONT follows each signal" {
	local start
	for start in "${starts[@]}"; do
		"$start" --stop=USR1:1h,INT:1m sigreport
		await ready
		outside TERM
		await '^got 10 '
		await '^got 18 '
		pass_guard
		outside TERM
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

@test "--stop: a further TERM, INT or QUIT from outside goes on at once" {
	start_pid1 --status-fd=2 --stop=wait:1m,USR1:1m,USR2:1m,KILL sigreport
	await ready
	outside TERM
	await '"stage":1,'
	pass_guard
	outside TERM
	await '^got 10 '
	pass_guard
	outside INT
	await '^got 12 '
	pass_guard
	outside QUIT
	await_end
	assert_status 137
	refute_output --regexp '^got (2|3|15) '
}

@test "--stop, not PID 1: a further TERM goes on at once" {
	start_cinit --status-fd=2 --stop=wait:1m,KILL sigreport
	await ready
	outside TERM
	await '"stage":1,'
	pass_guard
	outside TERM
	await_end
	assert_status 137
}

# Some engines send the stop signal twice, and so does timeout(1).
stop_again() {
	"$start" --status-fd=2 --stop=wait:1m,KILL sigreport
	await ready
	guard_begins
	outside TERM
	await '"SIGTERM".*"stage"'
	outside TERM
	await '"SIGTERM".*"action"'
}

@test "--stop: a SIGTERM within the first second of a stage does not go on" {
	local start
	for start in "${starts[@]}"; do
		within_guard stop_again
		assert_regex "$line" '"dropped"'
		outside USR1
		await '^got 10 '
	done
}

stop_twice_at_once() {
	"$start" --status-fd=2 --stop=wait:1m,KILL sigreport
	await ready
	kill -STOP "$init"
	eventually is_stopped "$init"
	guard_begins
	outside TERM
	kill -CONT "$init"
	outside TERM
	await '"stage":1'
	outside 64 # the last of what is pending
	await '^got 64 |"stage":2'
}

@test "--stop: two SIGTERMs at once do not go on" {
	local start
	for start in "${starts[@]}"; do
		within_guard stop_twice_at_once
		assert_regex "$line" '^got 64 '
	done
}

@test "--stop under timeout(1), which sends SIGTERM twice: the command has its time" {
	local round
	for round in {1..5}; do
		start -- timeout --preserve-status 1h "$CINIT" --status-fd=2 --stop=TERM:1m,KILL \
			sh -c 'trap "sleep 0.1; exit 5" TERM; echo ready; while :; do sleep 0.01; done'
		await ready
		time_is_up
		await_end
		[[ $status == 5 ]] || fail "status $status: $output"
		told
		refute_line "$(stage stop 2 SIGKILL)"
	done
}

@test "--stop: INT and QUIT do not begin it" {
	start_pid1 --status-fd=2 --stop=USR1:1m sigreport
	await ready
	outside INT
	await '^got 2 '
	outside QUIT
	await '^got 3 '
	refute [ -n "$(grep '"stage":' <<<"$output")" ]
}

@test "--stop-on: the signals that begin the plan, instead of TERM" {
	local sig
	for sig in WINCH RTMIN+3; do
		start_pid1 --status-fd=2 --stop-on=WINCH,RTMIN+3 --stop=INT:1m sigreport
		await ready
		outside TERM
		await '^got 15 '
		outside $sig
		await '^got 2 '
		refute [ -n "$(grep '^got \(28\|37\) ' <<<"$output")" ]
	done
}

@test "--stop-on without --stop: the signal is delivered" {
	start_pid1 --status-fd=2 --stop-on=WINCH sigreport
	await ready
	outside WINCH
	await '^got 28 '
}

@test "--stop-on: bad signals are 125 and one line" {
	local signals
	for signals in '' ',' 'TERM,' ',TERM' KILL STOP CHLD 0 65 NOSUCH TERM,KILL; do
		refuses "--stop-on='$signals'" --stop-on="$signals" echo started
	done
}

@test "--stop: a last wait leaves the payload to end by itself" {
	start_pid1 --status-fd=2 --stop=USR1:10ms,wait sigreport
	await ready
	outside TERM
	await '"stage":2,"signal":null'
	tell 'exit 4'
	await_end
	assert_status 4
}

@test "--stop: a bare TIME is TERM:TIME,KILL" {
	local start
	for start in "${starts[@]}"; do
		"$start" --status-fd=2 --stop=1h sigreport
		await ready
		outside TERM
		await '^got 15 '
		pass_guard
		outside TERM
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
	read -r -t "$AWAIT_SECONDS" < <(end_flood "$init" 40 40 40)
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
	await '"stage":1'
	outside STOP
	sleep 0.5
	outside CONT
	await '"stage":2'
	await '^got 1 '
}

wake_ups() {
	sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/$init/status"
}

sleeps_on() {
	local before
	before=$(wake_ups)
	sleep 1.2 # longer than a clock of one second
	[[ $(wake_ups) == "$before" ]]
}

@test "nothing wakes cinit while nothing happens" {
	local start
	for start in "${starts[@]}"; do
		"$start" --stop=TERM:10ms,KILL --grace=10ms sigreport
		await ready
		# It may have something to do still, if the payload was faster.
		eventually sleeps_on
	done
}
