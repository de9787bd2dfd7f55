#!/usr/bin/env python3
"""Every clock, every day 2022 to 2027: `waymark clock due` against numpy.

Written from domain.md section 7: working days by numpy's busday functions with
the bank holidays of calendars/, local time by zoneinfo, nothing of the C code.
Lengths and warnings are those of the profile. Prints one line; ends with 1
where there is a difference.

    clocks.py BINARY [small|full]
"""
import json
import subprocess
import sys
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np

LONDON = ZoneInfo("Europe/London")
UTC = timezone.utc
FIRST, LAST = date(2022, 1, 1), date(2027, 12, 31)
MS = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)
DAY = np.timedelta64(1, "D")
EVERY_DAY = "1111111"
MONDAY_TO_FRIDAY = "1111100"

CALENDAR = json.load(open("calendars/england-and-wales.json", encoding="utf-8"))
HOLIDAYS = [np.datetime64(h["date"]) for h in CALENDAR["holidays"]]
COVERED = (
    date.fromisoformat(CALENDAR["covers"]["first"]),
    date.fromisoformat(CALENDAR["covers"]["last"]),
)
PROFILE = json.load(open("profiles/kent-2015.json", encoding="utf-8"))

CLOSED = [("%d-12-24" % y, "%d-12-31" % y) for y in range(2022, 2028)]
CLOSED += [("2024-03-28", "2024-03-28"), ("2026-06-15", "2026-06-19")]
PAUSES = []
for y in range(2022, 2028):
    PAUSES += [
        ("%d-03-24" % y, "%d-04-02" % y),
        ("%d-08-10" % y, "%d-08-24" % y),
        ("%d-08-20" % y, "%d-08-30" % y),
        ("%d-10-29" % y, "%d-10-31" % y),
    ]


class Outside(Exception):
    """A date outside the calendar: R16."""


def dates_of(ranges, last_too):
    out = set()
    for a, b in ranges:
        d, end = date.fromisoformat(a), date.fromisoformat(b)
        while d < end or (last_too and d == end):
            out.add(np.datetime64(d))
            d += timedelta(days=1)
    return sorted(out)


def utc(d, t):
    """Instant of a local date and time (the first, where it is twice)."""
    return datetime.combine(d, t, LONDON).astimezone(UTC)


def local_date(instant):
    return instant.astimezone(LONDON).date()


def covered(d):
    if not COVERED[0] <= d <= COVERED[1]:
        raise Outside
    return d


def text(instant):
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (
        instant.microsecond // 1000
    )


def end_of_day(d):
    return utc(d, time(23, 59, 59, 999000))


