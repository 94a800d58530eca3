#!/usr/bin/env python3
"""events.py SCHEMA: reads status events, one JSON object a line, and prints each in the form
"event key=value …", its keys in the order of the schema. Ends with 1 at the first that is not as
SCHEMA (docs/events.md) says. Lines of other kinds on stdin are passed over."""
import json
import re
import sys


def schema(path):
    """{event: [form…]}, a form being {key: type} by the tables under the event's heading."""
    forms, rows = {}, None
    for line in open(path):
        if line.startswith("## "):
            forms[event := line[3:].strip()] = []
        elif line.startswith("| key |"):
            forms[event].append(rows := {})
        elif row := re.match(r"\| `(\w+)` \| ([^|]+) \|", line):
            rows[row[1]] = row[2].strip()
    return forms


def fits(value, kind):
    if many := re.match(r"list of (\d+): (.*)", kind):
        return (type(value) is list and len(value) == int(many[1])
                and all(fits(item, many[2]) for item in value))
    return any(
        {"integer": type(value) is int, "string": type(value) is str, "null": value is None,
         "boolean": type(value) is bool, "false": value is False}.get(one, False)
        or one == f'"{value}"'
        for one in kind.split(" or "))


def member_once(pairs):
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def shown(value):
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def main():
    forms = schema(sys.argv[1])
    for line in sys.stdin.buffer:
        if not line.startswith(b'{"event"'):
            continue
        if len(line) > 4096:
            sys.exit(f"{len(line)} bytes: {line[:100]!r}…")
        try:
            event = json.loads(line.decode(), object_pairs_hook=member_once)
        except ValueError as error:
            sys.exit(f"{error}: {line!r}")
        name = event.pop("event")
        form = next((form for form in forms.get(name, []) if form.keys() == event.keys()
                     and all(fits(event[key], kind) for key, kind in form.items())), None)
        if form is None:
            sys.exit(f"not in the schema: {line!r}")
        text = " ".join([name] + [f"{key}={shown(event[key])}" for key in form])
        sys.stdout.buffer.write(text.encode(errors="surrogateescape") + b"\n")


main()
