# Turns the summary into rows for gnuplot: init, then lower quartile, median, upper quartile of each
# of the figures asked for. Inits without the first figure are left out.
BEGIN {
	FS = OFS = "\t"
	rows = split("bare|cinit|cinit --reap=init|catatonit|tini-static|dumb-init|tini", row, "|")
	names = split(figures, name, " ")
}

{ found[$1, $2] = $3 OFS $4 OFS $5 }

END {
	for (r = 1; r <= rows; r++) {
		if (!((row[r], name[1]) in found))
			continue
		line = row[r]
		for (n = 1; n <= names; n++)
			line = line OFS found[row[r], name[n]]
		print line
	}
}
