# Every test is a subshell.
# shellcheck disable=SC2030,SC2031
load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# transparent ARGS…: `report ARGS…` says the same with cinit as without, as PID 1 and not. The
# process group is the terminal's business, and pids differ.
transparent() {
	local mode what='^(pid|ppid|pgid|sid|tpgid) '
	for mode in '' -p; do
		launch $mode "${with[@]}" -- report -o "$BATS_TEST_TMPDIR/without" "$@"
		launch $mode "${with[@]}" -- "$CINIT" report -o "$BATS_TEST_TMPDIR/with" "$@"
		run diff <(grep -Ev "$what" without) <(grep -Ev "$what" with | sed "s,^argv .*/with$,argv $PWD/without,")
		assert_success
	done
}

# Of what it has inherited cinit holds the standard fds alone.
holds_only_its_own() {
	local fd
	for fd in "/proc/$init/fd"/*; do
		[[ -L $fd ]] || continue
		((${fd##*/} < 3)) || return
	done
}

is_in_root() {
	[[ $(readlink "/proc/$init/cwd") == / ]]
}

@test "a plain start" {
	transparent
}

@test "odd arguments" {
	transparent '' ' ' $'a\nb' $'\xff\xfe' -- --help "$(printf '%.0sx' {1..10000})"
}

@test "every signal blocked" {
	# shellcheck disable=SC2046
	with=($(printf -- '-b %d ' {1..64}))
	transparent
}

@test "every signal ignored" {
	# shellcheck disable=SC2046
	with=($(printf -- '-i %d ' {1..64}))
	transparent
}

@test "each signal ignored or blocked alone" {
	local sig
	for sig in 1 2 3 13 15 17 18 20 21 22 28 31 {32..36} 63 64; do
		with=(-i "$sig" -b "$((65 - sig))")
		transparent
	done
}

@test "signals 32 to 34 ignored and blocked" {
	with=(-i 32 -i 33 -i 34 -b 32 -b 33 -b 34)
	transparent
}

@test "SIGCHLD ignored" {
	with=(-i 17)
	transparent
}

@test "SIGCHLD blocked" {
	with=(-b 17)
	transparent
}

@test "SIGPIPE ignored" {
	with=(-i 13)
	transparent
}

@test "each of the fds 0 to 2 closed stays closed" {
	local closed
	for closed in '-c 0' '-c 1' '-c 2' '-c 0 -c 1' '-c 0 -c 2' '-c 1 -c 2' '-c 0 -c 1 -c 2'; do
		# shellcheck disable=SC2206
		with=($closed)
		transparent
		grep '^fds' with
	done
}

@test "further fds are inherited" {
	with=(-n 3 -n 5 -n 200)
	transparent 3</dev/null 5</dev/null 200</dev/null
	assert_equal "$(grep ^fds with)" 'fds 0 1 2 3 5 200'
}

@test "further fds are inherited when the fds 0 to 2 are closed" {
	with=(-n 3 -n 4 -c 0 -c 1 -c 2)
	transparent 3</dev/null 4</dev/null
	assert_equal "$(grep ^fds with)" 'fds 3 4'
}

@test "an inherited fd is the same open file" {
	with=(-n 7)
	seq 100 >numbers
	run cinit sh -c 'read x <&7; echo $x' 7<numbers
	assert_output 1
}

@test "the environment" {
	run env -i A=1 "B=$(printf 'x\ny')" C= "$(command -v launch)" -- "$CINIT" "$(command -v report)"
	assert_equal "$(grep -A1 '^env' <<<"$output")" "$(printf 'env A=1\nenv B=x\ny\nenv C=')"
}

@test "an empty environment" {
	run env -i "$(command -v launch)" -- "$CINIT" "$(command -v report)"
	assert_success
	refute_output --partial 'env '
}

@test "variables that look like options of cinit" {
	export TINI_SUBREAPER=1 DUMB_INIT_SETSID=1
	transparent
}

@test "the working directory" {
	mkdir -p deep/er
	cd deep/er
	run cinit pwd
	assert_output "$PWD"
}

@test "a working directory that has been removed" {
	mkdir gone
	run cinit sh -c "cd gone; rmdir ../gone; exec '$CINIT' report"
	assert_success
	assert_line --partial 'cwd'
}

@test "a command relative to the working directory" {
	mkdir bin
	ln -s "$(command -v exitwith)" bin/mine
	run pid1 bin/mine 5
	assert_status 5
}

