#!/bin/bash
# 10-intake.sh: intake against a real Kafka and PostgreSQL: what was answered
# with 202 is there once, whatever dies meanwhile. WAYMARK_BED names the bed
# (intake); it may be used again and again, each run has references of its own.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
bed=${WAYMARK_BED:-intake}
# shellcheck source=tests/lib/intake.sh
. tests/lib/intake.sh
port=$((ports + 5))
url=http://127.0.0.1:$port
run=R$(date +%s)
total=1000
pid=

export WAYMARK_AUTHORITIES=demo-live,kent-2015 WAYMARK_INSTANCE=test
export WAYMARK_LISTEN=127.0.0.1:$port WAYMARK_CLOCK_TICK_MS=1000
export WAYMARK_DROP_FOLDER=$work/drop WAYMARK_DROP_AUTHORITY=demo-live
export WAYMARK_DROP_POLL_MS=50 PGOPTIONS='-c search_path=intake'
mkdir -p "$work/drop/school-oakfield"

finish()
{
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

start()
{
    "$program" 2>>"$work/log" &
    pid=$!
    wait_for 20 curl -sf "$url/readyz" || {
        cat "$work/log" >&2
        exit 1
    }
}

post() # authority, path, file: status on the first line, then the body
{
    curl -s -o "$work/body" -w '%{http_code}\n' --max-time 30 \
        -H "Waymark-Authority: $1" -H "Content-Type: ${4:-application/json}" \
        --data-binary "@$3" "$url$2"
    cat "$work/body" 2>/dev/null
}

one() # reference, surname, [kind]
{
    local kind=${3:-school_referral} agency=school-oakfield extra=
    if [ "$kind" = police_missing_reported ]; then
        agency=kent-police
        extra='"episode_ref":"E-1","reported_at":"2015-06-26T07:12:05+01:00","risk_grade":"medium",'
    fi
    printf '{"agency_id":"%s","agency_ref":"%s","kind":"%s","sent_at":"2015-06-26T10:20:00Z",%s"child":{"forename":"Testchild","surname":"%s","dob":"2006-03-01"}}\n' \
        "$agency" "$1" "$kind" "$extra" "$2"
}

# ---- a thousand, with a kill -9 in between ----------------------------------

for i in $(seq $total); do
    one "$run-$i" Alpha >"$work/n$i.json"
done
sql() { psql -qAtc "$1"; }

start
send='f=$1; printf "%s %s\n" "$(basename "$f")" "$(curl -s --max-time 10 -H "Waymark-Authority: demo-live" -H "Content-Type: application/json" --data-binary "@$f" "$2/v1/notifications")"'
{
    for i in $(seq $total); do
        printf '%s\0' "$work/n$i.json"
    done
} | xargs -0 -P 8 -I{} sh -c "$send" sh {} "$url" >"$work/first" 2>/dev/null &
sender=$!
wait_for 60 sh -c "[ \$(wc -l <'$work/first') -gt $((total / 4)) ]"
kill -9 "$pid"
wait "$pid" 2>/dev/null
start
wait $sender
grep -c '"repeated":false' "$work/first" >"$work/n_first"
check 'the kill hit while messages were under way' yes \
    "$([ "$(cat "$work/n_first")" -lt $total ] && echo yes || echo no)"

cat "$work"/n*.json >"$work/all.ndjson"
post demo-live /v1/notifications "$work/all.ndjson" application/x-ndjson \
    >"$work/second"
check 'a batch answers row by row' 207 "$(head -n 1 "$work/second")"
tail -n +2 "$work/second" >"$work/rows"
check 'sent again, all are accepted' $total \
    "$(jq '[.[] | select(.status == 202)] | length' "$work/rows")"
check 'whoever had a receipt gets the same one, repeated' \
    "$(sed -n 's/^[^ ]* \({.*"id".*}\)$/\1/p' "$work/first" |
        jq -r '[.agency_ref, .id, .recorded_at] | @tsv' | sort)" \
    "$(jq -r '.[] | select(.repeated) | [.agency_ref, .id, .recorded_at] | @tsv' \
        "$work/rows" | sort | join -t "$(printf '\t')" - \
        <(sed -n 's/^[^ ]* \({.*"id".*}\)$/\1/p' "$work/first" |
            jq -r .agency_ref | sort))"
check 'each stands in the receipts once' "$total $total" \
    "$(sql "SELECT count(*), count(DISTINCT item_id) FROM receipt WHERE agency_ref LIKE '$run-%'" | tr '|' ' ')"

# ---- answers ------------------------------------------------------------------

one "$run-1" Beta >"$work/other.json"
post demo-live /v1/notifications "$work/other.json" >"$work/answer"
check 'other content under a used key is refused' '422 R08' \
    "$(head -n 1 "$work/answer") $(tail -n +2 "$work/answer" | jq -r '.errors[0].code')"
{
    one "$run-a" Alpha
    echo '{"agency_id":'
    one "$run-b" Alpha
    echo '{"agency_id":"nobody"}'
    one "$run-a" Alpha
} >"$work/mixed.ndjson"
post demo-live /v1/notifications "$work/mixed.ndjson" application/x-ndjson \
    >"$work/answer"
