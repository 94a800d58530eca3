# Every test is a subshell.
# shellcheck disable=SC2030,SC2031
load helper

@test "when the time is up the command gets SIGTERM, and cinit exits with 124" {
	local mode
	with=(-r)
	for mode in "${modes[@]}"; do
		run "$mode" --status-fd=2 --time-limit=50ms sleep 1000
		assert_status 124
		assert_line 'exited 124'
		told
		assert_line 'time_limit signal=SIGTERM'
		assert_line 'signal name=SIGTERM origin=outside sender=0 action=delivered'
		assert_line 'exited signal=SIGTERM core=false oom=false'
		assert_line 'done status=124'
	done
}

@test "124 even if the command then exits with 0" {
	run pid1 --time-limit=50ms sh -c 'trap "exit 0" TERM; while :; do sleep 0.01; done'
	assert_status 124
}

@test "a command that ends in time is left alone" {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" --status-fd=2 --time-limit=1m exitwith 3
		assert_status 3
		told
		refute_line --partial time_limit
	done
}

@test "the time limit begins the stop plan" {
	local start
	with=(-b 10) # it may not have begun when the time is up
	for start in "${starts[@]}"; do
		"$start" --status-fd=2 --time-limit=1s --stop=USR1:1h,KILL sigreport
		await '^got 10 '
		pass_guard
		outside TERM
		await_end
		assert_status 124
		told
		assert_line "$(stage stop 1 SIGUSR1)"
		assert_line "$(stage stop 2 SIGKILL)"
	done
}

@test "what is sent is the first signal of --stop-on" {
	with=(-b 2) # it may not have begun when the time is up
	start_pid1 --status-fd=2 --time-limit=1s --stop-on=INT,TERM sigreport
	await '^got 2 '
	tell 'exit 0'
	await_end
	assert_status 124
	told
	assert_line 'time_limit signal=SIGINT'
}

@test "the grace plan follows" {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" --time-limit=3s --grace=TERM:1m,KILL sh -c 'end_daemon -c; exec sleep 1000'
		assert_status 124
		assert_line 'cleaned up'
	done
}

@test "a flood of signals does not put off the time limit" {
	start_pid1 --time-limit=3s bash -c 'trap "" HUP; echo ready; exec sleep 1000'
	await ready
	read -r -t "$AWAIT_SECONDS" < <(end_flood "$init" 1 1)
	await_end
	assert_status 124
}

# Its start is no copy of the stop signal that began the stage.
@test "the time limit furthers a stop plan within the first second of a stage" {
	start_pid1 --status-fd=2 --time-limit=300ms --stop=wait:1h,KILL sleep 1000
	await '"spawned"'
	outside TERM
	await_end
	assert_status 124
	told
	assert_output --partial "$(stage stop 1 null)"
	assert_output --partial "$(stage stop 2 SIGKILL)"
}

@test "a bad time is 125 and one line" {
	local time
	for time in '' 0 0ms -1 x 1x 1.5 25h 1d TERM:1 99999999999999999999; do
		refuses "--time-limit='$time'" --time-limit="$time" echo started
	done
}

@test "the time limit furthers a grace plan that runs" {
	run -124 cinit --time-limit=100ms --grace=wait:1h,KILL sh -c 'sleep 1000 & exit 0'
}

@test "the time limit ends --pause" {
	run -124 cinit --time-limit=50ms --pause
	run -124 pid1 --time-limit=50ms --pause
}

@test "the time limit counts while the payload's start takes long" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	run -124 cinit --time-limit=50ms --status-fd=2 --stdin="$BATS_TEST_TMPDIR/fifo" cat
	assert_output --partial 'before it could be executed'
	assert_line '{"event":"time_limit","signal":"SIGKILL"}'
	told
	assert_regex "$output" $'spawned [^\n]*\ntime_limit signal=SIGKILL\nexited'
}
