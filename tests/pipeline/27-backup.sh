#!/bin/bash
# 27-backup.sh: a long read of the outbox, as a backup does it, must not keep
# an authority from its owner; a shard whose row is gone is not begun anew.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/shard.sh
. tests/lib/shard.sh

reader=''
end_reader() { [ -z "$reader" ] || kill "$reader" 2>/dev/null; shard_end; }
trap end_reader EXIT

owned_times() { # instance times
    [ "$(grep -c shard_owned "$shard_work/$1.log")" -ge "$2" ]
}
reads() {
    [ "$(psql -qAtX -c "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
        WHERE c.relname = 'outbox' AND l.mode = 'AccessShareLock' AND l.granted")" -ge 1 ]
}

start triage triage
until_true 30 'triage is up' log_has triage shard_owned
load 300
until_true 30 'the load is read' has_read triage notifications intake 300

psql -qAtX -c "DROP TABLE triage.outbox_$(date -u -d tomorrow +%Y%m%d)"
psql -qAtX -c "BEGIN; SELECT count(*) FROM triage.outbox; SELECT pg_sleep(60)" >/dev/null 2>&1 &
reader=$!
until_true 10 'the backup reads' reads
begun=$(now_ms)
psql -qAtX -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'waymark-triage'" >/dev/null
until_true 15 'triage owns its shard again' owned_times triage 2
claim 'the owner is back while the backup still reads' "$(reads && echo yes)" yes
claim 'the log says that a day of the outbox waits' \
    "$(grep -c outbox_days_wait "$shard_work/triage.log" | sed 's/[1-9][0-9]*/yes/')" yes
echo "owned again after $(($(now_ms) - begun)) ms"
kill "$reader" 2>/dev/null
reader=''

stop triage
psql -qAtX -c "DELETE FROM triage.shard WHERE shard = $shard"
start triage triage
until_true 15 'triage has ended' log_has triage shard_stopped
claim 'a shard without its row stops with code restore' \
    "$(grep -c '"code":"restore"' "$shard_work/triage.log" | sed 's/[1-9][0-9]*/yes/')" yes
claims_end backup
