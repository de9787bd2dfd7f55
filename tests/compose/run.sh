#!/bin/bash
# run.sh: docker-compose.yml on an engine of our own. While agencies send
# through intake, the first process of every container is killed in turn, as a
# crash would end it (`docker kill` is a wish of the operator's, which no
# restart policy undoes). Then what was answered 202 is held against every
# table and the log. Needs root. SECONDS_OF_LOAD and RATE say how much.
# The functions below are called through check() or until_true().
# shellcheck disable=SC2317,SC2154,SC2034
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
root=$PWD
run=$root/var/compose-test
authority=demo-live
# What lib.sh reads.
shard=4 db=waymark ledger=$run/ledger dead_letters_are_fine=false
# shellcheck source=testbed/proc.sh
. "$root/testbed/proc.sh"
# shellcheck source=tests/faults/lib.sh
. "$root/tests/faults/lib.sh"
SETTLE_S=120
seconds=${SECONDS_OF_LOAD:-20} rate=${RATE:-40}
names=(intake triage tracker metrics notifier kafka postgres)
audience=waymark key=$root/var/docker/secrets/development.pem

[ "$(id -u)" = 0 ] || {
    echo 'run.sh: the engine needs root' >&2
    exit 2
}

finish()
{
    [ ! -e "$run/pid/load" ] || kill9 load
    mkdir -p "$run"
    testbed/compose.sh stop >"$run/stop.log" 2>&1 || cat "$run/stop.log"
    if [ "${failed:-1}" -eq 0 ] && [ -z "${KEEP-}" ]; then
        rm -rf "$run"
    else
        echo "what is left to look at: ${run#"$root"/}"
    fi
}

# Seven ports in a row, below those that connections of others get (from 32768
# on): these come and go between the look and the start.
free_ports()
{
    local base i
    for ((base = 28100; base < 32000; base += 10)); do
        for ((i = 0; i < 7; i++)); do
            ! (exec 3<>"/dev/tcp/127.0.0.1/$((base + i))") 2>/dev/null ||
                continue 2
        done
        export WAYMARK_INTAKE_PORT=$base
        export WAYMARK_KAFKA_PORT=$((base + 1))
        export WAYMARK_POSTGRES_PORT=$((base + 2))
        export WAYMARK_TRIAGE_PORT=$((base + 3))
        export WAYMARK_TRACKER_PORT=$((base + 4))
        export WAYMARK_METRICS_PORT=$((base + 5))
        export WAYMARK_NOTIFIER_PORT=$((base + 6))
        return 0
    done
    echo 'run.sh: no free ports' >&2
    return 1
}

# A container keeps its id when it is started again.
declare -A container=()

state_of() # service format
{
    docker inspect -f "$2" "${container[$1]}"
}

crash() # service
{
    local pid
    pid=$(state_of "$1" '{{.State.Pid}}')
    # 0 while it is being started again.
    if [ "$pid" -gt 0 ] && kill -s KILL "$pid"; then
        say "killed $1"
    fi
}

