#!/bin/bash
# 11-intake-instances.sh: two intakes serve one authority: both accept, one
# publishes; when it dies the other takes over, and an absent Kafka is waited
# for. WAYMARK_BED names the bed (intake).
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
bed=${WAYMARK_BED:-intake}
# shellcheck source=tests/lib/intake.sh
. tests/lib/intake.sh
run=I$(date +%s)
declare -A pids

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

url_of() # a or b
{
    local port=$((ports + 6))
    [ "$1" = a ] || port=$((ports + 7))
    echo "http://127.0.0.1:$port"
}

launch() # a or b
{
    WAYMARK_INSTANCE=$1 WAYMARK_LISTEN=$(url_of "$1" | cut -c 8-) "$program" \
        2>>"$work/log.$1" &
    pids[$1]=$!
}

start() # a or b
{
    launch "$1"
    wait_for 20 curl -sf "$(url_of "$1")/readyz"
}

status() # a or b, path
{
    curl -s -o /dev/null -w '%{http_code}' --max-time 20 "$(url_of "$1")$2"
}

one() # a or b, kind, more of it: status, Retry-After and code
{
    printf '{"agency_id":"%s","agency_ref":"%s-%s","kind":"%s","sent_at":"2015-06-26T10:20:00Z",%s"child":{"forename":"Testchild","surname":"Alpha","dob":"2006-03-01"}}\n' \
        "${4:-school-oakfield}" "$run" "$2" "$2" "${3:-}" |
        curl -s -o "$work/body" --max-time 20 --data-binary @- \
            -H 'Content-Type: application/json' \
            -w '%{http_code} %header{retry-after}' \
            "$(url_of "$1")/v1/notifications"
    echo " $(jq -r '.code // "accepted"' "$work/body")"
}

post() # a or b, from, to: how many are accepted
{
    local i
    for i in $(seq "$2" "$3"); do
        printf '{"agency_id":"school-oakfield","agency_ref":"%s-%s","kind":"school_referral","sent_at":"2015-06-26T10:20:00Z","child":{"forename":"Testchild","surname":"Alpha","dob":"2006-03-01"}}\n' \
            "$run" "$i"
    done | curl -s --max-time 60 -H 'Content-Type: application/x-ndjson' \
        --data-binary @- "$(url_of "$1")/v1/notifications" |
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

# The same keys at both at once, with other content: one of them each is first.
rivals() # a or b, surname: the statuses, a line each
{
    local i
    for i in $(seq 500); do
        printf '{"agency_id":"school-oakfield","agency_ref":"%s-rival-%s","kind":"school_referral","sent_at":"2015-06-26T10:20:00Z","child":{"forename":"Testchild","surname":"%s","dob":"2006-03-01"}}\n' \
            "$run" "$i" "$2"
    done | curl -s --max-time 60 -H 'Content-Type: application/x-ndjson' \
        --data-binary @- "$(url_of "$1")/v1/notifications" |
        jq -r '.[] | "\(.status) \(.errors[0].code? // "")"'
}
rivals a Alpha >"$work/rivals.a" &
left=$!
rivals b Beta >"$work/rivals.b" &
right=$!
wait $left $right
check 'of two contents under one key one is accepted, the other is R08' \
    '500 202 422 R08' \
    "$(paste -d ' ' "$work/rivals.a" "$work/rivals.b" |
        awk '/^202  422 R08$/ || /^422 R08 202 $/ { n++ } END { print n, "202 422 R08" }')"
check 'and stands there once' 500 \
    "$(sql "SELECT count(*) FROM receipt WHERE agency_ref LIKE '$run-rival-%'")"
wait_for 20 settled
events_of() # pattern of references: events in the log, how many different
{
    timeout 60 kcat -b "$WAYMARK_KAFKA" -C -t notifications -p 4 -o beginning -e -q -f '%s\n' |
        grep -aoE "$run-$1" | sort | uniq -c |
        awk '{ n++; more += $1 > 1 } END { print n + 0, more + 0 }'
}
check 'in the log too: one event each, none twice' '500 0' "$(events_of 'rival-[0-9]+')"
check 'and the same ones that both accepted' '2500 0' "$(events_of '[0-9]+\b')"

kill -9 "${pids[a]}"
wait "${pids[a]}" 2>/dev/null
check 'the other accepts without a pause' 500 "$(post b 2501 3000)"
wait_for 10 is_owner b
check 'and publishes once the lease has run out' b "$(owner)"
wait_for 20 settled
check 'all of both' yes "$(settled && echo yes)"

# One stands still with the authority's row locked, between two statements.
WAYMARK_CRASH_AT=decided:1:stop start a
wait_for 10 is_owner b
post a 9001 9001 >"$work/still" &
still=$!
stands() { [ "$(ps -o stat= -p "${pids[a]}" | cut -c 1)" = T ]; }
wait_for 10 stands
check 'one that stands still under the lock holds nobody up for long' \
    1 "$(post b 9002 9002)"
