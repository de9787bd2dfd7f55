#!/usr/bin/env python3
"""judge.py FILE: what the open-source CIN validator finds in a census. Exit
code 1 where it finds anything."""
import importlib
import sys
import warnings
import xml.etree.ElementTree as ET

warnings.filterwarnings("ignore")
from cin_validator import cin_validator as judge  # noqa: E402

RULES = "cin_validator.rules.cin2025_26"


def main():
    root = ET.parse(sys.argv[1]).getroot()
    tables = judge.process_data(judge.convert_data(root))
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
