#!/usr/bin/env python3
"""daily.py BATCH...: what in these batches is not as the DfE has published the
feed (specification 0.8): names, types, formats, lists of codes, at most 100
children a call; of what is purged the ids alone are there."""
import datetime as dt
import json
import re
import sys

ID = re.compile(r"[A-Za-z0-9-]{1,36}")
ETHNICITY = ("WBRI WIRI WIRT WOTH WROM MWBC MWBA MWAS MOTH AIND APKN ABAN AOTH "
             "BCRB BAFR BOTH CHNE OOTH REFU NOBT").split()
DISABILITY = "NONE MOB HAND PC INC COMM LD HEAR VIS BEH CON AUT DDA".split()
FACTOR = re.compile(r"[1-6][ABC]|7A|8[B-F]|9A|1[0-7]A|18[BC]|19[BC]|20|21|2[2-4]A")


def text(limit):
    return lambda v: isinstance(v, str) and 0 < len(v) <= limit


def like(pattern):
    return lambda v: isinstance(v, str) and re.fullmatch(pattern, v) is not None


def day(v):
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", v)) and \
            dt.date.fromisoformat(v) is not None
    except (TypeError, ValueError):
        return False


def flag(v):
    return isinstance(v, bool)


def each(rule, most=99):
    return lambda v: isinstance(v, list) and 0 < len(v) <= most and \
        len({str(x) for x in v}) == len(v) and all(rule(x) for x in v)


def one(words):
    return lambda v: v in words


def record(must, may):
    """An object of these members; where it is purged, of its ids alone."""
    ids = [k for k in must if k.endswith("_id")]

    def rule(v):
        if not isinstance(v, dict) or not flag(v.get("purge")):
            return False
        wanted = ids if v["purge"] else must
        known = {**must, **(may if not v["purge"] else {})}
        return all(k in v for k in wanted) and \
            all(k == "purge" or (k in known and known[k](x))
                for k, x in v.items())
    return rule


def item(name, more):
    return each(record({name: ID.fullmatch, "start_date": day}, more))


DETAILS = record(
    {"sex": one("MFU"), "ethnicity": one(ETHNICITY)},
    {"unique_pupil_number": like("[A-Z][0-9]{11}[0-9A-Z]"),
     "first_name": text(128), "surname": text(128), "date_of_birth": day,
     "expected_date_of_birth": day, "disabilities": each(one(DISABILITY)),
     "postcode": like("[A-Z0-9]{2,4} [0-9][A-Z]{2}")})
EPISODE = record(
    {"social_care_episode_id": ID.fullmatch, "referral_date": day,
     "referral_source": like("1[A-D]|2[AB]|3[A-F]|4|5[A-D]|6|7|8|9|10"),
     "referral_no_further_action_flag": flag},
    {"closure_date": day, "closure_reason": like("RC[1-9]"),
     "child_and_family_assessments": item(
         "child_and_family_assessment_id",
         {"authorisation_date": day, "factors": each(FACTOR.fullmatch)}),
     "child_in_need_plans": item("child_in_need_plan_id", {"end_date": day}),
     "section_47_assessments": item(
         "section_47_assessment_id",
         {"icpc_required_flag": flag, "icpc_date": day, "end_date": day}),
     "child_protection_plans": item("child_protection_plan_id",
                                    {"end_date": day})})
CHILD = record(
    {"la_child_id": like("[A-Za-z0-9]{1,20}"), "mis_child_id": ID.fullmatch,
     "child_details": DETAILS},
    {"social_care_episodes": each(EPISODE)})

wrong = 0
for path in sys.argv[1:]:
    batch = json.load(open(path))
    if not (isinstance(batch, list) and 0 < len(batch) <= 100):
        wrong += 1
        print(f"{path}: not a list of 1 to 100 children")
    for child in batch:
        if not CHILD(child):
            wrong += 1
            print(f"{path}: {json.dumps(child)[:1000]}")
print(f"daily: {wrong} wrong")
sys.exit(1 if wrong else 0)
