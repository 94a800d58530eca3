# Sums up the rounds.
#
#	awk -v inits="cinit|tini|..." -f summary.awk raw.csv > results.csv
#
# Input: pass,figure,init,round,value. Output: a line for each pass, figure and init, with the
# quartiles of its values and those of cinit's value divided by its own in the same round. A figure
# X_us of start and life has a second one, X_over_us: without the median of the payload alone.
BEGIN {
	FS = OFS = ","
	init_count = split("bare|" inits, init, "|")
	has_bare["start_us"] = has_bare["life_us"] = 1
	infinite = 1e9
	print "pass,figure,init,rounds,lower_quartile,median,upper_quartile," \
		"ratio_lower_quartile,ratio_median,ratio_upper_quartile"
}

{
	if (!(($1, $2) in rounds)) {
		group_pass[++group_count] = $1
		group_figure[group_count] = $2
	}
	if ($4 >= rounds[$1, $2])
		rounds[$1, $2] = $4 + 1
	value[$1, $2, $3, $4] = $5
}

END {
	for (g = 1; g <= group_count; g++) {
		pass = group_pass[g]
		figure = group_figure[g]
		sum_up(pass, figure, figure, 0)
		if (figure in has_bare) {
			over = figure
			sub(/_us$/, "_over_us", over)
			sum_up(pass, figure, over, median_of(pass, figure, "bare"))
		}
	}
}

# Prints the lines of one figure under another name, with floor taken from each value.
function sum_up(pass, figure, name, floor,    i, line)
{
	for (i = 1; i <= init_count; i++) {
		if (!((pass, figure, init[i], 0) in value) || (floor && init[i] == "bare"))
			continue
		take_values(pass, figure, init[i], floor)
		line = pass OFS name OFS init[i] OFS count OFS quartiles()
		if (init[i] == "cinit" || init[i] == "bare") {
			print line, "", "", ""
			continue
		}
		take_ratios(pass, figure, init[i], floor)
		print line, quartiles()
	}
}

function take_values(pass, figure, name, floor,    round)
{
	count = rounds[pass, figure]
	for (round = 0; round < count; round++)
		list[round + 1] = value[pass, figure, name, round] - floor
}

function take_ratios(pass, figure, name, floor,    round)
{
	count = rounds[pass, figure]
	for (round = 0; round < count; round++)
		list[round + 1] = ratio(value[pass, figure, "cinit", round] - floor,
			value[pass, figure, name, round] - floor)
}

# Nothing by nothing is the same; something by nothing is infinitely more.
function ratio(own, other)
{
	if (other > 0)
		return own / other
	return own > 0 ? infinite : 1
}

function median_of(pass, figure, name)
{
	take_values(pass, figure, name, 0)
	sort_list()
	return quantile(0.5)
}

function quartiles()
{
	sort_list()
	return quantile(0.25) OFS quantile(0.5) OFS quantile(0.75)
}

function sort_list(    i, j, kept)
{
	for (i = 2; i <= count; i++) {
		kept = list[i]
		for (j = i - 1; j >= 1 && list[j] > kept; j--)
			list[j + 1] = list[j]
		list[j + 1] = kept
	}
}

function quantile(share,    position, below)
{
	position = 1 + (count - 1) * share
	below = int(position)
	if (below == count)
		return list[count]
	return list[below] + (position - below) * (list[below + 1] - list[below])
}
