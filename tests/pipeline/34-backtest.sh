#!/bin/bash
# 34-backtest.sh: a made-up month of Kent, run twice through all services, the
# second time with a moved threshold activated in the middle. What `waymark
# backtest` says of the first is what the second really did; by the same
# profile nothing differs; and it touches nothing.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
waymark=build/bin/waymark
work=$(mktemp -d)

# Two authorities with Kent's profile: what was, and what would have been.
cp -r profiles "$work/profiles"
jq '{"kent-2015": ."kent-2015", "kent-again": (."kent-2015" | .partition = 2)}' \
    profiles/authorities.json >"$work/profiles/authorities.json"
testbed/services.sh up "$WAYMARK_BED" kent-2015,kent-again \
    "WAYMARK_PROFILES=$work/profiles" || exit 1
trap 'testbed/services.sh down "$WAYMARK_BED"; rm -rf "$work"' EXIT
set -a
eval "$(testbed/services.sh env "$WAYMARK_BED")"
set +a
export WAYMARK_PROFILES=$work/profiles

sql() { psql -qAtX -F ' ' -v ON_ERROR_STOP=1 -c "$1"; }
until_true() # seconds what command...
{
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt "$end" ] || { claim "$what" no yes && return 1; }
        sleep 0.05
    done
}

# Each day in the morning messages about some of 60 children, at noon screenings
# of what came the day before; a line is time, path and body.
awk 'BEGIN {
    seed = 20150601
    split("CT1 1AA,ME14 1AA,ME10 1AA,CT16 1AA,TN23 1AA", code, ",")
    split("c_attendance,p_mental_health,f_housing,c_behaviour,f_poverty,c_health", need, ",")
    for (day = 1; day <= 30; day++) {
        date = sprintf("2015-06-%02d", day)
        for (i = 1; i <= 9; i++) {
            n++
            child = draw(60)
            kind = draw(10)
            needs = ""
            first = draw(6)
            for (k = draw(4); k > 0; k--) needs = needs (needs == "" ? "" : ",") "\"" need[1 + (first + k) % 6] "\""
            who = sprintf("\"child\":{\"forename\":\"Testchild\",\"surname\":\"Number%c%c\",\"dob\":\"%d-03-%02d\",\"postcode\":\"%s\"}", 65 + child % 26, 65 + int(child / 26), 2003 + child % 10, 1 + child % 28, code[1 + child % 5])
            agency = kind < 2 ? "kent-police" : kind < 4 ? "health-trust" : "school-oakfield"
            more = kind < 2 ? sprintf("\"kind\":\"police_missing_reported\",\"episode_ref\":\"E%d\",\"reported_at\":\"%sT08:00:00+01:00\",\"risk_grade\":\"%s\"", n, date, draw(4) ? "medium" : "high") : kind < 4 ? sprintf("\"kind\":\"health_referral\",\"csc_threshold\":\"%s\"", draw(3) ? "not_met" : "met") : "\"kind\":\"school_referral\""
            if (draw(2)) more = more ",\"harm\":\"none\""
            printf "%sT09:00:00+01:00 /v1/notifications {\"agency_id\":\"%s\",\"agency_ref\":\"B-%d\",\"sent_at\":\"%sT08:30:00+01:00\",%s,\"needs\":[%s],%s}\n", date, agency, n, date, more, needs, who
            refs[n] = agency
        }
        for (i = n - 17; i <= n - 9; i++)
            if (i > 0 && draw(3))
                printf "%sT12:00:00+01:00 /v1/screenings {\"agency_id\":\"early-help\",\"agency_ref\":\"S-%d\",\"notification\":{\"agency_id\":\"%s\",\"agency_ref\":\"B-%d\"},\"csc_threshold\":\"not_met\",\"harm\":\"none\"%s,\"by\":\"screener-1\"}\n", date, i, refs[i], i, draw(4) ? "" : ",\"level\":" (2 + draw(2))
    }
}
function draw(n) { seed = (seed * 16807) % 2147483647; return seed % n }' >"$work/month"

post() # authority path body
{
    curl -sS -m 60 -o "$work/answer" -H 'Content-Type: application/json' \
        -H "Waymark-Authority: $1" -d "$3" "$WAYMARK_INTAKE$2"
}
play() # authority [profile from its instant on]
{
    local at path before='' lines=''
    flush()
    {
        [ -z "$lines" ] || post "$1" "$path_before" "[$lines]"
        lines=''
    }
    while read -r at path body; do
        if [ "$at $path" != "$before" ]; then
            flush "$1"
            post "$1" /v1/time "{\"at\":\"$at\"}"
            if [ "${2:-}" ] && [ "$at" = "$switch" ]; then
                "$waymark" profile activate "$2" --by 'Officer Alpha' --second 'Officer Bravo' \
                    --authority "$1" || claim 'the threshold is moved' no yes
            fi
            before="$at $path" path_before=$path
        fi
        lines+="${lines:+,}$body"
    done <"$work/month"
    flush "$1"
    post "$1" /v1/time '{"at":"2015-06-30T23:00:00+01:00"}'
}
level() # shard: metrics and triage have heard the last time
{
    [ "$(sql "SELECT count(*) FROM triage.in_mark WHERE shard = $1 AND heard = '2015-06-30T22:00:00Z'")" = 2 ]
}

