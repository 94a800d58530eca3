"""
The cases: NAME/GROUP/CASE@child and NAME/GROUP/CASE@pid1, the init being an ordinary process and
PID 1.

In args and payload, INIT stands for the program itself and FIFO for a file that the test reads.
"""
from dataclasses import dataclass, field, replace

# By the name that cinit is called by.
ORIGINALS = {"tini": "tini", "dumb-init": "dumb-init", "catatonit": "catatonit",
             "docker-init": "tini", "tini-static": "tini-static"}
# These do as that one does: what differs for it differs for them.
ALIASES = {"docker-init": "tini", "tini-static": "tini"}


@dataclass(frozen=True)
class Case:
    name: str
    kind: str                                    # the method of compare.Session
    args: list = field(default_factory=list)     # options of the init
    payload: list = field(default_factory=list)
    pid1: bool = False
    send: list = field(default_factory=list)     # signals that it is sent, one after the other
    env: dict = field(default_factory=dict)
    launch: list = field(default_factory=list)   # options of payloads/launch
    shell: str = ""                              # run by the process that then executes the init
    tty: str = ""                                # stdin and stdout are its controlling terminal,
                                                 # whose session leader is the init ("leader") or
                                                 # a process of its group ("script")
    keys: list = field(default_factory=list)     # typed there
    pair: bool = False                           # a second sigreport writes to FIFO
    stdout_class: bool = False                   # only whether there is any
    stdout_words: bool = False                   # only its first two words
    stays: bool = False                          # does not end by the signals
    bare: bool = False                           # no "--" between args and payload


ALL = []


def add(name, kind, args="", payload=(), where="child pid1", **more):
    """One case, where it says: as a child of another process, as PID 1, or as both."""
    args = args.split() if isinstance(args, str) else args
    payload = payload.split() if isinstance(payload, str) else list(payload)
    case = Case(name, kind, args, payload, **more)
    if "child" in where:
        ALL.append(replace(case, name=name + "@child"))
    if "pid1" in where:
        ALL.append(replace(case, name=name + "@pid1", pid1=True))


# The second one in the group of the first; the first one starts when the second is there.
PAIR = ["bash", "-c", "sigreport >FIFO 2>&1 & exec sigreport"]
# A second one whose parent ends at once.
ORPHAN = ["bash", "-c", "(sigreport >FIFO 2>&1 &); exec sigreport"]
# It ends with 3 when told to and leaves one of its group, or one of another session.
LEAVES = ["bash", "-c", "sigreport >FIFO 2>&1 & read -r; exit 3"]
LEAVES_SESSION = ["bash", "-c", "setsid sigreport >FIFO 2>&1 & read -r; exit 3"]
CAT = ["bash", "-c", "exec cat"]

# What nobody can catch, or no init gets to see.
UNSEEN = (9, 17, 19)
STOPS = (20, 21, 22)


