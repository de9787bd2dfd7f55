#!/bin/bash
# 36-import.sh: an authority begins. Its children and open cases come from a
# sheet with their true days: no alert fires for what had passed, which is
# listed instead; bad rows are refused one by one; the same sheet again makes no
# second child and no second case; replay, recovery and rebuilding agree.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
# shellcheck source=tests/lib/services.sh
. tests/lib/services.sh
waymark=build/bin/waymark
authority=demo-live shard=4
services_up $authority WAYMARK_CLOCK_TICK_MS=200

sql() { psql -qAtX -F ' ' -v ON_ERROR_STOP=1 -c "$1"; }
lines() { sql "$1" | tr '\n' ';'; }
ago() { date -u -d "$1 days ago" +%Y-%m-%d; }
sent=$(date -u +%Y-%m-%dT00:00:00Z)

# What an authority's own system gives: help with a review that is late, one that
# nobody has taken on, a plan of child protection, a child without a case, the
# same child on the other side; and six rows that can't be.
cat >"$work/cases.csv" <<END
agency_id,agency_ref,sent_at,child.forename,child.surname,child.dob,child.la_child_id,consent,side,outcome,csc_status,unit,worker,opened_on,allocated_on,assessment_started_on,assessment_completed_on,plan_agreed_on,review_held_on,contact_on,tracker_reviewed_on,icpc_held_on,core_group_held_on,cp_review_held_on
early-help,EH-1,$sent,Testchild,Alpha,2012-03-01,A1,given,eh,eh_intensive,,swale-1,worker-1,$(ago 170),$(ago 169),$(ago 165),$(ago 151),$(ago 150),$(ago 120),$(ago 10),$(ago 20),,,
early-help,EH-2,$sent,Testchild,Bravo,2013-04-02,A2,given,eh,single_agency,,swale-1,,$(ago 60),,,,,,,,,,
social-care,SC-1,$sent,Testchild,Charlie,2014-05-03,A3,,csc,social_care_referral,cp,duty-team,worker-2,$(ago 400),$(ago 399),$(ago 398),$(ago 370),$(ago 369),$(ago 300),$(ago 5),$(ago 6),$(ago 360),$(ago 350),$(ago 100)
early-help,EH-3,$sent,Testchild,Delta,2015-06-04,A4,,,,,,,,,,,,,,,,,
social-care,SC-2,$sent,Testchild,Alpha,2012-03-01,A1,,csc,social_care_referral,open,duty-team,worker-2,$(ago 90),$(ago 89),,,,,$(ago 3),$(ago 4),,,
early-help,B-1,$sent,Testchild,Echo,2015-06-05,A5,,eh,eh_intensive,,swale-1,worker-1,$(ago 60),,,,,,,,,,
early-help,B-2,$sent,Testchild,Foxtrot,2015-06-06,A6,,eh,eh_intensive,,swale-1,worker-1,$(ago 60),$(ago 61),,,,,,,,,
early-help,B-3,$sent,Testchild,Golf,2015-06-07,A7,,eh,social_care_referral,,swale-1,,$(ago 60),,,,,,,,,,
early-help,B-4,$sent,Testchild,Hotel,2015-06-08,A8,,eh,caf_taf,,swale-1,,$(ago -2),,,,,,,,,,
school-oakfield,B-5,$sent,Testchild,India,2015-06-09,A9,,,,,,,,,,,,,,,,,
early-help,B-6,$sent,,,,,,,,,,,,,,,,,,,,,
END
import() # file...: what intake says of each row
{
    "$waymark" import "$@" --by 'Officer Alpha' --second 'Officer Bravo' \
        --authority $authority --rejected "$work/mend.csv" 2>"$work/said" |
        jq -r '"\(.row) \(.status) \(.agency_ref // "-") \(if .repeated then "repeated" else "" end) \([.errors[]? | .code + " " + .column] | join(","))"' |
        tr -s ' '
}
claim 'two people sign' \
    "$("$waymark" import "$work/cases.csv" --by 'Officer Alpha' 2>&1 >/dev/null | tail -n 1)" \
    'waymark import: want --by NAME and --second NAME: two people'
