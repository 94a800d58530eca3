"""One program that runs one case, and what can be seen of it."""
import ctypes
import errno
import fcntl
import os
import select
import struct
import subprocess
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.normpath(os.path.join(HERE, "../payloads/bin"))

AWAIT_S = 60      # until a line or a state that has to come is given up
POLL_S = 0.001    # between two looks at /proc
PATIENCE = 500    # looks in a row at an init that waits for nothing
SIGTIMEDWAIT = ("128", "137")  # numbers of rt_sigtimedwait: x86-64, arm64 and riscv64

# What a terminal makes of them.
KEYS = {b"\x03": 2, b"\x1c": 3, b"\x1a": 20}

# Sent after the signals of a case. Once the payload has it, init has dealt with all before it.
FENCE, OTHER_FENCE = 30, 28
# Sent to the payload itself: a real-time signal is taken after all standard ones.
LAST = 40
VALUE = 4711


class Failure(Exception):
    pass


class Lines:
    """The lines that come from a file descriptor."""

    def __init__(self, fd):
        self.fd, self.rest, self.ended = fd, b"", False

    def next(self):
        """The next line; None at the end."""
        deadline = time.monotonic() + AWAIT_S
        while b"\n" not in self.rest and not self.ended:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise Failure(f"nothing came for {AWAIT_S} s")
            try:
                data = os.read(self.fd, 65536)
            except OSError as e:
                if e.errno != errno.EIO:  # a terminal whose other side has gone
                    raise
                data = b""
            self.ended = not data
            self.rest += data
        line, newline, rest = self.rest.partition(b"\n")
        self.rest = rest
        return line.rstrip(b"\r").decode() if line or newline else None

    def until(self, end):
        """All lines up to the one that is `end`, that one left out; to the end of file if there is
        none. The second result says whether it came."""
        lines = []
        while (line := self.next()) is not None:
            if line == end or line.startswith(end + " "):
                return lines, True
            lines.append(line)
        return lines, False

    def close(self):
        os.close(self.fd)