crash_all()
{
    local name pause=$((seconds * 10 / (${#names[@]} + 1)))
    for name in "${names[@]}"; do
        sleep "$((pause / 10)).$((pause % 10))"
        crash "$name"
    done
}

# A file in an agency's folder; its last row is a repeat.
drop_file()
{
    local folder=/var/lib/waymark/drop/school-oakfield row i
    row='{"agency_id":"school-oakfield","agency_ref":"DROP-@","kind":"school_referral","sent_at":"'$sent_at'","needs":["c_attendance"],"child":{"forename":"Testchild","surname":"Folder","age_years":9,"postcode":"CT1 1AA"}}'
    for i in 1 2 3 3; do printf '%s\n' "${row/@/$i}"; done |
        docker exec -i "${container[intake]}" bash -c "mkdir -p $folder &&
            cat >$folder/.rows && mv $folder/.rows $folder/rows.ndjson"
}

drop_is_done()
{
    docker exec -i "${container[intake]}" bash -c \
        'cat /var/lib/waymark/drop/school-oakfield/done/rows.result.ndjson' \
        >"$run/rows.result" 2>/dev/null
}

drop_holds()
{
    local ref id
    expect 4 "$(jq -c 'select(.status == 202)' "$run/rows.result" | wc -l)" \
        'rows accepted' || return 1
    while read -r ref id; do
        printf 'school-oakfield\t%s\t0\t%s\n' "$ref" "$id"
    done < <(jq -r 'select(.status == 202) | .agency_ref + " " + .id' \
        "$run/rows.result") >>"$ledger"
}

all_are_healthy()
{
    local name
    for name in "${names[@]}"; do
        [ "$(state_of "$name" '{{.State.Health.Status}}')" = healthy ] ||
            return 1
    done
}

started_again() # service
{
    local n
    n=$(state_of "$1" '{{.RestartCount}}')
    [ "$n" -ge 1 ] || {
        echo "$1 was started again $n times"
        return 1
    }
}

not_root() # service
{
    # shellcheck disable=SC2016
    docker exec "${container[$1]}" bash -c '[ "$(id -u)" != 0 ]'
}

# As docs/agencies.md has it; the status of the answer.
by_curl() # reference [option...]
{
    local ref=$1
    shift
    curl -s -m 20 -o "$run/curl.out" -w '%{http_code}' "$@" \
        -H 'Content-Type: application/json' -H "Waymark-Authority: $authority" \
        -d '{"agency_id":"school-oakfield","agency_ref":"'"$ref"'","kind":"school_referral","sent_at":"'"$sent_at"'","needs":["c_attendance"],"child":{"forename":"Testchild","surname":"Curl","age_years":9,"postcode":"CT1 1AA"}}' \
        "http://127.0.0.1:$WAYMARK_INTAKE_PORT/v1/notifications"
}

curl_signed()
{
    local token
    token=$(build/gcc/bin/waymark token --agency school-oakfield \
        --key "$key" --audience "$audience") || return 1
    expect 202 "$(by_curl CURL-1 -H "Authorization: Bearer $token")" \
        'signed by waymark token' || return 1
    printf 'school-oakfield\tCURL-1\t0\t%s\n' "$(jq -r .id "$run/curl.out")" \
        >>"$ledger"
    expect 401 "$(by_curl CURL-2 -H "Authorization: Bearer $token")" \
        'the same token again'
}

curl_unsigned()
{
    expect 401 "$(by_curl CURL-3)" 'unsigned'
}

# What notifier has read of the others, and each record once.
notifier_has_read()
{
    [ "$(sql "SELECT count(*) > 0 AND bool_and(m.sequence = g.sequence)
        FROM notifier.in_mark m JOIN (
            SELECT 'intake' AS service, * FROM intake.out_seq UNION ALL
            SELECT 'triage', * FROM triage.out_seq UNION ALL
            SELECT 'tracker', * FROM tracker.out_seq) g
        USING (shard, topic, service) WHERE shard = $shard" 2>/dev/null)" = t ]
}

notifier_reads_once()
{
    local out
    out=$(psql -XqAt -F ' ' -v ON_ERROR_STOP=1 -v shard="$shard" \
        -v schema=notifier -d "$db" <<<"$APPLIED_SQL;") || return 1
    [ -z "$out" ] || {
        echo "$out"
        return 1
    }
}

cli() # verb...
{
    docker-compose run --rm --no-deps -T waymark "$@"
}

rm -rf "$run"
mkdir -p "$run/pid"
trap finish EXIT
trap 'exit 130' INT TERM
export COMPOSE_PROJECT_NAME=waymark-test
free_ports || exit 1
gcc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -pthread -Iservices \
    tests/faults/load.c build/gcc/libshell.a build/gcc/libcore.a \
    -lsodium -lcrypto -o "$run/load" || exit 1
say 'images and containers'
if ! testbed/compose.sh up >"$run/up.log" 2>&1; then
    tail -n 20 "$run/up.log"
    exit 1
fi
set -a
eval "$(testbed/compose.sh env)"
set +a
PGPASSWORD=$(cat "$WAYMARK_SECRETS/postgres_password")
export PGHOST=127.0.0.1 PGPORT=$WAYMARK_POSTGRES_PORT PGUSER=postgres PGPASSWORD
sent_at=$(date -u +%Y-%m-%dT%H:%M:%SZ)
say "all are healthy; $rate messages a second, for $seconds s"
for name in "${names[@]}"; do
    container[$name]=$(docker-compose ps -q "$name")
    check "$name-not-root" not_root "$name"
done

: >"$ledger"
check curl-signed curl_signed
check curl-unsigned curl_unsigned
"$run/load" --to "127.0.0.1:$WAYMARK_INTAKE_PORT" \
    --path "/v1/notifications?authority=$authority" --prefix C --repeats 5 \
    --sent-at "$sent_at" --ledger "$ledger" --count $((seconds * rate)) \
    --rate "$rate" --give-up 120 --key "$key" --audience "$audience" >"$run/load.out" 2>"$run/load.err" &
child[load]=$!
proc_record "$run/pid/load" $! || rm -f "$run/pid/load"
drop_file || failed=1
crash_all
wait_load 180 || failed=$((failed + 1))

check drop-done until_true 60 'the dropped file' drop_is_done
check drop-holds drop_holds
check healthy until_true 120 'all to be healthy' all_are_healthy
for name in "${names[@]}"; do
    check "$name-again" started_again "$name"
done
check settled until_true "$SETTLE_S" 'everything to be read' all_is_read
check confirmed until_true 30 'everything to be confirmed' all_is_confirmed
check notifier-read until_true 60 'notifier to read all' notifier_has_read
check unlost check_unlost
check undoubled check_undoubled
check notifier-once notifier_reads_once
check balance cli balance --authority "$authority"
check reconcile cli reconcile --authority "$authority"

accepted=$(sort -u "$ledger" | wc -l)
decided=$(sql "SELECT count(DISTINCT notification_id) FROM triage.decision
    WHERE shard = $shard")
check decided expect "$accepted" "$decided" 'notifications decided'
echo
echo "compose: $passed passed, $failed failed, 0 skipped; $decided decided"
echo "compose: $accepted accepted, $lost_total lost, $doubled_total doubled"
[ "$failed" -eq 0 ] && [ "$accepted" -gt 0 ]
