load helper

# All that can be delivered: cinit cannot see KILL and STOP, and CHLD is its own.
forwardable=({1..8} {10..16} 18 {20..64})

every_signal_arrives() {
	local sig
	await ready
	for sig in "${forwardable[@]}"; do
		outside "$sig"
		await "^got $sig code "
	done
	tell 'exit 7'
	await_end
	assert_status 7
}

@test "every signal from outside reaches a payload that waits for it" {
	start_pid1 sigreport
	every_signal_arrives
}

@test "every signal from outside reaches a payload that catches it" {
	start_pid1 sigreport -c
	every_signal_arrives
}

@test "every signal reaches the payload when not PID 1" {
	start_cinit sigreport
	every_signal_arrives
	start_cinit sigreport -c
	every_signal_arrives
}

@test "every signal reaches the payload's process group" {
	start_pid1 --group sigreport
	every_signal_arrives
	start_cinit --group sigreport
	every_signal_arrives
}

@test "every signal reaches the payload's session" {
	start_pid1 --setsid sigreport
	every_signal_arrives
}

@test "--group delivers to all of the process group, the default to the payload alone" {
	local group
	group='trap "echo leader" TERM; sh -c "trap \"echo member; exit\" TERM; echo ready; while :; do sleep 0.01; done" & wait; wait; echo end'
	start_pid1 --group sh -c "$group"
	await ready
	outside TERM
	await member
	start_pid1 sh -c "$group"
	await ready
	outside TERM
	await leader
	hang_up
	kill -KILL "$init"
	await_end
	refute_output --partial member
}

@test "a real-time signal keeps its value" {
	start_pid1 sigreport
	await ready
	python3 - "$init" <<-'END'
		import ctypes, signal, sys
		libc = ctypes.CDLL(None, use_errno=True)
		for value in 1, 2, 3:
		    if libc.sigqueue(int(sys.argv[1]), signal.SIGRTMIN, ctypes.c_void_p(value)):
		        raise OSError(ctypes.get_errno(), "sigqueue")
	END
	await '^got 34 code -1 pid 0 value 1$'
	await '^got 34 code -1 pid 0 value 2$'
	await '^got 34 code -1 pid 0 value 3$'
}

@test "a signal sent again and again arrives again and again" {
	start_pid1 sigreport
	await ready
	local round
	for round in {1..50}; do
		outside USR1
		await '^got 10 '
	done
}

# Sent as soon as cinit has been executed. The first moments, before it has blocked all signals, are
# beyond its power: a signal that it is seen to hold blocked must arrive.
no_signal_is_lost_at_start() {
	local round blocked
	for round in {1..25}; do
		"$@"
		until [[ $blocked == *[^0]* ]]; do
			blocked=$(sed -n 's/^SigBlk:\t//p' "/proc/$init/status")
		done
		outside USR1
		await '^got 10 '
		blocked=
	done
}

@test "a signal at the start is not lost" {
	# Blocked from before cinit, so that neither it nor the payload is ever without protection.
	with=(-b 10)
	no_signal_is_lost_at_start start_pid1 sigreport
}

@test "a signal at the start is not lost with --group" {
	with=(-b 10)
	no_signal_is_lost_at_start start_pid1 --group sigreport
	no_signal_is_lost_at_start start_cinit --group sigreport
}

@test "a signal at the start is not lost with --setsid" {
	with=(-b 10)
	no_signal_is_lost_at_start start_pid1 --setsid sigreport
}

# Sent by another process: what a process sends itself is its own affair.
@test "a signal that was pending before cinit was executed reaches the payload" {
	start -b 10 -- bash -c '(kill -USR1 $$; :); exec "$@"' - "$CINIT" sigreport
	await '^got 10 '
}

@test "a stream of signals during the start and the end changes no status" {
	local round sender
	for round in {1..20}; do
		start_pid1 exitwith 7
		while kill -USR2 "$init"; do :; done 2>/dev/null &
		sender=$!
		await_end
		wait "$sender" || true
		# Either the payload got one before it exited, or it did not.
		[[ $status == 7 || $status == 140 ]] || fail "status $status"
	done
}

@test "TERM reaches a stopped payload" {
	start_pid1 sh -c 'echo ready; kill -STOP $$; echo continued; sleep 1000'
	await ready
	local payload
	payload=$(payload_pid)
	is_stopped() {
		[[ $(ps -o state= -p "$payload") == T ]]
	}
	eventually is_stopped
	outside TERM
	await_end
	assert_status 143
}
