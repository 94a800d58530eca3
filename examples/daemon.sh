#!/bin/sh
# A daemon as they are in books: it forks, takes a session of its own, forks again. After that its
# parent is cinit, which adopts orphans. When the command ends, the daemon gets SIGTERM, and 5
# seconds to clean up.
set -eu

cinit=${CINIT:-cinit}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cat >"$dir/daemon" <<'END'
#!/bin/sh
trap 'rm "$1/pid"; exit' TERM
echo $$ >"$1/pid"
while :; do sleep 0.1; done
END
chmod +x "$dir/daemon"

# shellcheck disable=SC2016 # words for the inner shell
"$cinit" --grace=TERM:5s,KILL -- sh -c '
	(setsid "$1/daemon" "$1" &) &
	until [ -e "$1/pid" ]; do sleep 0.1; done
	echo "the command ends, daemon $(cat "$1/pid") goes on"
' sh "$dir"

if [ -e "$dir/pid" ]; then
	echo 'the daemon has not cleaned up'
	exit 1
fi
echo 'nothing is left'
