#!/bin/bash
# 14-tokens.sh: who may send. A table of ways to pretend to be an agency, each
# tried against the running intake, and the few that are right. Three instances
# share a database: two on TCP, one on the Unix socket that is nginx's.
# WAYMARK_BED names the bed (tokens).
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
bed=${WAYMARK_BED:-tokens}
build=${BUILD:-build/gcc}
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
# shellcheck source=tests/lib/intake.sh
. tests/lib/intake.sh
port=$((ports + 5))
here=http://127.0.0.1:$port there=http://127.0.0.1:$((port + 1))
run=T$(date +%s)
door=https://door.example
pids=()

finish()
{
    local pid
    for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null; done
    rm -rf "$work"
}
trap finish EXIT

export LC_ALL=C PGOPTIONS='-c search_path=intake'
export WAYMARK_AUTH=token
export WAYMARK_AUTHORITIES=demo-live,kent-2015 WAYMARK_CLOCK_TICK_MS=1000
export WAYMARK_AUDIENCE=$door WAYMARK_PROFILES=$work/profiles

# ---- keys -------------------------------------------------------------------

quiet() { "$@" >/dev/null 2>&1; }
ec_key() { quiet openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.pem"; }
rsa_key() { quiet openssl genrsa -out "$work/$1.pem" 2048; }
public() { openssl pkey -in "$work/$1.pem" -pubout 2>/dev/null; }
certificate() # name
{
    quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
        -nodes -keyout "$work/$1.key" -out "$work/$1.crt" -days 2 -subj "/CN=$1"
}
print_of() { openssl x509 -in "$work/$1.crt" -noout -fingerprint -sha256 | cut -d= -f2; }
escaped() { jq -rRs @uri <"$work/$1.crt"; }

ec_key school && ec_key school-b && ec_key desk && ec_key stranger
ec_key police
rsa_key health && rsa_key stranger-rsa
certificate housing && certificate stranger
cp -a profiles "$work/profiles"
jq --arg a "$(public school)" --arg b "$(public school-b)" --arg h "$(public health)" \
    --arg d "$(public desk)" --arg p "$(public police)" --arg c "$(print_of housing)" '
    def key($id; $kid; $pem): (.agencies[] | select(.id == $id)).keys += [{kid: $kid, pem: $pem}];
    key("school-oakfield"; "a"; $a) | key("school-oakfield"; "b"; $b)
    | key("health-trust"; "h"; $h) | key("early-help"; "d"; $d) | key("kent-police"; "p"; $p)
    | (.agencies[] | select(.id == "housing-east")).certificates = [$c]' \
    profiles/agencies.json >"$work/profiles/agencies.json"

b64() { base64 -w0 | tr '+/' '-_' | tr -d =; }
# A token by hand, signed as RS256 with a key, as HS256 with a secret, or not.
jwt() # header claims how [key or secret]
{
    local content
    content=$(printf %s "$1" | b64).$(printf %s "$2" | b64)
    printf '%s.' "$content"
    case $3 in
    none) ;;
    rs256) printf %s "$content" | openssl dgst -sha256 -sign "$work/$4.pem" -binary | b64 ;;
    hs256) printf %s "$content" | openssl dgst -sha256 -mac HMAC \
        -macopt "hexkey:$(printf %s "$4" | od -An -tx1 | tr -d ' \n')" -binary | b64 ;;
    esac
}
# Claims of the health trust, changed by a filter of jq.
claims() # [filter]
{
    jq -cn --arg aud "$door" --argjson now "$(date +%s)" --arg jti "$(uuid)" \
        '{iss: "health-trust", sub: "health-trust", $aud, exp: ($now + 60), $jti}
        | '"${1:-.}"
}
uuid() { cat /proc/sys/kernel/random/uuid; }
rs='{"alg":"RS256","typ":"JWT","kid":"h"}'
health() { jwt "${2:-$rs}" "$(claims "${1:-.}")" rs256 "${3:-health}"; }
token() # agency key [option...]
{
    local agency=$1 key=$2
    shift 2
    "$build/bin/waymark" token --agency "$agency" --key "$work/$key.pem" "$@"
}
school() { token school-oakfield school --kid a; }

