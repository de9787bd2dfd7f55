#!/usr/bin/env python3
"""Tells a story through intake's door: tell.py AUTHORITY [--dry].

WAYMARK_INTAKE says where intake is. The log clock moves with each step. Ends
with exit code 1 where anything was refused."""
import json
import os
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(__file__))
from stories import STORIES  # noqa: E402

ROWS = 400


def post(authority, path, body, media):
    request = urllib.request.Request(
        os.environ["WAYMARK_INTAKE"] + path, data=body.encode(), method="POST",
        headers={"Content-Type": media, "Waymark-Authority": authority})
    for _ in range(600):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as e:
            if e.code not in (429, 503):
                return e.code, e.read().decode()
            time.sleep(0.2)
    return 503, "not ready"


def refused(text):
    """Rows of an answer that were not accepted."""
    rows = json.loads(text)
    rows = rows if isinstance(rows, list) else [rows]
    return [json.dumps(r) for r in rows if r.get("status", 202) not in (200, 202)]


def tell(authority, story):
    sent = bad = 0
    for when in sorted(story.steps):
        status, text = post(authority, "/v1/time", json.dumps({"at": when}),
                            "application/json")
        if status not in (200, 202):
            sys.exit(f"time does not move to {when}: {text}")
        batches = {}
        for path, body in story.steps[when]:
            if path is not None:
                batches.setdefault(path, []).append(json.dumps(body))
        for path, lines in batches.items():
            for i in range(0, len(lines), ROWS):
                part = lines[i:i + ROWS]
                status, text = post(authority, path, "\n".join(part) + "\n",
                                    "application/x-ndjson")
                wrong = refused(text) if status in (200, 202, 207) else [text]
                bad += len(wrong)
                for line in wrong[:3]:
                    print(f"{when} {path}: {line[:300]}", file=sys.stderr)
                sent += len(part)
    print(f"{authority}: {sent} sent, {bad} refused, {len(story.children)} "
          f"children, {len(story.steps)} steps of time")
    return bad


def main():
    authority = sys.argv[1]
    story = STORIES[authority]()
    if "--dry" in sys.argv:
        n = sum(len(v) for v in story.steps.values())
        print(f"{authority}: {n} records, {len(story.steps)} steps of time")
        return 0
    return 1 if tell(authority, story) else 0


if __name__ == "__main__":
    sys.exit(main())