claim 'who are two' \
    "$("$waymark" import "$work/cases.csv" --by 'Officer Alpha' --second ' officer alpha' --authority $authority 2>/dev/null | jq -r '[.errors[].code] | index("R18") != null' | sort | uniq -c | tr -s ' ')" \
    ' 11 true'
testbed/bed.sh base-backup "$WAYMARK_BED" "$work/base" >/dev/null 2>&1 || exit 1
import "$work/cases.csv" >"$work/rows"
claim 'good rows are taken, bad ones refused one by one, with codes and columns' "$(cat "$work/rows")" "2 202 EH-1 
3 202 EH-2 
4 202 SC-1 
5 202 EH-3 
6 202 SC-2 
7 422 - R03 allocated_on
8 422 - R03 allocated_on
9 422 - R15 outcome
10 422 - R10 opened_on
11 422 - R02 kind
12 422 - R11 child"
claim 'and counted' "$(tail -n 1 "$work/said")" 'import: 5 accepted, 6 refused, 0 known before'
is_level() { [ "$(sql "SELECT count(*) FROM tracker.referral WHERE shard = $shard AND agency_ref ~ '^(EH|SC)'")" = "$1" ]; }
await 30 is_level 5
claim 'each case stands where its days put it' \
    "$(sql "SELECT d.agency_ref, c.side, c.state, coalesce(c.worker, '-'), (c.opened_at AT TIME ZONE 'Europe/London')::date FROM tracker.cases c JOIN triage.decisions d USING (shard, notification_id) ORDER BY 1")" \
    "EH-1 eh review worker-1 $(ago 170)
EH-2 eh unallocated - $(ago 60)
EH-3 eh closed - $(date -u +%Y-%m-%d)
SC-1 csc review worker-2 $(ago 400)
SC-2 csc allocated worker-2 $(ago 90)"
claim 'a child with two cases is one child' "$(sql "SELECT count(*) FROM triage.child WHERE shard = $shard")" 4
claim 'who is on both sides has a case on each' \
    "$(sql "SELECT count(DISTINCT child_id), count(*) FROM tracker.cases WHERE state NOT IN ('closed')")" '3 4'
claim 'no alert, no answer to anybody' \
    "$(sql "SELECT (SELECT count(*) FROM tracker.alert), (SELECT count(*) FROM tracker.referral WHERE answered_at IS NOT NULL)")" '0 0'
overdue() { "$waymark" import --overdue --authority $authority --json | jq -r '.[] | "\(.row) \(.rule) \(.due_on)"'; }
overdue >"$work/overdue"
claim 'what was overdue is listed once' "$(sort "$work/overdue" | cut -d ' ' -f 1-2 | tr '\n' ';')" \
    'EH-1 D06;EH-1 T14b;EH-2 D02;EH-2 L2;EH-2 T13;EH-2 T17;SC-1 D06;SC-1 T15;SC-1 T9b;SC-2 T2;'
claim 'a clock counts from its true day' \
    "$(sql "SELECT clock, (started_at AT TIME ZONE 'Europe/London')::date FROM tracker.clock k JOIN tracker.cases c ON c.case_id = k.subject_id JOIN triage.decisions d ON d.notification_id = c.notification_id WHERE d.agency_ref = 'SC-1' AND clock IN ('T6', 'T9b') AND k.state = 'started' ORDER BY 1")" \
    "T6 $(ago 100)
T9b $(ago 300)"

import "$work/cases.csv" >"$work/again"
claim 'the same sheet again is known' "$(grep -c ' 202 .* repeated' "$work/again")" 5
sed -e 's/,EH-1,/,EH-1b,/' "$work/cases.csv" | sed -n '1p;2p' >"$work/other.csv"
import "$work/other.csv" >/dev/null
await 30 is_level 6
claim 'the child under another reference, too: no second child, no second case' \
    "$(sql "SELECT (SELECT count(*) FROM triage.child), (SELECT count(*) FROM tracker.cases), (SELECT effect FROM tracker.referral WHERE agency_ref = 'EH-1b')")" '4 5 existing_case'
