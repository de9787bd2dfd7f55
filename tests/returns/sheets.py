#!/usr/bin/env python3
"""sheets.py WORKBOOK CSV...: is each sheet, read from its own XML, its CSV?
Dates stand as days since 1899-12-30."""
import csv
import datetime as dt
import re
import sys
import xml.etree.ElementTree as ET
import zipfile

NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DATE = re.compile(r"\d\d/\d\d/\d{4}")


def sheet(book, number, texts):
    root = ET.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
    for row in root.iter(NS + "row"):
        cells = {}
        for c in row.iter(NS + "c"):
            value = c.find(NS + "v").text
            column = ord(c.get("r")[0]) - 65
            cells[column] = texts[int(value)] if c.get("t") == "s" else value
        yield cells


def as_stored(value):
    if DATE.fullmatch(value):
        day = dt.datetime.strptime(value, "%d/%m/%Y") - dt.datetime(1899, 12, 30)
        return str(day.days)
    return value


book = zipfile.ZipFile(sys.argv[1])
names = [s.get("name") for s in
         ET.fromstring(book.read("xl/workbook.xml")).iter(NS + "sheet")]
texts = ["".join(t.text or "" for t in si.iter(NS + "t")) for si in
         ET.fromstring(book.read("xl/sharedStrings.xml")).iter(NS + "si")]
for i, path in enumerate(sys.argv[2:]):
    want = [{k: as_stored(v) for k, v in enumerate(row) if v != ""}
            for row in csv.reader(open(path, newline=""))]
    if want != list(sheet(book, i + 1, texts)):
        print(f"{names[i]} differs from {path}")
        sys.exit(1)
print(f"sheets: {', '.join(names)} as their CSV")
