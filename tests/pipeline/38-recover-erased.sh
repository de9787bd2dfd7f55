#!/bin/bash
# 38-recover-erased.sh: triage's database is gone, and of some whom the log tells
# of the keys are erased. `waymark recover` takes what was decided about them
# from the log, and everything goes on.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/shard.sh
. tests/lib/shard.sh

authority=demo-live shard=4

url() { echo "http://$(log_of intake service_up | sed 's/.*"listen":"\([^"]*\)".*/\1/')"; }
is_ready() { curl -sf -o /dev/null "$(url)/readyz"; }

post() # path; body on standard input: the id that it got
{
    curl -sS -m 20 -H 'Content-Type: application/json' \
        -H "Waymark-Authority: $authority" --data-binary @- "$(url)$1" |
        jq -r '.id // .'
}

child() # ref forename surname dob [members of the child [of the message]]
{
    printf '{"agency_id":"school-oakfield","agency_ref":"%s","kind":"school_referral","sent_at":"%s","child":{"forename":"%s","surname":"%s","dob":"%s"%s}%s}' \
        "$1" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$2" "$3" "$4" "${5:-}" "${6:-}" |
        post /v1/notifications
}

screen() # ref
{
    printf '{"agency_id":"early-help","agency_ref":"S-%s","notification":{"agency_id":"school-oakfield","agency_ref":"%s"},"level":3,"csc_threshold":"not_met","harm":"none","by":"Screener Alpha"}' \
        "$1" "$1" | post /v1/screenings
}

# All that intake has said until now was heard and said on by both.
heard() # instant
{
    [ "$(sql "SELECT count(*) = 3 AND bool_and(heard >= '$1') FROM (
        SELECT heard FROM triage.in_mark WHERE shard = $shard UNION ALL
        SELECT heard FROM tracker.in_mark WHERE shard = $shard) m")" = t ]
}
settle() { until_true 30 'all are level' heard "$(sql 'SELECT clock_timestamp()')"; }

# What was decided, but for what only the person could tell.
decided()
{
    sql "SELECT d.notification_id, d.child_id, d.outcome, d.rule_outcome,
        d.status, d.rule_id, d.hits, d.actions, d.inputs, d.ask, d.unit,
        d.locality, d.age_band, d.need_count, d.decisions, d.decision_id,
        d.match_status, d.match_step, s.pending, s.effect, s.referral_of
        FROM triage.decision d JOIN triage.standing s USING (shard, notification_id)
        WHERE d.shard = $shard ORDER BY 1"
    sql "SELECT child_id, told_by, surname, merged_into FROM triage.child WHERE shard = $shard ORDER BY 1"
    sql "SELECT notification_id, child_id, step, resolved_at FROM triage.match_review WHERE shard = $shard ORDER BY 1"
}

recovered() # its exit code
{
    waymark recover --service triage --authority $authority --lease-ms 1000 \
        >"$shard_work/recover.out" 2>&1
    echo $?
}

start intake intake WAYMARK_CALENDARS=calendars WAYMARK_AUTH=open \
    WAYMARK_INTAKE_HASH_KEY=only-for-tests-0123456789 WAYMARK_CLOCK_TICK_MS=200
until_true 20 'intake is up' log_has intake service_up
until_true 20 'intake is ready' is_ready
start triage triage
start tracker tracker

# Of one child two agencies' messages tell; one of them is erased first.
one=$(child E-1 Testchild Quokka 2008-03-04 ',"nhs_number":"9434765919","postcode":"CT1 1AA"')
same=$(child E-2 Testchild Quokka 2008-03-04 ',"nhs_number":"9434765919","postcode":"CT1 1AA"')
twin=$(child E-3 Otherchild Quokka 2008-03-04 ',"postcode":"CT1 1AA"')
alone=$(child E-4 Testchild Numbat 2012-07-08 ',"postcode":"CT1 1AA","sex":"F"')
child E-5 Testchild Bravo 2009-05-06 >/dev/null
settle
screen E-1 >/dev/null
screen E-4 >/dev/null
settle
claim 'two told of one child, and a twin is told apart' \
    "$(sql "SELECT count(DISTINCT child_id) FROM triage.decision WHERE notification_id IN ('$one', '$same', '$twin')")" 2
for id in "$one" "$alone"; do
    WAYMARK_INTAKE=$(url) waymark erase "$id" --authority $authority \
        --by 'Officer Alpha' --second 'Officer Bravo' >/dev/null || fail 'to erase'
done
child E-6 Testchild Charlie 2010-07-08 >/dev/null
settle
decided >"$shard_work/before"
claim 'one of them is a child without a name' \
    "$(grep -c '|0||' "$shard_work/before")" 1
claim 'six decisions stand, screened ones among them' \
    "$(sql "SELECT count(*), count(screened_by) FROM triage.decision WHERE shard = $shard") $(grep -c "^$one|" "$shard_work/before")" '6|2 1'
stop triage tracker

sql 'DROP SCHEMA triage CASCADE; CREATE SCHEMA triage' || fail 'an empty schema'
start triage triage
reap triage 20
claim 'triage refuses to start: the log is ahead' "$exit_code" 13
claim 'recover takes in what the log says was decided' "$(recovered)" 0
cat "$shard_work/recover.out"
decided >"$shard_work/after"
claim 'all is decided as it was' \
    "$(diff "$shard_work/before" "$shard_work/after" | head -n 8)" ''
claim 'once more there is nothing to do' \
    "$(recovered) $(grep -c ' 0 turns of 0 inputs' "$shard_work/recover.out")" '0 1'

start triage triage
start tracker tracker
again=$(child E-7 Testchild Quokka 2008-03-04 ',"nhs_number":"9434765919"')
new=$(child E-8 Testchild Delta 2011-02-03)
settle
claim 'who is told of again is found by what others told' \
    "$(sql "SELECT count(DISTINCT child_id) FROM triage.decision WHERE notification_id IN ('$one', '$again')")" 1
claim 'and another child goes on to a case' \
    "$(sql "SELECT count(*) FROM tracker.cases c JOIN triage.decision d USING (shard, child_id) WHERE d.notification_id = '$new'")" 1
claim 'the checker declares what the erasures took, and finds nothing else' \
    "$(reconciled triage | sed 's/, [0-9]* declared/, some declared/')" \
    'reconcile: 0 differences, some declared'
claim 'tracker, too' "$(reconciled tracker)" 'reconcile: 0 differences'
stop triage tracker intake
claims_end recover-erased
