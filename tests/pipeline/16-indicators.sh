#!/bin/bash
# 16-indicators.sh: figures that agencies counted themselves, through each door
# to the topic: what is no number is refused with its row and reason, a gap
# stays a gap, a typed total is marked; sent again nothing doubles; and after a
# restore `waymark recover` brings their receipts back. WAYMARK_BED names the
# bed (indicators).
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
bed=${WAYMARK_BED:-indicators}
# shellcheck source=tests/lib/intake.sh
. tests/lib/intake.sh
port=$((ports + 5))
url=http://127.0.0.1:$port
pid=

export WAYMARK_AUTHORITIES=demo-live WAYMARK_INSTANCE=test
export WAYMARK_LISTEN=127.0.0.1:$port WAYMARK_CLOCK_TICK_MS=500
export WAYMARK_DROP_FOLDER=$work/drop WAYMARK_DROP_POLL_MS=50
mkdir -p "$work/drop/social-care"

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
end()
{
    kill -TERM "$pid"
    wait "$pid" 2>/dev/null
    pid=
}
sql() { psql -qAtX -c "SET search_path TO intake" -c "$1"; }
partition=$(jq '."demo-live".partition' profiles/authorities.json)
# The observed figures as the topic has them: reference, value, gap, amount, ...
topic()
{
    kcat -C -e -q -b "$WAYMARK_KAFKA" -t indicators -p "$partition" \
        -f '%s' 2>/dev/null | grep -ca "$1"
}

start

# ---- a sheet, as the reports printed it -----------------------------------------

# Kent 2015, Table 2, in rows; EIS 2012 with its gaps; one row is shifted by a
# cell, one has a cell too many.
cat >"$work/indicators-1.csv" <<'CSV'
agency_ref,indicator,period_from,period_to,area,breakdown,definition,status,value
T2-1,commissioned_children,2014-04-01,2015-03-31,authority,Mediation,Table 2,final,444
T2-2,commissioned_children,01/04/2014,31/03/2015,authority,NEET provision,Table 2,final,1500K
T2-3,commissioned_step_downs,2014-04-01,2015-03-31,authority,NEET provision,Table 2,final,unknown
T2-4,commissioned_children,2014-04-01,2015-03-31,authority,TOTAL,Table 2,final,"5,326"
E-1,young_carers_supported,2010-09-01,2011-08-31,authority,,own count,final,na
E-2,first_time_entrants_rate,2010-04-01,2011-03-31,national,,per 100000 of 10-17,final,Awaiting data
E-3,lac_overall_absence,2011-09-01,2012-07-31,authority,,all sessions,provisional,5.70%
X-1,,neet,2014-04-01,2015-03-31,authority,,own count,final
X-2,neet,2014-04-01,2015-03-31,authority,,own count,final,6,7
X-3,happiness,2014-04-01,2015-03-31,authority,,own count,final,6
X-4,neet,2999-04-01,2999-04-30,authority,,own count,provisional,6
CSV
curl -s -H 'Content-Type: text/csv' --data-binary "@$work/indicators-1.csv" \
    "$url/v1/indicators?agency=social-care" >"$work/answer"
check 'each row is answered on its own' \
    '[202,422,202,202,202,202,202,422,400,422,422]' "$(jq -c '[.[].status]' "$work/answer")"
check '1500K is R14, at its cell' '["R14","value"]' \
    "$(jq -c '.[1].errors[0] | [.code, .column]' "$work/answer")"
check 'a shifted row is called so' 1 \
    "$(jq '[.[7].errors[] | select(.detail | startswith("shifted columns?"))] | length' "$work/answer")"
check 'a cell too many is C04' C04 "$(jq -r '.[8].errors[0].code' "$work/answer")"
check 'an unknown indicator is R15' '["R15","/indicator"]' \
    "$(jq -c '.[9].errors[0] | [.code, .pointer]' "$work/answer")"
check 'a period to come is R10' R10 "$(jq -r '.[10].errors[0].code' "$work/answer")"
jq -r '.[0].id' "$work/answer" >"$work/id"

# ---- the same again, and mended --------------------------------------------------

cp "$work/indicators-1.csv" "$work/indicators-again.csv"
curl -s -H 'Content-Type: text/csv' --data-binary "@$work/indicators-again.csv" \
    "$url/v1/indicators?agency=social-care" >"$work/answer"
check 'sent again all that was taken is a repeat' 6 "$(jq '[.[] | select(.repeated)] | length' "$work/answer")"
sed 's/1500K/1500/' "$work/indicators-1.csv" >"$work/drop/social-care/indicators-mended.tmp"
mv "$work/drop/social-care/indicators-mended.tmp" "$work/drop/social-care/indicators-mended.csv"
wait_for 20 test -e "$work/drop/social-care/done/indicators-mended.result.ndjson"
check 'mended it is taken out of the drop folder' '{"read":11,"accepted":1,"repeated":6,"rejected":4}' \
    "$(tail -n 1 "$work/drop/social-care/done/indicators-mended.result.ndjson" |
        jq -c '{read, accepted, repeated, rejected}')"