def status_file(pid):
    """/proc/PID/status as a dictionary; empty if there is no such process."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as f:
            return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
    except OSError:
        return {}


def pending(status):
    return int(status["SigPnd"], 16) | int(status["ShdPnd"], 16)


def state(status):
    return status["State"][0]


def await_process(pid, condition):
    """Waits until condition(status of pid) holds or the process has ended; returns its state."""
    deadline = time.monotonic() + AWAIT_S
    while (status := status_file(pid)) and state(status) != "Z":
        if condition(status):
            return state(status)
        if time.monotonic() > deadline:
            raise Failure(f"process {pid} stays {status['State']}")
        time.sleep(POLL_S)
    return "gone"


def taken(pid, sig):
    return await_process(pid, lambda s: not pending(s) & 1 << (sig - 1))


def at_rest(pid):
    """S: it waits for something and has no signal to act upon; T: it is stopped."""
    return await_process(pid, lambda s: state(s) == "T" or (state(s) == "S" and not pending(s)))


def sits_in_sigwait(pid):
    try:
        with open(f"/proc/{pid}/syscall", encoding="ascii") as call:
            return call.read().split()[0] in SIGTIMEDWAIT
    except OSError:
        return False


def send(pid, sig):
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        pass


def children(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
                found += map(int, f.read().split())
    except OSError:
        pass
    return found


def writer_of(path):
    """The process whose stdout is that file."""
    for pid in os.listdir("/proc"):
        try:
            if pid.isdigit() and os.readlink(f"/proc/{pid}/fd/1") == path:
                return int(pid)
        except OSError:
            pass
    raise Failure(f"nobody writes to {path}")


def got(lines):
    return [int(line.split()[1]) for line in lines if line.startswith("got ")]


class Session:
    """One program that runs one case. The methods named as a case's kind return {aspect: text}."""

    def __init__(self, case, binary, directory):
        self.case, self.directory = case, directory
        self.fifo = os.path.join(directory, "other")
        self.pid_fifo = os.path.join(directory, "pid")
        self.master = self.slave = None
        self.fds, self.init, self.other = [], None, None
        os.mkfifo(self.fifo)
        os.mkfifo(self.pid_fifo)
        self.pid_fd = self.keep(os.open(self.pid_fifo, os.O_RDWR))
        self.others = Lines(self.keep(os.open(self.fifo, os.O_RDONLY | os.O_NONBLOCK)))
        self.command = self.command_line(binary)
        self.process = None

    def keep(self, fd):
        self.fds.append(fd)
        return fd

    def command_line(self, binary):
        case = self.case
        dashes = ["--"] if case.payload and not case.bare else []
        words = [word.replace("FIFO", self.fifo).replace("INIT", binary)
                 for word in case.args + dashes + case.payload]
        command = [os.path.join(PROGRAMS, "launch"), "-r", "-w", self.pid_fifo]
        command += ["-p"] * case.pid1 + ["-k"] * (case.kind == "leftover") + case.launch + ["--"]
        # init as the leader of the session, as in a container with a terminal
        if case.tty == "leader":
            command += ["setsid", "-c"]
        if case.shell:
            command += ["sh", "-c", case.shell + '; exec "$0" "$@"']
        command += [binary] + words
        # launch in the place of a shell script at a terminal: init is in its group
        return ["setsid", "-c"] + command if case.tty == "script" else command

    def start(self):
        stdin = stdout = subprocess.PIPE
        if self.case.tty:
            self.master, self.slave = os.openpty()
            attributes = termios.tcgetattr(self.slave)
            attributes[3] &= ~termios.ECHO
            termios.tcsetattr(self.slave, termios.TCSANOW, attributes)
            stdin = stdout = self.slave
        env = {"PATH": PROGRAMS + ":/usr/bin:/bin", **self.case.env}
        self.process = subprocess.Popen(self.command, stdin=stdin, stdout=stdout, env=env,
                                        stderr=subprocess.PIPE, cwd=self.directory,
                                        start_new_session=not self.case.tty)
        if self.case.tty:
            os.close(self.slave)
            self.keep(self.master)
        self.out = Lines(self.master if self.case.tty else self.process.stdout.fileno())
        self.err = Lines(self.process.stderr.fileno())
        pid = Lines(self.pid_fd).next()
        self.init = int(pid)

    def tell(self, text):
        fd = self.master if self.case.tty else self.process.stdin.fileno()
        try:
            os.write(fd, text.encode() + b"\n")
        except BrokenPipeError:
            pass

    def payload(self):
        """Its pid; None if it has gone."""
        return next(iter(children(self.init)), None)

    # ---- what can be seen ----

    def ended(self):
        """To the end of it all: status and class of stderr."""
        if self.process.stdin:
            self.process.stdin.close()
        self.process.stdin = None
        stderr, _ = self.err.until("\0")
        self.process.wait()
        status = stderr.pop() if stderr else "?"
        return {"status": status, "stderr": "some" if stderr else "none"}

    def fenced(self):
        """The signals that the payload has seen up to now; None if init has ended of them."""
        fence = OTHER_FENCE if FENCE in self.case.send else FENCE
        send(self.init, fence)
        lines, came = self.out.until(f"got {fence}")
        if came:
            send(self.payload(), LAST)
            more, _ = self.out.until(f"got {LAST}")
            lines += more
        return got(lines)

    def signals_of_other(self):
        send(self.other, LAST)
        lines, _ = self.others.until(f"got {LAST}")
        return " ".join(str(sig) for sig in got(lines) if sig != FENCE) or "none"

    def ready(self):
        _, came = self.out.until("ready")
        if self.case.pair and came:
            self.others.until("ready")
            self.other = writer_of(self.fifo)
        at_rest(self.init)
        return came

    def send_all(self):
        """One after the other, so that none is merged with one that is pending yet."""
        involved = [pid for pid in (self.init, self.payload(), self.other) if pid]
        for sig in self.case.send:
            send(self.init, sig)
            taken(self.init, sig)
            for pid in involved:
                at_rest(pid)

    # ---- kinds of cases ----

    def run(self):
        """It runs to its end by itself."""
        if not self.case.tty:
            self.process.stdin.close()
            self.process.stdin = None
        lines, _ = self.out.until("\0")
        if self.case.stdout_class:
            lines = ["some"] if lines else []
        if self.case.stdout_words:
            lines = [" ".join(lines[0].split()[:2])] if lines else []
        return {"stdout": "|".join(lines) or "none", **self.ended()}

    def signals(self):
        """Signals are sent to it; sigreport is the payload."""
        outcome = {}
        if self.ready():
            self.send_all()
            seen = self.fenced()
            outcome["signals"] = " ".join(map(str, seen)) or "none"
            if self.case.pair:
                outcome["other"] = self.signals_of_other()
            self.tell("exit 7")
        return {**outcome, **self.ended()}

    def queue(self):
        """It gets a signal with a value (sigqueue(3))."""
        outcome = {}
        if self.ready():
            sig = self.case.send[0]
            ctypes.CDLL(None).sigqueue(self.init, sig, ctypes.c_void_p(VALUE))
            line = self.out.next()
            outcome["value"] = "kept" if line.endswith(f" value {VALUE}") else "lost"
            self.tell("exit 7")
        return {**outcome, **self.ended()}

    def reaps(self):
        """Its payload ends at once; has it noticed?"""
        looks = 0
        while looks < PATIENCE and status_file(self.init):
            idle = not self.payload() and at_rest(self.init) == "S"
            looks = looks + 1 if idle else 0
            time.sleep(POLL_S)
        outcome = {"payload's end": "unnoticed" if looks else "noticed"}
        if looks:
            send(self.init, 9)
        return {**outcome, "status": self.ended()["status"]}

    def typed(self):
        """Keys are typed at its terminal. Where init has got the signal too and forwards it, a second
        one may come or be merged with the first, so each counts once."""
        outcome = {}
        if self.ready():
            for key in self.case.keys:
                os.write(self.master, key)
                self.out.until(f"got {KEYS[key]}")
                at_rest(self.init)
            seen = {KEYS[key] for key in self.case.keys} | set(self.fenced() or [])
            outcome["signals"] = " ".join(map(str, sorted(seen)))
            self.tell("exit 7")
        return {**outcome, **self.ended()}

    def resize(self):
        """Its terminal gets another size."""
        outcome = {}
        if self.ready():
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("4H", 50, 132, 0, 0))
            self.out.until("got 28")
            # Forwarded by an init that has got it too, it comes as a second one or merged with it.
            at_rest(self.init)
            outcome["signals"] = " ".join(["28"] + sorted({str(s) for s in self.fenced()} - {"28"}))
            self.tell("exit 7")
        return {**outcome, **self.ended()}

    def hangup(self):
        """Its terminal goes away; its payload has become a sigreport that writes to FIFO."""
        self.others.until("ready")
        self.other = writer_of(self.fifo)
        at_rest(self.init)
        os.close(self.master)
        self.fds.remove(self.master)
        self.others.until("got 1")
        at_rest(self.init)
        seen = {"1", *self.signals_of_other().split()}
        send(self.other, 9)
        return {"signals": " ".join(sorted(seen)), "status": self.ended()["status"]}

    def die(self):
        """Its payload dies by a signal."""
        if self.ready():
            self.tell(f"die {self.case.send[0]}")
        return self.ended()

    def stop(self):
        """It gets a signal that may stop it or its payload, which is cat, and SIGCONT after it."""
        outcome = {}
        self.tell("begun")
        self.out.until("begun")
        payload = self.payload()
        self.send_all()
        outcome["init"] = at_rest(self.init)
        outcome["payload"] = at_rest(payload)
        send(self.init, 18)
        taken(self.init, 18)
        outcome["init after"] = at_rest(self.init)
        if outcome["init after"] == "S":
            outcome["payload after"] = at_rest(payload)
        send(payload, 18)
        return {**outcome, **self.ended()}

    def parent(self):
        """Its parent is killed."""
        if not self.ready():
            return self.ended()
        send(self.process.pid, 9)
        self.process.wait()
        taken(self.init, 10)
        seen = self.fenced()
        send(self.payload(), 9)
        return {"signals": " ".join(map(str, seen)) or "none"}

    def leftover(self):
        """Its payload ends and leaves a process behind."""
        self.others.until("ready")
        self.other = writer_of(self.fifo)
        self.tell("")
        outcome = self.ended()
        if not self.case.pid1:
            outcome["other"] = self.signals_of_other()
            send(self.other, 9)
        return outcome

    def orphan(self):
        """Its payload has left it an orphan, which dies."""
        outcome = {}
        if self.ready():
            adopted = status_file(self.other)["PPid"] == str(self.init)
            outcome["orphan"] = "init's" if adopted else "another's"
            send(self.other, 9)
            deadline = time.monotonic() + 5
            while status_file(self.other) and time.monotonic() < deadline:
                time.sleep(POLL_S)
            outcome["zombie"] = "stays" if status_file(self.other) else "reaped"
            self.tell("exit 7")
        return {**outcome, **self.ended()}

    def inspect(self):
        """What init itself holds while the payload runs."""
        outcome = {}
        if self.ready():
            self.fenced()
            fds = os.listdir(f"/proc/{self.init}/fd")
            cwd = os.readlink(f"/proc/{self.init}/cwd")
            outcome["init fd 5"] = "open" if "5" in fds else "closed"
            outcome["init fds 0-2"] = " ".join(fd for fd in "012" if fd in fds) or "none"
            outcome["init cwd"] = cwd if cwd == "/" else "inherited"
            self.tell("exit 7")
        return {**outcome, **self.ended()}

    def kill(self):
        """It is killed; its payload is cat."""
        self.tell("begun")
        self.out.until("begun")
        self.send_all()
        return self.ended()

    def pause(self):
        """It has no payload, and gets signals."""
        # Not before it has blocked SIGINT. One that awaits it shows it as not blocked.
        await_process(self.init, lambda s: int(s["SigBlk"], 16) & 2 or sits_in_sigwait(self.init))
        self.send_all()
        outcome = {"init": at_rest(self.init)} if self.case.stays else {}
        if self.case.stays:
            send(self.init, 9)
        return {**outcome, **self.ended()}

    def report(self):
        """What the payload has come to with; report is the payload."""
        lines, _ = self.out.until("\0")
        found = [line.partition(" ")[::2] for line in lines]
        one = dict(found)
        outcome = {}
        for name in ("mask", "ignored", "caught", "fds", "umask", "nice"):
            outcome[name] = one.get(name, "?").strip()
        if "pid" in one:
            pid = one["pid"]
            outcome["group"] = "own" if one["pgid"] == pid else "another"
            outcome["session"] = "own" if one["sid"] == pid else "another"
            outcome["foreground"] = ("none" if one["tpgid"] == "-1" else
                                     "own" if one["tpgid"] == one["pgid"] else "another")
            outcome["parent"] = "1" if one["ppid"] == "1" else "not 1"
            cwd = one["cwd"]
            outcome["cwd"] = "inherited" if cwd == self.directory else cwd
        outcome["env"] = "|".join(sorted(self.environment(found, one.get("pid"))))
        return {**outcome, **self.ended()}

    def environment(self, found, pid):
        for name, value in found:
            variable, _, text = value.partition("=")
            if name == "env" and variable not in ("PATH", "PWD", "OLDPWD", "_"):
                if variable == "LISTEN_PID":
                    text = "payload" if text == pid else "not payload"
                yield f"{variable}={text}"

    def end(self):
        """Kills what may be left of it."""
        ours = (str(self.init), str(self.process.pid), str(os.getpid()))
        for pid in [self.other] + children(self.init or 0) + [self.init]:
            if pid and status_file(pid).get("PPid") in ours:
                send(pid, 9)
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        for f in (self.process.stdin, self.process.stdout, self.process.stderr):
            if f:
                f.close()

    def close(self):
        if self.process:
            self.end()
        for fd in self.fds:
            os.close(fd)
