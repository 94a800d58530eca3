# Makes the tables from results.csv: one for each pass, a row for each figure.
#
#	awk -v inits="cinit|tini|..." -v environment=... -v versions=... -v orphans=... \
#		[-v plain=1] -f table.awk results.csv
#
# The output is Markdown; with plain=1 it is text for a terminal.
BEGIN {
	FS = ","
	init_count = split(inits, init, "|")
	figure_count = split("start_over_us|life_over_us|first_signal_us|signal_us|storm_cpu_us|" \
		"storm_wakeups|idle_wakeups|rss_kb|pss_kb|dirty_kb|pte_kb|limit_kb|syscalls",
		figure, "|")
	label["start_over_us"] = "start overhead, µs"
	label["life_over_us"] = "short command: overhead, µs"
	label["first_signal_us"] = "first signal: round trip, µs"
	label["signal_us"] = "later signals: round trip, µs"
	label["storm_cpu_us"] = "orphan storm: CPU time, µs"
	label["storm_wakeups"] = "orphan storm: wake-ups"
	label["idle_wakeups"] = "idle: wake-ups in 3 s"
	label["rss_kb"] = "idle: RSS, kB"
	label["pss_kb"] = "idle: PSS, kB"
	label["dirty_kb"] = "idle: private dirty memory, kB"
	label["pte_kb"] = "idle: page tables, kB"
	label["limit_kb"] = "least memory limit (cgroup), kB"
	label["syscalls"] = "system calls before the payload"
	title["unpinned"] = "Unpinned"
	title["pinned"] = "Pinned to one CPU"
	infinite = 1e9
	LABEL_WIDTH = 31
	RATIO_WIDTH = 22
	AHEAD_WIDTH = 18
}

NR > 1 {
	rounds[$1, $2] = $4
	median[$1, $2, $3] = $6
	ratio_low[$1, $2, $3] = $8
	ratio[$1, $2, $3] = $9
	ratio_high[$1, $2, $3] = $10
}

END {
	if (!plain)
		print environment ".\n\n" versions "."
	make_table("unpinned")
	make_table("pinned")
}

function make_table(pass,    i, f)
{
	print plain ? "\n" title[pass] : "\n### " title[pass] "\n"
	begin_row("")
	for (i = 1; i <= init_count; i++)
		add_cell(init[i], width(init[i]))
	add_cell("cinit / best peer", RATIO_WIDTH)
	add_cell("peer ahead", AHEAD_WIDTH)
	print row
	if (!plain)
		print rule()
	for (f = 1; f <= figure_count; f++)
		if ((pass, figure[f], "cinit") in median)
			print figure_row(pass, figure[f])
	print "\n" floors(pass)
}

function figure_row(pass, name,    i, best)
{
	begin_row(label[name])
	for (i = 1; i <= init_count; i++)
		add_cell(number(median[pass, name, init[i]]), width(init[i]))
	best = best_peer(pass, name)
	add_cell(ratio_text(pass, name, best), RATIO_WIDTH)
	# A peer is ahead when it was better than cinit in at least three of four rounds.
	add_cell(ratio_low[pass, name, best] > 1 ? best : "", AHEAD_WIDTH)
	return row
}

# The least median; the first of those that have it.
function best_peer(pass, name,    i, best)
{
	for (i = 1; i <= init_count; i++) {
		if (init[i] == "cinit")
			continue
		if (!best || median[pass, name, init[i]] < median[pass, name, best])
			best = init[i]
	}
	return best
}

function ratio_text(pass, name, best,    low, high, text)
{
	text = quotient(ratio[pass, name, best])
	low = quotient(ratio_low[pass, name, best])
	high = quotient(ratio_high[pass, name, best])
	if (low == high)
		return text
	return plain ? text " (" low "-" high ")" : text " <sub>" low "–" high "</sub>"
}

function quotient(value)
{
	return value >= infinite ? "infinite" : sprintf("%.2f", value)
}

function begin_row(text)
{
	row = plain ? sprintf("%-" LABEL_WIDTH "s", ascii(text)) : "| " text " |"
}

function add_cell(text, columns)
{
	row = row (plain ? sprintf("%" columns "s", text) : " " text " |")
}

function width(name)
{
	return length(name) < 8 ? 10 : length(name) + 2
}

# printf counts bytes.
function ascii(text)
{
	gsub(/µ/, "u", text)
	return text
}

function rule(    i, text)
{
	text = "|---|"
	for (i = 1; i <= init_count + 1; i++)
		text = text "---:|"
	return text "---|"
}

# What the payload needs alone, and how many rounds there were.
function floors(pass,    text)
{
	text = "Payload alone: start " bare(pass, "start_us") " µs, short command " \
		bare(pass, "life_us") " µs, first signal " bare(pass, "first_signal_us") \
		" µs, later signals " bare(pass, "signal_us") " µs"
	if ((pass, "limit_kb", "bare") in median)
		text = text ", least memory limit " bare(pass, "limit_kb") " kB"
	text = text ".\nRounds: " rounds[pass, "start_us"]
	if ((pass, "rss_kb") in rounds)
		text = text ", of memory " rounds[pass, "rss_kb"] ", of system calls " \
			rounds[pass, "syscalls"] ", of idle wake-ups " rounds[pass, "idle_wakeups"] \
			", of the least limit " rounds[pass, "limit_kb"]
	text = text ", of the storm of " number(orphans) \
		" orphans " rounds[pass, "storm_cpu_us"] "."
	return plain ? ascii(text) : text
}

function bare(pass, name)
{
	return number(median[pass, name, "bare"])
}

function number(value,    digits, text)
{
	digits = value < 100 && value != int(value) ? 1 : 0
	text = sprintf("%." digits "f", value)
	while (match(text, /[0-9][0-9][0-9][0-9]($|,)/))
		text = substr(text, 1, RSTART) "," substr(text, RSTART + 1)
	return text
}
