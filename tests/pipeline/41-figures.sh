#!/bin/bash
# A report's figures from made-up events that went through intake, triage and
# tracker; then one event is taken back, and exactly its figures change.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
# shellcheck disable=SC2034
authority=rutland-2014
# shellcheck source=demo/play.sh
. demo/play.sh

testbed/services.sh up "$WAYMARK_BED" $authority
trap 'testbed/services.sh down "$WAYMARK_BED"; rm -rf "$work"' EXIT
set -a
eval "$(testbed/services.sh env "$WAYMARK_BED")"
set +a
work=$(mktemp -d)
python3 demo/figures/tell.py $authority
AWAIT_S=240 await_metrics 2014-02-01T00:01:00Z

figures() { # file: a line a value, "RUT-06 counted"
    { build/bin/waymark figures --authority $authority --json || :; } |
        jq -r '.[] | "\(.figure) \(.of): \(.counted)"' >"$1"
}
# The corrected activity's figures, by their ids, once each.
changed() { diff "$work/before" "$work/after" | sed -n 's/^> \([A-Z]*-[0-9]*\) .*/\1/p' | sort -u | tr '\n' ' '; }
take_back() { # condition on metrics.fact_activity, instant
    local ref child
    read -r ref child < <(sql "SELECT a.agency_ref, a.child_id FROM metrics.fact_activity a JOIN metrics.shard s USING (shard)
        WHERE s.authority = '$authority' AND $1 ORDER BY 1 LIMIT 1")
    move_time "$2"
    jq -cn --arg ref "$ref" --arg at "$2" --arg child "$child" '{agency_id: "early-help", agency_ref: ("T-" + $ref),
        subject: {child_id: $child},
        activity: "corrected", occurred_at: $at, by: "worker-1",
        corrects: {agency_id: "early-help", agency_ref: $ref}}' |
        post /v1/activities | grep -q 202
    move_time "${2/:00Z/:30Z}"
    await_metrics "${2/:00Z/:30Z}"
}

claim 'what is counted is what was published' \
    "$(build/bin/waymark figures --authority $authority | tail -n 1)" \
    'figures: 26 values, 25 same, 0 different, 1 to read'
figures "$work/before"
take_back "activity = 'session_attended' AND hours_tenths = 10" 2014-02-02T09:00:00Z
figures "$work/after"
claim 'one session less takes one child out of RUT-06 and changes no other figure' \
    "$(changed)" 'RUT-06 '
claim 'and waymark says that it differs' \
    "$({ build/bin/waymark figures --authority $authority || :; } | grep DIFFERENT | tr -s ' ')" \
    ' DIFFERENT published 700, counted 699 (K15, 2013-02-01 to 2014-01-31)'
mv "$work/after" "$work/before"
take_back "activity = 'service_changed' AND NOT EXISTS (SELECT FROM metrics.fact_case c
    WHERE c.child_id = a.child_id AND c.side = 'csc')" 2014-02-03T09:00:00Z
figures "$work/after"
claim 'one service less changes RUT-07 alone' "$(changed)" 'RUT-07 '
claim 'no figure stands in what counts or in what is sent to it' \
    "$(grep -lE '\b(700|134|9\.3|16\.4)\b' services/metrics/core/*.c services/metrics/sql/*.sql services/cli/figures*.c | wc -l)" 0
claims_end figures
