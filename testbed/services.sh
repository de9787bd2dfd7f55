#!/bin/bash
# services.sh: Waymark's services on a bed of bed.sh, one process each.
set -euo pipefail

usage()
{
    cat <<'EOF'
usage: testbed/services.sh up BED AUTHORITIES [KEY=VALUE...]
       testbed/services.sh down|env|status BED

up starts intake, triage, tracker and metrics for the authorities (names of
profiles/authorities.json, with commas) and waits until all are ready; further
KEY=VALUE pairs go into their environment (WAYMARK_LEASE_MS=1000). What runs
already is left alone. With ALSO=notifier among them notifier is one of the bed's
services from then on. down ends them with SIGTERM. env prints WAYMARK_INTAKE
and the others' addresses. Exit codes: 0 done, 1 failed, 2 usage, 3 not running.
EOF
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(dirname "$here")
# shellcheck source=testbed/proc.sh
. "$here/proc.sh"
names=(intake triage tracker metrics)

[ $# -ge 2 ] || {
    usage >&2
    exit 2
}
verb=$1 bed=$2
shift 2
dir=$top/var/bed/$bed/services
[ ! -e "$dir/notifier.also" ] || names+=(notifier)

address() { # service; what its log says of where it listens
    sed -n 's/.*"event":"service_up".*"listen":"\([^"]*\)".*/\1/p' \
        "$dir/$1.log" 2>/dev/null | tail -n 1
}

ready() { # service
    local at
    at=$(address "$1")
    [ -n "$at" ] && curl -sf -m 2 -o /dev/null "http://$at/readyz"
}

roles() {
    psql -qX -f "$top/deploy/postgres/10-roles.sql"
}

up() {
    local authorities=$1 name end
    shift
    mkdir -p "$dir"
    if [[ " $* " == *' ALSO=notifier '* && " ${names[*]} " != *notifier* ]]; then
        : >"$dir/notifier.also"
        names+=(notifier)
    fi
    [ -s "$dir/intake.key" ] || # of this bed alone: for trying out
        (umask 077 && head -c 32 /dev/urandom | base64 >"$dir/intake.key")
    roles
    for name in "${names[@]}"; do
        proc_pid "$dir/$name.pid" >/dev/null && continue
        : >"$dir/$name.log"
        (
            export PGUSER=waymark_$name WAYMARK_AUTHORITIES=$authorities
            export WAYMARK_PROFILES=$top/profiles WAYMARK_INSTANCE=$name-1
            export WAYMARK_LISTEN=127.0.0.1:0
            if [ "$name" = intake ]; then
                export WAYMARK_CALENDARS=$top/calendars
                export WAYMARK_INTAKE_HASH_KEY_FILE=$dir/intake.key
                export WAYMARK_AUTH=open # unless a pair says otherwise
            fi
            for pair in "$@"; do export "${pair?}"; done
            proc_spawn "$dir/$name.pid" "$dir/$name.log" \
                "$top/build/gcc/bin/waymark-$name"
        )
    done
    end=$((SECONDS + 30))
    for name in "${names[@]}"; do
        until ready "$name"; do
            if ! proc_pid "$dir/$name.pid" >/dev/null || [ $SECONDS -ge $end ]; then
                echo "waymark-$name does not get ready:" >&2
                tail -n 5 "$dir/$name.log" >&2
                exit 1
            fi
            sleep 0.02
        done
    done
}

case $verb in
up)
    [ $# -ge 1 ] || {
        usage >&2
        exit 2
    }
    set -a
    eval "$("$here/bed.sh" env "$bed")"
    set +a
    up "$@"
    ;;
down)
    for name in "${names[@]}"; do
        proc_stop "$dir/$name.pid" TERM 15
    done
    ;;
env)
    for name in "${names[@]}"; do
        at=$(address "$name")
        [ -n "$at" ] || exit 3
        if [ "$name" = intake ]; then
            echo "WAYMARK_INTAKE=http://$at"
        else
            echo "WAYMARK_${name^^}_HEALTH=http://$at"
        fi
    done
    ;;
status)
    rc=0
    for name in "${names[@]}"; do
        if ready "$name"; then
            echo "$name ready at $(address "$name")"
        else
            echo "$name not ready"
            rc=3
        fi
    done
    exit $rc
    ;;
*)
    usage >&2
    exit 2
    ;;
esac
