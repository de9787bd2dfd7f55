#!/bin/bash
# 15-nginx.sh: intake behind the real nginx, with deploy/nginx/waymark.conf as
# it is but for addresses and time-outs; and a table of attacks by HTTP, each
# tried behind nginx and against intake directly. Certificates are made here.
# WAYMARK_BED names the bed (nginx).
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
bed=${WAYMARK_BED:-nginx}
build=${BUILD:-build/gcc}
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
# shellcheck source=tests/lib/intake.sh
. tests/lib/intake.sh
port=$((ports + 5)) tls=$((ports + 6))
name=waymark.example door=https://$name
run=N$(date +%s)
pids=()

finish()
{
    local pid
    for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null; done
    [ ! -f "$work/nginx.pid" ] || kill "$(cat "$work/nginx.pid")" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

export LC_ALL=C WAYMARK_AUTH=token WAYMARK_AUDIENCE=$door
export WAYMARK_AUTHORITIES=demo-live WAYMARK_CLOCK_TICK_MS=1000
export WAYMARK_PROFILES=$work/profiles

# ---- certificates and keys -----------------------------------------------------

quiet() { "$@" >/dev/null 2>&1; }
certificate() # name subject
{
    quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
        -keyout "$work/$1.key" -out "$work/$1.crt" -days 2 -subj "/CN=$2" \
        -addext "subjectAltName=DNS:$2"
}
certificate door "$name"
certificate housing housing-east
certificate unregistered someone
certificate stranger housing-east
# An authority may issue certificates itself; of two one gets lost.
certificate issuer 'who issues'
issued() # name
{
    quiet openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
        -keyout "$work/$1.key" -out "$work/$1.csr" -subj "/CN=$1"
    quiet openssl x509 -req -in "$work/$1.csr" -CA "$work/issuer.crt" \
        -CAkey "$work/issuer.key" -CAcreateserial -days 2 -out "$work/$1.crt"
}
issued kept
issued lost
print_of() { openssl x509 -in "$work/$1.crt" -noout -fingerprint -sha256 | cut -d= -f2; }
# nginx trusts three; the register knows all but one.
cat "$work/housing.crt" "$work/unregistered.crt" "$work/issuer.crt" >"$work/agencies.crt"
quiet openssl ecparam -name prime256v1 -genkey -noout -out "$work/health.pem"
cp -a profiles "$work/profiles"
jq --arg pem "$(openssl pkey -in "$work/health.pem" -pubout)" \
    --arg print "$(print_of housing)" --arg kept "$(print_of kept)" --arg lost "$(print_of lost)" '
    (.agencies[] | select(.id == "health-trust")).keys = [{kid: "h", pem: $pem}]
    | (.agencies[] | select(.id == "housing-east")).certificates = [$print, $kept, $lost]' \
    profiles/agencies.json >"$work/profiles/agencies.json"
token() { "$build/bin/waymark" token --agency health-trust --key "$work/health.pem"; }

# ---- start ----------------------------------------------------------------------

start() # name address
{
    WAYMARK_INSTANCE=$1 WAYMARK_LISTEN=$2 "$build/bin/waymark-intake" 2>>"$work/log.$1" &
    pids+=($!)
}
start direct "127.0.0.1:$port"
start behind "unix:$work/intake.sock"
{
    [ "$(id -u)" != 0 ] || echo 'user root;'
    echo "pid $work/nginx.pid; worker_processes 1; error_log $work/nginx.log;"
    echo 'events { worker_connections 256; }'
    echo "http { client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3;"
    echo "uwsgi_temp_path $work/t4; scgi_temp_path $work/t5; include $work/waymark.conf; }"
} >"$work/nginx.conf"
sed -e "s|listen 443|listen 127.0.0.1:$tls|" -e "s|/etc/waymark/tls|$work|" \
    -e "s|/run/waymark/intake.sock|$work/intake.sock|" -e "s|/var/log/nginx|$work|" \
    -e 's/client_header_timeout 10s/client_header_timeout 2s/' \
    -e 's/client_body_timeout 10s/client_body_timeout 2s/' \
    -e 's|rate=200r/s|rate=40r/s|; s|burst=400|burst=40|' \
    deploy/nginx/waymark.conf >"$work/waymark.conf"
PATH=$PATH:/usr/sbin
claim 'the copy waits for two seconds' "$(grep -c '^client_[a-z]*_timeout 2s;' "$work/waymark.conf")" 2
claim 'the configuration is sound' "$(nginx -t -c "$work/nginx.conf" -p "$work" 2>&1 | grep -c successful)" 1
# The same by the script of its container, under another name.
mkdir -p "$work/top/etc/waymark" "$work/top/var/log/nginx" "$work/tmp"
cp "$work/waymark.conf" "$work/top/etc/waymark/"
claim 'and so it is in a container' \
    "$(TOP=$work/top TMPDIR=$work/tmp WAYMARK_NAME=door.example sh deploy/nginx/compose.sh -t 2>&1 |
        grep -c successful) $(grep -c 'server_name door.example;' "$work/tmp/waymark.conf")" '1 1'
