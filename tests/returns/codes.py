#!/usr/bin/env python3
"""codes.py list-1.csv list-2.csv list-3.csv: values of Annex A that are not of
their code list, dates and numbers that are none; lists as domain.md has them."""
import csv
import re
import sys

GENDER = "a) Male|b) Female|c) Not stated/recorded|d) Neither".split("|")
ETHNICITY = [f"{chr(97 + i)}) {code}" for i, code in enumerate(
    ("WBRI WIRI WIRT WOTH WROM MWBC MWBA MWAS MOTH AIND APKN ABAN AOTH BCRB "
     "BAFR BOTH CHNE OOTH REFU NOBT").split())]
SOURCE = [f"{a}) {b}: {c}" for a, b, c in (
    ("a", "1A", "Individual"), ("b", "1B", "Individual"),
    ("c", "1C", "Individual"), ("d", "1D", "Individual"),
    ("e", "2A", "Schools"), ("f", "2B", "Education services"),
    *((chr(103 + i), f"3{x}", "Health services") for i, x in enumerate("ABCDEF")),
    ("m", "4", "Housing"), ("n", "5A", "LA services"),
    ("o", "5B", "LA services"), ("p", "5C", "LA services"),
    ("p1", "5D", "LA services"), ("q", "6", "Police"),
    ("r", "7", "Other legal agency"), ("s", "8", "Other"),
    ("t", "9", "Anonymous"), ("u", "10", "Unknown"))]
DATE = re.compile(r"(0[1-9]|[12]\d|3[01])/(0[1-9]|1[0-2])/\d{4}")
COLUMNS = {"Gender": GENDER, "Ethnicity": ETHNICITY, "Contact Source": SOURCE,
           "Referral Source": SOURCE, "Referral NFA?": ["a) Yes", "b) No"]}
MAY_BE_BLANK = ("Date of Birth", "Age of Child (Years)",
                "Assessment completion date")


def is_good(column, value):
    if column in COLUMNS:
        return value in COLUMNS[column]
    if value == "":
        return column in MAY_BE_BLANK
    if "date" in column.lower():
        return DATE.fullmatch(value) is not None
    if column.startswith(("Age", "Number")):
        return value.isdigit()
    return True


wrong = 0
for path in sys.argv[1:]:
    for row in csv.DictReader(open(path, newline="")):
        for column, value in row.items():
            if not is_good(column, value):
                wrong += 1
                print(f"{path}: {column}: {value}")
print(f"codes: {wrong} wrong")
