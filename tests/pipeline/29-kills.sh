#!/bin/bash
# 29-kills.sh: a record whose step ends the process each time does so no more
# than six times: then its authority stops and says where, the others of the
# process go on, and a mended program reads on.
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

start triage triage $both
until_true 20 'both are owned' log_has triage shard_owned 2
stop triage
claim 'a clean end leaves nothing behind' "$(sql 'SELECT count(*) FROM triage.life')" 0
load 50
die 3
claim 'deaths behind one turn are counted' "$(life $shard 'deaths, doing')" '2|'
die 1
claim 'then it says that it takes care' "$(log_of triage shard_careful | grep -c '"deaths":"3"')" 1
claim 'and where it reads' "$(life $shard doing | grep -c '^notifications@0 case-journal@0$')" 1
die 2
claim 'who dies with it is not to blame' "$(life 6 'deaths, doing')" '3|'
start triage triage $both
until_true 20 'the shard stops' log_has triage shard_stopped
claim 'the seventh start stops it' \
    "$(log_of triage shard_stopped | grep -o '"code":"kills","exit":"15"')" \
    '"code":"kills","exit":"15"'
claim 'and says where' "$(log_of triage shard_stopped |
    grep -o 'died 6 times in the turn behind 0, the last time reading notifications@0')" \
    'died 6 times in the turn behind 0, the last time reading notifications@0'
until_true 20 'the other authority goes on' \
    eval '[ "$(sql "SELECT owner FROM triage.shard WHERE shard = 6")" = triage ]'
claim 'status says which' "$(status)" '1 [["bench-1","kills"]]'
claim 'the process lives' "$(is_gone triage && echo gone)" ''
reap triage 20 TERM
claim 'its exit code names it' "$exit_code" 15
start triage triage $both # mended: it does not die
until_true 20 'a mended one reads on' has_read triage notifications intake "$last"
claim 'it began with care' "$(log_of triage shard_careful | grep -c '"deaths":"3"')" 1
claim 'status is clear' "$(status)" '0 []'
stop triage
claim 'and nothing is left of it' "$(sql 'SELECT count(*) FROM triage.life')" 0
claim 'the replay agrees with the log' "$(reconciled triage)" 'reconcile: 0 differences'
claims_end kills