check 'a bad row blocks no other' '[202,400,202,422,202]' \
    "$(tail -n +2 "$work/answer" | jq -c '[.[].status]')"
check 'a repeat within a batch is one' true \
    "$(tail -n +2 "$work/answer" | jq '.[4].repeated')"
jq -c --slurp . >"$work/array.json" <<EOF
$(one "$run-c" Alpha)
$(one "$run-d" Alpha)
EOF
post demo-live /v1/notifications "$work/array.json" >"$work/answer"
check 'an array is a batch too' '[202,202]' \
    "$(tail -n +2 "$work/answer" | jq -c '[.[].status]')"
id=$(tail -n +2 "$work/answer" | jq -r '.[0].id')
check 'where no other service was ever there a receipt is a receipt' \
    '["received",false,"01632 960001"]' \
    "$(curl -s -H 'Waymark-Authority: demo-live' "$url/v1/notifications/$id" |
        jq -c '[.state, .state_known, .held_by.phone]')"
jq -c '.amendment = 2' "$work/n1.json" >"$work/am.json"
check 'an amendment with a gap says so' W11 \
    "$(post demo-live /v1/notifications "$work/am.json" | tail -n +2 | jq -r '.warnings[0]')"
jq -c '.amendment = 1' "$work/n1.json" >"$work/am.json"
check 'a lower one that comes later is history' W12 \
    "$(post demo-live /v1/notifications "$work/am.json" | tail -n +2 | jq -r '.warnings[0]')"
id=$(jq -r '.[0].id' "$work/rows")
check 'a receipt is found by its id' "$id" \
    "$(curl -s -H 'Waymark-Authority: demo-live' "$url/v1/notifications/$id" | jq -r .id)"
check 'an unknown media type is 415' 415 \
    "$(post demo-live /v1/notifications "$work/n1.json" text/plain | head -n 1)"
check 'broken JSON is 400' 400 \
    "$(post demo-live /v1/notifications "$work/mixed.ndjson" | head -n 1)"
{
    printf '{"concern":"'
    head -c 262144 /dev/zero | tr '\0' x
    printf '"}'
} >"$work/large.json"
check 'a record above 256 KiB is 413' 413 \
    "$(post demo-live /v1/notifications "$work/large.json" | head -n 1)"
check 'an unknown authority is 400' 400 \
    "$(post nowhere /v1/notifications "$work/n1.json" | head -n 1)"
echo "{\"agency_id\":\"early-help\",\"agency_ref\":\"$run-v\",\"activity\":\"visit\",\"occurred_at\":\"2015-06-26T10:20:00Z\",\"by\":\"worker-1\",\"subject\":{\"notification\":{\"agency_id\":\"school-oakfield\",\"agency_ref\":\"$run-1\"}}}" >"$work/visit.json"
check 'an activity is accepted' 202 \
    "$(post demo-live /v1/activities "$work/visit.json" | head -n 1)"
echo "{\"agency_id\":\"early-help\",\"agency_ref\":\"$run-s\",\"by\":\"screener-1\",\"level\":3,\"notification\":{\"agency_id\":\"school-oakfield\",\"agency_ref\":\"$run-1\"}}" >"$work/screening.json"
check 'a screening is accepted' 202 \
    "$(post demo-live /v1/screenings "$work/screening.json" | head -n 1)"

# ---- the log clock --------------------------------------------------------------

year=$(($(sql "SELECT coalesce(extract(year FROM now)::int, 2014) FROM shard WHERE shard = 1") + 1))
if [ $year -le 2027 ]; then
    echo "{\"at\":\"$year-01-26T06:12:05Z\"}" >"$work/time.json"
    check 'time is set from outside' 202 \
        "$(post kent-2015 /v1/time "$work/time.json" | head -n 1)"
    one "$run-k" Alpha | sed 's/2015-06-26/2014-06-26/' >"$work/kent.json"
    check 'recorded time is the last that was set' "$year-01-26T06:12:05.000Z" \
        "$(post kent-2015 /v1/notifications "$work/kent.json" | tail -n +2 | jq -r .recorded_at)"
    echo "{\"at\":\"$year-01-26T06:12:04Z\"}" >"$work/time.json"
    check 'time does not go back' 409 \
        "$(post kent-2015 /v1/time "$work/time.json" | head -n 1)"
fi
check 'the wall clock is not set' 409 \
    "$(post demo-live /v1/time "$work/time.json" | head -n 1)"

# ---- the drop folder --------------------------------------------------------------

kill "$pid"
wait "$pid"
check 'SIGTERM ends with 0' 0 $?
for i in $(seq 1200); do
    one "$run-f$i" Alpha
