#!/usr/bin/python3
"""Compares next runs with croniter's: cron_oracle.py CRON_ASK N.

croniter (Debian's python3-croniter, 1.3.5) is asked about N random expressions
and instants in UTC.  The two differ in these cases, which are told by rule
from the expression alone and left out:

 star     A day or weekday that lists all values without being "*" ("*/1",
          "1-31") is the same as "*" there.  Here only the text "*" gives the
          decision to the other field, as crontab(5) and Moodle have it.
 week     Steps of weekdays without an end ("2/3") run to 7 there, which is
          Sunday once more; here the week ends with 6.
 short    From within February it goes to a 30th or 31st by counting days,
          lands in March and passes over its 1st and 2nd where they are
          listed too: from 2066-02-18 "0 0 1,30 * *" is 2066-03-01, not the
          30th.

 moot     A day that no listed month has makes it refuse the whole, though a
          weekday is listed as well: "0 0 31 9 mon".  Here the sooner of the
          two comes.

What else it calls never is refused here when it is read.
"""

import calendar
import datetime
import random
import subprocess
import sys

import croniter

FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
MONTHS = [name.lower() for name in calendar.month_abbr[1:]]
DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
LAST = 4102444800       # 2100-01-01


def make_value(rng, field, value):
    """A number, or at times its name."""
    if rng.random() < 0.2 and field == 3:
        return MONTHS[value - 1]
    if rng.random() < 0.2 and field == 4 and value < 7:
        return DAYS[value]
    return str(value)


def make_item(rng, field):
    low, high = FIELDS[field]
    first, last = sorted((rng.randint(low, high), rng.randint(low, high)))
    step = rng.randint(1, high)
    span = make_value(rng, field, first) + "-" + str(last)
    return rng.choice((
        "*/%d" % step, span, "%s/%d" % (span, step), "%d/%d" % (first, step),
        make_value(rng, field, first), make_value(rng, field, last)))


def make_field(rng, field):
    if rng.random() < (0.3, 0.3, 0.5, 0.6, 0.5)[field]:
        return "*"
    return ",".join(make_item(rng, field)
                    for _ in range(rng.choice((1, 1, 1, 2, 3))))


def values_of(text, field):
    low, high = FIELDS[field]
    values = set()
    for item in text.split(","):
        span, _, step = item.partition("/")
        first, _, last = span.partition("-")
        if first == "*":
            first, last = low, high
        first = number(first, field)
        last = number(last, field) if last else high if step else first
        values |= set(range(first, last + 1, int(step or 1)))
    return {value % 7 for value in values} if field == 4 else values


def all_values(text, field):
    return values_of("*/1" if text == "*" else text, field)


def lists_all(text, field):
    """Whether a text other than "*" lists the whole of its field."""
    return text != "*" and len(values_of(text, field)) == (31, 7)[field == 4]


def number(text, field):
    names = {3: MONTHS, 4: DAYS}.get(field, [])
    if text in names:
        return names.index(text) + (field == 3)
    return int(text)


def differs(expr):
    """The name of the rule by which the two differ, or None."""
    fields = expr.split()
    if lists_all(fields[2], 2) or lists_all(fields[4], 4):
        return "star"
    days = all_values(fields[2], 2)
    if fields[2] != "*" and days & {30, 31} and days & {1, 2}:
        return "short"
    if fields[4] != "*" and fields[2] != "*" and not any(
            day <= calendar.monthrange(2024, month)[1]
            for month in all_values(fields[3], 3) for day in days):
        return "moot"
    for item in fields[4].split(","):
        span, _, step = item.partition("/")
        if step and "-" not in span and span != "*":
            return "week"
    return None


def ask_croniter(expr, after):
    try:
        found = croniter.croniter(expr, after).get_next(float)
    except croniter.CroniterBadDateError:
        return None
    return int(found)


def main():
    program, count = sys.argv[1], int(sys.argv[2])
    rng = random.Random(4)
    asked, left_out = [], {}
    while len(asked) < count:
        expr = " ".join(make_field(rng, field) for field in range(5))
        rule = differs(expr)
        if rule is not None:
            left_out[rule] = left_out.get(rule, 0) + 1
            continue
        asked.append((expr, rng.randrange(0, LAST)))
    answers = subprocess.run(
        [program], input="".join("next UTC %d %s\n" % (after, expr)
                                 for expr, after in asked),
        capture_output=True, text=True, check=True).stdout.split("\n")
    different = 0
    for (expr, after), got in zip(asked, answers):
        want = ask_croniter(expr, float(after))
        if got != ("wrong" if want is None else str(want)):
            different += 1
            if different <= 10:
                since = datetime.datetime.utcfromtimestamp(after)
                print("# %s from %d (%s): %s, croniter has %s" % (
                    expr, after, since, got, want))
    print("# %d compared, left out: %s" % (len(asked), left_out or "none"))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
