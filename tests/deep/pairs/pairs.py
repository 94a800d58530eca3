#!/usr/bin/env python3
"""pairs.py CINIT LAUNCH SUBJECT long|short: each option with each other, as PID 1 and not.

A life of cinit is a set of facts: what the payload finds, which signals reach it, messages, events, the
status. An option alone changes some of them. Two options together must change what each of them changes
alone, and nothing else; where both change the same fact, either may win. What is otherwise is in INTERPLAY,
with the reason. long: in both orders, and with a third option that changes much.

Prints a line "not ok ..." for each pair with a fact that is otherwise, and "N passed, N failed"."""
import concurrent.futures
import itertools
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

CINIT, LAUNCH, SUBJECT = map(os.path.abspath, sys.argv[1:4])
LONG = sys.argv[4:] == ["long"]
SECONDS = 60  # at most, for a life

OPTIONS = {
    "group": "-g",
    "child": "-c",
    "session": "-S",
    "rewrite": "--rewrite=USR1:HUP",
    "rewrite 0": "--rewrite=USR1:0",
    "rewrite stop": "--rewrite=TERM:INT",
    "forward": "--inside=forward",
    "drop": "--inside=drop",
    "stop": "--stop=INT:10s,KILL",
    "stop-on": "--stop-on=USR1,TERM",
    "grace": "--grace=HUP:10s,KILL",
    "no grace": "--grace=0",
    "wait": "--grace=wait:50ms,TERM:10s,KILL",
    "time-limit": "--time-limit=1h",
    "expect": "--expect=7",
    "user": "--user=nobody",
    "numbers": "--user=1234:5678",
    "only group": "--user=:5678",
    "chdir": "--chdir={dir}/sub",
    "stdin": "--stdin={dir}/input",
    "stdout": "--stdout={dir}/stdout",
    "stderr": "--stderr={dir}/stderr",
    "stderr to stdout": "--stderr=@stdout",
    "parent": "--parent-death=TERM",
    "namespace": "--namespace",
    "boot": "--boot=poweroff",
    "subreaper": "--subreaper",
    "status-file": "--status-file={dir}/events",
    "warn": "--warn-orphans",
    "quiet": "--quiet",
    "verbose": "--verbose",
    "cgroup": "--cgroup=cinit-pairs-{unique}",
    "variable": "CINIT_OPTIONS=--expect=99",
}
THIRD = [(), ("namespace",), ("group",), ("numbers",), ("stop",)]

# (one, other, facts, reason): what else may change where these two come together.
ANY = "*"
INTERPLAY = [
    ("verbose", ANY, "message .*", "it tells what the other does"),
    ("warn", ANY, "message .* reaped orphan .*", "and how the orphan ended"),
    ("quiet", ANY, "message .*", "no warnings"),
    ("rewrite stop", "stop", "event (signal SIGTERM|stage stop .)", "SIGTERM is no stop signal any more"),
    ("stop", "stop-on", "(event signal|got) .*", "SIGUSR1 begins the plan, which ends the payload"),
    ("no grace", "cgroup", "message .* unable to remove .*", "somebody is left in it"),
    ("cgroup", ANY, "event reaped|message .* reaped orphan .*", "it is empty before its last member can be reaped"),
    ("stdout", "stderr to stdout", "to stderr|payload .*2", "into the file"),
    ("user", "stdin", "payload owner0", "a file keeps its owner"),
    ("numbers", "stdin", "payload owner0", "a file keeps its owner"),
    ("only group", ANY, "got 12|event signal SIGUSR2", "the user who stays may signal cinit"),
    ("drop", "namespace", "got 12|event signal SIGUSR2", "nobody is inside without a namespace"),
]


def interplay(options, fact):
    return any(
        one in options and (other == ANY or other in options) and re.fullmatch(facts, fact)
        for one, other, facts, _ in INTERPLAY
    )


def subject(option):
    """What it is about; of two about the same the last counts."""
    return re.match(r"--rewrite=\w+|[^=]+", OPTIONS[option])[0]


