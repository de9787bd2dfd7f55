#!/usr/bin/env python3
"""Alerts of a run against the oracle's, one by one.

    compare.py EXPECTED.ndjson DUMPS [INPUT.ndjson]

DUMPS is a folder with dumps (records.py) of casework, case-journal and alerts.
Every expected alert (subject, rule, due instant, raise number) must be there
once, with the same stages at the same instants and the same clearing, and no
other. Prints counts by rule and each difference (SHOW of a kind, 5); ends with
1 where there is any.
"""
import collections
import json
import os
import sys

from due import local_day, show
from records import Schemas, read_dump

SHOW = int(os.environ.get("SHOW", "5"))


class Names:
    """The oracle's names of what the services know by ids."""

    def __init__(self, folder, schemas):
        self.refs, self.children, self.cases = {}, {}, {}
        self.child_refs = collections.defaultdict(list)
        for name, r in records(folder, "casework", schemas):
            if name == "ReferralDecided":
                ref = "%s/%s" % (r["agency_id"], r["agency_ref"])
                self.refs[r["notification_id"]] = ref
                self.children[ref] = r["child_id"]
        for name, r in records(folder, "case-journal", schemas):
            if name == "CaseChanged" and r["case_id"] not in self.cases:
                before = self.cases.get(r["predecessor_id"])
                self.cases[r["case_id"]] = (
                    before + ">" if before is not None
                    else self.refs.get(r["notification_id"], r["case_id"]))

    def subject(self, alert):
        kind = alert["subject_kind"]
        if kind == "case":
            return "case", self.cases.get(alert["subject_id"],
                                          alert["subject_id"])
        if kind == "worker":
            return "worker", alert["worker"]
        if kind == "notification":
            return kind, self.refs.get(alert["subject_id"])
        return "child", alert["child_id"]


def records(folder, topic, schemas):
    """A record may stand there twice: the same bytes."""
    seen = set()
    for _, value in read_dump(os.path.join(folder, topic)):
        name, fields = schemas.decode(value)
        if fields["meta"]["id"] not in seen:
            seen.add(fields["meta"]["id"])
            yield name, fields


def real_alerts(folder, schemas, names):
    out, by_id, twice = {}, {}, []
    for name, r in records(folder, "alerts", schemas):
        if name == "AlertRaised":
            due = r["due_at"]
            if r["rule"] == "D13":
                due = str(local_day(r["meta"]["occurred_at"]).replace(day=1))
            key = names.subject(r) + (r["rule"], due, r["raise_number"])
            if key in out:
                twice.append(key)
            by_id[r["alert_id"]] = out[key] = {"stages": [], "cleared": None}
        if name in ("AlertRaised", "AlertEscalated"):
            by_id[r["alert_id"]]["stages"].append(
                (r["meta"]["recorded_at"], r["told"]))
        if name == "AlertCleared":
            by_id[r["alert_id"]]["cleared"] = r["meta"]["recorded_at"]
    return out, twice


def expected_alerts(path, names, child_of):
    out = {}
    for line in open(path, encoding="utf-8"):
        a = json.loads(line)
        kind, name = a["subject"]
        if kind == "child":
            name = child_of.get(name, name)
        out[(kind, name, a["rule"], a["due"], a["number"])] = a
    return out


def children(path, names):
    """The services' id of each child of the input."""
    out = {}
    for line in open(path, encoding="utf-8"):
        row = json.loads(line)
        if row.get("to") == "/v1/notifications":
            b = row["body"]
            c = b["child"]
            key = c.get("nhs_number") or "%s %s %s" % (
                c["forename"], c["surname"], c["dob"])
            ref = "%s/%s" % (b["agency_id"], b["agency_ref"])
            if ref in names.children:
                out.setdefault(key, names.children[ref])
    return out


def text(key):
    due = key[3]
    return "%s %s %s due %s #%d" % (
        key[2], key[0], key[1], show(due) if isinstance(due, int) else due,
        key[4])


def stages(a):
    return " ".join("%s=%s" % (who, show(when)) for when, who in a["stages"])


class Report:
    def __init__(self):
        self.counts = collections.Counter()
        self.lines = []

    def differ(self, what, key, detail=""):
        kind = (what, key[2])
        self.counts[kind] += 1
        if self.counts[kind] <= SHOW:
            self.lines.append("%-9s %s %s" % (what, text(key), detail))


def compare(expected, real, twice):
    report, same = Report(), collections.Counter()
    for key in twice:
        report.differ("twice", key)
    for key, e in expected.items():
        r = real.get(key)
        if r is None:
            report.differ("missing", key, stages(e))
            continue
        same[key[2]] += 1
        when_e, when_r = (sorted({w for w, _ in a["stages"]}) for a in (e, r))
        if when_e != when_r:
            report.differ("stages", key, "expected %s; was %s" % (
                stages(e), stages(r)))
        if e["cleared"] != r["cleared"]:
            report.differ("cleared", key, "expected %s; was %s" % (
                show(e["cleared"]), show(r["cleared"])))
    for key, r in real.items():
        if key not in expected:
            report.differ("too much", key, stages(r))
    return report, same


def main():
    path, folder, steps = sys.argv[1:4]
    schemas = Schemas()
    names = Names(folder, schemas)
    real, twice = real_alerts(folder, schemas, names)
    expected = expected_alerts(path, names, children(steps, names))
    report, same = compare(expected, real, twice)
    for line in report.lines:
        print(line)
    rules = sorted({k[2] for k in list(expected) + list(real)})
    print("%-5s %8s %8s %8s  %s" % ("rule", "expected", "run", "found",
                                    "differences"))
    for rule in rules:
        diff = ", ".join("%d %s" % (n, what) for (what, r), n
                         in sorted(report.counts.items()) if r == rule)
        print("%-5s %8d %8d %8d  %s" % (
            rule, sum(k[2] == rule for k in expected),
            sum(k[2] == rule for k in real), same[rule], diff or "0"))
    n = sum(report.counts.values())
    print("alerts: %d expected, %d in the run, %d found, %d differences" % (
        len(expected), len(real), sum(same.values()), n))
    sys.exit(1 if n else 0)


if __name__ == "__main__":
    main()
