"""The four authorities, each a year or more of made-up children. Numbers of
children here are chosen so that what is counted of them can be held against
the reports; nothing that counts ever sees them."""
import datetime as dt
from itertools import cycle

from made_up import BANDS, Story, at, date, spread

SIXTEENTHS = ("02", "16")


def half_months(first, last):
    """The 2nd and 16th of each month from first to last (YYYY-MM)."""
    y, m = map(int, first.split("-"))
    out = []
    while f"{y}-{m:02d}" <= last:
        out += [f"{y}-{m:02d}-{d}" for d in SIXTEENTHS]
        y, m = (y, m + 1) if m < 12 else (y + 1, 1)
    return out


def deal(counts):
    """["a", "a", "b"] of {"a": 2, "b": 1}."""
    return [word for word, n in counts.items() for _ in range(n)]


def shuffled(words, step):
    """The same words in another order, which hangs on nothing else."""
    n = len(words)
    while n and any(step % p == 0 and n % p == 0 for p in (2, 3, 5, 7, 11, 13)):
        step += 1
    k = step
    from math import gcd
    while n and gcd(k, n) != 1:
        k += 1
    return [words[i * k % n] for i in range(n)]


# ---- eis-2012 -----------------------------------------------------------------

def eis():
    s = Story("eis-2012", ["ZZ1 1AA"])
    days = half_months("2011-09", "2012-07")
    n = 2217
    sexes = shuffled(deal({"M": 1286, "F": 931}), 7)
    ethnic = shuffled(deal({"WBRI": 1818, "WOTH": 120, "APKN": 100, "BCRB": 90,
                            "MOTH": 89}), 11)
    sen = shuffled(deal({"Y": 1485, "N": 732}), 13)
    bands = shuffled(deal({"11-15": 953, "0-4": 243, "5-10": 400, "16+": 443,
                           "none": 178}), 17)
    source = shuffled(deal({"education-welfare": 488, "school-oakfield": 1153,
                            "health-trust": 155, "public-form": 155,
                            "family-charity": 122, "housing-east": 100,
                            "kent-police": 44}), 19)
    kinds = {"education-welfare": "school_referral",
             "school-oakfield": "school_referral",
             "health-trust": "health_referral", "public-form": "self_referral",
             "family-charity": "voluntary_referral",
             "housing-east": "housing_referral", "kent-police": "police_ppn"}
    child_need = shuffled(deal({"c_attendance": 244, "c_behaviour": 180,
                                "c_emotional": 160, "c_health": 150,
                                "none": n - 734}), 23)
    parent_need = shuffled(deal({"p_mental_health": 421, "p_parenting": 390,
                                 "p_substance": 200, "none": n - 1011}), 29)
    family_need = shuffled(deal({"f_breakdown": 1020, "f_housing": 400,
                                 "f_domestic_abuse": 390, "none": n - 1810}), 31)
    offers = shuffled(deal({"direct work with children and young people": 820,
                            "parenting support": 500, "family support": 450,
                            "open access": 300, "advice": 147}), 37)
    risks = shuffled(deal({"high": 177, "minimal": 377, "medium": n - 554}), 41)
    linked = shuffled(deal(
        {"reduce children and young people in need": 643,
         "reduce persistent absence": 500, "reduce exclusions": 400,
         "reduce NEET": 350, "reduce first time entrants": 324}), 43)
    for i in range(n):
        day = days[i % len(days)]
        c = s.child(bands[i], date("2012-01-01"), sex=sexes[i],
                    ethnicity=ethnic[i], sen=sen[i])
        more = {"who": "1A"} if kinds[source[i]] == "self_referral" else {}
        if kinds[source[i]] == "police_ppn":
            more = {"ppn_risk": "standard"}
        needs = [w for w in (child_need[i], parent_need[i], family_need[i])
                 if w != "none"]
        s.notify(at(day, "09:00"), c, source[i], kinds[source[i]], needs,
                 entry="eh", **more)
        s.screen(at(day, "10:00"), c, "caf_taf")
        s.act(at(day, "11:00"), c, "allocated", worker=f"worker-{i % 90}",
              unit=f"hub-{i % 7 + 1}-team", core_offer=offers[i],
              risk_of_csc=risks[i], linked_kpi=linked[i])
        if i % 3:  # closed again a month later or so
            later = min(days.index(day) + 3, len(days) - 1)
            s.close(at(days[later], "12:00"), c, "needs_met")
    # Young people who only come to open sessions were told of the summer before.
    others = [s.child("11-15", date("2012-01-01")) for _ in range(3986 - 1700)]
    for c in others:
        s.notify(at("2011-08-10", "09:00"), c, "school-oakfield",
                 "school_referral", info_only=True)
        s.screen(at("2011-08-10", "10:00"), c, "nfa")
    for i, c in enumerate(s.children[:1700] + others):
        s.act(at(f"2012-07-{17 + i % 9}", "15:00"), c, "session_attended", service="youth club",
              hours=2, open_access=True)
    for c in others[:200]:  # targeted: in no figure of open access
        s.act(at("2012-07-20", "15:00"), c, "session_attended",
              service="group", hours=1)
    # what schools, youth justice and others counted, gaps and all
    table = (("persistent_absence_primary", "2.9", "3.3", "3.9"),
             ("persistent_absence_secondary", "7.8", "8.8", "8.4"),
             ("permanent_exclusions", "30", "36", "na"),
             ("fixed_term_exclusions", "3122", "3989", "na"),
             ("neet", "5.5", "5.9", "6.9"),
             ("first_time_entrants_rate", "246.3", "419.6", "Awaiting data"),
             ("young_carers_supported", "158", "na", "na"),
             ("lac_overall_absence", "5.70", "5.4", "5.5"),
             ("lac_persistent_absence", "11.70", "7.3", "6.5"),
             ("lac_permanent_exclusions", "0", "0", "0.3"))
    for indicator, now, before, national in table:
        means = ("15 % of sessions" if "persistent" in indicator
                 else "as printed")
        s.observe(at("2012-08-01", "00:01"), indicator,
                  ("2011-09-01", "2012-07-31"), now, status="provisional",
                  definition=means)
        last = ("2010-09-01", "2011-07-31")
        s.observe(at("2012-08-01", "00:01"), indicator, last, before,
                  definition=means)
        s.observe(at("2012-08-01", "00:01"), indicator, last, national,
                  area="national", definition=means)
    s.add(at("2012-08-01", "00:02"), None, None)
    return s


