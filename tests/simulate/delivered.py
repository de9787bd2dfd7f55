#!/usr/bin/env python3
"""Has notifier one delivery for each stage of each alert?

    delivered.py DUMPS

DUMPS has the alerts topic and `deliveries`: alert, stage, how many. With the
log clock notifier decides who hears of what, and sends nothing. Prints what is
missing, too much or doubled, 5 of each.
"""
import os
import sys

from compare import records
from records import Schemas


def main():
    folder = sys.argv[1]
    told, has = set(), {}
    for name, r in records(folder, "alerts", Schemas()):
        if name in ("AlertRaised", "AlertEscalated"):
            told.add((r["alert_id"], r["stage"]))
    for line in open(os.path.join(folder, "deliveries"), encoding="utf-8"):
        alert, stage, n = line.strip().split("|")
        has[(alert, int(stage))] = int(n)
    for what, keys in (
            ("missing", told - has.keys()), ("too much", has.keys() - told),
            ("doubled", {k for k, n in has.items() if n != 1})):
        for key in sorted(keys)[:5]:
            print(what, *key)


if __name__ == "__main__":
    main()
