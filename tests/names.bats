#!/usr/bin/env bats
# cinit under the names of others: names/compare.py runs the cases of names/cases.py with the
# original and with cinit under its name, and allows for the differences that docs/names.md tells
# of. All are run once, side by side; each test here looks at one group of them.

load helper

setup_file() {
	CINIT=$CINIT python3 -B "$tests/names/compare.py" --list \
		>"$BATS_FILE_TMPDIR/cases"
	CINIT=$CINIT python3 -B "$tests/names/compare.py" \
		>"$BATS_FILE_TMPDIR/differences" 2>&1 || [[ $? == 1 ]]
}

# same GROUP: nothing but what is documented differs in the cases of that group.
same() {
	run -0 grep -c "^$1/" "$BATS_FILE_TMPDIR/cases"
	run grep "^$1/" "$BATS_FILE_TMPDIR/differences"
	assert_output ''
}

called() {
	ln -s "$CINIT" "$BATS_TEST_TMPDIR/$1"
	cinit_as "$BATS_TEST_TMPDIR/$1" "${@:2}"
}

cinit_as() {
	launch -r -- "$@"
}

@test 'all cases have run' {
	run -0 tail -n 1 "$BATS_FILE_TMPDIR/differences"
	assert_output "$(wc -l <"$BATS_FILE_TMPDIR/cases") cases"
}

@test 'there are at least 60 cases a name' {
	for name in tini dumb-init catatonit; do
		run -0 grep -c "^$name/" "$BATS_FILE_TMPDIR/cases"
		((output >= 60)) || fail "$name: $output"
	done
}

@test 'every difference in docs/names.md is there' {
	run grep '^docs/' "$BATS_FILE_TMPDIR/differences"
	assert_output ''
}

@test 'tini: the exit status is the same' {
	same tini/status
}

@test 'tini: a command that cannot be run' {
	same tini/exec
}

@test 'tini: which words are options, which the command' {
	same tini/words
}

@test 'tini: stdin, stdout and stderr, open and closed' {
	same tini/io
}

@test 'tini: what the command comes with' {
	same tini/state
}

@test 'tini: signals forwarded' {
	same tini/signals
}

@test 'tini: stop signals' {
	same tini/stop
}

@test 'tini: what is left behind, and orphans' {
	same tini/leftover
}

@test 'tini: at a terminal' {
	same tini/terminal
}

@test 'tini: its options' {
	same tini/options
}

@test 'tini: exit codes that count as 0 (-e)' {
	same tini/expect
}

@test 'tini: death of the parent (-p)' {
	same tini/parent
}

@test 'tini: its environment variables' {
	same tini/environment
}

@test 'dumb-init: the exit status is the same' {
	same dumb-init/status
}

@test 'dumb-init: a command that cannot be run' {
	same dumb-init/exec
}

@test 'dumb-init: which words are options, which the command' {
	same dumb-init/words
}

@test 'dumb-init: stdin, stdout and stderr, open and closed' {
	same dumb-init/io
}

@test 'dumb-init: what the command comes with' {
	same dumb-init/state
}

@test 'dumb-init: signals forwarded' {
	same dumb-init/signals
}

@test 'dumb-init: stop signals' {
	same dumb-init/stop
}

@test 'dumb-init: what is left behind, and orphans' {
	same dumb-init/leftover
}

@test 'dumb-init: at a terminal' {
	same dumb-init/terminal
}

@test 'dumb-init: its options' {
	same dumb-init/options
}

@test 'dumb-init: rewriting of signals (-r)' {
	same dumb-init/rewrite
}

@test 'dumb-init: its environment variables' {
	same dumb-init/environment
}

@test 'catatonit: the exit status is the same' {
	same catatonit/status
}

@test 'catatonit: a command that cannot be run' {
	same catatonit/exec
}

@test 'catatonit: which words are options, which the command' {
	same catatonit/words
}

@test 'catatonit: stdin, stdout and stderr, open and closed' {
	same catatonit/io
}

@test 'catatonit: what the command comes with' {
	same catatonit/state
}

@test 'catatonit: signals forwarded' {
	same catatonit/signals
}

@test 'catatonit: stop signals' {
	same catatonit/stop
}

@test 'catatonit: what is left behind, and orphans' {
	same catatonit/leftover
}

@test 'catatonit: at a terminal' {
	same catatonit/terminal
}

@test 'catatonit: its options' {
	same catatonit/options
}

@test 'catatonit: without a command (-P)' {
	same catatonit/pause
}

@test 'catatonit: its environment variables' {
	same catatonit/environment
}

@test 'docker-init: which words are options, which the command' {
	same docker-init/words
}

@test 'docker-init: what is left behind, and orphans' {
	same docker-init/leftover
}

@test 'docker-init: its options' {
	same docker-init/options
}

@test 'docker-init: exit codes that count as 0 (-e)' {
	same docker-init/expect
}

@test 'docker-init: death of the parent (-p)' {
	same docker-init/parent
}

@test 'docker-init: its environment variables' {
	same docker-init/environment
}

@test 'tini-static: which words are options, which the command' {
	same tini-static/words
}

@test 'tini-static: what is left behind, and orphans' {
	same tini-static/leftover
}

@test 'tini-static: its options' {
	same tini-static/options
}

@test 'tini-static: exit codes that count as 0 (-e)' {
	same tini-static/expect
}

@test 'tini-static: death of the parent (-p)' {
	same tini-static/parent
}

@test 'tini-static: its environment variables' {
	same tini-static/environment
}

@test 'docker-init --version has the form that Docker reads a version from' {
	run -0 called docker-init --version
	assert_line --regexp '^tini version [0-9]+\.[0-9]+\.[0-9]+ - git\.[0-9a-z]+$'
}

@test 'a copy goes by its name as a link does' {
	cp "$CINIT" "$BATS_TEST_TMPDIR/dumb-init"
	run cinit_as "$BATS_TEST_TMPDIR/dumb-init" -- bash -c 'kill -9 $$'
	assert_line 'exited 137'
}

@test 'only the last part of the path is the name' {
	mkdir "$BATS_TEST_TMPDIR/tini"
	cp "$CINIT" "$BATS_TEST_TMPDIR/tini/other"
	run cinit_as "$BATS_TEST_TMPDIR/tini/other" -- bash -c 'kill -9 $$'
	assert_line 'killed 9'
}

@test 'an unknown name has the defaults of cinit' {
	run called tinier -- bash -c 'kill -9 $$'
	assert_line 'killed 9'
}

@test 'an option that the original has not works under its name' {
	run called tini --rewrite=TERM:USR1 -- \
		bash -c 'trap "exit 9" USR1; while :; do kill -TERM $PPID; sleep .01; done'
	assert_line 'exited 9'
}
