# Every test is a subshell.
# shellcheck disable=SC2030,SC2031
load helper

# misused REGEX ARGS…: refused with a pointer to --help.
misused() {
	refuses "$@"
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
	misused -y -y touch "$BATS_TEST_TMPDIR/started"
	assert [ ! -e "$BATS_TEST_TMPDIR/started" ]
}

@test "an unknown long option is refused" {
	misused '--no-such-option' --no-such-option true
	misused '--reap=init' --reap=init true
}

@test "an unknown option in a bundle is refused" {
	misused y -gy true
}

@test "a missing argument of a short option is refused" {
	misused e -e
}

@test "a missing argument of a long option is refused" {
	misused expect --expect
}

@test "an argument for a long option that takes none is refused" {
	misused group --group=yes true
}

@test "a malformed argument is refused" {
	refuses 256 --expect=256 true
	refuses 3x --expect=3x true
	refuses NOSUCH --rewrite=TERM:NOSUCH true
	refuses 'TERM:3parsecs' --grace=TERM:3parsecs true
	refuses sideways --inside=sideways true
}

@test "no command is refused" {
	misused command
}

@test "no command after -- is refused" {
	misused command -g --
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

@test "text that cannot be written is 125" {
	run bash -c '"$0" --help >/dev/full' "$CINIT"
	assert_refused 'write to stdout: ENOSPC'
}

@test "a long option with one dash is told apart from short ones" {
	refuses "two dashes: '-verbose'" -verbose echo started
	refuses "two dashes: '-grace=1'" -grace=1 echo started
}

@test "--help names every option" {
	run cinit --help
	local option
	for option in group single-child setsid rewrite inside stop stop-on grace time-limit expect chdir \
		stdin stdout stderr parent-death pause status-fd status-file warn-orphans quiet verbose \
		subreaper help version license; do
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

@test "-q: no warnings, but errors" {
	run cinit sh -c 'kill -KILL $$'
	assert_output --partial SIGKILL
	run cinit -q sh -c 'kill -KILL $$'
	assert_output ''
	run -127 cinit --quiet no-such-command
	assert_output --partial no-such-command
}

# ---- CINIT_OPTIONS ----

@test "CINIT_OPTIONS holds options" {
	local mode
	for mode in "${modes[@]}"; do
		CINIT_OPTIONS='--expect=3 -C /' run "$mode" sh -c 'pwd; exit 3'
		assert_status 0
		assert_output /
	done
}

@test "CINIT_OPTIONS is read before the command line" {
	CINIT_OPTIONS='-C /' run cinit -C /usr pwd
	assert_output /usr
}

@test "the words of CINIT_OPTIONS are separated by blanks of any kind and number" {
	CINIT_OPTIONS=$'  -e\t3\n--chdir / ' run cinit sh -c 'pwd; exit 3'
	assert_status 0
	assert_output /
	CINIT_OPTIONS=' ' run cinit echo started
	assert_output started
	CINIT_OPTIONS='' run cinit echo started
	assert_output started
}

@test "CINIT_OPTIONS is read under every name" {
	local name
	for name in tini tini-static docker-init dumb-init catatonit other; do
		ln -s "$CINIT" "$BATS_TEST_TMPDIR/$name"
		CINIT_OPTIONS='--expect=3' run launch -s -- "$BATS_TEST_TMPDIR/$name" -- exitwith 3
		assert_status 0
	done
}

@test "the payload does not get CINIT_OPTIONS" {
	CINIT_OPTIONS='--grace=0' A=1 run cinit env
	assert_success
	assert_line A=1
	refute_line --partial CINIT_OPTIONS
}

# refuses_variable REGEX VALUE: the line names the variable.
refuses_variable() {
	CINIT_OPTIONS=$2 refuses "CINIT_OPTIONS: .*$1" echo started
}

@test "what is wrong with CINIT_OPTIONS is 125, and a line that names it" {
	refuses_variable '--nonsense' '--nonsense'
	refuses_variable -y '-q -y'
	refuses_variable 'echo' '-q echo'
	refuses_variable '--' '-q -- true'
	refuses_variable '-e' '-q -e'
	refuses_variable 256 '--expect=256'
	refuses_variable 'group' '--group=yes'
	refuses_variable sideways '--inside=sideways'
	refuses_variable 'too many' "$(printf -- '-q %.0s' {1..65})"
}
