# Every test is a subshell.
# shellcheck disable=SC2030,SC2031
load helper

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
	start -p -- bash -c 'exitwith 1 & exitwith 2 & exec "$@"' - "$CINIT" --pause
	enter bash -c '(exitwith 3 &); (sleep 0.01 &)'
	childless() {
		[[ ! $(payload_pid) ]]
	}
	eventually childless
	outside TERM
	await_end
	assert_status 0
}

@test "--pause: who is there at the end gets the grace plan" {
	start -p -b 15 -- bash -c 'end_daemon -c; exec "$@"' - "$CINIT" --pause
	await '^daemon'
	outside TERM
	await '^cleaned up$'
	await_end
	assert_status 0
}

@test "--pause takes no command" {
	refuses "'true'" --pause true
}

@test "--pause with --inside=drop does not end by a signal from inside" {
	start_pid1 --status-fd=1 --pause --inside=drop
	await '"hello"'
	inside TERM
	await '"origin":"inside".*"action":"dropped"'
	outside TERM
	await_end
	assert_status 0
}
