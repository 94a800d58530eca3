# Resource limits that leave hardly anything, and outputs that take nothing.
load helper

# With next to no environment, which lies on the stack, but for what a test puts ${before} it.
before=()
launch() {
	exec env -i PATH="$PATH" "${before[@]}" "$(type -P launch)" "$@"
}

# Everything that cinit does while a payload lives: events, a look from inside, warnings, both plans.
whole_life() {
	"$1" -v --status-fd=2 --stop=WINCH:50ms,TERM orphans 1 600000
	if ! await '^done$' 2>/dev/null; then
		await_end
		return
	fi
	[[ $1 != start_pid1 ]] || {
		inside HUP
		await 'dropped SIGHUP'
	}
	outside TERM
	ended_by 15
	assert_line --regexp "\"event\":\"left\",\"count\":${count:-[12]}}"
	[[ $1 != start_cinit ]] || assert_line --partial '"event":"reaped"'
}

# The payload ran, whatever cinit had to say of it.
started() {
	[[ $output == *'"event":"spawned"'* || $'\n'$output$'\n' == *$'\ndone\n'* ]]
}

# at_each NAME VALUE…: under each limit cinit ends before it starts anything, or all is as without it.
at_each() {
	local name=$1 value start lived=0 runs=0
	shift
	for value; do
		for start in "${starts[@]}"; do
			with=(-l "$name=$value")
			whole_life "$start"
			runs=$((runs + 1))
			if started; then
				assert_line "{\"event\":\"done\",\"status\":$status}"
				lived=$((lived + (status == 143)))
			else
				((status >= 125)) || fail "$name=$value: status $status"
			fi
		done
	done
	((lived > 0 && lived < runs)) || fail "$lived of $runs: these values do not span the edge"
}

@test "a small stack ends it before the payload starts, or never" {
	at_each stack $(seq 8192 2048 32768)
}

@test "to its last 16 bytes, the stack that a start takes is enough for all that follows" {
	local half enough=0 too_much=1024 # in units of 16 bytes
	with=(-l stack=16384)
	while ((too_much - enough > 1)); do
		half=$(((enough + too_much) / 2))
		# Where the stack begins is not left to chance.
		before=(PAD="$(printf '%*s' $((16 * half)) '')" setarch --addr-no-randomize)
		whole_life start_cinit
		if started; then
			assert_status 143
			enough=$half
		else
			too_much=$half
		fi
	done
	((enough > 0 && too_much < 1024)) || fail "$enough to $too_much: these limits do not span the edge"
}

