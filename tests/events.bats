# Every test is a subshell.
# shellcheck disable=SC2030,SC2031
load helper

# ---- what is told ----

@test "hello: version, pid, and whether that is PID 1's" {
	run pid1 --status-fd=2 true
	told
	assert_line --index 0 --regexp '^hello version=[0-9.]+ pid=1 pid1=true$'
	start_cinit --status-fd=2 true
	local pid=$init
	await_end
	told
	assert_line --index 0 --regexp "^hello version=[0-9.]+ pid=$pid pid1=false\$"
}

@test "spawned: pid, start time and where fds 0 to 2 lead" {
	local start payload
	for start in "${starts[@]}"; do
		"$start" --status-fd=2 sh -c 'echo $$ $(cut -d " " -f 22 /proc/$$/stat); read line; exit 7'
		await '^[0-9]+ [0-9]+$'
		payload=$line
		[[ $output == *spawned* ]] || await spawned
		told
		assert_line --regexp "^spawned pid=${payload% *} start_time=${payload#* } fds=\\[\"/.*/in\",\"/.*/out\",\"/.*/out\"\\]$"
	done
}

@test "spawned: the start time is known even if the payload has ended" {
	local mode round
	for mode in "${modes[@]}"; do
		for round in {1..3}; do
			run "$mode" --status-fd=2 exitwith 7
			told
			refute_line --partial start_time=0
		done
	done
}

@test "spawned: fds are told as they were before the payload changed them" {
	run cinit --status-fd=2 sh -c 'exec 0</dev/zero 1>/dev/full; exit 7' </dev/null
	told
	assert_line --regexp 'fds=\["/dev/null","pipe:\[[0-9]+\]","pipe:\[[0-9]+\]"\]$'
}

@test "spawned: a file that the payload gets in an fd's place is told of, as it was named" {
	local file=$BATS_TEST_TMPDIR/out
	run cinit --status-fd=2 --stdout="$file" true
	told
	assert_line --regexp "^spawned .* fds=\\[\".*\",\"$file\",\".*\"\\]$"
	run cinit --status-fd=2 --stderr=@stdout true
	told
	assert_line --regexp '"(.*)","\1"\]$'
}

@test "spawned: an fd that came closed is null" {
	with=(-c 0 -c 1)
	run cinit --status-fd=2 true
	told
	assert_line --partial 'fds=[null,null,"'
}

@test "events come in the order of what happens" {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" --status-fd=2 sh -c 'end_daemon -c; exit 7'
		told
		assert_equal "$(sed 's/ .*//; /^reaped$/d' <<<"$output" | xargs)" 'hello spawned exited left stage done'
	done
}

@test "exited and done: a code" {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" --status-fd=2 --expect=7 exitwith 7
		told
		assert_line --index 2 'exited code=7 core=false oom=false'
		assert_line --index 3 'done status=0'
	done
}

@test "exited and done: a signal" {
	local mode sig
	for mode in "${modes[@]}"; do
		for sig in 15:SIGTERM 32:SIG32 37:SIGRTMIN+3; do
			run "$mode" --status-fd=2 sh -c "kill -${sig%:*} \$\$"
			told
			assert_line --index 2 "exited signal=${sig#*:} core=false oom=false"
			assert_line --index 3 "done status=$((128 + ${sig%:*}))"
		done
	done
}

@test "exec_failed: step, errno and message; done follows" {
	local mode
	for mode in "${modes[@]}"; do
		run -127 --separate-stderr "$mode" --status-fd=1 ./no-such-command
		[[ $stderr == cinit:\ * ]]
		told
		assert_line --index 1 "exec_failed step=exec errno=ENOENT message=${stderr#cinit: }"
		assert_line --index 2 'done status=127'
		assert_equal "${#lines[@]}" 3
		run "$mode" --status-fd=2 /
		assert_status 126
		told
		assert_line --regexp '^exec_failed step=exec errno=EACCES '
	done
}

@test "exec_failed: no process to be had" {
	strace_options=(-f)
	traced 'clone:error=EAGAIN' start_cinit --status-fd=2 exitwith 7
	await_end
	assert_status 125
	told
	assert_line --regexp '^exec_failed step=clone errno=EAGAIN '
	assert_line 'done status=125'
}

