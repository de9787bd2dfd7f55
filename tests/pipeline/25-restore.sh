#!/bin/bash
# 25-restore.sh: PostgreSQL is put back to a base backup while the log has gone
# on: every service that writes refuses to start; `waymark recover` takes the
# log's records back in, byte for byte, and everything goes on.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/shard.sh
. tests/lib/shard.sh

intake_start() # instance [KEY=VALUE...]
{
    local instance=$1
    shift
    start "$instance" intake WAYMARK_CALENDARS=calendars \
        WAYMARK_INTAKE_HASH_KEY=only-for-tests-0123456789 WAYMARK_AUTH=open \
        WAYMARK_CLOCK_TICK_MS=200 WAYMARK_AUTHORITIES=demo-live "$@"
}

url_of() # instance
{
    echo "http://$(log_of "$1" service_up | sed 's/.*"listen":"\([^"]*\)".*/\1/')"
}

is_ready() { curl -sf -o /dev/null "$(url_of "$1")/readyz"; } # instance

intake_up() # instance
{
    intake_start "$1"
    until_true 20 "$1 is up" log_has "$1" service_up
    until_true 20 "$1 is ready" is_ready "$1"
}

referrals() # from to
{
    local i
    for i in $(seq "$1" "$2"); do
        printf '{"agency_id":"school-oakfield","agency_ref":"R-%s","kind":"school_referral","sent_at":"2015-06-26T10:20:00Z","child":{"forename":"Testchild","surname":"Alpha%s","dob":"2006-03-01"}}\n' \
            "$i" "$i"
    done
}

send() # instance: what stands on standard input; the answer's body
{
    curl -s --max-time 60 -H 'Content-Type: application/x-ndjson' \
        -H 'Waymark-Authority: demo-live' --data-binary @- \
        "$(url_of "$1")/v1/notifications"
}

post() # from to: the ids that were answered, sorted
{
    referrals "$1" "$2" | send intake |
        jq -r '.[] | select(.status == 202 or .status == 200) | .body.notification_id // .notification_id // .id' | sort
}

answers() # instance: what two posts are answered with
{
    referrals 101 102 | send "$1" |
        jq -r '[.[] | "\(.status) \(.code)"] | unique | join(", ")'
}

stopped_metric() # instance
{
    curl -s "$(url_of "$1")/metrics" | grep '^waymark_shard_stopped'
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
intake_up intake
intake_up idle # hears nothing until the database is older
before=$(post 1 40)
testbed/bed.sh base-backup "$WAYMARK_BED" "$shard_work/base" >/dev/null 2>&1 ||
    fail 'the base backup'
after=$(post 41 100)
plant good:60 garbage good null stranger good:20 time value good:80 value time
through "$planted"
letters=$(sql "SELECT sequence FROM triage.out_seq WHERE shard = $shard AND topic = 'dead-letters'")
stop triage tracker metrics # intake lives on
erased=$(sed -n 3p <<<"$after")
claim 'a person is erased after the backup' \
    "$(WAYMARK_INTAKE=$(url_of intake) waymark erase "$erased" --authority demo-live \
        --by 'Officer Alpha' --second 'Officer Bravo' | grep -o '^[^ ]*: erased')" \
    "$erased: erased"
shard=4
until_true 20 'intake publishes' is_confirmed intake
shard=5
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
# The first words over a connection that broke are "not_ready".
answers intake >/dev/null
answers idle >/dev/null
claim 'an intake that lived through it accepts nothing' \
    "$(answers intake)" '503 restore'
claim 'nor does one that has heard nothing since the backup' \
    "$(answers idle)" '503 restore'
claim 'both say why' \
    "$(log_of intake append_fails | grep -c '"code":"restore"') $(log_of idle append_fails | grep -c '"code":"restore"')" '1 1'
claim 'who publishes waits before he says anything' \
    "$(cat "$shard_work"/{intake,idle}.log | grep shard_waits | tail -n 1 | grep -c 'code":"restore".*notifications holds our')" 1
intake_stops()
{
    waymark status --json --authority demo-live |
        jq -r '[.stopped[] | select(.service == "intake") | .stopped] | unique | join(",")'
}
claim 'status shows it, too' "$(intake_stops)" restore
claim 'the metric names the code' "$(stopped_metric idle)" \
    'waymark_shard_stopped{service="intake",authority="demo-live",code="restore"} 1'
intake_start second
reap second 20
claim 'one that starts refuses: the log is ahead' "$exit_code" 13

intake_start both WAYMARK_AUTHORITIES=kent-2015,demo-live
until_true 20 'one authority is refused' log_has both shard_refused
time_at() # instance
{
    curl -s -o /dev/null -w '%{http_code}' -H 'Waymark-Authority: kent-2015' \
        -H 'Content-Type: application/json' --data-binary \
        '{"at":"2015-06-26T10:20:00Z"}' "$(url_of "$1")/v1/time"
}
claim 'beside another authority it alone is refused' \
    "$(answers both), time of the other $(time_at both)" \
    '503 restore, time of the other 202'
claim 'and named' "$(stopped_metric both)" "$(stopped_metric idle)"
claim "intake's receipts are rebuilt" "$(recovered intake)" 0
cat "$shard_work/recover.out"
claim 'and no key is lost' "$(grep -c 'have no key' "$shard_work/recover.out")" 0
claim 'but that of whom was erased since, once more' \
    "$(sql "SELECT erased_by, e.key_id = r.key_id FROM intake.person_key_erased e
        JOIN intake.receipt r USING (shard, key_id) WHERE item_id = '$erased'")" \
    'Officer Alpha|t'
claim 'the checker opens what was sealed after the backup' \
    "$(reconciled intake)" 'reconcile: 0 differences'
claim 'each has its receipt' \
    "$(sql 'SELECT count(*) FROM intake.receipt WHERE shard = 4')" 100
for instance in intake idle both; do
    until_true 20 "$instance accepts again" is_ready "$instance"
done
claim 'the metric is gone' "$(stopped_metric idle)" ''
claim 'and status is clear of those that live' \
    "$(sql "SELECT count(*) FROM intake.life WHERE instance IN ('intake', 'idle', 'both') AND code IS NOT NULL")" 0
stop idle both
claim 'what was sent again is known, under the same ids' \
    "$(post 1 100)" "$(printf '%s\n%s\n' "$before" "$after" | sort)"
post 101 110 >/dev/null
until_true 20 'intake publishes' is_confirmed intake
claim 'the log of intake agrees with its receipts' \
    "$(reconciled intake)" 'reconcile: 0 differences'
stop triage tracker metrics intake

# What the database or the log holds otherwise is a fork: recover only says so.
recover_says() # what is expected
{
    local code turn
    turn=$(turn intake)
    code=$(recovered intake)
    claim "recover: $1" \
        "$code $(grep -o "$1" "$shard_work/recover.out") $(turn intake)" \
        "1 $1 $turn"
}

claim 'with nothing to do recover says so' \
    "$(recovered intake) $(grep -c ' 0 turns of 0 inputs' "$shard_work/recover.out")" '0 1'
changed() # table, what it is set to, its rows: another way, and back
{
    local at
    at=$(sql "CREATE TABLE intake.kept AS SELECT * FROM intake.$1 WHERE $3;
        UPDATE intake.$1 SET $2 WHERE $3; SELECT count(*) FROM intake.kept")
    [ "$at" = 1 ] || fail "one row of $1"
}
back() # table, its rows
{
    sql "DELETE FROM intake.$1 WHERE $2; INSERT INTO intake.$1
        SELECT * FROM intake.kept; DROP TABLE intake.kept"
}
row="shard = 4 AND agency_ref = 'R-20'"
at=$(sql "SELECT sequence FROM intake.receipt WHERE $row")
changed receipt "content_hash = '\\x00'" "$row"
recover_says "fork: notifications: the receipt of $at is not that of the log's record"
back receipt "$row"
sql "CREATE TABLE intake.kept AS SELECT * FROM intake.receipt WHERE $row; DELETE FROM intake.receipt WHERE $row"
recover_says "fork: notifications: $at has no receipt"
back receipt "$row"
row="shard = 4 AND turn = (SELECT min(turn) FROM intake.outbox WHERE shard = 4)"
changed outbox 'block = set_byte(block, 22, get_byte(block, 22) # 1)' "$row"
recover_says 'fork: notifications: 1 in the log is not what the outbox has'
back outbox "$row"
row="shard = 4 AND topic = 'receipts'"
changed out_seq 'chain = chain # 1' "$row"
at=$(sql "SELECT sequence FROM intake.out_seq WHERE $row")
recover_says "fork: receipts: $at in the log is not what the database gave out"
back out_seq "$row"
claim 'with all as it was there is nothing to do' "$(recovered intake)" 0

# A former release gave numbers out again after a restore: both are in the log.
"$build/tests/pipeline/plant" --kafka "$WAYMARK_KAFKA" --authority 4 --from 50 \
    good:7 >/dev/null || fail 'to plant'
recover_says "fork: notifications: the log has two records for 51 and up to 57, 7 of them"
claims_end restore