# ---- messages -----------------------------------------------------------------

message() # agency [kind]
{
    local kind=${2:-health_referral} n
    case $1 in school-*) kind=${2:-school_referral} ;; housing-*) kind=housing_referral ;; esac
    n=$(date +%N)$RANDOM
    printf '{"agency_id":"%s","agency_ref":"%s-%s","kind":"%s","sent_at":"%s","child":{"forename":"Testchild","surname":"Canary","dob":"2015-03-01"}}' \
        "$1" "$run" "$n" "$kind" "$(date -u +%FT%TZ)"
}

start() # name address
{
    WAYMARK_INSTANCE=$1 WAYMARK_LISTEN=$2 "$build/bin/waymark-intake" 2>>"$work/log.$1" &
    pids+=($!)
}
until_ready() # curl words...
{
    local end=$((SECONDS + 40))
    until curl -sf -m 2 -o /dev/null "$@"; do
        [ $SECONDS -lt $end ] || {
            cat "$work"/log.* >&2
            exit 1
        }
        sleep 0.05
    done
}
start one "127.0.0.1:$port"
start two "127.0.0.1:$((port + 1))"
start socket "unix:$work/socket"
until_ready "$here/readyz"
until_ready "$there/readyz"
until_ready --unix-socket "$work/socket" http://localhost/readyz

call() # body curl words...: "STATUS CODE"
{
    local body=$1 status
    shift
    status=$(curl -s -m 20 -o "$work/answer" -w '%{http_code}' -H 'Waymark-Authority: demo-live' \
        -H 'Content-Type: application/json' --data-binary "$body" "$@")
    echo "$status $(jq -r 'if type == "array" then map(.status) | tostring
        else .code // "-" end' "$work/answer" 2>/dev/null)"
}

rows=0
row() # what expected body curl words...
{
    local what=$1 expected=$2 found body=$3
    shift 3
    found=$(call "$body" "$@")
    printf '%-52s %s\n' "$what" "$found"
    claim "$what" "$found" "$expected"
    echo "$found" >>"$work/came"
    rows=$((rows + 1))
}
by() # what expected token [body]
{
    row "$1" "$2" "${4:-$(message health-trust)}" -H "Authorization: Bearer $3" "$here/v1/notifications"
}

# ---- what is right --------------------------------------------------------------

by 'RS256, made by hand' '202 -' "$(health)"
by 'ES256, by waymark token' '202 -' "$(school)" "$(message school-oakfield)"
by 'the second key of an agency' '202 -' "$(token school-oakfield school-b --kid b)" "$(message school-oakfield)"
by 'no kid where there is one key' '202 -' "$(health . '{"alg":"RS256"}')"
by 'aud as a list' '202 -' "$(health '.aud = ["https://other.example", .aud]')"
by 'five minutes ahead' '202 -' "$(health '.exp += 239')"
row 'Bearer in another case' '202 -' "$(message health-trust)" -H "authorization: bearer $(health)" "$here/v1/notifications"
row 'identity headers beside a good token' '202 -' "$(message health-trust)" -H "Authorization: Bearer $(health)" \
    -H 'X-Client-Verify: SUCCESS' -H "X-Client-Cert: $(escaped stranger)" "$here/v1/notifications"

# ---- what is not -----------------------------------------------------------------

