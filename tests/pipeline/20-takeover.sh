#!/bin/bash
# 20-takeover.sh: two instances of a service share a shard by its lease: the
# other one takes over when the owner dies or sleeps, one that wakes finds
# itself out, one that comes back under its own name need not wait.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/shard.sh
. tests/lib/shard.sh

owns_triage() { owns "$1" triage; }
more_given() { [ "$(given triage casework)" -gt "$1" ]; }
left_shard() { # instance: it had the shard and is on standby again
    [ "$(grep -E 'shard_owned|shard_standby' "$shard_work/$1.log" | tail -n 1 |
        grep -c shard_standby)" = 1 ]
}

start a triage
until_true 20 'a owns the shard' owns_triage a
start b triage
until_true 20 'b stands by' log_has b shard_standby
load 200
until_true 20 'a has read all' has_read triage notifications intake "$last"

# The owner dies; its input goes on.
before=$(given triage casework)
died=$(now_ms)
reap a 5 KILL
plant good:20 time
until_true 10 'b goes on' more_given "$before"
silent=$(($(now_ms) - died))
echo "kill -9 to the first new output: $silent ms (lease 1000 ms)"
claim 'b owns the shard within the lease and a second' \
    "$([ $silent -le 2000 ] && echo yes || echo "$silent ms")" yes
claim 'b is the owner' "$(owner triage)" b

# The owner sleeps beyond its lease and wakes.
start a triage
until_true 20 'a stands by' log_has a shard_standby
kill -STOP "${pid_of[b]}"
until_true 10 'a takes over from the sleeper' owns_triage a
plant good:20 time
until_true 10 'a reads on' has_read triage notifications intake "$planted"
epoch=$(sql "SELECT epoch FROM triage.shard WHERE shard = $shard")
kill -CONT "${pid_of[b]}"
until_true 10 'the sleeper finds itself out' left_shard b
plant good:20 time
until_true 10 'a reads on still' has_read triage notifications intake "$planted"
claim 'the sleeper took nothing back' \
    "$(owner triage) $(sql "SELECT epoch FROM triage.shard WHERE shard = $shard")" "a $epoch"

# The same name again owns at once, however long the lease.
stop b
reap a 5 KILL
died=$(now_ms)
start a triage WAYMARK_LEASE_MS=60000
until_true 10 'a comes back' log_has a shard_owned 3
back=$(($(now_ms) - died))
echo "start under the same name to owning: $back ms"
claim 'the same instance owns without waiting' \
    "$([ $back -lt 5000 ] && echo yes || echo "$back ms")" yes
until_true 10 'all is confirmed' is_confirmed triage
claim 'each notification is decided once' \
    "$(sql "SELECT count(DISTINCT notification_id) FROM triage.decision WHERE shard = $shard")" 260
claim 'the replay agrees' "$(reconciled triage)" 'reconcile: 0 differences'
stop a
claims_end takeover
