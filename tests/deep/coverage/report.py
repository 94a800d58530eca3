#!/usr/bin/env python3
"""report.py COVERAGE.json UNREACHABLE LINES_MIN BRANCHES_MIN: prints each line that was not reached, but for those
of the list, then what was reached, in per cent. A line of the list is FILE, the text of the line or * for all
of the file, and the reason, with tabs between."""
import json
import sys

listed = {}
for entry in open(sys.argv[2]):
    if entry.strip() and not entry.startswith("#"):
        name, text, reason = entry.rstrip("\n").split("\t")
        listed[name, text] = reason
lines = reached = excused = branches = taken = 0
for file in json.load(open(sys.argv[1]))["files"]:
    name = file["file"]
    source = open(name).read().split("\n")
    for line in file["lines"]:
        if line.get("gcovr/noncode"):
            continue
        text = source[line["line_number"] - 1].strip()
        lines += 1
        known = (name, text) in listed or (name, "*") in listed
        if line["count"]:
            reached += 1
        elif known:
            excused += 1
        else:
            print(f"# {name}:{line['line_number']}: {text}")
        if line["count"] or not known:
            branches += len(line["branches"])
            taken += sum(1 for branch in line["branches"] if branch["count"])
percent = 100 * reached / (lines - excused)
branch_percent = 100 * taken / branches
print(f"# {lines} lines, {excused} of them unreachable here, {reached} reached; branches {taken} of {branches}")
fine = percent >= float(sys.argv[3]) and branch_percent >= float(sys.argv[4])
print(f"{'' if fine else 'not '}ok coverage: {percent:.1f} % of the lines that can be reached,"
      f" {branch_percent:.1f} % of their branches (least: {sys.argv[3]}, {sys.argv[4]})")
