#!/usr/bin/env python3
"""Do two runs have the same records on case-journal and alerts?

    same.py DUMPS DUMPS

A record may be published twice after a crash (the same bytes; its reader drops
it by its number): here too it counts once. Prints what differs.
"""
import os
import sys

from records import Schemas, read_dump


def once(path, schemas):
    seen = {}
    for key, value in read_dump(path):
        _, fields = schemas.decode(value)
        known = seen.setdefault(fields["meta"]["id"], (key, value))
        if known != (key, value):
            print("%s: one id, two contents: %s" % (path, fields["meta"]["id"]))
    return list(seen.values())


def main():
    schemas = Schemas()
    for topic in ("case-journal", "alerts"):
        a, b = (once(os.path.join(d, topic), schemas) for d in sys.argv[1:3])
        if a == b:
            continue
        at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y),
                  min(len(a), len(b)))
        print("%s: %d and %d records, other from %d on" % (
            topic, len(a), len(b), at + 1))
        for run in (a, b):
            print("  ", schemas.decode(run[at][1]) if at < len(run) else "ends")


if __name__ == "__main__":
    main()
