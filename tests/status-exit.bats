load helper

# All but CHLD, CONT, URG, WINCH, which do nothing, and STOP, TSTP, TTIN, TTOU, which stop.
killing=({1..16} {24..27} {29..64})

@test "every exit code is the payload's" {
	local code
	for code in {0..255}; do
		run "-$code" pid1 exitwith "$code"
	done
}

@test "every exit code is the payload's when not PID 1" {
	local code
	for code in {0..255}; do
		run "-$code" cinit exitwith "$code"
	done
}

@test "PID 1 exits with 128+n when signal n killed the payload" {
	with=(-r)
	local sig
	for sig in "${killing[@]}"; do
		run pid1 exitwith signal "$sig"
		assert_line "exited $((128 + sig))"
	done
}

@test "not PID 1 dies by the signal that killed the payload" {
	with=(-r)
	local sig
	for sig in "${killing[@]}"; do
		run cinit exitwith signal "$sig"
		assert_line "killed $sig"
	done
}

@test "not PID 1 dies by the signal even when that was blocked and ignored at its start" {
	with=(-r -i 15 -b 15)
	run cinit exitwith signal 15
	assert_line 'killed 15'
	with=(-r -i 34 -b 34)
	run cinit exitwith signal 34
	assert_line 'killed 34'
}

@test "a payload with a real fault" {
	with=(-r)
	run cinit exitwith fault
	assert_line 'killed 11'
	run pid1 exitwith fault
	assert_line 'exited 139'
}

@test "dying by the payload's signal leaves no core file of cinit" {
	cd "$BATS_TEST_TMPDIR"
	ulimit -c unlimited 2>/dev/null || ulimit -c "$(ulimit -H -c)"
	run cinit exitwith signal 6
	run ls -d core*
	assert_failure
}

@test "a payload killed from outside" {
	start_pid1 sigreport
	await ready
	kill -KILL "$(payload_pid)"
	await_end
	assert_status 137
}

@test "a payload that a forwarded signal kills" {
	start_pid1 sh -c 'echo ready; exec sleep 1000'
	await ready
	outside TERM
	await_end
	assert_status 143
}

@test "cinit in cinit in cinit hands the status on" {
	run pid1 "$CINIT" "$CINIT" exitwith 7
	assert_status 7
	with=(-r)
	run cinit "$CINIT" "$CINIT" exitwith signal 34
	assert_line 'killed 34'
	run pid1 "$CINIT" "$CINIT" exitwith signal 9
	assert_line 'exited 137'
}

@test "--expect makes an exit code count as 0" {
	run pid1 --expect=143 --expect=3,4 exitwith signal 15
	assert_status 0
	run pid1 --expect=143 --expect=3,4 exitwith 4
	assert_status 0
	run pid1 --expect=143 --expect=3,4 exitwith 5
	assert_status 5
	run cinit --expect=143 exitwith signal 15
	assert_status 0
}