# ---- rutland-2014 -------------------------------------------------------------

def rutland():
    s = Story("rutland-2014", ["LE15 6AA", "LE15 7AA", "PE9 2AA"])
    bands = cycle(BANDS)

    def social(day, n):
        out = []
        for _ in range(n):
            c = s.child(next(bands), date(day))
            s.notify(at(day, "09:00"), c, "health-trust", "health_referral",
                     ["f_neglect"], entry="csc", csc_threshold="met")
            s.screen(at(day, "10:00"), c, "social_care_referral",
                     agency_id="social-care", csc_threshold="met", by="duty-1")
            s.act(at(day, "11:00"), c, "csc_status_changed", side="csc",
                  csc_status="cin")
            out.append(c)
        return out

    def early(day, n, outcome="caf_taf"):
        out = []
        for _ in range(n):
            c = s.child(next(bands), date(day))
            s.notify(at(day, "09:00"), c, "school-millbrook", "school_referral",
                     ["c_attendance"], entry="eh")
            s.screen(at(day, "10:00"), c, outcome)
            if outcome == "caf_taf":
                s.act(at(day, "11:00"), c, "allocated", unit="team-1",
                      worker=f"worker-{len(s.children) % 9}")
            out.append(c)
        return out

    def intents(day, n):
        out = []
        for _ in range(n):
            c = s.child(next(bands), date(day))
            s.notify(at(day, "09:00"), c, "health-trust", "health_referral",
                     ["c_health"], entry="csc", csc_threshold="not_met",
                     impaired="N")
            s.screen(at(day, "10:00"), c, None, agency_id="social-care",
                     csc_threshold="not_met", by="duty-1")
            out.append(c)
        return out

    def no_action(day, n):
        for _ in range(n):
            c = s.child(next(bands), date(day))
            s.notify(at(day, "09:00"), c, "health-trust", "health_referral",
                     ["c_health"], entry="csc", csc_threshold="not_met",
                     impaired="N")
            s.screen(at(day, "10:00"), c, "nfa", agency_id="social-care",
                     by="duty-1")

    known = social("2012-09-03", 184)
    up_2012 = early("2012-09-10", 18)
    up_2013 = early("2012-11-05", 6)
    stay = early("2012-11-12", 32)
    # October 2012: 43 referrals to social care, 4 of them a CAF
    first = intents("2012-10-03", 4)
    no_action("2012-10-03", 39)
    for c in first:
        s.act(at("2012-10-20", "09:00"), c, "caf_received", by="caf-officer")
    for c in known[:6]:
        s.hand_over(at("2012-10-10", "09:00"), at("2012-10-12", "09:00"), c,
                    True, "caf")
    for c in up_2012:
        s.hand_over(at("2012-10-10", "09:00"), at("2012-10-12", "09:00"), c,
                    False, "csc")
    known += social("2013-01-14", 18)
    # the year to January 2014
    later = intents("2013-05-07", 31)
    no_action("2013-10-03", 46)
    last = intents("2013-10-03", 9)
    for c in later:
        s.act(at("2013-06-03", "09:00"), c, "caf_received", by="caf-officer")
    for c in last[:6]:
        s.act(at("2013-10-22", "09:00"), c, "caf_received", by="caf-officer")
    for c in last[6:]:
        s.act(at("2013-10-22", "09:00"), c, "intent_declined",
              by="caf-officer", reason="The family does not want it now.")
    for c in known[6:25]:
        s.hand_over(at("2013-10-08", "09:00"), at("2013-10-10", "09:00"), c,
                    True, "caf")
    for c in up_2013:
        s.hand_over(at("2013-10-08", "09:00"), at("2013-10-10", "09:00"), c,
                    False, "csc")
    closed = stay[:20]
    for c in closed[:16]:
        s.close(at("2013-04-15", "09:00"), c, "needs_met")
    for c in closed[16:]:
        s.close(at("2013-12-02", "09:00"), c, "needs_met")
    grades = (("1", "3", "2", "2", "2"), ("2", "2", "2", "3", "2"),
              ("3", "2", "3", "3", "3"), ("2", "2", "2", "2", "2"))
    for c, g in zip(closed[16:], grades):
        s.act(at("2014-01-20", "09:00"), c, "audit_recorded", by="auditor-1",
              grades=list(map(int, g)))
    # services: 90 children alone, 44 beside social care, 10 beside a CAF
    alone = early("2013-03-11", 90, "universal")
    for c in alone + known[60:104]:
        s.act(at("2013-09-02", "09:00"), c, "service_changed",
              service="single_agency", service_on="on", provider="example")
    # sessions: 700 over either limit, 40 on it
    guests = early("2013-03-12", 650, "universal") + alone
    for i, c in enumerate(guests):
        if i < 350:
            hours = [1] * 4
        elif i < 700:
            hours = [4, 5.5]
        else:
            hours = [3] * 3
        for k, h in enumerate(hours):
            s.act(at(f"2013-1{k % 3}-1{k}", "15:00"), c, "session_attended",
                  service="group", hours=h)
    stages = {"identified": 26, "engaged": 17, "claimed": 5}
    for stage, n in stages.items():
        for c in guests[:n]:
            s.act(at("2013-11-18", "16:00"), c, "programme_changed",
                  programme="Changing Lives", programme_stage=stage)
    s.observe(at("2014-01-31", "12:00"), "caf_training_attendees",
              ("2013-02-01", "2014-01-31"), "140", status="provisional")
    s.add(at("2014-02-01", "00:01"), None, None)
    return s


