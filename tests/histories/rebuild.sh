#!/bin/bash
# rebuild.sh [RECORDS]: a made-up log of one authority, and how many records a
# second `waymark rebuild metrics` reads and writes, in JSON. In a bed of its own
# unless the environment names one; BINARIES is the variant's folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
records=${1:-1000000}
authority=rutland-2014
own=''
work=$(mktemp -d)
finish()
{
    rm -rf "$work"
    [ -z "$own" ] || testbed/bed.sh wipe "$own" >/dev/null 2>&1
}
trap finish EXIT

if [ -z "${WAYMARK_BED:-}" ]; then
    own=rebuild-$$
    WAYMARK_BED=$own
    testbed/bed.sh up "$own"
    set -a
    eval "$(testbed/bed.sh env "$own")"
    set +a
fi
# Metrics makes its tables and takes the authority; then nobody writes.
psql -qX -f deploy/postgres/10-roles.sql >/dev/null
PGUSER=waymark_metrics WAYMARK_AUTHORITIES=$authority WAYMARK_PROFILES=profiles \
    WAYMARK_LISTEN=127.0.0.1:0 WAYMARK_INSTANCE=metrics-1 \
    "${BINARIES:-build/gcc}/bin/waymark-metrics" >"$work/metrics.log" 2>&1 &
metrics=$!
for _ in $(seq 600); do
    [ "$(psql -qAtX -c "SELECT count(*) FROM metrics.shard" 2>/dev/null)" = 1 ] && break
    sleep 0.1
done
kill "$metrics"
wait "$metrics" || :
written=$("${BINARIES:-build/gcc}/tests/histories/log" "$WAYMARK_KAFKA" profiles \
    calendars/england-and-wales.json $authority "$records")
begun=$(date +%s.%N)
"${BINARIES:-build/gcc}/bin/waymark" rebuild metrics --authority $authority >&2
ended=$(date +%s.%N)
rows=$(psql -qAtX -c "SELECT sum(n) FROM (SELECT (xpath('/row/n/text()', query_to_xml(
    format('SELECT count(*) AS n FROM metrics.%I', relname), false, true, '')))[1]::text::bigint AS n
    FROM pg_class WHERE relnamespace = 'metrics'::regnamespace AND relkind = 'r'
    AND (relname LIKE 'fact\_%' OR relname IN ('kpi_cell', 'late_change'))) AS t")
awk -v n="$written" -v rows="$rows" -v a="$begun" -v b="$ended" 'BEGIN {
    printf "{\"records\":%d,\"rows\":%d,\"seconds\":%.1f,\"records_a_second\":%d}\n", n, rows, b - a, n / (b - a) }'
