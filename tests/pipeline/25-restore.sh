#!/bin/bash
# 25-restore.sh: PostgreSQL is put back to a base backup while the log has gone
# on: every service that writes refuses to start; `waymark recover` takes the
# log's records back in, byte for byte, and everything goes on.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/shard.sh
. tests/lib/shard.sh

intake_start() # instance
{
    start "$1" intake WAYMARK_CALENDARS=calendars \
        WAYMARK_INTAKE_HASH_KEY=only-for-tests-0123456789 \
        WAYMARK_CLOCK_TICK_MS=200 WAYMARK_AUTHORITIES=demo-live
}

intake_up()
{
    intake_start intake
    until_true 20 'intake is up' log_has intake service_up
    url=http://$(log_of intake service_up | sed 's/.*"listen":"\([^"]*\)".*/\1/')
    until_true 20 'intake is ready' curl -sf -o /dev/null "$url/readyz"
}

post() # from to: the ids that were answered, sorted
{
    local i
    for i in $(seq "$1" "$2"); do
        printf '{"agency_id":"school-oakfield","agency_ref":"R-%s","kind":"school_referral","sent_at":"2015-06-26T10:20:00Z","child":{"forename":"Testchild","surname":"Alpha%s","dob":"2006-03-01"}}\n' \
            "$i" "$i"
    done | curl -s --max-time 60 -H 'Content-Type: application/x-ndjson' \
        -H 'Waymark-Authority: demo-live' --data-binary @- \
        "$url/v1/notifications" |
        jq -r '.[] | select(.status == 202 or .status == 200) | .body.notification_id // .notification_id // .id' | sort
}

all_level()
{
    is_level tracker casework triage && is_level triage case-journal tracker &&
        is_level metrics casework triage && is_level metrics alerts tracker &&
        is_level metrics case-journal tracker && is_confirmed triage &&
        is_confirmed tracker
}

through() # number: the last notification is decided, and all know of it
{
    until_true 30 "triage reads $1" has_read triage notifications intake "$1"
    until_true 30 'all are level' all_level
}

turn() { sql "SELECT turn FROM $1.shard WHERE shard = $shard"; }

recovered() # service: exit code and what it says
{
    waymark recover --service "$1" --authority "$authority" --lease-ms 1000 \
        >"$shard_work/recover.out" 2>&1
    echo $?
}

start triage triage
start tracker tracker
start metrics metrics
load 300
through "$last"
intake_up
before=$(post 1 40)
testbed/bed.sh base-backup "$WAYMARK_BED" "$shard_work/base" >/dev/null 2>&1 ||
    fail 'the base backup'
after=$(post 41 100)
plant good:60 garbage good null stranger good:20 time value good:80 value time
through "$planted"
letters=$(sql "SELECT sequence FROM triage.out_seq WHERE shard = $shard AND topic = 'dead-letters'")
stop triage tracker metrics # intake lives on
testbed/bed.sh restore "$WAYMARK_BED" "$shard_work/base" >/dev/null 2>&1 ||
    fail 'the restore'

for service in triage tracker; do
    start $service $service
    reap $service 20
    claim "$service refuses to start: the log is ahead" "$exit_code" 13
    claim "$service says which numbers" \
        "$(log_of $service shard_stopped | grep -c 'holds our [0-9]*, the database has given out [0-9]*')" 1
done

# A database that would give other bytes changes nothing.
at=$(turn triage)
sql "UPDATE triage.config SET version = version || '-other' WHERE shard = $shard AND config_kind = 'profile'"
claim 'what differs from the log ends recover with 1' "$(recovered triage)" 1
claim 'and it says which record' \
    "$(grep -c "differs: .*our [0-9]* in the log" "$shard_work/recover.out")" 1
claim 'and no turn became true' "$(turn triage)" "$at"
sql "UPDATE triage.config SET version = replace(version, '-other', '') WHERE shard = $shard"

begun=$(now_ms)
for service in triage tracker; do
    claim "the records of $service are taken back in" "$(recovered $service)" 0
    cat "$shard_work/recover.out"
done
echo "recover of both: $(($(now_ms) - begun)) ms"
claim 'dead letters among them' \
    "$(sql "SELECT sequence FROM triage.out_seq WHERE shard = $shard AND topic = 'dead-letters'")" "$letters"
claim 'once more there is nothing to do' \
    "$(recovered triage) $(grep -c ' 0 turns of 0 inputs' "$shard_work/recover.out")" '0 1'

start triage triage
start tracker tracker
start metrics metrics
plant good:30 time
through "$planted"
for service in triage tracker metrics; do
    claim "the replay of $service agrees with the log" \
        "$(reconciled $service)" 'reconcile: 0 differences'
done
claim 'all notifications are decided once' \
    "$(sql "SELECT count(DISTINCT notification_id) FROM triage.decision WHERE shard = $shard")" 491

authority=demo-live shard=4
claim 'an intake that lived through it accepts nothing' "$(post 101 105)" ''
claim 'and says why' "$(log_of intake append_fails | grep -c '"code":"restore"')" 1
intake_start second
reap second 20
claim 'one that starts refuses: the log is ahead' "$exit_code" 13
claim "intake's receipts are rebuilt" "$(recovered intake)" 0
cat "$shard_work/recover.out"
claim 'each of them' \
    "$(sql 'SELECT count(*) FROM intake.receipt WHERE shard = 4')" 100
until_true 20 'intake accepts again' curl -sf -o /dev/null "$url/readyz"
claim 'what was sent again is known, under the same ids' \
    "$(post 1 100)" "$(printf '%s\n%s\n' "$before" "$after" | sort)"
post 101 110 >/dev/null
until_true 20 'intake publishes' is_confirmed intake
claim 'the log of intake agrees with its receipts' \
    "$(reconciled intake)" 'reconcile: 0 differences'
stop triage tracker metrics intake
claims_end restore