# ---- kent-2015 ----------------------------------------------------------------

KENT = {"ashford": "TN23 1AA", "canterbury": "CT1 1AA", "dartford": "DA1 1AA",
        "dover": "CT16 1AA", "gravesham": "DA11 0AA", "maidstone": "ME14 1AA",
        "sevenoaks": "TN13 1AA", "shepway": "CT19 4AA", "swale": "ME10 1AA",
        "thanet": "CT9 1AA", "tonbridge": "TN9 1AA", "tunbridge": "TN1 1AA"}


def kent():
    s = Story("kent-2015", list(KENT.values()))
    bands = cycle(BANDS)
    early, worker = [], 0

    def open_early(day, band=None):
        c = s.child(band or next(bands), date(day))
        s.notify(at(day, "09:00"), c, "school-oakfield", "school_referral",
                 ["c_behaviour", "p_parenting"], entry="eh")
        s.screen(at(day, "10:00"), c, "eh_intensive")
        early.append(c)
        return c

    def allocate(when, c, unit, worker):
        s.act(when, c, "allocated", unit=unit, worker=worker)

    # social care: 2,319 children with a case in March
    status = deal({"lac": 171, "cp": 577, "cin": 1571})
    # the last 465 are stepped down, 95 of them in June, of these ages
    june_bands = deal({"0-4": 26, "5-10": 35, "11-15": 29, "16+": 5})
    social_bands = ["11-15"] * 766 + ["5-10"] * (2319 - 766 - 465)
    social_bands += june_bands + ["5-10"] * 370
    social = [s.child(band, date("2015-03-01")) for band in social_bands]
    downs = social[-465:]
    # 12 are first in need, then on a plan: 2,331 of the groups are 2,319
    twice = range(171, 183)
    day = "2015-02-03"
    for i, c in enumerate(social):
        s.notify(at(day, "09:00"), c, "health-trust", "health_referral",
                 ["f_neglect"], entry="csc", csc_threshold="met")
        s.screen(at(day, "10:00"), c, "social_care_referral",
                 agency_id="social-care", csc_threshold="met", by="duty-1")
        s.act(at(day, "11:00"), c, "csc_status_changed", side="csc",
              csc_status="cin" if i in twice else status[i])
    for i in twice:
        s.act(at("2015-03-10", "11:00"), social[i], "csc_status_changed",
              side="csc", csc_status="cp")
    # early help: cases that close after exactly 20 weeks ...
    closes = {}

    def closing(day, n):
        for _ in range(n):
            c = open_early(day)
            end = (date(day) + dt.timedelta(days=140)).isoformat()
            closes.setdefault(end, []).append(c)
            allocate(at(day, "11:00"), c, f"unit-{len(early) % 44 + 1}",
                     f"leaver-{len(early) % 220}")

    closing("2014-08-16", 63)
    for d, n in (("2014-12-16", 127), ("2015-01-02", 127), ("2015-01-16", 333),
                 ("2015-02-02", 332)):
        closing(d, n)
    for d, n in zip(("2014-07-02", "2014-07-16", "2014-08-02", "2014-09-16",
                     "2014-10-02", "2014-10-16", "2014-11-02", "2014-11-16",
                     "2014-12-02"), spread(2368, 9)):
        closing(d, n)
    good = {"2015-01": 31, "2015-05": 175, "2015-06": 490}
    neutral = {"2015-05": 2}
    done = {}
    for end in sorted(closes):
        for c in closes[end]:
            month = end[:7]
            k = done[month] = done.get(month, 0) + 1
            if k <= good.get(month, 40):
                outcome = "needs_met"
            elif k <= good.get(month, 40) + neutral.get(month, 0):
                outcome = "moved_away"
            else:
                outcome = "disengaged"
            s.close(at(end, "12:00"), c, outcome)
    # ... and 2,970 that are open at the end of June, 13 or 14 a worker
    staying = [open_early("2015-03-02") for _ in range(789)]
    fresh = staying[:]
    for d, n in (("2015-02-16", 300), ("2015-04-16", 300), ("2015-05-16", 367)):
        staying += [open_early(d) for _ in range(n)]
    for band, n in (("0-4", 139), ("5-10", 262), ("11-15", 285), ("16+", 61),
                    ("none", 2)):
        staying += [open_early("2015-06-02", band) for _ in range(n)]
    down_days = (deal({"2015-06-12": 95, "2015-05-12": 87, "2015-04-14": 283}))
    for c, d in zip(downs, down_days):
        s.hand_over(at(d, "09:00"), at(d, "15:00"), c, True, "ashford-1")
        staying.append(c)
    seats = [(u, w) for u in range(44) for w in range(5)]
    room = {(u, w): 13 + (u + w) % 2 for u, w in seats}
    spare = iter([seat for seat in seats for _ in range(room[seat])])
    for c in staying:
        u, w = next(spare)
        allocate(at("2015-06-17", "11:00"), c, f"unit-{u + 1}",
                 f"worker-{u + 1}-{w + 1}")
    # social care closes 257 more in June: 95 of 352 were stepped down
    for c in social[1300:1557]:
        s.close(at("2015-06-18", "12:00"), c, "RC1", side="csc")
    # services
    groups = {w: [c for i, c in enumerate(social) if status[i] == w]
              for w in ("lac", "cp", "cin")}
    centre = (groups["lac"][:131] + groups["cp"][1:433] +
              groups["cin"][:1158] + fresh[:552])
    for c in centre:
        s.act(at("2015-02-20" if c in social else "2015-03-20", "10:00"), c,
              "service_changed", side=None, service="childrens_centre",
              service_on="on")
    old_enough = [c for c in social if c.band in ("11-15", "16+")]
    for c in old_enough[:round(len(old_enough) * .17)]:
        s.act(at("2015-03-20", "11:00"), c, "service_changed", side=None,
              service="youth_hub", service_on="on")
    elsewhere = []
    for _ in range(33):
        c = s.child("11-15", date("2015-03-01"))
        s.notify(at("2015-02-17", "09:00"), c, "other-la", "other_la",
                 entry="csc", from_la="887", csc_threshold="not_met",
                 impaired="N")
        s.screen(at("2015-02-17", "10:00"), c, "nfa", agency_id="social-care",
                 by="duty-1")
        elsewhere.append(c)
    for c in old_enough[200:324] + elsewhere + early[:223]:
        s.act(at("2015-03-23", "10:00"), c, "service_changed", side=None,
              service="youth_justice", service_on="on")
    bought = (("Project Salus - domestic violence", 218, 38),
              ("Rising Sun - domestic violence", 313, 12),
              ("Choices - positive relationships", 123, 16),
              ("Barnardos - positive relationships", 91, 1),
              ("Avante - family mediation", 444, 59),
              ("Imago - young carers", 921, 27),
              ("CXK - parent training programmes", 1716, 2),
              ("CXK - NEET provision", 1500, 0),
              ("Troubled Families FIP and FIP Light", 533, 0),
              ("Family Action", 285, 67), ("Stonham", 502, 63),
              ("Porchlight", 1018, 180))
    nth = 0
    for provider, n, stepped in bought:
        for c in downs[nth:nth + stepped] + early[300:300 + n - stepped]:
            s.act(at("2015-06-22", "10:00"), c, "service_changed", side=None,
                  service="commissioned", service_on="on", provider=provider)
        nth += stepped
    year, last = ("2014-04-01", "2015-03-31"), ("2013-04-01", "2014-03-31")
    for indicator, days, value, more in (
            ("first_time_entrants", last, "581", {}),
            ("first_time_entrants", year, "445", {}),
            ("first_time_entrants", year, "-136", {"measure": "change"}),
            ("fixed_term_exclusions", year, "-156", {"measure": "change"}),
            ("neet", ("2015-06-01", "2015-06-28"), "6", {}),
            ("neet", year, "4.7", {}),
            ("open_access_staff", year, "205", {}),
            ("open_access_families", year, "3198", {})):
        s.observe(at("2015-06-29", "12:00"), indicator, days, value, **more)
    s.add(at("2015-07-01", "00:01"), None, None)
    return s


