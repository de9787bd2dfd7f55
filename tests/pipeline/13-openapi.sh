#!/bin/bash
# 13-openapi.sh: what /openapi.json says is what the door does: every example
# is accepted, every answer that comes is described, every answer that is
# described comes or stands in the list of those that only a fault brings, and
# 5,000 requests made from the document (SEED) find nothing else. WAYMARK_BED
# names the bed (openapi).
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
bed=${WAYMARK_BED:-openapi}
# shellcheck source=tests/lib/intake.sh
. tests/lib/intake.sh
roam=${ROAM:-build/gcc/tests/pipeline/roam}
port=$((ports + 5))
url=http://127.0.0.1:$port
pid=

export LC_ALL=C
export WAYMARK_AUTHORITIES=demo-live,kent-2015 WAYMARK_INSTANCE=test
export WAYMARK_LISTEN=127.0.0.1:$port WAYMARK_CLOCK_TICK_MS=1000

finish()
{
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

"$program" 2>>"$work/log" &
pid=$!
wait_for 40 curl -sf "$url/readyz" || {
    cat "$work/log" >&2
    exit 1
}
doc=$work/openapi.json

# ---- the document -------------------------------------------------------------

check 'the document is there' '200 application/json' \
    "$(curl -s -o "$doc" -w '%{http_code} %{content_type}' "$url/openapi.json")"
check 'it is OpenAPI 3.1' 3.1.0 "$(jq -r .openapi "$doc")"
check 'every reference leads somewhere' '[]' "$(jq -c '. as $doc
    | [.. | objects | .["$ref"]? // empty | ltrimstr("#/") / "/"
       | . as $path | select(($doc | getpath($path)) == null) | join("/")] | unique' "$doc")"
check 'every schema is used' '[]' "$(jq -c '
    ([.. | objects | .["$ref"]? // empty | split("/") | last] | unique) as $used
    | [.components.schemas | keys[] | select(IN($used[]) | not)]' "$doc")"
check 'every kind is described' "$(jq -cn '[
    "csc_step_down", "eh_step_up", "go_live", "health_referral", "housing_referral", "mash_feed",
    "other_la", "police_encompass", "police_missing_cancelled", "police_missing_found",
    "police_missing_reported", "police_missing_risk_changed", "police_ppn",
    "school_referral", "self_referral", "voluntary_referral"]')" \
    "$(jq -c '.components.schemas.any_notification.discriminator.mapping | keys' "$doc")"
check 'two examples for each kind and activity, screening, match and figure' '32 104 2 2 2' \
    "$(jq -r '[.paths[] | .post? // empty | .requestBody.content["application/json"].examples // empty
        | length] | join(" ")' "$doc")"

check 'every code has its line in docs/problems.md, which is served' '' "$(
    curl -s "$url/problems" >"$work/problems"
    {
        jq -r '.. | objects | .properties?.code?.enum? // empty | .[]' "$doc"
        printf 'R%02d\n' $(seq 23)
        printf 'C%02d\n' $(seq 6)
        printf 'W%02d\n' $(seq 17)
        grep -rhoE 'http_problem(_type)?\([^"]*"[A-Za-z_0-9]+"' services --include=*.c |
            grep -oE '"([a-z_0-9]+|[A-Z][0-9]+)"' | tr -d '"'
    } | sort -u | while read -r code; do
        grep -qF "<a id=\"$code\"></a>" "$work/problems" || echo "$code"
    done)"

# ---- every example as a request -----------------------------------------------

declare -A seen # "path status code": an answer that came

note() # path, status, body: an answer of the door
{
    local code
    code=$(jq -r 'if type == "object" then .code // "" else "" end' <<<"$3" 2>/dev/null)
    seen["$1 $2 $code"]=1
    for code in $(jq -r 'if type == "array" then .[].status else empty end' <<<"$3" 2>/dev/null | sort -u); do
        seen["row $code"]=1
    done
}

ask() # path in the document, curl's arguments: the status; the body in $body
{
    local path=$1
    shift
    status=$(curl -s -o "$work/body" -w '%{http_code}' --max-time 20 "$@")
    body=$(tr -d '\0' <"$work/body")
    note "$path" "$status" "$body"
}

two_hosts() # method, path in the document, path: curl would send one only
{
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf '%s %s HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' \
        "$1" "$3" >&3
    tr -d '\r' <&3 >"$work/answer"
    exec 3<&-
    note "$2" "$(awk 'NR == 1 { print $2 }' "$work/answer")" "$(sed '1,/^$/d' "$work/answer")"
}

post() # path, body, [type]
{
    ask "$1" -H "Waymark-Authority: ${authority:-demo-live}" \
        -H "Content-Type: ${3:-application/json}" --data-binary "$2" "$url$1"
}