nginx -c "$work/nginx.conf" -p "$work" 2>"$work/nginx.start" || {
    cat "$work/nginx.start" >&2
    exit 1
}
wait_for 40 curl -sf -m 2 "http://127.0.0.1:$port/readyz" || cat "$work"/log.* >&2
wait_for 40 curl -sf -m 2 --unix-socket "$work/intake.sock" http://localhost/readyz || cat "$work"/log.* >&2

message() # agency
{
    local kind=health_referral
    [ "$1" != housing-east ] || kind=housing_referral
    printf '{"agency_id":"%s","agency_ref":"%s-%s","kind":"%s","sent_at":"%s","child":{"forename":"Testchild","surname":"Alpha","dob":"2015-03-01"}}' \
        "$1" "$run" "$(date +%N)$RANDOM" "$kind" "$(date -u +%FT%TZ)"
}
behind() # path, curl words...: "STATUS CODE"
{
    local path=$1 status
    shift
    rm -f "$work/answer"
    status=$(curl -s -m 20 -o "$work/answer" -w '%{http_code}' --cacert "$work/door.crt" \
        --resolve "$name:$tls:127.0.0.1" "$@" "https://$name:$tls$path")
    echo "$status $(jq -r '.code // "-"' "$work/answer" 2>/dev/null)"
}
post() { # body, curl words...
    local body=$1
    shift
    behind /v1/notifications -H 'Content-Type: application/json' --data-binary "$body" "$@"
}
as() { echo "--cert $work/$1.crt --key $work/$1.key"; }

# ---- who is it ------------------------------------------------------------------

# shellcheck disable=SC2046
{
    claim 'a notification by mTLS arrives' "$(post "$(message housing-east)" $(as housing))" '202 -'
    claim 'by HTTP/2, too' "$(post "$(message housing-east)" $(as housing) --http2) $(
        curl -s -o /dev/null -w '%{http_version}' --http2 --cacert "$work/door.crt" \
            --resolve "$name:$tls:127.0.0.1" "https://$name:$tls/openapi.json")" '202 - 2'
    claim 'and by TLS 1.2' "$(post "$(message housing-east)" $(as housing) --tls-max 1.2)" '202 -'
    claim "a stranger's certificate is refused" "$(post "$(message housing-east)" $(as stranger))" '400 request'
    claim 'one that nginx trusts and no agency has, too' \
        "$(post "$(message housing-east)" $(as unregistered))" '401 cert_unknown'
    claim "a certificate does not send another's records" \
        "$(post "$(message health-trust)" $(as housing))" '403 refused'
    claim 'a token passes without certificate' \
        "$(post "$(message health-trust)" -H "Authorization: Bearer $(token)")" '202 -'
    claim 'nobody is let in' "$(post "$(message health-trust)")" '401 token_missing'
    escaped=$(jq -rRs @uri <"$work/housing.crt")
    claim 'a certificate in a header is overwritten' "$(post "$(message housing-east)" \
        -H 'X-Client-Verify: SUCCESS' -H "X-Client-Cert: $escaped")" '401 token_missing'
    claim 'with underscores, too' "$(post "$(message housing-east)" \
        -H 'X_Client_Verify: SUCCESS' -H "X_Client_Cert: $escaped")" '401 token_missing'
    claim 'beside a certificate that counts' "$(post "$(message housing-east)" $(as unregistered) \
        -H 'X-Client-Verify: SUCCESS' -H "X-Client-Cert: $escaped")" '401 cert_unknown'
    claim 'TLS 1.1 is refused' "$(post "$(message housing-east)" --tls-max 1.1)" '000 '
    claim 'another name is refused' "$(curl -s -m 5 -k -o /dev/null -w '%{http_code}' "https://127.0.0.1:$tls/openapi.json")" 000
    claim 'the document is for all' "$(behind /openapi.json)" '200 -'
    for path in /metrics /readyz /livez / /v2 /v1/../metrics /v1/%2e%2e/metrics //metrics; do
        claim "$path is not for outside" "$(behind "$path" --path-as-is)" '404 path'
    done
}

