#!/bin/bash
# The statutory returns of thirty made-up children who went through intake,
# triage and tracker: valid files, or none and the reason.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
# shellcheck source=tests/lib/services.sh
. tests/lib/services.sh
# shellcheck disable=SC2034
authority=kent-2015
# shellcheck source=demo/play.sh
. demo/play.sh

services_up $authority
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

# ---- the daily feed

mkdir "$work/out"
daily() { build/bin/waymark return dfe-daily --state "$work/state" "$@" 2>"$work/said"; }
make_day() { # then what is told, as one list
    local batches
    daily --out "$work/out"
    mapfile -t batches < <(find "$work/out" -name 'batch-*.json' | sort)
    tests/returns/daily.py "${batches[@]}" >"$work/judged" || cat "$work/judged" >&2
    cat /dev/null "${batches[@]}" | jq -s 'add // []' >"$work/day.json"
}
of_day() { jq -r "$1" "$work/day.json"; }
sent() { daily --sent; }
number=0
act() { # instant, path, body in jq: the id that it got
    number=$((number + 1))
    jq -cn --arg ref "D-$number" --arg at "$1" "{agency_ref: \$ref} + $3" |
        post "$2" >"$work/answer"
    grep -q '^202$' "$work/answer" || { cat "$work/answer" >&2; exit 1; }
    head -n 1 "$work/answer" | jq -r .id
}
tick() { move_time "$1" && AWAIT_S=60 await_metrics "$1"; }

make_day
claim 'the first day tells of every child with a referral' "$(of_day length)" \
    "$(sql "SELECT count(DISTINCT child_id) FROM tracker.cases WHERE side = 'csc' OR outcome = 'nfa' AND entry = 'csc'")"
claim 'its batches are valid' "$(tail -n 1 "$work/judged")" 'daily: 0 wrong'
make_day
claim 'what was not sent is told again' "$(of_day length)" \
    "$(sql "SELECT count(DISTINCT child_id) FROM tracker.cases WHERE side = 'csc' OR outcome = 'nfa' AND entry = 'csc'")"
sent
make_day
claim 'once it was sent nothing is left to tell' "$(find "$work/out" -type f | wc -l)" 0
sent

# Two children who might be one, for they have one number; the first one's case is closed.
tell() { # ref, forename, dob
    act "$now" /v1/notifications "{agency_id: \"health-trust\", kind: \"health_referral\", sent_at: \$at, entry: \"csc\",
        harm: \"none\", immediate_danger: false, consent: \"given\", needs: [\"f_neglect\"],
        child: {forename: \"$2\", surname: \"Made$2\", dob: \"$3\", sex: \"F\", nhs_number: \"9434765919\"}, agency_ref: \"$1\"}"
}
take_on() { # ref
    act "$now" /v1/screenings "{agency_id: \"social-care\", notification: {agency_id: \"health-trust\", agency_ref: \"$1\"},
        outcome: \"social_care_referral\", rationale: \"A made-up reason that is long enough.\", by: \"duty-1\",
        second_by: \"leader-1\", csc_threshold: \"met\", primary_need: \"N1\"}"
}
on_case() { # ref activity more
    act "$now" /v1/activities "{agency_id: \"social-care\", side: \"csc\", activity: \"$2\", occurred_at: \$at, by: \"worker-1\",
        subject: {notification: {agency_id: \"health-trust\", agency_ref: \"$1\"}}} + $3"
}
child_of() { sql "SELECT child_id FROM triage.decision WHERE agency_ref = '$1' LIMIT 1"; }
now=2026-04-02T09:00:00Z
tick $now
tell TW-1 Alphachild 2018-02-03 >/dev/null
take_on TW-1 >/dev/null
tick 2026-04-02T10:00:00Z
now=2026-04-02T10:00:00Z
on_case TW-1 allocated '{worker: "worker-1", unit: "csc-1"}' >/dev/null
tick 2026-04-02T11:00:00Z
now=2026-04-02T11:00:00Z
on_case TW-1 closed '{outcome: "RC7", authorised_by: "leader-1"}' >/dev/null
two=$(tell TW-2 Bravochild 2014-07-09)
tick 2026-04-02T12:00:00Z
now=2026-04-02T12:00:00Z
take_on TW-2 >/dev/null
tick 2026-04-02T13:00:00Z
now=2026-04-02T13:00:00Z
first=$(child_of TW-1) second=$(child_of TW-2)
case_two=$(sql "SELECT case_id FROM tracker.cases WHERE child_id = '$second'")
make_day
claim 'new children are told whole, the others not' \
    "$(of_day '[.[] | .mis_child_id] | sort | join(" ")')" "$(printf '%s\n' "$first" "$second" | sort | xargs)"
sent
match() { # child: what it is resolved as
    act "$now" /v1/matches "{agency_id: \"social-care\", notification_id: \"$two\", child: \"$1\",
        reason: \"A made-up reason.\", by: \"screener-1\", second_by: \"leader-1\"}" >/dev/null
}
match "$first"
tick 2026-04-02T14:00:00Z
make_day
claim 'a merge purges the one and tells the survivor its episode' \
    "$(of_day '[.[] | [.mis_child_id, .purge, (.social_care_episodes[]? | .social_care_episode_id, .purge)] | map(tostring) | join(" ")] | sort | join("; ")')" \
    "$(printf '%s\n' "$first false $case_two false" "$second true" | sort | paste -sd';' | sed 's/;/; /')"
sent
now=2026-04-02T14:00:00Z
match new
tick 2026-04-02T15:00:00Z
make_day
claim 'parting them purges the episode and tells the other again' \
    "$(of_day '[.[] | [.mis_child_id, .purge, (.social_care_episodes[]? | .social_care_episode_id, .purge)] | map(tostring) | join(" ")] | sort | join("; ")')" \
    "$(printf '%s\n' "$first false $case_two true" "$second false $case_two false" | sort | paste -sd';' | sed 's/;/; /')"
claim 'such a day is valid, too' "$(tail -n 1 "$work/judged")" 'daily: 0 wrong'
sent
build/bin/waymark erase "$two" --authority $authority --by 'Officer Alpha' --second 'Officer Bravo' >/dev/null
tick 2026-04-02T16:00:00Z
make_day
claim 'who was erased is purged, with the id that was sent' \
    "$(of_day '.[] | [.mis_child_id, .la_child_id, .purge, has("child_details")] | map(tostring) | join(" ")')" \
    "$second $(tr -d - <<<"$second" | tail -c 21) true false"
claim 'a state of another authority is refused' \
    "$(sed -i '1s/kent-2015/rutland-2014/' "$work/state"; daily --check || echo $?)" 2
claims_end returns
