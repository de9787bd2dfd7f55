#!/bin/bash
# 29-kills.sh: a record whose step ends the process each time does so no more
# than six times: then its authority stops and says where, the others of the
# process go on, and a mended program reads on, or two people put the record
# aside. Nobody reads it again, no checker and no recovery.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/shard.sh
. tests/lib/shard.sh

both=WAYMARK_AUTHORITIES=bench-1,bench-2
die() # times: it dies with the first batch in hand, before anything is true
{
    local i
    for i in $(seq "$1"); do
        start triage triage $both WAYMARK_CRASH_AT=loaded:1
        reap triage 20
        [ "$exit_code" -eq 137 ] || fail "death $i: $exit_code"
    done
}
life() { sql "SELECT $2 FROM triage.life WHERE shard = $1"; } # shard columns
status() # exit code, and what stopped
{
    local rc=0
    waymark status --json >"$shard_work/status" || rc=$?
    echo "$rc $(jq -c '[.stopped[] | [.authority, .stopped]]' "$shard_work/status")"
}

aside() # who agrees: exit code, and what it says
{
    local rc=0
    waymark dead-letters put-aside triage --authority "$authority" \
        --by 'Officer Alpha' --second "$1" >"$shard_work/aside" 2>&1 || rc=$?
    echo "$rc $(tail -n 1 "$shard_work/aside" | sed 's/^waymark dead-letters: //')"
}

start triage triage $both
until_true 20 'both are owned' log_has triage shard_owned 2
stop triage
claim 'a clean end leaves nothing behind' "$(sql 'SELECT count(*) FROM triage.life')" 0
load 50
die 3
claim 'deaths behind one turn are counted' "$(life $shard 'deaths, doing')" '2|'
die 1
claim 'then it says that it takes care' "$(log_of triage shard_careful | grep -c '"deaths":"3"')" 1
claim 'and where it reads' "$(life $shard doing | grep -c '^notifications:intake.1:1$')" 1
die 2
claim 'who dies with it is not to blame' "$(life 6 'deaths, doing')" '3|'
start triage triage $both
until_true 20 'the shard stops' log_has triage shard_stopped
claim 'the seventh start stops it' \
    "$(log_of triage shard_stopped | grep -o '"code":"kills","exit":"15"')" \
    '"code":"kills","exit":"15"'
claim 'and says where' "$(log_of triage shard_stopped |
    grep -o 'died 6 times in the turn behind 0, the last time reading notifications:intake.1:1')" \
    'died 6 times in the turn behind 0, the last time reading notifications:intake.1:1'
until_true 20 'the other authority goes on' \
    eval '[ "$(sql "SELECT owner FROM triage.shard WHERE shard = 6")" = triage ]'
claim 'status says which' "$(status)" '1 [["bench-1","kills"]]'
claim 'the process lives' "$(is_gone triage && echo gone)" ''
reap triage 20 TERM
claim 'its exit code names it' "$exit_code" 15
claim 'what brings a configuration is not put aside' "$(aside 'Officer Bravo')" \
    '1 kind: notifications:intake.1:1 is a ConfigActivated: nothing behind it is right without it'
start triage triage $both # mended: it does not die
until_true 20 'a mended one reads on' has_read triage notifications intake "$last"
claim 'it began with care' "$(log_of triage shard_careful | grep -c '"deaths":"3"')" 1
claim 'status is clear' "$(status)" '0 []'
stop triage
claim 'and nothing is left of it' "$(sql 'SELECT count(*) FROM triage.life')" 0
claim 'the replay agrees with the log' "$(reconciled triage)" 'reconcile: 0 differences'

claim 'nothing is put aside of what lives' "$(aside 'Officer Bravo')" \
    '1 alive: triage has not stopped for a record that kills it'
plant good:3
killer=$((planted - 2))
die 6
start triage triage $both
has_stopped() { [ "$(life $shard code)" = kills ]; }
until_true 20 'it stops for the first of three' has_stopped
reap triage 20 TERM
claim 'one person does not put it aside' "$(aside 'officer alpha')" \
    '2 want --by NAME and --second NAME: two people'
claim 'two people do' "$(aside 'Officer Bravo')" \
    "0 $authority: notifications:intake.1:$killer is dead letter triage:1"
claim 'once' "$(aside 'Officer Bravo' | cut -c 1-8)" '1 alive:'
claim 'the letter names them' \
    "$(waymark dead-letters list --authority "$authority" --json |
        jq -r '"\(.by) \(.number) \(.place) \(.code) \(.reason)"')" \
    "triage 1 notifications:intake.1:$killer kills 6 processes died of it; Officer Alpha and Officer Bravo put it aside"
start triage triage $both
until_true 20 'the rest is read' has_read triage notifications intake "$planted"
until_true 20 'all is confirmed' is_confirmed triage
claim 'and decided, but for it' \
    "$(sql "SELECT count(DISTINCT notification_id) FROM triage.decision WHERE shard = $shard")" 52
stop triage
claim 'the replay does not read it either' "$(reconciled triage)" 'reconcile: 0 differences'
sql 'DROP SCHEMA triage CASCADE'
start triage triage
reap triage 20
claim 'the log is ahead of an empty database' "$exit_code" 13
waymark recover --service triage --authority "$authority" >"$shard_work/recover" 2>&1
claim 'a recovery takes it in' "$(grep -o ' 0 that the service publishes' "$shard_work/recover")" \
    ' 0 that the service publishes'
claim 'unread' "$(given triage dead-letters) $(sql "SELECT count(DISTINCT notification_id)
    FROM triage.decision WHERE shard = $shard")" '1 52'
claim 'and its replay agrees with the log' "$(reconciled triage)" 'reconcile: 0 differences'
claims_end kills
