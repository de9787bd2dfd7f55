#!/bin/bash
# The sample day of the demonstration through all services, with the log
# clock: decisions, clocks, alerts and KPI cells are those that the rules give.
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
# shellcheck source=tests/lib/kpi.sh
. tests/lib/kpi.sh

services_up kent-2015
play demo/day.ndjson

lines() { sql "$1" | tr '\n' ';'; }

claim 'the police notice of the missing girl is final by KE03' \
    "$(lines "SELECT rule_id, outcome, status FROM triage.decision WHERE agency_ref = 'M-1001'")" \
    'KE03 single_agency final;'
claim 'the boy in need stays with his social worker by C05' \
    "$(lines "SELECT rule_id, outcome, status FROM triage.decision WHERE agency_ref = 'M-1002'")" \
    'C05 existing_case final;'
claim 'both messages about the boy are about one child' \
    "$(lines "SELECT count(DISTINCT child_id) FROM triage.decision WHERE agency_ref IN ('EVE-1', 'M-1002')")" \
    '1;'
claim 'the screened referral is final by KE05' \
    "$(lines "SELECT rule_id, outcome, status FROM triage.decision WHERE agency_ref = 'S-77'")" \
    'KE05 eh_intensive final;'
claim 'its clocks T12 and T13 end when the rules say' \
    "$(lines "SELECT clock, due_at AT TIME ZONE 'Europe/London' FROM tracker.clock c
        JOIN tracker.cases k ON k.case_id = c.subject_id AND k.shard = c.shard
        WHERE k.outcome = 'eh_intensive' AND clock IN ('T12', 'T13') ORDER BY clock")" \
    'T12 2015-07-10 23:59:59.999;T13 2015-06-28 11:05:00;'
claim 'the return interview was due 72 hours after she was found, and held late' \
    "$(lines "SELECT state, due_at AT TIME ZONE 'Europe/London', stopped_at - due_at
        FROM tracker.clock WHERE clock = 'T10' AND state = 'stopped'")" \
    'stopped 2015-06-29 14:55:00 01:15:00;'
claim 'the interview'"'"'s alert was raised to the worker a day before, and is cleared' \
    "$(lines "SELECT raised_at AT TIME ZONE 'Europe/London', cleared_at AT TIME ZONE 'Europe/London'
        FROM tracker.alert WHERE rule = 'D10'")" \
    '2015-06-28 14:55:00 2015-06-29 16:10:00;'
claim 'K01 counts the girl once and the schoolboy once' \
    "$(lines "SELECT age_band, numerator FROM metrics.kpi_cell WHERE kpi = 'K01' AND month = '2015-06-01' ORDER BY age_band")" \
    '11-15 1;5-10 1;'
claim 'June is frozen as it stood' \
    "$(lines "SELECT age_band, numerator FROM metrics.frozen_cells WHERE kpi = 'K01' AND month = '2015-06-01' ORDER BY age_band")" \
    '11-15 1;5-10 1;'
claim 'the repeat of row 2 made no second receipt' \
    "$(lines "SELECT count(*) FROM intake.receipt WHERE agency_ref = 'M-1001'")" '1;'
claim 'every cell is the sum of the ids behind it' "$(cell_differences kent-2015)" ''
# What a sender hears of its notification, when it asks.
standing() # reference, filter
{
    curl -s -H "Waymark-Authority: $authority" "$WAYMARK_INTAKE/v1/notifications/$(sql \
        "SELECT item_id FROM intake.receipt WHERE agency_ref = '$1'")" | jq -rc "$2"
}
claim 'the police hear that the girl'"'"'s notice is decided, by whom and that it was seen' \
    "$(standing M-1001 '[.state, .answer, .outcome, .held_by.unit, .seen_by_person, .state_known]')" \
    '["decided","outcome","single_agency","maidstone-1",true,true]'
claim 'when it was decided, and whom to phone' \
    "$(standing M-1001 '[.decided_at, .held_by.phone]')" \
    '["2015-06-26T06:12:05.000Z","01632 960001"]'
claim 'the school hears of the outcome that its referral had in the end' \
    "$(standing S-77 '[.state, .decided_at, .outcome, .seen_by_person]')" \
    '["decided","2015-06-26T10:05:00.000Z","eh_intensive",true]'
