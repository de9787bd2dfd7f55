#!/bin/bash
# 35-desk.sh: what a leader does at a terminal: what is due, who has how much,
# who is missing, what waits between the two sides; activities, acknowledgements
# and the cases of a worker who leaves, as far as the staff list lets each.
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

services_up kent-2015
play demo/day.ndjson >/dev/null

# The services' profiles, and people that nobody else has.
cp -r profiles "$work/profiles"
cat >"$work/profiles/staff/kent-2015.json" <<'EOF'
{
  "source": "made-up staff of a test",
  "hook_hosts": [],
  "people": [
    {"id": "worker-1", "role": "worker", "units": ["maidstone-1"], "address": "mailto:worker-1@staff.invalid"},
    {"id": "worker-2", "role": "worker", "units": ["maidstone-1"], "address": "mailto:worker-2@staff.invalid"},
    {"id": "social-worker-1", "role": "worker", "units": ["central-duty-team"], "address": "mailto:sw-1@staff.invalid"},
    {"id": "leader-maidstone", "role": "unit_leader", "units": ["maidstone-*"], "address": "mailto:lm@staff.invalid"},
    {"id": "leader-swale", "role": "unit_leader", "units": ["swale-*"], "address": "mailto:ls@staff.invalid"},
    {"id": "district-1", "role": "district_manager", "units": ["*"], "address": "mailto:d1@staff.invalid"},
    {"id": "screener-1", "role": "screener", "units": ["*"], "address": "mailto:s1@staff.invalid"},
    {"id": "duty-1", "role": "duty", "units": ["*"], "address": "mailto:duty@staff.invalid"}
  ],
  "duty": [],
  "parties": [],
  "test": {"at": "09:00", "to": ["duty-1"]}
}
EOF
w() { build/bin/waymark "$@"; }
# As somebody of early help; prints the exit code behind what is said.
as() # id, verb, words...
{
    local by=$1 verb=$2 rc=0
    shift 2
    w "$verb" "$@" --by "$by" --agency early-help --authority kent-2015 \
        --profiles "$work/profiles" >"$work/said" 2>"$work/why" || rc=$?
    echo "$rc"
}
lines() { sql "$1" | tr '\n' ';'; }
wait_sql() # query: until it says t
{
    local end=$((SECONDS + 20))
    until [ "$(sql "$1")" = t ]; do
        [ $SECONDS -lt $end ] || { echo "in vain: $1" >&2; return 1; }
        sleep 0.05
    done
}
case_of() { sql "SELECT case_id FROM tracker.cases WHERE unit = '$1'"; }
girl=$(case_of maidstone-1) schoolboy=$(case_of swale-1) boy=$(case_of central-duty-team)
receipts() { sql "SELECT count(*) FROM intake.receipt WHERE agency_ref LIKE 'act-%'"; }

claim 'what is late stands before what falls due' \
    "$(w due --within 2w --json | jq -r '.[] | "\(.rule) \(.unit) \(.late)"' | head -n 3 | tr '\n' ';')" \
    'T13 maidstone-1 true;T13 swale-1 true;L2 swale-1 true;'
claim 'what falls due is further ahead the further one looks' \
    "$(w due --within 0h --json | jq length) $(w due --within 40w --json | jq 'length > 6')" '3 true'
claim 'a unit sees its own' \
    "$(w due --within 40w --unit swale-1 --json | jq -r '[.[].unit] | unique | join(" ")')" swale-1
claim 'rules without a clock are among what falls due' \
    "$(w due --within 40w --unit swale-1 --json | jq -r '[.[].rule | select(startswith("D"))] | sort | join(" ")')" 'D02 D06'
claim 'a time that is none is told' "$(w due --within 7days 2>&1; echo $?)" \
    'waymark due: --within "7days": want such as 12h, 7d or 2w
2'
claim 'who is missing, and whose it is' \
    "$(w missing --json | jq -r '.[] | "\(.state) \(.episode) \(.owner)"')" \
    'missing kent-police/EP-1002 social-worker-1'
claim 'cases that nobody has come first' \
    "$(w caseload --json | jq -r '.[] | "\(.worker) \(.units) \(.open)"' | tr '\n' ';')" \
    'null swale-1 1;social-worker-1 central-duty-team 1;worker-1 maidstone-1 1;'

claim 'a worker acts on his own case' \
    "$(as worker-1 act visit "$girl" unit=maidstone-1 note='Made-up note.')" 0
wait_sql "SELECT count(*) = 0 FROM tracker.alert WHERE rule = 'T13' AND subject_id = '$girl' AND cleared_at IS NULL"
claim 'and it stops what it stops' \
    "$(lines "SELECT state, late FROM tracker.clock WHERE clock = 'T13' AND subject_id = '$girl'")" 'stopped t;'
