"""When something is due: domain.md section 7, by zoneinfo and a list of days.

Instants are integers, milliseconds since 1970 in UTC; days are dates of
Europe/London. Written from domain.md alone; nothing here knows the C code.
"""
import calendar
import json
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
MIDNIGHT, NINE = time(0), time(9)
SECOND_MS = 1000
HOUR_MS = 3600 * SECOND_MS
DAY = timedelta(days=1)
RAG_DEFAULT = "amber"


def instant(text):
    """RFC 3339 to milliseconds; without offset it is Europe/London."""
    t = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if t.tzinfo is None:
        t = t.replace(tzinfo=LONDON)
    return round(t.timestamp() * 1000)


def show(ms):
    """Local time for people, None as a hyphen."""
    if ms is None:
        return "-"
    t = datetime.fromtimestamp(ms // 1000, timezone.utc).astimezone(LONDON)
    return "%s.%03d" % (t.strftime("%Y-%m-%d %H:%M:%S"), ms % 1000)


def local_day(ms):
    return datetime.fromtimestamp(ms // 1000, LONDON).date()


def at(day, clock):
    return round(datetime.combine(day, clock, LONDON).timestamp() * 1000)


def end_of(day):
    """23:59:59.999 of a day."""
    return at(day + DAY, MIDNIGHT) - 1


def add_months(day, n):
    """The same day number, else the last day of that month."""
    month = day.month - 1 + n
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


class Outside(Exception):
    """A date outside the calendar: R16."""


class Calendar:
    """Bank holidays, and the authority's own closure days."""

    def __init__(self, path, profile):
        cal = json.load(open(path, encoding="utf-8"))
        self.first = date.fromisoformat(cal["covers"]["first"])
        self.last = date.fromisoformat(cal["covers"]["last"])
        self.holidays = {date.fromisoformat(h["date"]) for h in cal["holidays"]}
        self.closed = days_of(profile["closure_days"]["value"])
        self.school_closed = days_of(profile["school_closed"]["value"])

    def working(self, day, local):
        """Closure days count against local clocks (p and L) only."""
        if not self.first <= day <= self.last:
            raise Outside(day)
        return (day.weekday() < 5 and day not in self.holidays
                and not (local and day in self.closed))

    def add_working(self, day, n, local=False, skip=()):
        """wd0: the n-th working day after the day; skip: paused days."""
        while n > 0:
            day += DAY
            if self.working(day, local) and day not in skip:
                n -= 1
        return day

    def back_working(self, day, n, local=False):
        while n > 0:
            day -= DAY
            if self.working(day, local):
                n -= 1
        return day

    def school_start(self, ms, clock):
        """The next school day's start, strictly later."""
        day = local_day(ms)
        while (not self.working(day, False) or day in self.school_closed
               or at(day, clock) <= ms):
            day += DAY
        return at(day, clock)


def days_of(items):
    """A day, or {from, to} with both ends."""
    out = set()
    for it in items:
        a, b = (it, it) if isinstance(it, str) else (it["from"], it["to"])
        a, b = date.fromisoformat(a), date.fromisoformat(b)
        while a <= b:
            out.add(a)
            a += DAY
    return out


def add_counting(day, n, skip):
    """n days on, of which those in skip don't count."""
    while n > 0:
        day += DAY
        if day not in skip:
            n -= 1
    return day


class Clocks:
    """Lengths and warnings of one authority's profile."""

    def __init__(self, profile, cal):
        self.cal = cal
        self.rules = {k: v["value"] for k, v in profile["clocks"].items()}
        self.wd1 = profile["working_day_convention"]["value"] == "wd1"

    def local(self, clock):
        return clock.startswith("L") or bool(
            self.rules[clock].get("pausable"))

    def pausable(self, clock):
        return bool(self.rules[clock].get("pausable"))

    def due(self, clock, start, pauses=(), rag=None):
        """Last instant in time. pauses: (from, to) instants, whole ones only."""
        rule = self.rules[clock]
        unit = rule["unit"]
        if unit == "same_as_L1":
            rule = self.rules["L1"]
            unit = rule["unit"]
        n = rule.get("length", rule.get(rag or RAG_DEFAULT))
        day = local_day(start)
        if unit == "hours":
            return self.hours(start, n * HOUR_MS, pauses)
        if unit == "seconds":
            return start + n * SECOND_MS
        if unit == "school_start":
            return self.cal.school_start(start, time.fromisoformat(rule["at"]))
        skip = paused_days(pauses)
        if unit == "working_days":
            wd1 = self.wd1 and rule.get("convention") != "wd0"
            return end_of(self.count_working(clock, day, n, wd1, skip))
        if unit == "months":
            plain = (add_months(day, n) - day).days
        else:
            plain = n * {"weeks": 7, "days": 1}[unit]
        return end_of(add_counting(day, plain, skip))

    def count_working(self, clock, day, n, wd1, skip):
        local = self.local(clock)
        if wd1 and n > 1:
            return self.cal.add_working(day, n - 1, local, skip)
        if wd1 and self.cal.working(day, local) and day not in skip:
            return day
        return self.cal.add_working(day, n, local, skip)

    @staticmethod
    def hours(start, left, pauses):
        """Elapsed time; it stands still from a pause to its end."""
        now = start
        for a, b in sorted(pauses):
            if b <= now or a >= now + left:
                continue
            left -= max(0, a - now)
            now = b
        return now + left

    def warnings(self, clock, start, due):
        """Instants of the warnings, first one first."""
        rule = self.rules[clock]
        out = [self.warning(clock, w, start, due) for w in rule["warn"]]
        return sorted(out)

    def warning(self, clock, text, start, due):
        if text.endswith("wd"):
            day = self.cal.back_working(local_day(due), int(text[:-2]),
                                        self.local(clock))
            return at(day, NINE)
        if text.endswith("d"):
            return at(local_day(due) - int(text[:-1]) * DAY, NINE)
        if text.endswith("h"):
            return due - int(text[:-1]) * HOUR_MS
        return due - (due - start) * int(text[:-1]) // 100


def paused_days(pauses):
    """Dates d with pause <= d < resume."""
    out = set()
    for a, b in pauses:
        a, b = local_day(a), local_day(b)
        while a < b:
            out.add(a)
            a += DAY
    return out
