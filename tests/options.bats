load helper

# wrong REGEX ARGS…: one line, exit 125, nothing on stdout.
wrong() {
	run --separate-stderr cinit "${@:2}"
	assert_status 125
	assert_equal "$output" ''
	[[ $stderr =~ ^cinit:\ [^$'\n']*$1[^$'\n']*$ ]] || fail "$stderr"
}

# refused REGEX ARGS…: with a pointer to --help too.
refused() {
	wrong "$@"
	[[ $stderr == *--help* ]] || fail "$stderr"
}

# shown REGEX OPTION: on stdout, nothing on stderr, exit 0.
shown() {
	run --separate-stderr cinit "$2"
	assert_status 0
	assert_equal "$stderr" ''
	[[ $output =~ $1 ]] || fail "$output"
}

@test "an unknown short option is refused" {
	refused -y -y touch "$BATS_TEST_TMPDIR/started"
	assert [ ! -e "$BATS_TEST_TMPDIR/started" ]
}

@test "an unknown long option is refused" {
	refused '--no-such-option' --no-such-option true
}

@test "an unknown option in a bundle is refused" {
	refused y -gy true
}

@test "a missing argument of a short option is refused" {
	refused e -e
}

@test "a missing argument of a long option is refused" {
	refused expect --expect
}

@test "an argument for a long option that takes none is refused" {
	refused group --group=yes true
}

@test "a malformed argument is refused" {
	wrong 256 --expect=256 true
	wrong 3x --expect=3x true
	wrong NOSUCH --rewrite=TERM:NOSUCH true
	wrong 'TERM:3parsecs' --grace=TERM:3parsecs true
	wrong sideways --inside=sideways true
	wrong maybe --reap=maybe true
}

@test "no command is refused" {
	refused command
}

@test "no command after -- is refused" {
	refused command -g --
}

@test "no command is refused as PID 1 too" {
	run pid1
	assert_status 125
	assert_line --partial --help
}

@test "--help and -h print usage on stdout" {
	shown '^[Uu]sage: cinit ' --help
	shown '^[Uu]sage: cinit ' -h
}

@test "--help names every option" {
	run cinit --help
	local option
	for option in group single-child setsid rewrite inside stop grace expect subreaper parent-death \
		pause status-fd reap warn-orphans verbose help version license; do
		assert_output --partial -- "--$option"
	done
}

@test "--version and -V print name and version" {
	shown '^cinit [0-9]+\.[0-9]+' --version
	shown '^cinit [0-9]+\.[0-9]+' -V
}

@test "--license, -l and -L print the licence" {
	shown 'MIT License' --license
	shown 'MIT License' -l
	shown 'MIT License' -L
}

@test "short options can be bundled" {
	run cinit -gs report
	assert_success
	local pid pgid
	pid=$(sed -n 's/^pid //p' <<<"$output")
	pgid=$(sed -n 's/^pgid //p' <<<"$output")
	assert_equal "$pgid" "$pid"
}

@test "a short option's argument may follow in the same word or the next" {
	run cinit -e3 exitwith 3
	assert_status 0
	run cinit -e 3 exitwith 3
	assert_status 0
	run cinit -ge3 exitwith 3
	assert_status 0
}

@test "a long option's argument may follow = or in the next word" {
	run cinit --expect=3 exitwith 3
	assert_status 0
	run cinit --expect 3 exitwith 3
	assert_status 0
}

@test "the first word that is no option begins the command" {
	run cinit report -h --version -g
	assert_line 'argv -h'
	assert_line 'argv --version'
	assert_line 'argv -g'
}

@test "-- ends the options" {
	ln -s "$(command -v report)" "$BATS_TEST_TMPDIR/-g"
	cd "$BATS_TEST_TMPDIR"
	PATH=:$PATH run cinit -- -g -- x
	assert_line 'argv -g'
	assert_line 'argv --'
}

@test "a lone - is a command" {
	run -127 cinit -
	assert_line --partial -- "-"
}

@test "cinit says nothing of its own" {
	with=(-r)
	run cinit true
	assert_output 'exited 0'
	run pid1 true
	assert_output 'exited 0'
}

@test "-v tells of each signal" {
	start_pid1 -v sigreport
	await ready
	outside USR1
	await '^cinit: .*SIGUSR1'
}
