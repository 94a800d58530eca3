#!/bin/sh
# A CI step: "make check" starts a server that goes into the background and forgets it. When the
# step has ended, or its runner has gone (-p KILL), cinit ends what is left of it.
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

"$cinit" -p KILL --grace=TERM:5s,KILL -- make -j 2 check

if kill -0 "$(cat server.pid)" 2>/dev/null; then
	echo "server $(cat server.pid) is left"
	exit 1
fi
echo 'nothing is left'
