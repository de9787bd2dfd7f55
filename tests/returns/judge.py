#!/usr/bin/env python3
"""judge.py FILE: what the open-source CIN validator finds in a census. Exit
code 1 where it finds anything."""
import importlib
import sys
import warnings
import xml.etree.ElementTree as ET

warnings.filterwarnings("ignore")
import pandas as pd  # noqa: E402
from cin_validator import cin_validator as judge  # noqa: E402

RULES = "cin_validator.rules.cin2025_26"
SLICE = 200


def tables_of(root):
    """The validator's tables. It copies a table whole for every child that it
    adds, so children go in by SLICE and the tables are put together once."""
    children = list(root.find("Children"))
    parts = []
    for i in range(0, max(len(children), 1), SLICE):
        part = ET.Element(root.tag)
        part.append(root.find("Header"))
        ET.SubElement(part, "Children").extend(children[i:i + SLICE])
        parts.append(judge.convert_data(part))
    return {name: parts[0][name] if name == "Header" else
            pd.concat([part[name] for part in parts], ignore_index=True)
            for name in parts[0]}


def main():
    root = ET.parse(sys.argv[1]).getroot()
    tables = judge.process_data(tables_of(root))
    found = judge.CinValidator(tables, importlib.import_module(RULES).registry)
    rows = found.user_report
    for _, row in rows.iterrows():
        print(row["rule_code"], row["LAchildID"], row["columns_affected"],
              row["value_flagged"], row["rule_description"])
    for _, row in found.multichild_issues.iterrows():
        print(row["rule_code"], row["rule_description"])
    n = len(rows) + len(found.multichild_issues)
    print(f"{len(root.find('Children'))} children, "
          f"{len(found.rules_passed)} rules without findings, {n} findings")
    return 1 if n else 0


if __name__ == "__main__":
    sys.exit(main())
