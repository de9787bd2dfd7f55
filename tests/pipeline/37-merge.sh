#!/bin/bash
# 37-merge.sh: a notification that might be about a known child waits for a
# person; who says at the door that it is the same child joins the two, and of
# two open cases the younger ends in the older; two people take them apart
# again, and both children are as they were, byte by byte. The checker replays
# it, and recovery brings back what a lost database had of it.
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
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
post() # path body: the receipt's id, or the answer
{
    curl -sS -m 20 -H 'Content-Type: application/json' \
        -H "Waymark-Authority: $authority" -d "$2" "$WAYMARK_INTAKE$1" | jq -r '.id // .'
}
# A referral whose screening asks for help: an open case.
child() # ref NHS number
{
    post /v1/notifications "{\"agency_id\":\"school-oakfield\",\"agency_ref\":\"$1\",\"kind\":\"school_referral\",\"sent_at\":\"$(now)\",\"harm\":\"none\",\"needs\":[\"c_attendance\"],\"child\":{\"forename\":\"Testchild\",\"surname\":\"Alpha\",\"dob\":\"2010-03-01\",\"nhs_number\":\"$2\",\"sex\":\"F\",\"address\":\"1 Example Street\",\"postcode\":\"CT1 1AA\"}}"
}
screen() # ref
{
    post /v1/screenings "{\"agency_id\":\"early-help\",\"agency_ref\":\"S-$1\",\"notification\":{\"agency_id\":\"school-oakfield\",\"agency_ref\":\"$1\"},\"level\":3,\"csc_threshold\":\"not_met\",\"harm\":\"none\",\"by\":\"screener-1\"}" >/dev/null
}
resolve() # ref notification child [second]
{
    post /v1/matches "{\"agency_id\":\"early-help\",\"agency_ref\":\"$1\",\"notification_id\":\"$2\",\"child\":\"$3\",\"reason\":\"The school knows no other child.\",\"by\":\"screener-1\"${4:+,\"second_by\":\"$4\"}}"
}
child_of() { sql "SELECT child_id FROM triage.decision WHERE shard = $shard AND agency_ref = '$1'"; }
review_waits() { [ "$(sql "SELECT count(*) FROM triage.match_review WHERE shard = $shard AND resolved_at IS NULL")" = "$1" ]; }
is_open() { [ "$(sql "SELECT count(*) FROM tracker.cases WHERE shard = $shard AND state = 'unallocated'")" = "$1" ]; }
# All that triage keeps of the children, but for who stands for whom.
records() { sql "SELECT c FROM triage.child c WHERE shard = $shard ORDER BY child_id; SELECT i FROM triage.child_identifier i WHERE shard = $shard ORDER BY i; SELECT b FROM triage.child_block b WHERE shard = $shard ORDER BY b"; }
cases() { sql "SELECT c.child_id = c.first_child_id, d.agency_ref, c.state, c.unit FROM tracker.cases c JOIN triage.decisions d USING (shard, notification_id) ORDER BY 2"; }

child M-1 9990000123 >/dev/null
second=$(child M-2 9990000131) # all else agrees, the numbers don't
await 30 review_waits 1
claim 'who might be the same waits for a person, as a child of its own' \
    "$(sql "SELECT match_status FROM triage.decision WHERE agency_ref = 'M-2'") $(sql "SELECT count(*) FROM triage.child WHERE shard = $shard")" 'review 2'
claim 'and is watched: D19, 24 hours from then' \
    "$(sql "SELECT d.rule, round(extract(epoch FROM d.alert_due_at - r.opened_at)) FROM tracker.deadline d JOIN triage.match_review r ON r.notification_id = d.subject_id WHERE d.rule = 'D19'")" 'D19 86400'
screen M-1
screen M-2
await 30 is_open 2
a=$(child_of M-1) b=$(child_of M-2)
records >"$work/before"
claim 'two children, two cases' "$(cases)" $'t M-1 unallocated canterbury-1\nt M-2 unallocated canterbury-1'

testbed/bed.sh base-backup "$WAYMARK_BED" "$work/base" >/dev/null 2>&1 || exit 1
resolve R-1 "$second" "$a" >/dev/null
await 30 review_waits 0
is_joined() { [ "$(sql "SELECT count(*) FROM tracker.cases WHERE state = 'merged'")" = 1 ]; }
await 30 is_joined
claim 'one stands for both: the one first seen' \
    "$(sql "SELECT merged_into = '$a' FROM triage.child WHERE child_id = '$b'")" t
claim 'of two open cases the younger ends in the older' "$(cases)" $'t M-1 unallocated canterbury-1\nf M-2 merged canterbury-1'
claim 'its review is watched no more' "$(sql "SELECT count(*) FROM tracker.deadline WHERE rule = 'D19'")" 0
persons() { sql 'SELECT count(DISTINCT coalesce(person_id, child_id)) FROM metrics.fact_case LEFT JOIN metrics.child_person USING (shard, child_id)'; }
is_one() { [ "$(persons)" = 1 ]; }
await 30 is_one
claim 'metrics counts one person' "$(persons)" 1

refused() { sql "SELECT coalesce(max(sequence), 0) FROM triage.out_seq WHERE shard = $shard AND topic = 'dead-letters'"; }
is_refused() { [ "$(refused)" = 1 ]; }
resolve R-2 "$second" new >/dev/null
await 30 is_refused
claim 'one person alone does not take them apart' \
    "$(sql "SELECT merged_into IS NOT NULL FROM triage.child WHERE child_id = '$b'")" t
resolve R-3 "$second" new leader-1 >/dev/null
is_parted() { [ "$(sql "SELECT count(*) FROM triage.child WHERE merged_into IS NOT NULL")" = 0 ]; }
await 30 is_parted
records >"$work/after"
claim 'both are as they were, byte by byte' "$(cmp "$work/before" "$work/after" && echo same)" same
is_back() { [ "$(cases | grep -c '^t')" = 2 ]; }
await 30 is_back
claim 'the case is with its child again' "$(cases | cut -d ' ' -f 1-3)" $'t M-1 unallocated\nt M-2 unallocated'

# Once more, so that a join stands in the end.
resolve R-4 "$second" "$a" >/dev/null
await 30 is_joined
records >"$work/joined"
testbed/services.sh down "$WAYMARK_BED"
claim 'the checker replays joining and parting' \
    "$("$waymark" reconcile --authority $authority 2>/dev/null | tail -n 1)" 'reconcile: 0 differences'
claim 'all balances' "$("$waymark" balance --authority $authority >"$work/balance" 2>&1; echo $?)" 0

# The database as it was before anybody was joined: the log has the rest.
testbed/bed.sh restore "$WAYMARK_BED" "$work/base" >/dev/null 2>&1 || exit 1
claim 'the lost database knows of no join' "$(sql "SELECT count(*) FROM triage.child WHERE merged_into IS NOT NULL")" 0
for service in intake triage tracker metrics; do
    claim "$service is recovered" \
        "$("$waymark" recover --service $service --authority $authority >"$work/recover" 2>&1; echo $?)" 0
done
records >"$work/recovered"
claim 'the children are as the log has them, byte by byte' "$(cmp "$work/joined" "$work/recovered" && echo same)" same
claim 'the join is there again' "$(sql "SELECT merged_into = '$a' FROM triage.child WHERE child_id = '$b'")" t
claim 'and the checker agrees' \
    "$("$waymark" reconcile --authority $authority 2>/dev/null | tail -n 1)" 'reconcile: 0 differences'
claims_end merge
