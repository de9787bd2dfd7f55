#!/usr/bin/env python3
"""Made-up children of a census year, told through intake's door.

children.py N [SEED] tells of N children of kent-2015 from April 2024 to March
2026: referrals, screenings, assessments, plans, enquiries, closures, and
contacts that become none. --dry counts only."""
import datetime as dt
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../demo/figures"))
import made_up  # noqa: E402
import tell  # noqa: E402

AUTHORITY = "kent-2015"
POSTCODES = ["ME14 1XX", "CT1 1AA", "ME10 1AB"]
ETHNICITIES = ("WBRI WIRI WIRT WOTH WROM MWBC MWBA MWAS MOTH AIND APKN ABAN "
               "AOTH BCRB BAFR BOTH CHNE OOTH REFU NOBT").split()
DISABILITIES = "MOB HAND PC INC COMM LD HEAR VIS BEH CON AUT DDA".split()
NEEDS = ("c_emotional c_behaviour c_health c_missing c_self_harm "
         "c_young_carer p_mental_health p_substance p_disability "
         "f_domestic_abuse f_neglect f_housing").split()
SENDERS = [("school-oakfield", "school_referral"),
           ("education-welfare", "school_referral"),
           ("health-trust", "health_referral"), ("kent-police", "police_ppn")]
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
FIRST, LAST = dt.date(2025, 4, 1), dt.date(2026, 3, 31)


def upn(n):
    digits = f"886{n:09d}"
    check = sum(int(d) * (i + 2) for i, d in enumerate(digits)) % 23
    return LETTERS[check] + digits


def instant(day, clock):
    return f"{day}T{clock}:00Z"


def weekday(day):
    """A conference is never at a weekend."""
    return day + dt.timedelta(days=7 - day.weekday() if day.weekday() > 4 else 0)


class Year(made_up.Story):
    def __init__(self, n, seed):
        super().__init__(AUTHORITY, POSTCODES)
        self.random = random.Random(seed)
        for _ in range(n):
            self.one()
        self.add(instant(LAST + dt.timedelta(days=1), "12:00"), None, None)

    def describe(self, received, unborn):
        n = len(self.children) + 1
        r = self.random
        c = self.child("unborn", received, sex="U" if unborn else r.choice("MF"),
                       ethnicity=r.choice(ETHNICITIES))
        body = c.body
        body["la_child_id"] = f"LC{n:08d}"
        body["la_code"] = "886"
        if unborn:
            del body["nhs_number"]
            body["expected_dob"] = str(received + dt.timedelta(days=120))
            return c
        # Ages at the year's end spread over the months of 18 years.
        body["dob"] = str(received - dt.timedelta(days=r.randrange(5, 17 * 365)))
        body["disability"] = (r.sample(DISABILITIES, r.randrange(1, 4))
                              if r.random() < 0.15 else ["NONE"])
        if dt.date.fromisoformat(body["dob"]) <= dt.date(2022, 3, 31):
            body["upn"] = upn(n)
        return c

    def one(self):
        r = self.random
        received = FIRST + dt.timedelta(days=r.randrange(-200, 364))
        if r.random() < 0.1:
            self.help_early(received)
            return
        nfa = received >= FIRST and r.random() < 0.15
        unborn = not nfa and r.random() < 0.02 and \
            dt.date(2025, 12, 20) <= received
        c = self.describe(received, unborn)
        agency, kind = r.choice(SENDERS)
        self.notify(instant(received, "09:00"), c, agency, kind,
                    r.sample(NEEDS, r.randrange(1, 4)), entry="csc",
                    csc_threshold="not_assessed")
        if nfa:
            self.screen(instant(received, "10:00"), c, "nfa", entry="csc",
                        agency_id="social-care", csc_threshold="not_met",
                        by="duty-1")
            return
        self.screen(instant(received, "10:00"), c, "social_care_referral",
                    agency_id="social-care", csc_threshold="met", by="duty-1",
                    primary_need=f"N{r.randrange(1, 9)}")
        self.work(received, c)

    def help_early(self, received):
        c = self.describe(received, False)
        self.notify(instant(received, "09:00"), c, "school-oakfield",
                    "school_referral", ["c_attendance"])
        self.screen(instant(received, "10:00"), c, "caf_taf",
                    csc_threshold="not_met")
        self.act(instant(received, "11:00"), c, "allocated",
                 worker="worker-41", unit="swale-1")
        who = {"organisation": "Oakfield Example Primary School"}
        if self.random.random() < 0.2:
            who = {}
        for days, activity in ((3, "assessment_started"),
                               (20, "assessment_completed")):
            day = received + dt.timedelta(days=days)
            if day <= LAST:
                self.act(instant(day, "09:00"), c, activity, consent="given",
                         **who)

    def do(self, day, clock, c, activity, **more):
        if day <= LAST:
            self.act(instant(day, clock), c, activity, side="csc", **more)

    def work(self, received, c):
        r, day = self.random, received
        self.do(day, "11:00", c, "allocated", worker=f"worker-{r.randrange(40)}",
                unit="csc-1")
        day += dt.timedelta(days=r.randrange(1, 6))
        self.do(day, "09:00", c, "assessment_started")
        enquiry = r.random() < 0.3
        if enquiry:
            self.do(day + dt.timedelta(days=1), "09:00", c, "strategy_started")
        held = weekday(day + dt.timedelta(days=r.randrange(3, 14)))
        protected = enquiry and r.random() < 0.6
        if protected:
            self.do(held, "10:00", c, "icpc_held",
                    csc_status="cp" if r.random() < 0.7 else "cin")
        # Within the time that rules 8670Q and 8675Q give.
        day += dt.timedelta(days=18 if enquiry else r.randrange(16, 45))
        self.do(day, "10:00", c, "assessment_completed",
                authorised_by="leader-1")
        way = r.random()
        if way < 0.3 and not enquiry:
            self.finish(day + dt.timedelta(days=2), c, "RC8")
            return
        day += dt.timedelta(days=3)
        self.do(day, "09:00", c, "plan_agreed")
        day += dt.timedelta(days=r.randrange(30, 500))
        self.finish(day, c, r.choice("RC1 RC3 RC4 RC5 RC6 RC7 RC7".split()))

    def finish(self, day, c, reason):
        self.do(day, "15:00", c, "closed", outcome=reason,
                authorised_by="leader-1")


def main():
    story = Year(int(sys.argv[1]), int(sys.argv[2])
                 if len(sys.argv) > 2 and sys.argv[2].isdigit() else 1)
    if "--dry" in sys.argv:
        n = sum(len(v) for v in story.steps.values())
        print(f"{n} records, {len(story.steps)} steps of time")
        return 0
    return 1 if tell.tell(AUTHORITY, story) else 0


if __name__ == "__main__":
    sys.exit(main())
