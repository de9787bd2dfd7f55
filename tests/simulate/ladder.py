"""Findings and the alerts that come of them: domain.md section 8.

A finding has a key (subject, rule, due instant) and rungs, each an instant
from which it holds that somebody is told. Time moves by what is sent through
the door; at each step all rungs up to it are told, in order. What is told once
stays told: a finding that ends clears its alert and takes nothing back.
"""
import heapq
import itertools

from due import HOUR_MS, SECOND_MS, end_of, local_day

# Who stands on the rungs before and at the due instant (section 8, "told
# first"); the ladder's W and U where the table has no other.
FIRST = {"D08": ("both_leaders", "both_leaders"), "D09": ("caf_officer", "leader"),
         "D10": ("worker", "leader+district"), "D14": ("screener", "mash"),
         "D17": ("duty", "duty"), "D19": ("screener", "screener"),
         "D20": ("worker", "district")}
OF_CLOCK = {"T1": "D14", "T2": "D03", "T9a": "D05", "T9b": "D05", "T10": "D10",
            "T11": "D17", "T12": "D03", "T12b": "D04", "T14a": "D05",
            "T14b": "D05", "T17": "D15", "T18": "D20", "L2": "D01",
            "L3": "D08", "L4": "D09"}
NEVER_LATE = {"T16"}  # a planning figure: it warns, and that is all


class Finding:
    def __init__(self, subject, rule, due, rungs):
        self.subject, self.rule, self.due = subject, rule, due
        merged = {}
        for when, who in rungs:
            merged.setdefault(when, []).append(who)
        self.rungs = sorted((w, "+".join(p)) for w, p in merged.items())
        self.alive, self.alert = True, None


class Ladder:
    """All findings that may still be told, and every alert so far."""

    def __init__(self, clocks, profile):
        self.clocks, self.cal = clocks, clocks.cal
        esc = profile["drift"]["escalate_after"]["value"]
        self.district_wd = esc["district_manager_working_days"]
        self.head_wd = esc["head_of_service_working_days"]
        self.d10_hours = esc["D10_hours"]
        self.heap, self.order, self.now = [], itertools.count(), 0
        self.alerts, self.raised = [], {}

    def rungs(self, rule, due, warnings=(), told=None):
        """W at each warning, U once it is late, D and head of service later.

        told: instant from which "unacknowledged" is counted; the due instant
        where the leader hears at once. Nobody can acknowledge before it is
        told: what is late when it becomes known counts from then.
        """
        since = max(due, self.now - 1)
        first, second = FIRST.get(rule, ("worker", "leader"))
        out = [(w, first) for w in warnings]
        out.append((due + 1, second))
        if rule == "D10":
            out += [(since + 1 + h * HOUR_MS, who) for h, who in
                    zip(self.d10_hours[1:], ["head"])]
            return out
        return out + self.upper(since if told is None else told,
                                second == "district")

    def upper(self, since, district_knows=False):
        """D after 2 working days, head of service after 5, from an instant."""
        day = local_day(since)
        out = []
        if not district_knows:
            out.append((end_of(self.cal.add_working(day, self.district_wd)) + 1,
                        "district"))
        out.append((end_of(self.cal.add_working(day, self.head_wd)) + 1, "head"))
        return out

    def arm(self, finding):
        """From now on its rungs are told when their instants have come."""
        finding.rungs = [(max(w, self.now), who) for w, who in finding.rungs]
        self.push(finding, 0)
        return finding

    def tell_now(self, finding):
        """One that is told as it comes to be."""
        for i in range(len(finding.rungs)):
            self.tell(finding, i)
        return finding

    def push(self, finding, i):
        if i < len(finding.rungs):
            heapq.heappush(self.heap, (finding.rungs[i][0], next(self.order),
                                       finding, i))

    def advance(self, now):
        """Tells everything up to and including this instant."""
        self.now = max(self.now, now)
        while self.heap and self.heap[0][0] <= now:
            _, _, finding, i = heapq.heappop(self.heap)
            if finding.alive:
                self.tell(finding, i)
                self.push(finding, i + 1)

    def tell(self, finding, i):
        when, who = finding.rungs[i]
        if finding.alert is None:
            key = (finding.subject, finding.rule, finding.due)
            self.raised[key] = self.raised.get(key, 0) + 1
            finding.alert = {
                "subject": finding.subject, "rule": finding.rule,
                "due": finding.due, "number": self.raised[key], "stages": [],
                "cleared": None}
            self.alerts.append(finding.alert)
        finding.alert["stages"].append((when, who))

    def end(self, finding, now):
        """The condition is gone: nothing more is told, the alert clears."""
        if finding is None or not finding.alive:
            return
        finding.alive = False
        if finding.alert is not None:
            finding.alert["cleared"] = now


class Run:
    """One run of a clock for a subject, with its finding if it may alert."""

    def __init__(self, ladder, subject, clock, start, rag=None):
        self.ladder, self.subject, self.clock = ladder, subject, clock
        self.start, self.rag = start, rag
        self.pauses, self.paused_at = [], None
        self.finding, self.due = None, None
        self.reckon()

    def reckon(self):
        """Due anew; the finding moves only if the due instant does."""
        clocks = self.ladder.clocks
        due = clocks.due(self.clock, self.start, self.pauses, self.rag)
        if due == self.due and self.finding is not None and self.finding.alive:
            return
        self.due = due
        rule = OF_CLOCK.get(self.clock, self.clock)
        warn = clocks.warnings(self.clock, self.start, due)
        if self.clock == "L4":
            warn = self.chases(due)
        # Of the warnings that were due before anybody knew the last is given
        # at once, while there is time left to warn of.
        now = self.ladder.now
        past = [w for w in warn if w < now]
        warn = [w for w in warn if w >= now]
        if past and now <= due and (not warn or warn[0] > now):
            warn.insert(0, past[-1])
        rungs = self.ladder.rungs(rule, due, warn)
        if self.clock in NEVER_LATE:
            rungs = [(w, who) for w, who in rungs if w <= due]
        self.finding = self.ladder.arm(Finding(self.subject, rule, due, rungs))

    def chases(self, due):
        """L4 is chased every 5 working days until it is late."""
        every = self.ladder.clocks.rules["L4"]["chase_every_working_days"]
        total = self.ladder.clocks.rules["L4"]["length"]
        return [self.ladder.clocks.warning("L4", "%dwd" % k, self.start, due)
                for k in range(total - every, 0, -every)]

    def stop(self, now):
        self.ladder.end(self.finding, now)

    def pause(self, when, now):
        """Nothing is due meanwhile, unless it was late before."""
        self.paused_at = when
        if when <= self.due:
            self.ladder.end(self.finding, now)

    def resume(self, when, now):
        if self.paused_at is None:
            return
        was_late = self.paused_at > self.due
        self.pauses.append((self.paused_at, when))
        self.paused_at = None
        if not was_late:
            self.ladder.end(self.finding, now)
            self.reckon()
