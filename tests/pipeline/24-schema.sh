#!/bin/bash
# 24-schema.sh: a record of a schema that this program doesn't know comes from
# a newer sender: it isn't poison. The reader stops, its position stays.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/shard.sh
. tests/lib/shard.sh

place() # mark, position and dead letters
{
    sql "SELECT m.sequence, p.next_offset, (SELECT count(*) FROM triage.out_seq
            WHERE shard = $shard AND topic = 'dead-letters')
        FROM triage.in_mark m JOIN triage.position p USING (shard, topic)
        WHERE shard = $shard AND topic = 'notifications' AND service = 'intake'"
}

start triage triage
load 100
until_true 20 'triage reads all' has_read triage notifications intake "$last"
plant good:10 schema good:10
reap triage 20
claim 'an unknown schema stops the shard' "$exit_code" 12
claim 'and says which record' \
    "$(log_of triage shard_stopped | grep -c "notifications $((last + 11))")" 1
claim 'what came before it is applied' "$(mark triage notifications intake)" $((last + 10))
at=$(place)
claim 'it is no dead letter' "${at##*|}" 0
start triage triage
reap triage 20
claim 'started again it stops again' "$exit_code" 12
claim 'and the position stays' "$(place)" "$at"
claims_end schema