# ---- certificates that were lost -----------------------------------------------------

gone() { ! kill -0 "$1" 2>/dev/null; } # pid
# What was a worker before may go on accepting beside those that are new.
reload()
{
    local old=
    old=$(pgrep -P "$(cat "$work/nginx.pid")")
    nginx -s reload -c "$work/nginx.conf" -p "$work" 2>>"$work/nginx.start"
    claim 'the worker that knew less is gone' "$(wait_for 40 gone "$old" && echo yes)" yes
}
answers() { [ "$(post "$(message housing-east)" --cert "$work/$1.crt" --key "$work/$1.key")" = "$2" ]; } # certificate answer
# shellcheck disable=SC2046
{
    claim 'what an issuer signed is let in' "$(post "$(message housing-east)" $(as lost))" '202 -'
    : >"$work/index.txt"
    printf '[ca]\ndefault_ca = d\n[d]\ndatabase = %s\ndefault_md = sha256\ndefault_crl_days = 2\n' \
        "$work/index.txt" >"$work/ca.conf"
    quiet openssl ca -config "$work/ca.conf" -keyfile "$work/issuer.key" -cert "$work/issuer.crt" -revoke "$work/lost.crt"
    quiet openssl ca -config "$work/ca.conf" -keyfile "$work/issuer.key" -cert "$work/issuer.crt" -gencrl -out "$work/revoked.crl"
    echo "ssl_crl $work/revoked.crl;" >"$work/revoked.conf"
    reload
    wait_for 40 answers lost '400 request'
    claim 'one on the list of revoked ones is refused' "$(post "$(message housing-east)" $(as lost))" '400 request'
    claim 'the others of its issuer are not' "$(post "$(message housing-east)" $(as kept))" '202 -'
    claim 'one of whose issuer there is no list is' "$(post "$(message housing-east)" $(as housing))" '400 request'
    rm "$work/revoked.conf"
    reload
    wait_for 40 answers housing '202 -'
    # The other way, which holds at intake itself: out of the register.
    jq --arg kept "$(print_of kept)" '(.agencies[] | select(.id == "housing-east")).certificates -= [$kept]' \
        "$work/profiles/agencies.json" >"$work/agencies.new" && mv "$work/agencies.new" "$work/profiles/agencies.json"
    kill -HUP "${pids[1]}"
    wait_for 40 answers kept '401 cert_unknown'
    claim 'one that was taken out of the register is unknown' "$(post "$(message housing-east)" $(as kept))" '401 cert_unknown'
    claim 'and the rest of it is as before' "$(post "$(message housing-east)" $(as housing))" '202 -'
}

# ---- attacks ---------------------------------------------------------------------

