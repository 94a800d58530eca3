# shellcheck shell=bash
setup_suite() {
	cd "$BATS_TEST_DIRNAME" || return
	if [[ ! -x ${CINIT:-../cinit} ]]; then
		echo "no ${CINIT:-../cinit}: run make first" >&2
		return 1
	fi
	flock payloads make --silent -C payloads
}