claim 'not on another'"'"'s' "$(as worker-1 act visit "$schoolboy") $(cat "$work/why")" \
    "1 waymark act: R23: the staff list doesn't let worker-1 do that"
claim 'a leader not on another unit'"'"'s' "$(as leader-maidstone act visit "$schoolboy")" 1
claim 'nobody of that name does anything' "$(as nobody-1 act visit "$girl")" 1
claim 'a field that the activity lacks is told' "$(as worker-1 act visit "$girl" worker=worker-2) $(cat "$work/why")" \
    '2 waymark act: visit has no field "worker"; waymark template visit names them'
claim 'so is an activity that is none' "$(as worker-1 act visti "$girl")" 2
claim 'and a case that is none' "$(as worker-1 act visit 00000000-0000-0000-0000-000000000001)" 2
claim 'one deed was recorded' "$(receipts)" 1

d01=$(sql "SELECT alert_id FROM tracker.alert WHERE rule = 'D01' AND cleared_at IS NULL")
claim 'an alert is acknowledged by its leader, not another' \
    "$(as leader-maidstone ack "$d01") $(as screener-1 ack "$d01") $(as leader-swale ack "$d01")" '1 1 0'
wait_sql "SELECT acknowledged_at IS NOT NULL FROM tracker.alert WHERE alert_id = '$d01'"
claim 'under his name' "$(lines "SELECT acknowledged_by FROM tracker.alert WHERE alert_id = '$d01'")" 'leader-swale;'

claim 'a leader gives a case to a worker' \
    "$(as leader-swale act allocated "$schoolboy" unit=swale-1 worker=worker-1)" 0
wait_sql "SELECT count(*) = 2 FROM tracker.cases WHERE worker = 'worker-1'"
claim 'who leaves gives up what his leader may give away, and the rest is told' \
    "$(as leader-maidstone act reallocated --cases-of worker-1 --rows "$work/part.ndjson" worker=worker-2) $(grep -c R23 "$work/why")" '1 1'
wait_sql "SELECT worker = 'worker-2' FROM tracker.cases WHERE case_id = '$girl'"
claim 'a district manager gives away all' \
    "$(as district-1 act reallocated --cases-of worker-1 --rows "$work/rows.ndjson" worker=worker-2) $(tail -n 1 "$work/why")" \
    '0 send: 1 accepted, 0 refused, 0 known before'
wait_sql "SELECT count(*) = 2 FROM tracker.cases WHERE worker = 'worker-2'"
n=$(receipts)
claim 'again, it goes on where it was' \
    "$(as district-1 act reallocated --cases-of worker-1 --rows "$work/rows.ndjson" worker=worker-2) $(tail -n 1 "$work/why")" \
    '0 send: 0 accepted, 0 refused, 1 known before'
: >"$work/rows.ndjson.results"
claim 'with its results lost it repeats itself and changes nothing' \
    "$(as district-1 act reallocated --cases-of worker-1 --rows "$work/rows.ndjson" worker=worker-2) $(tail -n 1 "$work/why") $(receipts)" \
    "0 send: 1 accepted, 0 refused, 0 known before $n"
claim 'the new worker has both' \
    "$(w caseload --json | jq -r '.[] | select(.worker == "worker-2") | "\(.open) \(.units)"')" '2 maidstone-1 swale-1'

claim 'a step-down is offered' \
    "$(as social-worker-1 act handover_offered "$boy" unit=central-duty-team to_unit=maidstone-1 reason='The family is ready for early help.')" 0
wait_sql "SELECT state = 'handover_pending' FROM tracker.cases WHERE case_id = '$boy'"
claim 'it waits for an answer, and for the panel' \
    "$(w handovers --json | jq -r '.[] | "\(.direction) \(.state) \(.to_unit)"') $(w handovers --panel --json | jq -r '.[0].panel_considered')" \
    'step_down offered maidstone-1 false'
claim 'the panel looks at it' \
    "$(as district-1 act panel_considered "$boy")" 0
wait_sql "SELECT state = 'stopped' FROM tracker.clock WHERE clock = 'T18' AND subject_id = '$boy'"
claim 'and has it no longer before it' "$(w handovers --panel --json | jq length) $(w handovers --json | jq length)" '0 1'
claim 'the receiving leader accepts, another may not' \
    "$(as leader-swale act handover_accepted "$boy" unit=maidstone-1) $(as leader-maidstone act handover_accepted "$boy" unit=maidstone-1 worker=worker-2)" '1 0'
wait_sql "SELECT count(*) = 3 FROM tracker.cases WHERE worker = 'worker-2' AND state = 'allocated'"
claim 'the replay of the log through the cores gives the same' \
    "$(w reconcile --authority kent-2015 2>/dev/null | tail -n 1)" 'reconcile: 0 differences'
claims_end desk
