load helper

# rewrites FROM:TO SENT GOT
rewrites() {
	start_pid1 --rewrite="$1" sigreport
	await ready
	outside "$2"
	await '^got ([0-9]+) '
	assert_equal "${BASH_REMATCH[1]}" "$3"
}

@test "--rewrite takes names and numbers" {
	rewrites TERM:QUIT 15 3
	rewrites SIGHUP:sigusr2 1 12
	rewrites 12:10 12 10
	rewrites winch:IOT 28 6
}

@test "--rewrite counts real-time signals as glibc does" {
	rewrites RTMIN:RTMAX 34 64
	rewrites SIGRTMIN+3:RTMAX-1 37 63
	rewrites RTMAX-30:33 34 33
	rewrites RTMIN+30:RTMIN+0 64 34
}

@test "--rewrite to 0 drops" {
	start_pid1 -r TERM:0 -r HUP:0 sig_disposition default 15
	await ready
	outside TERM
	outside HUP
	survives
}

@test "--rewrite to KILL kills the payload and not cinit" {
	start_pid1 -r TERM:KILL sig_disposition caught 15
	await ready
	outside TERM
	ended_by 9
	refute_output --partial 'did not send'
}

@test "--rewrite keeps value and sender" {
	start_pid1 -r USR1:RTMIN+1 sigreport
	await ready
	enter sig_send queue 1 10 -1 4711 6
	await '^got 35 code -1 pid 4711 value 6$'
}

@test "--rewrite decides by what is delivered from inside" {
	start_pid1 -r USR1:TERM sig_disposition caught 15
	await ready
	inside USR1
	await '^got 15 '
	inside USR2
	await 'dropped SIGUSR2'
}

@test "a drop is told by the name of what would have been delivered" {
	start_pid1 -r USR1:USR2 sig_disposition caught 15
	await ready
	inside USR1
	await 'dropped SIGUSR2'
}

@test "a name that is none lists those that are" {
	local bad
	for bad in FOO:TERM TERM:FOO TERM:65 RTMIN+31:TERM TERM:RTMAX-31 SIG15:TERM TERM: :TERM; do
		refuses 'HUP INT QUIT.* RTMIN\[\+n] RTMAX\[-n] 1-64' --rewrite="$bad" true
	done
}

@test "what cinit cannot see or keeps for itself cannot be rewritten" {
	local sig
	for sig in KILL STOP CHLD 0; do
		refuses "'$sig:TERM'" --rewrite="$sig:TERM" true
	done
	refuses "'TERM': takes FROM:TO" --rewrite=TERM true
}
