#!/usr/bin/env python3
"""
complete.py SHELL LINE...

Types each LINE and a tab into an interactive SHELL (bash or zsh) that has the completions of this
tree, and prints what stands in its command line then.
"""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import tempfile
import termios

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WAIT_S = 60

SHELLS = {
    # ^X prints the line as it stands, ^U empties it.
    "bash": (["bash", "--noprofile", "--rcfile"], """
        PS1=ready
        bind 'set enable-bracketed-paste off' 'set bell-style none'
        show() { echo "<$READLINE_LINE>"; }
        bind -x '"\\C-x": show'
        . "$COMPLETIONS/cinit.bash"
    """),
    "zsh": (["zsh", "-d", "-i"], """
        PS1=ready
        fpath=($COMPLETIONS $fpath)
        autoload -U compinit && compinit -D -u
        setopt no_beep
        unsetopt list_ambiguous prompt_cr prompt_sp
        show() { print "<$BUFFER>"; zle reset-prompt }
        zle -N show
        bindkey '^X' show
        bindkey '^U' kill-whole-line
    """),
}


def read_until(fd, regex, seen=""):
    while not (found := re.search(regex, seen)):
        if not select.select([fd], [], [], WAIT_S)[0]:
            sys.exit(f"complete.py: nothing like {regex} in: {seen!r}")
        seen += os.read(fd, 4096).decode(errors="replace")
    return found


def main(shell, *lines):
    words, setup = SHELLS[shell]
    with tempfile.TemporaryDirectory() as home:
        rc = os.path.join(home, ".zshrc")
        with open(rc, "w", encoding="utf-8") as f:
            f.write(setup)
        environment = {"PATH": os.environ["PATH"], "HOME": home, "ZDOTDIR": home, "TERM": "dumb",
                       "COMPLETIONS": os.path.join(TREE, "completions"), "COLUMNS": "500"}
        pid, fd = pty.fork()
        if pid == 0:
            os.execvpe(words[0], words + [rc] * (shell == "bash"), environment)
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 500, 0, 0))
        read_until(fd, "ready")
        for line in lines:
            os.write(fd, line.encode() + b"\t\x18")
            print(read_until(fd, "<([^<>\r\n]*)>")[1].rstrip())
            os.write(fd, b"\x15")
        os.close(fd)
        os.waitpid(pid, 0)


main(*sys.argv[1:])