accepted=0 repeated=0 n=0
for path in /v1/notifications /v1/activities /v1/screenings /v1/matches /v1/indicators; do
    jq -c --arg p "$path" '.paths[$p].post.requestBody.content["application/json"].examples[].value' \
        "$doc" >"$work/examples"
    while read -r example; do
        n=$((n + 1))
        post "$path" "$example"
        if [ "$status" = 202 ]; then
            accepted=$((accepted + 1))
        else
            echo "example refused: $example $body" >&2
        fi
        post "$path" "$example"
        [ "$status $(jq .repeated <<<"$body")" = '202 true' ] && repeated=$((repeated + 1))
    done <"$work/examples"
    ask "$path" -H 'Waymark-Authority: demo-live' -H 'Content-Type: application/x-ndjson' \
        --data-binary "@$work/examples" "$url$path"
    check "the examples of $path are accepted as a batch" "207 [202]" \
        "$status $(jq -c '[.[].status] | unique' <<<"$body")"
done
check 'every example is accepted' "$n" "$accepted"
check 'and the same again is a repeat' "$n" "$repeated"

# ---- every answer ----------------------------------------------------------------

example=$(jq -c '.paths["/v1/notifications"].post.requestBody.content["application/json"].examples.school_referral.value' "$doc")
head -c 17000000 /dev/zero | tr '\0' ' ' >"$work/large"
{
    printf '{"a":"'
    head -c 270000 /dev/zero | tr '\0' x
    printf '"}'
} >"$work/record"
items='/v1/notifications /v1/activities /v1/screenings /v1/matches /v1/indicators'
for path in $items; do
    post "$path" '{"agency_id":' # broken off
    post "$path" '{}'
    post "$path" '[]'
    post "$path" '[{},]'
    post "$path" '{}' text/plain
    authority=nowhere post "$path" '{}'
    post "$path" "@$work/record"
    ask "$path" -H 'Waymark-Authority: demo-live' "$url$path" # GET
    post "$path" "@$work/large"
    for more in '-H Content-Encoding:gzip' '-H Content-Encoding:br' --url-query\ kind=x; do
        # shellcheck disable=SC2086
        ask "$path" -H 'Waymark-Authority: demo-live' -H 'Content-Type: text/csv' \
            $more --data-binary x "$url$path"
    done
    two_hosts POST "$path" "$path"
done
check 'other content under the key of an example is R08' '422 R08' \
    "$(post /v1/notifications "$(jq -c '.concern = "Another one."' <<<"$example")"
        echo "$status $(jq -r '.errors[0].code' <<<"$body")")"
id=$(post /v1/notifications "$example"; jq -r .id <<<"$body")
one='/v1/notifications/{id}'
ask "$one" -H 'Waymark-Authority: demo-live' "$url/v1/notifications/$id"
check 'a receipt is found again' "200 $id" "$status $(jq -r .id <<<"$body")"
ask "$one" -H 'Waymark-Authority: demo-live' "$url/v1/notifications/00000000-0000-8000-8000-000000000000"
ask "$one" -H 'Waymark-Authority: demo-live' "$url/v1/notifications/x"
ask "$one" "$url/v1/notifications/$id"
ask "$one" -X DELETE "$url/v1/notifications/$id"
two_hosts GET "$one" "/v1/notifications/$id"
ask "$one" -X GET --data-binary "@$work/large" "$url/v1/notifications/$id"
erase=/v1/erasures
two='"by":"a","second":"b"'
post $erase "{\"id\":\"$id\",$two}"
first=$body
post $erase "{\"id\":\"$id\",\"by\":\"c\",\"second\":\"d\"}"
check 'an erasure is answered the same again' "202 $first" "$status $body"
ask $erase -d "{\"id\":\"$id\",$two}" "$url$erase"
post $erase "{\"id\":\"00000000-0000-8000-8000-000000000000\",$two}"
bare=$(jq -c 'del(.note, .reason)' <<<"$(jq -c '.paths["/v1/activities"].post.requestBody.content["application/json"].examples | to_entries[0].value.value' "$doc")" |
    jq -c '.agency_ref = "bare"')
post /v1/activities "$bare"
post $erase "{\"id\":$(jq .id <<<"$body"),$two}"
check 'what has no free text has no key' '409 "no_key"' "$status $(jq .code <<<"$body")"
for bad in '{}' "{\"id\":\"$id\",\"by\":\"a\"}" "{\"id\":\"$id\",\"by\":\"A \",\"second\":\"a\"}" \
    "\"$(head -c 5000 /dev/zero | tr '\0' x)\"" $'"\001"'; do
    post $erase "$bad"
