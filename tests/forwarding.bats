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

# Sent as soon as cinit has been executed, and blocked from before that, so that neither it nor the
# payload is ever without protection.
no_signal_is_lost_at_start() {
	local round
	with=(-b 10)
	for round in {1..25}; do
		"$@"
		outside USR1
		await '^got 10 '
	done
}

@test "a signal at the start is not lost" {
	no_signal_is_lost_at_start start_pid1 sigreport
}

@test "a signal at the start is not lost with --group" {
	no_signal_is_lost_at_start start_pid1 --group sigreport
	no_signal_is_lost_at_start start_cinit --group sigreport
}

@test "a signal at the start is not lost with --setsid" {
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
	eventually is_stopped "$payload"
	outside TERM
	await_end
	assert_status 143
}

# ---- values, order, what cannot be delivered ----

@test "real-time signals keep value, sender and order" {
	local value
	start_pid1 sigreport
	await ready
	kill -STOP "$init"
	eventually is_stopped "$init"
	for value in 3 1 2; do
		enter sig_send queue 1 40 -1 4711 "$value"
	done
	enter sig_send queue 1 35 -60 12 9
	kill -CONT "$init"
	await '^got 35 code -60 pid 12 value 9$'
	for value in 3 1 2; do
		await '^got 40 '
		[[ $line == "got 40 code -1 pid 4711 value $value" ]]
	done
}

@test "of two real-time signals that are held the first to come goes first" {
	# Each look reads where /proc is; the last one at the second signal takes longer than a signal is held.
	strace_options=(-e trace=readlinkat)
	traced 'readlinkat:delay_enter=200000:when=16' start_pid1 sigreport
	await ready
	kill -STOP "$init"
	eventually grep -q "stopped by SIGSTOP" "$trace"
	enter sig_send queue 1 35 -60 12 9
	enter sig_send queue 1 40 -1 4711 3
	kill -CONT "$init"
	await_all '^got 35 ' '^got 40 '
	assert_equal "$(grep -oE '^got (35|40)' <<<"$output" | tr '\n' ' ')" 'got 35 got 40 '
}

@test "a standard signal keeps value and sender too" {
	start_cinit sigreport -c
	await ready
	sig_send queue "$init" 10 -1 4711 -5
	await '^got 10 code -1 pid 4711 value -5$'
}

@test "--group: a signal's value reaches all of the process group" {
	start_pid1 --group sh -c 'sigreport & exec sigreport'
	await ready
	await ready
	sig_send pidfd-group "$(payload_pid)" 0 || skip 'needs Linux 6.9'
	sig_send queue "$init" 40 -1 0 7
	await '^got 40 code -1 pid 0 value 7$'
	await '^got 40 code -1 pid 0 value 7$'
}

# The queue is one for all processes of a user, and a full one costs others their siginfo: so cinit's
# share is small. The payload's is larger, so that cinit can always send on.
limit_queue() {
	prlimit --pid "$init" --sigpending=1000:
}

@test "100,000 queued signals arrive once each and in order" {
	start_pid1 sig_count 40 100000
	await ready
	limit_queue
	sig_send stream "$init" 40 1 100000
	await_end
	assert_output --partial 'all 100000 in order'
}

@test "100,000 queued signals arrive once each and in order, not PID 1" {
	start_cinit sig_count 40 100000
	await ready
	limit_queue
	sig_send stream "$init" 40 1 100000
	await_end
	assert_output --partial 'all 100000 in order'
}

@test "a payload whose queue is full gets the signal without its value" {
	start_pid1 prlimit --sigpending=0 sigreport -c
	await ready
	sig_send queue "$init" 40 -1 4711 5
	await '^got 40 code 0 pid 0 value 0$'
}

# A payload of another user, under a cinit that may not signal it.
start_without_cap_kill() {
	((EUID == 0)) || skip 'needs a second user'
	start_pid1_after 'set -- setpriv --bounding-set=-kill "$@"' "$@" \
		setpriv --reuid=1000 --clear-groups "$(type -P sig_disposition)" caught 15
	await ready
}

@test "a payload that may not be signalled ends nothing, and a line says why" {
	start_without_cap_kill --status-fd=1
	outside TERM
	await '^cinit: unable to send SIGTERM to the command: EPERM.*CAP_KILL'
	await '"SIGTERM".*"action":"failed"'
}

@test "a stage of a plan that may not signal the payload is one line that says why" {
	start_without_cap_kill --status-fd=1 --stop=INT:50ms,KILL
	outside TERM
	await '^cinit: unable to send SIGINT to the command: EPERM.*CAP_KILL'
	await '^cinit: unable to send SIGKILL to the command: EPERM.*CAP_KILL'
	assert_equal "$(grep -c '^cinit: ' <<<"$output")" 2
}

@test "SIGTERM ends a stopped payload" {
	start_pid1 sig_disposition default 15
	await ready
	kill -STOP "$(payload_pid)"
	eventually is_stopped "$(payload_pid)"
	outside TERM
	ended_by 15
}

# ---- not PID 1, without a terminal ----

@test "a signal to cinit's whole process group reaches the payload once" {
	local round
	for round in {1..10}; do
		start -- setsid "$CINIT" sigreport
		await ready
		kill -TERM -- "-$init"
		await '^got 15 '
		await '^got 18 '
		outside USR1
		await '^got 10 '
		assert_equal "$(grep -c '^got 15 ' <<<"$output")" 1
	done
}

@test "the payload dies with a cinit that gets SIGKILL" {
	start -k -- setsid "$CINIT" sigreport
	await ready
	local payload
	payload=$(payload_pid)
	outside KILL
	eventually gone "$payload"
}

@test "timeout --kill-after leaves no payload behind" {
	start -k -- timeout --kill-after=1h 1h "$CINIT" sh -c 'echo pid $$; exec sigreport'
	await '^pid ([0-9]+)'
	local payload=${BASH_REMATCH[1]}
	await ready
	time_is_up
	await '^got 15 '
	time_is_up
	eventually gone "$payload"
}

@test "a signal that --rewrite makes a stop signal does not wait for a start that takes long, one that is none any more does" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	start_cinit -r USR1:TERM --stdin="$BATS_TEST_TMPDIR/fifo" exitwith 42
	eventually payload_pid
	outside USR1
	await_end
	assert_status 137
	start_cinit -r HUP:URG --stdin="$BATS_TEST_TMPDIR/fifo" exitwith 42
	eventually payload_pid
	outside HUP
	sleep 0.3 # it looks at such signals ten times a second
	: <>"$BATS_TEST_TMPDIR/fifo"
	await_end
	assert_status 42
}

@test "a stop signal does not wait for a start that takes long; one that is ignored does" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	start_cinit --stdin="$BATS_TEST_TMPDIR/fifo" exitwith 42
	eventually grep -q . "/proc/$init/task/$init/children"
	outside TERM
	await_end
	assert_status 137
	assert_output 'cinit: the command was ended before it could be executed'
	with=(-i 15)
	start_cinit --stdin="$BATS_TEST_TMPDIR/fifo" exitwith 42
	eventually grep -q . "/proc/$init/task/$init/children"
	outside TERM
	sleep 0.3 # it looks at such signals ten times a second
	: <>"$BATS_TEST_TMPDIR/fifo"
	await_end
	assert_status 42
}
