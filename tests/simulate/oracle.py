#!/usr/bin/env python3
"""Which alerts an input must lead to, worked out from domain.md alone.

    oracle.py PROFILE CALENDAR AGENCIES INPUT.ndjson > ALERTS.ndjson

INPUT has what went through the door, in order, one step a line: "at" moves the
log clock, "to" and "body" are what was sent then (no "to": time only). Each line
of the answer is one alert: subject, rule, due instant, raise number, stages
(instant from which it is told, and whom) and the instant of the log at which it
cleared, null while it stands.

The rules of section 5 are redone from the profile; nothing is taken from the
journal. What is not redone is section 4: a child is its NHS number, else its
name and date of birth, so an input for this oracle has no two records that
differ in these and mean one child. Not redone either are acknowledgements
(an alert's id is not known here), merges, unmerges and D16 (wall clock).
"""
import json
import sys

from decide import MISSING, RANK, Rules, needs_of
from due import Calendar, Clocks, instant
from ladder import Ladder, Run
from life import Life
from missing import Desk

FUTURE_MS = 10 * 60 * 1000  # R10


class Note:
    """One notification, by its key."""

    def __init__(self, body, entry, received):
        self.body, self.entry, self.received = body, entry, received
        self.key = (body["agency_id"], body["agency_ref"])
        self.ref = "%s/%s" % self.key
        self.rag, self.consent = body.get("rag"), body.get("consent")
        self.needs = needs_of(body)
        self.case, self.child, self.episode = None, None, None
        self.school, self.waits = None, {}
        self.final = False


