load helper

# start_terminal COMMAND…: on a terminal without echo, which `tell` types into and `await` reads;
# $init is then the pid of the terminal's driver.
start_terminal() {
	start "${with[@]}" -- tty_pty "$@"
}

# The same with cinit as PID 1 and leader of the terminal's session, as engines start a container
# with a terminal.
start_container() {
	# shellcheck disable=SC2153 # an environment variable
	start_terminal -n launch -p -- setsid -c "$CINIT" "$@"
}

# An interactive shell without a prompt; $cinit in what is typed is cinit.
start_shell() {
	cinit="$CINIT" PS1='' PS2='' start_terminal bash --norc --noprofile --noediting -i
	# shellcheck disable=SC2016
	tell 'PS1= PROMPT_COMMAND= HISTFILE=; echo shell $((40 + 2))'
	await '^shell 42$'
}

# key C|Z|BACKSLASH…: types a control character.
key() {
	local -A code=([C]='\003' [Z]='\032' [BACKSLASH]='\034' [D]='\004')
	# shellcheck disable=SC2059,SC2154
	printf "${code[$1]}" >&"$in_fd"
}

enlarge() {
	kill -USR1 "$init"
}

hang_up_terminal() {
	kill -USR2 "$init"
}

# field NAME: what the last `report` printed as NAME.
field() {
	local value
	value=$(sed -n "s/^$1 //p" <<<"$output" | tail -n 1)
	echo "${value%$'\r'}"
}