done >"$work/rows.tmp"
echo '{"agency_id":"kent-police"}' >>"$work/rows.tmp"
mv "$work/rows.tmp" "$work/drop/school-oakfield/rows.ndjson"
# Each group of 500 rows, not the clock's ticks between them.
WAYMARK_CRASH_AT=accepted:2 "$program" 2>>"$work/log" &
pid=$!
wait "$pid" 2>/dev/null
check 'it died in the middle of the file' 137 $?
check 'the file still waits' yes \
    "$([ -f "$work/drop/school-oakfield/rows.ndjson" ] && echo yes)"
start
done=$work/drop/school-oakfield/done
wait_for 20 test -f "$done/rows.ndjson"
check 'every row has a result, and all of them their totals' 1202 \
    "$(wc -l <"$done/rows.result.ndjson")"
check 'which add up' '{"file":"rows.ndjson","read":1201,"accepted":700,"repeated":500,"rejected":1}' \
    "$(tail -n 1 "$done/rows.result.ndjson")"
check 'the refused row can be mended' '{"agency_id":"kent-police"}' \
    "$(cat "$done/rows.rejected.ndjson")"
check 'all good rows are accepted' 1200 \
    "$(jq -c 'select(.status == 202)' "$done/rows.result.ndjson" | wc -l)"
check 'those of the group at the crash are repeats' 500 \
    "$(jq -c 'select(.repeated == true)' "$done/rows.result.ndjson" | wc -l)"
check 'another agency may not use the folder' R02 \
    "$(tail -n 2 "$done/rows.result.ndjson" | head -n 1 | jq -r '[.errors[].code] | map(select(. == "R02"))[0]')"
check 'each is there once' 1200 \
    "$(sql "SELECT count(*) FROM receipt WHERE agency_ref LIKE '$run-f%'")"

# ---- the database is away -----------------------------------------------------------

testbed/bed.sh kill-pg "$bed" >/dev/null
one "$run-m" Alpha police_missing_reported >"$work/missing.json"
post demo-live /v1/notifications "$work/missing.json" >"$work/answer"
check 'without the database nothing is accepted' 503 \
    "$(head -n 1 "$work/answer")"
check 'for a missing child it says whom to phone' \
    'not accepted: phone the duty desk on 01632 960001' \
    "$(tail -n +2 "$work/answer" | jq -r .detail)"
testbed/bed.sh start-pg "$bed" >/dev/null
wait_for 20 curl -sf "$url/readyz"
check 'with it back the same message is accepted' 202 \
    "$(post demo-live /v1/notifications "$work/missing.json" | head -n 1)"

# ---- the database hangs -------------------------------------------------------------

# Its processes are there and do nothing, as behind a network that swallows.
backends()
{
    sql "SELECT pid FROM pg_stat_activity WHERE application_name = 'waymark-intake-append'"
}
readiness() # exit code or status, and whether it took two seconds
{
    local begun answer
    begun=$(date +%s%3N)
    answer=$(curl -s -o /dev/null -w '%{http_code}' --max-time 8 "$url/readyz")
    [ $(($(date +%s%3N) - begun)) -lt 2000 ] || answer="$answer too late"
    echo "$answer"
}
mapfile -t hung < <(backends)
kill -STOP "${hung[@]}"
answers="$(readiness) $(readiness)"
alive=$(curl -s -o /dev/null -w '%{http_code}' --max-time 2 "$url/livez")
kill -CONT "${hung[@]}"
check 'with a database that hangs it is not ready, and says so in time' \
    '503 503' "$answers"
check 'and is alive' 200 "$alive"
wait_for 20 curl -sf "$url/readyz"
check 'when the database goes on it is ready again' 200 "$(readiness)"

# ---- what stands in Kafka --------------------------------------------------------------

published() { [ "$(sql 'SELECT turn - confirmed_turn FROM shard WHERE shard = 4')" -le 1 ]; }
publishes() { curl -sf "$url/metrics" | grep -q 'shard_owned.*"demo-live"} 1'; }
wait_for 30 publishes # again, on a connection of its own
wait_for 30 published
kill "$pid"
wait "$pid"
check 'SIGTERM ends with 0 again' 0 $?
pid=
uuid='[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}'
ids() # topic
{
    timeout 60 kcat -b "$WAYMARK_KAFKA" -C -t "$1" -p 4 -o beginning -e -q |
        grep -aoE "$uuid" | sort -u
}
sql "SELECT item_id FROM receipt WHERE shard = 4 AND item_kind = 'notification'" |
    sort >"$work/notifications"
sql 'SELECT item_id FROM receipt WHERE shard = 4' | sort >"$work/items"
check 'every receipt of a notification stands on receipts, no other' \
    "$(md5sum <"$work/notifications")" "$(ids receipts | md5sum)"
check 'every item stands on notifications' 0 \
    "$(ids notifications | comm -13 - "$work/items" | wc -l)"
check 'all that was committed is confirmed' 0 \
    "$(sql 'SELECT turn - confirmed_turn FROM shard WHERE shard = 4')"
check 'no turn is missing' 0 \
    "$(sql 'SELECT max(turn) - count(*) FROM turn WHERE shard = 4')"

echo "10-intake: $passed passed, $failed failed"
[ $failed -eq 0 ]
