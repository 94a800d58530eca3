# Input: sorted by init, figure and value. Output: init, figure, lower quartile, median, upper one.
BEGIN { OFS = "\t" }

function quantile(share,    position, below)
{
	position = 1 + (count - 1) * share
	below = int(position)
	if (below == count)
		return value[count]
	return value[below] + (position - below) * (value[below + 1] - value[below])
}

function finish()
{
	if (count)
		print init, figure, quantile(0.25), quantile(0.5), quantile(0.75)
	count = 0
}

$1 != init || $2 != figure { finish(); init = $1; figure = $2 }
{ value[++count] = $4 }
END { finish() }