done
post $erase "@$work/large"
ask $erase "$url$erase"
two_hosts POST $erase $erase
config=/v1/configs
profile=$(jq -n --rawfile text profiles/kent-2015.json '{kind: "profile", text: $text, by: "a", second: "b"}')
post $config "$profile"
check 'what is in force already is no new version' '202 true' "$status $(jq .repeated <<<"$body")"
for change in '.text = "{}"' '.text = "x"' '.kind = "agencies"' '.second = "A"' 'del(.text)' \
    '.kind = "staff" | .text = "[]"' '.kind = "calendar" | .text = "{}"' '.by = ""' 'del(.by)' \
    '.text |= (fromjson | .more = 1 | tojson)' '.text |= (fromjson | .profile = "other" | .version = "9" | tojson)'; do
    post $config "$(jq -c "$change" <<<"$profile")"
done
post $config $'"\001"'
head -c 7000000 /dev/zero | tr '\0' ' ' >"$work/blank"
post $config "@$work/blank"
post $config "@$work/large"
ask $config "$url$config"
ask $config -d "$profile" "$url$config"
two_hosts POST $config $config
claims=/v1/claims
claim="\"queue\":\"screening\",\"id\":\"$id\""
post $claims "{$claim,\"act\":\"claim\",\"by\":\"a\"}"
post $claims "{$claim,\"act\":\"claim\",\"by\":\"b\"}"
check 'one that another has is not claimed' '409 claimed' "$status $(jq -r .code <<<"$body")"
post $claims "{$claim,\"act\":\"claim\",\"by\":\"b\",\"from\":\"a\"}"
check 'but from that one by name' '202 b' "$status $(jq -r .owner <<<"$body")"
post $claims "{$claim,\"act\":\"release\",\"by\":\"b\"}"
post $claims "{\"queue\":\"match\",\"id\":\"00000000-0000-8000-8000-000000000000\",\"act\":\"claim\",\"by\":\"a\"}"
for bad in '{}' '{"queue":"match"}' '{"queue":"match","act":"claim"}' \
    "{$claim,\"act\":\"claim\"}" "{$claim,\"act\":\"claim\",\"by\":\"\"}" \
    "\"$(head -c 5000 /dev/zero | tr '\0' x)\"" $'"\001"'; do
    post $claims "$bad"
done
post $claims "@$work/large"
ask $claims "$url$claims"
ask $claims -d "{$claim,\"act\":\"claim\",\"by\":\"a\"}" "$url$claims"
two_hosts POST $claims $claims
time=/v1/time
post $time '{"at":"2015-06-26T12:00:00Z"}'
ask $time -d '{"at":"2015-06-26T12:00:00Z"}' "$url$time"
authority=kent-2015
post $time '{"at":"2015-06-26T12:00:00Z"}'
post $time '{"at":"2015-06-26T11:00:00Z"}'
for bad in '{}' '{"at":"2015-03-29T01:30:00"}' '{"at":"1815-06-18T12:00:00Z"}' '"' \
    "\"$(head -c 1100 /dev/zero | tr '\0' x)\"" $'"\001"'; do
    post $time "$bad"
done
post $time "@$work/large"
ask $time "$url$time"
two_hosts POST $time $time
# A staff list with a data protection officer: others may not erase or activate.
staff=$(jq -c '{kind: "staff", text: (. | tojson), by: "a", second: "b"}' profiles/staff/demo-live.json)
officer='.text |= (fromjson | .people += [{id: "dpo-1", role: "dpo", units: [], address: "mailto:dpo-1@staff.invalid"}] | tojson)'
post $config "$(jq -c "$officer" <<<"$staff")"
post $config "$staff"
check 'others than the officer activate nothing' '422 R23' "$status $(jq -r .code <<<"$body")"
post $erase "{\"id\":\"$id\",$two}"
check 'nor erase' '422 R23' "$status $(jq -r .code <<<"$body")"
post $config "$(jq -c '.by = "dpo-1" | .second = "leader-others"' <<<"$staff")"
check 'the officer does' 202 "$status"
unset authority
for path in /openapi.json /livez /readyz /metrics /problems; do
    ask $path "$url$path"
    ask $path -X PUT "$url$path"
    two_hosts GET $path $path
    ask $path -X GET --data-binary "@$work/large" "$url$path"
done

# The world away: not now.
testbed/bed.sh kill-pg "$bed" >/dev/null
for path in $items; do
    post "$path" '{"agency_id":"x"}'
    post "$path" "$(jq -c --arg p "$path" '.paths[$p].post.requestBody.content["application/json"].examples
        | to_entries[0].value.value | .agency_ref = "away"' "$doc")"
    check "$path comes again later" '503 not_ready' "$status $(jq -r .code <<<"$body")"
    post "$path" "[$(jq -c --arg p "$path" '.paths[$p].post.requestBody.content["application/json"].examples
        | to_entries[0].value.value | .agency_ref = "away"' "$doc")]"
