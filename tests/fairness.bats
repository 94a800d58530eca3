# Nobody waits for ever: floods of signals, storms of orphans, full queues.
load helper

setup() {
	orphans='(orphans 300 300 </dev/null >/dev/null &); '
}

# flood PID SIG…: until that process ends.
flood() {
	exec {flood_fd}< <(exec end_flood "$@")
	read -r -t "$AWAIT_SECONDS" -u "$flood_fd" line
	assert_equal "$line" flood
}

flood_from_inside() {
	exec {flood_fd}< <(enter end_flood 1 "$@")
	read -r -t "$AWAIT_SECONDS" -u "$flood_fd" line
	assert_equal "$line" flood
}

only_payload_left() {
	[[ $(pgrep -c -P "$init") == 1 ]]
}

@test "a flood of SIGHUP from inside keeps neither orphans nor SIGTERM waiting" {
	start_pid1 bash -c "$orphans"'exec sig_disposition half 1'
	await ready
	flood_from_inside 1 1
	await 'dropped SIGHUP'
	eventually only_payload_left
	outside TERM
	ended_by 15
}

@test "a SIGHUP from inside every few milliseconds keeps neither orphans nor SIGTERM waiting" {
	start_pid1 bash -c "$orphans"'exec sig_disposition half 1'
	await ready
	exec {flood_fd}< <(enter bash -c 'while kill -HUP 1; do sleep 0.005; done' 2>&1)
	await 'dropped SIGHUP'
	eventually only_payload_left
	outside TERM
	ended_by 15
}

@test "a flood of a blocked signal from inside keeps neither orphans nor SIGTERM waiting" {
	start_pid1 bash -c "$orphans"'exec sig_disposition blocked 1'
	await ready
	flood_from_inside 1 1
	await '^pending 1$'
	eventually only_payload_left
	outside TERM
	ended_by 15
}

@test "a flood of SIGHUP from outside keeps neither orphans nor SIGTERM waiting" {
	# So slow that the next SIGHUP is there whenever it looks.
	traced rt_sigtimedwait:delay_exit=1000 start_pid1 \
		bash -c "$orphans"'trap "" HUP; echo ready; exec sleep 1000'
	await ready
	flood "$init" 1 1
	eventually only_payload_left
	outside TERM
	ended_by 15
}

@test "a flood of SIGHUP leaves real-time signals in their order" {
	start_pid1 bash -c 'trap "" HUP; exec sig_count 40 2000'
	await ready
	flood "$init" 1 1
	prlimit --pid "$init" --sigpending=1000:
	sig_send stream "$init" 40 1 2000
	await_end
	assert_output --partial 'all 2000 in order'
}

@test "a payload whose queue is full gets SIGTERM while real-time signals fail" {
	local spinners=() i
	for i in 1 2 3 4; do
		timeout 20 bash -c 'while :; do :; done' &
		spinners+=($!)
	done
	start_cinit prlimit --sigpending=0 sig_disposition blocked 40
	await ready
	sig_send stream "$init" 40 1 100
	outside TERM
	local result=0
	ended_by 15 || result=$?
	kill "${spinners[@]}"
	((result == 0))
}
