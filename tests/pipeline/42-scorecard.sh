#!/bin/bash
# The scorecard as a page, opened cells, a frozen month before and after a late
# fact, what was known at three instants, and metrics rebuilt to the byte.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
# shellcheck disable=SC2034
authority=rutland-2014
# shellcheck source=demo/play.sh
. demo/play.sh
# shellcheck source=tests/lib/kpi.sh
. tests/lib/kpi.sh

testbed/services.sh up "$WAYMARK_BED" $authority
work=$(mktemp -d)
trap 'testbed/services.sh down "$WAYMARK_BED"; rm -rf "$work"' EXIT
set -a
eval "$(testbed/services.sh env "$WAYMARK_BED")"
set +a
play tests/data/rutland-day.ndjson

card() { build/bin/waymark scorecard --month 2014-03 --authority $authority "$@"; }
# Numerator of the authority's line of an indicator, all bands.
total() { card "${@:2}" --format csv | awk -F, -v k="$1" '$3 == k && $5 == "" && $6 == "" && $7 == "all" { s += $8 } END { print s + 0 }'; }
all_rows() { # every row that metrics has, to the byte, without the engine's
    local table
    for table in $(sql "SELECT tablename FROM pg_tables WHERE schemaname = 'metrics' AND tablename NOT IN
        ('shard', 'turn', 'outbox', 'out_seq', 'in_mark', 'config', 'schema_version', 'dead_letter') ORDER BY 1"); do
        echo "$table"
        psql -qAtX -c "SELECT row(t.*)::text FROM metrics.\"$table\" t ORDER BY 1"
    done
}

claim 'March is final once April has come' \
    "$(card | sed -n 's/^K12 .*, \(.*\)$/\1/p')" final
claim 'May is provisional' \
    "$(build/bin/waymark scorecard --month 2014-05 --authority $authority | sed -n 's/^K10 .*, eh, \(.*\)$/\1/p')" provisional
claim 'what was never heard of awaits data' \
    "$(card | sed -n 's/^K18 .*, \(.*\)$/\1/p')" 'awaiting data'
claim 'the hand-over behind K12 is named' \
    "$(card --cell K12 --json | jq -r '.[].id')" \
    "$(sql "SELECT handover_id FROM tracker.handover WHERE state = 'accepted'")"
claim 'a part is opened by its name: the limits that were kept' \
    "$(card --cell K37/L3 --json | jq -r '.[] | "\(.part) \(.numerator)/\(.denominator)"')" 'L3 1/1'
code=0
card --cell K12 --audience public >"$work/out" 2>&1 || code=$?
claim 'ids are not for the public' "$code" 2
claim 'the public sees no count of one' "$(card --audience public | grep -A2 -E '^K12' | tail -n 1 | grep -c 1 || :)" 0

card --format html >"$work/card.html"
claim 'the page has no script' "$(grep -ci '<script' "$work/card.html")" 0
claim 'every chart has a title and a description' \
    "$(grep -o '<svg' "$work/card.html" | wc -l)" \
    "$(grep -o '<svg[^>]*aria-labelledby[^>]*><title [^>]*>[^<]*</title><desc [^>]*>[^<]*</desc>' "$work/card.html" | wc -l)"
claim 'the page is well-formed but for the doctype' \
    "$(sed 's/<!DOCTYPE html>//; s/<meta [^>]*>//g; s/&#8211;/-/g; s/&#8722;/-/g' "$work/card.html" |
        python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parseString(sys.stdin.read()); print("well")')" well
claim 'the tracker of a unit names its worker' \
    "$(build/bin/waymark scorecard --unit team-1 --authority $authority --json | jq -r '.caseload | length')" 0

claim 'on 11 March nobody had accepted' "$(total K12 --as-at 2014-03-11T12:00:00Z)" 0
claim 'on 13 March one had' "$(total K12 --as-at 2014-03-13T12:00:00Z)" 1
all_rows >"$work/before"
move_time 2014-05-02T09:00:00Z
jq -cn '{agency_id: "early-help", agency_ref: "LATE-1", subject: {notification: {agency_id: "school-millbrook", agency_ref: "RS-1"}},
    activity: "audit_recorded", occurred_at: "2014-03-20T09:00:00Z", by: "auditor-1", grades: [1, 2, 2, 3, 2]}' |
    post /v1/activities | grep -q 202
move_time 2014-05-02T09:00:30Z
await_metrics 2014-05-02T09:00:30Z
claim 'a late audit stands beside the frozen month' \
    "$(card | sed -n 's/^K19 .*, restated: \(.*\)$/\1/p')" 'it was frozen as 0'
claim 'as it was fixed, March has none' "$(total K19 --frozen)" 0
claim 'as it stands, it has five grades' "$(total K19)" 5
claim 'and on 1 May nobody knew' "$(total K19 --as-at 2014-05-01T12:00:00Z)" 0

all_rows >"$work/before"
claim 'the metrics that are rebuilt from offset 0' \
    "$(build/bin/waymark rebuild metrics --authority $authority --quiet | sed 's/[0-9]* records/N records/')" \
    'metrics rutland-2014: rebuilt from N records'
all_rows >"$work/after"
claim 'are the live ones to the byte' "$(cmp "$work/before" "$work/after" && wc -l <"$work/after" | awk '{ print ($1 > 100) }')" 1
claim 'no schema stays' "$(sql "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'metrics\_%'")" 0
# What is damaged is mended: a cell is changed behind the service's back.
sql "UPDATE metrics.kpi_cell SET numerator = numerator + 7 WHERE kpi = 'K12'"
claim 'a cell that nobody counted is seen' \
    "$(build/bin/waymark reconcile --authority $authority --service metrics 2>/dev/null | grep -c 'kpi_cell')" 1
build/bin/waymark rebuild metrics --authority $authority --quiet >/dev/null
claim 'and is gone after a rebuild' "$(build/bin/waymark reconcile --authority $authority --service metrics 2>/dev/null | tail -n 1)" \
    'reconcile: 0 differences'
move_time 2014-05-03T09:00:00Z
await_metrics 2014-05-03T09:00:00Z
claim 'the service went on with the new rows' "$(cell_differences $authority)" ''

# Grafana's panels ask the same views; each query runs as it is shipped.
panels() {
    jq -r '.panels[] | select(.targets[0].rawSql) | .targets[0].rawSql' deploy/grafana/dashboards/scorecard.json |
        sed "s/\$authority/$authority/g; s/\$district/all/g; s/\$__timeFilter([^)]*)/true/g"
}
bad=0
while IFS= read -r query; do
    psql -qAtX -v ON_ERROR_STOP=1 -c "$query" >/dev/null || bad=$((bad + 1))
done < <(panels)
claim 'the panels of Grafana are queries that run' "$(panels | wc -l) $bad" '15 0'
claims_end scorecard