claim 'waymark receipt says the same' \
    "$(build/bin/waymark receipt --authority "$authority" "$(sql \
        "SELECT item_id FROM intake.receipt WHERE agency_ref = 'S-77'")" | tr '\n' ';')" \
    'received 2015-06-26T09:20:00.000Z from school-oakfield, reference S-77;decided 2015-06-26T10:05:00.000Z: outcome eh_intensive;held by swale-1, phone 01632 960001;a person has seen it;'
claim 'intake may read two views of the others, and nothing else of theirs' \
    "$(lines "SELECT n.nspname || '.' || c.relname FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('triage', 'tracker', 'metrics') AND c.relkind IN ('r', 'v')
        AND has_schema_privilege('waymark_intake', n.oid, 'USAGE')
        AND has_table_privilege('waymark_intake', c.oid, 'SELECT') ORDER BY 1")" \
    'tracker.receipt_state;triage.receipt_state;'
refs=$(sql "SELECT agency_id || '/' || agency_ref FROM triage.decision WHERE rule_id <> 'W12' ORDER BY recorded_at")
claim 'why names child, rule and version of each notification of the day' \
    "$(for ref in $refs; do build/bin/waymark why "$ref" --authority "$authority" | grep -cE '^child_id +[0-9a-f-]{36}$|<- decides$|^profile_version +kent-2015@'; done | sort | uniq -c | tr -s ' ')" \
    " $(wc -w <<<"$refs") 3"
claim 'and each comes out the same by the stored version' \
    "$(for ref in $refs; do build/bin/waymark why "$ref" --authority "$authority" --replay | tail -n 1; done | sort | uniq -c | tr -s ' ')" \
    " $(wc -w <<<"$refs") replay: same"
claim 'the replay of the log through the cores gives the same' \
    "$(build/bin/waymark reconcile --authority kent-2015 2>/dev/null | tail -n 1)" \
    'reconcile: 0 differences'
jq -c 'select(.body.kind? == "school_referral" and .body.agency_ref == "S-77") | .body | .agency_ref = "S-78"' demo/day.ndjson |
    post /v1/notifications >/dev/null
is_waiting() { [ "$(standing S-78 .state)" = waiting ]; }
await 20 is_waiting
claim 'what rules proposed waits for a person' \
    "$(standing S-78 '[.state, .seen_by_person, .held_by, .outcome]')" \
    '["waiting",false,{"phone":"01632 960001"},null]'
# Somebody holds tracker's table: intake answers what it knows.
psql -qAtX -c 'BEGIN; LOCK tracker.referral; SELECT pg_sleep(4)' >/dev/null &
holder=$!
is_locked() { [ "$(sql "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock'
    AND relation = 'tracker.referral'::regclass AND granted")" = 1 ]; }
await 20 is_locked
before=$(date +%s%N)
claim 'where tracker is slow the receipt says what is known' \
    "$(standing S-77 '[.state, .state_known, .agency_ref, .held_by.phone]')" \
    '["received",false,"S-77","01632 960001"]'
claim 'and within two seconds' "$((($(date +%s%N) - before) / 2000000000))" 0
wait "$holder" || :
is_decided() { [ "$(standing S-77 .state)" = decided ]; }
await 20 is_decided
claim 'afterwards it is asked again' "$(standing S-77 .state)" decided

# Names stand in triage's tables, nowhere else.
claim 'triage knows the names' \
    "$(pg_dump --data-only --schema=triage | grep -caE 'Testgirl|Testboy' | awk '{ print ($1 > 0) }')" 1
claim 'each notification has a key of its own, and so has what was said of an activity' \
    "$(lines "SELECT bool_and(key_id IS NOT NULL) FILTER (WHERE item_kind = 'notification'), count(key_id) = count(DISTINCT key_id) FROM intake.receipt")" 't t;'
for topic in notifications receipts casework case-journal alerts feedback dead-letters; do
    claim "no name is on the topic $topic" \
        "$(kcat -C -e -q -b "$WAYMARK_KAFKA" -t "$topic" -p 1 2>/dev/null | grep -caE 'Testgirl|Testboy|Alpha|Bravo|Charlie' || :)" 0
done
for schema in intake tracker metrics; do
    claim "no name is in the tables of $schema" \
        "$(pg_dump --data-only --schema=$schema | grep -caE 'Testgirl|Testboy|Alpha|Bravo|Charlie' || :)" 0
done
claim 'no name is in the logs' \
    "$(grep -chE 'Testgirl|Testboy|Alpha|Bravo|Charlie' var/bed/"$WAYMARK_BED"/services/*.log | awk '{ s += $1 } END { print s }')" 0
claims_end sample-day