@test "signal: name, origin, sender, action" {
	start_pid1 --status-fd=2 --rewrite=HUP:USR1 --rewrite=WINCH:0 sigreport
	await ready
	outside USR2
	await '"SIGUSR2"'
	outside HUP
	await '"SIGHUP"'
	outside WINCH
	await '"SIGWINCH"'
	inside USR1
	await '"SIGUSR1".*"delivered"'
	told
	assert_line 'signal name=SIGUSR2 origin=outside sender=0 action=delivered'
	assert_line 'signal name=SIGHUP origin=outside sender=0 action=delivered'
	assert_line 'signal name=SIGWINCH origin=outside sender=0 action=dropped'
	assert_line --regexp '^signal name=SIGUSR1 origin=inside sender=[1-9][0-9]* action=held$'
	assert_line --regexp '^signal name=SIGUSR1 origin=inside sender=[1-9][0-9]* action=delivered$'
}

@test "signal: not PID 1 all are from outside, and the sender is known" {
	start_cinit --status-fd=2 sigreport
	await ready
	outside USR2
	await '"SIGUSR2"'
	told
	assert_line "signal name=SIGUSR2 origin=outside sender=$BASHPID action=delivered"
}

@test "signal: dropped by the rule for those from inside" {
	start_pid1 --status-fd=2 sh -c 'echo ready; read line'
	await ready
	inside USR1
	await '"SIGUSR1".*"dropped"'
	told
	assert_line --regexp '^signal name=SIGUSR1 origin=inside sender=[1-9][0-9]* action=dropped$'
}

@test "signal: it begins and furthers a plan" {
	start_pid1 --status-fd=2 --stop=wait:1m,INT sigreport
	await ready
	outside TERM
	await '"SIGTERM".*"stage"'
	pass_guard
	outside TERM
	await '"stage":2'
	await '"SIGTERM".*"stage"'
	told
	assert_line 'stage plan=stop stage=1 signal=null'
	assert_line 'stage plan=stop stage=2 signal=SIGINT'
}

@test "signal: it ends --pause" {
	with=(-b 15)
	start_pid1 --pause --status-fd=2
	outside TERM
	await_end
	told
	assert_line --index 1 'signal name=SIGTERM origin=outside sender=0 action=stage'
	assert_line --index 2 'done status=0'
}

@test "signal: failed" {
	traced 'pidfd_send_signal,kill,rt_sigqueueinfo:error=EPERM' start_pid1 --status-fd=2 sigreport
	await ready
	outside USR1
	await '"SIGUSR1"'
	told
	assert_line 'signal name=SIGUSR1 origin=outside sender=0 action=failed'
}

@test "reaped: orphans" {
	local start
	for start in "${starts[@]}"; do
		"$start" --status-fd=2 sh -c '(exitwith 3 &); (sh -c "kill -KILL \$\$" &); read line'
		await '"reaped"'
		await '"reaped"'
		told
		assert_line --regexp '^reaped pid=[1-9][0-9]* code=3$'
		assert_line --regexp '^reaped pid=[1-9][0-9]* signal=SIGKILL$'
	done
}

@test "left: how many, those that have a parent among them" {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" --status-fd=2 sh -c '(sh -c "sleep 1000 & echo ready; wait" &) | read ready
			end_daemon; exit 7'
		told
		assert_line 'left count=3'
	done
}

@test "each event is one write" {
	strace_options=(-s 4096)
	traced - start_pid1 --status-fd=2 exitwith 7
	await_end
	told
	assert_equal "${#lines[@]}" 4
	run grep -E '^(writev?|pwritev2)\(.* = [0-9]+$' "$trace"
	assert_equal "${#lines[@]}" 4
}

# ---- texts ----

@test "names that are not UTF-8, or need quotes, make valid JSON" {
	local name=$'\xff\xfe a\xc3 \xc0\xaf \xed\xa0\x80 \xf5\x80\x80\x80 \xf4\x90\x80\x80 ä€😀 "\\\b\t\n\x7f\x01\xe2\x82'
	local file=$BATS_TEST_TMPDIR/$name
	: >"$file"
	run cinit --status-fd=2 true <"$file"
	run python3 -c 'import json, sys
event = json.loads(sys.stdin.buffer.readlines()[1].decode())
sys.stdout.buffer.write(event["fds"][0].encode(errors="surrogateescape"))' <<<"$output"
	assert_equal "$output" "$file"
}