def common(p, verbose):
    """What holds for each of them."""
    for code in (0, 1, 2, 3, 42, 124, 125, 126, 127, 128, 130, 137, 143, 255):
        add(f"{p}/status/exit-{code}", "run", payload=f"exitwith {code}",
            where="child pid1" if code in (0, 3, 255) else "child")
    for sig in range(1, 32):
        if sig not in (17, 18, 19, 20, 21, 22, 23, 28):
            where = "child pid1" if sig in (6, 9, 11, 15) else "child"
            add(f"{p}/status/dies-by-{sig}", "die", payload="sigreport", send=[sig], where=where)
    add(f"{p}/status/nested", "run", payload="INIT -- exitwith 5")
    add(f"{p}/status/nested-killed", "run", payload=["INIT", "--", "bash", "-c", "kill -9 $$"])

    add(f"{p}/exec/missing", "run", payload="no-such-command")
    add(f"{p}/exec/missing-path", "run", payload="/no/such/command", where="child")
    add(f"{p}/exec/not-executable", "run", payload="/etc/passwd", where="child")
    add(f"{p}/exec/directory", "run", payload="/etc", where="child")
    add(f"{p}/exec/below-a-file", "run", payload="/etc/passwd/x", where="child")
    add(f"{p}/exec/loop", "run", payload="./loop", where="child", shell="ln -s loop loop")
    add(f"{p}/exec/empty-word", "run", payload=[""], where="child")
    add(f"{p}/exec/long-name", "run", payload=["/" + "x" * 300], where="child")
    add(f"{p}/exec/relative", "run", payload="./true", where="child",
        shell="ln -s /bin/true true")
    add(f"{p}/exec/text-without-interpreter", "run", payload="./script", where="child",
        shell="echo 'exit 9' >script; chmod +x script")
    add(f"{p}/exec/missing-interpreter", "run", payload="./script", where="child",
        shell="echo '#!/no/such' >script; chmod +x script")
    add(f"{p}/exec/bad-format", "run", payload="./bad", where="child",
        shell="head -c 100 /dev/zero >bad; chmod +x bad")
    add(f"{p}/exec/PATH-forbidden-then-missing", "run", payload="tool", where="child",
        shell="mkdir a; echo >a/tool; PATH=$PWD/a:$PATH")
    add(f"{p}/exec/PATH-unset", "run", payload="true", where="child",
        shell="unset PATH")

    add(f"{p}/words/no-command", "run", where="child pid1")
    add(f"{p}/words/no-command-after-dashes", "run", "--", where="child")
    add(f"{p}/words/dashes", "run", "--", "echo -n -- -x", bare=True)
    add(f"{p}/words/two-dashes", "run", "-- --", "echo x", bare=True, where="child")
    add(f"{p}/words/bare-command", "run", "", "echo x y", bare=True)
    add(f"{p}/words/option-of-a-bare-command", "run", "", "echo -v", bare=True, where="child",
        stdout_words=True)
    add(f"{p}/words/unknown-option-of-a-bare-command", "run", "", "echo -Z", bare=True,
        where="child")
    add(f"{p}/words/bare-command-dashes-words", "run", "", "echo -- -x y", bare=True,
        where="child")
    add(f"{p}/words/unknown-letter", "run", "-Z", "echo", where="child")
    add(f"{p}/words/unknown-letter-in-cluster", "run", "-gZ" if p != "dumb-init" else "-cZ", "echo",
        where="child")
    add(f"{p}/words/unknown-word", "run", "--unknown", "echo", where="child")
    add(f"{p}/words/lone-dash", "run", "-", "echo", where="child", bare=True)
    add(f"{p}/words/empty-word-before-command", "run", [""], ["echo"], where="child", bare=True)
    add(f"{p}/words/help", "run", "-h", where="child", stdout_class=True)
    add(f"{p}/words/help-and-command", "run", "-h", "exitwith 3", where="child",
        stdout_class=True)
    add(f"{p}/words/verbose", "run", verbose, "exitwith 3", stdout_class=True)

    add(f"{p}/io/stdin-reaches-the-command", "run", payload="cat")
    add(f"{p}/io/stdin-closed", "run", payload="exitwith 3", launch=["-c", "0"])
    add(f"{p}/io/stdout-closed", "run", payload="exitwith 3", launch=["-c", "1"], where="child")
    add(f"{p}/io/stderr-closed", "run", payload="exitwith 3", launch=["-c", "2"], where="child",
        shell="true")
    add(f"{p}/io/all-closed", "run", payload="exitwith 3", launch=["-c", "0", "-c", "1", "-c", "2"],
        where="child")
    add(f"{p}/io/stdout-of-the-command", "run", payload="echo x")

    add(f"{p}/state/plain", "report", payload="report")
    add(f"{p}/state/terminal", "report", payload="report", tty="leader")
    add(f"{p}/state/terminal-of-a-script", "report", payload="report", tty="script")
    add(f"{p}/state/environment", "report", payload="report", where="child",
        env={"HOME": "/x", "EMPTY": "", "TINI_VERBOSITY": "1", "LISTEN_FDS": "1"})
    add(f"{p}/state/LISTEN_PID", "report", payload="report",
        shell="export LISTEN_PID=$$ LISTEN_FDS=1")
    add(f"{p}/state/LISTEN_PID-of-another", "report", payload="report", where="child",
        env={"LISTEN_PID": "77", "LISTEN_FDS": "1"})
    add(f"{p}/state/umask", "report", payload="report", shell="umask 027", where="child")
    add(f"{p}/state/fds", "report", payload="report", shell="exec 5</dev/null 7>/dev/null",
        where="child")
    add(f"{p}/state/ignored", "report", payload="report",
        launch=["-i", "1", "-i", "2", "-i", "20"])
    add(f"{p}/state/child-ignored", "reaps", payload="exitwith 3", launch=["-i", "17"],
        where="pid1")
    add(f"{p}/state/blocked", "report", payload="report", launch=["-b", "10", "-b", "15"])
    add(f"{p}/state/init-itself", "inspect", payload="sigreport", shell="exec 5</dev/null")

    for sig in range(1, 32):
        if sig not in UNSEEN + STOPS:
            add(f"{p}/signals/each-{sig}", "signals", payload="sigreport", send=[sig])
    for sig in (32, 33, 34, 35, 50, 64):
        add(f"{p}/signals/each-{sig}", "signals", payload="sigreport", send=[sig])
    add(f"{p}/signals/many", "signals", payload="sigreport", send=[1, 2, 3, 10, 12, 14, 28])
    add(f"{p}/signals/value", "queue", payload="sigreport", send=[10])
    add(f"{p}/signals/value-real-time", "queue", payload="sigreport", send=[50])
    add(f"{p}/signals/child", "signals", payload="sigreport", send=[17])
    add(f"{p}/signals/of-a-pair", "signals", payload=PAIR, send=[10, 12, 1], pair=True)
    add(f"{p}/signals/from-inside", "run", where="pid1",
        payload=["bash", "-c", "exec 2>/dev/null; trap 'exit 7' USR1; "
                 "while :; do kill -USR1 1; sleep .01; done"])
    add(f"{p}/signals/nested", "signals", payload="INIT -- sigreport", send=[1, 2, 10])
    add(f"{p}/signals/init-killed", "kill", payload="cat", send=[9])
    for sig in STOPS:
        if p != "dumb-init":
            add(f"{p}/stop/{sig}-to-sigreport", "signals", payload="sigreport", send=[sig])
        add(f"{p}/stop/{sig}-to-cat", "stop", payload="cat", send=[sig])
    add(f"{p}/stop/payload-stopped-by-itself", "run", where="child",
        payload=["bash", "-c", "until [[ $(</proc/$$/stat) == *') T '* ]]; do sleep .01; done &&"
                 " kill -CONT $$ & kill -STOP $$; exit 4"])

    add(f"{p}/leftover/of-the-group", "leftover", payload=LEAVES)
    add(f"{p}/leftover/of-another-session", "leftover", payload=LEAVES_SESSION)
    add(f"{p}/leftover/orphan", "orphan", payload=ORPHAN, pair=True)

    add(f"{p}/terminal/handed-over-in-silence", "signals", payload="sigreport", tty="leader")
    add(f"{p}/terminal/signals", "signals", payload="sigreport", tty="leader", send=[1, 2, 10, 18])
    add(f"{p}/terminal/interrupt-key", "typed", payload="sigreport", tty="leader", keys=[b"\x03"])
    add(f"{p}/terminal/quit-and-stop-key", "typed", payload="sigreport", tty="leader",
        keys=[b"\x1c", b"\x1a"])
    add(f"{p}/terminal/resized", "resize", payload="sigreport", tty="leader")
    add(f"{p}/terminal/hung-up", "hangup", tty="leader",
        payload=["bash", "-c", "exec sigreport >FIFO 2>&1"])