row 'no token' '401 token_missing' "$(message health-trust)" "$here/v1/notifications"
row 'an empty header' '401 token_missing' "$(message health-trust)" -H 'Authorization;' "$here/v1/notifications"
row 'a password' '401 token_missing' "$(message health-trust)" -u health-trust:secret "$here/v1/notifications"
row 'the token in the query' '401 token_missing' "$(message health-trust)" "$here/v1/notifications?access_token=$(health)"
by 'no token at all behind Bearer' '401 token_shape' 'x'
by 'alg none, no signature' '401 token_alg' "$(jwt '{"alg":"none","kid":"h"}' "$(claims)" none)"
by 'alg None' '401 token_alg' "$(jwt '{"alg":"None","kid":"h"}' "$(claims)" none)"
by 'alg RS256, no signature' '401 token_signature' "$(jwt "$rs" "$(claims)" none)"
by 'HS256 keyed with the public key' '401 token_alg' "$(jwt '{"alg":"HS256","kid":"h"}' "$(claims)" hs256 "$(public health)"$'\n')"
by 'HS256 called RS256' '401 token_signature' "$(jwt "$rs" "$(claims)" hs256 "$(public health)"$'\n')"
by 'RS384' '401 token_alg' "$(health . '{"alg":"RS384","kid":"h"}')"
by 'PS256' '401 token_alg' "$(health . '{"alg":"PS256","kid":"h"}')"
by 'ES256 said, RSA signed' '401 token_alg' "$(health . '{"alg":"ES256","kid":"h"}')"
by 'signed by a stranger' '401 token_signature' "$(health . "$rs" stranger-rsa)"
by "a stranger's key brought along (jwk)" '401 token_signature' \
    "$(health . '{"alg":"RS256","kid":"h","jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"}}' stranger-rsa)"
by "a stranger's key set (jku)" '401 token_signature' \
    "$(health . '{"alg":"RS256","kid":"h","jku":"http://127.0.0.1/keys"}' stranger-rsa)"
by 'kid that is a path' '401 token_kid' "$(health . '{"alg":"RS256","kid":"../../dev/null"}')"
by "another's kid" '401 token_kid' "$(health . '{"alg":"RS256","kid":"a"}')"
by 'no kid where there are two keys' '401 token_kid' "$(token school-oakfield school)" "$(message school-oakfield)"
by 'the wrong one of two keys' '401 token_signature' "$(token school-oakfield school --kid b)" "$(message school-oakfield)"
by 'crit' '401 token_header' "$(health . '{"alg":"RS256","kid":"h","crit":["x"],"x":1}')"
by 'typ is another' '401 token_header' "$(health . '{"alg":"RS256","kid":"h","typ":"at+jwt"}')"
by 'two algs' '401 token_json' "$(health . '{"alg":"RS256","alg":"none","kid":"h"}')"
by 'expired' '401 token_expired' "$(health '.exp -= 120')"
by 'no exp' '401 token_time' "$(health 'del(.exp)')"
by 'exp as text' '401 token_time' "$(health '.exp |= tostring')"
by 'exp a day ahead' '401 token_far' "$(health '.exp += 86400')"
by 'exp of 10 minutes' '401 token_far' "$(health '.exp += 540')"
by 'nbf in the future' '401 token_early' "$(health '.nbf = .exp')"
by 'iat in the future' '401 token_early' "$(health '.iat = .exp')"
by 'for another door' '401 token_audience' "$(health '.aud = "https://other.example"')"
by 'for no door' '401 token_audience' "$(health 'del(.aud)')"
by 'no jti' '401 token_jti' "$(health 'del(.jti)')"
by 'an empty jti' '401 token_jti' "$(health '.jti = ""')"
by 'an unknown agency' '401 token_agency' "$(health '.iss = "nobody" | .sub = "nobody"')"
by 'an agency without a key' '401 token_agency' "$(health '.iss = "family-charity" | .sub = "family-charity"')"
by 'sub is another' '401 token_iss' "$(health '.sub = "kent-police"')"
good=$(health)
sign=${good##*.}
by 'a letter of the signature changed' '401 token_signature' \
    "${good%.*}.$(tr 'A-Za-z' 'B-ZAb-za' <<<"${sign:0:1}")${sign:1}"
by 'claims changed behind the signature' '401 token_signature' \
    "${good%%.*}.$(claims '.exp += 100' | b64).${good##*.}"
by 'four parts' '401 token_shape' "$good.x"
by 'padding' '401 token_base64' "$good="
by 'a huge token' '401 token_large' "$(printf 'x%.0s' $(seq 5000))"
row 'two Authorization headers' '401 token_twice' "$(message health-trust)" -H "Authorization: Bearer $(health)" \
    -H "Authorization: Bearer $(health)" "$here/v1/notifications"
row 'a certificate by TCP' '401 token_missing' "$(message housing-east)" -H 'X-Client-Verify: SUCCESS' \
    -H "X-Client-Cert: $(escaped housing)" "$here/v1/notifications"
row 'other headers that proxies set' '401 token_missing' "$(message housing-east)" -H 'X-Forwarded-User: housing-east' \
    -H 'X-SSL-Client-Verify: SUCCESS' -H 'Forwarded: for=127.0.0.1' "$here/v1/notifications"

# ---- once -------------------------------------------------------------------------

once=$(health)
by 'a token' '202 -' "$once"
by 'the same again' '401 token_replay' "$once"
row 'the same at the second instance' '401 token_replay' "$(message health-trust)" -H "Authorization: Bearer $once" "$there/v1/notifications"
jti=".jti = \"same-$run\""
row 'a jti at the second instance' '202 -' "$(message health-trust)" -H "Authorization: Bearer $(health "$jti")" "$there/v1/notifications"
by 'the same jti in another token' '401 token_replay' "$(health "$jti | .exp += 5")"
by 'a refused record' '422 refused' "$(health ".jti = \"spent-$run\"")" "$(message health-trust | jq -c '.sent_at = "no"')"
by 'has used its token up' '401 token_replay' "$(health ".jti = \"spent-$run\"")"
race=$(health)
for i in $(seq 20); do
    to=$here
    [ $((i % 2)) -eq 0 ] || to=$there
    curl -s -m 20 -o /dev/null -w '%{http_code}\n' -H 'Waymark-Authority: demo-live' -H "Authorization: Bearer $race" \
        -H 'Content-Type: application/json' --data-binary "$(message health-trust)" "$to/v1/notifications" &
    racers+=($!)