kill -CONT "${pids[a]}"
wait $still
check 'and when it goes on has not accepted anything' '0 0' "$(cat "$work/still") \
$(sql "SELECT count(*) FROM receipt WHERE agency_ref = '$run-9001'")"
check 'what it is sent then is accepted' 1 "$(post a 9001 9001)"
kill -9 "${pids[a]}"
wait "${pids[a]}" 2>/dev/null
wait_for 20 settled

testbed/bed.sh kill-broker "$bed" 1 >/dev/null
check 'without Kafka messages are accepted' 700 "$(post b 3001 3700)"
epoch=$(sql 'SELECT epoch FROM shard WHERE shard = 4')
sleep 3
check 'the lease is kept meanwhile' "$epoch" \
    "$(sql 'SELECT epoch FROM shard WHERE shard = 4')"
testbed/bed.sh start-broker "$bed" 1 >/dev/null
wait_for 40 settled
check 'and published when it is back' yes "$(settled && echo yes)"

# A key that is there already, of a turn that never was: our own fault.
sql 'SELECT FROM shard WHERE shard = 4 FOR UPDATE;
    INSERT INTO turn SELECT shard, turn + 1, epoch, $$$$, 0, 0, 0
    FROM shard WHERE shard = 4' >/dev/null
check "what the engine's tables refuse is no sender's fault" \
    '503 5 not_ready' "$(one b school_referral)"
check 'and the log has what the server said' 1 \
    "$(grep append_fails "$work/log.b" | grep '"code":"engine"' | grep -c turn_pkey)"
sql 'DELETE FROM turn WHERE shard = 4 AND
    turn > (SELECT turn FROM shard WHERE shard = 4)'
check 'mended, the same message is accepted' '202  accepted' \
    "$(one b school_referral)"
wait_for 20 settled
kill "${pids[b]}"
wait "${pids[b]}"
check 'SIGTERM ends with 0' 0 $?

# Started while Kafka is away: nothing is accepted, and everybody is told so.
testbed/bed.sh kill-broker "$bed" 1 >/dev/null
launch b
wait_for 10 curl -sf "$(url_of b)/livez"
check 'without Kafka it lives and is not ready' '200 503' \
    "$(status b /livez) $(status b /readyz)"
check 'who sends hears when to come again' '503 5 not_ready' \
    "$(one b school_referral)"
check 'for a missing child' '503 5 not_ready' \
    "$(one b police_missing_reported '"episode_ref":"E-1","reported_at":"2015-06-26T07:12:05+01:00","risk_grade":"medium",' kent-police)"
check 'also whom to phone' \
    'not accepted: phone the duty desk on 01632 960001' \
    "$(jq -r .detail "$work/body")"
check 'a receipt is not looked for' 503 \
    "$(status b /v1/notifications/00000000-0000-8000-8000-000000000000)"
kill "${pids[b]}"
wait "${pids[b]}"
check 'SIGTERM ends the wait with 3' 3 $?
launch b
wait_for 10 curl -sf "$(url_of b)/livez"
testbed/bed.sh start-broker "$bed" 1 >/dev/null
wait_for 60 curl -sf "$(url_of b)/readyz"
check 'with Kafka there it accepts' 10 "$(post b 3701 3710)"

# A connection that is new asks the log before it gives numbers out.
testbed/bed.sh kill-broker "$bed" 1 >/dev/null
testbed/bed.sh kill-pg "$bed" >/dev/null
testbed/bed.sh start-pg "$bed" >/dev/null
one b school_referral >/dev/null # the connection is gone
check 'through a new connection nothing is accepted before the log is asked' \
    '503 5 not_ready' "$(one b school_referral)"
testbed/bed.sh start-broker "$bed" 1 >/dev/null
wait_for 60 curl -sf "$(url_of b)/readyz"
check 'and then it goes on' 10 "$(post b 3711 3720)"
wait_for 40 settled
check 'and publishes' yes "$(settled && echo yes)"
kill "${pids[b]}"
wait "${pids[b]}"
check 'SIGTERM ends with 0 again' 0 $?
uuid='[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}'
sql "SELECT item_id FROM receipt WHERE shard = 4 AND item_kind = 'notification'" |
    sort >"$work/ids"
check 'every receipt stands in Kafka' 0 \
    "$(timeout 60 kcat -b "$WAYMARK_KAFKA" -C -t receipts -p 4 -o beginning -e -q |
        grep -aoE "$uuid" | sort -u | comm -13 - "$work/ids" | wc -l)"

echo "11-intake-instances: $passed passed, $failed failed"
[ $failed -eq 0 ] || cat "$work"/log.* >&2
[ $failed -eq 0 ]
