#!/bin/bash
# 23-fork.sh: a record with the expected number and another chain was never
# committed by its sender: the reader stops before it.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/shard.sh
. tests/lib/shard.sh

start triage triage
load 100
until_true 20 'triage reads all' has_read triage notifications intake "$last"
plant good:10 fork good:10
reap triage 20
claim 'a broken chain stops the shard' "$exit_code" 11
claim 'and says where' \
    "$(log_of triage shard_stopped | grep -o "intake [0-9]* does not continue the chain of [0-9]*")" \
    "intake $((last + 11)) does not continue the chain of $((last + 10))"
claim 'what came before it is applied' "$(mark triage notifications intake)" $((last + 10))
claim 'nothing of the forgery is' \
    "$(sql "SELECT count(*) FROM triage.decision WHERE shard = $shard")" 110

# A number that is known, with other bytes, is a fork as well.
start triage triage
reap triage 20
claim 'started again it stops again' "$exit_code" 11
claims_end fork
