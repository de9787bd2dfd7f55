#!/bin/bash
# 26-poison.sh: records that nobody can read stand among good ones: each goes
# to dead-letters as it came, with reason and place; the good ones are decided.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/shard.sh
. tests/lib/shard.sh

letters() # pattern: how many places have it (a letter may be published twice)
{
    kcat -C -e -q -b "$WAYMARK_KAFKA" -t dead-letters -p $shard -f '%h %s\n' \
        2>/dev/null | grep -aE "$1" | grep -aoE 'wm-place=[a-z:.0-9-]+' |
        sort -u | wc -l
}

start triage triage
start tracker tracker
load 100
until_true 20 'triage reads all' has_read triage notifications intake "$last"
plant garbage good:5 null:2 good garbage:3 stranger good:4 type:2 stranger:2 \
    good:10 value good:3 value null time
until_true 20 'triage reads all' has_read triage notifications intake "$planted"
until_true 20 'all is confirmed' is_confirmed triage
until_true 20 'tracker has all' is_level tracker casework triage
claim 'what is no Avro is a dead letter' "$(letters wm-code=decode,)" 4
claim 'what the database refuses is' "$(letters wm-code=value,)" 2
claim 'what has no value is' "$(letters wm-code=null,)" 3
claim 'what is nobody'"'"'s is' "$(letters wm-code=stranger,)" 3
claim 'what does not belong there is' "$(letters wm-code=type,)" 2
claim 'and no other record is' "$(given triage dead-letters)" 14
claim 'each says its place' "$(letters 'wm-place=notifications:(intake|stranger)')" 14
claim 'the bytes are as they came' "$(letters 'this is no Avro')" 4
claim 'the good ones are decided' \
    "$(sql "SELECT count(DISTINCT notification_id) FROM triage.decision WHERE shard = $shard")" 123
# A row stands where triage says that there is none: its own fault, no record's.
stop triage
plant good
id=$(kcat -C -e -q -b "$WAYMARK_KAFKA" -t notifications -p $shard -o -1 -c 1 \
    -f %k | od -An -tx1 | tr -d ' \n')
sql "INSERT INTO triage.standing SELECT (jsonb_populate_record(s,
         jsonb_build_object('notification_id', '$id'))).*
       FROM triage.standing s WHERE shard = $shard LIMIT 1"
start triage triage
reap triage 20
claim 'a false claim of its own stops it' \
    "exit $exit_code, $(log_of triage shard_stopped | grep -o 'standing:insert')" \
    'exit 14, standing:insert'
sql "DELETE FROM triage.standing WHERE notification_id = '$id'"
start triage triage
until_true 20 'triage reads on' has_read triage notifications intake "$planted"
until_true 20 'all is confirmed' is_confirmed triage
until_true 20 'tracker has all' is_level tracker casework triage
claim 'nothing was put aside for it' "$(given triage dead-letters)" 14
claim 'and it is decided' "$(sql "SELECT count(*) FROM triage.decision
    WHERE notification_id = '$id'")" 1
for service in triage tracker; do
    claim "the replay of $service agrees with the log" \
        "$(reconciled $service)" 'reconcile: 0 differences'
done
stop triage tracker
claims_end poison
