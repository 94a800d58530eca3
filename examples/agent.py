#!/usr/bin/env python3
"""agent.py COMMAND [ARG]...: runs it under cinit and tells how it ended, by cinit's status events.

Whatever the command leaves behind is ended after it. Should the agent itself be killed, cinit ends the
command and all that it has started. TIME_LIMIT in the environment limits the command's time."""
import json
import os
import subprocess
import sys

CINIT = os.environ.get("CINIT", "cinit")
TIME_LIMIT = os.environ.get("TIME_LIMIT", "10m")


def run(command):
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [CINIT, "--parent-death=KILL", f"--time-limit={TIME_LIMIT}", "--stop=TERM:5s,KILL",
         "--grace=TERM:1s,KILL", f"--status-fd={writing}", "--", *command],
        pass_fds=[writing], stdin=subprocess.DEVNULL)
    os.close(writing)
    with open(reading) as lines:
        events = {event.pop("event"): event for event in map(json.loads, lines)}
    process.wait()
    return events


def story(events):
    if failed := events.get("exec_failed"):
        return f"not started: {failed['message']}"
    if "exited" not in events:
        return "cinit failed"
    exited = events["exited"]
    text = f"exit code {exited['code']}" if "code" in exited else f"killed by {exited['signal']}"
    if "time_limit" in events:
        text += " at the time limit"
    if exited["oom"]:
        text += " for want of memory"
    if left := events.get("left"):
        text += f", {left['count']} left behind and ended"
    return text


print(story(run(sys.argv[1:])))
