#!/bin/bash
# 17-overload.sh: more comes than fits. An agency floods the door with lists;
# meanwhile messages about missing children are all taken, each within a second,
# another agency has its share, everybody else is told when to come again, and
# what was answered 202 is there. WAYMARK_BED names the bed (overload).
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
bed=${WAYMARK_BED:-overload}
build=${BUILD:-build/gcc}
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
# shellcheck source=tests/lib/intake.sh
. tests/lib/intake.sh
port=$((ports + 5))
url=http://127.0.0.1:$port
run=O$(date +%s)
pid=
finish()
{
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

export LC_ALL=C PGOPTIONS='-c search_path=intake' WAYMARK_AUTH=token WAYMARK_AUDIENCE=door
export WAYMARK_AUTHORITIES=demo-live WAYMARK_INSTANCE=test WAYMARK_LISTEN=127.0.0.1:$port
export WAYMARK_PROFILES=$work/profiles WAYMARK_THREADS=4
openssl ecparam -name prime256v1 -genkey -noout -out "$work/key.pem" 2>/dev/null
cp -a profiles "$work/profiles"
jq --arg pem "$(openssl pkey -in "$work/key.pem" -pubout)" '.agencies[].keys = [{kid: "k", pem: $pem}]' \
    profiles/agencies.json >"$work/profiles/agencies.json"
"$build/bin/waymark-intake" 2>"$work/log" &
pid=$!
wait_for 40 curl -sf -m 2 "$url/readyz" || cat "$work/log" >&2

now() { date -u +%FT%TZ; }
one() # agency kind reference more
{
    printf '{"agency_id":"%s","agency_ref":"%s-%s","kind":"%s","sent_at":"%s",%s"child":{"forename":"Testchild","surname":"Alpha","dob":"2012-03-01"}}\n' \
        "$1" "$run" "$3" "$2" "$(now)" "${4-}"
}
missing() { one kent-police police_missing_reported "$1" "\"episode_ref\":\"E-$1\",\"reported_at\":\"$(now)\",\"risk_grade\":\"medium\","; }
post() # agency type file, result file: a line "STATUS SECONDS RETRY-AFTER"
{
    curl -s -m 30 -o "$4" -w '%{http_code} %{time_total} %header{retry-after}\n' -H "Content-Type: application/$2" \
        -H "Authorization: Bearer $("$build/bin/waymark" token --agency "$1" --key "$work/key.pem")" \
        --data-binary "@$3" "$url/v1/notifications"
}

# ---- a flood -------------------------------------------------------------------

row=$(one health-trust health_referral @)
for s in 1 2 3 4 5 6 7 8; do
    seq 2000 | sed "s|.*|${row//@/$s-&}|" >"$work/list$s"
done
stop=$work/stop
flood() # number
{
    while [ ! -e "$stop" ]; do
        post health-trust x-ndjson "$work/list$1" "$work/flood$1.answer" >>"$work/flood$1"
        sleep 0.02
    done
}
for s in 1 2 3 4 5 6 7 8; do flood "$s" & floods+=($!); done
housing()
{
    local i=0
    while [ ! -e "$stop" ]; do
        i=$((i + 1))
        one housing-east housing_referral "h$i" >"$work/housing.json"
        post housing-east json "$work/housing.json" "$work/housing.answer" >>"$work/housing"
    done
}
sleep 0.5
housing &
floods+=($!)
for i in $(seq 40); do
    missing "m$i" >"$work/missing.json"
    post kent-police json "$work/missing.json" "$work/missing.answer" >>"$work/missing"
done
# A list: what is about a missing child is taken, the others when there is room.
tries=0 last=
until grep -q ' 429' <<<"$last" 2>/dev/null || [ "$tries" -ge 60 ]; do
    tries=$((tries + 1))
    { one health-trust health_referral "x$tries"; one health-trust health_referral "y$tries"; } >"$work/two"
    last=" $(post health-trust x-ndjson "$work/two" "$work/two.answer")"
done
touch "$stop"
wait "${floods[@]}"

echo 'status   flood  housing  missing'
for status in 202 207 429 503; do
    printf '%6s %7s %8s %8s\n' "$status" "$(cat "$work"/flood[1-8] | grep -c "^$status")" \
        "$(grep -c "^$status" "$work/housing")" "$(grep -c "^$status" "$work/missing")"
done
slowest=$(awk '{ if ($2 > m) m = $2 } END { print m }' "$work/missing")
echo "overload: 40 missing children, the slowest after $slowest s"
claim 'every message about a missing child is taken' "$(grep -c '^202' "$work/missing")" 40
claim 'each within a second' "$(awk '$2 >= 1' "$work/missing" | wc -l)" 0
claim 'the flood is shed' "$([ "$(cat "$work"/flood[1-8] | grep -cE '^(429|503)')" -gt 0 ] && echo yes)" yes
claim 'and is told when to come again' "$(cat "$work"/flood[1-8] | grep -E '^(429|503)' | awk '$3 == "" ' | wc -l)" 0
claim 'another agency gets through' "$([ "$(grep -c '^202' "$work/housing")" -ge 5 ] && echo yes)" yes
claim 'it is its share that the flood is told' "$([ "$(cat "$work"/flood[1-8] | grep -c '^429')" -gt 0 ] && echo yes)" yes
claim 'nobody hears anything else' "$(cat "$work"/flood[1-8] "$work/housing" | grep -cvE '^(202|207|429|503)')" 0
claim 'a short list is read and put off row by row' \
    "$(jq -c '[.[] | [.status, .code]] | unique' "$work/two.answer")" '[[429,"share"]]'
claim 'sheds are counted' "$(curl -s "$url/metrics" | awk '/^waymark_intake_shed_total/ { n += $2 } END { print (n > 0) }')" 1
claim 'intake holds less than 256 MB' "$([ "$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")" -lt 262144 ] && echo yes)" yes

# ---- afterwards ------------------------------------------------------------------

sql() { psql -qAtc "$1"; }
claim 'each missing child is there once' "$(sql "SELECT count(*) FROM receipt WHERE agency_ref LIKE '$run-m%'")" 40
claim 'as many of housing as were told so' "$(sql "SELECT count(*) FROM receipt WHERE agency_ref LIKE '$run-h%'")" \
    "$(grep -c '^202' "$work/housing")"
one health-trust health_referral after >"$work/after.json"
claim 'when it is over there is room again' "$(post health-trust json "$work/after.json" "$work/answer" | cut -c 1-3)" 202
kill "$pid"
wait "$pid"
claim 'SIGTERM ends with 0' $? 0
pid=
claims_end overload
