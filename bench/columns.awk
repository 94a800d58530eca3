# Picks columns for gnuplot out of results.csv.
#
#	awk -v inits="cinit|tini|..." -v keys="PASS FIGURE,..." -f columns.awk results.csv
#
# Output: a row for each init, with tabs: its name, then lower quartile, median and upper quartile
# of each key.
BEGIN {
	FS = ","
	OFS = "\t"
	init_count = split(inits, init, "|")
	key_count = split(keys, key, ",")
}

{ found[$1 " " $2, $3] = $5 OFS $6 OFS $7 }

END {
	for (i = 1; i <= init_count; i++) {
		line = init[i]
		for (k = 1; k <= key_count; k++)
			line = line OFS found[key[k], init[i]]
		print line
	}
}
