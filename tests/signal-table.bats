load helper

@test "docs/signals.md is what cinit does" {
	[[ $(ulimit -H -i) == unlimited ]] || (($(ulimit -H -i) >= 1000)) ||
		skip 'a queue of signals this short loses the senders of real-time signals'
	run --separate-stderr "$tests/signal-table"
	assert_success
	assert_equal "$output" "$(<"$tests/../docs/signals.md")"
}