@test "20 KiB of stack are enough for a start, and to say why there is none" {
	local _
	[[ ${CINIT##*/} == cinit ]] || return 0 # it is for the binary that is shipped
	with=(-l stack=20480)
	for _ in {1..10}; do # the kernel begins the stack anywhere within 8 KiB
		run pid1 exitwith 42
		assert_status 42
		run -127 pid1 no-such-command
		assert_output --partial 'not found'
	done
}

@test "a small address space ends it before the payload starts, or never" {
	at_each as $(seq 0 65536 786432)
}

@test "no file may grow, nothing may be queued: all else is as ever" {
	with=(-l fsize=0 -l sigpending=0 -l core=0)
	local start
	for start in "${starts[@]}"; do
		whole_life "$start"
		assert_status 143
	done
}

@test "up to four fds: it says so; with five it finds no leftovers, with six all is as ever" {
	count='(-1|[12])' at_each nofile {0..5}
	with=(-l nofile=6)
	whole_life start_pid1
	assert_status 143
	whole_life start_cinit
	assert_status 143
}

@test "no file may grow: events and messages to a file are lost, and nothing else" {
	local mode
	with=(-l fsize=0)
	for mode in "${modes[@]}"; do
		run "$mode" -v --status-file="$BATS_TEST_TMPDIR/events" exitwith 42 2>"$BATS_TEST_TMPDIR/log"
		assert_status 42
		assert [ ! -s "$BATS_TEST_TMPDIR/events" ]
	done
}

# ---- processes ----

# Where other users may execute what a test puts there.
open_dir() {
	((EUID == 0)) || skip 'needs root'
	dir=$(mktemp -d /tmp/cinit-limits.XXXXXX)
	chmod 755 "$dir"
	cp "$CINIT" "$(type -P exitwith)" "$(type -P sigreport)" "$dir"
	cd "$dir" || return
	lonely=$((1000000 + BASHPID)) # a user who has no other process
}

as_lonely() {
	run setpriv --reuid="$lonely" --regid="$lonely" --clear-groups prlimit --nproc="$1" "${@:2}"
}

@test "ulimit -u 1: it says so; 2: the payload runs, and cannot fork" {
	open_dir
	as_lonely 1 ./"${CINIT##*/}" ./exitwith 42
	assert_status 125
	assert_output --regexp '^cinit: unable to run .*EAGAIN: too many processes: raise ulimit -u, which is 1$'
	as_lonely 2 ./"${CINIT##*/}" ./exitwith 42
	assert_status 42
	as_lonely 2 ./"${CINIT##*/}" sh -c '(:); exit 42'
	assert_output --partial 'fork'
	as_lonely 3 ./"${CINIT##*/}" sh -c '(:); exit 42'
	assert_status 42
}

# The kernel asks at the exec whether the user has too many processes, if he has one already.
@test "ulimit -u of --user's user: the failed exec is explained" {
	open_dir
	start -- "$CINIT" --user="$lonely" ./sigreport
	await ready
	run prlimit --nproc=0 "$CINIT" --user="$lonely" ./exitwith 42
	assert_status 126
	assert_output "cinit: unable to run './exitwith': EAGAIN: too many processes: raise ulimit -u, which is 0"
}

# find_group CONTROLLER FILE_V1 FILE_V2: makes $group where that controller is, sets $limit to its file.
find_group() {
	((EUID == 0)) || skip 'needs root'
	local root
	root=$(awk -v c="$1" '$3 == "cgroup" && $4 ~ "(^|,)" c "(,|$)" { print $2; exit }' /proc/mounts)
	limit=$2
	if [[ ! $root ]]; then
		root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
		limit=$3
		[[ $root && $(<"$root/cgroup.subtree_control") == *"$1"* ]] || skip "needs the $1 controller"
	fi
	group=$root/cinit-limits-$$-$BATS_TEST_NUMBER
	remove_group
	mkdir "$group"
	limit=$group/$limit
}

remove_group() {
	[[ ! -d $group ]] || eventually rmdir "$group"
}

teardown() {
	forget
	[[ ! ${group-} ]] || remove_group
	[[ ! ${dir-} ]] || rm -rf "$dir"
}

# container COMMAND…: cinit as PID 1 in the cgroup, as an engine starts it.
container() {
	launch -s -p -- sh -c 'echo 0 >"$1/cgroup.procs"; shift; exec "$@"' - "$group" "$CINIT" "$@"
}

@test "pids.max 1: it says so; 2: the payload runs, and cannot fork; 3: it can" {
	find_group pids pids.max pids.max
	echo 1 >"$limit"
	run container exitwith 42
	assert_status 125
	assert_output --regexp '^cinit: unable to run .*EAGAIN: too many processes: raise pids.max of the cgroup, which is 1$'
	echo 2 >"$limit"
	run container exitwith 42
	assert_status 42
	run container sh -c '(:); exit 42'
	assert_output --partial 'fork'
	echo 3 >"$limit"
	run container sh -c '(:); exit 42'
	assert_status 42
	assert_output ''
}

@test "pids.max 2 with --namespace: it says so; 3: the payload runs" {
	find_group pids pids.max pids.max
	local how=(launch -s -- sh -c 'echo 0 >"$1/cgroup.procs"; shift; exec "$@"' - "$group" "$CINIT" -N exitwith 42)
	echo 2 >"$limit"
	run "${how[@]}"
	assert_status 125
	assert_output --regexp '^cinit: unable to .*EAGAIN'
	echo 3 >"$limit"
	run "${how[@]}"
	assert_status 42
}

@test "pids.max 2: a text without #! is run by /bin/sh" {
	find_group pids pids.max pids.max
	echo 'exit 42' >"$BATS_TEST_TMPDIR/text"
	chmod +x "$BATS_TEST_TMPDIR/text"
	echo 2 >"$limit"
	run container "$BATS_TEST_TMPDIR/text"
	assert_status 42
}

# ---- memory ----

@test "memory at the edge: the kernel ends it before the payload starts, or all is as ever" {
	find_group memory memory.limit_in_bytes memory.max
	local kb ran=0 killed=0
	for kb in 64 128 160 192 224 256 320 384 512 1024; do
		remove_group # a used one keeps charges
		mkdir "$group"
		echo "${kb}K" >"$limit"
		run container --status-fd=2 exitwith 42
		case $status in
		42) ((ran += 1)) ;;
		137)
			((killed += 1))
			# It was the payload, and cinit says so; or cinit, which then says nothing more.
			[[ $output != *'"done"'* ]] || assert_line '{"event":"done","status":137}'
			;;
		*) fail "$kb kB: status $status: $output" ;;
		esac
	done
	((ran && killed)) || fail "ran $ran, killed $killed: these values do not span the edge"
}

@test "a payload that eats all memory is killed, and never cinit" {
	find_group memory memory.limit_in_bytes memory.max
	local _
	echo 20M >"$limit"
	for _ in {1..5}; do
		run container sh -c 'exec python3 -c "x = bytearray(100000000)"'
		assert_status 137
		assert_output --regexp '^cinit: the command was killed .*raise the memory limit'
	done
}

# ---- outputs that take nothing ----

# onto KIND COMMAND…: with a stderr that takes nothing: a terminal whose output is stopped (as by ^S), one
# that nobody reads, or a socket that nobody reads.
onto() {
	python3 -SIc '
import os, socket, sys, termios
kind, *command = sys.argv[1:]
def fill(fd):
    os.set_blocking(fd, False)
    for size in 4096, 1:
        try:
            while os.write(fd, b"x" * size): pass
        except BlockingIOError: pass
    os.set_blocking(fd, True)
if kind == "socket":
    kept, other = socket.socketpair()
    out = other.fileno()
    other.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    fill(out)
else:
    kept, out = os.openpty()
    if kind == "stopped": termios.tcflow(out, termios.TCOOFF)
    else: fill(out)
pid = os.fork()
if pid == 0:
    os.dup2(out, 2)
    os.execvp(command[0], command)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))' "$@"
}

@test "a terminal that is stopped, one that is full, a full socket: messages are lost, and nothing else" {
	local kind mode
	for kind in stopped full socket; do
		for mode in '' -p; do
			run onto "$kind" launch $mode -- "$CINIT" -vv --status-fd=2 --grace=TERM:50ms,KILL \
				sh -c 'trap "" TERM; kill -WINCH $PPID; sleep 100 >/dev/null & exit 42'
			assert_status 42
			run -127 onto "$kind" launch $mode -- "$CINIT" -vv --status-fd=2 no-such-command
		done
	done
}