def tini():
    p = "tini"
    common(p, "-v")
    for option in ("-s", "-w", "-g", "-sgw", "-s -w -g -v"):
        add(f"{p}/options/{option.replace(' ', '')}", "run", option, "exitwith 3",
            stdout_class=True)
    for option in ("-vv", "-vvv", "-v -v -v", "-vvvv"):
        add(f"{p}/options/{option.replace(' ', '')}", "run", option, "exitwith 3", where="child",
            stdout_class=True)
    add(f"{p}/options/version", "run", "--version", where="child", stdout_words=True)
    add(f"{p}/options/version-and-command", "run", "--version exitwith 3", where="child",
        stdout_class=True)
    add(f"{p}/options/licence", "run", "-l", where="child", stdout_class=True)
    for code in (0, 1, 143, 255):
        add(f"{p}/expect/{code}", "run", f"-e {code}", f"exitwith {code}")
    add(f"{p}/expect/another", "run", "-e 4", "exitwith 3", where="child")
    add(f"{p}/expect/repeated", "run", "-e 3 -e 143 -e 5", "exitwith 5", where="child")
    add(f"{p}/expect/attached", "run", "-e143", "exitwith 143", where="child")
    add(f"{p}/expect/zero-stays-zero", "run", "-e 3", "exitwith 0", where="child")
    add(f"{p}/expect/killed", "die", "-e 143", "sigreport", send=[15])
    add(f"{p}/expect/out-of-order", "run", "-g -e 9 -s", "exitwith 9", where="child")
    for bad in ("256", "-1", "x", "3x", "1000000000000"):
        add(f"{p}/expect/bad-{bad}", "run", ["-e", bad], ["exitwith", "3"], where="child")
    add(f"{p}/expect/bad-empty", "run", ["-e", ""], ["exitwith", "3"], where="child")
    add(f"{p}/expect/list", "run", "-e 3,4", "exitwith 4", where="child")
    add(f"{p}/expect/missing-argument", "run", "-e", where="child")
    for name in ("SIGUSR1", "SIGKILL", "SIGTERM"):
        add(f"{p}/parent/accepts-{name}", "run", f"-p {name}", "exitwith 3")
    for bad in ("USR1", "10", "NONSENSE", "sigusr1", "SIGRTMIN"):
        add(f"{p}/parent/name-{bad}", "run", f"-p {bad}", "exitwith 3", where="child")
    add(f"{p}/parent/missing-argument", "run", "-p", where="child")
    add(f"{p}/parent/dies", "parent", "-p SIGUSR1", "sigreport")
    add(f"{p}/parent/dies-group", "parent", "-g -p SIGUSR1", "sigreport", where="child")
    add(f"{p}/parent/dies-unnoticed", "parent", "-s", "sigreport", where="child")
    add(f"{p}/environment/TINI_SUBREAPER", "run", payload="exitwith 3", env={"TINI_SUBREAPER": ""})
    add(f"{p}/environment/TINI_SUBREAPER-adopts", "orphan", payload=ORPHAN, pair=True,
        env={"TINI_SUBREAPER": "1"}, where="child")
    add(f"{p}/environment/TINI_KILL_PROCESS_GROUP", "signals", payload=PAIR, pair=True, send=[10],
        env={"TINI_KILL_PROCESS_GROUP": ""})
    for level in ("0", "1", "3"):
        add(f"{p}/environment/TINI_VERBOSITY-{level}", "run", payload="exitwith 3",
            env={"TINI_VERBOSITY": level}, stdout_class=True)
    add(f"{p}/environment/TINI_VERBOSITY-bad", "run", payload="exitwith 3",
        env={"TINI_VERBOSITY": "x"}, where="child")
    add(f"{p}/environment/reaches-the-command", "report", "-s", "report", where="child",
        env={"TINI_SUBREAPER": "1", "TINI_VERBOSITY": "0"})
    add(f"{p}/signals/of-a-pair-g", "signals", "-g", PAIR, send=[10, 12, 1], pair=True)
    add(f"{p}/leftover/of-the-group-g", "leftover", "-g", LEAVES)
    add(f"{p}/leftover/orphan-s", "orphan", "-s", ORPHAN, pair=True)
    add(f"{p}/leftover/orphan-w", "orphan", "-s -w", ORPHAN, pair=True)