# ---- wolverhampton-2018 ---------------------------------------------------------

WOLVERHAMPTON = {"eastfield": "WV1 1AA", "graiseley": "WV2 1AA",
                 "bingley": "WV3 0AA", "whitmore-reans": "WV6 0AA",
                 "dove": "WV8 1AA", "low-hill": "WV10 0AA",
                 "childrens-village": "WV11 1AA", "bilston": "WV14 0AA"}
CHALLENGES = {
    "eastfield": ("f_poverty", "f_neglect", "f_domestic_abuse"),
    "bilston": ("f_poverty", "f_neglect", "c_emotional"),
    "graiseley": ("f_domestic_abuse", "f_no_recourse", "c_development"),
    "bingley": ("f_domestic_abuse", "c_offending", "p_mental_health"),
    "whitmore-reans": ("c_offending", "f_housing", "f_neglect"),
    "dove": ("p_parenting", "c_emotional", "c_behaviour"),
    "low-hill": ("c_offending", "c_development", "f_domestic_abuse"),
    "childrens-village": ("p_mental_health", "f_housing", "f_domestic_abuse"),
}
QUICK = ("bingley", "childrens-village", "graiseley", "bilston")
BUSY = ("childrens-village", "whitmore-reans")


def wolverhampton():
    s = Story("wolverhampton-2018", list(WOLVERHAMPTON.values()))
    places = list(WOLVERHAMPTON)
    bands = cycle(BANDS)
    turn = {p: 0 for p in places}

    def needs_of(place):
        turn[place] += 1
        k = turn[place] % 10
        first, second, third = CHALLENGES[place]
        if k < 4:
            return [first]
        if k < 7:
            return [second]
        return [third] if k < 9 else ["c_health"]

    def where(i, of=BUSY):
        """Two places get about a third more than the others."""
        order = places + list(of) * 1 if i % 3 == 0 else places
        return order[i // 3 % len(order)]

    def begin(day, c, place, agency, kind, outcome="caf_taf", **more):
        s.notify(at(day, "09:00"), c, agency, kind,
                 () if kind == "police_encompass" else needs_of(place), **more)
        s.screen(at(day, "10:00"), c, outcome)
        if outcome != "universal":
            s.act(at(day, "11:00"), c, "allocated", unit=f"{place}-hub",
                  worker=f"worker-{place}-{c.n % 9}")

    cases = []

    def case(day, i, agency, kind, child=None, place=None, **more):
        place = place or where(i)
        c = child or s.child(next(bands), date(day),
                             places.index(place))
        begin(day, c, place, agency, kind, **more)
        cases.append((day, c, place))
        return c

    # before April: 6,260 children, all closed by then
    before = []
    days = half_months("2016-09", "2017-01")
    for i in range(6260):
        place = where(i)
        day = days[i % len(days)]
        c = s.child(next(bands), date(day), places.index(place))
        begin(day, c, place, "school-oakfield", "school_referral", entry="eh")
        before.append((c, place, (c.agency, c.ref)))
        end = (date(day) + dt.timedelta(days=30 if place in QUICK else 45))
        s.close(at(end.isoformat(), "12:00"), c, "needs_met")
    # April to December: 3,236 by MASH, 300 again, 214 anew
    days = half_months("2017-04", "2017-09")
    for i in range(2036):
        case(days[i % len(days)], i, "mash-desk", "mash_feed", rag="green",
             csc_threshold="not_met")
    months = half_months("2017-07", "2017-12")
    told = [p for p in places if "f_domestic_abuse" in CHALLENGES[p]]
    for i in range(1200):
        day = months[i % len(months)]
        c = case(day, i, "kent-police", "police_encompass",
                 place=told[i % len(told)], outcome="single_agency",
                 incident_at=at(day, "07:00"), child_present="Y",
                 csc_threshold="not_met")
        s.act(at(day, "12:00"), c, "safety_plan")
        s.act(at(day, "12:00"), c, "encompass_relayed")
    for i in range(300):
        c, place, _ = before[i * 19]
        case(days[i % 6], i, "health-trust", "health_referral", child=c,
             place=place, entry="eh")
    for i in range(214):
        case(days[i % 6], i, "school-oakfield", "school_referral", entry="eh")
    for i in range(6038 - 3236):  # to a universal service: no case
        day = months[i % len(months)] if i % 2 else days[i % len(days)]
        place = where(i)
        c = s.child(next(bands), date(day), places.index(place))
        begin(day, c, place, "mash-desk", "mash_feed", outcome="universal",
              rag="green", csc_threshold="not_met")
    # 2,437 close, 375 are stepped up, more of them where cases are short
    cases.sort(key=lambda k: k[0])
    ready = []
    for day, c, place in cases:
        end = date(day) + dt.timedelta(days=40 if place in QUICK else 80)
        if end <= date("2017-12-20"):
            ready.append((end.isoformat(), c, place, (c.agency, c.ref)))
    quick = [k for k in ready if k[2] in QUICK]
    slow = [k for k in ready if k[2] not in QUICK]
    ups = quick[::5][:275] + slow[::14][:100]
    chosen = {id(k) for k in ups}
    rest = [k for k in ready if id(k) not in chosen]
    assert len(ups) == 375, len(ups)
    assert len(rest) >= 2437, len(rest)
    for end, c, place, _ in ups:
        s.hand_over(at(end, "12:00"), at(end, "15:00"), c, False, "csc")
    ending = {id(k[1]): k[0] for k in ups + rest[:2437]}
    for end, c, place, _ in rest[:2437]:
        s.close(at(end, "12:00"), c, "needs_met")
    # assessments since October: 4,467 by those who began them
    by = iter(shuffled(deal({"City of Wolverhampton Council": 3817,
                             "School / Education": 561,
                             "Independent / Voluntary": 82, "Health": 7}), 53))
    begun = 0
    for day, c, place in cases:
        if ending.get(id(c), "2018-02-01") > "2017-10-05" and begun < 4467:
            begun += 1
            s.act(at(max(day, "2017-10-04"), "13:00"), c,
                  "assessment_started", organisation=next(by))
    for i in range(4467 - begun):
        c = case(("2018-01-02", "2018-01-16")[i % 2], i, "school-oakfield",
                 "school_referral", entry="eh")
        s.act(at("2018-01-20", "13:00"), c, "assessment_started",
              organisation=next(by))
    # looked after: at the end of each month of 2017, between 630 and 645
    stock = (640, 645, 642, 638, 633, 630, 634, 639, 643, 645, 641, 637)
    cared = []

    def enter(day, n):
        for _ in range(n):
            c = s.child(next(bands), date(day))
            s.notify(at("2016-11-20" if day < "2017" else day, "09:00"), c,
                     "health-trust", "health_referral", ["f_neglect"],
                     entry="csc", csc_threshold="met")
            s.screen(at("2016-11-20" if day < "2017" else day, "10:00"), c,
                     "social_care_referral", agency_id="social-care",
                     csc_threshold="met", by="duty-1")
            s.act(at(day, "14:00"), c, "csc_status_changed", side="csc",
                  csc_status="lac")
            cared.append(c)

    enter("2016-12-05", 637)
    now = 637
    for month, level in enumerate(stock, start=1):
        day = f"2017-{month:02d}-20"
        gone = cared[:8 + max(0, now - level)]
        del cared[:len(gone)]
        for c in gone:
            s.act(at(day, "16:00"), c, "csc_status_changed", side="csc",
                  csc_status="cin")
        enter(day, 8 + max(0, level - now))
        now = level
    year = ("2017-01-01", "2017-12-31")
    for indicator, days, value, more in (
            ("two_year_offer", year, "75", {"breakdown": "lowest"}),
            ("two_year_offer", year, "80", {"breakdown": "highest"}),
            ("two_year_offer", year, "70", {"area": "national",
                                            "measure": "target"}),
            ("two_year_offer", ("2016-01-01", "2016-12-31"), "58",
             {"breakdown": "targeted communities"}),
            ("two_year_offer", year, "71",
             {"breakdown": "targeted communities"}),
            ("parent_champions_recruited", year, "37", {}),
            ("parent_champions_employed", year, "8", {}),
            ("parent_champions_engaged", year, "276", {}),
            ("conference_partners", ("2017-10-01", "2017-10-31"), "276", {})):
        s.observe(at("2018-01-31", "12:00"), indicator, days, value, **more)
    s.add(at("2018-02-01", "00:01"), None, None)
    return s


STORIES = {"eis-2012": eis, "rutland-2014": rutland, "kent-2015": kent,
           "wolverhampton-2018": wolverhampton}
