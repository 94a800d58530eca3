load helper

setup() {
	dir=$BATS_TEST_TMPDIR/work
	mkdir -p "$dir"/{a,b,c}
	cd "$dir"
}

# script FILE LINE…: an executable file.
script() {
	printf '%s\n' "${@:2}" >"$1"
	chmod +x "$1"
}

@test "a command without a slash is looked for in PATH" {
	script b/cmd '#!/bin/sh' 'echo from b'
	PATH=$dir/a:$dir/b:$PATH run cinit cmd
	assert_output 'from b'
}

@test "the first match in PATH is taken" {
	script a/cmd '#!/bin/sh' 'echo from a'
	script b/cmd '#!/bin/sh' 'echo from b'
	PATH=$dir/a:$dir/b:$PATH run cinit cmd
	assert_output 'from a'
}

@test "the PATH search goes on after a file that is not executable" {
	echo >a/cmd
	script b/cmd '#!/bin/sh' 'echo from b'
	PATH=$dir/a:$dir/b:$PATH run cinit cmd
	assert_output 'from b'
}

@test "the PATH search goes on after a directory of that name" {
	mkdir a/cmd
	script b/cmd '#!/bin/sh' 'echo from b'
	PATH=$dir/a:$dir/b:$PATH run cinit cmd
	assert_output 'from b'
}

@test "the PATH search goes on after an element that is a file" {
	echo >file
	script b/cmd '#!/bin/sh' 'echo from b'
	PATH=$dir/file:$dir/b:$PATH run cinit cmd
	assert_output 'from b'
}

@test "an element that is too long does not end the PATH search" {
	script b/cmd '#!/bin/sh' 'echo from b'
	PATH=/$(printf 'x%.0s' {1..5000}):$dir/b:$PATH run cinit cmd
	assert_output 'from b'
}

@test "an empty element at the start, in the middle and at the end of PATH is the working directory" {
	script cmd '#!/bin/sh' 'echo from here'
	local path
	for path in ":$PATH" "/nowhere::$PATH" "$PATH:"; do
		PATH=$path run cinit cmd
		assert_output 'from here'
	done
}

@test "the working directory is not searched otherwise" {
	script cmd '#!/bin/sh' 'echo from here'
	run -127 cinit cmd
}

@test "without PATH the standard directories are searched" {
	run cinit env -u PATH "$CINIT" true
	assert_success
}

@test "a command with a slash is not looked for in PATH" {
	script a/cmd '#!/bin/sh' 'echo from a'
	mkdir a/sub
	script a/sub/cmd '#!/bin/sh' 'echo from a/sub'
	PATH=$dir/a:$PATH run -127 cinit sub/cmd
	cd a
	run cinit ./cmd
	assert_output 'from a'
}

@test "the payload's argv[0] is the command as given" {
	run cinit report x
	assert_line 'argv report'
	assert_line 'argv x'
}

@test "not found: 127, and a line that names the command" {
	run -127 --separate-stderr cinit no-such-command
	assert_equal "$output" ''
	[[ $stderr == cinit:*no-such-command* ]] || fail "$stderr"
}

@test "an empty command is not found" {
	run -127 cinit ''
}

@test "not found as PID 1: 127" {
	run -127 pid1 no-such-command
	assert_line --partial no-such-command
}

@test "found in PATH but not executable: 126" {
	echo >a/cmd
	PATH=$dir/a:$PATH run cinit cmd
	assert_status 126
	assert_output --partial cmd
}

@test "not executable by its path: 126" {
	echo >a/cmd
	run cinit ./a/cmd
	assert_status 126
}

@test "a directory: 126" {
	run cinit ./a
	assert_status 126
}

@test "an unusable binary: 126" {
	printf '\x7fELF\x02\x01\x01garbage' >a/cmd
	chmod +x a/cmd
	run cinit ./a/cmd
	assert_status 126
}

@test "a script without #! is run by /bin/sh, by path and through PATH" {
	script a/cmd 'echo "args $*"'
	run cinit ./a/cmd 1 '2 3'
	assert_output 'args 1 2 3'
	PATH=$dir/a:$PATH run cinit cmd 1 '2 3'
	assert_output 'args 1 2 3'
}

@test "a script without #! keeps its arguments apart" {
	script a/cmd 'for a; do echo "<$a>"; done; exit 4'
	run cinit ./a/cmd '' 'x y' "$(printf '%.0sz' {1..3000})"
	assert_status 4
	assert_line --index 0 '<>'
	assert_line --index 1 '<x y>'
}

@test "very many arguments arrive" {
	run cinit sh -c 'echo $#' sh {1..20000}
	assert_output 20000
}

@test "the payload is in cinit's session by default" {
	run cinit sh -c 'ps -o sid= -p $$; ps -o sid= -p $PPID'
	assert_equal "${lines[0]}" "${lines[1]}"
}

@test "--group gives the payload a process group of its own, in the same session" {
	run cinit --group sh -c 'ps -o pid= -p $$; ps -o pgid= -p $$; ps -o sid= -p $$; ps -o sid= -p $PPID'
	assert_equal "${lines[0]}" "${lines[1]}"
	assert_equal "${lines[2]}" "${lines[3]}"
}

