#!/bin/bash
# 11-intake-instances.sh: two intakes serve one authority: both accept, one
# publishes; when it dies the other takes over, and an absent Kafka is waited
# for. WAYMARK_BED names the bed (intake).
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
bed=${WAYMARK_BED:-intake}
program=${WAYMARK_INTAKE:-build/bin/waymark-intake}
testbed/bed.sh up --durable "$bed" >&2 || exit 3
set -a
eval "$(testbed/bed.sh env "$bed")"
set +a
first=${WAYMARK_KAFKA%%,*}
base=${first##*:}
work=$(mktemp -d)
run=I$(date +%s)
passed=0 failed=0
declare -A pids

export WAYMARK_INTAKE_HASH_KEY=only-for-tests-0123456789
export WAYMARK_AUTHORITIES=demo-live WAYMARK_LEASE_MS=1000 WAYMARK_BEAT_MS=100
export WAYMARK_CLOCK_TICK_MS=500 PGOPTIONS='-c search_path=intake'

finish()
{
    for p in "${pids[@]}"; do
        kill -9 "$p" 2>/dev/null
    done
    rm -rf "$work"
}
trap finish EXIT

check() # sentence, expected, found
{
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
        echo "ok    $1"
    else
        failed=$((failed + 1))
        echo "FAIL  $1: want \"$2\", found \"$3\""
    fi
}

wait_for() # seconds, command...
{
    local left=$(($1 * 20))
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ $left -gt 0 ] || return 1
        sleep 0.05
    done
}

start() # a or b
{
    local port=$((base + 46))
    [ "$1" = a ] || port=$((base + 47))
    WAYMARK_INSTANCE=$1 WAYMARK_LISTEN=127.0.0.1:$port "$program" \
        2>>"$work/log.$1" &
    pids[$1]=$!
    wait_for 20 curl -sf "http://127.0.0.1:$port/readyz"
}

post() # a or b, from, to: how many are accepted
{
    local port=$((base + 46)) i
    [ "$1" = a ] || port=$((base + 47))
    for i in $(seq "$2" "$3"); do
        printf '{"agency_id":"school-oakfield","agency_ref":"%s-%s","kind":"school_referral","sent_at":"2015-06-26T10:20:00Z","child":{"forename":"Testchild","surname":"Alpha","dob":"2006-03-01"}}\n' \
            "$run" "$i"
    done | curl -s --max-time 60 -H 'Content-Type: application/x-ndjson' \
        --data-binary @- "http://127.0.0.1:$port/v1/notifications" |
        jq '[.[] | select(.status == 202)] | length'
}

sql() { psql -qAtc "$1"; }
owner() { sql 'SELECT owner FROM shard WHERE shard = 4'; }
is_owner() { [ "$(owner)" = "$1" ]; }
settled() { [ "$(sql 'SELECT turn - confirmed_turn FROM shard WHERE shard = 4')" -le 2 ]; }

start a
wait_for 10 is_owner a
start b
check 'the first one publishes' a "$(owner)"
(post a 1 1500 >"$work/a") &
left=$!
(post b 1001 2500 >"$work/b") &
right=$!
wait $left $right
check 'both accept, also the same ones' '1500 1500' \
    "$(cat "$work/a") $(cat "$work/b")"
check 'which are there once' 2500 \
    "$(sql "SELECT count(*) FROM receipt WHERE agency_ref LIKE '$run-%'")"
kill -9 "${pids[a]}"
wait "${pids[a]}" 2>/dev/null
check 'the other accepts without a pause' 500 "$(post b 2501 3000)"
wait_for 10 is_owner b
check 'and publishes once the lease has run out' b "$(owner)"
wait_for 20 settled
check 'all of both' yes "$(settled && echo yes)"

testbed/bed.sh kill-broker "$bed" 1 >/dev/null
check 'without Kafka messages are accepted' 700 "$(post b 3001 3700)"
epoch=$(sql 'SELECT epoch FROM shard WHERE shard = 4')
sleep 3
check 'the lease is kept meanwhile' "$epoch" \
    "$(sql 'SELECT epoch FROM shard WHERE shard = 4')"
testbed/bed.sh start-broker "$bed" 1 >/dev/null
wait_for 40 settled
check 'and published when it is back' yes "$(settled && echo yes)"
kill "${pids[b]}"
wait "${pids[b]}"
check 'SIGTERM ends with 0' 0 $?
uuid='[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}'
sql "SELECT item_id FROM receipt WHERE shard = 4 AND item_kind = 'notification'" |
    sort >"$work/ids"
check 'every receipt stands in Kafka' 0 \
    "$(timeout 60 kcat -b "$WAYMARK_KAFKA" -C -t receipts -p 4 -o beginning -e -q |
        grep -aoE "$uuid" | sort -u | comm -13 - "$work/ids" | wc -l)"

echo "11-intake-instances: $passed passed, $failed failed"
[ $failed -eq 0 ] || cat "$work"/log.* >&2
[ $failed -eq 0 ]
