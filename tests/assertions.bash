# shellcheck shell=bash
# bats-support and bats-assert for a helper to source. Not by their load.bash, which starts dirname for each
# of their files: with a fork that is slow, half of what a test takes.
for library in /usr/lib/bats/bats-{support,assert}/src/*.bash; do
	# shellcheck disable=SC1090
	source "$library"
done