@test "--setsid gives the payload a session of its own" {
	run cinit --setsid sh -c 'ps -o pid= -p $$; ps -o pgid= -p $$; ps -o sid= -p $$'
	assert_equal "${lines[0]}" "${lines[1]}"
	assert_equal "${lines[0]}" "${lines[2]}"
}

@test "not PID 1, without a terminal: the payload leads a process group of its own, in cinit's session" {
	run cinit sh -c 'ps -o pid= -p $$; ps -o pgid= -p $$; ps -o sid= -p $$; ps -o sid= -p $PPID'
	assert_equal "${lines[0]}" "${lines[1]}"
	assert_equal "${lines[2]}" "${lines[3]}"
}

@test "PID 1: the payload leads a session of its own" {
	run pid1 report
	assert_line 'pid 2'
	assert_line 'pgid 2'
	assert_line 'sid 2'
}

# ---- -C, --stdin, --stdout, --stderr ----

@test "-C: the payload's working directory, from where a relative command is looked for" {
	local mode
	script a/cmd '#!/bin/sh' 'pwd'
	for mode in "${modes[@]}"; do
		run "$mode" -C a ./cmd
		assert_output "$dir/a"
		run "$mode" --chdir="$dir/a" ./cmd
		assert_output "$dir/a"
	done
}

@test "-C: what is no directory is 125, one line and an event" {
	run cinit --status-fd=2 -C /no/such echo started
	assert_status 125
	assert_line --regexp '^cinit: unable to start .echo.: chdir.*: ENOENT$'
	told
	assert_line --regexp '^exec_failed step=chdir errno=ENOENT '
}

@test "--stdin: the payload reads the file" {
	local mode
	echo text >file
	for mode in "${modes[@]}"; do
		run "$mode" --stdin=file cat
		assert_output text
	done
}

@test "--stdout and --stderr: the payload appends to the files" {
	local mode
	for mode in "${modes[@]}"; do
		echo before >"out-$mode"
		run "$mode" --stdout="out-$mode" --stderr="err-$mode" sh -c 'echo out; echo err >&2'
		assert_output ''
		assert_equal "$(<"out-$mode")" $'before\nout'
		assert_equal "$(<"err-$mode")" err
	done
}

@test "--stdout: the file is made with mode 0644" {
	umask 0
	run cinit --stdout=out --stderr=err true
	run stat -c %a out err
	assert_output $'644\n644'
}

@test "--stdout and --status-file: the files may be larger than 2 GB, on machines of 32 bits too" {
	cd "$BATS_TEST_TMPDIR"
	strace_options=(-f -e trace=openat)
	traced - start_cinit --stdout=out --status-file=events true
	await_end
	grep -q '"out", .*O_LARGEFILE' "$trace"
	grep -q '"events", .*O_LARGEFILE' "$trace"
}

@test "--stderr=@stdout: messages go where stdout goes" {
	run cinit --stdout=out --stderr=@stdout sh -c 'echo out; echo err >&2; echo out'
	assert_output ''
	assert_equal "$(<out)" $'out\nerr\nout'
	run --separate-stderr cinit --stderr=@stdout sh -c 'echo err >&2'
	assert_equal "$output" err
}

@test "--stderr=@stdout: where stdout came closed, stderr is closed" {
	with=(-c 1)
	run -0 cinit --status-fd=2 --stderr=@stdout report -o "$dir/report"
	assert_equal "$(grep '^fds' report)" 'fds 0'
	told
	assert_line --partial ',null,null]'
}

@test "a file whose name begins with @ needs ./ before it" {
	run -125 cinit --stdout=@stderr echo out
	assert_output --partial "'@stderr'"
	run -125 cinit --stderr=@stdin echo out
	run -0 cinit --stdout=./@stderr echo out
	assert_equal "$(<@stderr)" out
}

@test "the files are named from the directory of -C" {
	run cinit -C a --stdout=out echo text
	assert_equal "$(<a/out)" text
}

@test "the payload gets the files and no other fd, whichever of fds 0 to 2 came closed" {
	local closed mode
	echo text >file
	for mode in "${modes[@]}"; do
		for closed in '-c 0' '-c 1' '-c 2' '-c 0 -c 1 -c 2'; do
			# shellcheck disable=SC2206
			with=($closed)
			run "$mode" --stdin=file --stdout="$dir/out" --stderr=@stdout report -o "$dir/report"
			assert_success
			assert_equal "$(grep '^fds' report)" 'fds 0 1 2'
		done
	done
}

@test "a file that cannot be opened is 125, one line and an event" {
	local option
	for option in stdin stdout stderr; do
		run cinit --status-fd=2 --$option=/no/such echo started
		assert_status 125
		assert_line --regexp '^cinit: unable to start .echo.: open.*: ENOENT$'
		told
		assert_line --regexp '^exec_failed step=open errno=ENOENT '
	done
}

@test "cinit's own messages stay on its stderr" {
	run cinit --stderr=err sh -c 'kill -KILL $$'
	assert_output --partial 'SIGKILL'
	assert_equal "$(<err)" ''
}