@test "a text that is too long is cut, and the line stays valid JSON" {
	local dir=$BATS_TEST_TMPDIR part
	cd "$dir"
	for part in {1..15}; do
		mkdir "$(printf '\xff%.0s' {1..250})"
		cd "$(printf '\xff%.0s' {1..250})"
	done
	: >file
	with=(-n 9)
	run cinit --status-fd=9 true <file 9>"$dir/events"
	run cat "$dir/events"
	told
	assert_line --partial 'spawned pid='
}

# ---- where it goes ----

@test "the payload does not inherit N" {
	local mode
	with=(-n 9)
	for mode in "${modes[@]}"; do
		run "$mode" --status-fd=9 report 9>"$BATS_TEST_TMPDIR/events"
		assert_line 'fds 0 1 2'
		run cat "$BATS_TEST_TMPDIR/events"
		told
		assert_line 'done status=0'
	done
}

@test "events are appended to what the file holds by then" {
	with=(-n 9)
	{
		echo before >&9
		run cinit --status-fd=9 true
		echo after >&9
	} 9>"$BATS_TEST_TMPDIR/events"
	run cat "$BATS_TEST_TMPDIR/events"
	assert_line --index 0 before
	assert_line --index 4 '{"event":"done","status":0}'
	assert_line --index 5 after
}

@test "a bad N is 125 and one line" {
	local fd
	for fd in 9 -1 '' x 3x 0x3 ' 3' 1.0 99999999999999999999 2147483648; do
		refuses "'$fd'" --status-fd="$fd" echo started
	done
	refuses "'0'" --status-fd=0 echo started </dev/null
}

# fill PIPE: no byte more goes in.
fill() {
	python3 -c 'import os, sys
pipe = os.open(sys.argv[1], os.O_RDWR | os.O_NONBLOCK)
for size in 65536, 1:
    try:
        while os.write(pipe, b"x" * size): pass
    except BlockingIOError: pass' "$1"
}

@test "a full pipe does not block" {
	local mode pipe
	with=(-n 9)
	for mode in "${modes[@]}"; do
		pipe=$BATS_TEST_TMPDIR/$mode
		mkfifo "$pipe"
		exec 9<>"$pipe"
		fill "$pipe"
		run "$mode" --status-fd=9 sh -c 'end_daemon -c; exit 7' 9<>"$pipe"
		exec 9>&-
		assert_status 7
		assert_line 'cleaned up'
	done
}

# A FIFO knows no RWF_NOWAIT, and others may take the room that poll(2) has found.
@test "a FIFO is written to by an open file that cannot block" {
	local pipe=$BATS_TEST_TMPDIR/pipe
	with=(-n 9)
	mkfifo "$pipe"
	exec 9<>"$pipe"
	traced - start_cinit --status-fd=9 exitwith 7
	await_end
	exec 9>&-
	assert_status 7
	run -0 grep -E 'openat\(.*"/proc/self/fd/9", .*O_NONBLOCK' "$trace"
	run -1 grep '^write(9,' "$trace"
}

# Without /proc. SIGSEGV and its like are the ones that are not blocked.
@test "a full FIFO does not block when a sent SIGSEGV cuts short the look for room" {
	local start pipe
	with=(-n 9) strace_options=(-e inject=openat:error=ENOENT)
	for start in "${starts[@]}"; do
		pipe=$BATS_TEST_TMPDIR/$start
		mkfifo "$pipe"
		exec 9<>"$pipe"
		fill "$pipe"
		traced ppoll:error=EINTR "$start" --status-fd=9 exitwith 7
		await_end
		exec 9>&-
		assert_status 7
	done
}

@test "a pipe that blocks stays a pipe that blocks" {
	with=(-n 9)
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	exec 9<>"$BATS_TEST_TMPDIR/pipe"
	run cinit --status-fd=9 true 9<>"$BATS_TEST_TMPDIR/pipe"
	run python3 -c 'import os; print(os.get_blocking(9))'
	exec 9>&-
	assert_output True
}

