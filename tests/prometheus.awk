# Prints what the text exposition format 0.0.4 of Prometheus does not allow:
# a strict reader of metrics.  Each family has HELP, TYPE and its samples, in
# this order and in one piece; no series occurs twice.
function wrong(why)
{
	print FNR ": " why ": " $0
	n_wrong++
}

# The labels behind "{", taken off TEXT one by one; what is left of it.
function labels(text)
{
	while (match(text, /^[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\[\\"n])*"/)) {
		name = substr(text, 1, index(text, "=") - 1)
		if (index(seen_labels, " " name " "))
			wrong("a label occurs twice")
		seen_labels = seen_labels name " "
		text = substr(text, RLENGTH + 1)
		if (text !~ /^,/)
			break
		text = substr(text, 2)
	}
	return text
}

/^# HELP / {
	if ($3 in helped)
		wrong("a second HELP")
	if (NF < 4)
		wrong("HELP says nothing")
	helped[$3] = 1
	family = $3
	type = ""
	n_samples = 0
	next
}

/^# TYPE / {
	if ($3 != family)
		wrong("TYPE without its HELP before")
	if ($4 !~ /^(counter|gauge|summary)$/ || NF != 4)
		wrong("no such type")
	type = $4
	if (type == "counter" && family !~ /_total$/)
		wrong("a counter without _total")
	if (type != "counter" && family ~ /_total$/)
		wrong("_total, but no counter")
	next
}

/^#/ || /^$/ {
	wrong("neither HELP nor TYPE")
	next
}

{
	series = $0
	sub(/ [^ ]*$/, "", series)
	value = substr($0, length(series) + 2)
	name = series
	sub(/\{.*/, "", name)
	plain = name
	if (type == "summary")
		sub(/_(sum|count)$/, "", plain)
	if (plain != family || type == "" ||
	    (type == "summary" && plain == name))
		wrong("not of the family " family)
	if (name !~ /^[a-z][a-z0-9_]*$/)
		wrong("not a name")
	seen_labels = " "
	if (series != name && labels(substr(series, length(name) + 2)) != "}")
		wrong("labels are malformed")
	if (value !~ /^[0-9]+(\.[0-9]+)?$/)
		wrong("not a value")
	if (series in met)
		wrong("a series occurs twice")
	met[series] = 1
	n_total++
}

END {
	if (n_total == 0)
		print "no samples"
	exit n_wrong > 0 || n_total == 0
}
