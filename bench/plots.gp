# gnuplot -e "inits='cinit|tini|...'; here='bench'; orphans=20000" plots.gp
# draws start.svg, life.svg, signal.svg, storm.svg and memory.svg from results.csv, in the current
# directory.
set datafile separator "\t"
rows(keys) = sprintf("< awk -v inits='%s' -v keys='%s' -f '%s/columns.awk' results.csv", \
	inits, keys, here)
passes(figure) = rows("unpinned " . figure . ",pinned " . figure)

# "tini (musl)" on two lines.
title(name) = strstrt(name, " ") ? name[1:strstrt(name, " ") - 1] . "\n" \
	. name[strstrt(name, " ") + 1:*] : name

ink = "#333333"
blue = 0x2f6f9f
light_blue = 0x8fbcd9
orange = 0xd98324

set terminal svg size 800,440 font "sans-serif,13" background "white"
set border 3 linecolor rgb ink
set tics nomirror out textcolor rgb ink
set xtics scale 0
set grid ytics linecolor rgb "#dddddd" linetype 1
set style fill solid 1.0 noborder
set bmargin 3.5
set key outside top center horizontal Left reverse samplen 1.5 maxrows 1
last = 0
do for [i = 1:strlen(inits)] { if (inits[i:i] eq "|") { last = last + 1 } }
set xrange [-0.5:last + 0.5]

# Two bars an init, with whiskers at the quartiles and the median above them. Columns: name, then
# lower quartile, median, upper quartile of the two passes. pass is 0 or 1.
set yrange [0:*]
set offsets 0, 0, graph 0.08, 0
set boxwidth 0.36
place(pass) = column(0) - 0.19 + 0.38 * pass
low(pass) = column(2 + 3 * pass) / scale
middle(pass) = column(3 + 3 * pass) / scale
high(pass) = column(4 + 3 * pass) / scale
text(value) = sprintf("%.3g", value)

array name[4] = ["start", "life", "signal", "storm"]
array figure[4] = ["start_over_us", "life_over_us", "signal_us", "storm_cpu_us"]
array heading[4] = [ \
	"Start overhead: clone to the payload's first instruction, less the payload alone", \
	"Overhead in the life of a short command", \
	"Signal round trip: kill to the payload's answer", \
	sprintf("CPU time of init in a storm of %s orphans", orphans)]
do for [i = 1:4] {
	scale = i == 4 ? 1000.0 : 1.0
	set output name[i] . ".svg"
	set title heading[i]
	set ylabel sprintf("time in %s (less is better)", i == 4 ? "ms" : "µs")
	plot passes(figure[i]) using (place(0)):(middle(0)) with boxes linecolor rgb blue \
			title "unpinned", \
		"" using (place(1)):(middle(1)) with boxes linecolor rgb orange \
			title "pinned to one CPU", \
		"" using 0:(0):xtic(title(strcol(1))) with dots linecolor rgb ink notitle, \
		for [pass = 0:1] "" using (place(pass)):(low(pass)):(0):(high(pass) - low(pass)) \
			with vectors heads size graph 0.01,90 linecolor rgb ink notitle, \
		for [pass = 0:1] "" using (place(pass)):(high(pass)):(text(middle(pass))) \
			with labels offset 0,0.7 font ",10" textcolor rgb ink notitle
}

set output "memory.svg"
set offsets 0, 0, 0, 0
set title "Memory of the idle init, and the least limit in which it runs with its payload"
set ylabel "kB, logarithmic (less is better)"
set logscale y
set yrange [4:2500]
set ytics (4, 10, 20, 50, 100, 200, 500, 1000, 2000)
set boxwidth 0.24
plot rows("unpinned rss_kb,unpinned dirty_kb,unpinned limit_kb") \
	using 0:(4):xtic(title(strcol(1))) with dots linecolor rgb ink notitle, \
	"" using ($0 - 0.26):3 with boxes linecolor rgb blue title "RSS", \
	"" using ($0):6 with boxes linecolor rgb light_blue title "private dirty", \
	"" using ($0 + 0.26):9 with boxes linecolor rgb orange title "least memory limit", \
	for [bar = 0:2] "" using ($0 - 0.26 + 0.26 * bar):(column(3 + 3 * bar)): \
		(sprintf("%.0f", column(3 + 3 * bar))) \
		with labels offset 0,0.6 font ",9" textcolor rgb ink notitle