check 'what was refused comes back to be mended' 5 \
    "$(wc -l <"$work/drop/social-care/done/indicators-mended.rejected.csv")"

# ---- one, many, waymark send -------------------------------------------------------

one() # reference, value
{
    printf '{"agency_id":"school-oakfield","agency_ref":"%s","indicator":"attendance","period_from":"2015-06-01","period_to":"2015-06-30","area":"swale","definition":"sessions","status":"provisional","value":%s}\n' "$1" "$2"
}
check 'one as JSON is accepted' '202' \
    "$(one J-1 95.5 | curl -s -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' --data-binary @- "$url/v1/indicators")"
check 'another value under its key is R08' 'R08' \
    "$(one J-1 95.6 | curl -s -H 'Content-Type: application/json' --data-binary @- "$url/v1/indicators" | jq -r '.errors[0].code')"
{ one J-2 '"na"'; one J-3 '"1500K"'; one J-4 94; } >"$work/more.ndjson"
build/bin/waymark send --intake "$url" --kind indicators --results "$work/more.result" \
    "$work/more.ndjson" >/dev/null 2>&1
check 'waymark send brings many' '1 R14' \
    "$(jq -r 'select(.errors) | .errors[0].code' "$work/more.result" | uniq -c | tr -s ' ' | sed 's/^ //')"
build/bin/waymark template indicator >"$work/indicators-template.csv" 2>/dev/null
check 'a template has the columns' 1 \
    "$(grep -c 'indicator.*period_from.*period_to.*area.*value' "$work/indicators-template.csv")"
check 'its receipt can be asked for' '["social-care","T2-1",null]' \
    "$(curl -s "$url/v1/notifications/$(cat "$work/id")" | jq -c '[.agency_id, .agency_ref, .state]')"

# ---- what became of it ---------------------------------------------------------------

is_confirmed() { [ "$(sql 'SELECT confirmed_turn >= turn FROM shard')" = t ]; }
check 'each is there once' "10 10" \
    "$(sql "SELECT count(*), count(DISTINCT item_id) FROM receipt WHERE item_kind = 'indicator'" | tr '|' ' ')"
check 'numbered without a gap on its own topic' t \
    "$(sql "SELECT max(sequence) <= (SELECT sequence FROM out_seq WHERE topic = 'indicators')
        AND count(DISTINCT sequence) = count(*) FROM receipt WHERE item_kind = 'indicator'")"
wait_for 20 is_confirmed
check 'the figures stand on the topic, the gap without a number' '1 1 0' \
    "$(topic '5,326') $(topic awaiting | sed 's/^[1-9].*/1/') $(topic 1500K)"

# ---- a database from before them --------------------------------------------------------

end
testbed/bed.sh base-backup "$bed" "$work/backup" >/dev/null 2>&1
sql "SELECT agency_ref, sequence FROM receipt WHERE item_kind = 'indicator' ORDER BY 1" >"$work/before"
start
for i in $(seq 600); do one "R-$i" "$((i % 100))"; done >"$work/many.ndjson"
build/bin/waymark send --intake "$url" --kind indicators "$work/many.ndjson" >/dev/null 2>&1
wait_for 20 is_confirmed
end
sql "SELECT item_id, agency_ref, sequence, encode(content_hash, 'hex'), recorded_at, warnings
    FROM receipt ORDER BY 1" >"$work/before"
testbed/bed.sh restore "$bed" "$work/backup" >/dev/null 2>&1
check 'the restored database does not know them' 10 \
    "$(sql "SELECT count(*) FROM receipt WHERE item_kind = 'indicator'")"
build/bin/waymark recover --service intake --authority demo-live --lease-ms 1000 >"$work/recovered" 2>&1 ||
    cat "$work/recovered"
check 'recover takes them in again' 1 "$(grep -c '^recover: intake demo-live: .* 600 inputs' "$work/recovered")"
check 'each with the receipt that it had' "$(sha256sum <"$work/before")" \
    "$(sql "SELECT item_id, agency_ref, sequence, encode(content_hash, 'hex'), recorded_at, warnings
    FROM receipt ORDER BY 1" | sha256sum)"
start
check 'and sent again they are repeats' 600 \
    "$(curl -s -H 'Content-Type: application/x-ndjson' --data-binary "@$work/many.ndjson" "$url/v1/indicators" |
        jq '[.[] | select(.repeated)] | length')"
wait_for 20 is_confirmed
end
check 'the log gives the same receipts' 'reconcile: 0 differences' \
    "$(build/bin/waymark reconcile --service intake --authority demo-live 2>/dev/null | tail -n 1)"

echo "16-indicators: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
