# The completions, in the shells that they are for.

# Every test is a subshell.
# shellcheck disable=SC2030,SC2031
load helper

tree=${tests%/*}

# names: the long options, one a line.
names() {
	"$CINIT" --help | sed -nE 's/^  .. --([a-z-]+).*/\1/p'
}

# both LINE RESULT…: in pairs.
both() {
	local shell typed=() wanted=() i
	for ((i = 1; i <= $#; i += 2)); do
		typed+=("${!i}")
		local j=$((i + 1))
		wanted+=("${!j}")
	done
	for shell in bash zsh; do
		run -0 timeout 300 python3 -SI "$tests/complete.py" "$shell" "${typed[@]}"
		assert_equal "$output" "$(printf '%s\n' "${wanted[@]}")"
	done
}

# proposed LINE: by fish, one a line, without the descriptions.
proposed() {
	HOME=$BATS_TEST_TMPDIR fish -c 'source $argv[1]; complete --do-complete=$argv[2]' \
		"$tree/completions/cinit.fish" "$1" | cut -f 1
}

@test "bash and zsh complete each option" {
	local name lines=()
	for name in $(names); do
		lines+=("cinit --${name%?}")
	done
	local shell
	for shell in bash zsh; do
		mapfile -t completed < <(timeout 300 python3 -SI "$tests/complete.py" "$shell" "${lines[@]}")
		assert_equal "${#completed[@]}" "${#lines[@]}"
		for name in $(names); do
			# One letter more, or one of several is as long.
			[[ ${completed[0]} == "cinit --$name"* || $(names | grep -c "^${name%?}") -gt 1 ]] || fail "$shell: --$name: ${completed[0]}"
			completed=("${completed[@]:1}")
		done
	done
}

@test "fish completes each option" {
	assert_equal "$(proposed 'cinit --' | sort)" "$(names | sed 's/^/--/' | sort)"
}

@test "bash and zsh complete arguments" {
	both 'cinit --inside=k' 'cinit --inside=kernel' \
		'cinit -i f' 'cinit -i forward' \
		'cinit --boot h' 'cinit --boot halt' \
		'cinit --rewrite=TERM:WIN' 'cinit --rewrite=TERM:WINCH' \
		'cinit -p WIN' 'cinit -p WINCH' \
		'cinit --user=nobod' 'cinit --user=nobody' \
		'cinit --chdir=/us' 'cinit --chdir=/usr/' \
		'cinit --stdin /etc/passw' 'cinit --stdin /etc/passwd'
}

@test "fish completes arguments" {
	assert_equal "$(proposed 'cinit --inside=k')" --inside=kernel
	assert_equal "$(proposed 'cinit -i f')" forward
	assert_equal "$(proposed 'cinit --parent-death WIN')" WINCH
	assert_equal "$(proposed 'cinit --chdir=/us')" --chdir=/usr/
	assert_equal "$(proposed 'cinit --stdin=/etc/passw' | head -n 1)" --stdin=/etc/passwd
}

@test "bash and zsh complete the command, and what it is given" {
	both 'cinit catatoni' 'cinit catatonit' \
		'cinit -g --grace=TERM:3s -- catatoni' 'cinit -g --grace=TERM:3s -- catatonit' \
		'cinit -gk TERM catatoni' 'cinit -gk TERM catatonit' \
		'cinit -- cat /etc/passw' 'cinit -- cat /etc/passwd' \
		'cinit cat --insid' 'cinit cat --insid'
}

@test "fish completes the command, and what it is given" {
	assert_equal "$(proposed 'cinit -k TERM -- catatoni')" catatonit
	assert_equal "$(proposed 'cinit -gk TERM -- cat --number-n')" --number-nonblank
	assert_equal "$(proposed 'cinit cat --insid')" ''
}

@test "the words that are proposed are taken" {
	local word
	for word in $(proposed 'cinit --inside '); do
		run -0 cinit --inside="$word" true
	done
	for word in $(proposed 'cinit --boot '); do
		run -0 cinit -q --boot="$word" true
	done
	for word in $(proposed 'cinit --stop-on ' | grep -vE '^(KILL|STOP|CHLD)$'); do
		run -0 cinit --stop-on="$word" true
	done
}