import "$work/cases.csv" >/dev/null # the refused rows, into mend.csv again
sed -i "s/,B-1,\(.*\),$(ago 60),,/,B-1,\1,$(ago 60),$(ago 59),/" "$work/mend.csv"
grep -E '^.?error|,B-1,' "$work/mend.csv" >"$work/mended.csv"
is_mended() { [ "$(sql "SELECT count(*) FROM tracker.referral WHERE shard = $shard AND agency_ref = 'B-1'")" = 1 ]; }
claim 'a refused row is mended in its file and taken' "$(import "$work/mended.csv" | cut -d ' ' -f 2-3)" '202 B-1'
await 30 is_mended

# Life goes on: the late review is held, and the next one is watched.
curl -sS -m 20 -H 'Content-Type: application/json' -H "Waymark-Authority: $authority" -d "{\"agency_id\":\"early-help\",\"agency_ref\":\"V-1\",\"activity\":\"review_held\",\"occurred_at\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\",\"by\":\"worker-1\",\"unit\":\"swale-1\",\"subject\":{\"notification\":{\"agency_id\":\"early-help\",\"agency_ref\":\"EH-1\"}}}" "$WAYMARK_INTAKE/v1/activities" >"$work/review"
is_reviewed() { [ "$(sql "SELECT count(*) FROM tracker.clock WHERE clock = 'T14b' AND state = 'started' AND started_at > now() - interval '1 hour'")" = 1 ]; }
await 30 is_reviewed
claim 'what has been done since is overdue no more' "$(overdue | grep -c 'EH-1 T14b')" 0
claim 'why says what it was' \
    "$("$waymark" why early-help/EH-1 --authority $authority | grep -c 'no rule was tried: GO_LIVE')" 1
metrics_level() { [ "$(sql "SELECT count(*) FROM metrics.fact_case WHERE shard = $shard")" -ge 6 ]; }
await 30 metrics_level
claim 'cases count from when they were opened; nothing was notified' \
    "$(sql "SELECT (SELECT count(*) FROM metrics.counted_notifications), (SELECT count(*) FROM metrics.counted_cases WHERE opened_month < date_trunc('month', now()))")" '0 5'
# Cases with all their days, their clocks, and who they are of.
brought() { sql "SELECT c FROM tracker.cases c ORDER BY c.case_id; SELECT k FROM tracker.clock k ORDER BY k.subject_id, k.clock; SELECT child FROM triage.child ORDER BY child_id"; }
testbed/services.sh down "$WAYMARK_BED"
brought >"$work/brought"
claim 'the checker replays it' \
    "$("$waymark" reconcile --authority $authority 2>"$work/rec" | tail -n 1)" 'reconcile: 0 differences'
claim 'all balances' "$("$waymark" balance --authority $authority >"$work/balance" 2>&1; echo $?)" 0

# The database as it was before the sheet: the log has the rest.
testbed/bed.sh restore "$WAYMARK_BED" "$work/base" >/dev/null 2>&1 || exit 1
claim 'the lost database has no case' "$(sql 'SELECT count(*) FROM tracker.cases')" 0
for service in intake triage tracker metrics; do
    claim "$service is recovered" \
        "$("$waymark" recover --service $service --authority $authority >"$work/recover" 2>&1; echo $?)" 0
done
brought >"$work/recovered"
claim 'cases, clocks and children are there again, byte by byte' \
    "$(cmp "$work/brought" "$work/recovered" && echo same) $(sql 'SELECT count(*) FROM tracker.cases')" 'same 6'
claim 'and the checker agrees' \
    "$("$waymark" reconcile --authority $authority 2>/dev/null | tail -n 1)" 'reconcile: 0 differences'
claims_end import
