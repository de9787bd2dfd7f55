#!/bin/bash
# 14-agencies.sh: docs/agencies.md word by word. All commands of the page are
# taken out of it and typed, as they stand, into one fresh shell in an empty
# folder; the authority's part, putting the public key that the first of them
# prints into the register, is done where the page says so. What was sent
# arrives: it has its receipt, and its record is on the topic. On a bed where
# the page was followed before, each message is known, and there is still one.
# WAYMARK_BED names the bed (agencies).
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
bed=${WAYMARK_BED:-agencies}
build=$PWD/${BUILD:-build/gcc}
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
# shellcheck source=tests/lib/intake.sh
. tests/lib/intake.sh
port=$((ports + 5))
url=http://127.0.0.1:$port
pid='' reader=''

finish()
{
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    [ -z "$reader" ] || kill -9 "$reader" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

export LC_ALL=C PGOPTIONS='-c search_path=intake'
cp -a profiles "$work/profiles"
WAYMARK_AUTH=token WAYMARK_AUDIENCE=https://waymark.example WAYMARK_AUTHORITIES=demo-live \
    WAYMARK_INSTANCE=test WAYMARK_LISTEN=127.0.0.1:$port WAYMARK_CLOCK_TICK_MS=1000 \
    WAYMARK_PROFILES=$work/profiles "$build/bin/waymark-intake" 2>>"$work/log" &
pid=$!
wait_for 40 curl -sf -m 2 "$url/readyz" || {
    cat "$work/log" >&2
    exit 1
}

# Of what the page sends under that reference, whatever else the bed holds.
page='2026/0001'
known=$(psql -qXAtc "SELECT to_json(count(*) > 0) FROM receipt WHERE agency_id = 'school-oakfield' AND agency_ref = '$page'")

# ---- a reader ------------------------------------------------------------------

# The page's commands; after the first block he waits for the authority.
commands()
{
    awk '
        /^```sh$/ { on = 1; next }
        /^```$/ { if (on && n++ == 0) print "touch ../key-is-made; while [ ! -e ../key-is-known ]; do sleep 0.05; done"; on = 0; next }
        on { print; lines++ }
        END { exit lines < 20 }
    ' docs/agencies.md
}
mkdir "$work/reader" "$work/bin"
ln -s "$build/bin/waymark" "$work/bin/waymark"
claim 'the page has commands' "$(commands >"$work/commands" && echo yes)" yes
(
    cd "$work/reader" && exec env -i PATH="$work/bin:/usr/bin:/bin" HOME="$work/reader" \
        WAYMARK_INTAKE="$url" WAYMARK_AUDIENCE=https://waymark.example \
        bash -eu "$work/commands"
) >"$work/said" 2>"$work/said.err" &
reader=$!
claim 'a key is made' "$(wait_for 20 test -e "$work/key-is-made" && echo yes)" yes
jq --arg pem "$(sed -n '/BEGIN PUBLIC/,/END PUBLIC/p' "$work/said")" \
    '(.agencies[] | select(.id == "school-oakfield")).keys = [{kid: "reader", pem: $pem}]' \
    profiles/agencies.json >"$work/profiles/agencies.json"
kill -HUP $pid
claim 'the authority knows it' "$(wait_for 20 grep -q agencies_read "$work/log" && echo yes)" yes
touch "$work/key-is-known"
wait $reader
claim 'every command does what it should' $? 0
reader=''

# ---- what came of it -------------------------------------------------------------

cd "$work/reader" || exit 1
claim 'the notification has its receipt' "$(jq -c '[.agency_ref, .amendment, .repeated]' receipt.json)" "[\"$page\",0,$known]"
id=$(jq -r .id receipt.json)
claim 'which can be asked for' "$(grep -cE "\"id\":\"$id\".*\"state\":\"received\"" "$work/said")" 1
# curl ends its answer without a line's end: what is said next stands behind it.
claim 'the two lines are accepted' \
    "$(sed -n 's/^\(\[{.*}\]\).*/\1/p' "$work/said" | jq -c 'map([.row, .status, .repeated])')" \
    "[[1,202,$known],[2,202,$known]]"
claim 'and known when they are sent again' "$(jq -c '[.row, .status, .repeated]' week-12.result | paste -sd ' ')" '[1,202,true] [2,202,true]'
claim 'of the sheet one row is, and one is told why not' \
    "$(jq -c '[.row, .status] + [.errors[]?.code]' week-13.result | paste -sd ' ')" '[2,202] [3,422,"R03"]'
claim 'it comes back to be mended' "$(sed -n 2p week-13.rejected.csv | cut -d, -f 1,2)" R03,sent_at
claim 'the template names its columns' "$(head -n 1 school_referral.csv | grep -c child.forename)" 1
claim 'the document is one' "$(jq -r .openapi openapi.json)" 3.1.0
claim 'all that was accepted is stored' \
    "$(psql -qAtc "SELECT string_agg(agency_ref, ' ' ORDER BY agency_ref) FROM receipt
        WHERE agency_id = 'school-oakfield' AND agency_ref ~ '^(2015/|2026/000[1-5]$)'")" \
    '2015/absence-1 2015/fte-3 2015/table2-8 2015/table2-9 2026/0001 2026/0002 2026/0003 2026/0004'
kill $pid
wait $pid
claim 'SIGTERM ends intake with 0' $? 0
pid=''
claim 'the notification arrived on the topic' "$(timeout 20 kcat -b "$WAYMARK_KAFKA" -C -e -q -t notifications -p 4 \
    -o beginning -f '%s\n' 2>/dev/null | grep -ac "school-oakfield.$page")" 1
claims_end agencies