# Statuses of all answers that come on one connection, wherever their heads
# begin (bodies end without a line break); "closed" for none.
statuses() { # of standard input
    local all
    all=$(grep -aoE 'HTTP/1\.[01] [0-9]{3} ' | cut -d' ' -f2 | tr '\n' ' ')
    all=${all:-closed }
    echo "${all% }"
}
raw_direct() { # file
    { timeout 6 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && { cat "$2" >&3; cat <&3; }' - "$port" "$1" 2>/dev/null || :; } | statuses
}
raw_behind() { # file
    { timeout 6 openssl s_client -quiet -ign_eof -connect "127.0.0.1:$tls" -servername "$name" \
        2>/dev/null < <(cat "$1" && exec sleep 4) || :; } | statuses
}

body=
# A request line, headers, an empty line and a body; @ is a signed request's
# head, # its length. Each side gets a token and a reference of its own.
request() # head lines, as printf has them; body
{
    local head=$1
    body=$(message health-trust)
    head=${head//@/Authorization: Bearer $(token)\\r\\nContent-Type: application/json}
    head=${head//#/${#body}}
    # shellcheck disable=SC2059
    printf "$head\r\n\r\n"
    [ "${2-}" = none ] || printf '%s' "${2-$body}"
}
# libmicrohttpd prints the head of its own refusals twice, then closes: still
# one answer. What stands behind a NUL in a header is not read by it.
own='400( 400)?'
rows=0
printf '\n%-46s %-12s %s\n' 'request' 'intake' 'behind nginx'
row() # what, expected directly, expected behind, head, [body]
{
    local what=$1 direct=$2 behind=$3 found1 found2
    shift 3
    request "$@" >"$work/raw1"
    request "$@" >"$work/raw2"
    raw_behind "$work/raw2" >"$work/found2" &
    local other=$!
    found1=$(raw_direct "$work/raw1")
    wait $other
    found2=$(cat "$work/found2")
    printf '%-46s %-12s %s\n' "$what" "$found1" "$found2"
    claim "$what, directly" "$([[ $found1 =~ ^($direct)$ ]] && echo as expected || echo "$found1")" 'as expected'
    claim "$what, behind nginx" "$([[ $found2 =~ ^($behind)$ ]] && echo as expected || echo "$found2")" 'as expected'
    rows=$((rows + 1))
}
p="POST /v1/notifications HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close"
g="GET /metrics HTTP/1.1\r\nHost: $name\r\n\r\n"
long=$(printf 'x%.0s' $(seq 100000))
row 'a sound one' 202 202 "$p\r\nContent-Length: #"
row 'Content-Length twice, equal' 400 400 "$p\r\nContent-Length: #\r\nContent-Length: #"
row 'Content-Length twice, unequal' 400 400 "$p\r\nContent-Length: #\r\nContent-Length: 0"
row 'Content-Length as a list' "$own" 400 "$p\r\nContent-Length: #, #"
row 'Content-Length below 0' "$own" 400 "$p\r\nContent-Length: -#"
row 'Content-Length with a sign' "$own" 400 "$p\r\nContent-Length: +#"
row 'Content-Length in hex' "$own" 400 "$p\r\nContent-Length: 0x10"
row 'Content-Length beyond any number' '413( 413)?' '4(00|13)' "$p\r\nContent-Length: 99999999999999999999999"
row 'Content-Length and chunks' 400 400 "$p\r\nContent-Length: #\r\nTransfer-Encoding: chunked" "0\r\n\r\n$g"
row 'chunks and Content-Length' 400 400 "$p\r\nTransfer-Encoding: chunked\r\nContent-Length: 4" "0\r\n\r\n$g"
row 'two codings' '400|501' '400|501' "$p\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity" $'0\r\n\r\n'
row 'an unknown coding' '400|501' '400|501' "$p\r\nTransfer-Encoding: xchunked" $'0\r\n\r\n'
row 'a coding behind a vertical tab' '400|501' '400|501' "$p\r\nTransfer-Encoding: \x0bchunked" $'0\r\n\r\n'
row 'a blank before the colon' 400 400 "$p\r\nTransfer-Encoding : chunked\r\nContent-Length: #"
row 'a header that goes on in the next line' 400 400 "$p\r\nTransfer-Encoding:\r\n chunked\r\nContent-Length: #"
row 'a chunk below 0' '400|closed' 400 "$p\r\nTransfer-Encoding: chunked" $'-1\r\nx\r\n0\r\n\r\n'
row 'a chunk beyond any number' '400|413|closed' '400|413' "$p\r\nTransfer-Encoding: chunked" $'fffffffffffffffff\r\nx\r\n0\r\n\r\n'
row 'chunks of HTTP/1.0' 400 '400|501|505|202' "POST /v1/notifications HTTP/1.0\r\nHost: $name\r\n@\r\nTransfer-Encoding: chunked" $'0\r\n\r\n'
row 'no Host' "$own" 400 "POST /v1/notifications HTTP/1.1\r\n@\r\nConnection: close\r\nContent-Length: #"
row 'two Hosts' 400 400 "$p\r\nHost: other.example\r\nContent-Length: #"
row 'lines that end in LF alone' '202|400|closed' '202|400' "${p//\\r\\n/\\n}\nContent-Length: #"
row 'a NUL in a header' '202|400' 400 "$p\r\nX-A: a\x00b\r\nContent-Length: #"
row 'a header without a name' '400|closed' 400 "$p\r\n: x\r\nContent-Length: #"
row 'a header of 100 kB' '431|413|400' '400|431' "$p\r\nX-A: $long\r\nContent-Length: #"
row 'a thousand headers' '431|413|400|202' '400|202' "$p$(printf '\\r\\nX-%s: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' $(seq 1000))\r\nContent-Length: #"
row 'an address of 100 kB' '414|400|431' '414|400' "GET /v1/$long HTTP/1.1\r\nHost: $name\r\nConnection: close" none
row 'another address behind dots' 404 404 "GET /v1/../metrics HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close" none
row 'an encoded slash' '404|401' '404|401' "GET /v1/notifications/..%%2f..%%2fmetrics HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close" none
row 'a NUL in the address' '404|400' '404|400' "GET /v1/notifications%%00 HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close" none
row 'an address of another server' '404|400' '404|400|421' "GET http://other.example/metrics.txt HTTP/1.1\r\nHost: $name\r\nConnection: close" none
row 'TRACE' '405|404|400' 405 "TRACE /v1/notifications HTTP/1.1\r\nHost: $name\r\nConnection: close" none
row 'CONNECT' '405|404|400' '400|405' "CONNECT other.example:443 HTTP/1.1\r\nHost: $name\r\nConnection: close" none
row 'no HTTP' '400|closed' '400|closed' 'x' none
row 'two requests, the first refused' '400' 400 "$p\r\nContent-Length: #\r\nContent-Length: 1" "$g$g"
# What nginx lets pass and intake alone would not, and the other way round, is
# seen in the two columns; one 500 is libmicrohttpd's own, where chunks have
# extensions that no room is left for.
row 'both, the coding in capitals' 400 400 "$p\r\nContent-Length: 4\r\nTRANSFER-ENCODING: Chunked" "0\r\n\r\n$g"
row 'Content-Length twice, one in small letters' 400 400 "$p\r\nContent-Length: #\r\ncontent-length: 1"
row 'Content-Length with a zero before it' 202 202 "$p\r\nContent-Length: 0#"
row 'Content-Length of nothing' "$own" 400 "$p\r\nContent-Length: "
row 'Content-Length with a blank inside' "$own" 400 "$p\r\nContent-Length: 1 0"
row 'Content-Length behind a tab' 202 400 "$p\r\nContent-Length:\t#"
row 'Content-Length in full-width digits' "$own" 400 "$p\r\nContent-Length: \xef\xbc\x95"
row 'a list of codings' 400 '400|501' "$p\r\nTransfer-Encoding: gzip, chunked" $'0\r\n\r\n'
row 'chunked, then something' 400 '400|501' "$p\r\nTransfer-Encoding: chunked, identity" $'0\r\n\r\n'
row 'chunked twice in one' 400 '400|501' "$p\r\nTransfer-Encoding: chunked, chunked" $'0\r\n\r\n'
row 'chunked in quotes' 400 '400|501' "$p\r\nTransfer-Encoding: \"chunked\"" $'0\r\n\r\n'
row 'chunked with a parameter' 400 '400|501' "$p\r\nTransfer-Encoding: chunked;q=1" $'0\r\n\r\n'
row 'a coding of nothing and a length' 400 '400|501' "$p\r\nTransfer-Encoding:\r\nContent-Length: #"
row 'identity and a length' 400 '400|501' "$p\r\nTransfer-Encoding: identity\r\nContent-Length: #"
row 'a coding behind a bare CR' 400 400 "$p\r\nX-A: b\rTransfer-Encoding: chunked\r\nContent-Length: #"
row 'a coding behind a bare LF' 400 400 "$p\r\nX-A: b\nTransfer-Encoding: chunked\r\nContent-Length: #"
row 'an underscore for the hyphen' 202 202 "$p\r\nContent-Length: #\r\nTransfer_Encoding: chunked"
row 'a length hidden by Connection' 202 202 "${p/Connection: close/Connection: close, Content-Length}\r\nContent-Length: #"
row 'a NUL in the name of a coding' 400 400 "$p\r\nContent-Length: #\r\nTransfer-Encoding\x00: chunked"
row 'chunks with sizes in LF alone' 400 400 "$p\r\nTransfer-Encoding: chunked" $'1\nx\n0\n\n'
row 'a chunk with a blank before its size' 400 400 "$p\r\nTransfer-Encoding: chunked" $' 1\r\nx\r\n0\r\n\r\n'
row 'a chunk in hex with 0x' 400 400 "$p\r\nTransfer-Encoding: chunked" $'0x1\r\nx\r\n0\r\n\r\n'
row 'a chunk longer than it says' 400 400 "$p\r\nTransfer-Encoding: chunked" $'1\r\nxy\r\n0\r\n\r\n'
row 'an extension of 100 kB behind a size' '4[01][03]|500' 400 "$p\r\nTransfer-Encoding: chunked" $'1;'"$long"$'\r\nx\r\n0\r\n\r\n'
row 'a length behind the last chunk' 400 400 "$p\r\nTransfer-Encoding: chunked" $'1\r\nx\r\n0\r\nContent-Length: 5\r\n\r\n'
row 'chunks that are sound' 422 422 "$p\r\nTransfer-Encoding: chunked" $'2\r\n{}\r\n0\r\n\r\n'
row 'Host of nothing' 400 400 "POST /v1/notifications HTTP/1.1\r\nHost:\r\n@\r\nConnection: close\r\nContent-Length: #"
row 'Host with somebody before it' 400 '400|404' "POST /v1/notifications HTTP/1.1\r\nHost: a\x40$name\r\n@\r\nConnection: close\r\nContent-Length: #"
row 'Host with a path' 400 400 "POST /v1/notifications HTTP/1.1\r\nHost: $name/metrics\r\n@\r\nConnection: close\r\nContent-Length: #"
row 'an absolute address of this server' 404 202 "POST https://$name/v1/notifications HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close\r\nContent-Length: #"
row 'an address that begins with two slashes' 404 404 "GET //other.example/metrics HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close" none
row 'an encoded letter of the address' 202 202 "POST /v1/%%6eotifications HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close\r\nContent-Length: #"
row 'encoded dots and a slash' 404 404 "GET /v1/%%2e%%2e/metrics HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close" none
row 'dots that are encoded twice' 404 404 "GET /v1/%%252e%%252e/metrics HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close" none
row 'an encoded line break in the address' 404 404 "GET /v1/x%%0d%%0aX-A:%%20b HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close" none
row 'a percent sign with nothing behind it' 404 400 "GET /v1/%% HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close" none
row 'a slash in two bytes' 404 404 "GET /v1/..%%c0%%afmetrics HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close" none
row 'a backslash in the address' 404 404 "GET /v1/..\\\\metrics HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close" none
row 'a bare NUL in the address' 405 400 "GET /v1/notifications\x00/x HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close" none
row 'a parameter of the address' 404 404 "GET /v1/..;/metrics HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close" none
row 'a fragment' 404 404 "GET /openapi.json#/../metrics HTTP/1.1\r\nHost: $name\r\nConnection: close" none
row 'HTTP/0.9' '400( 400)?|closed' '400|closed' "GET /metrics" none
row 'HTTP/1.0 without Host' 400 '400|404' "GET /metrics HTTP/1.0" none
row 'HTTP/1.2' 200 200 "GET /openapi.json HTTP/1.2\r\nHost: $name\r\nConnection: close" none
row 'HTTP/3.0' 505 505 "GET /openapi.json HTTP/3.0\r\nHost: $name\r\nConnection: close" none
row 'http in small letters' 400 400 "GET /openapi.json http/1.1\r\nHost: $name\r\nConnection: close" none
row 'the preface of HTTP/2' '505( 505)?' 400 "PRI * HTTP/2.0\r\n\r\nSM" none
row 'an upgrade to HTTP/2' 200 200 "GET /openapi.json HTTP/1.1\r\nHost: $name\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__" none
row 'a method that there is not' 405 405 "FROB /v1/notifications HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close\r\nContent-Length: #"
row 'a method in small letters' 405 400 "post /v1/notifications HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close\r\nContent-Length: #"
row 'a method of 100 kB' 414 400 "$long /v1/notifications HTTP/1.1\r\nHost: $name\r\nConnection: close" none
row 'DELETE' 405 405 "DELETE /v1/notifications HTTP/1.1\r\nHost: $name\r\n@\r\nConnection: close" none
row 'OPTIONS of everything' 404 400 "OPTIONS * HTTP/1.1\r\nHost: $name\r\nConnection: close" none
row 'a blank before the method' closed 400 " GET /metrics HTTP/1.1\r\nHost: $name\r\nConnection: close" none
row 'two blanks in the first line' 200 404 "GET  /metrics HTTP/1.1\r\nHost: $name\r\nConnection: close" none
row 'something behind the version' 400 400 "GET /metrics HTTP/1.1 x\r\nHost: $name\r\nConnection: close" none
row 'empty lines before the request' 202 202 "\r\n\r\n\r\n$p\r\nContent-Length: #"
row 'a first header that goes on' 400 400 "POST /v1/notifications HTTP/1.1\r\n X-A: b\r\nHost: $name\r\n@\r\nConnection: close\r\nContent-Length: #"
row 'a header that goes on behind a value' 202 400 "$p\r\nX-A: b\r\n c\r\nContent-Length: #"
row 'a header without a colon' 400 202 "$p\r\nX-A\r\nContent-Length: #"
row 'a byte above 127 in a header' 202 202 "$p\r\nX-A: \xff\xfe\r\nContent-Length: #"
row 'Expect: 100-continue' '100 202' '100 202' "$p\r\nExpect: 100-continue\r\nContent-Length: #"
row 'another Expect' 202 202 "$p\r\nExpect: 200-maybe\r\nContent-Length: #"
row 'two Authorizations' 401 400 "$p\r\nAuthorization: Bearer x\r\nContent-Length: #"
row 'more body than it says' 422 422 "$p\r\nContent-Length: 2" "{}$g"
row 'no body where one is announced' closed 'closed|400|408' "$p\r\nContent-Length: 100" ''
row 'a GET with a body' 200 200 "GET /openapi.json HTTP/1.1\r\nHost: $name\r\nConnection: close\r\nContent-Length: 4" 'abcd'
row 'three requests at once' '200 405 404' '200 405 404' "GET /openapi.json HTTP/1.1\r\nHost: $name\r\n\r\nGET /v1/notifications HTTP/1.1\r\nHost: $name\r\n\r\nGET /x HTTP/1.1\r\nHost: $name\r\nConnection: close" none
echo "nginx: $rows requests, each behind nginx and directly"

# ---- bombs and dripping -----------------------------------------------------------

head -c 200000000 /dev/zero | gzip -1 >"$work/bomb.gz"
before=$(awk '/^VmHWM/ { print $2 }' "/proc/${pids[1]}/status")
claim 'a gzip bomb is refused' "$(post "@$work/bomb.gz" -H 'Content-Encoding: gzip' -H "Authorization: Bearer $(token)")" '413 R04'
claim 'and unpacked to less than 20 MB' \
    "$([ $(($(awk '/^VmHWM/ { print $2 }' "/proc/${pids[1]}/status") - before)) -lt 20000 ] && echo yes)" yes
head -c 17000000 /dev/zero | tr '\0' ' ' >"$work/large"
# nginx answers before all is sent; curl may not get to read more than the status.
claim '17 MB are refused' "$(post "@$work/large" -H "Authorization: Bearer $(token)" | cut -c 1-3)" 413
# Every connection below would live for half a minute, did nobody cut it off.
drips=()
dripping() # what sends; in the background
{
    "$@" 2>/dev/null | timeout 30 openssl s_client -quiet -ign_eof -connect "127.0.0.1:$tls" \
        -servername "$name" >/dev/null 2>&1 &
    drips+=($!)
}
half_a_body()
{
    printf 'POST /v1/notifications HTTP/1.1\r\nHost: %s\r\nContent-Length: 1000\r\n\r\n{"a' "$name"
    exec sleep 30
}
# Something comes five times a second, and never the end.
dripping_head()
{
    local i
    printf 'POST /v1/notifications HTTP/1.1\r\nHost: %s\r\n' "$name"
    for i in $(seq 150); do
        sleep 0.2
        printf 'X-%s: x\r\n' "$i" || break
    done
}
connections() { ss -Htn state established "( sport = :$tls )" | wc -l; }
are_connected() { [ "$(connections)" -eq "$1" ]; }
for _ in $(seq 20); do dripping half_a_body; done
claim '20 bodies drip' "$(wait_for 5 are_connected 20 && echo yes)" yes
begun=$(date +%s%3N)
# shellcheck disable=SC2046
claim 'while they do a message is accepted' "$(post "$(message housing-east)" $(as housing))" '202 -'
claim 'within a second' "$([ $(($(date +%s%3N) - begun)) -lt 1000 ] && echo yes)" yes
claim 'a body that drips is cut off' "$(wait_for 8 are_connected 0 && echo yes)" yes
dripping dripping_head
claim 'a head drips' "$(wait_for 5 are_connected 1 && echo yes)" yes
begun=$(date +%s%3N)
claim 'a head that drips is cut off' "$(wait_for 8 are_connected 0 && echo yes)" yes
echo "nginx: a dripping head was cut off after $(($(date +%s%3N) - begun)) ms"
for pid in "${drips[@]}"; do kill "$pid" 2>/dev/null; done

# ---- too often, and away -------------------------------------------------------------

curl -s -m 20 -Z --parallel-max 20 --cacert "$work/door.crt" --resolve "$name:$tls:127.0.0.1" \
    -o /dev/null -w '%{http_code} %header{retry-after}\n' "https://$name:$tls/v1/notifications/[1-300]" 2>/dev/null |
    sort | uniq -c >"$work/often"
claim 'who comes too often is told when to come again' "$(grep -c ' 429' "$work/often")" 1
sleep 1.5
kill "${pids[1]}"
wait "${pids[1]}"
claim 'SIGTERM ends intake with 0' $? 0
claim 'without intake it is later' "$(post "$(message health-trust)" -H "Authorization: Bearer $(token)")" '503 not_ready'
claim 'and says when' "$(jq -c '[.retry_after, (.detail | test("duty desk"))]' "$work/answer")" '[5,true]'
claim 'no name, no reference and no token in the logs' \
    "$(cat "$work"/*.log "$work"/log.* | grep -cE "Testchild|$run|eyJ|Bearer")" 0
kill "${pids[0]}"
wait "${pids[0]}"
pids=()
claims_end nginx
