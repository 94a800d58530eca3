# shellcheck shell=bash
setup_suite() {
	# The tests have another working directory.
	CINIT=$(realpath "${CINIT:-$BATS_TEST_DIRNAME/../cinit}")
	export CINIT
	if [[ ! -x $CINIT ]]; then
		echo "no $CINIT: run make first" >&2
		return 1
	fi
	cd "$BATS_TEST_DIRNAME" || return
	flock payloads make --silent -C payloads
}