@test "resource limits" {
	with=(-l nofile=64 -l core=0 -l stack=1048576 -l sigpending=7 -l data=100000000)
	transparent
}

@test "umask and niceness" {
	umask 027
	run nice -n 5 launch -- "$CINIT" report
	assert_line 'umask 027'
	assert_line "nice $(($(nice) + 5))"
}

@test "cinit's own working directory is /" {
	start_pid1 sigreport
	await ready
	eventually is_in_root
	start_cinit sigreport
	await ready
	eventually is_in_root
}

@test "cinit holds no fd above 2" {
	with=(-n 3 -n 5 -n 200)
	local start
	for start in start_pid1 start_cinit; do
		$start sigreport 3</dev/null 5</dev/null 200</dev/null
		await ready
		eventually holds_only_its_own
	done
}

@test "a pipe's write end that the payload has closed reaches its end of file" {
	mkfifo pipe
	exec {pipe}<>pipe 5>pipe 6<pipe {pipe}>&-
	with=(-n 5)
	start_pid1 sh -c 'exec 5>&-; echo closed; cat'
	exec 5>&-
	await closed
	run -0 timeout "$AWAIT_SECONDS" cat <&6
	exec 6<&-
}

@test "a pipe's read end that the payload has closed breaks the pipe" {
	mkfifo pipe
	exec {pipe}<>pipe 5<pipe 6>pipe {pipe}>&-
	with=(-n 5)
	start_pid1 sh -c 'exec 5<&-; echo closed; cat'
	exec 5<&-
	await closed
	run -141 timeout "$AWAIT_SECONDS" bash -c 'trap - PIPE; echo >&6'
	exec 6>&-
}

# ---- pids in the environment ----

# in_environment LAUNCH_OPTION… -- COMMAND…: COMMAND under cinit, whose own pid is in the variables.
in_environment() {
	local options=()
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	"${launcher[@]}" "${options[@]}" -- bash -c 'export LISTEN_PID=$$ WATCHDOG_PID=$$ LISTEN_PIDFDID=1234 \
		LISTEN_FDS=2 LISTEN_FDNAMES=a:b WATCHDOG_USEC=5 OTHER_PID=$$; exec "$@"' - "$CINIT" "${@:2}"
}

variables='echo $LISTEN_PID $WATCHDOG_PID ${LISTEN_PIDFDID-none} $LISTEN_FDS $LISTEN_FDNAMES $WATCHDOG_USEC $$'

assert_renamed() {
	local pid=${output##* }
	[[ $pid =~ ^[0-9]+$ ]] || fail "$output"
	assert_output "$pid $pid none 2 a:b 5 $pid"
}

@test "LISTEN_PID and WATCHDOG_PID that named cinit name the payload, LISTEN_PIDFDID is gone" {
	launcher=(run launch)
	in_environment -- sh -c "$variables"
	assert_renamed
	in_environment -p -- sh -c "$variables"
	assert_renamed
}

@test "they do when /bin/sh runs a script without #!" {
	launcher=(run launch)
	echo "$variables" >"$BATS_TEST_TMPDIR/script"
	chmod +x "$BATS_TEST_TMPDIR/script"
	in_environment -- "$BATS_TEST_TMPDIR/script"
	assert_renamed
}

@test "they do when CLONE_VM is refused" {
	launcher=(start)
	traced clone:error=EPERM:when=1 in_environment -- sh -c "$variables"
	await_end
	grep -q 'INJECTED' "$trace"
	assert_renamed
}

@test "they do with --group, and cinit's own are as they were" {
	launcher=(start)
	in_environment -- --group sh -c "$variables; cat"
	await ' a:b '
	output=$line
	assert_renamed
	assert_equal "$(tr '\0' '\n' <"/proc/$init/environ" | grep -E '^LISTEN_PID=')" "LISTEN_PID=$init"
}

@test "pids that named somebody else stay" {
	LISTEN_PID=1234 WATCHDOG_PID=1234 OTHER_PID=1 run cinit env
	assert_line LISTEN_PID=1234
	assert_line WATCHDOG_PID=1234
	LISTEN_PID='' WATCHDOG_PID=0 XLISTEN_PID=1 LISTEN_PIDS=1 run pid1 env
	assert_line LISTEN_PID=
	assert_line WATCHDOG_PID=0
	assert_line XLISTEN_PID=1
	assert_line LISTEN_PIDS=1
	LISTEN_PID=10 WATCHDOG_PID=1x run pid1 env
	assert_line LISTEN_PID=10
	assert_line WATCHDOG_PID=1x
}
