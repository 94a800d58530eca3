# Every test is a subshell.
# shellcheck disable=SC2030,SC2031
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

@test "not PID 1: dies by the payload's signal without a core file" {
	# A shell's background job, as the tests may be one, ignores SIGQUIT.
	run python3 -c '
import os, resource, signal, sys
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
for sig in 1, 3, 6, 11, 15, 40:
    payload = ["sh", "-c", f"ulimit -c 0; kill -{sig} $$"]
    pid = os.spawnvp(os.P_NOWAIT, sys.argv[1], [*sys.argv[1:], *payload])
    status = os.waitpid(pid, 0)[1]
    print(os.WTERMSIG(status), os.WCOREDUMP(status))' "$CINIT"
	assert_output "$(printf '%s False\n' 1 3 6 11 15 40)"
}

# ---- --expect ----

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
		refuses "--expect='$codes'" --expect="$codes" echo started
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

# ---- what is told of the end ----

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

# By cinit, 5 ms after the start.
count_read() {
	local group=/proc/$init/root/sys/fs/cgroup
	[[ ! -N $group/memory.events || ! -N $group/memory/memory.oom_control ]]
}

# oom_kill_rises COMMAND: the payload ends by COMMAND then. The counter stands in place of the real one:
# any user can test this.
oom_kill_rises() {
	start -p -- sh -c 'mount -t tmpfs none /sys/fs/cgroup && cd /sys/fs/cgroup && mkdir memory &&
		echo "oom_kill 4" | tee memory.events >memory/memory.oom_control &&
		touch -a -d @1 memory.events memory/memory.oom_control &&
		touch -m -d @2 memory.events memory/memory.oom_control && exec "$@"' - \
		"$CINIT" --status-fd=2 sh -c 'echo ready; read line
		echo "oom_kill 6" | tee memory.events >memory/memory.oom_control; eval "$line"'
	await ready
	eventually count_read
	tell "$1"
	await_end
}

@test "a rise of the cgroup's oom_kill count is told with the counts" {
	oom_kill_rises 'kill -KILL $$'
	assert_status 137
	assert_line --regexp '^cinit: the command was killed .*memory .* 4 to 6.*'
	told
	assert_line 'exited signal=SIGKILL core=false oom=true'
}

@test "a rise of the count while the payload ends by itself was a process below it" {
	oom_kill_rises 'exit 5'
	assert_status 5
	assert_line --regexp '^cinit: a process below the command was killed .*memory .* 4 to 6.*'
	told
	assert_line 'exited code=5 core=false oom=true'
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
