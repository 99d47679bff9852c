# Laws that hold in every run log, whatever a story did; prints what breaks
# them.  Arguments: the logs of one spool, in the order of their days.
#
#	- no run begins before its due time, unless it was forced;
#	- a task that ended stays so, unless it was a dead letter and retried,
#	  a slot that was withdrawn and is wanted again, or its runner died between the log's line and the file's move;
#	  An event whose runner died there is met again, and says the same;
#	- a try is never counted twice, but for interruptions and snoozes, which
#	  spend none, and runners that died as above.

function text(name)
{
	if (!match($0, ",\"" name "\":\"[^\"]*\""))
		return ""
	return substr($0, RSTART + length(name) + 5,
	    RLENGTH - length(name) - 6)
}

function number(name)
{
	if (!match($0, ",\"" name "\":[0-9.]+"))
		return ""
	return substr($0, RSTART + length(name) + 4,
	    RLENGTH - length(name) - 4) + 0
}

function broken(law)
{
	print law ": " $0
}

# A line that a full disk cut says nothing.
!/^\{"id":"[A-Za-z0-9-]+".*\}$/ { next }

{
	id = substr($0, 8)
	sub(/".*/, "", id)
	result = text("result")
	try = number("try")
	due = number("due")
	start = number("start")
	dead = last[id] ~ /^(retry|permanent|timeout|crashed|cancelled|invalid|withdrawn)$/
}

start != "" && due != "" && start < due && !/,"forced":true/ {
	broken("began before its due time")
}

ended[id] && !dead && result != "crashed" && result != "cancelled" &&
    !(text("class") == "event" && result == last[id]) {
	broken("goes on after its end")
}

# A dead letter that was retried counts anew; if it crashes before it is moved
# to dlq/ it does not.
ended[id] && dead && (result != "crashed" || try == 1) { tries[id] = 0 }

try != "" && try <= tries[id] && result != "crashed" &&
    !(try == tries[id] && last[id] ~ /^(interrupted|snooze)$/) {
	broken("try counted twice")
}

try != "" && result == "crashed" && try < tries[id] {
	broken("try counted backwards")
}

{
	if (try != "")
		tries[id] = try
	last[id] = result
	ended[id] = /,"final":true/
}
