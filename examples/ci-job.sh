#!/bin/sh
# A CI step: "make check" starts a server in the background and forgets it. cinit ends what is left of
# the step
# 1. when the step has ended,
# 2. when the shell of the step has been killed (-p KILL),
# 3. when the time limit is up: then with status 124.
set -eu

cinit=${CINIT:-cinit}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >Makefile <<'END'
check: unit system
unit:
	@echo 'unit tests passed'
system:
	@setsid sh -c 'sleep 1000 & echo $$! >server.pid'
	@echo 'system tests passed; the server runs on'
END

"$cinit" -p KILL --time-limit=20m --stop=TERM:10s,KILL --grace=TERM:5s,KILL -- make -j 2 check

if kill -0 "$(cat server.pid)" 2>/dev/null; then
	echo "server $(cat server.pid) is left"
	exit 1
fi
echo 'nothing is left'