class Oracle:
    def __init__(self, profile, calendar, agencies):
        self.clocks = Clocks(profile, Calendar(calendar, profile))
        self.ladder = Ladder(self.clocks, profile)
        self.life = Life(self.ladder, profile)
        self.desk = Desk(self.ladder, profile)
        self.rules = Rules(profile)
        self.doors = {a["id"]: a.get("entry", {}) for a in agencies}
        self.notes, self.heard, self.now = {}, {}, None
        self.schools = set()  # children of whom one is known
        self.refused = []

    # -- the door ----------------------------------------------------------

    def step(self, row):
        self.advance(instant(row["at"]))
        if "to" in row:
            what = row["to"].rsplit("/", 1)[1]
            if not self.repeated(what, row["body"]):
                getattr(self, "take_" + what)(row["body"])
            self.ladder.advance(self.now)

    def advance(self, now):
        if self.now is not None and now <= self.now:
            return
        while (at := self.life.next_expiry(now)) is not None:
            self.ladder.advance(at)
            self.life.expire(at)
        self.ladder.advance(now)
        self.now = now

    def repeated(self, what, body):
        key = (what, body["agency_id"], body["agency_ref"],
               body.get("amendment", 0))
        if key in self.heard:
            return True
        late = [body[f] for f in ("occurred_at", "sent_at") if f in body]
        if any(instant(t) > self.now + FUTURE_MS for t in late):
            return True
        self.heard[key] = body
        return False

    def entry(self, body):
        door = self.doors.get(body["agency_id"], {})
        return body.get("entry") or door.get(body["kind"], door.get("*", "eh"))

    # -- notifications and screenings --------------------------------------

    def take_notifications(self, body):
        note = self.notes.get((body["agency_id"], body["agency_ref"]))
        if note is None:
            note = Note(body, self.entry(body), self.now)
            self.notes[note.key] = note
            note.child = self.child_of(body)
        else:
            note.body, note.needs = body, needs_of(body)
        if body["child"].get("school_urn") is not None:
            self.schools.add(note.child)
        if body["kind"].startswith("police_missing"):
            note.episode = self.desk.hear(body, note.child, self.now)
            if note not in note.episode.notes:
                note.episode.notes.append(note)
        self.decide(note, {}, False)
        if note.episode is not None:
            self.desk.settle(note.episode, body["kind"], self.now)
        if body["kind"] == "police_encompass":
            self.notice(note)

    def notice(self, note):
        """T11: A01's relay meets it where the child's school is known, by this
        message or an earlier one; else staff do."""
        if note.child not in self.schools:
            note.school = Run(self.ladder, ("notification", note.ref), "T11",
                              instant(note.body["incident_at"]))

    @staticmethod
    def child_of(body):
        c = body["child"]
        return c.get("nhs_number") or "%s %s %s" % (
            c["forename"], c["surname"], c["dob"])

    def take_screenings(self, body):
        n = body["notification"]
        note = self.notes.get((n["agency_id"], n["agency_ref"]))
        if note is None:
            self.refuse(body)
            return
        if "needs" in body:
            note.needs = set(body["needs"])
        note.consent = body.get("consent", note.consent)
        if body.get("csc_threshold") == "unsure":
            return
        self.decide(note, body, True)

    def facts(self, note, screening):
        child = note.child
        eh = self.life.open_case(child, "eh")
        csc = self.life.open_case(child, "csc")
        needs = set(note.needs)
        for case in (eh, csc):
            if case is not None:
                needs |= case.needs
        b, ep = note.body, note.episode
        missing = b["kind"] in MISSING
        facts = {
            "kind": b["kind"], "entry": note.entry, "need_count": len(needs),
            "csc_threshold": "not_assessed", "immediate_danger": False,
            "info_only": False, "csc_status": self.life.status_of(child),
            "eh_status": eh.outcome if eh is not None else "none",
            "da": b["kind"] == "police_encompass",
            "risk_grade": ep.grade if ep is not None else None,
            "missing_30d": self.desk.count(ep, self.desk.month) if missing else 0,
            "missing_90d": self.desk.count(ep, self.desk.quarter) if missing else 0,
        }
        for f in ("level", "csc_threshold", "immediate_danger", "harm",
                  "impaired", "single_agency_able", "risk_of_csc",
                  "info_only"):
            for source in (b, screening):
                if f in source:
                    facts[f] = source[f]
        facts["consent"] = note.consent
        return facts

    def decide(self, note, screening, screened):
        outcome, final, actions = self.rules.decide(
            self.facts(note, screening), screened)
        if screened and "outcome" in screening:
            outcome = screening["outcome"]
        if outcome not in RANK and outcome != "existing_case":
            raise SystemExit("offers by notification are not redone: %s"
                             % note.ref)
        if final:
            note.final = True
            self.life.final(note, note.child, outcome, RANK.get(outcome, 0),
                            actions, self.now)
        else:
            self.life.provisional(note, note.child, outcome, self.now)

    # -- activities --------------------------------------------------------

    def take_activities(self, body):
        n = body["subject"]["notification"]
        note = self.notes.get((n["agency_id"], n["agency_ref"]))
        if note is None:
            self.refuse(body)
            return
        when, kind = instant(body["occurred_at"]), body["activity"]
        case = self.case_of(note, self.side_of(kind, body.get("side")))
        if kind == "encompass_relayed":
            if note.school is not None:
                note.school.stop(self.now)
        elif kind.startswith("rhi_"):
            self.interview(note, case, kind, when)
        elif not self.life.activity(case, kind, when, body, self.now):
            self.refuse(body)

    @staticmethod
    def side_of(kind, side):
        """Who answers an offer is the other side: its case is the offered one."""
        other = {"eh": "csc", "csc": "eh"}
        answers = kind in ("handover_accepted", "handover_declined")
        return other.get(side) if answers else side

    def case_of(self, note, side):
        """The child's open case on that side, else the last one."""
        if side is None and note.case is not None:
            side = note.case.side
        return (self.life.open_case(note.child, side or "eh", True)
                or self.life.last_case(note.child, side or "eh"))

    def interview(self, note, case, kind, when):
        ep = note.episode
        if ep is None or ep.found is None or ep.cancelled or ep.done:
            return
        if kind in ("rhi_held", "rhi_declined"):
            self.desk.interviewed(ep, self.now)
        if kind == "rhi_held":  # the episode is the child's, not a case's
            for c in self.life.of_child.get(note.child, []):
                if c.open:
                    self.life.move(c, when, self.now)

    def refuse(self, body):
        self.refused.append((self.now, body["agency_ref"], body.get("activity")))


def load(profile, calendar, agencies):
    return Oracle(json.load(open(profile, encoding="utf-8")), calendar,
                  json.load(open(agencies, encoding="utf-8"))["agencies"])


def main():
    profile, calendar, agencies, path = sys.argv[1:5]
    oracle = load(profile, calendar, agencies)
    with open(path, encoding="utf-8") as steps:
        for line in steps:
            oracle.step(json.loads(line))
    for alert in oracle.ladder.alerts:
        print(json.dumps(alert))


if __name__ == "__main__":
    main()