def add_months(d, n):
    y, m = divmod(d.year * 12 + d.month - 1 + n, 12)
    last = (date(y + (m == 11), (m + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(y, m + 1, min(d.day, last))


class Clock:
    def __init__(self, name, value, wd1=False, office=False, colour=None,
                 closed=(), pauses=(), birth=None):
        self.name, self.value, self.wd1 = name, value, wd1
        self.unit = "office_hours" if office else value["unit"]
        self.length = value[colour] if colour else value.get("length")
        self.birth = birth
        heeds = value["pausable"] or name[0] == "L"
        shut = dates_of(closed, True)
        self.paused = dates_of(pauses, False)
        self.spans = [
            (utc(date.fromisoformat(a), time(12)), utc(date.fromisoformat(b), time(12)))
            for a, b in pauses
        ]
        off = HOLIDAYS + self.paused + (shut if heeds else [])
        self.working = np.busdaycalendar(MONDAY_TO_FRIDAY, off)
        self.every = np.busdaycalendar(EVERY_DAY, self.paused)
        self.school = np.busdaycalendar(MONDAY_TO_FRIDAY, HOLIDAYS + shut)
        self.office = np.busdaycalendar(
            MONDAY_TO_FRIDAY, HOLIDAYS + (shut if heeds else []))

    # dates

    def nth(self, start, n, cal):
        d = np.busday_offset(np.datetime64(start), n, "backward", busdaycal=cal)
        return covered(d.astype(date))

    def due_date(self, start):
        if self.unit == "working_days":
            n = self.length
            if self.wd1 and np.datetime64(start) not in self.paused:
                n -= 1
                if n == 0:
                    d = np.busday_offset(
                        np.datetime64(start), 0, "forward", busdaycal=self.working)
                    return covered(d.astype(date))
            return self.nth(start, n, self.working)
        n = {"days": self.length, "weeks": 7 * self.length}.get(self.unit)
        if n is None:
            n = (add_months(start, self.length) - start).days
        return self.nth(start, n, self.every)

    # time

    def after(self, start, left):
        """When so much time has run from `start`."""
        if self.unit == "office_hours":
            return self.after_in_office(start, left)
        t = start
        while True:
            for a, b in sorted(self.spans):
                if a <= t < b:
                    t = b
            # Hours that end as a pause begins are due when it ends.
            begins = [a for a, b in self.spans if a > t]
            if not begins or t + left < min(begins):
                covered(local_date(t + left))
                return t + left
            left -= min(begins) - t
            t = min(begins)

    def after_in_office(self, start, left):
        d = local_date(start)
        while True:
            covered(d)
            if np.is_busday(np.datetime64(d), busdaycal=self.office):
                opens = max(utc(d, time(9)), start)
                shuts = utc(d, time(17))
                if opens < shuts and left <= shuts - opens:
                    return opens + left
                if opens < shuts:
                    left -= shuts - opens
            d += timedelta(days=1)

    def counts_time(self):
        return self.unit in ("hours", "seconds", "office_hours")

    def span(self):
        return timedelta(**{"seconds" if self.unit == "seconds" else "hours": self.length})

    def bell(self, start):
        d = local_date(start)
        while True:
            covered(d)
            rings = utc(d, time(8, 30))
            if np.is_busday(np.datetime64(d), busdaycal=self.school) and rings > start:
                return rings
            d += timedelta(days=1)

    # answers

    def due(self, start):
        d = covered(local_date(start))
        if self.name == "T7":
            d = add_months(d, 3)
            d = covered(min(d, self.birth) if self.birth else d)
        if self.unit == "school_start":
            return self.bell(start)
        if self.counts_time():
            return self.after(start, self.span())
        return end_of_day(self.due_date(d))

    def warning(self, word, start, due):
        if word.endswith("%"):
            return self.after(start, self.span() * (100 - int(word[:-1])) / 100)
        if word.endswith("h"):
            before = int(word[:-1]) * HOUR
            if not self.counts_time():
                return due - before
            return self.after(start, self.span() - before)
        working = word.endswith("wd")
        k = int(word[: -2 if working else -1])
        d = np.busday_offset(
            np.datetime64(local_date(due)), -k, "forward",
            busdaycal=self.working if working else self.every).astype(date)
        return utc(d, time(9)) if d >= local_date(start) else None

    def line(self, start):
        try:
            due = self.due(start)
        except Outside:
            return "R16"
        warns = [self.warning(w, start, due) for w in self.value["warn"]]
        warns = sorted(w for w in warns if w is not None and w > start)
        return " ".join(text(t) for t in [due] + warns)


def ranges(pairs):
    return ",".join("%s..%s" % p for p in pairs)


def runs():
    """Clocks with the options that ask the binary for the same."""
    clocks = PROFILE["clocks"]
    for name, clock in clocks.items():
        v = dict(clock["value"])
        if v["unit"] == "same_as_L1":
            v = dict(clocks["L1"]["value"], warn=v["warn"])
        colours = ["red", "amber", "green"] if "red" in v else [None]
        counts = [False, True] if v["unit"] == "working_days" else [False]
        for colour in colours:
            for wd1 in counts:
                opts = ["--colour", colour] if colour else []
                opts += ["--convention", "wd1" if wd1 else "wd0"] if len(counts) > 1 else []
                yield Clock(name, v, wd1, colour=colour), opts
                shut = ["--closed", ranges(CLOSED)]
                yield Clock(name, v, wd1, colour=colour, closed=CLOSED), opts + shut
                if v["pausable"]:
                    yield (Clock(name, v, wd1, closed=CLOSED, pauses=PAUSES),
                           opts + shut + ["--pause", ranges(PAUSES)])
                if name == "T7":
                    birth = date(2024, 5, 3)
                    yield Clock(name, v, wd1, birth=birth), opts + ["--birth", str(birth)]
                if colour:
                    yield (Clock(name, v, office=True, colour=colour, closed=CLOSED),
                           opts + shut + ["--office"])


def starts(budget):
    times = [time(0, 30), time(16, 50)]
    if budget == "full":
        times += [time(0), time(1, 30), time(1, 30, fold=1), time(8, 30),
                  time(12), time(23, 59, 59, 999000)]
    found = set()
    d = FIRST
    while d <= LAST:
        for t in times:
            instant = datetime.combine(d, t, LONDON).astimezone(UTC)
            found.add(instant)
        d += timedelta(days=1)
    return sorted(found)


def main():
    binary = sys.argv[1]
    when = starts(sys.argv[2] if len(sys.argv) > 2 else "full")
    asked = "".join(text(t) + "\n" for t in when)
    same, different, clocks, n_runs, outside = 0, 0, set(), 0, 0
    for clock, options in runs():
        got = subprocess.run(
            [binary, "clock", "due", clock.name, "--start", "-",
             "--profile", "profiles/kent-2015.json"] + options,
            input=asked, capture_output=True, text=True, check=False)
        lines = got.stdout.splitlines()
        if got.returncode > 1 or len(lines) != len(when):
            sys.exit("%s %s: exit %d, %d lines: %s" % (
                clock.name, options, got.returncode, len(lines), got.stderr))
        clocks.add(clock.name)
        n_runs += 1
        for t, line in zip(when, lines):
            want = text(t) + " " + clock.line(t)
            outside += want.endswith("R16")
            if line == want:
                same += 1
            else:
                different += 1
                if different <= 10:
                    print("%s %s\n  numpy   %s\n  waymark %s" % (
                        clock.name, " ".join(options), want, line))
    print("oracle: %d clocks in %d settings from %d instants of every day %s to %s: "
          "%d equal (%d of them outside the calendar), %d differences" % (
              len(clocks), n_runs, len(when), FIRST, LAST, same, outside, different))
    sys.exit(1 if different else 0)


main()
