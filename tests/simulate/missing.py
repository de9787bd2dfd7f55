"""Missing episodes and interviews: domain.md section 3, T10, D10 and D11.

An episode is the set of its messages, and its state a function of that set;
the order of their arrival doesn't matter.
"""
from due import DAY, instant, local_day
from ladder import Finding, Run

GRADES = {None: -1, "none": 0, "low": 1, "medium": 2, "high": 3}
COUNTED = ("police_missing_reported", "police_missing_risk_changed",
           "police_missing_found")


class Episode:
    def __init__(self, key, child, received):
        self.key, self.child, self.received = key, child, received
        self.messages, self.notes = {}, []
        self.run, self.done, self.d11 = None, False, None
        self.waits = {}

    def of_kind(self, kind):
        return [b for b in self.messages.values()
                if b["kind"] == "police_missing_" + kind]

    @property
    def cancelled(self):
        return bool(self.of_kind("cancelled"))

    def instant_of(self, kind, field):
        times = [instant(b[field]) for b in self.of_kind(kind) if b.get(field)]
        return min(times) if times else None

    @property
    def reported(self):
        return self.instant_of("reported", "reported_at")

    @property
    def found(self):
        return self.instant_of("found", "found_at")

    @property
    def anchor(self):
        return self.reported if self.reported is not None else self.found

    @property
    def grade(self):
        """The grade with the latest graded_at; a tie: the higher."""
        graded = [(instant(b["reported_at"]), GRADES[b["risk_grade"]], b)
                  for b in self.of_kind("reported")]
        graded += [(instant(b["graded_at"]), GRADES[b["risk_grade"]], b)
                   for b in self.of_kind("risk_changed")]
        if not graded:
            return None
        return max(graded, key=lambda g: g[:2])[2]["risk_grade"]


class Desk:
    """The missing children of one authority."""

    def __init__(self, ladder, profile):
        self.ladder = ladder
        d11 = profile["drift"]["D11_missing_episodes"]["value"]
        self.many = d11["count"]
        self.month, self.quarter = d11["days_strategy"], d11["days_alert"]
        self.episodes, self.of_child = {}, {}

    def hear(self, body, child, now):
        """Takes a message in, before it is decided about."""
        key = (body["agency_id"], body["episode_ref"])
        ep = self.episodes.get(key)
        if ep is None:
            ep = self.episodes[key] = Episode(key, child, now)
            self.of_child.setdefault(child, []).append(ep)
        known = ep.messages.get(body["agency_ref"])
        if known is None or known.get("amendment", 0) < body.get("amendment", 0):
            ep.messages[body["agency_ref"]] = body
        return ep

    def count(self, ep, days):
        """Episodes of that child, not cancelled, up to that day."""
        if ep.anchor is None or ep.cancelled:
            return 0
        last = local_day(ep.anchor)
        first = last - (days - 1) * DAY
        return sum(1 for e in self.of_child[ep.child]
                   if not e.cancelled and e.anchor is not None
                   and first <= local_day(e.anchor) <= last)

    def settle(self, ep, kind, now):
        """The interview's clock and the count, as the set stands now."""
        live = ep.found is not None and not ep.cancelled and not ep.done
        if ep.run is not None and (not live or ep.run.start != ep.found):
            ep.run.stop(now)
            ep.run = None
        if live and ep.run is None:
            ep.run = Run(self.ladder, ("child", ep.child), "T10", ep.found)
        if ep.cancelled or ep.done:
            self.ladder.end(ep.d11, now)
        elif (kind in COUNTED and ep.d11 is None
              and self.count(ep, self.quarter) >= self.many):
            often = self.count(ep, self.month) >= self.many
            who = "duty+leader+district" if often else "leader"
            ep.d11 = self.ladder.arm(Finding(
                ("child", ep.child), "D11", ep.anchor, [(now, who)]
                + self.ladder.upper(now, often)))

    def interviewed(self, ep, now):
        """rhi_held or rhi_declined makes it done."""
        ep.done = True
        if ep.run is not None:
            ep.run.stop(now)
            ep.run = None
        self.ladder.end(ep.d11, now)