@test "a pipe without a reader does not end it" {
	local mode pipe
	with=(-n 9)
	for mode in "${modes[@]}"; do
		pipe=$BATS_TEST_TMPDIR/$mode
		mkfifo "$pipe"
		exec {reader}<>"$pipe" 9>"$pipe" {reader}>&-
		run "$mode" --status-fd=9 sh -c 'end_daemon -c; exit 7'
		exec 9>&-
		assert_status 7
		assert_line 'cleaned up'
	done
}

@test "/dev/full does not end it" {
	with=(-n 9)
	run cinit --status-fd=9 exitwith 7 9>/dev/full
	assert_status 7
	assert_output ''
}

@test "without --status-fd there are no events" {
	run pid1 -v exitwith 7
	refute_output --partial event
}

# ---- --status-file ----

@test "--status-file: events are appended to the file" {
	local file=$BATS_TEST_TMPDIR/events mode
	echo before >"$file"
	for mode in "${modes[@]}"; do
		run "$mode" --status-file="$file" exitwith 7
		assert_status 7
		assert_output ''
	done
	run cat "$file"
	assert_line --index 0 before
	told
	assert_equal "$(grep -o '^[a-z]*' <<<"$output" | xargs)" 'hello spawned exited done hello spawned exited done'
}

@test "--status-file: all events reach the file on XFS and btrfs, where a write that may not wait is refused" {
	traced pwritev2:error=EAGAIN start_cinit --status-file="$BATS_TEST_TMPDIR/events" exitwith 7
	await_end
	assert_status 7
	output=$(<"$BATS_TEST_TMPDIR/events")
	told
	assert_line --regexp '^hello '
	assert_line --regexp '^exited code=7 '
	assert_line 'done status=7'
}

@test "--status-file: the file is made with mode 0644" {
	umask 0
	run cinit --status-file="$BATS_TEST_TMPDIR/events" true
	run stat -c %a "$BATS_TEST_TMPDIR/events"
	assert_output 644
}

@test "--status-file: a FIFO without a reader is 125 and one line" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	refuses "unable to open --status-file='.*fifo'.*nobody reads" \
		--status-file="$BATS_TEST_TMPDIR/fifo" echo started
}

@test "--status-file: a FIFO with a reader gets the events" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	exec {reader}<>"$BATS_TEST_TMPDIR/fifo"
	run cinit --status-file="$BATS_TEST_TMPDIR/fifo" true
	assert_success
	read -r -t "$AWAIT_SECONDS" -u "$reader" line
	exec {reader}>&-
	[[ $line == *'"hello"'* ]] || fail "$line"
}

@test "--status-file: a file that cannot be opened is 125 and one line" {
	local file
	for file in "$BATS_TEST_TMPDIR/no/such" "$BATS_TEST_TMPDIR" ''; do
		refuses 'status-file' --status-file="$file" echo started
	done
}

@test "--status-file and --status-fd get the same events" {
	run --separate-stderr pid1 --status-fd=1 --status-file="$BATS_TEST_TMPDIR/events" true
	assert_equal "$output" "$(<"$BATS_TEST_TMPDIR/events")"
	told
	assert_equal "${#lines[@]}" 4
}

@test "--status-file: the payload does not inherit it" {
	local mode
	for mode in "${modes[@]}"; do
		run "$mode" --status-file="$BATS_TEST_TMPDIR/events" report
		assert_line 'fds 0 1 2'
	done
}

# ---- the schema ----

@test "the schema refuses what it does not name" {
	local event wrong=(
		'{"event":"done","status":true}'
		'{"event":"done","status":0,"more":1}'
		'{"event":"ended","status":0}'
		'{"event":"done","status":0'
		'{"event":"stage","plan":"other","stage":1,"signal":null}'
		'{"event":"exited","code":1,"signal":"SIGTERM","core":false,"oom":false}'
		'{"event":"spawned","pid":1,"start_time":1,"fds":[null,null]}'
	)
	for event in "${wrong[@]}"; do
		run -1 python3 -SI "$tests/events.py" "${tests%/*}/docs/events.md" <<<"$event"
	done
}