def dumb_init():
    p = "dumb-init"
    common(p, "-v")
    for option in ("-c", "--single-child", "-cv", "-v", "--verbose", "--sing", "--verb",
                   "--single-child=x"):
        add(f"{p}/options/{option}", "run", option, "exitwith 3",
            where="child pid1" if option in ("-c", "--single-child") else "child")
    for option in ("-V", "--version", "--help", "-cV", "--vers", "--he", "--ver", "--v"):
        add(f"{p}/options/{option}", "run", option, where="child", stdout_class=True)
    for option in ("-r 15:2", "-r15:2", "--rewrite 15:2", "--rewrite=15:2", "--rew=15:2",
                   "-r 15:0", "-r 15:15", "-r 1:15 -r 15:3", "-r 15:3 -r 15:4",
                   "-c -r 15:2", "-cr 15:2", "-r 2:28", "-r 15:31", "-r 31:1"):
        add(f"{p}/rewrite/{option.replace(' ', '')}", "signals", option, "sigreport",
            send=[1, 15, 2])
    add(f"{p}/rewrite/stop-back", "stop", "-r 20:20", "cat", send=[20])
    add(f"{p}/rewrite/stop-to-0", "stop", "-r 20:0", "cat", send=[20])
    add(f"{p}/rewrite/ttin-to-usr1-stops-us", "stop", "-r 21:18", "cat", send=[21])
    add(f"{p}/rewrite/usr1-to-stop", "stop", "-r 10:19", "cat", send=[10])
    add(f"{p}/rewrite/usr1-to-tstp", "stop", "-r 10:20", "cat", send=[10])
    add(f"{p}/rewrite/child", "signals", "-r 17:10", "sigreport", send=[17], where="child")
    add(f"{p}/rewrite/number-17-as-target", "signals", "-r 1:17", "sigreport", send=[1],
        where="child")
    add(f"{p}/options/verbose-signals", "signals", "-v", "sigreport", send=[10])
    for bad in ("15", "15:", ":15", "x:y", "15:2:3", "15-2", "0:1", "32:1", "1:32", "-1:1", "1:-1",
                "99:1", "1:99", "TERM:INT", "15:2x", ""):
        add(f"{p}/rewrite/bad-{bad}", "run", ["-r", bad], ["exitwith", "3"], where="child")
    add(f"{p}/rewrite/missing-argument", "run", "-r", where="child")
    for value in ("0", "1", "", "x"):
        add(f"{p}/environment/DUMB_INIT_SETSID={value}", "report", payload="report",
            env={"DUMB_INIT_SETSID": value}, where="child pid1" if value == "0" else "child")
        add(f"{p}/environment/DUMB_INIT_DEBUG={value}", "run", payload="exitwith 3",
            env={"DUMB_INIT_DEBUG": value}, where="child")
    add(f"{p}/environment/DUMB_INIT_SETSID=0-signals", "signals", payload=PAIR, pair=True,
        send=[10], env={"DUMB_INIT_SETSID": "0"})
    add(f"{p}/signals/of-a-pair-c", "signals", "-c", PAIR, send=[10, 12, 1], pair=True)
    add(f"{p}/state/single-child", "report", "-c", "report")
    add(f"{p}/state/single-child-terminal", "report", "-c", "report", tty="leader")
    add(f"{p}/leftover/of-the-group-c", "leftover", "-c", LEAVES)
    for sig in STOPS:
        add(f"{p}/stop/{sig}-to-cat-c", "stop", "-c", "cat", send=[sig])
        add(f"{p}/stop/{sig}-to-sigreport-c", "signals", "-c", "sigreport", send=[sig],
            where="pid1")
    add(f"{p}/terminal/interrupt-key-c", "typed", "-c", "sigreport", tty="leader", keys=[b"\x03"])
    add(f"{p}/terminal/handed-over-in-silence-c", "signals", "-c", "sigreport", tty="leader")


