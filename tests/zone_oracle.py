#!/usr/bin/python3
"""Compares offsets with those of Python's zoneinfo: zone_oracle.py CRON_ASK.

All zones of the system, up to 2101: right before and at each change that ours
has, and at random instants, where a change that ours lacks would show.
"""

import datetime
import random
import subprocess
import sys
import zoneinfo

LAST = 4133980800       # 2101-01-01
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def ask(program, questions):
    return subprocess.run(
        [program], input="".join(line + "\n" for line in questions),
        capture_output=True, text=True, check=True).stdout.split("\n")


def offset_of(zone, when):
    local = (EPOCH + datetime.timedelta(seconds=when)).astimezone(zone)
    return round(local.utcoffset().total_seconds())


def main():
    program = sys.argv[1]
    rng = random.Random(4)
    names = sorted(name for name in zoneinfo.available_timezones()
                   if not name.startswith(("right/", "posix/")))
    asked = []
    changes = ask(program, ["changes %s %d" % (name, LAST) for name in names])
    for name, line in zip(names, changes):
        # Python's dates begin with the year 1.
        whens = [int(word) for word in line.split() if int(word) > -6e10]
        asked += [(name, when - back) for when in whens for back in (0, 1)]
        asked += [(name, rng.randrange(-10 ** 9, LAST)) for _ in range(100)]
    answers = ask(program, ["offset %s %d" % pair for pair in asked])
    different = 0
    for (name, when), got in zip(asked, answers):
        want = offset_of(zoneinfo.ZoneInfo(name), when)
        if got != str(want):
            different += 1
            if different <= 10:
                print("# %s at %d: %s, Python has %d" % (
                    name, when, got, want))
    print("# %d zones, %d instants" % (len(names), len(asked)))
    return 1 if different or len(names) < 300 else 0


if __name__ == "__main__":
    sys.exit(main())