# KE08 from two needs on; a child with one is no case any more, and what it
# needs does not count when the next message comes.
switch=2015-06-15T09:00:00+01:00
jq '.version = "0.2-test"
    | (.decision_rules.rules[] | select(.id == "KE08") | .when) |=
        (tostring | gsub("\"need_count\"},1"; "\"need_count\"},2") | fromjson)
    | .examples = []' profiles/kent-2015.json >"$work/two.json"
play kent-2015
play kent-again "$work/two.json"
until_true 60 'the first month is through' level 1
until_true 60 'the second month is through' level 2

backtest() { "$waymark" backtest --authority kent-2015 "$@"; }
state() { sql "SELECT (SELECT sum(turn) FROM triage.shard), (SELECT sum(turn) FROM tracker.shard), (SELECT sum(turn) FROM intake.shard), (SELECT sum(sequence) FROM triage.out_seq), (SELECT count(*) FROM pg_namespace)"; }
state >"$work/before"
backtest --profile "$work/two.json" --from "$switch" --json --list "$work/list.csv" \
    --svg "$work/chart.svg" >"$work/report.json" || claim 'a backtest' "$?" 0
claim 'the past by its own profiles is as the log has it' \
    "$(jq '.in_log == .as_in_log and .in_log > 200' "$work/report.json")" true
claim 'all of the month was accepted' "$(sql 'SELECT count(*) FROM triage.decision WHERE shard = 1')" 270

# What really happened otherwise, and what the backtest says.
sql "SELECT a.agency_ref, a.rule_id, a.outcome, coalesce(a.unit, '-'), a.status, b.rule_id, b.outcome, coalesce(b.unit, '-'), b.status
    FROM triage.decision a JOIN triage.decision b USING (agency_id, agency_ref, amendment)
    WHERE a.shard = 1 AND b.shard = 2 AND (a.rule_id, a.outcome, a.unit, a.status) IS DISTINCT FROM (b.rule_id, b.outcome, b.unit, b.status)" |
    sort >"$work/really"
jq -r '.notifications[] | "\(.agency_ref) \(.then.rule) \(.then.outcome) \(.then.unit // "-") \(.then.status) \(.now.rule) \(.now.outcome) \(.now.unit // "-") \(.now.status)"' \
    "$work/report.json" | sort >"$work/said"
claim 'something differs' "$([ "$(wc -l <"$work/really")" -gt 10 ] && echo yes)" yes
claim 'some of it only because of what went before' \
    "$(grep -vc ' KE08 .* KE99 ' "$work/really" | awk '{ print ($1 > 0) }')" 1
claim 'the backtest says what really happened' "$(diff "$work/really" "$work/said" | head -n 5)" ''
claim 'its list has a line for each' "$(($(wc -l <"$work/list.csv") - 1))" "$(wc -l <"$work/said")"
claim 'its units add up to all that was decided' \
    "$(jq '([.by_unit[].then] | add) == .decided and ([.by_unit[].now] | add) == .decided' "$work/report.json")" true
claim 'its rules add up to all that differs' "$(jq '([.by_rule[].n] | add) == .otherwise' "$work/report.json")" true
claim 'its chart is whole' "$(python3 -c 'import sys, xml.dom.minidom as m; print(len(m.parse(sys.argv[1]).getElementsByTagName("rect")) > 1)' "$work/chart.svg")" True

claim 'by the same profile nothing differs' \
    "$(backtest --profile profiles/kent-2015.json --from 2015-06-01 --to 2015-06-30 --json | jq '[.otherwise, .decided] | .[0] == 0 and .[1] > 200')" true
last_on() # date: messages that were sent or screened last on it
{
    awk -v day="$1" '{ match($0, /B-[0-9]+/); last[substr($0, RSTART, RLENGTH)] = substr($1, 1, 10) }
        END { for (ref in last) n += last[ref] == day; print n }' "$work/month"
}
claim 'a day is the local one, and counts what was decided last on it' \
    "$(backtest --profile "$work/two.json" --from 2015-06-15 --to 2015-06-15 --json | jq .decided)" "$(last_on 2015-06-15)"
jq 'del(.decision_rules.rules[0].source)' profiles/kent-2015.json >"$work/bad.json"
claim 'thresholds that do not check are refused' \
    "$(backtest --profile "$work/bad.json" 2>&1 | grep -c 'rule C01: "source" is missing')" 1
state >"$work/after"
claim 'it has touched nothing' "$(diff "$work/before" "$work/after")" ''
backtest --profile "$work/two.json" --from "$switch" | head -n 12
claims_end backtest