done >"$work/race"
wait "${racers[@]}"
claim 'of 20 at once at two instances one is let in' "$(grep -c 202 "$work/race") $(grep -c 401 "$work/race")" '1 19'

# ---- whose ------------------------------------------------------------------------

by "another agency's record" '403 refused' "$(health)" "$(message school-oakfield)"
claim 'and says why' "$(jq -c '[.errors[] | [.code, .pointer]]' "$work/answer")" '[["R02","/agency_id"]]'
by 'a kind that it may not send' '403 refused' "$(health)" "$(message health-trust police_ppn)"
row 'a list with one of another' '207 [202,403]' "[$(message health-trust),$(message school-oakfield)]" \
    -H "Authorization: Bearer $(health)" "$here/v1/notifications"
visit() { printf '{"agency_id":"early-help","agency_ref":"%s-v%s","activity":"visit","occurred_at":"%s","by":"worker-1","subject":{"notification":{"agency_id":"health-trust","agency_ref":"%s-1"}}}' "$run" "$RANDOM" "$(date -u +%FT%TZ)" "$run"; }
row "a worker's activity by a school" '403 refused' "$(visit)" -H "Authorization: Bearer $(school)" "$here/v1/activities"
row 'the same by early help' '202 -' "$(visit)" -H "Authorization: Bearer $(token early-help desk)" "$here/v1/activities"
row 'the clock moved by a school' '403 R23' '{"at":"2030-01-01T00:00:00Z"}' -H "Authorization: Bearer $(school)" "$here/v1/time"
row 'by early help (it is the wall here)' '409 clock' '{"at":"2030-01-01T00:00:00Z"}' -H "Authorization: Bearer $(token early-help desk)" "$here/v1/time"
by 'a message to ask after' '202 -' "$(health)"
receipt=$here/v1/notifications/$(jq -r .id "$work/answer")
ask() { curl -s -m 20 -o /dev/null -w '%{http_code}' -H 'Waymark-Authority: demo-live' "$@" "$receipt"; }
claim 'its sender sees the receipt' "$(ask -H "Authorization: Bearer $(health)")" 200
claim 'another does not' "$(ask -H "Authorization: Bearer $(school)")" 404
claim 'nobody does not' "$(ask)" 401
claim 'the document and readiness are for all' \
    "$(curl -s -o /dev/null -w '%{http_code}' "$here/openapi.json") $(curl -s -o /dev/null -w '%{http_code}' "$here/readyz")" '200 200'

# ---- the socket that is nginx's --------------------------------------------------

