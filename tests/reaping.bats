load helper

# As PID 1 and as an ordinary process: orphans are cinit's to reap in both.
orphans_vanish() {
	start_pid1 orphans "$@"
	await '^done$'
	eventually no_zombies
	start_cinit orphans "$@"
	await '^done$'
	eventually no_zombies
}

@test "orphans that were dead already are reaped" {
	orphans_vanish 50
}

@test "orphans that die later are reaped" {
	orphans_vanish 20 100
}

@test "a thousand orphans at once leave no zombie" {
	orphans_vanish 1000
}

@test "orphans that die one after the other are reaped" {
	start_pid1 sh -c 'for i in $(seq 20); do (sleep 0.01 &); done; echo done; cat'
	await '^done$'
	eventually no_zombies
}

@test "not PID 1: cinit adopts the orphans of the payload" {
	start_cinit sh -c '(sleep 1000 & echo $!); cat'
	await '^[0-9]+$'
	is_adopted() {
		[[ $(ps -o ppid= -p "$line") -eq $init ]]
	}
	eventually is_adopted
}

@test "--warn-orphans: each orphan, and how it ended" {
	start_pid1 --warn-orphans sh -c '(sh -c "exit 3" & sh -c "kill -KILL \$\$" &); cat'
	await_all 'reaped orphan [0-9]+, exit code 3$' 'reaped orphan [0-9]+, killed by SIGKILL$'
}

@test "a child that asks its parent to trace it goes on untraced" {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" traced sh -c 'exit 7'
		assert_status 7
		assert_output 'took 10'
	done
}

@test "the payload's status is not mistaken in a storm of orphans" {
	local round mode
	for round in {1..20}; do
		for mode in cinit pid1; do
			run $mode sh -c 'orphans 100 </dev/null >/dev/null; exit 7'
			assert_status 7
		done
	done
}

@test "an end of the payload that comes with its orphans' is not lost" {
	local round mode
	for round in {1..20}; do
		for mode in cinit pid1; do
			run $mode --grace=0 sh -c '(exitwith 1 & exitwith 2 &); exec exitwith 7'
			assert_status 7
		done
	done
}

@test "children from before cinit are not taken for the payload" {
	local mode
	for mode in '' -p; do
		run launch $mode -- bash -c "exitwith 9 & exitwith 8 & exec '$CINIT' exitwith 7"
		assert_status 7
	done
}

@test "children from before cinit are reaped" {
	start -p -- bash -c "
		for i in {1..5}; do exitwith 9 & done
		exec '$CINIT' sigreport"
	await ready
	eventually no_zombies
}

@test "SIGCHLD ignored at the start does not hang it" {
	with=(-i 17)
	run pid1 exitwith 7
	assert_status 7
	run cinit exitwith 7
	assert_status 7
}

@test "SIGCHLD ignored at the start leaves no zombie" {
	with=(-i 17)
	orphans_vanish 50
}

@test "SIGCHLD blocked at the start does not hang it" {
	with=(-b 17)
	run pid1 exitwith 7
	assert_status 7
	run cinit exitwith 7
	assert_status 7
}

@test "a SIGCHLD that a user sent disturbs nothing" {
	start_pid1 sigreport
	await ready
	outside CHLD
	inside CHLD
	tell 'exit 7'
	await_end
	assert_status 7
}

@test "a stopped payload has not ended" {
	start_pid1 sigreport
	await ready
	local payload
	payload=$(payload_pid)
	kill -STOP "$payload"
	eventually is_stopped "$payload"
	kill -CONT "$payload"
	tell 'exit 7'
	await_end
	assert_status 7
}

@test "a payload whose first thread ends before the others" {
	local mode
	for mode in cinit pid1; do
		run $mode lastthread 7
		assert_status 7
	done
}

# statuses N COMMAND…: the statuses of N runs as PID 1, each with its number of times.
statuses() {
	local i
	for ((i = 0; i < $1; i++)); do
		pid1 "${@:2}" && echo 0 || echo $?
	done | sort | uniq -c
}

@test "an exit by a thread that is not the first is the status, always" {
	run statuses 300 worker exit 7
	assert_output --regexp '^ *300 7$'
}

@test "a fault in a thread that is not the first is the status, always" {
	run statuses 100 worker fault
	assert_output --regexp '^ *100 139$'
}

@test "a payload whose second thread becomes another program keeps its status" {
	run statuses 50 worker exec exitwith 7
	assert_output --regexp '^ *50 7$'
}

@test "a payload that becomes another program keeps its status" {
	run pid1 sh -c 'exec sh -c "exec exitwith 7"'
	assert_status 7
}