# pid_of NAME: of a descendant of the driver, by its name.
pid_of() {
	local pids=("$init") comm children
	while ((${#pids[@]})); do
		comm='' children=() # of one that is gone
		read -r comm <"/proc/${pids[0]}/comm" || true
		if [[ $comm == "$1" ]]; then
			echo "${pids[0]}"
			return
		fi
		read -r -a children <"/proc/${pids[0]}/task/${pids[0]}/children" || true
		pids=("${pids[@]:1}" "${children[@]}")
	done 2>/dev/null
	return 1
}

# The payload, a sig_disposition, has got no more than one signal SIG.
got_once() {
	kill -64 "$(pid_of sig_disposition)"
	await '^barrier'
	assert_equal "$(grep -c "^got $1 " <<<"$output")" 1
}

# has_state PID STATE
has_state() {
	[[ $(ps -o state= -p "$1") == "$2" ]]
}

# read_fifo REGEX: a line that is written to the fifo of the test matches.
read_fifo() {
	local text
	read -r -t "$AWAIT_SECONDS" -u "$fifo_fd" text || fail 'nothing came through the fifo'
	[[ $text =~ $1 ]] || fail "'$text' came through the fifo, not '$1'"
}

setup() {
	fifo=$BATS_TEST_TMPDIR/fifo
	mkfifo "$fifo"
	# Held open: what the payload has written is lost when nobody has it open any more.
	exec {fifo_fd}<>"$fifo"
}

await_report() {
	await '^tpgid '
}

# ---- the foreground ----

@test "the payload stays in cinit's process group, and has the foreground with it" {
	start_shell
	tell '$cinit report'
	await_report
	assert_equal "$(field pgid)" "$(field ppid)"
	assert_equal "$(field tpgid)" "$(field ppid)"
}

@test "it stays there where the terminal is none of fds 0 to 2" {
	start_terminal bash -c '"$@" </dev/null 2>&1 | cat' - "$CINIT" sh -c 'ps -o pgid= $$; ps -o pgid= $PPID'
	await_end
	assert_equal "${lines[0]// /}" "${lines[1]// /}"
}

@test "--group: a foreground cinit hands the terminal to the payload's own group" {
	start_shell
	tell '$cinit -g report'
	await_report
	assert_equal "$(field pgid)" "$(field pid)"
	assert_equal "$(field tpgid)" "$(field pid)"
}

@test "--group: a foreground cinit whose fd 0 is another file leaves the terminal alone" {
	start_shell
	tell '$cinit -g report </dev/null'
	await_report
	assert_equal "$(field pgid)" "$(field pid)"
	refute [ "$(field tpgid)" = "$(field pid)" ]
}

@test "--group: the terminal is taken back when the payload has ended" {
	start_terminal bash -c '"$@"; report' - "$CINIT" -g true
	await_end
	assert_equal "$(field tpgid)" "$(field pgid)"
}

@test "--group: the terminal is taken back when the command cannot be run" {
	start_terminal bash -c '"$@"; report' - "$CINIT" -g /nonexistent
	await_end
	assert_equal "$(field tpgid)" "$(field pgid)"
}

@test "--group: the terminal is taken back when the payload has been killed" {
	start_terminal bash -c '"$@"; report' - "$CINIT" -g sh -c 'kill -KILL $$'
	await_end
	assert_equal "$(field tpgid)" "$(field pgid)"
}

stays_in_background() {
	start_shell
	tell "\$cinit $1 report & wait \$!; echo end \$((1+1))"
	await '^end 2$'
	refute [ "$(field tpgid)" = "$(field pgid)" ]
	tell 'report'
	await_report
	assert_equal "$(field tpgid)" "$(field pgid)"
}

@test "a background cinit leaves the terminal alone" {
	stays_in_background
}

@test "--group: a background cinit leaves the terminal alone" {
	stays_in_background -g
}

# As the script is a shell without job control, all of it is in one group, the foreground.
@test "a cinit in the background of a script leaves the terminal to the script" {
	start_terminal bash -c '"$@" & read -r go <'"$fifo"'; read -r answer; echo "got $answer, end $?"' - \
		"$CINIT" sh -c 'echo ready; exec sleep 1000'
	await '^ready'
	echo >"$fifo"
	tell abc
	await '^got abc, end 0'
}

@test "a directed SIGINT ends the payload, and not the script around cinit" {
	start_terminal bash -c '"$@"; echo end $?' - "$CINIT" sh -c 'echo ready; exec sleep 1000'
	await '^ready'
	kill -INT "$(pid_of "$(basename "$CINIT")")"
	await '^end 130'
}

@test "a payload that somebody stops and continues leaves cinit and the script around it running" {
	start_shell
	tell 'bash -c "$cinit sig_disposition caught 2; true"'
	await '^ready'
	payload=$(pid_of sig_disposition)
	kill -STOP "$payload"
	eventually has_state "$payload" T
	kill -64 "$(pid_of "$(basename "$CINIT")")"
	kill -CONT "$payload"
	await '^barrier'
	assert has_state "$(pid_of "$(basename "$CINIT")")" S
	refute_output --partial Stopped
}

@test "the payload of an interactive shell can read what is typed" {
	start_shell
	tell '$cinit sh -c "echo ask; read answer; echo got \$answer"'
	await '^ask'
	tell 'the answer'
	await '^got the answer'
}

@test "a password prompt works" {
	start_shell
	# bash turns the echo off before it prompts.
	tell 'stty echo'
	tell '$cinit bash -c "read -rs -p \$'"'ask\\n'"' answer; echo got \$answer"'
	await '^ask'
	tell secret
	await secret
	assert_equal "${line%$'\r'}" 'got secret'
}

@test "a reader of the terminal in the same pipeline gets it" {
	start_shell
	tell "\$cinit sh -c 'echo text; read x <$fifo' | \\"
	tell "sh -c 'read t; echo ask; read a </dev/tty; echo got \$t \$a'"
	await '^ask'
	tell answer
	await '^got text answer'
	echo >"$fifo"
	tell 'echo back $((1+1))'
	await '^back 2'
}

@test "both ends of a pipeline can be cinits" {
	start_shell
	tell '$cinit echo text | $cinit cat; echo end $?'
	await '^text'
	await '^end 0'
}

cpu_ticks() {
	awk '{print $14 + $15}' "/proc/$1/stat"
}

@test "--group, nobody's job, and the payload asks for the terminal: cinit does not spin, and TERM ends it" {
	local pids before ticks own_group='import os, sys; os.setpgid(0, 0); os.execv(sys.argv[1], sys.argv[1:])'
	# By the shell's job control the group would have a stopped member, now and then, when it
	# becomes nobody's: then the kernel hangs it up.
	start_terminal bash -c '(python3 -c "$@" </dev/null 2>&1 | cat &); read -r line' - "$own_group" \
		"$CINIT" -g sh -c 'echo pids $PPID $$; read -r x </dev/tty'
	await '^pids ([0-9]+) ([0-9]+)'
	pids=("${BASH_REMATCH[@]:1}")
	eventually has_state "${pids[1]}" T
	before=$(cpu_ticks "${pids[0]}")
	sleep 0.5 # of which a loop would leave its mark
	ticks=$(($(cpu_ticks "${pids[0]}") - before))
	((ticks < 10)) || fail "$ticks ticks"
	kill "${pids[0]}"
	eventually gone "${pids[1]}"
	eventually gone "${pids[0]}"
}

# ---- keys ----

@test "the interrupt key arrives once" {
	start_shell
	tell '$cinit sig_disposition caught 2'
	await '^ready'
	key C
	await '^got 2 '
	got_once 2
}

@test "the interrupt key arrives once when fd 0 is another file" {
	start_shell
	tell "\$cinit sig_disposition caught 2 </dev/null >$fifo 2>&1"
	exec {out_fd}<>"$fifo"
	await '^ready'
	key C
	await '^got 2 '
	got_once 2
}

@test "the interrupt key ends a loop of cinits in an interactive bash" {
	start_shell
	tell 'while :; do $cinit sh -c "echo ready; exec sleep 1000"; done'
	await '^ready'
	key C
	tell 'echo back $((1+1))'
	await '^back 2'
}

@test "the interrupt key ends a loop of cinits in bash -c" {
	start_terminal bash -c 'while :; do "$@"; done' - "$CINIT" sh -c 'echo ready; exec sleep 1000'
	await '^ready'
	key C
	await_end
	assert_status 130
}

@test "the quit key ends the payload, and cinit without a core file" {
	cd "$BATS_TEST_TMPDIR"
	start_terminal bash -c 'ulimit -c 0; "$@"; echo end $?' - "$CINIT" sig_disposition default 3
	await '^ready'
	key BACKSLASH
	await_end
	refute_output --partial 'core dumped'
}

@test "the end-of-file key ends a payload that reads" {
	start_shell
	tell '$cinit sh -c "echo ready; cat"; echo end $?'
	await '^ready'
	key D
	await '^end 0'
}

# ---- stop and continue ----

# stops_and_continues COMMAND [REGEX]: when it is ready, and has said that too, the stop key stops the job; the
# shell has the terminal then, and fg brings the job back.
stops_and_continues() {
	start_shell
	tell "$1"
	await_all '^ready' "${@:2}"
	key Z
	await 'Stopped'
	tell report
	await_report
	assert_equal "$(field tpgid)" "$(field pgid)"
	tell fg
	eventually continued
	key C
	await '^got 2 '
	got_once 2
}

continued() {
	[[ $(ps -o stat= -p "$(pid_of sig_disposition)") == S*+ ]]
}

@test "the stop key stops the job and fg brings it back" {
	stops_and_continues '$cinit sig_disposition caught 2'
}

@test "the stop key stops a script that runs cinit" {
	stops_and_continues 'sh -c "$cinit sig_disposition caught 2; true"'
}

@test "the stop key stops a bash script that runs cinit" {
	stops_and_continues 'bash -c "$cinit sig_disposition caught 2; true"'
}

@test "the stop key stops a pipeline that begins with cinit" {
	# The key is for all of the job: the reader must outlive it.
	stops_and_continues '$cinit sig_disposition caught 2 | sh -c "trap \"\" INT; exec cat"'
}

@test "--group: the stop key stops the job and fg brings it back" {
	stops_and_continues '$cinit -g sig_disposition caught 2'
}

@test "--group: the stop key stops a script that runs cinit" {
	stops_and_continues 'sh -c "$cinit -g sig_disposition caught 2; true"'
}

@test "--group: the stop key stops a pipeline that begins with cinit" {
	stops_and_continues '$cinit -g sig_disposition caught 2 | cat'
}

@test "the stop key stops a pipeline that ends with cinit" {
	# A copy of the shell that has not executed its command yet would ignore the key.
	stops_and_continues 'sh -c "echo up >&2; exec sleep 1000" | $cinit sig_disposition caught 2' '^up'
}

@test "the stop key stops a cinit under cinit" {
	stops_and_continues '$cinit $cinit sig_disposition caught 2'
}

@test "--namespace: the stop key stops the job and fg brings it back" {
	stops_and_continues '$cinit -N sig_disposition caught 2'
}

@test "--namespace: the stop key stops a script that runs cinit" {
	stops_and_continues 'sh -c "$cinit -N sig_disposition caught 2; true"'
}

@test "in a namespace: a payload that stops its job itself, as an editor does, is not warned of" {
	start_terminal launch -p -- "$CINIT" --status-fd=2 bash -c 'kill -TSTP 0; echo went on; read line'
	await_all '^went on' '"SIGTSTP","origin":"inside".*"dropped"'
	refute grep -q 'cinit: dropped' <<<"$output"
}

@test "a program that answers the stop key with SIGSTOP, as top does, stops as a job" {
	local n
	for n in '' -N; do
		start_shell
		# By a thread of its own: a handler of Python's that comes just before a read waits for its end.
		tell "\$cinit $n python3 -SI -c 'import os, signal, threading
def answer():
    while signal.sigwait({signal.SIGTSTP}): os.kill(os.getpid(), signal.SIGSTOP)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})
threading.Thread(target=answer, daemon=True).start()
print(\"ready\", flush=True)
while True: print(\"read\", input(), flush=True)'"
		await '^ready'
		key Z
		await 'Stopped'
		tell fg
		tell word
		await '^read word'
		# That was its answer; whoever stops it now is somebody else.
		payload=$(pid_of python3)
		kill -STOP "$payload"
		eventually has_state "$payload" T
		kill -CONT "$payload"
		tell again
		await '^read again'
	done
}

@test "a job can be stopped again and again" {
	start_shell
	tell '$cinit sig_disposition caught 2'
	await '^ready'
	for _ in 1 2 3; do
		key Z
		await 'Stopped'
		tell fg
		eventually continued
	done
	key C
	await '^got 2 '
	got_once 2
}

@test "bg continues the payload and leaves the terminal to the shell" {
	start_shell
	tell '$cinit sig_disposition caught 2'
	await '^ready'
	key Z
	await 'Stopped'
	tell 'bg; report'
	await_report
	assert_equal "$(field tpgid)" "$(field pgid)"
	in_background() {
		[[ $(ps -o stat= -p "$(pid_of sig_disposition)") == S*([!+]) ]]
	}
	shopt -s extglob
	eventually in_background
	tell fg
	eventually foreground_is_job
	key C
	await '^got 2 '
	got_once 2
}

# bash has handed the terminal to the job: it does not continue a job that runs.
foreground_is_job() {
	local cinit
	cinit=$(pid_of "$(basename "$CINIT")")
	[[ $(ps -o tpgid= -p "$cinit") != $(ps -o pgid= -p "$(pid_of bash)") ]]
}

@test "fg of a running background job gives it the terminal by the time that it reads" {
	start_shell
	tell "\$cinit sh -c 'read go <$fifo; read answer; echo got \$answer' &"
	eventually pid_of sh
	tell fg
	eventually foreground_is_job
	echo go >"$fifo"
	tell answer
	await '^got answer'
}

@test "--group: fg of a running background job gives the payload's own group the terminal when it asks" {
	start_shell
	tell "\$cinit --group sh -c 'read go <$fifo; read answer; echo got \$answer' &"
	eventually pid_of sh
	tell fg
	eventually foreground_is_job
	echo go >"$fifo"
	tell answer
	await '^got answer'
}

@test "a background payload that reads the terminal stops as a job, and reads after fg" {
	start_shell
	tell '$cinit sh -c "read answer; echo got \$answer" &'
	tell 'until jobs -s | grep Stopped; do :; done; fg'
	await 'Stopped'
	eventually pid_of sh
	tell answer
	await '^got answer'
	tell 'echo back $((1+1))'
	await '^back 2'
}

@test "an interactive shell as payload has job control" {
	start_shell
	tell '$cinit bash --norc --noprofile --noediting -i'
	tell 'echo inner $((1+1))'
	await 'inner 2'
	tell 'sig_disposition caught 2'
	await '^ready'
	key Z
	await 'Stopped'
	tell fg
	eventually continued
	key C
	await '^got 2 '
}

@test "a script without job control goes on when its payload is stopped and continued" {
	start_terminal bash -c '"$@"; echo end $?' - "$CINIT" sig_disposition caught 2
	await '^ready'
	key Z
	key C
	await '^got 2 '
	got_once 2
}

# ---- hangup and window size ----

waits_for_hangup() {
	printf '%s' "exec 3<>$fifo; trap \"echo HUP >&3; exit\" HUP; echo ready; sleep 20 & wait"
}

@test "a pager behind a command that has ended gets the terminal" {
	local i
	start_shell
	for i in 1 2 3 4 5; do
		# stty, as pagers do, stops for want of the foreground until it is given back.
		tell "\$cinit sh -c : | sh -c 'stty echo </dev/tty && echo pager $i'"
		await "^pager $i"
	done
}

@test "a group above our namespace is not taken for ours: the terminal stays where it was" {
	local user=''
	((EUID == 0)) || user='--user --map-root-user'
	start_shell
	tell "bash -c 'unshare $user -pf \$cinit true; read -r word; echo read \$word'"
	tell 'apple'
	await '^read apple'
}

@test "a hangup reaches the payload of a session leader" {
	start_terminal "$CINIT" sh -c "$(waits_for_hangup)"
	await '^ready'
	hang_up_terminal
	read_fifo '^HUP$'
}

@test "a hangup reaches the payload of PID 1" {
	start_container sh -c "$(waits_for_hangup)"
	await '^ready'
	hang_up_terminal
	read_fifo '^HUP$'
}

@test "a hangup reaches the payload of a shell's job" {
	# The shell ends first: what it leaves behind has still to say that it was hung up.
	with=(-k)
	start_shell
	tell "\$cinit sh -c '$(waits_for_hangup)'"
	await '^ready'
	hang_up_terminal
	read_fifo '^HUP$'
}

tells_size='trap "stty size" WINCH; echo ready; sleep 1000 & while :; do wait; done'

@test "a window change reaches the payload" {
	start_shell
	tell "\$cinit bash -c '$tells_size'"
	await '^ready'
	enlarge
	await '^50 132'
}

@test "a window change reaches the payload of PID 1" {
	start_container bash -c "$tells_size"
	await '^ready'
	enlarge
	await '^50 132'
}

# ---- sessions and containers ----

@test "--setsid gives a session with a controlling terminal to the payload of PID 1" {
	start_container --setsid report
	await_report
	assert_equal "$(field sid)" "$(field pid)"
	assert_equal "$(field tpgid)" "$(field pid)"
}

@test "--setsid of a session leader gives the terminal to the payload's session" {
	start_terminal "$CINIT" --setsid report
	await_report
	assert_equal "$(field sid)" "$(field pid)"
	assert_equal "$(field tpgid)" "$(field pid)"
}

@test "--setsid sends the payload no hangup" {
	start_container --setsid sig_disposition caught 1
	await '^ready'
	got_none 1
}

# got_none SIG: all that was sent before has been dealt with, and the payload got no signal SIG.
got_none() {
	kill -64 "$(pid_of sig_disposition)"
	await '^barrier'
	refute_output --regexp "got $1 "
}

@test "--setsid leaves a shell's terminal to the shell" {
	start_shell
	tell '$cinit --setsid report'
	await_report
	assert_equal "$(field sid)" "$(field pid)"
	tell 'echo back $((1+1))'
	await '^back 2'
}

@test "keys arrive in a container with a terminal" {
	start_container sig_disposition caught 2
	await '^ready'
	key C
	await '^got 2 '
	got_once 2
}

@test "keys arrive in a container with a terminal and --setsid" {
	start_container --setsid sig_disposition caught 2
	await '^ready'
	key C
	await '^got 2 '
	got_once 2
}

# The kernel lets no stop key act in an orphaned process group, where nobody could continue it.
@test "the stop key does not freeze a container with a terminal" {
	start_container sig_disposition caught 2
	await '^ready'
	key Z
	key C
	await '^got 2 '
	assert has_state "$(pid_of sig_disposition)" S
}

@test "the interrupt key ends a container whose payload does not handle it" {
	start_container sig_disposition default 2
	await '^ready'
	key C
	await_end
	assert_status 130
}

@test "keys, window size and hangup that only cinit gets come from the kernel and are delivered" {
	local sig
	start_container_without_fds
	for sig in INT QUIT WINCH HUP; do
		case $sig in
			INT) key C ;;
			QUIT) key BACKSLASH ;;
			WINCH) enlarge ;;
			HUP) hang_up_terminal ;;
		esac
		await "\"SIG$sig\",\"origin\":\"kernel\".*\"action\":\"delivered\""
	done
}

# The terminal is that of the session, but none of fds 0 to 2 leads there.
start_container_without_fds() {
	# shellcheck disable=SC2016
	start_terminal -n launch -p -- setsid -c sh -c '
		fifo=$1
		shift
		exec "$@" </dev/null >"$fifo" 2>&1' - "$fifo" \
		"$CINIT" --status-fd=1 sigreport
	exec {out_fd}<>"$fifo"
	await '^ready'
}
