# docs/threat-model.md is what happens: each of its rows is tried here.
load helper

readonly DOCUMENT=$tests/../docs/threat-model.md
readonly DOCKER=-all,+chown,+dac_override,+fsetid,+fowner,+mknod,+net_raw,+setgid,+setuid,+setfcap,+setpcap,+net_bind_service,+sys_chroot,+kill,+audit_write

# Other users may execute what is here.
setup() {
	((EUID == 0)) || skip 'needs root'
	dir=$(mktemp -d /tmp/cinit-threats.XXXXXX)
	chmod 755 "$dir"
	cp "$CINIT" "$dir/cinit"
	cp "$tests"/payloads/bin/* "$dir"
	PATH=$dir:$PATH
	user=(setpriv --reuid=54324 --regid=54324 --clear-groups)
	engine=(setpriv --bounding-set="$DOCKER")
}

teardown() {
	forget
	rm -rf "$dir"
}

# container AS… -- ARG…: cinit as PID 1, executed by the command AS.
container() {
	local as=()
	while [[ $1 != -- ]]; do
		as+=("$1")
		shift
	done
	start -p "${with[@]}" -- "${as[@]}" "$dir/cinit" --status-fd=1 "${@:2}"
	chmod 666 "/proc/$init/fd/1" # that only its being another's can keep anybody from it
}

# attack AS… -- ACT [ARG]: on PID 1, by a process that is executed in the container by the command AS.
attack() {
	local as=()
	while [[ $1 != -- ]]; do
		as+=("$1")
		shift
	done
	nsenter --pid --mount --target "$init" "${as[@]}" "$dir/hostile" "$2" 1 "${@:3}" </dev/null
}

# Has Yama forbidden to trace what is no descendant?
yama() {
	local scope=0
	[[ ! -r /proc/sys/kernel/yama/ptrace_scope ]] || read -r scope </proc/sys/kernel/yama/ptrace_scope
	((scope > 0))
}

# rows COLUMN: "ACT [ARG]|WORD" of each row of the table, for one of its columns.
rows() {
	awk -F'|' -v column="$1" '/^\| `/ {
		split($2, act, "`"); split($(column + 2), word, /[ ,]+/); print act[2] "|" word[2] }' "$DOCUMENT"
}

# column N: each row's word for it is what happens. Uses $own and $his.
column() {
	local act word tried=0 words
	while IFS='|' read -r act word; do
		read -ra words <<<"$act"
		[[ ${words[0]} != trace && ${words[0]} != memory ]] || ((EUID)) || ! yama ||
			[[ $1 != 1 && $1 != 3 ]] || word=refused
		container "${own[@]}" -- sigreport
		await ready
		run attack "${his[@]}" -- "${words[@]}"
		[[ ${words[0]} == reboot && $output == '' ]] || # it has gone with the rest
			[[ $output =~ ^[a-z-]+:\ $word ]] || fail "$act: $output, and not $word"
		((tried += 1))
	done < <(rows "$1")
	((tried > 9)) || fail "only $tried rows"
}

@test "threats: a payload of cinit's own user" {
	own=("${user[@]}") his=("${user[@]}")
	column 1
}

@test "threats: a payload of another user" {
	own=() his=("${user[@]}")
	column 2
}

@test "threats: what the engine executes, with Docker's capabilities" {
	own=("${engine[@]}") his=("${engine[@]}")
	column 3
}

@test "threats: what is executed with all capabilities" {
	own=() his=()
	column 4
}

@test "threats: SIGKILL and SIGSTOP from inside have no effect" {
	container -- sig_disposition default 15
	await ready
	attack -- kill 9
	attack -- kill 19
	survives
}

@test "threats: a SIGTERM from inside that claims to come from outside is one from inside" {
	container -- sig_disposition default 15
	await ready
	attack -- forge
	await '"name":"SIGTERM","origin":"inside".*"action":"dropped"'
	survives
}

@test "threats: traced by one who only looks on, it does its work" {
	container -- sig_disposition default 15
	await ready
	exec {spy_fd}< <(exec nsenter --pid --mount --target "$init" "$dir/hostile" stay 1 <>"$BATS_TEST_TMPDIR/spy" 2>&1)
	read -r -t "$AWAIT_SECONDS" -u "$spy_fd" line
	assert_equal "$line" 'stay: done'
	outside TERM
	ended_by 15
}

@test "threats: one who may write where its events go can forge them" {
	container -- sig_disposition default 15
	await ready
	attack -- output 1
	await '"event":"forged"'
}

@test "threats: without fds, queue, files and stack it goes on; what it cannot look at it delivers" {
	container -- --grace=TERM:50ms,KILL orphans 1 600000
	await '^done$'
	attack -- limit
	outside TERM
	ended_by 15
	container -- sig_disposition default 1
	await ready
	attack -- limit
	attack -- kill 1
	ended_by 1
}

@test "threats: a limit on its time on a CPU ends all, once it has worked for a second" {
	container -- sig_disposition caught 1
	await ready
	attack -- cpu
	exec {flood_fd}< <(exec nsenter --pid --target "$init" end_flood 1 1 1 2>&1)
	exec {null}>/dev/null
	timeout "$AWAIT_SECONDS" cat <&"$out_fd" >&"$null"
	wait "$job" || status=$?
	job=
	assert_status 137
}

@test "threats: reboot with CAP_SYS_BOOT ends all" {
	with=(-r)
	container -- sig_disposition default 15
	await ready
	attack -- reboot || true
	await_end
	assert_output --regexp 'killed 1$'
}

# The child has the user already, and still shares memory with cinit.
@test "threats: between --user and the exec the user's other processes cannot get at the child" {
	local child act
	mkfifo -m 666 "$dir/fifo"
	start -- "$dir/cinit" --user=54324:54324 --stdin="$dir/fifo" sigreport
	is_there() {
		child=$(payload_pid 2>/dev/null) && [[ $(awk '/^Uid/ { print $3 }' "/proc/$child/status") == 54324 ]]
	}
	eventually is_there
	for act in trace memory environment; do
		run "${user[@]}" hostile "$act" "$child"
		assert_output --partial refused
	done
	: >"$dir/fifo"
	await ready
}

@test "threats: typing into the terminal needs it as one's own: --setsid takes it away" {
	local legacy=1 word='done'
	[[ ! -r /proc/sys/dev/tty/legacy_tiocsti ]] || read -r legacy </proc/sys/dev/tty/legacy_tiocsti
	((legacy)) || word=refused
	cd "$dir"
	run tty_pty ./cinit --user=54324:54324 hostile type 1 </dev/null
	assert_output --partial "type: $word"
	run tty_pty sh -c './cinit --setsid --user=54324:54324 hostile type 1; :' </dev/null
	assert_output --partial 'type: refused'
}

@test "threats: with --user PID 1's memory, environment and outputs are closed to the engine's root" {
	local act
	container "${engine[@]}" -- --user=54324:54324 sigreport
	await ready
	for act in trace memory environment output; do
		run attack "${engine[@]}" -- "$act" 1
		assert_output --partial refused
	done
}

@test "threats: not PID 1 a payload can kill cinit, with --namespace it cannot" {
	run cinit sh -c 'hostile kill $PPID 9; sleep 10'
	assert_status 137
	run cinit --namespace sh -c 'hostile kill $PPID 9; exit 7'
	assert_output 'kill: done'
	assert_status 7
}