class Life:
    """One run of cinit, from its start to the facts."""

    def __init__(self, mode, options):
        self.mode, self.options = mode, options
        self.dir = tempfile.mkdtemp()
        self.unique = os.path.basename(self.dir)
        self.facts = {}

    def path(self, name):
        return os.path.join(self.dir, name)

    def prepare(self):
        os.chmod(self.dir, 0o777)
        os.mkdir(self.path("sub"))
        with open(self.path("input"), "w") as file:
            file.write("file")
        os.mkfifo(self.path("pid"))
        self.pid_fifo = os.open(self.path("pid"), os.O_RDWR)

    def start(self):
        words = [OPTIONS[o].format(dir=self.dir, unique=self.unique) for o in self.options]
        variables = dict(w.split("=", 1) for w in words if w.startswith("CINIT_OPTIONS="))
        self.events, events = os.pipe()
        stdin, typed = os.pipe()
        os.write(typed, b"pipe")
        os.close(typed)
        command = [LAUNCH, "-s", "-n", str(events), "-t", str(SECONDS), "-w", self.path("pid")]
        command += ["-p"] if self.mode == "pid1" else []
        command += ["--", CINIT, f"--status-fd={events}"]
        command += [w for w in words if not w.startswith("CINIT_OPTIONS=")] + ["--", SUBJECT]
        self.process = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[events],
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "HOME": "/root", **variables},
        )
        os.close(events)
        os.close(stdin)
        self.streams = {self.process.stdout.fileno(): "stdout", self.process.stderr.fileno(): "stderr",
                        self.events: "events"}
        self.text = {name: b"" for name in self.streams.values()}
        self.pid = int(os.read(self.pid_fifo, 32))

    def read(self, seconds):
        """What has come; False at the end of all streams."""
        for fd in select.select(list(self.streams), [], [], seconds)[0]:
            some = os.read(fd, 65536)
            self.text[self.streams[fd]] += some
            if not some:
                del self.streams[fd]
        return bool(self.streams)

    def file(self, name):
        try:
            with open(self.path(name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""

    def await_line(self, line):
        until = time.monotonic() + SECONDS
        while line not in self.text["stdout"] + self.file("stdout") and time.monotonic() < until:
            if not self.read(0.01):
                return

    def send(self, sig):
        try:
            os.kill(self.pid, sig)
        except ProcessLookupError:
            pass

    def live(self):
        self.prepare()
        self.start()
        self.await_line(b"\nready\n")
        for sig in signal.SIGUSR1, 64, signal.SIGTERM:
            self.send(sig)
            if sig == 64:
                self.await_line(b"\ngot 64\n")
        until = time.monotonic() + SECONDS
        while self.streams and self.read(1) and time.monotonic() < until:
            pass
        self.facts["status"] = self.process.wait()
        self.collect()
        return self.facts

    def collect(self):
        for name in "stdout", "stderr":
            for stream, text in (name, self.text[name]), (name + " file", self.file(name)):
                for line in text.decode(errors="replace").splitlines():
                    self.line(stream, line)
        for line in self.text["events"].decode().splitlines():
            self.event(json.loads(line))

    def line(self, stream, line):
        if line.startswith("cinit: "):
            line = re.sub(r"\d+", "N", line.replace(self.dir, "DIR").replace(self.unique, "NAME"))
            self.facts["message " + line] = stream
        elif line.startswith("got "):
            self.facts[line] = self.facts.get(line, 0) + 1
        elif line in ("ready", "to stderr"):
            self.facts[line] = stream
        else:
            name, _, value = line.partition(" ")
            self.facts["payload " + name] = value.replace(self.dir, "DIR").replace(self.unique, "NAME")

    def event(self, event):
        name = "event " + event.pop("event")
        for part in "name", "plan", "stage":
            if part in event:
                name += f" {event.pop(part)}"
        for varies in "pid", "start_time", "sender", "fds":
            event.pop(varies, None)
        self.facts[name] = json.dumps(event, sort_keys=True)

    def clean(self):
        os.close(self.events)
        os.close(self.pid_fifo)
        shutil.rmtree(self.dir)


def live(job):
    life = Life(*job)
    try:
        return life.live()
    finally:
        life.clean()


def wrong(lives, mode, third, pair):
    """The facts of pair that are not as they must be, a line each."""
    none, one, other, both = (
        lives[mode, third + options] for options in ((), pair[:1], pair[1:], pair)
    )
    for fact in sorted(set(none) | set(one) | set(other) | set(both)):
        before, first, second, seen = (facts.get(fact) for facts in (none, one, other, both))
        changed = [value for value in (first, second) if value != before] or [before]
        if subject(pair[0]) == subject(pair[1]):
            changed = [second]
        if seen not in changed and not interplay(pair + third, fact):
            yield f"# {fact}: {seen}; with none {before}, {pair[0]} {first}, {pair[1]} {second}"


def main():
    pairs = list(itertools.combinations(OPTIONS, 2))
    if LONG:
        pairs += [(two, one) for one, two in pairs]
    thirds = THIRD if LONG else THIRD[:1]
    jobs = {
        (mode, third + options)
        for mode in ("pid1", "cinit")
        for third in thirds
        for options in [(), *((o,) for o in OPTIONS), *pairs]
    }
    with concurrent.futures.ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        lives = dict(zip(jobs, pool.map(live, jobs)))
    failed = 0
    for mode in "pid1", "cinit":
        # Where all goes wrong, all is alike.
        plain = lives[mode, ()]
        if plain["status"] != 7 or not {"ready", "got 10", "got 12", "got 64", "event done"} <= set(plain):
            print(f"not ok {mode}: without an option: {plain}")
            return 1
        for third in thirds:
            for pair in pairs:
                lines = list(wrong(lives, mode, third, pair))
                if lines:
                    failed += 1
                    print(f"not ok {mode}: {' and '.join(third + pair)}", *lines, sep="\n")
    print(f"{len(pairs) * len(thirds) * 2 - failed} passed, {failed} failed")
    return failed > 0


sys.exit(main())