done
ask "$one" -H 'Waymark-Authority: demo-live' "$url/v1/notifications/$id"
authority=kent-2015 post $time '{"at":"2015-06-26T13:00:00Z"}'
post $erase "{\"id\":\"$id\",$two}"
post $config "$profile"
post $claims "{$claim,\"act\":\"claim\",\"by\":\"a\"}"
ask /readyz "$url/readyz"
testbed/bed.sh start-pg "$bed" >/dev/null

# path status code, as the document has it; a problem without a code never comes.
jq -r '.paths | to_entries[] | .key as $p | .value[].responses | to_entries[]
    | .key as $s | .value.content | to_entries[]
    | if .key == "application/problem+json"
      then .value.schema.properties.code.enum[] as $c | "\($p) \($s) \($c)"
      else "\($p) \($s) " end' "$doc" | sort -u >"$work/described"
printf '%s\n' "${!seen[@]}" | grep -v '^row ' | sort -u >"$work/came"
check 'every answer that came is described' '' "$(comm -13 "$work/described" "$work/came")"
# Memory, overload, a restored database, a clock that was never set, our own
# faults: other tests bring them about (11-intake-instances, 25-restore), and
# who is refused for who it is (14-tokens) or comes too often (17-overload).
check 'every answer that is described came, faults apart' '' \
    "$(comm -23 "$work/described" "$work/came" | grep -vE ' (40[13]|429) ' |
        grep -vE ' (memory|busy|share|restore|clock|fault|internal)$')"
check 'rows have the statuses that are described' '' "$(printf '%s\n' "${!seen[@]}" |
    sed -n 's/^row //p' | sort -u | comm -13 <(jq -r '.components.schemas.row.properties.status.enum[]' "$doc" | sort) -)"
# Whatever a handler answers with stands as literals in the source.
check 'every answer in the source is described' '' "$(grep -hoE 'http_problem\(resp, [0-9]+, "[a-z_]+"' \
    services/intake/http.c | sed -E 's/.*, ([0-9]+), "(.*)"/\1 \2/' | sort -u |
    comm -23 - <(awk '{print $2 " " $3} END { print "404 path" }' "$work/described" | sort -u))"

# ---- a client that believes the document only ---------------------------------------

wait_for 40 curl -sf "$url/readyz"
requests=${REQUESTS:-5000}
"$roam" "$url" "$requests" "${SEED:-1}" | tee "$work/roam"
check "$requests spoilt requests bring no 5xx and nothing that is not described" \
    "roam: $requests requests, 0 wrong" "$(tail -n 1 "$work/roam" | cut -d ';' -f 1)"

# ---- JSON that isn't --------------------------------------------------------------

hostile() # name, status, code; text on standard input
{
    cat >"$work/hostile"
    post /v1/notifications "@$work/hostile"
    check "$1" "$2 $3" "$status $(jq -r '.errors[0].code // .code' <<<"$body")"
}
printf '' | hostile 'nothing' 400 R03
printf '[' | hostile 'a list that begins' 400 R03
head -c 100000 /dev/zero | tr '\0' '[' | hostile 'a hundred thousand of them' 400 R03
printf '{"agency_id":"a","agency_id":"b"}' | hostile 'a key twice' 400 R03
printf '{"agency_id":"a\0"}' | hostile 'a NUL' 400 R17
printf '{"agency_id":"\\u0000"}' | hostile 'an escaped NUL' 400 R17
printf '{"agency_id":"\\ud800"}' | hostile 'half a pair' 400 R03
printf '{"agency_id":"\xc0\xaf"}' | hostile 'an overlong slash' 400 R17
printf '{"amendment":1e999}' | hostile 'a huge number' 400 R03
printf '{"agency_id":"a",}' | hostile 'a comma too many' 400 R03
printf '{} {}' | hostile 'two documents' 400 R03
printf 'null' | hostile 'null' 422 R03
head -c 10000000 /dev/zero | tr '\0' ' ' | hostile 'ten megabytes of blanks' 413 R04
printf '\xef\xbb\xbf%s' "$example" >"$work/mark"
wait_for 40 curl -sf "$url/readyz"
post /v1/notifications "@$work/mark"
check 'a byte order mark does no harm' 202 "$status"

kill "$pid"
wait "$pid"
check 'and SIGTERM ends it with 0' 0 $?
pid=
echo "13-openapi: $passed passed, $failed failed"
[ $failed -eq 0 ] || tail -n 20 "$work/log" >&2
[ $failed -eq 0 ]