cert() # what expected verify certificate [header...]
{
    local what=$1 expected=$2 verify=$3 pem=$4
    shift 4
    row "$what" "$expected" "$(message housing-east)" --unix-socket "$work/socket" -H "X-Client-Verify: $verify" \
        -H "X-Client-Cert: $pem" "$@" http://localhost/v1/notifications
}
cert 'a certificate that is known' '202 -' SUCCESS "$(escaped housing)"
cert 'the same again: it is no token' '202 -' SUCCESS "$(escaped housing)"
cert 'one that nginx did not verify' '401 cert_untrusted' FAILED "$(escaped housing)"
cert 'none asked for' '401 cert_untrusted' NONE "$(escaped housing)"
cert 'one that no agency has' '401 cert_unknown' SUCCESS "$(escaped stranger)"
cert 'no certificate' '401 cert_shape' SUCCESS 'x'
cert 'two of them' '401 token_twice' SUCCESS "$(escaped stranger)" -H "X-Client-Cert: $(escaped housing)"
cert 'a verdict twice' '401 token_twice' FAILED "$(escaped stranger)" -H 'X-Client-Verify: SUCCESS'
cert 'a bad token beside it' '401 token_shape' SUCCESS "$(escaped housing)" -H 'Authorization: Bearer x'
row "a certificate, another's record" '403 refused' "$(message health-trust)" --unix-socket "$work/socket" \
    -H 'X-Client-Verify: SUCCESS' -H "X-Client-Cert: $(escaped housing)" http://localhost/v1/notifications
row 'a token through the socket' '202 -' "$(message health-trust)" --unix-socket "$work/socket" \
    -H 'X-Client-Verify: NONE' -H 'X-Client-Cert;' -H "Authorization: Bearer $(health)" http://localhost/v1/notifications

# ---- a register that changes while intake runs --------------------------------------