def catatonit():
    p = "catatonit"
    common(p, "-g")
    add(f"{p}/options/-g", "run", "-g", "exitwith 3")
    for option in ("-V", "--version", "-L", "-gV", "--vers"):
        add(f"{p}/options/{option}", "run", option, where="child", stdout_class=option == "-L",
            stdout_words=option != "-L")
    for option in ("--help", "-v", "--version=1"):
        add(f"{p}/options/{option.replace(' ', '')}", "run", option,
            ["exitwith", "3"] if option == "-v" else [], where="child", stdout_class=True)
    add(f"{p}/pause/INT", "pause", "-P", send=[2])
    add(f"{p}/pause/TERM", "pause", "-P", send=[15])
    for sig in (1, 10, 12):
        add(f"{p}/pause/{sig}", "pause", "-P", send=[sig], where="pid1", stays=True)
    add(f"{p}/pause/g", "pause", "-gP", send=[2], where="pid1")
    add(f"{p}/pause/with-a-command", "pause", "-P exitwith 3", send=[2], where="pid1")
    add(f"{p}/environment/CATATONIT_DEBUG", "run", payload="exitwith 3",
        env={"CATATONIT_DEBUG": "1"})
    add(f"{p}/environment/CATATONIT_DEBUG-empty", "run", payload="exitwith 3",
        env={"CATATONIT_DEBUG": ""}, where="child")
    add(f"{p}/environment/reaches-the-command", "report", payload="report",
        env={"CATATONIT_DEBUG": "1"}, where="child")
    add(f"{p}/signals/of-a-pair-g", "signals", "-g", PAIR, send=[10, 12, 1], pair=True)
    add(f"{p}/leftover/of-the-group-g", "leftover", "-g", LEAVES)


def aliases():
    """A part of the cases of the program that goes by this name too."""
    groups = ("options", "expect", "environment", "parent", "words", "leftover")
    for alias, name in ALIASES.items():
        for case in [c for c in ALL if c.name.split("/")[:2] in [[name, g] for g in groups]]:
            ALL.append(replace(case, name=case.name.replace(name, alias, 1)))


tini()
dumb_init()
catatonit()
aliases()
