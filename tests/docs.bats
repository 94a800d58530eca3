# What the documents say is what cinit does. The recipes, events, signals and names have tests of their own.

# Every test is a subshell.
# shellcheck disable=SC2030,SC2031
load helper

tree=${tests%/*}

# As letter,--name=argument in small letters, one a line, with of several arguments the first:
# "r,--rewrite=from:to", ",--stop-on=signal", "g,--group".
options_of_help() {
	"$CINIT" --help | sed -nE 's/^  (-(.)|  ) --(\S+).*/\2,--\3/p' | options_plain
}

options_of_page() {
	sed -n '/^\.Sh DESCRIPTION/,/^\.Sh WHERE/s/^\.It Fl \(.*\)/\1/p' "$tree/cinit.8" |
		sed -E 's/\b(Ns|Ar|Op|Cm) //g; s/ //g; s/^-/,-/; s/^l,L,/l,/; s/,-/,--/' | options_plain
}

options_of_readme() {
	sed -n '/^## Options/,/^## /s/^| \(`-[^|]*\) |.*/\1/p' "$tree/README.md" | sed 's/`, `/`\n`/g; s/`//g' |
		sed -E 's/^-(.)( -L)? --/\1,--/; s/^--/,--/' | options_plain
}

options_plain() {
	sed -E 's/=.*/\L&/; s/[][]//g; s/,(signal|code)?\.\.\.$//; s/,fail:.*//' | sort
}

@test "--help, manual page and README have the same options" {
	local help
	help=$(options_of_help)
	(($(wc -l <<<"$help") > 25))
	assert_equal "$(options_of_page)" "$help"
	assert_equal "$(options_of_readme)" "$help"
}

@test "the manual page has each status event with its members, and each variable" {
	local event key entry variable checked=0
	while read -r event key; do
		entry=$(sed -n "/^\.Sh STATUS EVENTS/,/^\.Sh ENV/{/^\.It Cm $event$/,/^\.It Cm /p}" "$tree/cinit.8")
		grep -qE "^\.Cm $key( |$)" <<<"$entry" || fail "STATUS EVENTS: $event: $key"
		checked=$((checked + 1))
	done < <(awk '/^## / { event = $2 } /^\| `/ { gsub(/`/, "", $2); print event, $2 }' "$tree/docs/events.md")
	while read -r variable; do
		grep -qE "^\.It Ev .*\b$variable\b" "$tree/cinit.8" || fail "ENVIRONMENT: $variable"
		checked=$((checked + 1))
	done < <(grep -ohE '\b(CINIT|TINI|DUMB_INIT|CATATONIT|LISTEN|WATCHDOG)_[A-Z_]*[A-Z]\b' "$tree"/*.c | sort -u)
	((checked > 30)) || fail "only $checked"
}

# With `true` for the command. Another user and a cgroup are not everywhere.
@test "the command lines of the manual page are taken" {
	local words count=0
	while read -r words; do
		run -0 bash -c "exec 3>&1; \"\$CINIT\" ${words%% -- *} -- true"
		count=$((count + 1))
	done < <(sed -n 's/\\-/-/g; s/^\.Dl cinit \(.* -- .*\)/\1/p' "$tree/cinit.8" | grep -v cgroup)
	((count >= 4)) || fail "only $count"
}

@test "messages are as the README quotes them" {
	local message
	cd "$BATS_TEST_TMPDIR"
	printf '#!/bin/sh\r\n' >start.sh
	chmod +x start.sh
	for message in "$("$CINIT" ./start.sh 2>&1)" "$(env PATH=/usr/bin:/bin "$CINIT" Make 2>&1)"; do
		[[ $message ]]
		grep -qxF "    $message" "$tree/README.md" || fail "not there: $message"
	done
}

# named_in FILE NAME…: each stands there in code type.
named_in() {
	local name
	for name in "${@:2}"; do
		grep -qF "\`${name##*/}\`" "$tree/$1" || fail "$1 does not name ${name##*/}"
	done
}

@test "the README names each source file, CONTRIBUTING.md each test file" {
	named_in README.md "$tree"/*.c
	named_in CONTRIBUTING.md "$tests"/*.bats
}
