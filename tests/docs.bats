# What the documents say is what cinit does. The recipes, events, signals and names have tests of their own.

# Every test is a subshell.
# shellcheck disable=SC2030,SC2031
load helper

@test "each option is in the manual page and in the README" {
	local name names
	names=$("$CINIT" --help | sed -n 's/^  .. --\([a-z-]*\).*/\1/p')
	((${#names} > 100))
	for name in $names; do
		grep -qE "^\.It Fl .*-$name( |\$)" "${tests%/*}/cinit.8" || fail "cinit.8 misses --$name"
		grep -qE "^\|.*\`[^\`]*--${name}[\`=]" "${tests%/*}/README.md" || fail "README.md misses --$name"
	done
}

@test "messages are as the README quotes them" {
	local message
	cd "$BATS_TEST_TMPDIR"
	printf '#!/bin/sh\r\n' >start.sh
	chmod +x start.sh
	for message in "$("$CINIT" ./start.sh 2>&1)" "$(env PATH=/usr/bin:/bin "$CINIT" Make 2>&1)"; do
		[[ $message ]]
		grep -qxF "    $message" "${tests%/*}/README.md" || fail "not there: $message"
	done
}