# All instances read it anew; each says so, or why not.
read_again() # event
{
    local before now
    before=$(cat "$work"/log.* | grep -c "\"event\":\"$1\"")
    kill -HUP "${pids[@]}"
    has_said() {
        now=$(cat "$work"/log.* | grep -c "\"event\":\"$1\"")
        [ "$now" -eq $((before + ${#pids[@]})) ]
    }
    await 20 has_said "$1"
    has_said "$1" && echo read
}
ec_key newcomer && certificate housing-new
changed() # filter of jq
{
    jq --arg n "$(public newcomer)" --arg c "$(print_of housing-new)" --arg a "$(public school)" "$1" \
        "$work/profiles/agencies.json" >"$work/changed" && mv "$work/changed" "$work/profiles/agencies.json"
}
newcomer() { message school-newcomer school_referral; }
by 'who is not in the register' '401 token_agency' "$(token school-newcomer newcomer)" "$(newcomer)"
cert 'a certificate before it is listed' '401 cert_unknown' SUCCESS "$(escaped housing-new)"
changed '.agencies += [{id: "school-newcomer", type: "school", entry: {"*": "eh"}, keys: [{kid: "n", pem: $n}]}]
    | (.agencies[] | select(.id == "school-oakfield")).keys |= map(select(.kid == "b"))
    | (.agencies[] | select(.id == "housing-east")).certificates = [$c]'
by 'nor before intake reads it' '401 token_agency' "$(token school-newcomer newcomer)" "$(newcomer)"
claim 'SIGHUP reads it' "$(read_again agencies_read)" read
by 'a new agency is let in' '202 -' "$(token school-newcomer newcomer)" "$(newcomer)"
row 'at the second instance, too' '202 -' "$(newcomer)" -H "Authorization: Bearer $(token school-newcomer newcomer)" "$there/v1/notifications"
by 'a key that was taken out is none' '401 token_kid' "$(school)" "$(message school-oakfield)"
by 'the other one still is' '202 -' "$(token school-oakfield school-b --kid b)" "$(message school-oakfield)"
cert 'a certificate that was taken out is none' '401 cert_unknown' SUCCESS "$(escaped housing)"
cert 'the one in its place is' '202 -' SUCCESS "$(escaped housing-new)"
cp "$work/profiles/agencies.json" "$work/sound"
changed '.agencies |= map(select(.id != "school-newcomer")) | .agencies[0].type = "circus"'
claim 'a register that does not check is refused' "$(read_again agencies_refused)" read
claim 'and says why' "$(grep -h '"agencies_refused"' "$work/log.one" | grep -c 'type is wrong')" 1
by 'all go on with the last' '202 -' "$(token school-newcomer newcomer)" "$(newcomer)"
cp "$work/sound" "$work/profiles/agencies.json"
changed '(.agencies[] | select(.id == "school-oakfield")).keys += [{kid: "a", pem: $a}]'
claim 'mended, it is read again' "$(read_again agencies_read)" read

# ---- waymark send ------------------------------------------------------------------

for _ in 1 2 3; do message school-oakfield && echo; done >"$work/rows.ndjson"
send() { "$build/bin/waymark" send "$work/rows.ndjson" --authority demo-live --intake "$here" --wait 0 "$@" 2>&1 >/dev/null | tail -n 1; }
claim 'waymark send signs' "$(send --agency school-oakfield --key "$work/school.pem" --kid a)" \
    'send: 3 accepted, 0 refused, 0 known before'
claim 'again: each time anew' "$(send --agency school-oakfield --key "$work/school.pem" --kid a)" \
    'send: 3 accepted, 0 refused, 0 known before'
claim 'and says when it is not let in' "$(send | grep -o 'answers 401')" 'answers 401'

# ---- counted, logged without content -------------------------------------------------

counted=$(curl -s "$here/metrics" | awk '/^waymark_intake_unproved_total/ { n += $2 } END { print n }')
said=$(curl -s "$here/metrics" | grep -c '^waymark_intake_unproved_total')
claim 'refusals are counted' "$([ "$counted" -ge 45 ] && echo yes)" yes
claim 'by code' "$said" 22
claim 'logged by code' "$(grep -c '"sender_refused".*"code":"token_signature"' "$work/log.one" | sed 's/^[1-9].*/yes/')" yes
claim 'no name, no reference, no token in the log' "$(cat "$work"/log.* | grep -cE "Canary|$run|${once:0:20}|eyJ")" 0
claim 'no token in the database' "$(psql -qAtc "SELECT count(*) FROM token_seen WHERE jti_hash::text LIKE '%same-$run%'")" 0
claim 'each that was used stands there once' "$(psql -qAtc 'SELECT count(*) > 20 FROM token_seen')" t

curl -s "$here/openapi.json" | jq -r '.paths["/v1/notifications"].post.responses["401"]
    .content["application/problem+json"].schema.properties.code.enum[]' | sort >"$work/described"
claim 'every reason is described' "$(sed -n 's/^401 //p' "$work/came" | sort -u | comm -23 - "$work/described")" ''
claim 'and every reason that is described came' "$(sed -n 's/^401 //p' "$work/came" | sort -u | comm -13 - "$work/described")" ''

# ---- without the database ------------------------------------------------------------

testbed/bed.sh kill-pg "$bed" >/dev/null
missing=$(printf '{"agency_id":"kent-police","agency_ref":"%s-m","kind":"police_missing_reported","sent_at":"%s","episode_ref":"E-1","reported_at":"%s","risk_grade":"medium","child":{"forename":"Testchild","surname":"Canary"}}' \
    "$run" "$(date -u +%FT%TZ)" "$(date -u +%FT%TZ)")
by 'the database is away: a missing child' '503 not_ready' "$(token kent-police police)" "$missing"
claim 'is told whom to phone' "$(jq -r .detail "$work/answer")" 'not accepted: phone the duty desk on 01632 960001'
by 'a stranger is not' '401 token_signature' "$(health . "$rs" stranger-rsa)" "$missing"
testbed/bed.sh start-pg "$bed" >/dev/null
until_ready "$here/readyz"
by 'with it back, and a new token' '202 -' "$(token kent-police police)" "$missing"

echo "tokens: $rows attacks and calls"
for pid in "${pids[@]}"; do kill "$pid"; done
for pid in "${pids[@]}"; do
    wait "$pid"
    claim 'SIGTERM ends with 0' $? 0
done
pids=()
claims_end tokens
