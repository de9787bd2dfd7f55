#!/bin/bash
# 28-recover-gap.sh: the log is ahead of a restored database and lacks records
# on the way: `waymark recover` says which are lost and what to do, and does not
# say that all is well.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/shard.sh
. tests/lib/shard.sh

recovered() # service: exit code; what it says is in recover.out
{
    waymark recover --service "$1" --authority "$authority" --lease-ms 1000 \
        >"$shard_work/recover.out" 2>&1
    echo $?
}
says() { grep -oE "$1" "$shard_work/recover.out"; }

start triage triage
load 100
until_true 20 'triage reads all' has_read triage notifications intake "$last"
until_true 20 'all is confirmed' is_confirmed triage
testbed/bed.sh base-backup "$WAYMARK_BED" "$shard_work/old" >/dev/null 2>&1 ||
    fail 'the base backup'
old=$(given triage casework)
plant good:60
until_true 20 'triage reads on' has_read triage notifications intake "$planted"
until_true 20 'all is confirmed' is_confirmed triage
new=$(given triage casework)
testbed/bed.sh base-backup "$WAYMARK_BED" "$shard_work/new" >/dev/null 2>&1 ||
    fail 'the second base backup'
plant good:10
until_true 20 'triage reads on still' has_read triage notifications intake "$planted"
until_true 20 'all is confirmed' is_confirmed triage
end=$(given triage casework)
stop triage

# The log ends before what the database knows to be confirmed.
topic drop --topic casework
start maker metrics WAYMARK_AUTHORITIES=bench-2
until_true 20 'the topic is there again' eval \
    '[ "$(topic ends --topic casework 2>/dev/null)" = "0 0" ]'
stop maker
claim 'what was confirmed and is lost ends recover with 1' "$(recovered triage)" 1
claim 'it says which and what to do' \
    "$(says "casework: our 1 to [0-9]* were confirmed and are not in the log: .waymark republish --service triage --topic casework --from 1")" \
    "casework: our 1 to $end were confirmed and are not in the log: \`waymark republish --service triage --topic casework --from 1"
waymark republish --service triage --authority "$authority" --topic casework \
    --from 1 >/dev/null || fail 'to republish'
claim 'published again there is nothing to do' \
    "$(recovered triage) $(says ' 0 turns of 0 inputs')" '0  0 turns of 0 inputs'

# The log begins behind what either backup has given out.
keep=5
topic cut --topic casework --count $keep
for backup in old new; do
    testbed/bed.sh restore "$WAYMARK_BED" "$shard_work/$backup" >/dev/null 2>&1 ||
        fail "the restore of the $backup one"
    start triage triage
    reap triage 20
    claim "after the $backup backup triage refuses: the log is ahead" "$exit_code" 13
    claim 'recover can not help and says 1' "$(recovered triage)" 1
    given_then=$([ $backup = old ] && echo "$old" || echo "$new")
    claim 'it says what is lost, and what either side has' \
        "$(says "casework: our 1 to [0-9]* are lost, the log goes on to [0-9]*, the database to [0-9]*")" \
        "casework: our 1 to $given_then are lost, the log goes on to $end, the database to $given_then"
done
waymark republish --service triage --authority "$authority" --topic casework \
    --from 1 >/dev/null || fail 'to republish after the restore'
claim 'where nobody has them recover says so' "$(recovered triage)" 1
claim 'with the numbers and what would help' \
    "$(says "casework: our [0-9]* to [0-9]* are neither in the log, which goes on to [0-9]*, nor in the database, which gave out up to [0-9]*: restore a backup that has given out [0-9]*")" \
    "casework: our $((new + 1)) to $((end - keep)) are neither in the log, which goes on to $end, nor in the database, which gave out up to $new: restore a backup that has given out $((end - keep))"
claims_end recover-gap
