#!/bin/bash
# The statutory returns of thirty made-up children who went through intake,
# triage and tracker: valid files, or none and the reason.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
# shellcheck disable=SC2034
authority=kent-2015
# shellcheck source=demo/play.sh
. demo/play.sh

testbed/services.sh up "$WAYMARK_BED" $authority
trap 'testbed/services.sh down "$WAYMARK_BED"; rm -rf "$work"' EXIT
set -a
eval "$(testbed/services.sh env "$WAYMARK_BED")"
set +a
work=$(mktemp -d)
python3 tests/returns/children.py 30
AWAIT_S=120 await_metrics 2026-04-01T12:00:00Z

count() { grep -o "$1" "$2" | wc -l; }
cin() { # file, options: its exit code
    local rc=0
    build/bin/waymark return cin --year 2025-26 --out "$1" \
        --report "$work/report.csv" "${@:2}" 2>"$work/said" || rc=$?
    echo $rc
}

# ---- the census

claim 'the census is written' "$(cin "$work/cin.xml")" 0
claim 'it is valid' \
    "$(xmllint --noout --schema tests/returns/cin.xsd "$work/cin.xml" 2>&1)" \
    "$work/cin.xml validates"
claim 'it has every child with a referral in the year' "$(count '<Child>' "$work/cin.xml")" \
    "$(sql "SELECT count(DISTINCT child_id) FROM tracker.cases WHERE
        (side = 'csc' AND outcome = 'social_care_referral' OR entry = 'csc' AND outcome = 'nfa')
        AND (state <> 'closed' OR closed_at >= '2025-03-31T23:00:00Z')")"
claim 'and each referral without further action' \
    "$(count '<ReferralNFA>1' "$work/cin.xml")" \
    "$(sql "SELECT count(*) FROM tracker.cases WHERE entry = 'csc' AND outcome = 'nfa'")"
claim 'the report names the plans that have no category of abuse' \
    "$(grep -c 'ChildProtectionPlans,.*,left out' "$work/report.csv")" \
    "$(sql "SELECT count(DISTINCT case_id) FROM tracker.cases WHERE csc_status = 'cp'
        AND (state <> 'closed' OR closed_at >= '2025-03-31T23:00:00Z')")"
claim 'nobody but its owner may read the file' "$(stat -c %a "$work/cin.xml")" 600
rm "$work/cin.xml"
claim 'with --check there is a report and no file' \
    "$(cin "$work/cin.xml" --check) $(find "$work" -name 'cin.xml*' | wc -l)" '0 0'

# ---- Annex A

annex() { build/bin/waymark return annex-a --date 2025-12-31 --csv "$work" "$@" 2>>"$work/said"; }
annex --out "$work/annex.xlsx" --report "$work/annex.csv"
window="BETWEEN '2025-06-30T23:00:00Z' AND '2025-12-31T23:59:59Z'"
rows() { echo $(($(wc -l <"$work/list-$1.csv") - 1)); }
claim 'list 1 has every contact of six months' "$(rows 1)" \
    "$(sql "SELECT count(*) FROM triage.decision WHERE NOT superseded AND received_at $window")"
claim 'list 2 has the assessments of early help' "$(rows 2)" \
    "$(sql "SELECT count(*) FROM tracker.deed d JOIN tracker.cases k USING (shard, case_id)
        WHERE k.side = 'eh' AND d.activity = 'assessment_started' AND d.occurred_at
        BETWEEN '2025-06-11' AND '2025-12-31T23:59:59Z'")"
claim 'list 3 has the referrals to social care' "$(rows 3)" \
    "$(sql "SELECT count(*) FROM tracker.cases WHERE (side = 'csc' OR entry = 'csc' AND outcome = 'nfa')
        AND received_at $window")"
claim 'every value of a list of codes is one of it' "$(tests/returns/codes.py "$work"/list-[123].csv)" \
    'codes: 0 wrong'
claim 'the workbook holds the same cells' \
    "$(tests/returns/sheets.py "$work/annex.xlsx" "$work"/list-[123].csv)" 'sheets: List 1, List 2, List 3 as their CSV'
rm "$work"/list-*.csv
annex --lists 2
claim 'of one list there is one file' "$(find "$work" -name 'list-*.csv' -printf '%f ')" 'list-2.csv '
claim 'a list that is none is refused' "$(annex --lists 4 || echo $?)" 2

# A conference on a Saturday can't be in a file that validates.
ref=$(sql "SELECT d.agency_ref FROM triage.decision d JOIN tracker.cases k USING (shard, child_id)
    WHERE k.side = 'csc' AND k.state = 'review' ORDER BY 1 LIMIT 1")
agency=$(sql "SELECT agency_id FROM triage.decision WHERE agency_ref = '$ref'")
jq -cn --arg ref "$ref" --arg agency "$agency" '{agency_id: "social-care", agency_ref: "T-1",
    subject: {notification: {agency_id: $agency, agency_ref: $ref}}, side: "csc",
    activity: "icpc_held", occurred_at: "2026-03-28T10:00:00Z", by: "worker-1"}' |
    post /v1/activities | grep -q 202
move_time 2026-04-01T13:00:00Z
await_metrics 2026-04-01T13:00:00Z
claim 'a census that would not validate is not written' \
    "$(cin "$work/cin.xml") $(find "$work" -name 'cin.xml*' | wc -l)" '1 0'
claim 'and the report says of whom and why' \
    "$(grep -c 'DateOfInitialCPC,2026-03-28,stops,.*8875' "$work/report.csv")" 1
claim 'without that child it is' "$(cin "$work/cin.xml" --without-stopped)" 0
claim 'another year is another census' \
    "$(build/bin/waymark return cin --year 2019-20 2>&1 >/dev/null | tail -n 1)" \
    'return: not written: it would not validate'
claims_end returns
