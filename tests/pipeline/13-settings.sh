#!/bin/bash
# 13-settings.sh: one environment serves all programs. A service passes over
# what is another program's, stops at what is nobody's, and shows no password.
# Starts nothing.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh

build=${BUILD:-build/gcc}
make -s VARIANT=gcc ${BUILD:+B="$BUILD"} build >&2 || exit 3
services=(intake triage tracker metrics notifier)

seal_key=$(mktemp)
trap 'rm -f "$seal_key" "${secret:-}"' EXIT
head -c 32 /dev/urandom | base64 >"$seal_key"

clean() # command...: in an environment without our variables
{
    local name unset=()
    for name in $(compgen -e); do
        case $name in WAYMARK_* | PG*) unset+=(-u "$name") ;; esac
    done
    env "${unset[@]}" "$@"
}

check() # service [KEY=VALUE...]: what --check says, and its exit code
{
    local service=$1
    shift
    clean WAYMARK_KAFKA=127.0.0.1:1 WAYMARK_AUTHORITIES=kent-2015 \
        WAYMARK_INTAKE_HASH_KEY=only-for-tests-0123456789 \
        WAYMARK_SEAL_KEY_FILE="$seal_key" WAYMARK_AUTH=open "$@" \
        "$build/bin/waymark-$service" --check 2>&1
    echo "exit $?"
}

keys() # service: its settings that have the prefix
{
    "$build/bin/waymark-$1" --help | sed -n 's/^  \([A-Z_]*\) .*/\1/p' |
        grep -v ^PG
}

# What our own tree sets: scripts, units, compose; an asterisk or a shell
# pattern ends in "_" and is no name. KEY is the example of manuals.
in_tree()
{
    cat testbed/*.sh tests/*.sh tests/*/*.sh demo/*.sh bench/*.sh deploy/*.sh \
        deploy/systemd/* docker-compose.yml |
        grep -oE '(^|[^A-Z_])WAYMARK_[A-Z_]*[A-Z]([^A-Z_*]|$)' |
        grep -oE 'WAYMARK_[A-Z_]*[A-Z]' | sed 's/^WAYMARK_//' | sort -u |
        grep -vxE 'KEY|ELEPHANT|LEASE_SM'
}

# "on" is no file of keys: that it is refused for is its value, not its name.
unknown_of() # service: names of all programs and of the tree that it refuses
{
    local key
    for key in $({ for s in "${services[@]}"; do keys "$s"; done
        in_tree; } | sort -u); do
        [[ $(check "$1" "WAYMARK_$key=on") != *'no such setting'* ]] ||
            echo "$key"
    done
}

for service in "${services[@]}"; do
    claim "$service knows what is another program's" "$(unknown_of "$service")" ''
    claim "$service stops at a mistyped variable" \
        "$(check "$service" WAYMARK_LEASE_SM=1000 | sed 's/.*: WAY/WAY/' | tr '\n' ' ')" \
        'WAYMARK_LEASE_SM: no such setting, is it WAYMARK_LEASE_MS? See --help exit 2 '
    claim "$service stops at a variable that is like nothing" \
        "$(check "$service" WAYMARK_ELEPHANT=1 | tail -n 1)" 'exit 2'
done
claim 'the check of settings shows where the database is, without password' \
    "$(check triage 'PGCONN=host=db password=sesame' | grep -E '^PGCONN|exit' | tr '\n' ' ')" \
    'PGCONN=host=db password=*** exit 0 '
claim 'nor any in a URI' \
    "$(check triage PGCONN=postgresql://u:sesame@db/waymark | grep -c sesame)" 0
claim 'a command that nobody told where the database is asks for it' \
    "$(clean PGUSER=nobody-of-this-name "$build/bin/waymark" caseload 2>&1 | cut -d '?' -f 1)" \
    'waymark caseload: config: where is PostgreSQL'
claim 'and says that it does not answer where it was told' \
    "$(clean PGHOST=/nonexistent "$build/bin/waymark" caseload 2>&1 | cut -d ' ' -f -3)" \
    'waymark caseload: database:'
secret=$(mktemp)
echo 'host=db user=u' >"$secret"
claim 'nor what was read from a file' \
    "$(check triage PGCONN_FILE="$secret" | grep ^PGCONN)" 'PGCONN=***'
claim "nor the key of intake's hash" \
    "$(check intake | grep -E '^INTAKE|exit' | tr '\n' ' ')" \
    'INTAKE_HASH_KEY=*** exit 0 '
claim 'an open door is on loopback only' \
    "$(check intake WAYMARK_ANY_ADDRESS=on WAYMARK_LISTEN=0.0.0.0:0 | tail -n 2 | tr '\n' ' ' | sed 's/.*: AUTH/AUTH/')" \
    'AUTH=open: want LISTEN on loopback, ANY_ADDRESS=off exit 2 '
claim 'nor behind a proxy' \
    "$(check intake WAYMARK_LISTEN=unix:intake.sock | tail -n 1)" 'exit 2'
claim 'a closed door has a name' \
    "$(check intake WAYMARK_AUTH=token | tail -n 2 | sed 's/.*: AUD/AUD/' | cut -c 1-17 | tr '\n' ' ')" \
    'AUDIENCE is empty exit 2 '
claim 'and there is no third way' "$(check intake WAYMARK_AUTH=off | tail -n 1)" 'exit 2'
for service in intake triage; do
    claim "$service does not start without a key for persons" \
        "$(check $service WAYMARK_SEAL_KEY_FILE= | grep -c SEAL_KEY_FILE) $(check $service WAYMARK_SEAL_KEY_FILE= | tail -n 1)" \
        '1 exit 2'
    chmod 644 "$seal_key"
    claim "nor with one that others may read" \
        "$(check $service | grep -c SEAL_KEY_FILE) $(check $service | tail -n 1)" '1 exit 2'
    chmod 600 "$seal_key"
done
claim 'who reads no person needs none' \
    "$(check tracker WAYMARK_SEAL_KEY_FILE= | tail -n 1)" 'exit 0'
claims_end settings
