#!/bin/bash
# valgrind.sh PROGRAM...: runs test programs, then every service on a bed,
# under valgrind: no definite leak, no use of what was never written or is
# gone. Where no bed can be had the services are left out, and it says so.
# WAYMARK_BED and its environment name a bed; without it one is brought up and
# wiped again. The services play the sample day and end with SIGTERM.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
# shellcheck disable=SC2034 # play.sh's
authority=kent-2015
# shellcheck source=demo/play.sh
. demo/play.sh

names=(intake triage tracker metrics)
work=$(mktemp -d)
own_bed=''
declare -A pid_of=()

end_all()
{
    local name
    for name in "${!pid_of[@]}"; do
        kill -KILL "${pid_of[$name]}" 2>/dev/null || :
        wait "${pid_of[$name]}" 2>/dev/null || :
    done
    [ -z "$own_bed" ] || testbed/bed.sh wipe "$own_bed" >/dev/null 2>&1 || :
    rm -rf "$work"
}
trap end_all EXIT
trap 'exit 130' INT TERM

watched() { # log program...
    local log=$1
    shift
    exec valgrind -q --leak-check=full --errors-for-leak-kinds=definite \
        --show-leak-kinds=definite --error-exitcode=99 --log-file="$log" \
        --suppressions=tests/lib/valgrind.supp \
        --child-silent-after-fork=yes --num-callers=20 "$@"
}

# What valgrind said, where a claim about it failed.
judge() # what exit-code log
{
    claim "$1 ends well under valgrind" "$2" 0
    [ "$2" = 0 ] || cat "$3"
}

# ---- test programs -------------------------------------------------------------

for program in "$@"; do
    rc=0
    (WAYMARK_ROOT=$PWD watched "$work/vg" "$program") >"$work/out" 2>&1 || rc=$?
    judge "$(basename "$program")" "$rc" "$work/vg"
done

# ---- services ------------------------------------------------------------------

if [ -z "${WAYMARK_BED:-}" ]; then
    own_bed=valgrind-$$
    if ! testbed/bed.sh up "$own_bed" >"$work/bed" 2>&1; then
        echo "valgrind: no bed, the services are left out: $(tail -n 1 "$work/bed")"
        claims_end valgrind
        exit
    fi
    set -a
    eval "$(testbed/bed.sh env "$own_bed")"
    set +a
fi

start() # service
{
    (
        export WAYMARK_AUTHORITIES=$authority WAYMARK_PROFILES=$PWD/profiles
        export WAYMARK_INSTANCE=$1-valgrind WAYMARK_LISTEN=127.0.0.1:0
        export WAYMARK_LEASE_MS=60000 PGUSER=waymark_$1
        if [ "$1" = intake ]; then
            export WAYMARK_CALENDARS=$PWD/calendars
            export WAYMARK_INTAKE_HASH_KEY_FILE=$work/key WAYMARK_AUTH=open
        fi
        watched "$work/$1.vg" "build/gcc/bin/waymark-$1"
    ) >"$work/$1.log" 2>&1 &
    pid_of[$1]=$!
}

address() { # service
    sed -n 's/.*"event":"service_up".*"listen":"\([^"]*\)".*/\1/p' "$work/$1.log"
}

is_ready() { # service
    local at
    at=$(address "$1")
    [ -n "$at" ] && curl -sf -m 5 -o /dev/null "http://$at/readyz"
}

(umask 077 && head -c 32 /dev/urandom | base64 >"$work/key")
psql -qX -f deploy/postgres/10-roles.sql >/dev/null
for name in "${names[@]}"; do start "$name"; done
until_s=$((SECONDS + 120))
for name in "${names[@]}"; do
    until is_ready "$name"; do
        if [ $SECONDS -ge $until_s ] || ! kill -0 "${pid_of[$name]}" 2>/dev/null; then
            claim "waymark-$name gets ready under valgrind" no yes
            tail -n 5 "$work/$name.log" "$work/$name.vg"
            break
        fi
        sleep 0.2
    done
done
if [ "$claims_failed" -eq 0 ]; then
    WAYMARK_INTAKE=http://$(address intake)
    export WAYMARK_INTAKE
    rc=0
    (play demo/day.ndjson) >"$work/day" 2>&1 || rc=$?
    claim 'the sample day passes under valgrind' "$rc" 0
    [ "$rc" = 0 ] || tail -n 3 "$work/day"
    for name in "${names[@]}"; do
        claim "waymark-$name says how it is" \
            "$(curl -sf -m 20 "http://$(address "$name")/metrics" | grep -c '^# TYPE waymark_' || :)" \
            "$(curl -sf -m 20 "http://$(address "$name")/metrics" | grep -c '^# HELP waymark_' || :)"
    done
fi
for name in "${names[@]}"; do kill -TERM "${pid_of[$name]}" 2>/dev/null || :; done
# A message of librdkafka that nobody gives back is no leak: the end waits.
until_s=$((SECONDS + 60))
for name in "${names[@]}"; do
    rc=0
    while kill -0 "${pid_of[$name]}" 2>/dev/null && [ $SECONDS -lt $until_s ]; do
        sleep 0.2
    done
    kill -KILL "${pid_of[$name]}" 2>/dev/null || :
    wait "${pid_of[$name]}" || rc=$?
    unset "pid_of[$name]"
    judge "waymark-$name" "$rc" "$work/$name.vg"
done
claims_end valgrind
