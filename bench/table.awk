# Makes the page with the table from the summary: one row a figure, one column an init.
BEGIN {
	FS = "\t"
	columns = split("bare|cinit|cinit --reap=init|tini|tini-static|dumb-init|catatonit", column, "|")
	figures = split("size_bytes|rss_kb|pss_kb|dirty_kb|pte_kb|limit_kb|syscalls|start_us|over_us|" \
		"end_us|signal_us|idle_wakeups|storm_ms|storm_wakeups|storm_cpu_us|storm_zombies",
		figure, "|")
	label["size_bytes"] = "binary, bytes"
	label["rss_kb"] = "RSS while waiting, kB"
	label["pss_kb"] = "PSS while waiting, kB"
	label["dirty_kb"] = "private dirty while waiting, kB"
	label["pte_kb"] = "page tables while waiting, kB"
	label["syscalls"] = "system calls between the two execves"
	label["start_us"] = "clone to the payload's first instruction, µs"
	label["over_us"] = "the same, over the payload alone, µs"
	label["end_us"] = "payload's exit to init's end seen, µs"
	label["signal_us"] = "signal: kill to the payload's handler, µs"
	label["idle_wakeups"] = "wake-ups in 3 s of idleness"
	label["storm_ms"] = "storm: time, ms"
	label["storm_wakeups"] = "storm: wake-ups of init"
	label["storm_cpu_us"] = "storm: CPU time of init, µs"
	label["storm_zombies"] = "storm: most zombies seen"
	label["limit_kb"] = "least memory limit (cgroup), kB"
}

{
	low[$1, $2] = $3
	median[$1, $2] = $4
	high[$1, $2] = $5
	if ($2 == "start_us")
		over[$1] = 1
}

function number(value,    digits, text)
{
	digits = value < 100 && value != int(value) ? 1 : 0
	text = sprintf("%." digits "f", value)
	while (text ~ /^[0-9]*[0-9][0-9][0-9][0-9]($|,)/)
		text = group_thousands(text)
	return text
}

function group_thousands(text,    head, tail)
{
	tail = ""
	head = text
	if (match(text, /,/)) {
		head = substr(text, 1, RSTART - 1)
		tail = substr(text, RSTART)
	}
	return substr(head, 1, length(head) - 3) "," substr(head, length(head) - 2) tail
}

function cell(init, name)
{
	if (!((init, name) in median))
		return (init == "bare" && name != "limit_kb") ? "–" : "n/a"
	if (low[init, name] == high[init, name])
		return number(median[init, name])
	return number(median[init, name]) " <sub>" number(low[init, name]) "–" \
		number(high[init, name]) "</sub>"
}

END {
	for (init in over)
		if (init != "bare")
			median[init, "over_us"] = low[init, "over_us"] = high[init, "over_us"] = \
				median[init, "start_us"] - median["bare", "start_us"]

	print "# Benchmark\n"
	print "Made by `make bench`. Every init is PID 1 of a new PID namespace and runs the same payload, a"
	print "static program without libc. Medians of interleaved rounds (" rounds " for the times, fewer for"
	print "what takes seconds), with the quartiles beside them where they differ. In the storm " orphans + 0
	print "orphans and their parents exit at once. \"bare\" is the payload alone as PID 1: the floor for times. cinit gives pages back while it waits.\n"
	print environment ".  "
	print "Peers as Debian packages them: " versions "."
	print "tini and dumb-init are linked dynamically, tini-static and catatonit statically, all with glibc."
	print "dumb-init runs with `-c`: without a session of its own, as the others.\n"
	row = "| |"
	rule = "|---|"
	for (i = 1; i <= columns; i++) {
		row = row " " column[i] " |"
		rule = rule "---:|"
	}
	print row
	print rule
	for (f = 1; f <= figures; f++) {
		row = "| " label[figure[f]] " |"
		for (i = 1; i <= columns; i++)
			row = row " " cell(column[i], figure[f]) " |"
		print row
	}
	if (!(("cinit", "limit_kb") in median))
		print "\nNo memory cgroup could be made on this machine, so the least limit is missing."
	print "\n![start](bench/start.svg)\n"
	print "![memory](bench/memory.svg)\n"
	print "![orphan storm](bench/storm.svg)\n"
	print "Every single figure: [bench/results.csv](bench/results.csv)."
}
