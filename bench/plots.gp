# gnuplot -e "data='summary.tsv'; here='bench'; orphans=20000" plots.gp
# writes start.svg, memory.svg and storm.svg.
set datafile separator "\t"
rows(figures) = sprintf("< awk -v figures='%s' -f '%s/columns.awk' '%s'", figures, here, data)
title(name) = name eq "bare" ? "payload\nalone" \
	: name eq "cinit --reap=init" ? "cinit\n--reap=init" : name

ink = "#333333"
blue = 0x2f6f9f
light_blue = 0x8fbcd9
orange = 0xd98324
grey = 0xa6a6a6
shade(name) = name[1:5] eq "cinit" ? blue : name eq "bare" ? grey : orange

set terminal svg size 800,440 font "sans-serif,13" background "white"
set border 3 linecolor rgb ink
set tics nomirror out textcolor rgb ink
set xtics scale 0
set grid ytics linecolor rgb "#dddddd" linetype 1
set style fill solid 1.0 noborder
set bmargin 3.5
set key off

set output "start.svg"
set xrange [-0.5:6.5]
set title "From clone to the payload's first instruction (median, quartiles)"
set ylabel "time in µs (less is better)"
set yrange [0:*]
set offsets 0, 0, graph 0.08, 0
set boxwidth 0.6
plot rows("start_us") using 0:3:(shade(strcol(1))):xtic(title(strcol(1))) \
		with boxes linecolor rgb variable, \
	"" using 0:2:(0):($4 - $2) with vectors heads size graph 0.01,90 linecolor rgb ink, \
	"" using 0:4:(sprintf("%.0f", $3)) with labels offset 0,0.7 textcolor rgb ink

set output "memory.svg"
set offsets 0, 0, 0, 0
set title "Memory of the waiting init, and the least limit it runs in with its payload"
set ylabel "kB, logarithmic (less is better)"
set logscale y
set yrange [4:2500]
set ytics (4, 10, 20, 50, 100, 200, 500, 1000, 2000)
set key outside top center horizontal Left reverse samplen 1.5 width -5 maxrows 1
set boxwidth 0.19
plot rows("rss_kb pss_kb dirty_kb limit_kb") \
	using 0:(4):xtic(title(strcol(1))) with dots linecolor rgb ink notitle, \
	"" using ($0 - 0.3):3 with boxes linecolor rgb blue title "RSS", \
	"" using ($0 - 0.1):6 with boxes linecolor rgb light_blue title "PSS", \
	"" using ($0 + 0.1):9 with boxes linecolor rgb orange title "private dirty", \
	"" using ($0 + 0.3):12 with boxes linecolor rgb grey title "least memory limit", \
	for [bar = 0:3] "" using ($0 - 0.3 + 0.2 * bar):(column(3 + 3 * bar)): \
		(sprintf("%.0f", column(3 + 3 * bar))) \
		with labels offset 0,0.6 font ",9" textcolor rgb ink notitle

set output "storm.svg"
set xrange [-0.5:5.5] # without the payload alone
set title sprintf("CPU time of init in a storm of %s orphans (median, quartiles)", orphans)
set ylabel "CPU time in ms, logarithmic (less is better)"
set yrange [0.01:2000]
set ytics ("0.01" 0.01, "0.1" 0.1, 1, 10, 100, 1000)
set key off
set boxwidth 0.6
# An init that was not woken at all has a bar without height.
ms(us) = us > 10 ? us / 1000 : 0.01
plot rows("storm_cpu_us") using 0:(ms($3)):(shade(strcol(1))):xtic(title(strcol(1))) \
		with boxes linecolor rgb variable, \
	"" using 0:(ms($2)):(0):(ms($4) - ms($2)) \
		with vectors heads size graph 0.01,90 linecolor rgb ink, \
	"" using 0:(ms($4)):(sprintf("%.3g", $3 / 1000)) \
		with labels offset 0,0.7 textcolor rgb ink
