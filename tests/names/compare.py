#!/usr/bin/env python3
"""
compare.py [--list] [PATTERN]...

Runs each case whose id matches a PATTERN (as in `tini/*`) twice: with the program of that name as
Debian installs it, and with cinit called by that name. Compares what came of it, aspect by aspect.
The only differences allowed are the rows of the table in docs/names.md, each of which has to be
seen in one of its cases at least. Exits with 1 otherwise, having named the cases.

CINIT=FILE is the binary.
"""
import concurrent.futures
import ctypes
import fnmatch
import os
import re
import shutil
import sys
import tempfile

import cases
from session import Failure, Session

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CINIT = os.path.abspath(os.environ.get("CINIT") or os.path.join(ROOT, "cinit"))

WORKERS = 4 * (os.cpu_count() or 1)
PR_SET_CHILD_SUBREAPER = 36


def outcome_of(case, binary, directory):
    os.mkdir(directory)
    session = Session(case, binary, directory)
    try:
        session.start()
        return getattr(session, case.kind)()
    except (Failure, OSError) as e:
        return {"failure": str(e)}
    finally:
        session.close()


# ---- docs/names.md ----

class Row:
    """One aspect of `| what | original | cinit | cases |`, where the two in the middle hold
    "ASPECT VALUE; ASPECT VALUE": a value in backquotes is meant literally, "any" is every text."""

    def __init__(self, patterns, aspect, original, cinit):
        self.patterns, self.aspect = patterns, aspect
        self.original, self.cinit = original, cinit
        self.seen = False

    @classmethod
    def all_of(cls, cells):
        patterns = sum(map(expanded, re.findall(r"`([^`]*)`", cells[3])), [])
        original, cinit = (aspects(cell) for cell in cells[1:3])
        if not patterns or original.keys() != cinit.keys():
            raise SystemExit(f"docs/names.md: not a row: {cells}")
        return [cls(patterns, aspect, original[aspect], cinit[aspect]) for aspect in original]

    def covers(self, name):
        names = {name, re.sub("^[^/]*", lambda m: cases.ALIASES.get(m[0], m[0]), name)}
        return any(fnmatch.fnmatchcase(n, pattern) for n in names for pattern in self.patterns)

    def allows(self, name, aspect, original, cinit):
        return (self.covers(name) and self.aspect == aspect and
                self.original in (None, original) and self.cinit in (None, cinit))

    def __str__(self):
        return f"{', '.join(self.patterns)}: {self.aspect}"


def expanded(pattern):
    """As the braces of a shell."""
    head, brace, rest = pattern.partition("{")
    if not brace:
        return [pattern]
    words, _, tail = rest.partition("}")
    return [head + word + end for word in words.split(",") for end in expanded(tail)]


def aspects(cell):
    found = [re.fullmatch(r"(.+) (?:`(.*)`|any)", part) for part in cell.split("; ")]
    return {match[1]: match[2] and match[2].replace("\\|", "|") for match in found}


def documented():
    with open(os.path.join(ROOT, "docs/names.md"), encoding="utf-8") as f:
        rows = [re.split(r"(?<!\\)\|", line.strip())[1:-1] for line in f if line.startswith("| ")]
    return sum((Row.all_of([cell.strip() for cell in row]) for row in rows
                if len(row) == 4 and "/" in row[3]), [])


def compare(case, rows, directory):
    name = case.name.split("/")[0]
    original = outcome_of(case, os.path.join(directory, "original", name),
                          os.path.join(directory, "a"))
    cinit = outcome_of(case, os.path.join(directory, "cinit", name),
                       os.path.join(directory, "b"))
    wrong = []
    for aspect in {**original, **cinit}:
        a, b = original.get(aspect, "-"), cinit.get(aspect, "-")
        if a == b and aspect != "failure":
            continue
        allowed = [row for row in rows if row.allows(case.name, aspect, a, b)]
        for row in allowed:
            row.seen = True
        if not allowed:
            wrong.append(f"{case.name}: {aspect}: original `{a}`, cinit `{b}`")
    return wrong


def in_directory(case, rows, top):
    directory = tempfile.mkdtemp(dir=top)
    try:
        for kind in ("original", "cinit"):
            os.mkdir(os.path.join(directory, kind))
        name = case.name.split("/")[0]
        os.symlink(shutil.which(cases.ORIGINALS[name]) or "/missing",
                   os.path.join(directory, "original", name))
        os.symlink(CINIT, os.path.join(directory, "cinit", name))
        return compare(case, rows, directory)
    finally:
        shutil.rmtree(directory)


def main(words):
    listing = "--list" in words
    patterns = [word for word in words if not word.startswith("--")] or ["*"]
    chosen = [case for case in cases.ALL
              if any(fnmatch.fnmatchcase(case.name, pattern) for pattern in patterns)]
    if listing:
        print("\n".join(case.name for case in chosen))
        return 0
    for program in cases.ORIGINALS.values():
        if not shutil.which(program):
            print(f"{program} is not installed")
            return 1
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    rows = documented()
    with tempfile.TemporaryDirectory() as top, \
            concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        wrong = sum(pool.map(lambda case: in_directory(case, rows, top), chosen), [])
    names = {case.name for case in chosen}
    every = {case.name for case in cases.ALL}
    for row in rows:
        covered = {name for name in every if row.covers(name)}
        if not covered:
            wrong.append(f"docs/names.md: no such case: {row}")
        elif not row.seen and covered <= names:
            wrong.append(f"docs/names.md: a difference that there is not: {row}")
    print("\n".join(wrong + [f"{len(chosen)} cases"]))
    return 1 if wrong or not chosen else 0


sys.exit(main(sys.argv[1:]))
