# docs/moving-from-*.md: each pair of command lines in their tables gives the same.

# Every test is a subshell.
# shellcheck disable=SC2030,SC2031
load helper
PATH=$tests/peers:$PATH

# outcome LINE COMMAND…: what comes of the command line, in which CMD is COMMAND, as PID 1.
outcome() {
	local line=${1/CMD/'"$@"'}
	line=${line/#cinit /'exec "$CINIT" '}
	[[ $line == exec* ]] || line="exec env $line"
	CINIT=$CINIT run launch -p -- bash -c "$line" - "${@:2}"
	echo "$status: $output"
}

# same_on_page PAGE PAIRS [COMMAND…]: for these commands of a shell, too.
same_on_page() {
	local page=${tests%/*}/docs/$1 before after what pairs=0 says
	says='id -u; id -G; echo "$HOME $*"; ps -o sid=,tpgid= -p $$ | wc -w'
	while IFS='`' read -r _ before _ after _; do
		pairs=$((pairs + 1))
		for what in "$says" "$says; exit 7" "${@:3}"; do
			assert_equal "$after: $(outcome "$after" sh -c "$what" - 'two words' '')" \
				"$after: $(outcome "$before" sh -c "$what" - 'two words' '')"
		done
	done < <(grep -E '^\| `[^|]* \| `[^|]* \|$' "$page")
	((pairs >= $2))
}

@test "each command line of tini's has the one of cinit's beside it" {
	same_on_page moving-from-tini.md 9 'kill -TERM $$' 'kill -HUP $$'
}

@test "each command line of dumb-init's has the one of cinit's beside it" {
	same_on_page moving-from-dumb-init.md 6 'kill -TERM $$' 'kill -HUP $$'
}

@test "each command line of gosu's has the one of cinit's beside it" {
	((EUID == 0)) || skip 'needs root'
	cd / # where all users may be
	same_on_page moving-from-gosu.md 5
}

# It needs a moment after SIGTERM, and says so.
left='setsid sh -c "trap \"sleep 0.1; echo tidied; exit\" TERM; : >$0; while :; do sleep 0.02; done" &
	until [ -e $0 ]; do sleep 0.02; done; exit 5'

@test "what is left behind: killed by the others, has its time with cinit" {
	local init
	for init in 'tini -- CMD' 'dumb-init -- CMD' 'catatonit -- CMD' 'cinit -t 0 -- CMD'; do
		assert_equal "$init: $(outcome "$init" sh -c "$left" "$BATS_TEST_TMPDIR/$RANDOM")" "$init: 5: "
	done
	# The shell tells of a sleep that SIGTERM ended, if there was one.
	assert_regex "$(outcome 'cinit -- CMD' sh -c "$left" "$BATS_TEST_TMPDIR/up")" '^5: (.*[[:space:]])?tidied$'
}

@test "kill 1 from inside: the others deliver it, cinit what the command handles" {
	local kill='sleep 1000 & kill -TERM 1; sleep 2; exit 3' handled='trap "exit 4" TERM; sleep 2 & kill -TERM 1; wait; exit 3'
	assert_equal "$(outcome 'tini -- CMD' sh -c "$kill")" '143: '
	assert_equal "$(outcome 'dumb-init -- CMD' sh -c "$kill")" '143: '
	assert_equal "$(outcome 'cinit --inside=forward -- CMD' sh -c "$kill")" '143: '
	assert_equal "$(outcome 'cinit -q -- CMD' sh -c "$kill")" '3: '
	assert_equal "$(outcome 'cinit -q -- CMD' sh -c "$handled")" '4: '
}

@test "not PID 1: the others exit with 137, cinit dies by SIGKILL" {
	local init
	for init in 'tini -s' dumb-init catatonit; do
		# shellcheck disable=SC2086 # words
		run launch -s -r -- $init -- sh -c 'kill -KILL $$'
		assert_line 'exited 137'
	done
	with=(-r)
	run cinit -- sh -c 'kill -KILL $$'
	assert_line 'killed 9'
}

@test "a user or a command that is not there is 1 with gosu, 125 and 127 with cinit" {
	((EUID == 0)) || skip 'needs root'
	run -1 gosu nosuch true
	run -1 gosu nobody nosuch
	refuses "unable to find 'nosuch' in /etc/passwd" -u nosuch true
	run -127 env PATH=/usr/bin "$CINIT" -u nobody nosuch
}

@test "/dev/stdout can be opened again by another user with cinit, and not with gosu" {
	((EUID == 0)) || skip 'needs root'
	assert_equal "$("$CINIT" -u nobody sh -c 'echo again >/dev/stdout' 2>&1)" again
	[[ $(gosu nobody sh -c 'echo again >/dev/stdout' 2>&1) == *'ermission denied'* ]]
}
