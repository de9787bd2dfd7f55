#!/bin/bash
# run.sh [COUNT] [SEED]: random histories through metrics' core, and every cell
# of the scorecard computed a second time in SQL from the raw records. Needs
# PostgreSQL: the bed of the environment, or one of its own. BINARIES is the
# variant's folder; KEEP=1 leaves the schema "histories" to look at.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
count=${1:-1000}
seed=${2:-1}
work=$(mktemp -d)
own=''
finish()
{
    rm -rf "$work"
    if [ -n "$own" ]; then
        testbed/bed.sh wipe "$own" >/dev/null 2>&1
    elif [ -z "${KEEP:-}" ]; then
        quiet -c 'DROP SCHEMA IF EXISTS histories CASCADE'
    fi
}
quiet() { psql -qAtX -v ON_ERROR_STOP=1 -c 'SET client_min_messages TO warning' "$@" >/dev/null; }
trap finish EXIT

if [ -z "${PGHOST:-}" ]; then
    own=histories-$$
    testbed/bed.sh up "$own"
    set -a
    eval "$(testbed/bed.sh env "$own")"
    set +a
fi
passed=0
failed=0
verdict() # what, wanted line, line
{
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1: $3"
    fi
}

rc=0
"${BINARIES:-build/gcc}/tests/histories/play" profiles/kent-2015.json \
    calendars/england-and-wales.json "$seed" "$count" "$work/records" "$work/rows" >"$work/played" || rc=$?
cat "$work/played"
verdict 'tables do not depend on the order in which topics are read' 0 "$rc"

export HISTORIES_RECORDS=$work/records HISTORIES_ROWS=$work/rows
export PGOPTIONS='-c search_path=histories -c client_min_messages=warning -c synchronous_commit=off'
quiet -c 'DROP SCHEMA IF EXISTS histories CASCADE' -c 'CREATE SCHEMA histories'
quiet -f services/metrics/sql/001_tables.sql -f services/metrics/sql/002_views.sql \
    -f services/metrics/sql/003_members.sql -f tests/histories/load.sql
psql -qAtX -F ' ' -v ON_ERROR_STOP=1 -f tests/histories/cells.sql | tee "$work/cells"
verdict 'cells are those of SQL over the raw records' 'different: 0' \
    "$(sed -n 's/^cells: .* compared, \([0-9]*\) different$/different: \1/p' "$work/cells")"
echo "histories: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
